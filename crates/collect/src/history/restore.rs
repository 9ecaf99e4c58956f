//! Restoring objects of a pack: all that are wanted, each base inflated once, or one by its number.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::bits::Bits;
use super::inflate::{Delta, Inflater};
use super::pack::{Form, Lost, Pack};
use super::parse::Kind;
use crate::cancel::Cancel;

/// git makes no longer chains of deltas. A walk follows any; only reading one object for itself stops here.
const MAX_CHAIN: usize = 4096;
/// How many branches of one family are begun anew, so that no pack makes it work for ever.
const MAX_PUT_OFF: usize = 4096;
/// How many families one task takes.
const FAMILIES: usize = 64;

/// The bytes that all objects together may take to restore, base by base. A pack can say in a few bytes that an object is a
/// large one once more, so that no bound on one object keeps it from working for days.
#[derive(Debug)]
pub(crate) struct Work {
    left: AtomicU64,
    was_exceeded: AtomicBool,
}

impl Work {
    pub(crate) fn new(bytes: u64) -> Work {
        Work {
            left: AtomicU64::new(bytes),
            was_exceeded: AtomicBool::new(false),
        }
    }

    /// Whether nothing more is restored.
    pub(crate) fn is_spent(&self) -> bool {
        self.was_exceeded.load(Ordering::Relaxed)
    }

    /// Takes `bytes` for one object.
    fn take(&self, bytes: u64) -> Result<(), Lost> {
        let take = |left: u64| left.checked_sub(bytes);
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if taken.is_err() {
            self.was_exceeded.store(true, Ordering::Relaxed);
        }
        taken.map(|_| ()).map_err(|_| SPENT)
    }
}

/// What restoring may cost.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// All objects.
    pub(crate) work: Arc<Work>,
    /// The largest object.
    pub(crate) object: u64,
    /// How many bytes of bases one thread holds.
    pub(crate) held: usize,
}

const BASE_LARGE: Lost =
    Lost::Bound("it is stored as a difference to an object larger than the bound");
const BASE_DAMAGED: Lost = Lost::Damaged("it is stored as a difference to a damaged object");
const BASE_MISSING: Lost = Lost::Damaged("the object it is stored as a difference to is missing");
/// What is not restored because of this is told once, and not object by object.
pub(crate) const SPENT: Lost = Lost::Bound("restoring all takes more work than the bound");
const HELD: Lost = Lost::Bound("restoring it takes more memory than the bound");

/// An object as the walk gives it: its number, its kind where known, and its bytes.
pub(crate) struct Restored<'a> {
    pub(crate) number: u32,
    pub(crate) kind: Option<Kind>,
    pub(crate) bytes: Result<&'a [u8], Lost>,
}

/// What is done with each object; the first argument gathers the results of one task.
pub(crate) type Each<'a, T> = &'a (dyn Fn(&mut T, Restored<'_>) + Sync);

/// Buffers of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    inflater: Inflater,
    compressed: Vec<u8>,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
}

impl Scratch {
    fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Keeps `buffer` for the next, unless it is so large that it were better given back.
    fn give_back(&mut self, buffer: Vec<u8>) {
        const MOST: usize = 8;
        const LARGE: usize = 4 << 20;
        if self.spare.len() < MOST && buffer.capacity() <= LARGE {
            self.spare.push(buffer);
        }
    }

    /// The whole object at `entry`.
    fn whole(&mut self, pack: &Pack, entry: u32, limits: &Limits) -> Result<Vec<u8>, Lost> {
        let header = pack.read(entry, limits.object, &mut self.compressed)?;
        limits.work.take(header.size)?;
        let mut output = self.buffer();
        let data = self.compressed.get(header.length..).unwrap_or_default();
        let size = usize::try_from(header.size).map_err(|_| Lost::TooLarge(header.size))?;
        let inflated = self.inflater.whole(data, size, &mut output);
        match (inflated, header.form) {
            (Ok(()), Form::Whole(_)) => Ok(output),
            (Ok(()), _) => Err(Lost::Damaged("its header changed")),
            (Err(damage), _) => Err(Lost::Damaged(damage)),
        }
    }

    /// The object at `entry`, stored as a difference to `base`.
    fn delta(
        &mut self,
        pack: &Pack,
        entry: u32,
        base: &[u8],
        limits: &Limits,
    ) -> Result<Vec<u8>, Lost> {
        let header = pack.read(entry, limits.object, &mut self.compressed)?;
        limits.work.take(header.size)?;
        let data = self.compressed.get(header.length..).unwrap_or_default();
        let size = usize::try_from(header.size).map_err(|_| Lost::TooLarge(header.size))?;
        self.inflater
            .whole(data, size, &mut self.delta)
            .map_err(Lost::Damaged)?;
        let mut output = self.buffer();
        let delta = Delta::new(&self.delta).ok_or(Lost::Damaged("its delta is damaged"))?;
        if delta.result > limits.object {
            return Err(Lost::TooLarge(delta.result));
        }
        limits.work.take(delta.result)?;
        delta.apply(base, &mut output).map_err(Lost::Damaged)?;
        Ok(output)
    }
}

/// A base that is held while its children are restored.
struct Level {
    entry: u32,
    bytes: Vec<u8>,
    next: usize,
}

/// The bases from a root down to where a walk is.
#[derive(Default)]
struct Branches {
    levels: Vec<Level>,
    /// How many bytes they have.
    held: usize,
}

impl Branches {
    fn new(root: u32, bytes: Vec<u8>) -> Branches {
        let mut branches = Branches::default();
        branches.push(root, bytes);
        branches
    }

    fn push(&mut self, entry: u32, bytes: Vec<u8>) {
        self.held += bytes.len();
        self.levels.push(Level {
            entry,
            bytes,
            next: 0,
        });
    }

    fn pop(&mut self) -> Vec<u8> {
        let bytes = self.levels.pop().map(|level| level.bytes);
        let bytes = bytes.unwrap_or_default();
        self.held -= bytes.len();
        bytes
    }
}

/// One walk over a pack.
pub(crate) struct Walk<'a> {
    pub(crate) pack: &'a Pack,
    pub(crate) wanted: &'a Bits,
    pub(crate) limits: &'a Limits,
    pub(crate) cancel: &'a Cancel,
}

impl Walk<'_> {
    /// Gives every wanted object to `each` once, in parallel. What the tasks gathered comes in the order of the pack.
    pub(crate) fn run<T: Default + Send>(&self, each: Each<'_, T>) -> Vec<T> {
        let pack = self.pack;
        let needed = pack.with_bases(self.wanted);
        let is_root = |entry: &u32| {
            needed.contains(*entry) && (pack.base(*entry).is_none() || pack.kind(*entry).is_none())
        };
        let roots: Vec<u32> = (0..pack.len()).filter(is_root).collect();
        roots
            .par_chunks(FAMILIES)
            .map_init(Scratch::default, |scratch, roots| {
                let mut gathered = T::default();
                let mut each = |restored: Restored<'_>| each(&mut gathered, restored);
                for root in roots {
                    if self.cancel.is_cancelled() || self.limits.work.is_spent() {
                        break;
                    }
                    self.family(scratch, &needed, *root, &mut each);
                }
                gathered
            })
            .collect()
    }

    /// Restores what hangs on `root`. Where that would hold too many bases at once, a branch is put off and begun anew
    /// from its own chain.
    fn family(
        &self,
        scratch: &mut Scratch,
        needed: &Bits,
        root: u32,
        each: &mut dyn FnMut(Restored<'_>),
    ) {
        if self.pack.kind(root).is_none() {
            // Its base is missing, or its bases lead in a circle; its children stand for themselves.
            return self.give(root, Err(BASE_MISSING), each);
        }
        let bytes = match scratch.whole(self.pack, root, self.limits) {
            Ok(bytes) => bytes,
            Err(lost) => return self.lose(needed, root, lost, each),
        };
        self.give(root, Ok(&bytes), each);
        let mut branches = Branches::new(root, bytes);
        let mut put_off = Vec::new();
        let mut left = MAX_PUT_OFF;
        loop {
            while let Some((child, bytes)) = self.step(scratch, needed, &mut branches, each) {
                if branches.held + bytes.len() <= self.limits.held {
                    branches.push(child, bytes);
                } else if left > 0 {
                    left -= 1;
                    put_off.push(child);
                    scratch.give_back(bytes);
                } else {
                    self.lose_children(needed, child, HELD, each);
                    scratch.give_back(bytes);
                }
            }
            let Some(entry) = put_off.pop() else { return };
            match one(self.pack, entry, self.limits, scratch) {
                Ok((_, bytes)) => branches.push(entry, bytes),
                Err(_) => self.lose_children(needed, entry, HELD, each),
            }
        }
    }

    /// Restores and gives the next object; `None` where nothing is left to restore.
    fn step(
        &self,
        scratch: &mut Scratch,
        needed: &Bits,
        branches: &mut Branches,
        each: &mut dyn FnMut(Restored<'_>),
    ) -> Option<(u32, Vec<u8>)> {
        loop {
            let level = branches.levels.last_mut()?;
            let Some(child) = self.next_child(needed, level) else {
                scratch.give_back(branches.pop());
                continue;
            };
            let restored = scratch.delta(self.pack, child, &level.bytes, self.limits);
            if self.is_last(needed, level) {
                scratch.give_back(branches.pop());
            }
            match restored {
                Ok(bytes) => {
                    self.give(child, Ok(&bytes), each);
                    return Some((child, bytes));
                }
                Err(lost) => self.lose(needed, child, lost, each),
            }
        }
    }

    fn next_child(&self, needed: &Bits, level: &mut Level) -> Option<u32> {
        let children = self.pack.children(level.entry);
        while let Some(child) = children.get(level.next).copied() {
            level.next += 1;
            if needed.contains(child) {
                return Some(child);
            }
        }
        None
    }

    fn is_last(&self, needed: &Bits, level: &Level) -> bool {
        let children = self.pack.children(level.entry);
        let rest = children.get(level.next..).unwrap_or_default();
        !rest.iter().any(|child| needed.contains(*child))
    }

    fn give(&self, entry: u32, bytes: Result<&[u8], Lost>, each: &mut dyn FnMut(Restored<'_>)) {
        if self.wanted.contains(entry) {
            each(Restored {
                number: self.pack.number(entry),
                kind: self.pack.kind(entry),
                bytes,
            });
        }
    }

    /// Tells that `entry` is lost, and all that hangs on it.
    fn lose(&self, needed: &Bits, entry: u32, lost: Lost, each: &mut dyn FnMut(Restored<'_>)) {
        self.give(entry, Err(lost), each);
        let below = match lost {
            Lost::TooLarge(_) => BASE_LARGE,
            Lost::Bound(_) => lost,
            Lost::Damaged(_) => BASE_DAMAGED,
        };
        self.lose_children(needed, entry, below, each);
    }

    fn lose_children(
        &self,
        needed: &Bits,
        entry: u32,
        lost: Lost,
        each: &mut dyn FnMut(Restored<'_>),
    ) {
        let mut stack = vec![entry];
        while let Some(entry) = stack.pop() {
            let children = self.pack.children(entry).iter().copied();
            for child in children.filter(|child| needed.contains(*child)) {
                self.give(child, Err(lost), each);
                stack.push(child);
            }
        }
    }
}

/// Restores the object at `entry` alone.
pub(crate) fn one(
    pack: &Pack,
    entry: u32,
    limits: &Limits,
    scratch: &mut Scratch,
) -> Result<(Kind, Vec<u8>), Lost> {
    let kind = pack.kind(entry).ok_or(BASE_MISSING)?;
    let mut chain = vec![entry];
    let mut next = pack.base(entry);
    while let Some(base) = next {
        if chain.len() > MAX_CHAIN {
            return Err(Lost::Bound(
                "its chain of differences is longer than the bound",
            ));
        }
        chain.push(base);
        next = pack.base(base);
    }
    let root = chain.pop().unwrap_or(entry);
    let mut bytes = scratch.whole(pack, root, limits)?;
    while let Some(entry) = chain.pop() {
        let result = scratch.delta(pack, entry, &bytes, limits);
        scratch.give_back(std::mem::take(&mut bytes));
        bytes = result?;
    }
    Ok((kind, bytes))
}
