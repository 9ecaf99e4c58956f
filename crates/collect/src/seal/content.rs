//! A batch of entries as blocks of the archive and lines of the manifest: files are opened, read and hashed here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_model::RootPath;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::archive::{Form, Header, pad};
use super::error::{SealError, SealReason};
use super::manifest::{line, sha256};
use super::{HardLinks, Look, Sealing};
use crate::names::Names;

/// Files up to this size are read whole; larger ones stream.
pub(super) const SMALL: u64 = 64 << 10;

/// An entry to be sealed.
pub(super) enum Item {
    Folder(RootPath),
    Link {
        path: RootPath,
        target: String,
    },
    File {
        path: RootPath,
        names: Arc<Names>,
        at: usize,
    },
    Given {
        path: RootPath,
        bytes: Vec<u8>,
    },
}

/// A piece of what a batch became.
pub(super) enum Part {
    /// Blocks and lines that are ready.
    Ready(Ready),
    /// A large file that is still to be read.
    Large { path: RootPath, file: Opened },
}

/// Blocks, lines, and what they count.
#[derive(Default)]
pub(super) struct Ready {
    pub(super) blocks: Vec<u8>,
    pub(super) lines: Vec<u8>,
    pub(super) files: u64,
    pub(super) folders: u64,
    pub(super) links: u64,
    pub(super) bytes: u64,
}

/// An open regular file, and what it was when it was opened.
pub(super) struct Opened {
    pub(super) file: File,
    seen: Seen,
}

/// What tells whether a file is the same as before.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    mode: u32,
    changed: (i64, i64),
    written: (i64, i64),
}

impl Seen {
    fn of(metadata: &std::fs::Metadata) -> Seen {
        Seen {
            size: metadata.size(),
            mode: metadata.mode(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            written: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Opened {
    pub(super) fn size(&self) -> u64 {
        self.seen.size
    }

    pub(super) fn executable(&self) -> bool {
        self.seen.mode & 0o100 != 0
    }

    /// Whether the file is what it was when it was opened.
    pub(super) fn is_unchanged(&self) -> std::io::Result<bool> {
        Ok(Seen::of(&self.file.metadata()?) == self.seen)
    }
}

/// The names of files that have several.
#[derive(Default)]
pub(super) struct SharedFiles {
    /// By device and number.
    seen: Mutex<BTreeMap<(u64, u64), SharedFile>>,
}

/// A file with several names.
struct SharedFile {
    /// Those that were sent.
    sent: u64,
    /// All there are.
    links: u64,
    /// The first that was sent.
    first: RootPath,
}

impl SharedFiles {
    fn record(&self, path: &RootPath, metadata: &std::fs::Metadata) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (metadata.dev(), metadata.ino());
        let file = seen.entry(key).or_insert_with(|| SharedFile {
            sent: 0,
            links: 0,
            first: path.clone(),
        });
        file.sent += 1;
        file.links = metadata.nlink().max(file.links);
        if *path < file.first {
            file.first = path.clone();
        }
    }

    /// The first file with a name outside what was sent.
    pub(super) fn outside(&self) -> Option<SealError> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let outside = seen.values().filter(|file| file.sent < file.links);
        let file = outside.min_by(|a, b| a.first.cmp(&b.first))?;
        Some(SealError::Refused {
            path: file.first.clone(),
            reason: SealReason::HardLinkOutside {
                links: file.links,
                outside: file.links - file.sent,
            },
        })
    }
}

/// What reading a batch needs.
pub(super) struct Reader<'a> {
    pub(super) sealing: &'a Sealing<'a>,
    pub(super) names: &'a SharedFiles,
    pub(super) buffer: Vec<u8>,
}

impl Reader<'_> {
    /// The batch as it is written, up to the first error.
    pub(super) fn read(&mut self, batch: Vec<Item>) -> Vec<Result<Part, SealError>> {
        let mut parts = Vec::new();
        let mut ready = Ready::default();
        for item in batch {
            match self.item(item, &mut ready) {
                Ok(None) => {}
                Ok(Some(large)) => {
                    parts.push(Ok(Part::Ready(std::mem::take(&mut ready))));
                    parts.push(Ok(large));
                }
                Err(error) => {
                    parts.push(Err(error));
                    return parts;
                }
            }
        }
        parts.push(Ok(Part::Ready(ready)));
        parts
    }

    fn item(&mut self, item: Item, ready: &mut Ready) -> Result<Option<Part>, SealError> {
        match item {
            Item::Folder(path) => {
                ready.folders += 1;
                ready.push(&path, Form::Folder, None);
            }
            Item::Link { path, target } => {
                ready.links += 1;
                let form = Form::Link { target: &target };
                ready.push(&path, form, None);
            }
            Item::Given { path, bytes } => ready.push_file(&path, &bytes, false),
            Item::File { path, names, at } => {
                let opened = self.open(&path, &names, at)?;
                if opened.size() > SMALL {
                    return Ok(Some(Part::Large { path, file: opened }));
                }
                self.small(&path, opened, ready)?;
            }
        }
        Ok(None)
    }

    fn open(&self, path: &RootPath, names: &Names, at: usize) -> Result<Opened, SealError> {
        let read = |error: std::io::Error| SealError::Read {
            path: path.clone(),
            error,
        };
        let refused = |reason| SealError::Refused {
            path: path.clone(),
            reason,
        };
        let (name, _) = names.get(at).ok_or_else(|| refused(SealReason::Swapped))?;
        let flags =
            OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let directory = names.directory().map_err(read)?;
        // One name from an open folder: there is nothing on the way that could be a link.
        let file: File = match rustix::fs::openat(directory, name, flags, Mode::empty()) {
            Ok(file) => file.into(),
            Err(Errno::LOOP) => return Err(refused(SealReason::SwappedForLink)),
            Err(Errno::NOENT | Errno::NXIO) => return Err(refused(SealReason::Swapped)),
            Err(error) => return Err(read(error.into())),
        };
        let metadata = file.metadata().map_err(read)?;
        if !metadata.is_file() {
            return Err(refused(SealReason::Swapped));
        }
        if metadata.nlink() > 1 && self.sealing.hard_links == HardLinks::RefuseOutside {
            self.names.record(path, &metadata);
        }
        let seen = Seen::of(&metadata);
        Ok(Opened { file, seen })
    }

    /// Reads a small file, which is bounded: into the buffer, one byte more than it should hold.
    fn small(
        &mut self,
        path: &RootPath,
        mut opened: Opened,
        ready: &mut Ready,
    ) -> Result<(), SealError> {
        let read = |error: std::io::Error| SealError::Read {
            path: path.clone(),
            error,
        };
        let size = opened.size();
        self.buffer.clear();
        (&mut opened.file)
            .take(size + 1)
            .read_to_end(&mut self.buffer)
            .map_err(read)?;
        if self.buffer.len() as u64 != size || !opened.is_unchanged().map_err(read)? {
            return Err(SealError::Refused {
                path: path.clone(),
                reason: SealReason::Changed,
            });
        }
        let mut look = Looking::at(path, self.sealing);
        look.see(&self.buffer);
        look.end()?;
        ready.push_file(path, &self.buffer, opened.executable());
        Ok(())
    }
}

/// The look at a file, where one is wanted.
pub(super) struct Looking<'a> {
    path: &'a RootPath,
    look: Option<Box<dyn Look + 'a>>,
}

impl<'a> Looking<'a> {
    pub(super) fn at(path: &'a RootPath, sealing: &Sealing<'a>) -> Looking<'a> {
        let look = sealing.inspect.and_then(|inspect| inspect.look(path));
        Looking { path, look }
    }

    pub(super) fn see(&mut self, bytes: &[u8]) {
        if let Some(look) = &mut self.look {
            look.see(bytes);
        }
    }

    pub(super) fn end(self) -> Result<(), SealError> {
        match self.look.and_then(|look| look.verdict()) {
            None => Ok(()),
            Some(why) => Err(SealError::Refused {
                path: self.path.clone(),
                reason: SealReason::Inspected(why),
            }),
        }
    }
}

impl Ready {
    fn push(&mut self, path: &RootPath, form: Form<'_>, digest: Option<[u8; 32]>) {
        let header = Header {
            path: path.as_str(),
            form,
        };
        header.write(&mut self.blocks);
        self.lines
            .extend_from_slice(&line(path.as_str(), form, digest));
    }

    fn push_file(&mut self, path: &RootPath, bytes: &[u8], executable: bool) {
        let size = bytes.len() as u64;
        self.files += 1;
        self.bytes += size;
        let form = Form::File { size, executable };
        self.push(path, form, Some(sha256(bytes)));
        self.blocks.extend_from_slice(bytes);
        pad(&mut self.blocks, size);
    }
}
