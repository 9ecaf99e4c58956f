//! A repository's object database: opening it, and finding one's way from a revision to a tree.

use std::path::{Path, PathBuf};

use gix::{ObjectId, Repository, ThreadSafeRepository};
use plimsoll_model::ErrorKind;

use crate::discover::{MAX_NARROWING_FILE, Narrowing};
use crate::work_tree::WorkTree;

/// Where a repository records the commit of a submodule.
#[derive(Clone, Debug)]
pub(crate) struct Gitlink {
    /// The outer repository.
    pub(crate) tree: WorkTree,
    /// The submodule's folder below its top.
    pub(crate) path: PathBuf,
}

/// The commit of the innermost submodule at `revision` of the outermost repository; `None` where it was not there.
pub(crate) fn recorded(links: &[Gitlink], revision: &str) -> Result<Option<String>, Failure> {
    let mut revision = revision.to_owned();
    for link in links {
        let repository = open(&link.tree)?.to_thread_local();
        let commit = resolve(&repository, &revision)?;
        let missing = || Failure::missing(format!("a tree of `{revision}` is missing"));
        let tree = repository.find_tree(commit.tree).map_err(|_| missing())?;
        let entry = tree
            .lookup_entry_by_path(&link.path)
            .map_err(|_| missing())?
            .filter(|entry| entry.mode().is_commit());
        match entry {
            Some(entry) => revision = entry.object_id().to_string(),
            None => return Ok(None),
        }
    }
    Ok(Some(revision))
}

/// What the tree of a revision says about where its roots are.
pub(crate) struct RevisionRoots {
    repository: Repository,
    tree: ObjectId,
}

impl RevisionRoots {
    /// `None` where the revision cannot be read, which reading it will tell.
    pub(crate) fn new(tree: &WorkTree, revision: &str) -> Option<RevisionRoots> {
        let repository = open(tree).ok()?.to_thread_local();
        let tree = resolve(&repository, revision).ok()?.tree;
        Some(RevisionRoots { repository, tree })
    }

    /// The folder that `path` is or stands in; `None` where it is not there.
    pub(crate) fn folder<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        if path.as_os_str().is_empty() {
            return Some(path);
        }
        let tree = self.repository.find_tree(self.tree).ok()?;
        let entry = tree.lookup_entry_by_path(path).ok()??;
        if entry.mode().is_tree() {
            Some(path)
        } else {
            path.parent()
        }
    }

    /// Whether a file in `folder` narrows the root to it.
    pub(crate) fn narrows(&self, folder: &Path, narrowing: &Narrowing) -> bool {
        let read = || {
            let tree = self.repository.find_tree(self.tree).ok()?;
            let file = folder.join(narrowing.file_name);
            let entry = tree.lookup_entry_by_path(file).ok()??;
            let id = entry.object_id();
            let size = self.repository.find_header(id).ok()?.size();
            let is_small = entry.mode().is_blob() && size <= MAX_NARROWING_FILE;
            let object = is_small.then(|| self.repository.find_object(id))?.ok()?;
            Some((narrowing.narrows)(&object.data))
        };
        read().unwrap_or(false)
    }
}

/// Why a revision could not be read.
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
}

impl Failure {
    fn unreadable(message: String) -> Failure {
        Failure {
            kind: ErrorKind::TargetUnreadable,
            message,
        }
    }

    fn missing(message: String) -> Failure {
        Failure {
            kind: ErrorKind::ObjectMissing,
            message,
        }
    }
}

/// Opens the repository without the machine's or the user's configuration, and without what `refs/replace` shows in the
/// place of an object: a clone does not have it.
pub(crate) fn open(tree: &WorkTree) -> Result<ThreadSafeRepository, Failure> {
    gix::open::Options::isolated()
        .open_path_as_is(true)
        .with(gix::sec::Trust::Full)
        .config_overrides(["core.useReplaceRefs=false"])
        .open(&tree.git_directory)
        .map_err(|error| Failure::unreadable(format!("the git directory does not open: {error}")))
}

/// A commit and its tree.
pub(crate) struct Commit {
    pub(crate) id: ObjectId,
    pub(crate) tree: ObjectId,
}

pub(crate) fn resolve(repository: &Repository, revision: &str) -> Result<Commit, Failure> {
    let id = repository
        .rev_parse_single(revision)
        .map_err(|_| Failure::unreadable(format!("no revision `{revision}` in this repository")))?
        .detach();
    let missing = |what: &str| Failure::missing(format!("`{revision}`: {what} {id} is missing"));
    let object = repository.find_object(id).map_err(|_| missing("object"))?;
    let commit = object
        .peel_to_kind(gix::objs::Kind::Commit)
        .map_err(|_| Failure::unreadable(format!("`{revision}` is no commit")))?;
    let commit_id = commit.id;
    let commit = commit
        .try_into_commit()
        .map_err(|_| Failure::unreadable(format!("`{revision}` is no commit")))?;
    let tree = commit
        .tree_id()
        .map_err(|_| Failure::unreadable(format!("`{revision}` is damaged")))?;
    Ok(Commit {
        id: commit_id,
        tree: tree.detach(),
    })
}

/// The tree at `below`; `None` where that is not there at the revision.
pub(crate) fn subtree(
    repository: &Repository,
    top: ObjectId,
    below: &Path,
) -> Result<Option<ObjectId>, Failure> {
    if below.as_os_str().is_empty() {
        return Ok(Some(top));
    }
    let missing = || {
        Failure::missing(format!(
            "a tree on the way to {} is missing",
            below.display()
        ))
    };
    let tree = repository.find_tree(top).map_err(|_| missing())?;
    let entry = tree.lookup_entry_by_path(below).map_err(|_| missing())?;
    Ok(entry
        .filter(|entry| entry.mode().is_tree())
        .map(|entry| entry.object_id()))
}
