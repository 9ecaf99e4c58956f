//! One layer of an image: its files shown to the visitor, its names kept as far as later questions need them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::sync::Arc;

use plimsoll_model::{RootPath, Sighting};
use rayon::prelude::*;

use super::budget::Budget;
use super::inflate::inflated;
use super::tar_entries::{Member, TarEntry, for_each_entry, inner_path};
use crate::inside::{Looking, Seen, may_unpack};
use crate::visit::FileVisitor;
use crate::walk::Note;

/// Larger files are read piece by piece.
const MAX_HELD_BYTES: u64 = 16 << 20;
/// Bytes of files held until they are looked at side by side.
const BATCH_BYTES: usize = 32 << 20;
/// Files of a batch.
const BATCH_FILES: usize = 512;

/// What a layer holds.
#[derive(Debug, Default)]
pub(crate) struct LayerScan {
    /// The credentials seen, by file. Every image that has the layer shares them.
    pub(crate) seen: Vec<(RootPath, Vec<Arc<Sighting>>)>,
    /// Files that were looked at.
    pub(crate) files: u64,
    /// Folders, which replace a file of that name and add to a folder. All names are kept as digests.
    folders: HashSet<u64>,
    /// What is removed or replaced, with all that lay below it.
    gone: HashSet<u64>,
    /// Folders of which nothing from below remains.
    opaque: HashSet<u64>,
    /// Names that tried to lead out of the layer.
    pub(crate) leaving: u64,
    /// What was not searched of archives among the files.
    pub(crate) gaps: Vec<Note>,
    /// Why it was not read to its end.
    pub(crate) broken: Option<io::Error>,
}

impl LayerScan {
    /// Whether this layer hides the file of a layer below it that `keys` stand for.
    pub(crate) fn hides(&self, keys: &PathKeys) -> bool {
        self.folders.contains(&keys.own)
            || self.gone.contains(&keys.own)
            || keys
                .above
                .iter()
                .any(|folder| self.opaque.contains(folder) || self.gone.contains(folder))
    }

    /// Notes what the entry at `path` does to the layers below. Markers of removal are told by their names, as image
    /// specifications have it.
    fn record(&mut self, path: &RootPath, member: &Member) {
        const REMOVED: &str = ".wh.";
        const OPAQUE: &str = ".wh..wh..opq";
        let name = path.file_name();
        if name == OPAQUE {
            self.opaque.insert(PathKeys::of(&path.parent()).own);
        } else if let Some(name) = name.strip_prefix(REMOVED) {
            let removed = path.parent().join(name);
            self.gone
                .extend(removed.map(|path| PathKeys::of(&path).own));
        } else if *member == Member::Folder {
            self.folders.insert(PathKeys::of(path).own);
        } else {
            self.gone.insert(PathKeys::of(path).own);
        }
    }
}

/// A path and the folders above it, as layers remember names.
#[derive(Debug)]
pub(crate) struct PathKeys {
    own: u64,
    above: Vec<u64>,
}

impl PathKeys {
    pub(crate) fn of(path: &RootPath) -> PathKeys {
        let mut hasher = DefaultHasher::new();
        let mut above = Vec::new();
        for component in path.components() {
            above.push(hasher.finish());
            hasher.write(component.as_bytes());
            hasher.write_u8(b'/');
        }
        PathKeys {
            own: hasher.finish(),
            above,
        }
    }

    /// What it costs to ask a layer.
    pub(crate) fn steps(&self) -> u64 {
        self.above.len() as u64 + 1
    }
}

/// Reads the layer in `source`, compressed or not. What breaks ends the layer and is told in it.
pub(crate) fn scan(source: impl Read, visitor: &dyn FileVisitor, budget: &Budget<'_>) -> LayerScan {
    let mut reading = Reading {
        scan: LayerScan::default(),
        batch: Batch::default(),
        visitor,
        budget,
    };
    let read = inflated(source).and_then(|source| {
        for_each_entry(budget.layer(source), |entry, bytes| {
            reading.entry(entry, bytes)
        })
    });
    reading.look();
    let mut scan = reading.scan;
    scan.broken = read.err();
    scan
}

struct Reading<'a> {
    scan: LayerScan,
    batch: Batch,
    visitor: &'a dyn FileVisitor,
    budget: &'a Budget<'a>,
}

impl Reading<'_> {
    fn entry(&mut self, entry: &TarEntry, bytes: &mut dyn Read) -> io::Result<()> {
        let (path, leaves) = inner_path(&entry.name);
        self.scan.leaving += u64::from(leaves);
        if self.budget.names.take(1) {
            self.scan.record(&path, &entry.member);
        }
        // Bytes under a marker's name reach no container, but whoever has the image.
        if entry.member != Member::File {
            return Ok(());
        }
        if entry.size > MAX_HELD_BYTES {
            let seen = self.looking().source(&path, entry.size, bytes)?;
            self.keep(path, seen);
            return Ok(());
        }
        let mut held = Vec::new();
        let read = bytes.read_to_end(&mut held);
        let unpacks = may_unpack(&held, held.len() as u64);
        if self.batch.unpacks.saturating_add(unpacks) > self.budget.unpacked.left() {
            self.look();
        }
        if self.batch.add(path, held, unpacks) {
            self.look();
        }
        read.map(|_| ())
    }

    /// What is left for archives is counted from batch to batch.
    fn looking(&self) -> Looking<'_> {
        Looking {
            visitor: self.visitor,
            cancel: self.budget.cancel(),
            left: self.budget.unpacked.left(),
        }
    }

    fn look(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        for (path, seen) in batch.look(&self.looking()) {
            self.keep(path, seen);
        }
    }

    fn keep(&mut self, path: RootPath, found: Seen) {
        self.scan.files += found.files;
        self.budget.unpacked.take(found.unpacked);
        if let Some(gap) = found.gap
            && self.budget.gaps.take(1)
        {
            self.scan.gaps.push(gap);
        }
        let mut seen = found.sightings;
        let names = seen.iter().filter_map(|one| one.inside.as_ref());
        let names: usize = names.map(|inside| inside.as_str().len()).sum();
        let names = names + path.as_str().len();
        if seen.is_empty() || !self.budget.name_bytes.take(names as u64) {
            return;
        }
        let kept = self.budget.sightings.take_some(seen.len() as u64);
        seen.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        let seen = seen.into_iter().map(Arc::new);
        self.scan.seen.push((path, seen.collect()));
    }
}

/// Files that wait to be looked at.
#[derive(Debug, Default)]
struct Batch {
    files: Vec<(RootPath, Vec<u8>)>,
    bytes: usize,
    /// Bytes that the archives among them may unpack to.
    unpacks: u64,
}

impl Batch {
    /// Adds a file; whether the batch is full now.
    fn add(&mut self, path: RootPath, bytes: Vec<u8>, unpacks: u64) -> bool {
        self.unpacks = self.unpacks.saturating_add(unpacks);
        self.bytes += bytes.len() + path.as_str().len();
        self.files.push((path, bytes));
        self.bytes >= BATCH_BYTES || self.files.len() >= BATCH_FILES
    }

    /// What is seen in the files, which are gone then.
    fn look(&mut self, looking: &Looking<'_>) -> Vec<(RootPath, Seen)> {
        self.bytes = 0;
        self.unpacks = 0;
        let files = std::mem::take(&mut self.files).into_par_iter();
        let look = |(path, bytes): (RootPath, Vec<u8>)| {
            let seen = looking.bytes(&path, &bytes);
            (path, seen)
        };
        files.map(look).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_hides_what_it_removes_or_replaces() {
        let mut scan = LayerScan::default();
        for name in ["a/.wh.gone", "b/.wh..wh..opq", "c/new", ".wh.d", "e"] {
            scan.record(&RootPath::new(name).unwrap(), &Member::File);
        }
        scan.record(&RootPath::new("f").unwrap(), &Member::Folder);
        let cases = [
            ("a/gone", true),
            ("a/gone/below", true),
            ("a/other", false),
            ("b", false),
            ("b/x/y", true),
            ("c/new", true),
            ("c/old", false),
            ("d/e", true),
            ("e/below", true),
            ("f", true),
            ("f/below", false),
        ];
        for (path, expected) in cases {
            let keys = PathKeys::of(&RootPath::new(path).unwrap());
            assert_eq!(scan.hides(&keys), expected, "{path}");
        }
    }
}
