//! A whole history as a target: HEAD's tree as it stands, and whatever any ref, stash, note or message ever held.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::Offset;
use plimsoll_model::{
    HistoryHolder, HistoryPlace, Inventory, Origin, ReportError, RootPath, Sighting, Skipped,
    Storage, StoredSighting,
};

use crate::collection::{CollectedTarget, Collection};
use crate::git_revision;
use crate::history::{
    FoundObject, History, HistoryObject, HistoryOptions, HistoryRepository, HistoryState, ObjectId,
    ObjectKind, Signature, scan,
};
use crate::inside::{Looking, MAX_UNPACKED};
use crate::plan::Options;
use crate::visit::FileVisitor;
use crate::walk::Note;
use crate::work_tree::WorkTree;

/// What was seen in one object.
#[derive(Debug, Default)]
struct Content {
    sightings: Vec<Sighting>,
    /// What was not searched of it.
    gap: Option<Note>,
}

/// What was seen, by the object that holds it.
type Seen = BTreeMap<ObjectId, Content>;

/// What earlier runs know of a history, and what this run leaves to the next.
#[derive(Debug, Default)]
pub struct KeptState {
    /// What need not be searched.
    pub known: HistoryState,
    next: Mutex<Option<HistoryState>>,
}

impl KeptState {
    /// A state to go on from.
    pub fn new(known: HistoryState) -> KeptState {
        KeptState {
            known,
            next: Mutex::default(),
        }
    }

    /// What the next run need not search; `None` where the history could not be read.
    pub fn next(&self) -> Option<HistoryState> {
        let next = self.next.lock();
        next.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads HEAD of `tree` and searches all of its history.
pub(crate) fn collect(
    tree: &WorkTree,
    below: &Path,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let Some(visitor) = options.visitor.as_deref() else {
        return git_revision::collect(tree, below, "HEAD", targets, options);
    };
    // What HEAD holds is a part of the history, and seen there.
    let at_head = Options {
        visitor: None,
        ..options.clone()
    };
    let mut collection = git_revision::collect(tree, below, "HEAD", targets, &at_head);
    // Roots of histories are the tops of their repositories.
    let asked = collection.targets.first();
    let asked = asked.map_or_else(RootPath::root, |target| target.inner.clone());
    let (history, seen) = search(tree, asked, options, visitor);
    tell(&mut collection, &history);
    add(&mut collection, &history, seen, visitor);
    collection
}

fn search(
    tree: &WorkTree,
    asked: RootPath,
    options: &Options,
    visitor: &dyn FileVisitor,
) -> (History, Seen) {
    let repository = HistoryRepository::of(tree.clone());
    let seen: Mutex<Seen> = Mutex::default();
    let nowhere = RootPath::root();
    // Objects come in no order, so which archive meets the end of what is unpacked depends on the run; that some does, not.
    let left = AtomicU64::new(MAX_UNPACKED);
    let visit = |object: &HistoryObject<'_>| {
        let looking = Looking {
            visitor,
            cancel: &options.cancel,
            left: left.load(Ordering::Relaxed),
        };
        let found = looking.bytes(&nowhere, object.bytes);
        let used = |left: u64| Some(left.saturating_sub(found.unpacked));
        let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, used);
        // Where it stands is asked for what was not searched, too.
        let is_told = !found.sightings.is_empty() || found.gap.is_some();
        if is_told {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let content = Content {
                sightings: found.sightings,
                gap: found.gap,
            };
            seen.insert(object.id, content);
        }
        is_told
    };
    let kept = options.kept_state.as_deref();
    let options = HistoryOptions {
        known: kept.map(|kept| kept.known.clone()).unwrap_or_default(),
        keep_state: kept.is_some(),
        below: asked,
        submitted: options.submitted,
        dangling: options.dangling,
        since: options.since.clone(),
        cancel: options.cancel.clone(),
        ..HistoryOptions::default()
    };
    let mut history = scan(&repository, &options, &visit);
    if let Some(kept) = kept {
        *kept.next.lock().unwrap_or_else(PoisonError::into_inner) = history.state.take();
    }
    (
        history,
        seen.into_inner().unwrap_or_else(PoisonError::into_inner),
    )
}

/// Counts what was searched, and says what was not.
fn tell(collection: &mut Collection, history: &History) {
    collection.others.insert("git-blob", history.blobs);
    collection.others.insert("git-message", history.messages);
    if history.known > 0 {
        collection
            .others
            .insert("git-searched-before", history.known);
    }
    collection.searched += history.blobs + history.messages;
    let root = collection.display(&RootPath::root());
    for gap in &history.gaps {
        let detail = match &gap.object {
            Some(object) => format!("{object}: {}", gap.detail),
            None => gap.detail.clone(),
        };
        match gap.error {
            Some(kind) => collection.errors.push(ReportError {
                kind,
                rule: None,
                path: Some(root.clone()),
                message: detail,
            }),
            None => collection.skipped.push(Skipped {
                path: root.clone(),
                reason: gap.reason,
                detail,
            }),
        }
    }
}

/// Puts each credential where it stands: in a file of HEAD, else in the commit that brought it.
fn add(collection: &mut Collection, history: &History, mut seen: Seen, visitor: &dyn FileVisitor) {
    let mut in_files: Vec<(RootPath, Arc<[Sighting]>)> = Vec::new();
    let mut stored = Vec::new();
    let mut gaps = Vec::new();
    for object in &history.found {
        let content = seen.remove(&object.id).unwrap_or_default();
        if let Some(gap) = content.gap {
            let path = object.head_paths.first().cloned();
            let path = path.unwrap_or_else(|| place(object));
            let detail = format!("object {}: {}", object.id, gap.detail);
            gaps.push(Note::new(&path, gap.reason, detail));
        }
        let sightings = content.sightings;
        if sightings.is_empty() {
            continue;
        }
        for path in &object.head_paths {
            in_files.push((path.clone(), visitor.placed(path, sightings.clone()).into()));
        }
        if object.head_paths.is_empty() {
            stored.extend(of_object(object, sightings, visitor));
        }
    }
    collection.note(gaps);
    let inventory = std::mem::take(&mut collection.inventory);
    collection.inventory =
        Inventory::with_stored_sightings(inventory.with_sightings(in_files), stored);
}

fn of_object(
    object: &FoundObject,
    sightings: Vec<Sighting>,
    visitor: &dyn FileVisitor,
) -> Vec<StoredSighting> {
    let path = place(object);
    let commit = object.first.as_ref().map(|first| first.commit.to_string());
    let storage = Storage::History(HistoryPlace {
        holder: match object.kind {
            ObjectKind::Blob => HistoryHolder::File,
            ObjectKind::CommitMessage => HistoryHolder::CommitMessage,
            ObjectKind::TagMessage => HistoryHolder::TagMessage,
        },
        date: object.first.as_ref().and_then(|first| date(&first.author)),
        author: object.first.as_ref().map(|first| first.author.name.clone()),
        object: object.id.to_string(),
        at_head: false,
        refs: object.refs.clone(),
        commit: commit.clone(),
    });
    let origin = Origin::Git {
        commit: commit.unwrap_or_else(|| object.id.to_string()),
    };
    let sightings = visitor.placed(&path, sightings).into_iter();
    let one = |sighting| StoredSighting {
        path: path.clone(),
        origin: origin.clone(),
        sighting: Arc::new(sighting),
        storage: storage.clone(),
    };
    sightings.map(one).collect()
}

/// RFC 3339, with the offset the author had.
fn date(author: &Signature) -> Option<String> {
    let at = Timestamp::from_second(author.seconds).ok()?;
    let offset = Offset::from_seconds(author.offset_minutes.checked_mul(60)?).ok()?;
    Some(at.display_with_offset(offset).to_string())
}

/// The path an object stood at; a message and an object without one have a name instead.
fn place(object: &FoundObject) -> RootPath {
    let first = object.first.as_ref().and_then(|first| first.path.clone());
    let named = || {
        RootPath::new(match object.kind {
            ObjectKind::Blob => "blob",
            ObjectKind::CommitMessage => "commit-message",
            ObjectKind::TagMessage => "tag-message",
        })
    };
    first.or_else(named).unwrap_or_else(RootPath::root)
}
