//! Walking a tree in parallel into one inventory, with the files worth reading.

use std::sync::atomic::{AtomicUsize, Ordering};

use plimsoll_model::{Entry, EntryKind, Inventory, Kind, RootPath, SkipReason};
use rayon::prelude::*;

use crate::cancel::Cancel;
use crate::place::Place;
use crate::walk::{
    Folder, GitRules, Note, Observed, OpenRoot, WalkOptions, entries_bound, observe, unreadable,
};
use crate::work_tree::WorkTree;

/// A file worth reading.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

/// A folder below a root that is a root of its own.
#[derive(Clone, Debug)]
pub(crate) struct NestedTree {
    pub(crate) place: Place,
    pub(crate) tree: WorkTree,
}

/// All there is below a root.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) inventory: Inventory,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) nested: Vec<NestedTree>,
    pub(crate) notes: Vec<Note>,
}

/// Folders listed at once; a bound on what is held beyond the inventory itself.
const BATCH: usize = 512;

enum Listing {
    Whole(Vec<Observed>, Vec<Folder>, Vec<Note>),
    /// Did not fit what the batch had left; to be listed by itself.
    Postponed,
    Failed(Note),
}

struct Gathering<'a> {
    ground: &'a OpenRoot,
    options: &'a WalkOptions,
    entries: Vec<Entry>,
    unlisted: Vec<RootPath>,
    gathered: Gathered,
}

/// Lists everything below `ground`, level by level. The result does not depend on which thread was faster.
pub(crate) fn gather(ground: &OpenRoot, options: &WalkOptions, cancel: &Cancel) -> Gathered {
    let mut gathering = Gathering {
        ground,
        options,
        entries: Vec::new(),
        unlisted: Vec::new(),
        gathered: Gathered::default(),
    };
    let mut level = vec![Folder::root(ground, options)];
    while !level.is_empty() {
        let mut next = Vec::new();
        for batch in level.chunks(BATCH) {
            if cancel.is_cancelled() {
                return gathering.finish();
            }
            gathering.list_batch(batch, &mut next);
        }
        level = next;
    }
    gathering.finish()
}

impl Gathering<'_> {
    fn left(&self) -> usize {
        self.options.max_entries.saturating_sub(self.entries.len())
    }

    fn list_batch(&mut self, batch: &[Folder], next: &mut Vec<Folder>) {
        let left = self.left();
        if left == 0 {
            self.unlisted
                .extend(batch.iter().map(|folder| folder.place.path.clone()));
            return;
        }
        let taken = AtomicUsize::new(0);
        let (ground, options) = (self.ground, self.options);
        let listings: Vec<Listing> = batch
            .par_iter()
            .map(|folder| list(ground, options, folder, left, &taken))
            .collect();
        for (folder, listing) in batch.iter().zip(listings) {
            let listing = match listing {
                Listing::Postponed => {
                    let left = self.left();
                    list(ground, options, folder, left, &AtomicUsize::new(0))
                }
                other => other,
            };
            self.merge(&folder.place.path, listing, next);
        }
    }

    fn merge(&mut self, path: &RootPath, listing: Listing, next: &mut Vec<Folder>) {
        match listing {
            Listing::Whole(observed, folders, notes) => {
                if observed.len() > self.left() {
                    return self.cut(path);
                }
                self.gathered.notes.extend(notes);
                next.extend(folders);
                for one in observed {
                    self.record(one);
                }
            }
            Listing::Postponed => self.cut(path),
            Listing::Failed(note) => {
                self.gathered.notes.push(note);
                self.unlisted.push(path.clone());
            }
        }
    }

    /// A folder that does not fit what is left is not listed in part: nobody could tell which part.
    fn cut(&mut self, path: &RootPath) {
        let note = entries_bound(self.options);
        if !self.gathered.notes.contains(&note) {
            self.gathered.notes.push(note);
        }
        self.unlisted.push(path.clone());
    }

    fn record(&mut self, observed: Observed) {
        let Observed {
            entry,
            place,
            note,
            nested,
            ..
        } = observed;
        self.gathered.notes.extend(note);
        if let Some(tree) = nested {
            let place = place.clone();
            self.gathered.nested.push(NestedTree { place, tree });
        }
        if entry.kind == EntryKind::File
            && let Some(kind) = Kind::of_path(&entry.path)
        {
            let size = entry.size;
            self.gathered
                .candidates
                .push(Candidate { place, kind, size });
        }
        self.entries.push(entry);
    }

    fn finish(mut self) -> Gathered {
        self.unlisted.sort();
        for entry in &mut self.entries {
            if entry.kind == EntryKind::Directory
                && self.unlisted.binary_search(&entry.path).is_ok()
            {
                entry.listed = false;
            }
        }
        self.gathered.inventory = Inventory::new(self.entries);
        self.gathered
            .candidates
            .sort_by(|a, b| a.place.path.cmp(&b.place.path));
        self.gathered
    }
}

/// Lists one folder, unless it and what the batch has `taken` are more than `left`.
fn list(
    ground: &OpenRoot,
    options: &WalkOptions,
    folder: &Folder,
    left: usize,
    taken: &AtomicUsize,
) -> Listing {
    let mut folder = folder.clone();
    let names = match folder.open(ground, options, left) {
        Ok(names) => names,
        Err(error) => return Listing::Failed(unreadable(&folder.place.path, &error)),
    };
    let before = taken.fetch_add(names.len(), Ordering::Relaxed);
    if names.cut || before.saturating_add(names.len()) > left {
        return Listing::Postponed;
    }
    let mut observed = Vec::with_capacity(names.len());
    let mut folders = Vec::new();
    let mut notes = Vec::new();
    if options.git == GitRules::Disregard && names.contains(b".gitignore") {
        notes.extend(not_honoured(&folder));
    }
    for at in 0..names.len() {
        if let Some(mut one) = observe(ground, options, &folder, &names, at) {
            if is_collision(&observed, &one) {
                let detail = "two names here are shown alike; only the first was read";
                notes.push(Note::new(&one.entry.path, SkipReason::Unreadable, detail));
                continue;
            }
            folders.extend(one.folder.take());
            observed.push(one);
        }
    }
    Listing::Whole(observed, folders, notes)
}

/// A name that is not UTF-8 may be shown as another name is written.
fn is_collision(before: &[Observed], one: &Observed) -> bool {
    before
        .last()
        .is_some_and(|last| last.entry.path == one.entry.path)
}

fn not_honoured(folder: &Folder) -> Option<Note> {
    let file = folder.place.path.join(".gitignore")?;
    let detail = "git's ignore rules of a submitted target are not applied";
    Some(Note::new(&file, SkipReason::NotHonoured, detail))
}
