//! Where what was found came from: the first commit that has it, the paths it stood at, the refs that reach it.

use std::collections::HashMap;

use plimsoll_model::RootPath;
use rayon::prelude::*;

use super::bits::Bits;
use super::graph::Graph;
use super::object_id::ObjectId;
use super::pack::NONE;
use super::parse::{self, EntryKind, Kind, Signature};
use super::restore::Scratch;
use super::store::Store;
use super::trees::Holders;
use crate::place::encode_name;

/// How many paths of one object are told.
const MAX_PATHS: usize = 4;
/// How many refs are named; the rest are counted.
const MAX_REFS: usize = 4;
/// How many trees are read to find the paths of one object in one commit.
const MAX_TREES: usize = 512;
/// How many bytes of trees are kept while paths are looked for.
const MAX_KEPT: usize = 16 << 20;

/// A commit that brought something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The commit.
    pub commit: ObjectId,
    /// Who wrote it, and when.
    pub author: Signature,
    /// Where the object stood in it; `None` for a message.
    pub path: Option<RootPath>,
}

/// What is known of the origin of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) first: Option<Introduction>,
    pub(crate) head_paths: Vec<RootPath>,
    pub(crate) other_paths: Vec<RootPath>,
    pub(crate) refs: Vec<String>,
    pub(crate) ref_count: usize,
    /// Whether a ref reaches it.
    pub(crate) is_reached: bool,
}

/// What a ref leads to, through its tags.
#[derive(Clone, Debug)]
pub(crate) struct Tip {
    pub(crate) name: String,
    /// The index of its commit, if it ends at one.
    pub(crate) commit: Option<u32>,
    /// All objects on the way, by number: tags, and what it ends at.
    pub(crate) through: Vec<u32>,
}

/// All that origins are told from.
pub(crate) struct Provenance<'a> {
    pub(crate) store: &'a Store,
    pub(crate) graph: &'a Graph,
    pub(crate) holders: &'a Holders,
    pub(crate) tips: &'a [Tip],
    /// The commits some ref reaches.
    pub(crate) reached: &'a Bits,
    pub(crate) head: Option<u32>,
}

/// One bit for each of up to 64 objects.
struct Batch<'a> {
    wanted: &'a [u32],
    /// What each holding tree holds.
    trees: Vec<u64>,
    /// What each commit holds.
    commits: Vec<u64>,
}

impl Provenance<'_> {
    /// The origin of each of `found`, which are object numbers.
    pub(crate) fn of(&self, found: &[u32]) -> Vec<Origin> {
        let roots: Vec<Option<u32>> = (0..u32::try_from(self.graph.len()).unwrap_or(0))
            .map(|index| self.holders.place(self.graph.get(index)?.tree))
            .collect();
        let batches: Vec<Vec<Origin>> = found
            .par_chunks(64)
            .map(|wanted| self.batch(wanted, &roots))
            .collect();
        batches.into_iter().flatten().collect()
    }

    fn batch(&self, wanted: &[u32], roots: &[Option<u32>]) -> Vec<Origin> {
        let trees = self.holders.masks(wanted);
        let of_root = |root: &Option<u32>| {
            let mask = root.and_then(|place| trees.get(place as usize));
            mask.copied().unwrap_or(0)
        };
        let mut commits: Vec<u64> = roots.iter().map(of_root).collect();
        for (bit, number) in wanted.iter().enumerate() {
            let own = self.graph.index(*number);
            if let Some(mask) = own.and_then(|index| commits.get_mut(index as usize)) {
                *mask |= 1 << bit;
            }
        }
        let batch = Batch {
            wanted,
            trees,
            commits,
        };
        self.origins(&batch)
    }

    fn origins(&self, batch: &Batch<'_>) -> Vec<Origin> {
        let oldest_first = || self.graph.oldest_first.iter().copied();
        let reached = |index: &u32| self.reached.contains(*index);
        let count = batch.wanted.len();
        let first = batch.first_of(count, oldest_first().filter(reached));
        let unreached = batch.first_of(count, oldest_first().filter(|index| !reached(index)));
        let last = batch.first_of(count, oldest_first().rev().filter(reached));
        let mut origins: Vec<Origin> = vec![Origin::default(); count];
        self.name_refs(batch, &mut origins);
        let mut reading = Reading::new(self, batch);
        for (bit, origin) in origins.iter_mut().enumerate() {
            let at = |firsts: &[Option<u32>]| firsts.get(bit).copied().flatten();
            origin.is_reached = at(&first).is_some() || origin.ref_count > 0;
            let introduced = at(&first).or_else(|| at(&unreached));
            if let Some(index) = introduced {
                origin.first = reading.introduction(index, bit);
            }
            let newest = [self.head, at(&last)];
            let mut paths = newest.into_iter().map(|index| {
                index
                    .map(|index| reading.paths(index, bit))
                    .unwrap_or_default()
            });
            origin.head_paths = paths.next().unwrap_or_default();
            let mut others = paths.next().unwrap_or_default();
            let first_path = origin.first.as_ref().and_then(|first| first.path.as_ref());
            others.retain(|path| Some(path) != first_path && !origin.head_paths.contains(path));
            origin.other_paths = others;
        }
        origins
    }

    /// Which refs reach each object.
    fn name_refs(&self, batch: &Batch<'_>, origins: &mut [Origin]) {
        let mut reach = batch.commits.clone();
        for index in self.graph.oldest_first.iter().copied() {
            let from_parents = self
                .graph
                .parents(index)
                .filter_map(|parent| reach.get(parent as usize))
                .fold(0, |all, mask| all | mask);
            if let Some(mask) = reach.get_mut(index as usize) {
                *mask |= from_parents;
            }
        }
        for tip in self.tips {
            let mut mask = tip
                .commit
                .and_then(|index| reach.get(index as usize).copied())
                .unwrap_or(0);
            for number in &tip.through {
                mask |= batch.bit_of(*number);
                let place = self.holders.place(*number);
                mask |= place
                    .and_then(|place| batch.trees.get(place as usize).copied())
                    .unwrap_or(0);
            }
            for (bit, origin) in origins.iter_mut().enumerate() {
                if mask & (1 << bit) == 0 {
                    continue;
                }
                origin.ref_count += 1;
                if origin.refs.len() < MAX_REFS {
                    origin.refs.push(tip.name.clone());
                }
            }
        }
    }
}

impl Batch<'_> {
    fn bit_of(&self, number: u32) -> u64 {
        let at = self.wanted.iter().position(|wanted| *wanted == number);
        at.map_or(0, |bit| 1 << bit)
    }

    /// The first of `commits` that holds each object.
    fn first_of(&self, count: usize, commits: impl Iterator<Item = u32>) -> Vec<Option<u32>> {
        let mut firsts = vec![None; count];
        let mut seen = 0u64;
        for index in commits {
            let mut new = self.commits.get(index as usize).copied().unwrap_or(0) & !seen;
            seen |= new;
            while new != 0 {
                if let Some(first) = firsts.get_mut(new.trailing_zeros() as usize) {
                    *first = Some(index);
                }
                new &= new - 1;
            }
        }
        firsts
    }
}

/// Reads the trees on the way to what was found.
struct Reading<'a> {
    provenance: &'a Provenance<'a>,
    batch: &'a Batch<'a>,
    scratch: Scratch,
    kept: HashMap<u32, Vec<u8>>,
    kept_bytes: usize,
}

impl<'a> Reading<'a> {
    fn new(provenance: &'a Provenance<'a>, batch: &'a Batch<'a>) -> Reading<'a> {
        Reading {
            provenance,
            batch,
            scratch: Scratch::default(),
            kept: HashMap::new(),
            kept_bytes: 0,
        }
    }

    fn introduction(&mut self, index: u32, bit: usize) -> Option<Introduction> {
        let number = self.provenance.graph.get(index)?.number;
        let store = self.provenance.store;
        let (kind, bytes) = store.read(number, &mut self.scratch).ok()?;
        let commit = parse::commit(&bytes).filter(|_| kind == Kind::Commit)?;
        Some(Introduction {
            commit: store.catalogue.id(number)?,
            path: self.paths(index, bit).into_iter().next(),
            author: commit.author,
        })
    }

    /// Where object `bit` stands in the commit.
    fn paths(&mut self, index: u32, bit: usize) -> Vec<RootPath> {
        let mut paths = Vec::new();
        let Some(wanted) = self.batch.wanted.get(bit).copied() else {
            return paths;
        };
        let tree = self.provenance.graph.get(index).map(|commit| commit.tree);
        let root = tree.and_then(|tree| self.holding(tree, bit));
        let mut stack: Vec<(u32, RootPath)> = Vec::new();
        stack.extend(root.map(|place| (place, RootPath::root())));
        for _ in 0..MAX_TREES {
            let Some((place, folder)) = stack.pop() else {
                break;
            };
            let Some(bytes) = self.tree(place) else {
                continue;
            };
            let mut folders = Vec::new();
            for entry in parse::tree(&bytes).filter(|entry| entry.kind != EntryKind::Submodule) {
                let Some(number) = self.provenance.store.catalogue.number(entry.id) else {
                    continue;
                };
                if number == wanted {
                    paths.extend(child(&folder, entry.name));
                } else if let Some(place) = self.holding(number, bit) {
                    folders.extend(child(&folder, entry.name).map(|path| (place, path)));
                }
            }
            self.keep(place, bytes);
            // The first folder is looked at first.
            stack.extend(folders.into_iter().rev());
            if paths.len() >= MAX_PATHS {
                break;
            }
        }
        paths.sort();
        paths.truncate(MAX_PATHS);
        paths
    }

    /// The place of `tree` if it holds object `bit`.
    fn holding(&self, tree: u32, bit: usize) -> Option<u32> {
        let place = self.provenance.holders.place(tree)?;
        let mask = self.batch.trees.get(place as usize)?;
        (mask & (1 << bit) != 0).then_some(place)
    }

    fn tree(&mut self, place: u32) -> Option<Vec<u8>> {
        if let Some(bytes) = self.kept.remove(&place) {
            self.kept_bytes -= bytes.len();
            return Some(bytes);
        }
        let number = self.provenance.holders.tree(place)?;
        let read = self.provenance.store.read(number, &mut self.scratch);
        read.ok().map(|(_, bytes)| bytes)
    }

    fn keep(&mut self, place: u32, bytes: Vec<u8>) {
        if self.kept_bytes + bytes.len() > MAX_KEPT {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        self.kept_bytes += bytes.len();
        if let Some(old) = self.kept.insert(place, bytes) {
            self.kept_bytes -= old.len();
        }
    }
}

/// The entry `name` of `folder`. A name no file can have is spelt out.
pub(crate) fn child(folder: &RootPath, name: &[u8]) -> Option<RootPath> {
    let shown = match name {
        b"" => "%".into(),
        b"." => "%2E".into(),
        b".." => "%2E%2E".into(),
        name => encode_name(name),
    };
    folder.join(&shown.replace('/', "%2F"))
}

/// Follows refs through tags to what they end at.
pub(crate) fn tip(name: String, number: Option<u32>, tags: &[(u32, u32)], graph: &Graph) -> Tip {
    /// git peels tags of tags as far as they go; nobody makes many.
    const MAX_TAGS: usize = 64;
    let mut tip = Tip {
        name,
        commit: None,
        through: Vec::new(),
    };
    let mut next = number;
    for _ in 0..MAX_TAGS {
        let Some(number) = next.filter(|number| *number != NONE) else {
            break;
        };
        tip.commit = graph.index(number);
        if tip.commit.is_some() {
            break;
        }
        tip.through.push(number);
        let at = tags.binary_search_by_key(&number, |(tag, _)| *tag);
        next = at
            .ok()
            .and_then(|at| tags.get(at))
            .map(|(_, target)| *target);
    }
    tip
}
