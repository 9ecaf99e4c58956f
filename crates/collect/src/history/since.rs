//! What the commits after a revision or a date brought.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::bits::Bits;
use super::graph::Graph;
use super::pack::NONE;
use super::parse::{self, EntryKind};
use super::restore::Scratch;
use super::store::Store;

/// Beyond so many commits, comparing each with its parents costs more than reading everything.
const MAX_COMPARED: usize = 20_000;
/// How many bytes of trees one task keeps.
const MAX_KEPT: usize = 16 << 20;
/// How many commits one task takes: neighbours share most of their trees.
const AT_ONCE: usize = 64;

/// What is new.
pub(crate) struct News {
    /// The new commits, by index.
    pub(crate) commits: Bits,
    /// The objects they brought, by number; `None` where there are too many to tell.
    pub(crate) objects: Option<Bits>,
}

/// Compares each commit of `commits` with its parents.
pub(crate) fn news(store: &Store, graph: &Graph, commits: Bits) -> News {
    let order = graph.oldest_first.iter().copied();
    let list: Vec<u32> = order.filter(|index| commits.contains(*index)).collect();
    if list.len() > MAX_COMPARED {
        return News {
            commits,
            objects: None,
        };
    }
    let brought: Vec<Vec<u32>> = list
        .par_chunks(AT_ONCE)
        .map(|indices| {
            let mut comparing = Comparing::new(store);
            for index in indices {
                comparing.commit(graph, *index);
            }
            comparing.brought
        })
        .collect();
    let mut objects = Bits::new(store.len());
    for number in brought.into_iter().flatten() {
        objects.insert(number);
    }
    News {
        commits,
        objects: Some(objects),
    }
}

/// Name, kind and number of an entry.
type Entries = BTreeMap<Vec<u8>, (EntryKind, u32)>;

struct Comparing<'a> {
    store: &'a Store,
    scratch: Scratch,
    brought: Vec<u32>,
    /// Trees that were new as a whole, so that all in them is told already.
    told: Bits,
    kept: HashMap<u32, Entries>,
    kept_bytes: usize,
}

impl<'a> Comparing<'a> {
    fn new(store: &'a Store) -> Comparing<'a> {
        Comparing {
            store,
            scratch: Scratch::default(),
            brought: Vec::new(),
            told: Bits::new(store.len()),
            kept: HashMap::new(),
            kept_bytes: 0,
        }
    }

    fn commit(&mut self, graph: &Graph, index: u32) {
        let Some(commit) = graph.get(index) else {
            return;
        };
        self.brought.push(commit.number);
        let parents = graph.parents(index);
        let trees = parents.filter_map(|parent| graph.get(parent).map(|commit| commit.tree));
        let mut stack = vec![(commit.tree, trees.collect::<Vec<u32>>())];
        while let Some((tree, others)) = stack.pop() {
            if tree == NONE || others.contains(&tree) {
                continue;
            }
            if others.is_empty() && !self.told.insert(tree) {
                continue;
            }
            let entries = self.take(tree);
            let others: Vec<(u32, Entries)> = others
                .into_iter()
                .map(|other| (other, self.take(other)))
                .collect();
            for (name, (kind, number)) in &entries {
                let same = || others.iter().filter_map(|(_, entries)| entries.get(name));
                if same().any(|(_, other)| other == number) {
                    continue;
                }
                if *kind == EntryKind::Tree {
                    let trees = same().filter(|(kind, _)| *kind == EntryKind::Tree);
                    stack.push((*number, trees.map(|(_, other)| *other).collect()));
                } else {
                    self.brought.push(*number);
                }
            }
            self.keep(tree, entries);
            for (other, entries) in others {
                self.keep(other, entries);
            }
        }
    }

    fn take(&mut self, tree: u32) -> Entries {
        if let Some(entries) = self.kept.get(&tree) {
            return entries.clone();
        }
        let Ok((_, bytes)) = self.store.read(tree, &mut self.scratch) else {
            return Entries::new();
        };
        parse::tree(&bytes)
            .filter(|entry| entry.kind != EntryKind::Submodule)
            .filter_map(|entry| {
                let number = self.store.catalogue.number(entry.id)?;
                Some((entry.name.to_vec(), (entry.kind, number)))
            })
            .collect()
    }

    fn keep(&mut self, tree: u32, entries: Entries) {
        const PER_ENTRY: usize = 100;
        if self.kept.contains_key(&tree) {
            return;
        }
        if self.kept_bytes > MAX_KEPT {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        self.kept_bytes += entries.len() * PER_ENTRY;
        self.kept.insert(tree, entries);
    }
}
