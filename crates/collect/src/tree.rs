//! One root read from disk.

use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{ErrorKind, Kind, Origin, RootPath, SkipReason};

use crate::collection::{CollectedTarget, Collection, NamedFile, covered};
use crate::gather::{Candidate, NestedTree, gather};
use crate::load::{load, text, within_bounds};
use crate::plan::{Options, RootPlace};
use crate::root::Bytes;
use crate::walk::{GitRules, Note, OpenRoot, WalkOptions};

/// A repository found below a target.
pub(crate) struct Nested {
    pub(crate) root: RootPlace,
    /// Its path as the target shows it.
    pub(crate) shown: String,
}

/// Reads the root at `place`. The second part are the repositories under its targets.
pub(crate) fn collect(
    place: &RootPlace,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> (Collection, Vec<Nested>) {
    let mut collection = Collection::empty(targets, Origin::File);
    collection.absolute = Some(place.absolute.clone());
    collection.work_tree = place.work_tree.clone();
    let ground = match place.open() {
        Ok(ground) => Arc::new(ground),
        Err(error) => {
            let root = RootPath::root();
            collection.fail(ErrorKind::TargetUnreadable, &root, error.to_string());
            return (collection, Vec::new());
        }
    };
    let walk = walk_options(&collection.targets, options);
    let mut gathered = gather(&ground, &walk, &options.cancel);
    add_named_targets(
        &collection.targets,
        &mut gathered.candidates,
        &mut gathered.notes,
    );
    let asked_for = |path: &RootPath| covered(&collection.targets, path);
    let (kept, over) = within_bounds(gathered.candidates, &options.bounds, asked_for);
    let (artifacts, unread) = load(&ground.root, &kept, &options.bounds, &options.cancel);
    collection.inventory = gathered.inventory;
    collection.artifacts = artifacts;
    collection.named_files = read_named_files(&ground, options);
    collection.note(gathered.notes.into_iter().chain(over).chain(unread));
    fail_if_unreadable(&mut collection);
    if options.cancel.is_cancelled() {
        collection.fail(
            ErrorKind::Deadline,
            &RootPath::root(),
            "stopped before all was read",
        );
    }
    let nested = nested_roots(&collection, &ground, gathered.nested);
    (collection, nested)
}

fn walk_options(targets: &[CollectedTarget], options: &Options) -> WalkOptions {
    let git = match (options.submitted, options.no_ignore) {
        (true, _) => GitRules::Disregard,
        (false, true) => GitRules::ListIgnored,
        (false, false) => GitRules::Honour,
    };
    WalkOptions {
        git,
        max_entries: options.bounds.max_entries,
        max_depth: options.bounds.max_depth,
        named: targets.iter().map(|target| target.inner.clone()).collect(),
    }
}

/// A file named as a target is read whatever its name, if it is given a kind or has one.
fn add_named_targets(
    targets: &[CollectedTarget],
    candidates: &mut Vec<Candidate>,
    notes: &mut Vec<Note>,
) {
    for target in targets.iter().filter(|target| target.is_file) {
        let known = candidates
            .iter_mut()
            .find(|candidate| candidate.place.path == target.inner);
        match (known, target.kind.or_else(|| Kind::of_path(&target.inner))) {
            (Some(candidate), Some(kind)) => candidate.kind = kind,
            (None, Some(kind)) => candidates.push(Candidate {
                place: target.place.clone(),
                kind,
                size: 0,
            }),
            (_, None) => {
                let detail = "its name tells no kind: add `--as KIND`";
                notes.push(Note::new(&target.inner, SkipReason::UnknownKind, detail));
            }
        }
    }
}

/// A target that could not be read is an error, not merely something passed over.
fn fail_if_unreadable(collection: &mut Collection) {
    let mut failed = Vec::new();
    for target in &collection.targets {
        let shown = collection.display(&target.inner);
        let unread = collection
            .skipped
            .iter()
            .find(|skipped| skipped.reason == SkipReason::Unreadable && skipped.path == shown);
        if let Some(skipped) = unread {
            failed.push((target.inner.clone(), skipped.detail.clone()));
        }
    }
    for (path, detail) in failed {
        collection.fail(ErrorKind::TargetUnreadable, &path, detail);
    }
}

fn read_named_files(ground: &OpenRoot, options: &Options) -> Vec<NamedFile> {
    let limit = options.bounds.max_artifact_bytes;
    let read = |name: &&'static str| match ground.root.read(Path::new(name), limit) {
        Ok(Bytes::Whole(bytes)) => Some(NamedFile {
            path: RootPath::new(name)?,
            text: text(bytes),
        }),
        _ => None,
    };
    options.named_files.iter().filter_map(read).collect()
}

fn nested_roots(
    collection: &Collection,
    ground: &Arc<OpenRoot>,
    nested: Vec<NestedTree>,
) -> Vec<Nested> {
    let is_wanted = |found: &NestedTree| collection.is_under_target(&found.place.path);
    let to_root = |found: NestedTree| Nested {
        shown: collection.display(&found.place.path),
        root: RootPlace {
            absolute: found.tree.top.clone(),
            work_tree: Some(found.tree),
            beneath: Some((Arc::clone(ground), found.place.raw().to_owned())),
        },
    };
    nested.into_iter().filter(is_wanted).map(to_root).collect()
}
