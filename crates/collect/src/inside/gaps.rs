//! What of an archive was not searched, told in one line however much it is.

use std::collections::BTreeMap;
use std::fmt::Write;

use plimsoll_model::{RootPath, SkipReason};

use crate::walk::Note;

/// Kinds of gaps that are told one by one.
const MAX_KINDS: usize = 6;

/// The gaps of one file.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// How many of each kind, and the first place.
    kinds: BTreeMap<String, (u64, RootPath)>,
    others: u64,
    reached_bound: bool,
}

impl Gaps {
    /// What is at `inside` was not searched.
    pub(super) fn add(&mut self, inside: &RootPath, why: impl Into<String>) {
        let why = why.into();
        if let Some((count, _)) = self.kinds.get_mut(&why) {
            *count += 1;
        } else if self.kinds.len() < MAX_KINDS {
            self.kinds.insert(why, (1, inside.clone()));
        } else {
            self.others += 1;
        }
    }

    /// The same, because of a counted bound.
    pub(super) fn bound(&mut self, inside: &RootPath, why: impl Into<String>) {
        self.reached_bound = true;
        self.add(inside, why);
    }

    /// The line about the file at `outer`; `None` where all of it was searched.
    pub(super) fn note(&self, outer: &RootPath) -> Option<Note> {
        if self.kinds.is_empty() {
            return None;
        }
        let mut detail = String::from("not all of this archive was searched for credentials");
        let mut separator = ": ";
        for (why, (count, first)) in &self.kinds {
            let _ = write!(detail, "{separator}");
            separator = "; ";
            let _ = match (count, first.is_root()) {
                (1, true) => write!(detail, "{why}"),
                (1, false) => write!(detail, "`{first}`: {why}"),
                (count, _) => write!(detail, "{count} files, first `{first}`: {why}"),
            };
        }
        if self.others > 0 {
            let _ = write!(detail, "; and {} more", self.others);
        }
        let reason = if self.reached_bound {
            SkipReason::Bound
        } else {
            SkipReason::Unreadable
        };
        Some(Note::new(outer, reason, detail))
    }
}
