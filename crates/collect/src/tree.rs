//! One root read from disk.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{ErrorKind, Inventory, Kind, Origin, RootPath, SkipReason};

use crate::collection::{CollectedTarget, Collection, NamedFile};
use crate::further::FurtherFiles;
use crate::gather::{Candidate, NestedTree, gather};
use crate::git_standing::standings;
use crate::load::{load, text, within_bounds};
use crate::object_database::Gitlink;
use crate::plan::{Options, RootPlace};
use crate::root::Bytes;
use crate::texts::with_texts;
use crate::visit::{see_file, visited};
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
    collection.enclosing = place.enclosing.clone();
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
    let unknown = add_named_targets(&collection.targets, &mut gathered.candidates);
    if options.visitor.is_some() && !unknown.is_empty() {
        // Of no kind that has rules of its own, and searched for credentials as every file is.
        collection.others.insert("file", unknown.len() as u64);
    } else {
        gathered.notes.extend(unknown);
    }
    let asked_for = |path: &RootPath| collection.is_under_target(path);
    let (kept, over) = within_bounds(gathered.candidates, &options.bounds, asked_for);
    let (artifacts, unread) = load(&ground.root, &kept, &options.bounds, &options.cancel);
    let visited = visited(
        gathered.inventory,
        &artifacts,
        options,
        asked_for,
        || (),
        |(), entry, looking, pass| see_file(&ground.root, entry, looking, pass),
    );
    collection.further = Some(FurtherFiles::of_tree(&ground, &options.bounds).used(&artifacts));
    let read = |path: &RootPath, limit| match ground.root.read(Path::new(path.as_str()), limit) {
        Ok(Bytes::Whole(bytes)) => Some(bytes),
        _ => None,
    };
    collection.searched = visited.searched;
    let inventory = if options.submitted {
        visited.inventory
    } else {
        with_standings(visited.inventory, &ground)
    };
    let (inventory, cut) = with_texts(inventory, options, read);
    collection.inventory = inventory;
    collection.artifacts = artifacts;
    collection.named_files = read_named_files(&ground, options);
    let notes = gathered.notes.into_iter().chain(over).chain(unread);
    collection.note(notes.chain(cut).chain(visited.notes));
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

/// Adds how git keeps each file in which a credential was seen.
fn with_standings(inventory: Inventory, ground: &OpenRoot) -> Inventory {
    let seen = inventory
        .sightings()
        .map(|(path, _)| path.clone())
        .collect();
    inventory.with_git_standings(standings(ground, seen))
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
        named: named_folders(targets),
    }
}

/// The targets and every folder on the way to them.
fn named_folders(targets: &[CollectedTarget]) -> BTreeSet<RootPath> {
    let mut named = BTreeSet::new();
    for target in targets {
        let mut path = target.inner.clone();
        while !path.is_root() && named.insert(path.clone()) {
            path = path.parent();
        }
    }
    named
}

/// `candidates` come sorted. A file named as a target is read whatever its name, if it is given a kind or has one.
/// Gives those whose kind nothing tells.
fn add_named_targets(targets: &[CollectedTarget], candidates: &mut Vec<Candidate>) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut unlisted = Vec::new();
    for target in targets.iter().filter(|target| target.is_file) {
        let at = candidates.binary_search_by(|one| one.place.path.cmp(&target.inner));
        let known = at.ok().and_then(|at| candidates.get_mut(at));
        match (known, target.kind.or_else(|| Kind::of_path(&target.inner))) {
            (Some(candidate), Some(kind)) => candidate.kind = kind,
            (None, Some(kind)) => unlisted.push(Candidate {
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
    // Two targets may name one file.
    unlisted.sort_by(|a, b| a.place.path.cmp(&b.place.path));
    unlisted.dedup_by(|a, b| a.place.path == b.place.path);
    candidates.append(&mut unlisted);
    notes
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
            enclosing: enclosing_of(collection, &found.tree.top),
            absolute: found.tree.top.clone(),
            work_tree: Some(found.tree),
            beneath: Some((Arc::clone(ground), found.place.raw().to_owned())),
        },
    };
    nested.into_iter().filter(is_wanted).map(to_root).collect()
}

/// The work trees around the one at `top`, from the outermost in.
fn enclosing_of(collection: &Collection, top: &Path) -> Vec<Gitlink> {
    let mut enclosing = collection.enclosing.clone();
    if let Some(tree) = &collection.work_tree
        && let Ok(path) = top.strip_prefix(&tree.top)
    {
        enclosing.push(Gitlink {
            tree: tree.clone(),
            path: path.to_owned(),
        });
    }
    enclosing
}
