//! A tree as it was at a git revision, read from the object database.

pub(crate) mod staged;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind as TreeEntryKind;
use gix::{ObjectId, Repository, ThreadSafeRepository};
use plimsoll_model::{
    Artifact, Entry, EntryKind, ErrorKind, Inventory, Kind, Origin, RootPath, SkipReason,
};
use rayon::prelude::*;

use crate::collection::{CollectedTarget, Collection, NamedFile};
use crate::further::FurtherFiles;
use crate::gather::Candidate;
use crate::inside::{Looking, Seen};
use crate::load::{artifact, collect_results, text, too_large, within_bounds};
use crate::object_database::{open, resolve, subtree};
use crate::place::{Place, encode_name};
use crate::plan::Options;
use crate::texts::with_texts;
use crate::visit::{Found, Pass, see_bytes, visited};
use crate::walk::Note;
use crate::work_tree::WorkTree;

/// Larger blobs are not searched for credentials.
const MAX_VISITED_BYTES: u64 = 64 << 20;
/// Larger objects than this are no tree anybody wrote.
const MAX_TREE_BYTES: u64 = 64 << 20;
/// The longest link target the system could have stored.
const MAX_LINK_BYTES: u64 = 4096;

/// Reads what `revision` of the repository has below `below`, the root of `targets`.
pub(crate) fn collect(
    tree: &WorkTree,
    below: &Path,
    revision: &str,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let mut collection = Collection::empty(targets, Origin::File);
    collection.absolute = Some(tree.top.join(below));
    collection.work_tree = Some(tree.clone());
    let root = RootPath::root();
    let opened = open(tree).and_then(|repository| {
        let commit = resolve(&repository.to_thread_local(), revision)?;
        Ok((repository, commit))
    });
    let (repository, commit) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            collection.fail(failure.kind, &root, failure.message);
            return collection;
        }
    };
    let commit_name = commit.id.to_string();
    collection.origin = Origin::Git {
        commit: commit_name.clone(),
    };
    let local = repository.to_thread_local();
    match subtree(&local, commit.tree, below) {
        Ok(Some(top)) => Reading::new(&repository, options).run(top, &mut collection),
        Ok(None) => {}
        Err(failure) => collection.fail(failure.kind, &root, failure.message),
    }
    collection
}

/// A file or link of the tree.
struct Blob {
    place: Place,
    id: ObjectId,
    is_link: bool,
}

struct Reading<'a> {
    repository: &'a ThreadSafeRepository,
    options: &'a Options,
    entries: Vec<Entry>,
    blobs: Vec<Blob>,
    notes: Vec<Note>,
    missing: Vec<(RootPath, String)>,
    unlisted: BTreeSet<RootPath>,
    /// The files in which credentials are looked for, where those are not all.
    changed: Option<BTreeSet<RootPath>>,
}

impl<'a> Reading<'a> {
    fn new(repository: &'a ThreadSafeRepository, options: &'a Options) -> Reading<'a> {
        Reading {
            repository,
            options,
            entries: Vec::new(),
            blobs: Vec::new(),
            notes: Vec::new(),
            missing: Vec::new(),
            unlisted: BTreeSet::new(),
            changed: None,
        }
    }

    fn run(mut self, top: ObjectId, collection: &mut Collection) {
        self.list(top);
        self.read(collection);
    }

    /// Reads what was listed.
    fn read(mut self, collection: &mut Collection) {
        let blobs: BTreeSet<&RootPath> = self.blobs.iter().map(|blob| &blob.place.path).collect();
        for target in &mut collection.targets {
            target.is_file = blobs.contains(&target.inner);
        }
        let (candidates, ids) = self.look_at_blobs(&collection.targets);
        let asked_for = |path: &RootPath| collection.is_under_target(path);
        let (kept, over) = within_bounds(candidates, &self.options.bounds, asked_for);
        self.notes.extend(over);
        let artifacts = self.load(&kept, &ids, &collection.origin);
        collection.named_files = self.named_files();
        let further = FurtherFiles::of_blobs(self.repository, &ids, &self.options.bounds);
        collection.further = Some(further.used(&artifacts));
        collection.artifacts = artifacts;
        let read = |path: &RootPath, limit| blob_at(self.repository, &ids, path, limit);
        let inventory = Inventory::new(std::mem::take(&mut self.entries));
        let (inventory, cut) = with_texts(inventory, self.options, read);
        self.notes.extend(cut);
        let visited = visited(
            inventory,
            &collection.artifacts,
            self.options,
            |path| {
                let is_asked = |changed: &BTreeSet<RootPath>| changed.contains(path);
                collection.is_under_target(path) && self.changed.as_ref().is_none_or(is_asked)
            },
            || self.repository.to_thread_local(),
            |repository, entry, looking, pass| see_blob(repository, &ids, entry, looking, pass),
        );
        self.notes.extend(visited.notes);
        collection.searched = visited.searched;
        collection.inventory = visited.inventory;
        collection.note(self.notes);
        for (path, message) in self.missing {
            if collection.is_under_target(&path) {
                collection.fail(ErrorKind::ObjectMissing, &path, message);
            }
        }
        if self.options.cancel.is_cancelled() {
            let root = RootPath::root();
            collection.fail(ErrorKind::Deadline, &root, "stopped before all was read");
        }
    }

    /// Lists every entry of the tree, with a stack of our own: a hostile tree may be as deep as it likes.
    fn list(&mut self, top: ObjectId) {
        let repository = self.repository.to_thread_local();
        let mut stack = vec![(Place::root(), top)];
        while let Some((folder, id)) = stack.pop() {
            if self.options.cancel.is_cancelled() {
                return;
            }
            let tree = match self.find_tree(&repository, id) {
                Ok(tree) => tree,
                Err(message) => {
                    self.unlisted.insert(folder.path.clone());
                    self.missing.push((folder.path, message));
                    continue;
                }
            };
            for entry in tree.iter() {
                let Ok(entry) = entry else {
                    let detail = "a damaged tree object";
                    self.notes
                        .push(Note::new(&folder.path, SkipReason::Unreadable, detail));
                    break;
                };
                let (name, kind, id) = (entry.filename(), entry.mode().kind(), entry.object_id());
                if !self.record(&folder, name.as_bytes(), kind, id, &mut stack) {
                    return;
                }
            }
        }
    }

    fn find_tree<'r>(
        &self,
        repository: &'r Repository,
        id: ObjectId,
    ) -> Result<gix::Tree<'r>, String> {
        let missing = || format!("tree {id} is missing");
        let header = repository.find_header(id).map_err(|_| missing())?;
        if header.size() > MAX_TREE_BYTES {
            return Err(format!("tree {id} is larger than {MAX_TREE_BYTES} bytes"));
        }
        repository.find_tree(id).map_err(|_| missing())
    }

    /// Records one entry; false where the bound on entries is reached.
    fn record(
        &mut self,
        folder: &Place,
        name: &[u8],
        kind: TreeEntryKind,
        id: ObjectId,
        stack: &mut Vec<(Place, ObjectId)>,
    ) -> bool {
        let bounds = &self.options.bounds;
        if self.entries.len() >= bounds.max_entries {
            let detail = format!("more than {} entries", bounds.max_entries);
            self.notes
                .push(Note::new(&RootPath::root(), SkipReason::Bound, detail));
            return false;
        }
        let Some(place) = folder.child(name) else {
            let detail = "an entry whose name no file can have";
            self.notes
                .push(Note::new(&folder.path, SkipReason::Unreadable, detail));
            return true;
        };
        let mut entry = Entry {
            path: place.path.clone(),
            kind: EntryKind::File,
            size: 0,
            link_target: None,
            listed: true,
        };
        match kind {
            TreeEntryKind::Tree => {
                entry.kind = EntryKind::Directory;
                entry.listed = place.path.depth() < bounds.max_depth;
                if entry.listed {
                    stack.push((place, id));
                } else {
                    let detail = format!("more than {} folders deep", bounds.max_depth);
                    self.notes
                        .push(Note::new(&entry.path, SkipReason::Bound, detail));
                }
            }
            TreeEntryKind::Commit => {
                entry.kind = EntryKind::Directory;
                entry.listed = false;
            }
            TreeEntryKind::Link => {
                entry.kind = EntryKind::Symlink;
                self.push_blob(place, id, true);
            }
            TreeEntryKind::Blob | TreeEntryKind::BlobExecutable => {
                self.push_blob(place, id, false);
            }
        }
        self.entries.push(entry);
        true
    }

    fn push_blob(&mut self, place: Place, id: ObjectId, is_link: bool) {
        self.blobs.push(Blob { place, id, is_link });
    }

    /// Sizes of files and targets of links; yields the files worth reading.
    fn look_at_blobs(
        &mut self,
        targets: &[CollectedTarget],
    ) -> (Vec<Candidate>, Vec<(RootPath, ObjectId)>) {
        let looked: Vec<Result<Look, String>> = self
            .blobs
            .par_iter()
            .map_init(|| self.repository.to_thread_local(), look_at)
            .collect();
        let named: BTreeMap<&RootPath, Option<Kind>> = targets
            .iter()
            .map(|target| (&target.inner, target.kind))
            .collect();
        let mut looks: Vec<(RootPath, Look)> = Vec::with_capacity(looked.len());
        let mut candidates = Vec::new();
        let mut ids = Vec::new();
        for (blob, look) in self.blobs.iter().zip(looked) {
            match look {
                Ok(look) => {
                    let path = &blob.place.path;
                    let said = named.get(path);
                    let kind = said.copied().flatten().or_else(|| Kind::of_path(path));
                    if kind.is_none() && said.is_some() {
                        let detail = "its name tells no kind: add `--as KIND`";
                        self.notes
                            .push(Note::new(path, SkipReason::UnknownKind, detail));
                    }
                    if let (Look::Size(size), Some(kind)) = (&look, kind) {
                        candidates.push(Candidate {
                            place: blob.place.clone(),
                            kind,
                            size: *size,
                        });
                    }
                    looks.push((blob.place.path.clone(), look));
                }
                Err(message) => self.missing.push((blob.place.path.clone(), message)),
            }
            ids.push((blob.place.path.clone(), blob.id));
        }
        looks.sort_by(|a, b| a.0.cmp(&b.0));
        ids.sort();
        candidates.sort_by(|a, b| a.place.path.cmp(&b.place.path));
        self.fill_entries(looks);
        (candidates, ids)
    }

    fn fill_entries(&mut self, looks: Vec<(RootPath, Look)>) {
        for entry in &mut self.entries {
            if entry.kind == EntryKind::Directory {
                entry.listed &= !self.unlisted.contains(&entry.path);
                continue;
            }
            let found = looks.binary_search_by(|(path, _)| path.cmp(&entry.path));
            match found.ok().and_then(|at| looks.get(at)) {
                Some((_, Look::Size(size))) => entry.size = *size,
                Some((_, Look::Link(target))) => entry.link_target = Some(target.clone()),
                None => {}
            }
        }
    }

    fn load(
        &mut self,
        kept: &[Candidate],
        ids: &[(RootPath, ObjectId)],
        origin: &Origin,
    ) -> Vec<Artifact> {
        let bounds = &self.options.bounds;
        let results = kept
            .par_iter()
            .map_init(
                || self.repository.to_thread_local(),
                |repository, candidate| {
                    let path = &candidate.place.path;
                    let at = ids.binary_search_by(|(known, _)| known.cmp(path)).ok()?;
                    let (_, id) = ids.get(at)?;
                    let object = repository.find_object(*id).ok()?;
                    if object.data.len() as u64 > bounds.max_artifact_bytes {
                        return Some(Err(too_large(path, bounds)));
                    }
                    let bytes = object.detach().data;
                    Some(artifact(path, candidate.kind, origin.clone(), bytes))
                },
            )
            .flatten()
            .collect();
        let (artifacts, notes) = collect_results(results);
        self.notes.extend(notes);
        artifacts
    }

    fn named_files(&self) -> Vec<NamedFile> {
        let repository = self.repository.to_thread_local();
        let wanted = &self.options.named_files;
        let is_named = |blob: &&Blob| !blob.is_link && wanted.contains(&blob.place.path.as_str());
        let read = |blob: &Blob| {
            let header = repository.find_header(blob.id).ok()?;
            if header.size() > self.options.bounds.max_artifact_bytes {
                return None;
            }
            let object = repository.find_object(blob.id).ok()?;
            Some(NamedFile {
                path: blob.place.path.clone(),
                text: text(object.detach().data),
            })
        };
        self.blobs
            .iter()
            .filter(is_named)
            .filter_map(read)
            .collect()
    }
}

/// What the blob of `entry` holds.
fn see_blob(
    repository: &Repository,
    ids: &[(RootPath, ObjectId)],
    entry: &Entry,
    looking: &Looking<'_>,
    pass: Pass,
) -> Found {
    let path = &entry.path;
    if entry.size > MAX_VISITED_BYTES {
        let detail = format!("larger than {MAX_VISITED_BYTES} bytes: not searched for credentials");
        return Err(Note::new(path, SkipReason::TooLarge, detail));
    }
    let at = ids.binary_search_by(|(known, _)| known.cmp(path)).ok();
    match at.and_then(|at| repository.find_object(ids.get(at)?.1).ok()) {
        Some(object) => see_bytes(entry, &object.data, looking, pass),
        // That one is missing was told when its size was asked for.
        None => Ok(Some(Seen::plain(Vec::new()))),
    }
}

/// What the file at `path` holds, unless it is larger than `limit`.
fn blob_at(
    repository: &ThreadSafeRepository,
    ids: &[(RootPath, ObjectId)],
    path: &RootPath,
    limit: u64,
) -> Option<Vec<u8>> {
    let at = ids.binary_search_by(|(known, _)| known.cmp(path)).ok()?;
    let (_, id) = ids.get(at)?;
    let repository = repository.to_thread_local();
    if repository.find_header(*id).ok()?.size() > limit {
        return None;
    }
    Some(repository.find_object(*id).ok()?.detach().data)
}

enum Look {
    Size(u64),
    Link(Box<str>),
}

fn look_at(repository: &mut Repository, blob: &Blob) -> Result<Look, String> {
    let missing = || format!("blob {} is missing", blob.id);
    let header = repository.find_header(blob.id).map_err(|_| missing())?;
    if !blob.is_link || header.size() > MAX_LINK_BYTES {
        return Ok(Look::Size(header.size()));
    }
    let object = repository.find_object(blob.id).map_err(|_| missing())?;
    Ok(Look::Link(encode_name(&object.data).into()))
}
