//! YAML merge keys, and the report of keys written twice.

use std::collections::HashSet;

use super::budget::Budget;
use super::{Entry, Form, Node};

/// The entries with merge keys resolved: what is written wins over what is merged, and the first of several
/// merged mappings over the later ones. Duplicate keys stay, with an error, since the readers we know (Go's and
/// JavaScript's) refuse such a file while others let the last win.
pub(super) fn merged(entries: Vec<Entry>, budget: &mut Budget) -> Vec<Entry> {
    report_duplicates(&entries, budget);
    if !entries.iter().any(is_merge) {
        return entries;
    }
    let (merges, mut kept): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_merge);
    let mut names: HashSet<String> = kept.iter().map(|entry| entry.name().to_owned()).collect();
    for merge in &merges {
        for source in sources(merge, budget) {
            for entry in source.entries() {
                if names.insert(entry.name().to_owned()) {
                    kept.push(Entry {
                        merged: true,
                        ..entry.clone()
                    });
                }
            }
        }
    }
    kept
}

fn is_merge(entry: &Entry) -> bool {
    entry.name() == "<<"
        && entry
            .key
            .as_scalar()
            .is_some_and(|scalar| scalar.form == Form::Plain)
}

/// The mappings a merge key names; anything else is an error.
fn sources<'a>(merge: &'a Entry, budget: &mut Budget) -> Vec<&'a Node> {
    let named = merge.value.one_or_many();
    for node in named.iter().filter(|node| !node.is_mapping()) {
        budget.error(node.span, "only a mapping can be merged");
    }
    named.iter().filter(|node| node.is_mapping()).collect()
}

fn report_duplicates(entries: &[Entry], budget: &mut Budget) {
    let mut names = HashSet::new();
    let scalars = entries
        .iter()
        .filter(|entry| entry.key.as_scalar().is_some());
    for entry in scalars {
        if !names.insert(entry.name()) && !is_merge(entry) {
            budget.error(
                entry.key.span,
                format!("key {} is written twice", entry.name()),
            );
        }
    }
}
