//! What exists below a root: every entry with its kind, size and link target, and the text of a few.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{GitStanding, RootPath, Sighting, StoredSighting};

/// What an entry of a tree is. Links are never followed when recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, socket or FIFO.
    Other,
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands below the root.
    pub path: RootPath,
    /// What it is.
    pub kind: EntryKind,
    /// Size in bytes; 0 for anything but a file.
    pub size: u64,
    /// What a symbolic link holds, exactly as stored.
    pub link_target: Option<Box<str>>,
    /// False for a folder whose contents were not listed (ignored by git, a nested repository, a bound reached).
    pub listed: bool,
}

/// The entries below one root, ordered so that a folder is followed by all it holds.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    entries: Vec<Entry>,
    texts: BTreeMap<RootPath, Arc<str>>,
    sightings: BTreeMap<RootPath, Arc<[Sighting]>>,
    stored: Vec<StoredSighting>,
    standings: BTreeMap<RootPath, GitStanding>,
}

impl Inventory {
    /// Sorts `entries` into the inventory's order. The root itself is implied and needs no entry.
    pub fn new(mut entries: Vec<Entry>) -> Inventory {
        entries.sort_by(|a, b| tree_order(a.path.as_str(), b.path.as_str()));
        entries.dedup_by(|a, b| a.path == b.path);
        Inventory {
            entries,
            texts: BTreeMap::new(),
            sightings: BTreeMap::new(),
            stored: Vec::new(),
            standings: BTreeMap::new(),
        }
    }

    /// With the texts of small files that are judged by what they hold, though they are of no audited kind.
    pub fn with_texts(
        mut self,
        texts: impl IntoIterator<Item = (RootPath, Arc<str>)>,
    ) -> Inventory {
        self.texts.extend(texts);
        self
    }

    /// The text of the file at `path`, where it was read.
    pub fn text(&self, path: &RootPath) -> Option<&str> {
        self.texts.get(path).map(|text| &**text)
    }

    /// The texts that were read, in the order of their paths.
    pub fn texts(&self) -> impl Iterator<Item = (&RootPath, &str)> {
        self.texts.iter().map(|(path, text)| (path, &**text))
    }

    /// With the credentials that were seen in files.
    pub fn with_sightings(
        mut self,
        sightings: impl IntoIterator<Item = (RootPath, Arc<[Sighting]>)>,
    ) -> Inventory {
        self.sightings.extend(sightings);
        self
    }

    /// With the credentials that were seen in what is no file of the tree.
    pub fn with_stored_sightings(mut self, stored: Vec<StoredSighting>) -> Inventory {
        self.stored.extend(stored);
        self
    }

    /// With how git stands to files in which credentials were seen.
    pub fn with_git_standings(
        mut self,
        standings: impl IntoIterator<Item = (RootPath, GitStanding)>,
    ) -> Inventory {
        self.standings.extend(standings);
        self
    }

    /// How git stands to the file at `path`, where that is known.
    pub fn git_standing(&self, path: &RootPath) -> Option<GitStanding> {
        self.standings.get(path).copied()
    }

    /// The credentials seen in files, by path.
    pub fn sightings(&self) -> impl Iterator<Item = (&RootPath, &[Sighting])> {
        self.sightings.iter().map(|(path, seen)| (path, &**seen))
    }

    /// The credentials seen in history and images.
    pub fn stored_sightings(&self) -> &[StoredSighting] {
        &self.stored
    }

    /// All entries, a folder before what it holds.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry at exactly `path`; no link is followed. The root has no entry.
    pub fn get(&self, path: &RootPath) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|entry| tree_order(entry.path.as_str(), path.as_str()))
            .ok()?;
        self.entries.get(at)
    }

    /// Whether `path` is the root or a recorded folder.
    pub fn is_directory(&self, path: &RootPath) -> bool {
        path.is_root()
            || self
                .get(path)
                .is_some_and(|entry| entry.kind == EntryKind::Directory)
    }

    /// The entries below the folder `path`, itself excluded, at any depth.
    pub fn below(&self, path: &RootPath) -> &[Entry] {
        if path.is_root() {
            return &self.entries;
        }
        let prefix = path.as_str();
        let start = self
            .entries
            .partition_point(|entry| tree_order(entry.path.as_str(), prefix).is_le());
        let rest = &self.entries[start..];
        let end = rest.partition_point(|entry| entry.path.starts_with(path));
        &rest[..end]
    }
}

/// Orders paths so that `/` sorts before every other character: a folder's contents follow it at once.
fn tree_order(a: &str, b: &str) -> std::cmp::Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let alike = common_prefix(a, b);
    let rank = |byte: &u8| {
        if *byte == b'/' {
            0
        } else {
            u16::from(*byte) + 1
        }
    };
    a.get(alike).map(rank).cmp(&b.get(alike).map(rank))
}

/// How many bytes two texts begin with alike, looked at in blocks: neighbours in a tree share most of their paths.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK));
    let start = blocks.take_while(|(a, b)| a == b).count() * BLOCK;
    let rest = a.iter().zip(b).skip(start);
    start + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(paths: &[&str]) -> Inventory {
        let entry = |path: &&str| Entry {
            path: RootPath::new(path).unwrap(),
            kind: EntryKind::File,
            size: 1,
            link_target: None,
            listed: true,
        };
        Inventory::new(paths.iter().map(entry).collect())
    }

    #[test]
    fn below_is_one_contiguous_run() {
        let inventory = inventory(&["a", "a/b", "a/b/c", "a-b", "a.b", "ab", "b"]);
        let names = |path: &str| {
            let path = RootPath::new(path).unwrap();
            inventory
                .below(&path)
                .iter()
                .map(|entry| entry.path.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("a"), ["a/b", "a/b/c"]);
        assert_eq!(names("a/b"), ["a/b/c"]);
        assert_eq!(names("b"), Vec::<String>::new());
        assert!(inventory.get(&RootPath::new("a-b").unwrap()).is_some());
    }
}
