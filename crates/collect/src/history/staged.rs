//! What the next commit would change: the blobs of the index that `HEAD` does not have at their paths.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use gix::objs::tree::EntryKind as TreeEntryKind;
use gix::{Repository, ThreadSafeRepository};
use plimsoll_model::{ErrorKind, RootPath, SkipReason};

use super::gap::{Gap, Gaps};
use super::ground;
use super::index_file::{self, IndexEntry};
use super::object_id::ObjectId;
use super::parse::EntryKind;
use super::provenance::child;
use super::{HistoryOptions, HistoryRepository};
use crate::object_database;
use crate::root::Bytes;
use crate::work_tree::WorkTree;

const MAX_INDEX: u64 = 1 << 30;
/// Larger objects are no tree anybody wrote.
const MAX_TREE_BYTES: u64 = 64 << 20;

/// A file or link that the next commit adds or changes.
#[derive(Clone, Copy, Debug)]
pub struct StagedFile<'a> {
    /// Where it stands.
    pub path: &'a RootPath,
    /// Its blob.
    pub id: ObjectId,
    /// Whether it is a link, whose bytes are its target.
    pub is_link: bool,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// What was seen of an index.
#[derive(Clone, Debug, Default)]
pub struct Staged {
    /// How many files the visitor saw.
    pub files: u64,
    /// What was not read.
    pub gaps: Vec<Gap>,
}

/// Gives every file of the index that differs from `HEAD` to `visit`, in the order of their paths.
pub fn staged(
    repository: &HistoryRepository,
    options: &HistoryOptions,
    visit: &mut dyn FnMut(&StagedFile<'_>),
) -> Staged {
    let (next, gaps) = next_commit(&repository.tree, options.submitted);
    let mut staged = Staged { files: 0, gaps };
    let Some(next) = next else { return staged };
    let objects = next.objects.to_thread_local();
    let mut gaps = Gaps::default();
    let is_wanted = |(entry, is_changed): &&(IndexEntry, bool)| {
        *is_changed && entry.kind != EntryKind::Submodule
    };
    for (entry, _) in next.entries.iter().filter(is_wanted) {
        if options.cancel.is_cancelled() {
            gaps.fail(ErrorKind::Deadline, "stopped before all was read");
            break;
        }
        staged.files += u64::from(give(&objects, entry, options, visit, &mut gaps));
    }
    staged.gaps.extend(gaps.into_list());
    staged
}

/// What the index holds, without what a merge left undecided.
pub(crate) struct NextCommit {
    pub(crate) objects: ThreadSafeRepository,
    /// Each entry, and whether `HEAD` has something else there.
    pub(crate) entries: Vec<(IndexEntry, bool)>,
}

/// What the index of a work tree names; `None` where it cannot be read whole.
pub(crate) fn tracked_paths(tree: &WorkTree) -> Option<HashSet<Vec<u8>>> {
    let ground = ground::open(tree, false, &mut Gaps::default()).ok()?;
    let bytes = match ground.own.read(Path::new("index"), MAX_INDEX) {
        Ok(Bytes::Whole(bytes)) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(HashSet::new()),
        _ => return None,
    };
    let index = index_file::read(&bytes);
    let paths = index.entries.into_iter().map(|entry| entry.path);
    index.damage.is_none().then(|| paths.collect())
}

/// Reads the index of `tree`; `None` where it cannot be read at all.
pub(crate) fn next_commit(tree: &WorkTree, submitted: bool) -> (Option<NextCommit>, Vec<Gap>) {
    let mut gaps = Gaps::default();
    let next = read(tree, submitted, &mut gaps)
        .map_err(|message| gaps.fail(ErrorKind::TargetUnreadable, message));
    (next.ok(), gaps.into_list())
}

fn read(tree: &WorkTree, submitted: bool, gaps: &mut Gaps) -> Result<NextCommit, String> {
    let ground = ground::open(tree, submitted, gaps).map_err(|error| error.to_string())?;
    if ground.is_cut_off {
        return Err(
            "its objects may lie in folders that a stranger's repository may not name".into(),
        );
    }
    let bytes = match ground.own.read(Path::new("index"), MAX_INDEX) {
        Ok(Bytes::Whole(bytes)) => bytes,
        Ok(Bytes::TooLarge) => return Err(format!("its index is larger than {MAX_INDEX} bytes")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(format!("its index cannot be read: {error}")),
    };
    let mut next = NextCommit {
        objects: object_database::open(tree).map_err(|failure| failure.message)?,
        entries: Vec::new(),
    };
    if bytes.is_empty() {
        return Ok(next);
    }
    let index = index_file::read(&bytes);
    if let Some(damage) = index.damage {
        gaps.fail(ErrorKind::TargetUnreadable, damage);
    }
    let undecided = index.entries.iter().filter(|entry| entry.is_conflict);
    let undecided = undecided.count();
    if undecided > 0 {
        let text = format!("{undecided} entries of the index are an unresolved merge");
        gaps.note(SkipReason::Bound, text);
    }
    let head = head(&next.objects.to_thread_local(), gaps);
    let decided = index.entries.into_iter().filter(|entry| !entry.is_conflict);
    let compared = decided.map(|entry| {
        let path = entry.path.strip_suffix(b"/").unwrap_or(&entry.path);
        let is_same = head.get(path) == Some(&(entry.id, entry.is_link));
        (entry, !is_same)
    });
    next.entries = compared.collect();
    Ok(next)
}

/// Every blob and tree of `HEAD` with whether it is a link, by path.
fn head(objects: &Repository, gaps: &mut Gaps) -> HashMap<Vec<u8>, (ObjectId, bool)> {
    let mut known = HashMap::new();
    // A `HEAD` that leads nowhere is a branch without commits.
    let Some(commit) = objects.head_id().ok() else {
        return known;
    };
    let top = objects
        .find_object(commit)
        .ok()
        .and_then(|object| object.peel_to_tree().ok());
    let Some(top) = top else {
        gaps.fail(ErrorKind::ObjectMissing, "the tree of `HEAD` is missing");
        return known;
    };
    let mut stack = vec![(Vec::new(), top.id)];
    while let Some((folder, id)) = stack.pop() {
        let small = objects
            .find_header(id)
            .is_ok_and(|header| header.size() <= MAX_TREE_BYTES);
        let tree = small.then(|| objects.find_tree(id).ok()).flatten();
        let (Some(tree), Some(own)) = (tree, ObjectId::from_bytes(id.as_bytes())) else {
            gaps.fail(ErrorKind::ObjectMissing, format!("tree {id} is missing"));
            continue;
        };
        // A path longer than any system takes would make this grow without end.
        if folder.len() > 1 << 16 {
            continue;
        }
        for entry in tree.iter().map_while(Result::ok) {
            let name: &[u8] = entry.filename();
            let mut path = folder.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            let kind = entry.mode().kind();
            if kind == TreeEntryKind::Tree {
                stack.push((path, entry.object_id()));
            } else if let Some(id) = ObjectId::from_bytes(entry.object_id().as_bytes()) {
                known.insert(path, (id, kind == TreeEntryKind::Link));
            }
        }
        known.insert(folder, (own, false));
    }
    known
}

/// Reads and gives one file; whether the visitor saw it.
fn give(
    objects: &Repository,
    entry: &IndexEntry,
    options: &HistoryOptions,
    visit: &mut dyn FnMut(&StagedFile<'_>),
    gaps: &mut Gaps,
) -> bool {
    let Some(path) = root_path(&entry.path) else {
        return false;
    };
    if entry.kind == EntryKind::Tree {
        let text = format!("the folder `{path}` is not in the index in full");
        gaps.fail(ErrorKind::ObjectMissing, text);
        return false;
    }
    let Ok(id) = gix::ObjectId::try_from(entry.id.as_bytes()) else {
        return false;
    };
    let missing = || format!("`{path}`: its blob is missing");
    let Ok(header) = objects.find_header(id) else {
        gaps.object(entry.id, missing());
        return false;
    };
    if header.size() > options.max_object_bytes {
        gaps.push(Gap {
            object: Some(entry.id),
            reason: SkipReason::TooLarge,
            error: None,
            detail: format!("`{path}` of {} bytes", header.size()),
        });
        return false;
    }
    let Ok(object) = objects.find_object(id) else {
        gaps.object(entry.id, missing());
        return false;
    };
    visit(&StagedFile {
        path: &path,
        id: entry.id,
        is_link: entry.is_link,
        bytes: &object.data,
    });
    true
}

fn root_path(path: &[u8]) -> Option<RootPath> {
    let mut place = RootPath::root();
    for name in path.split(|byte| *byte == b'/') {
        place = child(&place, name)?;
    }
    Some(place)
}
