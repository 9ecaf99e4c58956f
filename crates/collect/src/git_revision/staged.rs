//! The tree that the next commit would record, read from the index as a revision is read from its tree.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind as TreeEntryKind;
use plimsoll_model::{ErrorKind, Origin, ReportError, RootPath, Skipped};

use super::Reading;
use crate::collection::{CollectedTarget, Collection};
use crate::history::{EntryKind, Gap, NextCommit, next_commit};
use crate::place::Place;
use crate::plan::Options;
use crate::work_tree::WorkTree;

/// Reads what the index of `tree` has below `below`, the root of `targets`. Credentials are looked for only in files that
/// differ from `HEAD`.
pub(crate) fn collect(
    tree: &WorkTree,
    below: &Path,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let mut collection = Collection::empty(targets, Origin::File);
    // Whatever it holds, it was asked for and looked at: nothing staged is nothing wrong.
    collection.others.insert("index", 1);
    collection.absolute = Some(tree.top.join(below));
    collection.work_tree = Some(tree.clone());
    let (next, gaps) = next_commit(tree, options.submitted);
    tell(&mut collection, &gaps);
    if let Some(next) = next {
        let mut reading = Reading::new(&next.objects, options);
        let changed = reading.list_index(&next, below);
        reading.changed = Some(changed);
        reading.read(&mut collection);
    }
    collection
}

fn tell(collection: &mut Collection, gaps: &[Gap]) {
    let path = collection.display(&RootPath::root());
    for gap in gaps {
        match gap.error {
            Some(kind) => collection.errors.push(ReportError {
                kind,
                rule: None,
                path: Some(path.clone()),
                message: gap.detail.clone(),
            }),
            None => collection.skipped.push(Skipped {
                path: path.clone(),
                reason: gap.reason,
                detail: gap.detail.clone(),
            }),
        }
    }
}

impl Reading<'_> {
    /// Lists the entries of the index and the folders they stand in; which of them differ from `HEAD`.
    fn list_index(&mut self, next: &NextCommit, below: &Path) -> BTreeSet<RootPath> {
        let mut changed = BTreeSet::new();
        let mut folders = HashMap::from([(Vec::new(), Some(Place::root()))]);
        let below = below.as_os_str().as_encoded_bytes();
        for (entry, is_changed) in &next.entries {
            let inner = match below {
                b"" => Some(entry.path.as_slice()),
                below => entry
                    .path
                    .strip_prefix(below)
                    .and_then(|rest| rest.strip_prefix(b"/")),
            };
            let Some(inner) = inner else { continue };
            let (folder, name) = inner.rsplit_once_str("/").unwrap_or((b"", inner));
            let Some(folder) = self.folder(folder, &mut folders) else {
                continue;
            };
            let kind = match entry.kind {
                EntryKind::Submodule => TreeEntryKind::Commit,
                EntryKind::Tree => {
                    let detail = "a folder that is not in the index in full";
                    self.missing.push((folder.path, detail.to_owned()));
                    continue;
                }
                EntryKind::Blob if entry.is_link => TreeEntryKind::Link,
                EntryKind::Blob => TreeEntryKind::Blob,
            };
            let Ok(id) = ObjectId::try_from(entry.id.as_bytes()) else {
                continue;
            };
            if !self.record(&folder, name, kind, id, &mut Vec::new()) {
                break;
            }
            if *is_changed {
                changed.extend(folder.child(name).map(|place| place.path));
            }
        }
        changed
    }

    /// The folder at `path`, listed with those above it where it was not yet; `None` where it is beyond a bound.
    fn folder(
        &mut self,
        path: &[u8],
        folders: &mut HashMap<Vec<u8>, Option<Place>>,
    ) -> Option<Place> {
        if let Some(known) = folders.get(path) {
            return known.clone();
        }
        let mut place = Place::root();
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let ends: Vec<usize> = ends.map(|(end, _)| end).chain([path.len()]).collect();
        let mut start = 0;
        for end in ends {
            let whole = path.get(..end)?;
            let name = path.get(start..end)?;
            start = end + 1;
            let known = folders.get(whole).cloned();
            let next = known.unwrap_or_else(|| {
                let mut listed = Vec::new();
                let nothing = ObjectId::null(gix::hash::Kind::Sha1);
                self.record(&place, name, TreeEntryKind::Tree, nothing, &mut listed);
                listed.pop().map(|(place, _)| place)
            });
            folders.insert(whole.to_vec(), next.clone());
            place = next?;
        }
        Some(place)
    }
}

/// A target that the index does not have is an error.
pub(crate) fn fail_if_absent(collection: &mut Collection) {
    let is_absent = |target: &&CollectedTarget| {
        !target.inner.is_root() && collection.inventory.get(&target.inner).is_none()
    };
    let absent: Vec<RootPath> = collection
        .targets
        .iter()
        .filter(is_absent)
        .map(|target| target.inner.clone())
        .collect();
    for path in absent {
        collection.fail(ErrorKind::TargetUnreadable, &path, "not in the index");
    }
}
