//! What the client of engine 20.10 sends to BuildKit: less than what the context holds and the sources name.
//!
//! Its ignore rules are those of an older matcher than the one simulated: each rule is tried on the path and on the one
//! folder above it with as many components as the rule has, and the last that matches decides. Of what means something to
//! an expression only `.` and `$` are taken for themselves. A folder left out is entered, and sent, where a `!` rule
//! begins with its path literally.
//!
//! Of the rest only what the build's sources name is sent. Links on the way are followed, but not behind a wildcard: one
//! in a folder's place stands for a folder so called, as soon as it is gone beyond. `by-source`: fsutil of docker/cli
//! 20.10, `followlinks.go` and `walker.go`.

use std::collections::BTreeSet;

use plimsoll_model::{EntryKind, Inventory, RootPath};
use plimsoll_simulate::ignore_file::{IgnoreFile, Rule};
use regex::Regex;

/// The client gives up: it looks for something beneath a file.
pub(crate) struct Fails;

/// What is sent of what `named` names, or of everything where it is empty; none where the rules cannot be translated.
pub(crate) fn sent(
    inventory: &Inventory,
    ignore: &IgnoreFile,
    named: &[&str],
) -> Option<Result<Inventory, Fails>> {
    let rules = ignore.rules().iter();
    let rules: Option<Vec<OlderRule>> = rules.map(OlderRule::new).collect();
    let rules = rules?;
    let Ok(wanted) = Wanted::new(inventory, named) else {
        return Some(Err(Fails));
    };
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
        if wanted.takes(path) && (!is_excluded(&rules, path) || is_entered) {
            sent.push(entry.clone());
        } else if is_folder {
            left.push(folder);
        }
    }
    Some(Ok(Inventory::new(sent)))
}

/// The paths that are asked for, as patterns; none where everything is.
struct Wanted(Option<Vec<String>>);

impl Wanted {
    fn new(inventory: &Inventory, named: &[&str]) -> Result<Wanted, Fails> {
        let named: Vec<String> = named.iter().map(|source| cleaned(source)).collect();
        if named.is_empty() || named.iter().any(String::is_empty) {
            return Ok(Wanted(None));
        }
        let mut followed = Followed {
            inventory,
            resolved: BTreeSet::new(),
        };
        for path in &named {
            followed.add(path)?;
        }
        let is_all = followed.resolved.contains("");
        Ok(Wanted((!is_all).then(|| Vec::from_iter(followed.resolved))))
    }

    /// Whether a path lies beneath what is asked for, is it, or leads there.
    fn takes(&self, path: &str) -> bool {
        let Some(patterns) = &self.0 else {
            return true;
        };
        let names: Vec<&str> = path.split('/').collect();
        patterns.iter().any(|pattern| {
            let parts: Vec<&str> = pattern.split('/').collect();
            let depth = parts.len().min(names.len());
            matches(&parts[..depth].join("/"), &names[..depth].join("/"))
        })
    }
}

struct Followed<'a> {
    inventory: &'a Inventory,
    resolved: BTreeSet<String>,
}

impl Followed<'_> {
    /// Adds a path, or where the first link in it leads.
    fn add(&mut self, path: &str) -> Result<(), Fails> {
        let mut current = String::new();
        let mut rest = path;
        loop {
            let (name, behind) = rest.split_once('/').unwrap_or((rest, ""));
            current = joined(&current, name);
            let targets = self.targets(&current)?;
            rest = behind;
            if !rest.is_empty() && targets.is_empty() {
                continue;
            }
            if self.resolved.insert(current) {
                for target in targets {
                    self.add(&cleaned(&format!("{target}/{rest}")))?;
                }
            }
            return Ok(());
        }
    }

    /// Where the links lead that a path with a wildcard in its last component, or none, stands for.
    fn targets(&self, path: &str) -> Result<Vec<String>, Fails> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !has_wildcard(name) {
            self.is_beneath_file(path)?;
            return Ok(Vec::from_iter(self.target(path)));
        }
        self.is_beneath_file(path)?;
        let Some(folder_path) = RootPath::new(folder) else {
            return Ok(Vec::new());
        };
        if folder_path.is_root() || self.inventory.is_directory(&folder_path) {
            let below = self.inventory.below(&folder_path).iter();
            let names = below.filter_map(|entry| entry.path.strip_prefix(&folder_path));
            let matching = names.filter(|below| !below.contains('/') && matches(name, below));
            return Ok(matching
                .filter_map(|below| self.target(&joined(folder, below)))
                .collect());
        }
        Ok(Vec::new())
    }

    /// The client asks the kernel, which does not look beneath a file.
    fn is_beneath_file(&self, path: &str) -> Result<(), Fails> {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        let is_file = |path: &str| {
            let entry = RootPath::new(path).and_then(|path| self.inventory.get(&path));
            entry.is_some_and(|entry| entry.kind != EntryKind::Directory)
        };
        match above.into_iter().any(is_file) {
            true => Err(Fails),
            false => Ok(()),
        }
    }

    fn target(&self, path: &str) -> Option<String> {
        let entry = self.inventory.get(&RootPath::new(path)?)?;
        let target = entry.link_target.as_deref()?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(match target.starts_with('/') {
            true => cleaned(target),
            false => cleaned(&format!("{folder}/{target}")),
        })
    }
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// A path from the root on, without `.` and `..`.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn has_wildcard(name: &str) -> bool {
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        match character {
            '*' | '?' | '[' => return true,
            '\\' => drop(rest.next()),
            _ => {}
        }
    }
    false
}

/// Go's `filepath.Match`; nothing matches a malformed pattern.
fn matches(pattern: &str, path: &str) -> bool {
    let expression = wildcard_expression(pattern).and_then(|text| Regex::new(&text).ok());
    expression.is_some_and(|expression| expression.is_match(path))
}

fn wildcard_expression(pattern: &str) -> Option<String> {
    let mut expression = "^(?s:".to_owned();
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '\\' => expression.push_str(&regex::escape(&rest.next()?.to_string())),
            '[' => {
                expression.push('[');
                expression.extend(rest.next_if_eq(&'^'));
                let mut is_first = true;
                loop {
                    match rest.next()? {
                        ']' if !is_first => break,
                        ']' => return None,
                        '-' if !is_first => expression.push('-'),
                        '\\' => expression.push_str(&regex::escape(&rest.next()?.to_string())),
                        other => expression.push_str(&regex::escape(&other.to_string())),
                    }
                    is_first = false;
                }
                expression.push(']');
            }
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    Some(expression + ")$")
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
    with_plain_classes(&(expression + "$"))
}

/// The expression with each `[` within a class taken for itself, as Go does.
fn with_plain_classes(expression: &str) -> String {
    let mut plain = String::new();
    let mut rest = expression.chars();
    // Within a class, how many of its characters were read.
    let mut class: Option<usize> = None;
    while let Some(character) = rest.next() {
        if class.is_some() && matches!(character, '[' | '&' | '~') {
            plain.push('\\');
        }
        plain.push(character);
        class = match (class, character) {
            (None, '[') => Some(0),
            (Some(0), '^') => Some(0),
            (Some(read), ']') if read > 0 => None,
            (class, _) => class.map(|read| read + 1),
        };
        if character == '\\' {
            plain.extend(rest.next());
        }
    }
    plain
}
