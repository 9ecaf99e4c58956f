//! From a target to the root it is judged against.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::object_database::RevisionRoots;
use crate::root::{Bytes, Root};
use crate::work_tree::{WorkTree, is_git_directory, work_tree_at};

/// A file whose presence and contents may narrow a root to the folder it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Narrowing {
    /// The file's name.
    pub file_name: &'static str,
    /// Whether contents narrow the root.
    pub narrows: fn(&[u8]) -> bool,
}

pub(crate) const MAX_NARROWING_FILE: u64 = 1 << 20;

/// Where a target stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// The root, absolute, links resolved.
    pub(crate) root: PathBuf,
    /// The target below it.
    pub(crate) inner: PathBuf,
    pub(crate) is_file: bool,
    pub(crate) work_tree: Option<WorkTree>,
}

/// Finds roots, asking about each folder once however many targets share it.
pub(crate) struct Discovery {
    submitted: bool,
    narrowing: Option<Narrowing>,
    /// The root given by the operator, links resolved.
    given: Option<PathBuf>,
    known: HashMap<PathBuf, Option<WorkTree>>,
    narrowed: HashMap<PathBuf, bool>,
}

impl Discovery {
    pub(crate) fn new(
        submitted: bool,
        narrowing: Option<Narrowing>,
        given: Option<&Path>,
    ) -> io::Result<Discovery> {
        Ok(Discovery {
            submitted,
            narrowing,
            given: given.map(std::fs::canonicalize).transpose()?,
            known: HashMap::new(),
            narrowed: HashMap::new(),
        })
    }

    /// Locates the file or folder at `target`.
    pub(crate) fn locate(&mut self, target: &Path) -> io::Result<Located> {
        let absolute = std::fs::canonicalize(target)?;
        let metadata = std::fs::metadata(&absolute)?;
        let is_file = !metadata.is_dir();
        if is_file && !metadata.is_file() {
            return Err(io::Error::other("neither a file nor a folder"));
        }
        let folder = match absolute.parent() {
            Some(parent) if is_file => parent,
            _ => absolute.as_path(),
        };
        let (root, work_tree) = self.root_of(folder);
        let inner = absolute
            .strip_prefix(&root)
            .map_err(|_| io::Error::other(format!("outside the root {}", root.display())))?
            .to_owned();
        Ok(Located {
            root,
            inner,
            is_file,
            work_tree,
        })
    }

    fn root_of(&mut self, folder: &Path) -> (PathBuf, Option<WorkTree>) {
        if let Some(given) = self.given.clone() {
            let work_tree = (!self.submitted).then(|| self.enclosing(&given)).flatten();
            return (given, work_tree);
        }
        if self.submitted {
            return (folder.to_owned(), None);
        }
        let Some(work_tree) = self.enclosing(folder) else {
            return (folder.to_owned(), None);
        };
        let narrowed = folder
            .ancestors()
            .take_while(|ancestor| ancestor.starts_with(&work_tree.top))
            .find(|ancestor| self.narrows(ancestor));
        let root = narrowed.unwrap_or(&work_tree.top).to_owned();
        (root, Some(work_tree))
    }

    /// The innermost work tree around `folder`.
    fn enclosing(&mut self, folder: &Path) -> Option<WorkTree> {
        let mut ancestors: Vec<&Path> = folder.ancestors().collect();
        ancestors.reverse();
        let mut trees: Vec<WorkTree> = Vec::new();
        for ancestor in ancestors {
            let tree = match self.known.get(ancestor) {
                Some(known) => known.clone(),
                None => {
                    let found = work_tree_at(ancestor, &trees);
                    self.known.insert(ancestor.to_owned(), found.clone());
                    found
                }
            };
            trees.extend(tree);
        }
        trees.pop()
    }

    fn narrows(&mut self, folder: &Path) -> bool {
        let Some(narrowing) = self.narrowing else {
            return false;
        };
        if let Some(known) = self.narrowed.get(folder) {
            return *known;
        }
        let contents = Root::open(folder)
            .and_then(|root| root.read(Path::new(narrowing.file_name), MAX_NARROWING_FILE));
        let narrows = matches!(contents, Ok(Bytes::Whole(bytes)) if (narrowing.narrows)(&bytes));
        self.narrowed.insert(folder.to_owned(), narrows);
        narrows
    }

    /// The repository at or around `path`, bare ones included, and `path` below its top. The path itself need
    /// not be there any more: only a folder above it.
    pub(crate) fn repository(&mut self, path: &Path) -> io::Result<(WorkTree, PathBuf)> {
        let mut existing = path;
        let mut rest = PathBuf::new();
        while !existing.is_dir() {
            let name = existing.file_name();
            let name = name.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
            rest = Path::new(name).join(rest);
            existing = match existing.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
        }
        let (tree, inner) = self.repository_of_folder(existing)?;
        let inner = inner.join(rest).components().collect();
        Ok((tree, inner))
    }

    /// The root that `inner` of `tree` is judged against at `revision`, below the tree's top: found as for files on
    /// disk, in the tree of the revision.
    pub(crate) fn revision_root(&self, tree: &WorkTree, revision: &str, inner: &Path) -> PathBuf {
        if let Some(given) = &self.given {
            let below = given.strip_prefix(&tree.top).ok();
            return below.unwrap_or(Path::new("")).to_owned();
        }
        let top = PathBuf::new();
        let Some(roots) = RevisionRoots::new(tree, revision) else {
            return top;
        };
        let Some(folder) = roots.folder(inner) else {
            return top;
        };
        if self.submitted {
            return folder.to_owned();
        }
        let Some(narrowing) = &self.narrowing else {
            return top;
        };
        let narrowed = folder
            .ancestors()
            .find(|ancestor| roots.narrows(ancestor, narrowing));
        narrowed.map_or(top, Path::to_owned)
    }

    fn repository_of_folder(&mut self, path: &Path) -> io::Result<(WorkTree, PathBuf)> {
        let absolute = std::fs::canonicalize(path)?;
        let root = Root::open(&absolute)?;
        if is_git_directory(&root, Path::new("")) {
            let tree = WorkTree {
                top: absolute.clone(),
                git_directory: absolute,
            };
            return Ok((tree, PathBuf::new()));
        }
        let tree = self
            .enclosing(&absolute)
            .ok_or_else(|| io::Error::other("not in a git repository"))?;
        let inner = absolute.strip_prefix(&tree.top).unwrap_or(Path::new(""));
        let inner = inner.to_owned();
        Ok((tree, inner))
    }
}
