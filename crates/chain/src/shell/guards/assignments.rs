//! What assignments mean for checks: constants that hold patterns, and the end of what was checked.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::Span;
use plimsoll_parse::shell::{AssignmentValue, Script, Word, for_each_command};

use super::Guard;

/// The variables that the script assigns once, with a text that is written out.
pub(super) fn constants(script: &Script) -> BTreeMap<String, String> {
    let mut constants = BTreeMap::new();
    let mut again = BTreeSet::new();
    for_each_command(script, &mut |visit| {
        for assignment in &visit.command.assignments {
            let text = match &assignment.value {
                AssignmentValue::Scalar(word) if !assignment.append => word.static_text(),
                _ => None,
            };
            let name = &assignment.name;
            match text {
                Some(text) if !constants.contains_key(name) => {
                    constants.insert(name.clone(), text);
                }
                _ => {
                    again.insert(name.clone());
                }
            }
        }
    });
    constants.retain(|name, _| !again.contains(name));
    constants
}

/// A guard holds no longer where its variable is assigned something that did not pass it.
pub(super) fn end_at_assignments(script: &Script, guards: &mut [Guard]) {
    let mut assigned: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for_each_command(script, &mut |visit| {
        for assignment in &visit.command.assignments {
            let derived = assignment.value.words().iter().all(|word| {
                let own = |found: &str| found == assignment.name;
                word.static_text().is_some()
                    || (!holds_substitution(word)
                        && word
                            .variables()
                            .iter()
                            .all(|found| own(&found.expansion.name)))
            });
            if !derived {
                assigned
                    .entry(assignment.name.clone())
                    .or_default()
                    .push(assignment.span);
            }
        }
        if matches!(
            visit.command.name().as_deref(),
            Some("read" | "mapfile" | "getopts")
        ) {
            for name in visit
                .command
                .words
                .iter()
                .skip(1)
                .filter_map(Word::static_text)
            {
                assigned.entry(name).or_default().push(visit.command.span);
            }
        }
    });
    for guard in guards {
        let spans = assigned
            .get(&guard.variable)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let next = spans
            .iter()
            .map(|span| span.start)
            .filter(|start| *start >= guard.from)
            .min();
        if let Some(end) = next.filter(|end| *end < guard.to) {
            guard.to = end;
            guard.holds_at_end = false;
        }
    }
}

fn holds_substitution(word: &Word) -> bool {
    use plimsoll_parse::shell::{PartKind, WordPart};
    fn any(parts: &[WordPart]) -> bool {
        parts.iter().any(|part| match &part.kind {
            PartKind::DoubleQuoted(inner) => any(inner),
            PartKind::CommandSubstitution(_) | PartKind::ProcessSubstitution(_) => true,
            _ => false,
        })
    }
    any(&word.parts)
}
