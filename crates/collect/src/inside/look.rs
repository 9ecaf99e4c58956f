//! Going through an archive and the archives in it, one member after the other.

use std::io::{self, Cursor, Read};

use plimsoll_model::{RootPath, Sighting};

use super::allowance::Allowance;
use super::form::{Form, HEAD};
use super::gaps::Gaps;
use crate::cancel::Cancel;
use crate::image::inflate::inflated;
use crate::image::tar_entries::{Member, TarEntry, for_each_entry, inner_path};
use crate::visit::FileVisitor;

/// Archives in archives that are looked into, the outermost among them.
const MAX_DEPTH: usize = 4;
/// Larger members are read piece by piece.
const MAX_HELD_BYTES: usize = 8 << 20;
/// Of longer names the end is shown.
const MAX_NAME: usize = 1024;

/// One look into one file.
#[derive(Debug)]
pub(super) struct Look<'a> {
    visitor: &'a dyn FileVisitor,
    cancel: &'a Cancel,
    pub(super) outer: &'a RootPath,
    pub(super) allowance: Allowance,
    pub(super) seen: Vec<Sighting>,
    /// Files that were looked at.
    pub(super) files: u64,
    pub(super) gaps: Gaps,
    told_bound: bool,
}

/// The name of a member as a path below the archive's top.
pub(super) fn inner_name(name: &[u8]) -> RootPath {
    let shown = name.get(name.len().saturating_sub(MAX_NAME)..);
    let (path, _) = inner_path(shown.unwrap_or_default());
    if path.is_root() {
        return RootPath::new("member").unwrap_or(path);
    }
    path
}

impl<'a> Look<'a> {
    pub(super) fn new(
        visitor: &'a dyn FileVisitor,
        cancel: &'a Cancel,
        outer: &'a RootPath,
        allowance: Allowance,
    ) -> Look<'a> {
        Look {
            visitor,
            cancel,
            outer,
            allowance,
            seen: Vec::new(),
            files: 0,
            gaps: Gaps::default(),
            told_bound: false,
        }
    }

    /// Whether no more is looked at.
    pub(super) fn is_over(&self) -> bool {
        self.allowance.is_spent() || self.cancel.is_cancelled()
    }

    /// Says at `inside`, where it happened, that a bound was reached.
    pub(super) fn tell_bound(&mut self, inside: &RootPath) {
        if let Some(reached) = self.allowance.reached().filter(|_| !self.told_bound) {
            self.told_bound = true;
            self.gaps.bound(inside, reached);
        }
    }

    /// Looks into the archive at `inside`, the `depth`th in a row.
    pub(super) fn stream(
        &mut self,
        form: Form,
        inside: &RootPath,
        depth: usize,
        source: &mut dyn Read,
    ) {
        let read = match form {
            Form::Tar => self.tar(inside, depth, source),
            Form::Compressed => self.compressed(inside, depth, source),
            Form::Zip => self.zip_in_stream(inside, depth, source),
            Form::Unread(name) => {
                let detail = format!("compressed or packed by {name}, which is not read");
                self.gaps.add(inside, detail);
                Ok(())
            }
        };
        if let Err(error) = read {
            self.broken(inside, &error);
        }
    }

    /// What is at `inside` broke off.
    fn broken(&mut self, inside: &RootPath, error: &io::Error) {
        if self.is_over() {
            self.tell_bound(inside);
        } else {
            self.gaps
                .add(inside, format!("it is not read to its end: {error}"));
        }
    }

    fn tar(&mut self, inside: &RootPath, depth: usize, source: &mut dyn Read) -> io::Result<()> {
        for_each_entry(source, |entry, bytes| {
            self.tar_entry(inside, depth, entry, bytes)
        })
    }

    fn tar_entry(
        &mut self,
        inside: &RootPath,
        depth: usize,
        entry: &TarEntry,
        bytes: &mut dyn Read,
    ) -> io::Result<()> {
        if !self.allowance.members.take(1) {
            return Err(io::Error::other("too many members"));
        }
        if entry.member == Member::File {
            self.member(&inside.member(&inner_name(&entry.name)), depth, bytes)?;
        }
        if self.is_over() {
            return Err(io::Error::other("no more is looked at"));
        }
        Ok(())
    }

    /// One compressed file: a tar, whose compression is none of its own, or anything else, which has no name but the
    /// archive's.
    fn compressed(
        &mut self,
        inside: &RootPath,
        depth: usize,
        source: &mut dyn Read,
    ) -> io::Result<()> {
        let mut source = inflated(source)?;
        self.with_unpacked(&mut source, |look, source| {
            let head = head(source)?;
            let is_tar = Form::of(&head) == Some(Form::Tar);
            let mut whole = Cursor::new(head).chain(source);
            if is_tar {
                return look.tar(inside, depth, &mut whole);
            }
            let name = if inside.is_root() {
                look.outer.file_name()
            } else {
                inside.file_name()
            };
            let name = inner_name(unpacked_name(name).as_bytes());
            look.member(&inside.member(&name), depth, &mut whole)
        })
    }

    /// What is unpacked of the member `name` of an archive, the `depth`th in a row.
    pub(super) fn unpack(&mut self, name: &RootPath, depth: usize, source: &mut dyn Read) {
        let read = self.with_unpacked(source, |look, source| look.member(name, depth, source));
        if let Err(error) = read {
            self.broken(name, &error);
        }
    }

    /// Gives `read` what `source` has, each byte of which is counted.
    fn with_unpacked(
        &mut self,
        source: &mut dyn Read,
        read: impl FnOnce(&mut Self, &mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut source = self.allowance.unpacking(source, self.cancel);
        read(self, &mut source)
    }

    /// Looks at the file at `inside`, a member of the `depth`th archive in a row.
    fn member(&mut self, inside: &RootPath, depth: usize, source: &mut dyn Read) -> io::Result<()> {
        let head = head(source)?;
        let form = Form::of(&head);
        let mut whole = Cursor::new(head).chain(source);
        match form {
            Some(form) if depth < MAX_DEPTH => {
                self.stream(form, inside, depth + 1, &mut whole);
                // What is left behind the last byte that was needed tells whether the member is whole.
                io::copy(&mut whole, &mut io::sink()).map(|_| ())
            }
            Some(_) => {
                let detail = format!("in more than {MAX_DEPTH} archives: searched as it stands");
                self.gaps.bound(inside, detail);
                self.file(inside, &mut whole)
            }
            None => self.file(inside, &mut whole),
        }
    }

    /// Looks at a file that is no archive, or is taken for none.
    fn file(&mut self, inside: &RootPath, source: &mut dyn Read) -> io::Result<()> {
        let path = self.outer.member(inside);
        let mut held = Vec::new();
        let read = source.take(MAX_HELD_BYTES as u64).read_to_end(&mut held);
        self.files += 1;
        if held.len() < MAX_HELD_BYTES || read.is_err() {
            let seen = self.visitor.visit(&path, &held);
            self.keep(inside, seen);
            return read.map(|_| ());
        }
        let mut whole = Cursor::new(held).chain(source);
        let seen = self.visitor.visit_large(&path, &mut whole)?;
        self.keep(inside, seen);
        Ok(())
    }

    fn keep(&mut self, inside: &RootPath, mut seen: Vec<Sighting>) {
        let kept = self.allowance.sightings.take_some(seen.len() as u64);
        if kept < seen.len() as u64 {
            self.gaps
                .bound(inside, "more credentials than are told of one file");
        }
        seen.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        for sighting in &mut seen {
            sighting.inside = Some(inside.clone());
        }
        self.seen.extend(seen);
    }

    /// A zip in a stream has its directory at its end, so it is held.
    fn zip_in_stream(
        &mut self,
        inside: &RootPath,
        depth: usize,
        source: &mut dyn Read,
    ) -> io::Result<()> {
        let room = self.allowance.room;
        let mut held = Vec::new();
        let read = source.take(room + 1).read_to_end(&mut held);
        if held.len() as u64 > room {
            let detail = "a zip too large to be held: searched as it stands";
            self.gaps.bound(inside, detail);
            return self.file(inside, &mut Cursor::new(held).chain(source));
        }
        self.allowance.room = room - held.len() as u64;
        self.zip_bytes(inside, depth, &held);
        self.allowance.room = room;
        read.map(|_| ())
    }
}

fn head(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    source.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The name a compressed file has once it is none any more.
fn unpacked_name(name: &str) -> &str {
    let stem = [".gz", ".gzip", ".zst", ".zstd"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    match stem.unwrap_or(name) {
        "" => "content",
        name => name,
    }
}
