//! Showing every file below a target to a visitor, whatever its kind: each is read once, in parallel.

use std::fmt::Debug;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{Artifact, Entry, EntryKind, Inventory, RootPath, Sighting, SkipReason};
use rayon::prelude::*;

use crate::inside::{HEAD, Looking, MAX_UNPACKED, Seen, is_archive, side_by_side};
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
/// Archives that are looked into side by side. What all before have used up is known then, so that no result depends on
/// the order in which they are done.
const ARCHIVES_AT_ONCE: usize = 16;

/// Which files are looked at: archives come last, because what they may unpack to is counted for all of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// All but archives.
    Plain,
    /// Archives.
    Archives,
}

/// What a file holds; `None` where it is none for this pass.
pub(crate) type Found = Result<Option<Seen>, Note>;

/// What was visited below a root.
pub(crate) struct Visited {
    pub(crate) inventory: Inventory,
    /// How many files were looked at.
    pub(crate) searched: u64,
    pub(crate) notes: Vec<Note>,
}

/// Shows the files of `inventory` for which `is_wanted` says so to the visitor of `options`. Those that are `artifacts`
/// are not read again; `see` reads the others, each thread with what `open` gives it.
pub(crate) fn visited<S>(
    inventory: Inventory,
    artifacts: &[Artifact],
    options: &Options,
    is_wanted: impl Fn(&RootPath) -> bool + Sync,
    open: impl Fn() -> S + Sync + Send,
    see: impl Fn(&mut S, &Entry, &Looking<'_>, Pass) -> Found + Sync + Send,
) -> Visited {
    let Some(visitor) = options.visitor.as_deref() else {
        return Visited::new(inventory, Vec::new());
    };
    let is_file =
        |entry: &&Entry| entry.kind == EntryKind::File && entry.size > 0 && is_wanted(&entry.path);
    let files: Vec<&Entry> = inventory.entries().iter().filter(is_file).collect();
    let looking = |left| Looking {
        visitor,
        cancel: &options.cancel,
        left,
    };
    let known = |entry: &Entry| {
        let at = artifacts.binary_search_by(|one| one.path.cmp(&entry.path));
        at.ok().and_then(|at| artifacts.get(at))
    };
    let plain = each(&files, &open, |state, entry| match known(entry) {
        Some(one) => Ok(Some(Seen::plain(
            visitor.visit(&one.path, one.text.as_bytes()),
        ))),
        None if options.cancel.is_cancelled() => Ok(Some(Seen::default())),
        None => see(state, entry, &looking(0), Pass::Plain),
    });
    let is_left = |found: &Found| matches!(found, Ok(None));
    let archives = plain.iter().filter(|(_, found)| is_left(found));
    let archives: Vec<&Entry> = archives.map(|(entry, _)| *entry).collect();
    let mut found: Vec<_> = plain
        .into_iter()
        .filter(|(_, found)| !is_left(found))
        .collect();
    let mut left = MAX_UNPACKED;
    let mut archives = archives.as_slice();
    while !archives.is_empty() && !options.cancel.is_cancelled() {
        let sizes = archives
            .iter()
            .take(ARCHIVES_AT_ONCE)
            .map(|entry| entry.size);
        let (batch, later) = archives.split_at(side_by_side(sizes, left));
        archives = later;
        let seen = each(batch, &open, |state, entry| {
            see(state, entry, &looking(left), Pass::Archives)
        });
        left = left.saturating_sub(seen.iter().map(|(_, found)| unpacked(found)).sum());
        found.extend(seen);
    }
    let found = found
        .into_iter()
        .map(|(entry, found)| (entry.path.clone(), found));
    let found = found.collect();
    Visited::new(inventory, found)
}

impl Visited {
    fn new(inventory: Inventory, found: Vec<(RootPath, Found)>) -> Visited {
        let mut searched = 0;
        let mut notes = Vec::new();
        let mut sightings: Vec<(RootPath, Arc<[Sighting]>)> = Vec::new();
        for (path, found) in found {
            match found {
                Ok(None) => {}
                Err(note) => notes.push(note),
                Ok(Some(seen)) => {
                    searched += seen.files;
                    notes.extend(seen.gap);
                    if !seen.sightings.is_empty() {
                        sightings.push((path, seen.sightings.into()));
                    }
                }
            }
        }
        Visited {
            inventory: inventory.with_sightings(sightings),
            searched,
            notes,
        }
    }
}

fn each<'e, S>(
    files: &[&'e Entry],
    open: impl Fn() -> S + Sync + Send,
    see: impl Fn(&mut S, &Entry) -> Found + Sync + Send,
) -> Vec<(&'e Entry, Found)> {
    let see = |state: &mut S, entry: &&'e Entry| (*entry, see(state, entry));
    files.par_iter().map_init(open, see).collect()
}

fn unpacked(found: &Found) -> u64 {
    match found {
        Ok(Some(seen)) => seen.unpacked,
        _ => 0,
    }
}

/// What `bytes`, the whole of the file of `entry`, hold.
pub(crate) fn see_bytes(entry: &Entry, bytes: &[u8], looking: &Looking<'_>, pass: Pass) -> Found {
    let is_for_now = pass == Pass::Archives || !is_archive(bytes);
    Ok(is_for_now.then(|| looking.bytes(&entry.path, bytes)))
}

/// What the file of `entry` beneath `root` holds.
pub(crate) fn see_file(root: &Root, entry: &Entry, looking: &Looking<'_>, pass: Pass) -> Found {
    let path = &entry.path;
    let raw = Path::new(path.as_str());
    if entry.size > MAX_VISITED_BYTES {
        let detail = format!("larger than {MAX_VISITED_BYTES} bytes: not searched for credentials");
        return Err(Note::new(path, SkipReason::TooLarge, detail));
    }
    let see = || -> io::Result<Option<Seen>> {
        match root.read(raw, MAX_HELD_BYTES)? {
            Bytes::Whole(bytes) if pass == Pass::Plain && is_archive(&bytes) => Ok(None),
            Bytes::Whole(bytes) => Ok(Some(looking.bytes(path, &bytes))),
            Bytes::TooLarge => {
                let mut head = Vec::with_capacity(HEAD);
                let file = root.open_file(raw)?;
                file.take(HEAD as u64).read_to_end(&mut head)?;
                if pass == Pass::Plain && is_archive(&head) {
                    return Ok(None);
                }
                let open = || root.open_file(raw);
                looking.file(path, MAX_VISITED_BYTES, open).map(Some)
            }
        }
    };
    see().map_err(|error| unreadable(path, &error))
}
