//! Sealing a context: exactly what a build would be sent, as a tar that the same tree always gives.
//!
//! One thread lists the tree, the others open, read and hash, one writes in order. Memory holds a few batches of small
//! files; a large file streams. What is opened is compared with what was listed, and once more after reading, so that a
//! tree that changes meanwhile is refused rather than mixed.

mod archive;
mod content;
mod error;
mod listing;
mod manifest;
mod pipeline;

use std::collections::BTreeMap;
use std::io::Write;

use plimsoll_model::{Entry, RootPath};

use crate::cancel::Cancel;
use crate::root::Root;

pub use archive::SEALED_TIME;
pub use error::{SealError, SealReason};

/// What is done with a link that leads out of the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinksOut {
    /// The context is refused.
    #[default]
    Refuse,
    /// The link is kept as it is; it is never followed here.
    Keep,
}

/// What is done with a file that has further names outside what is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HardLinks {
    /// Its content is sent, as that of any file.
    #[default]
    Copy,
    /// The context is refused: a name elsewhere on the machine may have been given to this file by a stranger.
    RefuseOutside,
}

/// Looks at files before they are sent.
pub trait Inspect: Sync {
    /// A look at the file at `path`; `None` for a file that may be sent whatever it holds.
    fn look<'s>(&'s self, path: &RootPath) -> Option<Box<dyn Look + 's>>;
}

/// A look at one file.
pub trait Look {
    /// Sees the next bytes, however many.
    fn see(&mut self, bytes: &[u8]);

    /// Why the file must not be sent, where it must not; all of it has been seen.
    fn verdict(self: Box<Self>) -> Option<String>;
}

/// How a context is sealed.
pub struct Sealing<'a> {
    /// Links that lead out.
    pub links_out: LinksOut,
    /// Files with further names.
    pub hard_links: HardLinks,
    /// Entries sent before the context is refused.
    pub max_entries: usize,
    /// Bytes of content sent before the context is refused.
    pub max_bytes: u64,
    /// Components of the deepest entry.
    pub max_depth: usize,
    /// Files whose content is given, whatever stands in the tree; one that the tree lacks is added at the top.
    pub given: BTreeMap<RootPath, Vec<u8>>,
    /// A look at each file.
    pub inspect: Option<&'a dyn Inspect>,
    /// When to stop.
    pub cancel: Cancel,
}

impl Default for Sealing<'_> {
    fn default() -> Self {
        Sealing {
            links_out: LinksOut::default(),
            hard_links: HardLinks::default(),
            max_entries: 20_000_000,
            max_bytes: u64::MAX,
            max_depth: 255,
            given: BTreeMap::new(),
            inspect: None,
            cancel: Cancel::new(),
        }
    }
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It is sent.
    Send,
    /// It is not; of a folder, what it holds may be.
    Leave,
    /// It is not, and nothing in it is.
    Skip,
}

/// What was sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Links.
    pub links: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The length of the archive.
    pub archive_bytes: u64,
    /// SHA-256 of the manifest, in hexadecimal digits: the digest of the context.
    pub digest: String,
}

/// Seals what `choose` takes of `root` into `archive`, and lists it in `manifest`.
///
/// After an error, `archive` ends in a block that no reader of archives accepts.
pub fn seal(
    root: &Root,
    sealing: &Sealing<'_>,
    choose: &mut dyn FnMut(&Entry) -> Choice,
    archive: &mut (dyn Write + Send),
    manifest: &mut (dyn Write + Send),
) -> Result<Sealed, SealError> {
    pipeline::run(root, sealing, choose, archive, manifest)
}

#[cfg(test)]
mod tests;
