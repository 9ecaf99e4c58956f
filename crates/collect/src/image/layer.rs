//! One layer of an image: its files shown to the visitor, its names kept as far as later questions need them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use plimsoll_model::{RootPath, Sighting};
use rayon::prelude::*;

use super::inflate::inflated;
use super::tar_entries::{Member, for_each_entry, inner_path};
use crate::visit::FileVisitor;

/// Larger files are read piece by piece.
const MAX_HELD_BYTES: u64 = 16 << 20;
/// Bytes of files held until they are looked at side by side.
const BATCH_BYTES: usize = 32 << 20;
/// Files of a batch.
const BATCH_FILES: usize = 512;
/// Names remembered per layer; further ones are looked at and not remembered.
const MAX_NAMES: usize = 4_000_000;

/// What a layer holds.
#[derive(Debug, Default)]
pub(crate) struct LayerScan {
    /// The credentials seen, by file.
    pub(crate) seen: Vec<(RootPath, Vec<Sighting>)>,
    /// Regular files that were looked at.
    pub(crate) files: u64,
    /// Every name, as a digest.
    names: HashSet<u64>,
    /// What the layer removes from those below it: a file or a whole folder.
    removed: HashSet<u64>,
    /// Folders of which nothing from below remains.
    opaque: HashSet<u64>,
    /// Names that tried to lead out of the layer.
    pub(crate) leaving: u64,
    /// Why it was not read to its end.
    pub(crate) broken: Option<String>,
}

impl LayerScan {
    /// Whether this layer hides the file at `path` of a layer below it.
    pub(crate) fn hides(&self, path: &RootPath) -> bool {
        if self.names.contains(&key(path.as_str())) || self.removed.contains(&key(path.as_str())) {
            return true;
        }
        let mut folder = path.parent();
        loop {
            let digest = key(folder.as_str());
            if self.opaque.contains(&digest) || self.removed.contains(&digest) {
                return true;
            }
            if folder.is_root() {
                return false;
            }
            folder = folder.parent();
        }
    }

    /// Notes a name. Markers of removal are told by their names, as image specifications have it.
    fn record(&mut self, path: &RootPath) -> bool {
        const REMOVED: &str = ".wh.";
        const OPAQUE: &str = ".wh..wh..opq";
        let name = path.file_name();
        let folder = path.parent();
        if name == OPAQUE {
            self.opaque.insert(key(folder.as_str()));
            return false;
        }
        if let Some(name) = name.strip_prefix(REMOVED) {
            self.removed
                .extend(folder.join(name).map(|path| key(path.as_str())));
            return false;
        }
        if self.names.len() < MAX_NAMES {
            self.names.insert(key(path.as_str()));
        }
        true
    }
}

fn key(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// Reads the layer in `source`, compressed or not. What breaks ends the layer and is told in it.
pub(crate) fn scan(source: impl Read, visitor: &dyn FileVisitor, limit: u64) -> LayerScan {
    let mut scan = LayerScan::default();
    let mut batch = Batch::default();
    let read = inflated(source, limit).and_then(|source| {
        for_each_entry(source, |name, member, size, bytes| {
            scan.entry(&mut batch, visitor, name, &member, size, bytes)
        })
    });
    batch.look(visitor, &mut scan.seen);
    scan.broken = read.err().map(|error| error.to_string());
    scan
}

impl LayerScan {
    fn entry(
        &mut self,
        batch: &mut Batch,
        visitor: &dyn FileVisitor,
        name: &[u8],
        member: &Member,
        size: u64,
        bytes: &mut dyn Read,
    ) -> io::Result<()> {
        let Some((path, leaves)) = inner_path(name) else {
            return Ok(());
        };
        self.leaving += u64::from(leaves);
        if !self.record(&path) || *member != Member::File {
            return Ok(());
        }
        self.files += 1;
        if size > MAX_HELD_BYTES {
            let seen = visitor.visit_large(&path, bytes)?;
            self.seen.extend((!seen.is_empty()).then_some((path, seen)));
            return Ok(());
        }
        let mut held = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        bytes.take(MAX_HELD_BYTES).read_to_end(&mut held)?;
        if batch.add(path, held) {
            batch.look(visitor, &mut self.seen);
        }
        Ok(())
    }
}

/// Files that wait to be looked at.
#[derive(Debug, Default)]
struct Batch {
    files: Vec<(RootPath, Vec<u8>)>,
    bytes: usize,
}

impl Batch {
    /// Adds a file; whether the batch is full now.
    fn add(&mut self, path: RootPath, bytes: Vec<u8>) -> bool {
        self.bytes += bytes.len();
        self.files.push((path, bytes));
        self.bytes >= BATCH_BYTES || self.files.len() >= BATCH_FILES
    }

    fn look(&mut self, visitor: &dyn FileVisitor, seen: &mut Vec<(RootPath, Vec<Sighting>)>) {
        self.bytes = 0;
        let files = std::mem::take(&mut self.files);
        let looked: Vec<_> = files
            .into_par_iter()
            .map(|(path, bytes)| {
                let seen = visitor.visit(&path, &bytes);
                (path, seen)
            })
            .collect();
        seen.extend(looked.into_iter().filter(|(_, seen)| !seen.is_empty()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_hides_what_it_removes_or_replaces() {
        let mut scan = LayerScan::default();
        for name in ["a/.wh.gone", "b/.wh..wh..opq", "c/new", ".wh.d"] {
            scan.record(&RootPath::new(name).unwrap());
        }
        let cases = [
            ("a/gone", true),
            ("a/gone/below", true),
            ("a/other", false),
            ("b/x/y", true),
            ("c/new", true),
            ("c/old", false),
            ("d/e", true),
        ];
        for (path, expected) in cases {
            assert_eq!(
                scan.hides(&RootPath::new(path).unwrap()),
                expected,
                "{path}"
            );
        }
    }
}
