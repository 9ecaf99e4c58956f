//! Looking into archives: a file that is one by its first bytes is read as what it holds, with all archives in it, within
//! one allowance of bytes and members.

mod allowance;
mod form;
mod gaps;
mod look;
mod zip;

use std::fs::File;
use std::io::{self, BufReader, Read};

use plimsoll_model::{RootPath, Sighting};

use self::allowance::Allowance;
use self::form::Form;
use self::look::Look;
use crate::cancel::Cancel;
use crate::visit::FileVisitor;
use crate::walk::Note;

/// Bytes of archives that are unpacked below one root, all of them together.
pub(crate) const MAX_UNPACKED: u64 = 16 << 30;
/// A zip that comes as a stream is held to be read from its end; a larger one is searched as it stands.
const MAX_STREAMED_ZIP: u64 = 128 << 20;
/// How much of a file tells what it is.
pub(crate) const HEAD: usize = form::HEAD;

/// What `visitor` sees in the file at `path`, whose bytes are at hand, and in what it holds if it is an archive.
pub fn look_into(visitor: &dyn FileVisitor, path: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
    let looking = Looking {
        visitor,
        cancel: &Cancel::new(),
        left: MAX_UNPACKED,
    };
    looking.bytes(path, bytes).sightings
}

/// What a file of `size` bytes that begins with `head` may unpack to; 0 for what is no archive.
pub(crate) fn may_unpack(head: &[u8], size: u64) -> u64 {
    match is_archive(head) {
        true => allowance::most_unpacked(size),
        false => 0,
    }
}

/// How many of the next archives, whose sizes these are, may be looked into side by side without unpacking more than `left`
/// together; the first may in any case, up to that.
pub(crate) fn side_by_side(sizes: impl Iterator<Item = u64>, left: u64) -> usize {
    let mut together: u64 = 0;
    let fits = sizes.take_while(|size| {
        together = together.saturating_add(allowance::most_unpacked(*size));
        together <= left
    });
    fits.count().max(1)
}

/// Whether a file that begins with `head` is looked into.
pub(crate) fn is_archive(head: &[u8]) -> bool {
    Form::of(head).is_some()
}

/// Who looks, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looking<'a> {
    pub(crate) visitor: &'a dyn FileVisitor,
    pub(crate) cancel: &'a Cancel,
    /// Bytes that may still be unpacked.
    pub(crate) left: u64,
}

/// What was seen in a file.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sightings: Vec<Sighting>,
    /// Files that were looked at.
    pub(crate) files: u64,
    /// What was not, if it was an archive.
    pub(crate) gap: Option<Note>,
    /// Bytes that were unpacked.
    pub(crate) unpacked: u64,
}

impl Seen {
    /// A file that is no archive.
    pub(crate) fn plain(sightings: Vec<Sighting>) -> Seen {
        Seen {
            sightings,
            files: 1,
            ..Seen::default()
        }
    }

    fn of(look: Look<'_>) -> Seen {
        Seen {
            unpacked: look.allowance.used(),
            gap: look.gaps.note(look.outer),
            sightings: look.seen,
            files: look.files,
        }
    }

    /// Adds what was seen in the archive as it stands, where that is nothing that was seen inside. What has no digest can be
    /// told from that by its form and length alone.
    fn add_plain(&mut self, plain: Vec<Sighting>) {
        let is_known = |one: &Sighting| {
            let mut seen = self.sightings.iter();
            seen.any(|known| match one.digest.is_some() {
                true => known.digest == one.digest,
                false => known.form == one.form && known.shown == one.shown,
            })
        };
        let new: Vec<Sighting> = plain.into_iter().filter(|one| !is_known(one)).collect();
        self.sightings.extend(new);
        self.files = self.files.max(1);
    }
}

impl<'a> Looking<'a> {
    fn look(&self, path: &'a RootPath, size: u64) -> Look<'a> {
        Look::new(
            self.visitor,
            self.cancel,
            path,
            Allowance::new(size, self.left),
        )
    }

    /// What the file at `path` holds, whose bytes are at hand. An archive that was not read whole is searched as it stands,
    /// too: what is stored in it uncompressed is found so. A zip always is, because it may hold bytes that its directory does
    /// not list: a comment, what stands before it, members that were deleted.
    pub(crate) fn bytes(&self, path: &'a RootPath, bytes: &[u8]) -> Seen {
        let Some(form) = Form::of(bytes) else {
            return Seen::plain(self.visitor.visit(path, bytes));
        };
        let mut look = self.look(path, bytes.len() as u64);
        match form {
            Form::Zip => look.zip_bytes(&RootPath::root(), 1, bytes),
            form => look.stream(form, &RootPath::root(), 1, &mut &*bytes),
        }
        let mut seen = Seen::of(look);
        if form == Form::Zip || seen.gap.is_some() {
            seen.add_plain(self.visitor.visit(path, bytes));
        }
        seen
    }

    /// As [`Looking::bytes`] for a file too large to be held, which `open` opens.
    pub(crate) fn file(
        &self,
        path: &'a RootPath,
        size: u64,
        open: impl Fn() -> io::Result<File>,
    ) -> io::Result<Seen> {
        let mut head = Vec::with_capacity(HEAD);
        open()?.take(HEAD as u64).read_to_end(&mut head)?;
        let plain = || self.visitor.visit_large(path, &mut open()?.take(size));
        let Some(form) = Form::of(&head) else {
            return Ok(Seen::plain(plain()?));
        };
        let mut look = self.look(path, size);
        match form {
            Form::Zip => look.zip_file(open()?),
            form => {
                let mut source = BufReader::with_capacity(64 << 10, open()?.take(size));
                look.stream(form, &RootPath::root(), 1, &mut source);
            }
        }
        let mut seen = Seen::of(look);
        if form == Form::Zip || seen.gap.is_some() {
            seen.add_plain(plain()?);
        }
        Ok(seen)
    }

    /// As [`Looking::bytes`] for a file of `size` bytes that can be read once.
    pub(crate) fn source(
        &self,
        path: &'a RootPath,
        size: u64,
        source: &mut dyn Read,
    ) -> io::Result<Seen> {
        let mut head = Vec::with_capacity(HEAD);
        source.take(HEAD as u64).read_to_end(&mut head)?;
        let form = Form::of(&head);
        let mut whole = io::Cursor::new(head).chain(source);
        match form {
            None => Ok(Seen::plain(self.visitor.visit_large(path, &mut whole)?)),
            Some(Form::Zip) if size <= MAX_STREAMED_ZIP => {
                let mut bytes = Vec::new();
                let read = whole.take(MAX_STREAMED_ZIP).read_to_end(&mut bytes);
                let seen = self.bytes(path, &bytes);
                read.map(|_| seen)
            }
            Some(Form::Zip) => {
                let plain = self.visitor.visit_large(path, &mut whole)?;
                let mut look = self.look(path, size);
                look.gaps.bound(
                    &RootPath::root(),
                    format!("larger than {MAX_STREAMED_ZIP} bytes: searched as it stands"),
                );
                let mut seen = Seen::of(look);
                seen.add_plain(plain);
                Ok(seen)
            }
            Some(form @ Form::Unread(_)) => {
                let plain = self.visitor.visit_large(path, &mut whole)?;
                let mut look = self.look(path, size);
                look.stream(form, &RootPath::root(), 1, &mut whole);
                let mut seen = Seen::of(look);
                seen.add_plain(plain);
                Ok(seen)
            }
            Some(form) => {
                let mut look = self.look(path, size);
                look.stream(form, &RootPath::root(), 1, &mut whole);
                Ok(Seen::of(look))
            }
        }
    }
}

#[cfg(test)]
mod tests;
