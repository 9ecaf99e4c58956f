//! Listing a tree for sealing: what is sent, in order, a folder before what it holds.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{Entry, EntryKind, RootPath, is_hostile};
use rustix::fs::{AtFlags, FileType};

use super::content::Item;
use super::error::{SealError, SealReason};
use super::{Choice, LinksOut, Sealing};
use crate::follow::NotBeneath;
use crate::names::Names;
use crate::place::encode_name;
use crate::root::Root;

/// The walk over a tree.
pub(super) struct Listing<'a> {
    root: &'a Root,
    sealing: &'a Sealing<'a>,
    /// Contents that are given, and not yet sent.
    given: BTreeMap<RootPath, Vec<u8>>,
    left: usize,
    stack: Vec<Level>,
}

struct Level {
    path: RootPath,
    names: Arc<Names>,
    next: usize,
    /// Whether the folder itself was sent.
    sent: bool,
}

/// Takes items; false to stop.
pub(super) type Sink<'s> = dyn FnMut(Item) -> bool + 's;

impl<'a> Listing<'a> {
    pub(super) fn new(root: &'a Root, sealing: &'a Sealing<'a>) -> Listing<'a> {
        Listing {
            root,
            sealing,
            given: sealing.given.clone(),
            left: sealing.max_entries,
            stack: Vec::new(),
        }
    }

    pub(super) fn run(
        mut self,
        choose: &mut dyn FnMut(&Entry) -> Choice,
        sink: &mut Sink<'_>,
    ) -> Result<(), SealError> {
        let top = RootPath::root();
        let directory = self.root.open_directory(Path::new(""));
        let directory = directory.map_err(|error| read(&top, error))?;
        self.enter(top, directory, true)?;
        while let Some(level) = self.stack.last_mut() {
            let (at, names) = (level.next, Arc::clone(&level.names));
            level.next += 1;
            let Some((name, kind)) = names.get(at) else {
                if self.stack.len() == 1 {
                    self.send_given(None, sink)?;
                }
                self.stack.pop();
                continue;
            };
            if self.stack.len() == 1 {
                self.send_given(std::str::from_utf8(name).ok(), sink)?;
            }
            if !self.visit(&names, at, name, kind, choose, sink)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends what is given and stands at the top before `name`; all that is left where there is none.
    fn send_given(&mut self, name: Option<&str>, sink: &mut Sink<'_>) -> Result<(), SealError> {
        loop {
            let before = |path: &RootPath| match name {
                Some(name) => path.depth() == 1 && path.as_str() < name,
                None => true,
            };
            let next = self.given.keys().find(|path| before(path)).cloned();
            let Some(path) = next else { return Ok(()) };
            if path.depth() != 1 {
                // It was to replace a file that has gone.
                return Err(refused(&path, SealReason::Swapped));
            }
            let bytes = self.given.remove(&path).unwrap_or_default();
            self.count(&path)?;
            if !sink(Item::Given { path, bytes }) {
                return Ok(());
            }
        }
    }

    fn enter(&mut self, path: RootPath, directory: OwnedFd, sent: bool) -> Result<(), SealError> {
        let names = Names::read(directory, self.left.saturating_add(1))
            .map_err(|error| read(&path, error))?;
        if names.cut {
            let most = self.sealing.max_entries;
            return Err(refused(&path, SealReason::TooManyEntries { most }));
        }
        self.stack.push(Level {
            path,
            names: Arc::new(names),
            next: 0,
            sent,
        });
        Ok(())
    }

    /// Deals with one name; false to stop.
    fn visit(
        &mut self,
        names: &Arc<Names>,
        at: usize,
        name: &[u8],
        listed_as: FileType,
        choose: &mut dyn FnMut(&Entry) -> Choice,
        sink: &mut Sink<'_>,
    ) -> Result<bool, SealError> {
        let parent = self.stack.last().map(|level| &level.path);
        let shown = encode_name(name);
        let Some(path) = parent.and_then(|parent| parent.join(&shown)) else {
            return Ok(true);
        };
        let Some(kind) = kind(names, name, listed_as) else {
            return Ok(true);
        };
        let entry = entry(&path, kind);
        let choice = match self.given.contains_key(&path) {
            true => Choice::Send,
            false => choose(&entry),
        };
        // What is given must be reached, whatever folder it stands in.
        let leads_to_given = |path| self.given.keys().any(|given| given.starts_with(path));
        let choice = match choice == Choice::Skip && leads_to_given(&path) {
            true => Choice::Leave,
            false => choice,
        };
        if choice == Choice::Skip || (choice == Choice::Leave && kind != FileType::Directory) {
            return Ok(true);
        }
        if choice == Choice::Send {
            self.check_name(&path, name)?;
            if !self.send_parents(sink)? {
                return Ok(false);
            }
            self.count(&path)?;
        }
        match kind {
            FileType::Directory => self.folder(path, names, name, choice, sink),
            FileType::Symlink => self.link(path, names, name, sink),
            FileType::RegularFile => Ok(sink(match self.given.remove(&path) {
                Some(bytes) => Item::Given { path, bytes },
                None => Item::File {
                    path,
                    names: Arc::clone(names),
                    at,
                },
            })),
            other => Err(refused(&path, special(other))),
        }
    }

    fn folder(
        &mut self,
        path: RootPath,
        names: &Names,
        name: &[u8],
        choice: Choice,
        sink: &mut Sink<'_>,
    ) -> Result<bool, SealError> {
        let sent = choice == Choice::Send;
        if self.stack.len() >= self.sealing.max_depth {
            let most = self.sealing.max_depth;
            return Err(refused(&path, SealReason::TooDeep { most }));
        }
        if self.given.contains_key(&path) {
            return Err(refused(&path, SealReason::Reserved));
        }
        if sent && !sink(Item::Folder(path.clone())) {
            return Ok(false);
        }
        let directory = names
            .open_folder(name)
            .map_err(|error| match error.raw_os_error() {
                // A link, or anything else that is no folder any more.
                Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
                    refused(&path, SealReason::SwappedForLink)
                }
                Some(code) if code == rustix::io::Errno::NOTDIR.raw_os_error() => {
                    refused(&path, SealReason::SwappedForLink)
                }
                _ => read(&path, error),
            })?;
        self.enter(path, directory, sent)?;
        Ok(true)
    }

    fn link(
        &mut self,
        path: RootPath,
        names: &Names,
        name: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<bool, SealError> {
        if self.given.contains_key(&path) {
            return Err(refused(&path, SealReason::Reserved));
        }
        let directory = names.directory().map_err(|error| read(&path, error))?;
        let target = rustix::fs::readlinkat(directory, name, Vec::new())
            .map_err(|_| refused(&path, SealReason::Swapped))?;
        let Ok(target) = String::from_utf8(target.into_bytes()) else {
            return Err(refused(&path, SealReason::NameNotText));
        };
        if target.chars().any(char::is_control) {
            return Err(refused(&path, SealReason::NameControl));
        }
        if self.sealing.links_out == LinksOut::Refuse {
            self.check_link(&path, &target)?;
        }
        Ok(sink(Item::Link { path, target }))
    }

    /// A link is refused where its text leads out, and where its text by way of other links does.
    fn check_link(&self, path: &RootPath, target: &str) -> Result<(), SealError> {
        let leaves = || {
            let target = target.to_owned();
            refused(path, SealReason::LinkLeaves { target })
        };
        let folder = path.parent();
        if target.starts_with('/') || folder.join(target).is_none() {
            return Err(leaves());
        }
        match self.root.follow(&folder, target) {
            Ok(_) => Ok(()),
            Err(NotBeneath::Text | NotBeneath::Link { .. }) => Err(leaves()),
            Err(NotBeneath::Loop) => Err(refused(path, SealReason::LinkLoop)),
            Err(NotBeneath::NotText) => Err(refused(path, SealReason::NameNotText)),
            Err(NotBeneath::Io(error)) => Err(read(path, error)),
        }
    }

    fn check_name(&self, path: &RootPath, name: &[u8]) -> Result<(), SealError> {
        match std::str::from_utf8(name) {
            Err(_) => Err(refused(path, SealReason::NameNotText)),
            Ok(name) if name.chars().any(is_hostile) => Err(refused(path, SealReason::NameControl)),
            Ok(_) => Ok(()),
        }
    }

    fn count(&mut self, path: &RootPath) -> Result<(), SealError> {
        let most = self.sealing.max_entries;
        let left = self.left.checked_sub(1);
        self.left = left.ok_or_else(|| refused(path, SealReason::TooManyEntries { most }))?;
        Ok(())
    }

    /// Sends the folders that lead to the current one and were left out themselves.
    fn send_parents(&mut self, sink: &mut Sink<'_>) -> Result<bool, SealError> {
        let unsent: Vec<RootPath> = self
            .stack
            .iter_mut()
            .filter(|level| !level.sent)
            .map(|level| {
                level.sent = true;
                level.path.clone()
            })
            .collect();
        for path in unsent {
            self.check_name(&path, path.file_name().as_bytes())?;
            self.count(&path)?;
            if !sink(Item::Folder(path)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn special(kind: FileType) -> SealReason {
    match kind {
        FileType::Fifo => SealReason::Fifo,
        FileType::Socket => SealReason::Socket,
        _ => SealReason::Device,
    }
}

/// What a name stands for; `None` where it has gone.
fn kind(names: &Names, name: &[u8], listed_as: FileType) -> Option<FileType> {
    if listed_as != FileType::Unknown {
        return Some(listed_as);
    }
    let directory = names.directory().ok()?;
    let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}

fn entry(path: &RootPath, kind: FileType) -> Entry {
    Entry {
        path: path.clone(),
        kind: match kind {
            FileType::Directory => EntryKind::Directory,
            FileType::Symlink => EntryKind::Symlink,
            FileType::RegularFile => EntryKind::File,
            _ => EntryKind::Other,
        },
        size: 0,
        link_target: None,
        listed: true,
    }
}

pub(super) fn refused(path: &RootPath, reason: SealReason) -> SealError {
    SealError::Refused {
        path: path.clone(),
        reason,
    }
}

fn read(path: &RootPath, error: std::io::Error) -> SealError {
    SealError::Read {
        path: path.clone(),
        error,
    }
}
