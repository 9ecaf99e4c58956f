//! What the client of engine 20.10 sends to BuildKit: its rules are those of an older matcher than the one simulated.
//!
//! Each rule is tried on the path and on the one folder above it with as many components as the rule has, and the last
//! that matches decides. Of what means something to an expression only `.` and `$` are taken for themselves. A folder
//! left out is entered, and sent, where a `!` rule begins with its path literally.

use plimsoll_model::{EntryKind, Inventory};
use plimsoll_simulate::ignore_file::{IgnoreFile, Rule};
use regex::Regex;

/// What is sent.
pub(crate) fn sent(inventory: &Inventory, ignore: &IgnoreFile) -> Option<Inventory> {
    let rules = ignore.rules().iter();
    let rules: Option<Vec<OlderRule>> = rules.map(OlderRule::new).collect();
    let rules = rules?;
    let mut sent = Vec::new();
    let mut left: Vec<String> = Vec::new();
    for entry in inventory.entries() {
        let path = entry.path.as_str();
        if left.iter().any(|folder| path.starts_with(folder.as_str())) {
            continue;
        }
        let is_folder = entry.kind == EntryKind::Directory;
        let folder = format!("{path}/");
        let is_entered = is_folder && rules.iter().any(|rule| rule.leads_into(&folder));
        if !is_excluded(&rules, path) || is_entered {
            sent.push(entry.clone());
        } else if is_folder {
            left.push(folder);
        }
    }
    Some(Inventory::new(sent))
}

struct OlderRule {
    pattern: String,
    reincludes: bool,
    expression: Regex,
}

impl OlderRule {
    fn new(rule: &Rule) -> Option<OlderRule> {
        Some(OlderRule {
            pattern: rule.pattern.clone(),
            reincludes: rule.reincludes,
            expression: Regex::new(&translated(&rule.pattern)).ok()?,
        })
    }

    fn leads_into(&self, folder: &str) -> bool {
        self.reincludes && format!("{}/", self.pattern).starts_with(folder)
    }

    fn matches(&self, path: &str) -> bool {
        let components = self.pattern.split('/').count();
        let folders: Vec<&str> = path.split('/').collect();
        let above = folders.len() > components;
        self.expression.is_match(path)
            || above && self.expression.is_match(&folders[..components].join("/"))
    }
}

fn is_excluded(rules: &[OlderRule], path: &str) -> bool {
    let last = rules.iter().rev().find(|rule| rule.matches(path));
    last.is_some_and(|rule| !rule.reincludes)
}

/// The expression of a pattern.
fn translated(pattern: &str) -> String {
    let mut expression = "^".to_owned();
    let mut rest = pattern.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                expression.push_str(if rest.peek().is_none() {
                    ".*"
                } else {
                    "(.*/)?"
                });
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '.' | '$' | '{' | '}' => expression.extend(['\\', character]),
            '\\' => {
                expression.push('\\');
                expression.extend(rest.next());
            }
            other => expression.push(other),
        }
    }
    expression + "$"
}
