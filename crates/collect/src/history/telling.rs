//! What a scan says of objects that are missing, damaged or too large.

use std::collections::BTreeSet;

use plimsoll_model::{ErrorKind, SkipReason};

use super::ObjectId;
use super::gap::{Gap, Gaps};
use super::pack::{Lost, NONE};
use super::parse::{self, EntryKind, Kind};
use super::restore::Restored;
use super::scan::{Commits, Scan, Seen};
use super::trees::Trees;

/// How many missing objects are named one by one.
const MAX_NAMED: usize = 20;
/// How many missing objects are told apart.
const MAX_MISSING: usize = 1 << 20;

impl Scan<'_> {
    /// Tells which objects are named by what a ref reaches, and are not there; how many they are.
    pub(crate) fn tell_missing(
        &self,
        seen: &Seen,
        commits: &Commits,
        trees: &Trees,
        gaps: &mut Gaps,
    ) -> usize {
        let mut missing: BTreeSet<ObjectId> = BTreeSet::new();
        let is_reached = |number: u32| {
            let commit = commits.graph.index(number);
            commit.is_none_or(|index| commits.reached.contains(index))
        };
        for (from, id) in &seen.missing {
            if is_reached(*from) {
                missing.insert(*id);
            }
        }
        let entries = self.missing_entries(commits, trees).into_iter();
        missing.extend(entries.take(MAX_MISSING));
        let count = missing.len();
        if self.is_partial && count > 0 {
            let text = format!("a partial clone: {count} objects of its history are not here");
            gaps.fail(ErrorKind::ObjectMissing, text);
            return count;
        }
        for id in missing.iter().take(MAX_NAMED) {
            gaps.object(*id, "it is missing");
        }
        if count > MAX_NAMED {
            let text = format!("{} more objects are missing", count - MAX_NAMED);
            gaps.fail(ErrorKind::ObjectMissing, text);
        }
        count
    }

    /// The absent entries of trees that a ref reaches.
    fn missing_entries(&self, commits: &Commits, trees: &Trees) -> Vec<ObjectId> {
        if trees.lacking.is_empty() {
            return Vec::new();
        }
        let reached = trees.reached_from(reached_roots(commits));
        let is_lacking = |number: u32, kind: Option<Kind>| {
            kind.is_none_or(|kind| kind == Kind::Tree)
                && reached.contains(number)
                && trees.lacking.binary_search(&number).is_ok()
        };
        let each = |missing: &mut BTreeSet<ObjectId>, restored: Restored<'_>| {
            let (Ok(bytes), Some(Kind::Tree)) = (restored.bytes, restored.kind) else {
                return;
            };
            for entry in parse::tree(bytes).filter(|one| one.kind != EntryKind::Submodule) {
                if self.store.catalogue.number(entry.id).is_none() && missing.len() < MAX_MISSING {
                    missing.insert(entry.id);
                }
            }
        };
        let (gathered, _) = self.store.each(&is_lacking, &self.options.cancel, &each);
        gathered.into_iter().flatten().collect()
    }

    pub(crate) fn tell_failed(&self, seen: &Seen, gaps: &mut Gaps) {
        for failed in &self.failed {
            let Some(id) = self.store.catalogue.id(failed.number) else {
                continue;
            };
            let what = failed.kind.map_or("object", Kind::as_str);
            match failed.lost {
                Lost::Damaged(damage) => gaps.object(id, format!("{what}: {damage}")),
                Lost::TooLarge(size) => gaps.push(Gap {
                    object: Some(id),
                    reason: SkipReason::TooLarge,
                    error: None,
                    detail: format!("{what} of {size} bytes"),
                }),
                Lost::Bound(bound) => gaps.push(Gap {
                    object: Some(id),
                    reason: SkipReason::Bound,
                    error: None,
                    detail: format!("{what}: {bound}"),
                }),
            }
        }
        for number in &seen.damaged {
            if let Some(id) = self.store.catalogue.id(*number) {
                gaps.object(id, "what it says about itself is damaged");
            }
        }
    }
}

/// The trees of all commits that a ref reaches, and those a ref names itself.
fn reached_roots(commits: &Commits) -> impl Iterator<Item = u32> + '_ {
    let of_commits = (0..u32::try_from(commits.graph.len()).unwrap_or(0))
        .filter(|index| commits.reached.contains(*index))
        .filter_map(|index| commits.graph.get(index).map(|commit| commit.tree));
    of_commits
        .chain(commits.of_tips())
        .filter(|tree| *tree != NONE)
}
