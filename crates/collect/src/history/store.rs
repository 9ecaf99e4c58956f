//! All objects of a repository: every pack and every loose file of every object folder.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{ErrorKind, SkipReason};
use rayon::prelude::*;

use super::bits::Bits;
use super::catalogue::Catalogue;
use super::gap::Gaps;
use super::inflate::Inflater;
use super::loose;
use super::object_id::ObjectId;
use super::pack::{Lost, Pack};
use super::pack_index;
use super::parse::Kind;
use super::restore::{self, Each, Limits, Restored, SPENT, Scratch, Walk, Work};
use crate::cancel::Cancel;
use crate::names::Names;
use crate::place::encode_name;
use crate::root::Root;

/// Objects have numbers of 32 bits; far fewer fit into memory.
const MAX_OBJECTS: usize = 200_000_000;
const MAX_PACK_FILES: usize = 100_000;
/// How many times what is stored may be restored: sources come to a hundred times their pack at most.
const WORK_RATIO: u64 = 500;
/// What a loose object counts as.
const LOOSE_BYTES: u64 = 64 << 10;
/// How many objects that one copy does not give are looked for in others.
const MAX_SECOND_LOOKS: usize = 10_000;

/// The objects of a repository.
pub(crate) struct Store {
    pub(crate) catalogue: Catalogue,
    packs: Vec<Pack>,
    folders: Vec<Root>,
    /// The number of the first loose object.
    first_loose: u32,
    /// The folder of each loose object.
    loose: Vec<u16>,
    pub(crate) limits: Limits,
    /// How many bytes all objects together may take to restore.
    pub(crate) work: u64,
    /// Whether a pack says that what it misses can be fetched.
    pub(crate) has_promises: bool,
}

/// Names gathered while packs are opened.
#[derive(Default)]
struct Gathered {
    names: Vec<u8>,
    packs: Vec<Pack>,
    has_promises: bool,
}

impl Gathered {
    fn count(&self) -> usize {
        self.names.len() / ObjectId::BYTES
    }

    fn pack(&mut self, folder: &Root, stem: &str) -> io::Result<()> {
        let open = |ending| open_file(folder, &format!("{stem}.{ending}"));
        let room = MAX_OBJECTS.saturating_sub(self.count());
        let index = pack_index::read(&open("idx")?, room)?;
        let first = u32::try_from(self.count()).map_err(io::Error::other)?;
        let pack = Pack::open(open("pack")?, &index.names, index.offsets, first)?;
        self.names.extend_from_slice(&index.names);
        self.packs.push(pack);
        Ok(())
    }

    /// Every pack of `folder`.
    fn folder(&mut self, folder: &Root, gaps: &mut Gaps) {
        let open = folder.open_directory(Path::new("pack"));
        let Ok(names) = open.and_then(|open| Names::read(open, MAX_PACK_FILES)) else {
            return;
        };
        if names.cut {
            let text = format!("more than {MAX_PACK_FILES} files in its `objects/pack`");
            gaps.fail(ErrorKind::ObjectMissing, text);
        }
        for (name, _) in (0..names.len()).filter_map(|at| names.get(at)) {
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            self.has_promises |= name.ends_with(".promisor");
            let shown = encode_name(name.as_bytes());
            if let Some(stem) = name.strip_suffix(".idx") {
                if let Err(error) = self.pack(folder, stem) {
                    gaps.fail(ErrorKind::ObjectMissing, format!("`{shown}`: {error}"));
                }
            } else if let Some(stem) = name.strip_suffix(".pack")
                && !names.contains(format!("{stem}.idx").as_bytes())
            {
                let text = format!("`{shown}` has no index: git does not read it either");
                gaps.note(SkipReason::Unreadable, text);
            }
        }
    }
}

fn open_file(folder: &Root, name: &str) -> io::Result<File> {
    folder.open_regular(&Path::new("pack").join(name))
}

impl Store {
    /// Lists everything in `folders`.
    ///
    /// All objects together may take `work` bytes to restore, and [`WORK_RATIO`] times what is stored.
    pub(crate) fn open(
        folders: Vec<Root>,
        mut limits: Limits,
        work: u64,
        gaps: &mut Gaps,
    ) -> Store {
        let mut gathered = Gathered::default();
        for folder in &folders {
            gathered.folder(folder, gaps);
        }
        let first_loose = u32::try_from(gathered.count()).unwrap_or(u32::MAX);
        let mut loose = Vec::new();
        for (at, folder) in (0u16..).zip(&folders) {
            let room = MAX_OBJECTS.saturating_sub(gathered.count());
            match loose::list(folder, room) {
                Ok((ids, cut)) => {
                    for id in ids {
                        gathered.names.extend_from_slice(id.as_bytes());
                        loose.push(at);
                    }
                    if cut {
                        let text = format!("more than {MAX_OBJECTS} objects");
                        gaps.fail(ErrorKind::ObjectMissing, text);
                    }
                }
                Err(error) => gaps.fail(ErrorKind::ObjectMissing, error.to_string()),
            }
        }
        let packed: u64 = gathered.packs.iter().map(Pack::bytes).sum();
        let stored = packed.saturating_add((loose.len() as u64).saturating_mul(LOOSE_BYTES));
        let work = work.saturating_add(stored.saturating_mul(WORK_RATIO));
        limits.work = Arc::new(Work::new(work));
        Store {
            work,
            catalogue: Catalogue::new(gathered.names),
            packs: gathered.packs,
            folders,
            first_loose,
            loose,
            limits,
            has_promises: gathered.has_promises,
        }
    }

    /// How many object numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.catalogue.len()
    }

    fn loose_numbers(&self) -> std::ops::Range<u32> {
        let count = u32::try_from(self.loose.len()).unwrap_or(0);
        self.first_loose..self.first_loose.saturating_add(count)
    }

    fn pack_of(&self, number: u32) -> Option<&Pack> {
        let after = self.packs.partition_point(|pack| pack.first <= number);
        let pack = self.packs.get(after.checked_sub(1)?)?;
        pack.entry(number).map(|_| pack)
    }

    /// Object `number`, read for itself.
    pub(crate) fn read(
        &self,
        number: u32,
        scratch: &mut Scratch,
    ) -> Result<(Kind, Vec<u8>), (Option<Kind>, Lost)> {
        if let Some(pack) = self.pack_of(number) {
            let entry = pack.entry(number).unwrap_or(0);
            let kind = pack.kind(entry);
            return restore::one(pack, entry, &self.limits, scratch).map_err(|lost| (kind, lost));
        }
        let place = number.checked_sub(self.first_loose);
        let folder = place.and_then(|place| self.loose.get(place as usize));
        let folder = folder.and_then(|folder| self.folders.get(usize::from(*folder)));
        let (Some(folder), Some(id)) = (folder, self.catalogue.id(number)) else {
            return Err((None, Lost::Damaged("there is no such object")));
        };
        loose::read(folder, id, self.limits.object, &mut Inflater::default())
    }

    /// Gives each object once, in parallel, that is of a kind `wanted` says, or of no known kind; an object of which
    /// one copy is damaged from another copy, if there is one.
    pub(crate) fn each<T: Default + Send>(
        &self,
        wanted: &(dyn Fn(u32, Option<Kind>) -> bool + Sync),
        cancel: &Cancel,
        each: Each<'_, T>,
    ) -> (Vec<T>, Vec<Failed>) {
        let mut results = Vec::new();
        let mut failed = Vec::new();
        let mut add = |gathered: Vec<(T, Vec<Failed>)>| {
            for (result, more) in gathered {
                results.push(result);
                failed.extend(more);
            }
        };
        let each = |(gathered, failed): &mut (T, Vec<Failed>), restored: Restored<'_>| {
            match restored.bytes {
                Ok(_) => each(gathered, restored),
                Err(SPENT) => {}
                Err(lost) => failed.push(Failed {
                    number: restored.number,
                    kind: restored.kind,
                    lost,
                }),
            }
        };
        for pack in &self.packs {
            let mut bits = Bits::new(pack.len() as usize);
            for entry in 0..pack.len() {
                let number = pack.number(entry);
                if wanted(number, pack.kind(entry)) && self.catalogue.is_first(number) {
                    bits.insert(entry);
                }
            }
            let walk = Walk {
                pack,
                wanted: &bits,
                limits: &self.limits,
                cancel,
            };
            add(walk.run(&each));
        }
        add(self.each_loose(wanted, cancel, &each));
        let failed = self.look_again(failed, &mut results, &each);
        (results, failed)
    }

    fn each_loose<T: Default + Send>(
        &self,
        wanted: &(dyn Fn(u32, Option<Kind>) -> bool + Sync),
        cancel: &Cancel,
        each: Each<'_, T>,
    ) -> Vec<T> {
        const AT_ONCE: usize = 64;
        let is_wanted = |number: &u32| wanted(*number, None) && self.catalogue.is_first(*number);
        let numbers: Vec<u32> = self.loose_numbers().filter(is_wanted).collect();
        numbers
            .par_chunks(AT_ONCE)
            .map_init(Scratch::default, |scratch, numbers| {
                let mut gathered = T::default();
                for number in numbers {
                    if cancel.is_cancelled() {
                        break;
                    }
                    let read = self.read(*number, scratch);
                    give(*number, read, &mut |restored| each(&mut gathered, restored));
                }
                gathered
            })
            .collect()
    }

    /// Looks for other copies of what failed; what has none stays failed.
    fn look_again<T: Default>(
        &self,
        failed: Vec<Failed>,
        results: &mut Vec<T>,
        each: Each<'_, (T, Vec<Failed>)>,
    ) -> Vec<Failed> {
        let mut scratch = Scratch::default();
        let mut still = Vec::new();
        for (at, failure) in failed.into_iter().enumerate() {
            let is_damaged = matches!(failure.lost, Lost::Damaged(_));
            let copy = (is_damaged && at < MAX_SECOND_LOOKS)
                .then(|| self.another_copy(failure.number, &mut scratch))
                .flatten();
            let Some(copy) = copy else {
                still.push(failure);
                continue;
            };
            let mut gathered = (T::default(), Vec::new());
            give(failure.number, Ok(copy), &mut |restored| {
                each(&mut gathered, restored);
            });
            results.push(gathered.0);
        }
        still
    }

    fn another_copy(&self, number: u32, scratch: &mut Scratch) -> Option<(Kind, Vec<u8>)> {
        let id = self.catalogue.id(number)?;
        let in_packs = self.packs.iter().filter_map(|pack| {
            let range = pack.first..pack.first.saturating_add(pack.len());
            range_search(range, |at| {
                self.catalogue.id(at).map(|other| other.cmp(&id))
            })
        });
        let loose = self.loose_numbers();
        let is_it = |number: &u32| self.catalogue.id(*number) == Some(id);
        let copies: Vec<u32> = in_packs.chain(loose.filter(is_it)).collect();
        copies
            .into_iter()
            .filter(|copy| *copy != number)
            .find_map(|copy| self.read(copy, scratch).ok())
    }
}

fn range_search(
    range: std::ops::Range<u32>,
    compare: impl Fn(u32) -> Option<std::cmp::Ordering>,
) -> Option<u32> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match compare(middle)? {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn give(
    number: u32,
    read: Result<(Kind, Vec<u8>), (Option<Kind>, Lost)>,
    each: &mut dyn FnMut(Restored<'_>),
) {
    match &read {
        Ok((kind, bytes)) => each(Restored {
            number,
            kind: Some(*kind),
            bytes: Ok(bytes),
        }),
        Err((kind, lost)) => each(Restored {
            number,
            kind: *kind,
            bytes: Err(*lost),
        }),
    }
}

/// An object of which no copy could be restored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) number: u32,
    pub(crate) kind: Option<Kind>,
    pub(crate) lost: Lost,
}
