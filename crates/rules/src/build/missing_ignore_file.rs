//! `missing-ignore-file`: a build that copies its whole context, needless folders included, without an ignore file.

use plimsoll_model::{Confidence, Entry, EntryKind, Finding, Level, RuleInfo, Severity, Stage};
use plimsoll_simulate::sensitive::{NeedlessClass, needless};

use super::taking::{Context, Effort};
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-ignore-file",
        former_ids: &[],
        title: "A build copies its whole context without an ignore file",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-538"],
        page: include_str!("missing_ignore_file.md"),
    },
    check: Check::Root(check),
};

/// How many folders one message names.
const NAMED: usize = 5;

fn check(world: &World<'_>, findings: &mut Findings) {
    let folders: Vec<(&Entry, &'static str)> = world
        .inventory
        .entries()
        .iter()
        .filter_map(needless_folder)
        .collect();
    if folders.is_empty() {
        return;
    }
    let mut effort = Effort::new();
    let mut seen = std::collections::BTreeSet::new();
    for (_, context) in Context::all(world).filter(|(_, context)| context.ignore.is_none()) {
        let Some(taking) = context.takings.iter().find(|taking| taking.is_whole) else {
            continue;
        };
        if !effort.take(1, folders.len(), findings) {
            break;
        }
        let below = |(entry, _): &&(&Entry, &'static str)| {
            let relative = entry.path.strip_prefix(context.root);
            relative.is_some_and(|relative| !relative.is_empty() && taking.takes(relative))
        };
        let taken: Vec<_> = folders.iter().filter(below).collect();
        let at = context.unit.label(taking.instruction.span);
        if taken.is_empty() || !seen.insert(at.clone()) {
            continue;
        }
        let names: Vec<String> = taken
            .iter()
            .take(NAMED)
            .map(|(entry, _)| format!("`{}`", entry.path))
            .collect();
        let text = context.line_of(taking);
        let message = format!(
            "`{text}` copies the whole context, and no ignore file leaves out {}: they are sent with every build and \
             make every layer from here on new. Add a `.dockerignore`",
            names.join(", ")
        );
        let mut finding = Finding::at(&RULE.info, at, message);
        finding.identity = vec![text.to_owned()];
        let patterns: std::collections::BTreeSet<&str> =
            taken.iter().map(|(_, pattern)| *pattern).collect();
        let patterns: String = patterns
            .iter()
            .map(|pattern| format!("{pattern}\n"))
            .collect();
        finding.fixes = context
            .leave_out("Write an ignore file", &patterns)
            .into_iter()
            .collect();
        findings.push(finding);
    }
}

/// A folder that no image needs, with the pattern that leaves it out. The history has a rule of its own.
fn needless_folder(entry: &Entry) -> Option<(&Entry, &'static str)> {
    if entry.kind != EntryKind::Directory {
        return None;
    }
    let found = needless(entry.path.as_str(), true)?;
    let counts =
        found.certainty == Confidence::High && found.class != NeedlessClass::VersionControl;
    counts.then_some((entry, found.pattern))
}
