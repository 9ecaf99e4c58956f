//! One artifact from standard input.

use plimsoll_model::{ErrorKind, Origin, RootPath};

use crate::collection::{CollectedTarget, Collection};
use crate::load::{artifact, too_large};
use crate::plan::Options;
use crate::root::{Bytes, read_bounded};

pub(crate) fn collect(targets: Vec<CollectedTarget>, options: &Options) -> Collection {
    let limit = options.bounds.max_artifact_bytes;
    let read = read_bounded(std::io::stdin().lock(), 0, limit);
    from_read(read, targets, options)
}

fn from_read(
    read: std::io::Result<Bytes>,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let kind = targets.iter().find_map(|target| target.kind);
    let path = targets
        .first()
        .map_or_else(RootPath::root, |target| target.inner.clone());
    let mut collection = Collection::empty(targets, Origin::Stdin);
    match (read, kind) {
        (Ok(Bytes::Whole(bytes)), Some(kind)) => {
            match artifact(&path, kind, Origin::Stdin, bytes) {
                Ok(artifact) => collection.artifacts.push(artifact),
                Err(note) => collection.note([note]),
            }
        }
        (Ok(Bytes::TooLarge), _) => collection.note([too_large(&path, &options.bounds)]),
        (Ok(_), None) => collection.fail(ErrorKind::TargetUnreadable, &path, "of no known kind"),
        (Err(error), _) => {
            collection.fail(ErrorKind::TargetUnreadable, &path, error.to_string());
        }
    }
    collection
}
