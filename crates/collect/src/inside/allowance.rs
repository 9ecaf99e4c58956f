//! What looking into one file may cost: one allowance for it and everything nested in it.

use std::io::{self, Read};
use std::rc::Rc;

use crate::cancel::Cancel;
use crate::image::budget::Left;

/// What any file may unpack to.
const LEAST: u64 = 64 << 20;
/// How many times its own size a file may unpack to beyond that. Text shrinks to a tenth; what shrinks to a hundredth is
/// made to.
const RATIO: u64 = 100;
/// What no file may unpack to.
const MOST: u64 = 8 << 30;
/// Members of one file, with those of all archives in it.
pub(super) const MAX_MEMBERS: u64 = 100_000;
/// Credentials that are told of one file.
const MAX_SIGHTINGS: u64 = 10_000;
/// Bytes of zips in archives that are held at one time.
const MAX_HELD: u64 = 64 << 20;

/// What a file of `size` bytes may unpack to.
pub(super) fn most_unpacked(size: u64) -> u64 {
    LEAST.saturating_add(size.saturating_mul(RATIO)).min(MOST)
}

/// What is left for one file.
#[derive(Debug)]
pub(super) struct Allowance {
    unpacked: Rc<Left>,
    limit: u64,
    pub(super) members: Left,
    pub(super) sightings: Left,
    /// Room for what must be held whole.
    pub(super) room: u64,
}

impl Allowance {
    /// For a file of `size` bytes, of which no more than `left` may be unpacked.
    pub(super) fn new(size: u64, left: u64) -> Allowance {
        let limit = most_unpacked(size).min(left);
        Allowance {
            unpacked: Rc::new(Left::new(limit)),
            limit,
            members: Left::new(MAX_MEMBERS),
            sightings: Left::new(MAX_SIGHTINGS),
            room: MAX_HELD,
        }
    }

    /// Whether nothing more is looked at.
    pub(super) fn is_spent(&self) -> bool {
        self.unpacked.was_exceeded() || self.members.was_exceeded()
    }

    /// How much was unpacked.
    pub(super) fn used(&self) -> u64 {
        self.limit - self.unpacked.left()
    }

    /// Why no more is looked at.
    pub(super) fn reached(&self) -> Option<String> {
        if self.unpacked.was_exceeded() {
            let limit = self.limit;
            return Some(format!(
                "it unpacks to more than {limit} bytes, of which no more are read"
            ));
        }
        self.members
            .was_exceeded()
            .then(|| format!("more than {MAX_MEMBERS} members, of which no more are read"))
    }

    /// `source`, which counts as unpacked.
    pub(super) fn unpacking<'c, R>(&self, source: R, cancel: &'c Cancel) -> Unpacking<'c, R> {
        Unpacking {
            source,
            left: Rc::clone(&self.unpacked),
            cancel,
        }
    }
}

/// A reader that fails once its bytes are used up or the run is asked to stop.
pub(super) struct Unpacking<'a, R> {
    source: R,
    left: Rc<Left>,
    cancel: &'a Cancel,
}

impl<R: Read> Read for Unpacking<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("stopped before all was read"));
        }
        if self.left.was_exceeded() {
            return Err(io::Error::other("more than is unpacked"));
        }
        let count = self.source.read(buffer)?;
        // What was read beyond the bound is not given, so that no two readers see different ends.
        if !self.left.take(count as u64) {
            return Err(io::Error::other("more than is unpacked"));
        }
        Ok(count)
    }
}
