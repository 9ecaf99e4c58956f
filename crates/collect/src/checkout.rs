//! Writing the tree of a git revision into a folder of its own, beneath it and through nothing that the tree holds.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository};
use plimsoll_model::RootPath;
use rustix::fs::{Mode, OFlags};

use crate::cancel::Cancel;
use crate::discover::Discovery;
use crate::load::Bounds;
use crate::object_database::{open, resolve, subtree};
use crate::place::Place;
use crate::root::Root;

/// A revision that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The commit, in hexadecimal digits.
    pub commit: String,
    /// The tree that was written.
    pub tree: String,
    /// Folders that stand for another repository, which is not written.
    pub submodules: Vec<RootPath>,
}

/// Why a revision was not written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CheckoutError(String);

impl CheckoutError {
    fn new(what: impl std::fmt::Display) -> CheckoutError {
        CheckoutError(what.to_string())
    }
}

/// Writes what `revision` has at `path` of a repository into the empty folder `into`.
///
/// No filter, hook or configuration of the repository runs, links are made and never followed, and a tree that names
/// something twice, or by a name no file can have, is refused.
pub fn check_out(
    path: &Path,
    revision: &str,
    into: &Path,
    bounds: &Bounds,
    cancel: &Cancel,
) -> Result<Checkout, CheckoutError> {
    let mut discovery = Discovery::new(true, None, None).map_err(CheckoutError::new)?;
    let (work_tree, below) = discovery.repository(path).map_err(|error| {
        CheckoutError::new(format!("{}: no git repository: {error}", path.display()))
    })?;
    let said = |failure: crate::object_database::Failure| CheckoutError(failure.message);
    let repository = open(&work_tree).map_err(said)?.to_thread_local();
    let commit = resolve(&repository, revision).map_err(said)?;
    let top = subtree(&repository, commit.tree, &below).map_err(said)?;
    let top = top
        .ok_or_else(|| CheckoutError(format!("`{revision}` has no folder {}", below.display())))?;
    let root = Root::open(into).map_err(CheckoutError::new)?;
    let mut writing = Writing {
        repository: &repository,
        root: &root,
        left: bounds.max_entries,
        submodules: Vec::new(),
        stack: vec![(Place::root(), top)],
    };
    while let Some((folder, id)) = writing.stack.pop() {
        if cancel.is_cancelled() {
            return Err(CheckoutError::new(
                "stopped before the revision was written",
            ));
        }
        writing.folder(&folder, id, bounds)?;
    }
    Ok(Checkout {
        commit: commit.id.to_string(),
        tree: top.to_string(),
        submodules: writing.submodules,
    })
}

struct Writing<'a> {
    repository: &'a Repository,
    root: &'a Root,
    left: usize,
    submodules: Vec<RootPath>,
    stack: Vec<(Place, ObjectId)>,
}

impl Writing<'_> {
    fn folder(
        &mut self,
        folder: &Place,
        id: ObjectId,
        bounds: &Bounds,
    ) -> Result<(), CheckoutError> {
        let missing = |_| CheckoutError(format!("tree {id} is missing"));
        let tree = self.repository.find_tree(id).map_err(missing)?;
        let directory = self.root.open_directory(folder.raw());
        let directory = directory.map_err(|error| failed(folder, &error))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|_| CheckoutError(format!("tree {id} is damaged")))?;
            let name = entry.filename().as_bytes();
            let place = folder.child(name).ok_or_else(|| {
                CheckoutError(format!("a tree names a file `{}`", entry.filename()))
            })?;
            self.left = self.left.checked_sub(1).ok_or_else(|| {
                CheckoutError(format!(
                    "the revision has more than {} entries",
                    bounds.max_entries
                ))
            })?;
            if place.path.depth() > bounds.max_depth {
                let most = bounds.max_depth;
                return Err(CheckoutError(format!(
                    "{} lies more than {most} folders deep",
                    place.path
                )));
            }
            self.entry(
                &directory,
                name,
                &place,
                entry.mode().kind(),
                entry.object_id(),
            )?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        directory: &std::os::fd::OwnedFd,
        name: &[u8],
        place: &Place,
        kind: EntryKind,
        id: ObjectId,
    ) -> Result<(), CheckoutError> {
        let told = |error: rustix::io::Errno| failed(place, &error.into());
        match kind {
            EntryKind::Tree => {
                rustix::fs::mkdirat(directory, name, Mode::RWXU).map_err(told)?;
                self.stack.push((place.clone(), id));
            }
            EntryKind::Commit => {
                rustix::fs::mkdirat(directory, name, Mode::RWXU).map_err(told)?;
                self.submodules.push(place.path.clone());
            }
            EntryKind::Link => {
                let target = self.blob(id)?;
                let target = std::ffi::OsStr::from_bytes(&target);
                rustix::fs::symlinkat(target, directory, name).map_err(told)?;
            }
            EntryKind::Blob | EntryKind::BlobExecutable => {
                let mode = match kind {
                    EntryKind::BlobExecutable => Mode::RWXU,
                    _ => Mode::RUSR | Mode::WUSR,
                };
                let flags = OFlags::WRONLY
                    | OFlags::CREATE
                    | OFlags::EXCL
                    | OFlags::NOFOLLOW
                    | OFlags::CLOEXEC;
                let file = rustix::fs::openat(directory, name, flags, mode).map_err(told)?;
                let written = File::from(file).write_all(&self.blob(id)?);
                written.map_err(|error| failed(place, &error))?;
            }
        }
        Ok(())
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>, CheckoutError> {
        let missing = |_| CheckoutError(format!("blob {id} is missing"));
        Ok(self
            .repository
            .find_object(id)
            .map_err(missing)?
            .detach()
            .data)
    }
}

fn failed(place: &Place, error: &io::Error) -> CheckoutError {
    CheckoutError(format!("writing `{}`: {error}", place.path))
}
