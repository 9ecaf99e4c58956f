//! The whole history of a git repository: every blob and message once, straight from its packs.
//!
//! [`scan`] gives each object to a visitor as it is restored, the same bytes never twice, and then finds out where
//! those came from of which the visitor said that they hold something.

mod bits;
mod catalogue;
mod gap;
mod graph;
mod ground;
mod index_file;
mod inflate;
mod loose;
mod object_id;
mod pack;
mod pack_index;
mod parse;
mod provenance;
mod refs;
mod restore;
mod scan;
mod since;
mod staged;
mod state;
mod store;
mod telling;
mod trees;

use std::io;
use std::path::{Path, PathBuf};

use plimsoll_model::{ErrorKind, RootPath};

pub use gap::Gap;
pub use object_id::ObjectId;
pub(crate) use parse::EntryKind;
pub use parse::Signature;
pub use provenance::Introduction;
pub(crate) use staged::{NextCommit, next_commit, tracked_paths};
pub use staged::{Staged, StagedFile, staged};
pub use state::{HistoryState, StateError};

use crate::cancel::Cancel;
use crate::discover::Discovery;
use crate::work_tree::WorkTree;

/// How to read a history.
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// A stranger wrote the repository: it may not name folders outside itself.
    pub submitted: bool,
    /// Also tell of what no ref reaches.
    pub dangling: bool,
    /// The largest object that is restored.
    pub max_object_bytes: u64,
    /// Only what stood in this folder in some commit; the root for everything, messages too.
    pub below: RootPath,
    /// How many bytes all objects together may take to restore, besides what their packs account for.
    pub max_restored_bytes: u64,
    /// Only what the commits after this brought.
    pub since: Option<Since>,
    /// What an earlier scan has seen and found nothing in; it is not visited again.
    pub known: HistoryState,
    /// Whether to tell what the next scan need not visit.
    pub keep_state: bool,
    /// A way to stop.
    pub cancel: Cancel,
}

impl Default for HistoryOptions {
    fn default() -> HistoryOptions {
        HistoryOptions {
            submitted: false,
            dangling: false,
            max_object_bytes: 32 << 20,
            below: RootPath::root(),
            max_restored_bytes: 16 << 30,
            since: None,
            known: HistoryState::default(),
            keep_state: false,
            cancel: Cancel::new(),
        }
    }
}

/// Where the new part of a history begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// Behind a revision as git spells them: all that it does not reach.
    Revision(String),
    /// After a time, in seconds since 1970, by the dates of the commits.
    Seconds(i64),
}

/// What an object of a history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The contents of a file, of a link, or of a note.
    Blob,
    /// The message of a commit.
    CommitMessage,
    /// The message of an annotated tag.
    TagMessage,
}

/// One blob or message.
#[derive(Clone, Copy, Debug)]
pub struct HistoryObject<'a> {
    /// Its name; for a message, that of the commit or tag.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// An object that the visitor found something in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundObject {
    /// Its name.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// How many bytes the visitor saw.
    pub size: u64,
    /// The oldest commit that has it. `None` for the message of a tag, and for what no commit has.
    pub first: Option<Introduction>,
    /// Where it still stands at `HEAD`.
    pub head_paths: Vec<RootPath>,
    /// Other places it stands at in the newest commit that has it.
    pub other_paths: Vec<RootPath>,
    /// Some of the refs whose history has it: branches before tags.
    pub refs: Vec<String>,
    /// How many such refs there are.
    pub ref_count: usize,
    /// Whether no ref reaches it: git will drop it one day, and until then anybody with the repository can read it.
    pub is_dangling: bool,
}

/// What a scan saw.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What the visitor found something in, sorted by name.
    pub found: Vec<FoundObject>,
    /// How many blobs the visitor saw.
    pub blobs: u64,
    /// How many messages the visitor saw.
    pub messages: u64,
    /// How many bytes the visitor saw.
    pub bytes: u64,
    /// How many objects were passed over, as an earlier scan has seen them.
    pub known: u64,
    /// How many commits there are.
    pub commits: u64,
    /// What the next scan need not visit, if [`HistoryOptions::keep_state`] asks for it. What something was found in
    /// is not part of it, so that the next scan tells of it again.
    pub state: Option<HistoryState>,
    /// What was not read.
    pub gaps: Vec<Gap>,
}

/// A git repository on disk.
#[derive(Clone, Debug)]
pub struct HistoryRepository {
    tree: WorkTree,
    /// The path that was asked for, below the top of the work tree.
    pub below: PathBuf,
}

impl HistoryRepository {
    /// The repository at or around `path`; bare ones, submodules and linked work trees included.
    pub fn find(path: &Path) -> io::Result<HistoryRepository> {
        let (tree, below) = Discovery::new(false, None, None)?.repository(path)?;
        Ok(HistoryRepository { tree, below })
    }

    /// The repository of a work tree.
    pub fn of(tree: WorkTree) -> HistoryRepository {
        HistoryRepository {
            tree,
            below: PathBuf::new(),
        }
    }
}

/// Gives every blob and every message of `repository` to `visit` once, in parallel and in no order, and tells the
/// origin of those for which it said `true`. Nothing is executed, and nothing is written.
pub fn scan(
    repository: &HistoryRepository,
    options: &HistoryOptions,
    visit: &(dyn Fn(&HistoryObject<'_>) -> bool + Sync),
) -> History {
    let mut gaps = gap::Gaps::default();
    let mut history = match ground::open(&repository.tree, options.submitted, &mut gaps) {
        Ok(ground) => scan::run(ground, &repository.tree, options, visit, &mut gaps),
        Err(error) => {
            gaps.fail(ErrorKind::TargetUnreadable, error.to_string());
            History::default()
        }
    };
    if options.cancel.is_cancelled() {
        gaps.fail(ErrorKind::Deadline, "stopped before all was read");
    }
    history.gaps = gaps.into_list();
    history
}
