//! Showing every file below a target to a visitor, whatever its kind: each is read once, in parallel.

use std::fmt::Debug;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{Artifact, Entry, EntryKind, Inventory, RootPath, Sighting, SkipReason};
use rayon::prelude::*;

use crate::plan::Options;
use crate::root::{Bytes, Root};
use crate::walk::{Note, unreadable};

/// Looks at what files hold while they are read.
pub trait FileVisitor: Debug + Send + Sync {
    /// What `bytes`, the whole of the file at `path`, hold.
    fn visit(&self, path: &RootPath, bytes: &[u8]) -> Vec<Sighting>;

    /// What was seen in bytes of unknown place, now that they are known to be the file at `path`.
    fn placed(&self, path: &RootPath, seen: Vec<Sighting>) -> Vec<Sighting>;

    /// `text` with what looks like a credential in it masked, to be shown.
    fn masked(&self, text: &str) -> String;

    /// As [`FileVisitor::visit`] for a file too large to be held, read piece by piece.
    fn visit_large(&self, path: &RootPath, source: &mut dyn Read) -> io::Result<Vec<Sighting>>;
}

/// Larger files are read piece by piece.
const MAX_HELD_BYTES: u64 = 16 << 20;
/// The rest of a larger file is not looked at.
const MAX_VISITED_BYTES: u64 = 4 << 30;

/// Shows the files of `inventory` for which `is_wanted` says so to the visitor of `options`. Those that are `artifacts`
/// are not read again. The second part is how many were looked at; `see` reads the others, each thread with what `open` gives it.
pub(crate) fn visited<S>(
    inventory: Inventory,
    artifacts: &[Artifact],
    options: &Options,
    is_wanted: impl Fn(&RootPath) -> bool + Sync,
    open: impl Fn() -> S + Sync + Send,
    see: impl Fn(&mut S, &dyn FileVisitor, &Entry) -> Result<Vec<Sighting>, Note> + Sync + Send,
) -> (Inventory, u64, Vec<Note>) {
    let Some(visitor) = options.visitor.as_deref() else {
        return (inventory, 0, Vec::new());
    };
    let is_file =
        |entry: &&Entry| entry.kind == EntryKind::File && entry.size > 0 && is_wanted(&entry.path);
    let files: Vec<&Entry> = inventory.entries().iter().filter(is_file).collect();
    // `None` where the run was asked to stop before.
    let visit = |state: &mut S, entry: &&Entry| -> Option<Result<Vec<Sighting>, Note>> {
        if options.cancel.is_cancelled() {
            return None;
        }
        let path = &entry.path;
        let known = artifacts.binary_search_by(|one| one.path.cmp(path));
        Some(match known.ok().and_then(|at| artifacts.get(at)) {
            Some(artifact) => Ok(visitor.visit(path, artifact.text.as_bytes())),
            None => see(state, visitor, entry),
        })
    };
    let results: Vec<_> = files.par_iter().map_init(open, visit).collect();
    let mut searched = 0;
    let mut notes = Vec::new();
    let mut sightings: Vec<(RootPath, Arc<[Sighting]>)> = Vec::new();
    for (entry, result) in files.iter().zip(results) {
        match result {
            None => {}
            Some(Err(note)) => notes.push(note),
            Some(Ok(seen)) => {
                searched += 1;
                if !seen.is_empty() {
                    sightings.push((entry.path.clone(), seen.into()));
                }
            }
        }
    }
    (inventory.with_sightings(sightings), searched, notes)
}

/// What the file of `entry` beneath `root` holds.
pub(crate) fn visit_file(
    visitor: &dyn FileVisitor,
    root: &Root,
    entry: &Entry,
) -> Result<Vec<Sighting>, Note> {
    let path = &entry.path;
    let raw = Path::new(path.as_str());
    if entry.size > MAX_VISITED_BYTES {
        let detail = format!("larger than {MAX_VISITED_BYTES} bytes: not searched for credentials");
        return Err(Note::new(path, SkipReason::TooLarge, detail));
    }
    let failed = |error: &io::Error| unreadable(path, error);
    match root
        .read(raw, MAX_HELD_BYTES)
        .map_err(|error| failed(&error))?
    {
        Bytes::Whole(bytes) => Ok(visitor.visit(path, &bytes)),
        Bytes::TooLarge => {
            let file = root.open_file(raw).map_err(|error| failed(&error))?;
            let mut source = file.take(MAX_VISITED_BYTES);
            visitor
                .visit_large(path, &mut source)
                .map_err(|error| failed(&error))
        }
    }
}
