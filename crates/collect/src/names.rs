//! The names of one folder, sorted, in one buffer: a million of them cost a few tens of megabytes.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Dir, FileType, Mode, OFlags};

use crate::place::encode_name;

/// An open folder and its names in the order an inventory lists them.
pub(crate) struct Names {
    directory: Dir,
    bytes: Vec<u8>,
    names: Vec<Name>,
    /// Whether more names were there than the bound allows.
    pub(crate) cut: bool,
}

#[derive(Clone, Copy)]
struct Name {
    start: u32,
    length: u16,
    kind: FileType,
}

impl Names {
    /// Reads at most `limit` names from `directory`.
    pub(crate) fn read(directory: OwnedFd, limit: usize) -> io::Result<Names> {
        let mut names = Names {
            directory: Dir::new(directory)?,
            bytes: Vec::new(),
            names: Vec::new(),
            cut: false,
        };
        while let Some(entry) = names.directory.read() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            if names.names.len() >= limit || !names.push(name, entry.file_type()) {
                names.cut = true;
                break;
            }
        }
        names.sort();
        Ok(names)
    }

    fn push(&mut self, name: &[u8], kind: FileType) -> bool {
        let (Ok(start), Ok(length)) = (u32::try_from(self.bytes.len()), u16::try_from(name.len()))
        else {
            return false;
        };
        self.bytes.extend_from_slice(name);
        self.names.push(Name {
            start,
            length,
            kind,
        });
        true
    }

    /// Sorts by the name as shown, which differs from the name as stored only where that is not UTF-8.
    fn sort(&mut self) {
        let bytes = &self.bytes;
        let all_text = |name: &Name| std::str::from_utf8(name.of(bytes)).is_ok();
        if self.names.iter().all(all_text) {
            self.names.sort_unstable_by_key(|name| name.of(bytes));
        } else {
            self.names
                .sort_by_cached_key(|name| encode_name(name.of(bytes)).into_owned());
        }
    }

    pub(crate) fn directory(&self) -> io::Result<BorrowedFd<'_>> {
        Ok(self.directory.fd()?)
    }

    /// Opens the folder called `name` in this one; a link there is refused.
    pub(crate) fn open_folder(&self, name: &[u8]) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(rustix::fs::openat(
            self.directory()?,
            name,
            flags,
            Mode::empty(),
        )?)
    }

    pub(crate) fn get(&self, at: usize) -> Option<(&[u8], FileType)> {
        let name = self.names.get(at)?;
        Some((name.of(&self.bytes), name.kind))
    }

    pub(crate) fn contains(&self, wanted: &[u8]) -> bool {
        self.names.iter().any(|name| name.of(&self.bytes) == wanted)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

impl Name {
    fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let start = self.start as usize;
        bytes
            .get(start..start + usize::from(self.length))
            .unwrap_or_default()
    }
}
