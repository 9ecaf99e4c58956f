//! Files that are read only once it is known what they are.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use gix::{ObjectId, ThreadSafeRepository};
use plimsoll_model::{Artifact, EntryKind, FileToRead, Inventory, Origin, RootPath, SkipReason};
use rayon::prelude::*;

use crate::collection::Collection;
use crate::gather::Candidate;
use crate::load::{Bounds, artifact, collect_results, load, too_large, within_bounds};
use crate::place::Place;
use crate::plan::Options;
use crate::walk::{Note, OpenRoot};

/// Where the files of a root are read from, and how much of them still may be.
#[derive(Clone, Debug)]
pub(crate) struct FurtherFiles {
    source: Source,
    left: Bounds,
}

#[derive(Clone, Debug)]
enum Source {
    Tree(Arc<OpenRoot>),
    Blobs {
        repository: Box<ThreadSafeRepository>,
        /// Sorted.
        ids: Arc<[(RootPath, ObjectId)]>,
    },
}

impl FurtherFiles {
    /// Files of an open folder.
    pub(crate) fn of_tree(ground: &Arc<OpenRoot>, bounds: &Bounds) -> FurtherFiles {
        FurtherFiles {
            source: Source::Tree(Arc::clone(ground)),
            left: *bounds,
        }
    }

    /// Files whose blobs `ids`, sorted, are in an object database.
    pub(crate) fn of_blobs(
        repository: &ThreadSafeRepository,
        ids: &[(RootPath, ObjectId)],
        bounds: &Bounds,
    ) -> FurtherFiles {
        FurtherFiles {
            source: Source::Blobs {
                repository: Box::new(repository.clone()),
                ids: ids.into(),
            },
            left: *bounds,
        }
    }

    /// Takes what was read from what is left.
    pub(crate) fn used(mut self, artifacts: &[Artifact]) -> FurtherFiles {
        let bytes: u64 = artifacts.iter().map(|one| one.text.len() as u64).sum();
        let left = &mut self.left;
        left.max_artifacts = left.max_artifacts.saturating_sub(artifacts.len());
        left.max_total_bytes = left.max_total_bytes.saturating_sub(bytes);
        self
    }

    fn read(
        &self,
        kept: &[Candidate],
        origin: &Origin,
        options: &Options,
    ) -> (Vec<Artifact>, Vec<Note>) {
        match &self.source {
            Source::Tree(ground) => load(&ground.root, kept, &self.left, &options.cancel),
            Source::Blobs { repository, ids } => {
                let read = |candidate: &Candidate| {
                    let cancelled = options.cancel.is_cancelled();
                    (!cancelled).then(|| blob(repository, ids, candidate, origin, &self.left))
                };
                collect_results(kept.par_iter().filter_map(read).collect())
            }
        }
    }
}

impl Collection {
    /// Reads `files` as what they are said to be, whatever their names say: those that exist, within what the bounds
    /// leave. Of what could not be read the collection tells as of any other file.
    pub fn read_further(
        &mut self,
        files: &BTreeSet<FileToRead>,
        options: &Options,
    ) -> Vec<Artifact> {
        let Some(further) = self.further.take() else {
            return Vec::new();
        };
        let inventory = &self.inventory;
        let candidates = files.iter().filter_map(|one| candidate(inventory, one));
        let asked_for = |path: &RootPath| self.is_under_target(path);
        let (kept, over) = within_bounds(candidates.collect(), &further.left, asked_for);
        let (artifacts, unread) = further.read(&kept, &self.origin, options);
        self.further = Some(further.used(&artifacts));
        self.note(over.into_iter().chain(unread));
        artifacts
    }

    /// Tells of a file under a target that was passed over.
    pub fn pass_over(&mut self, path: &RootPath, reason: SkipReason, detail: impl Into<String>) {
        self.note([Note::new(path, reason, detail)]);
    }
}

fn candidate(inventory: &Inventory, wanted: &FileToRead) -> Option<Candidate> {
    let entry = inventory.get(&wanted.file)?;
    (entry.kind == EntryKind::File).then_some(())?;
    let file = Place::from_raw(Path::new(wanted.file.as_str()))?;
    Some(Candidate {
        place: file.judged_at(wanted.path.clone()),
        kind: wanted.kind,
        size: entry.size,
    })
}

fn blob(
    repository: &ThreadSafeRepository,
    ids: &[(RootPath, ObjectId)],
    candidate: &Candidate,
    origin: &Origin,
    bounds: &Bounds,
) -> Result<Artifact, Note> {
    let path = &candidate.place.path;
    let missing = || Note::new(path, SkipReason::Unreadable, "an object is missing");
    let repository = repository.to_thread_local();
    let raw = candidate.place.raw().to_str();
    let at = raw.and_then(|raw| {
        ids.binary_search_by(|(known, _)| known.as_str().cmp(raw))
            .ok()
    });
    let id = at.and_then(|at| ids.get(at)).ok_or_else(missing)?.1;
    let header = repository.find_header(id).map_err(|_| missing())?;
    if header.size() > bounds.max_artifact_bytes {
        return Err(too_large(path, bounds));
    }
    let object = repository.find_object(id).map_err(|_| missing())?;
    let bytes = object.detach().data;
    artifact(path, candidate.kind, origin.clone(), bytes)
}
