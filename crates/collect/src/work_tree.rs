//! What makes a folder a git work tree: a real git directory, or a link to one that vouches for it.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::FileType;

use crate::root::{Bytes, Root};

const MAX_LINK_FILE: u64 = 8 << 10;

/// A git work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkTree {
    /// Its top folder.
    pub top: PathBuf,
    /// Its git directory.
    pub git_directory: PathBuf,
}

/// The work tree with its top at `folder`, if it is one. `enclosing` are the work trees around it.
///
/// A `.git` folder must be a git directory, so an empty one planted to narrow the root does not count. A `.git`
/// file must name a directory inside the git directory of a work tree around it (a submodule), or one that
/// links back to this folder (a linked work tree, which may stand anywhere).
pub(crate) fn work_tree_at(folder: &Path, enclosing: &[WorkTree]) -> Option<WorkTree> {
    let root = Root::open(folder).ok()?;
    let found = |git_directory| {
        Some(WorkTree {
            top: folder.to_owned(),
            git_directory,
        })
    };
    match root.file_type(Path::new(".git"))? {
        FileType::Directory if is_git_directory(&root, Path::new(".git")) => {
            found(folder.join(".git"))
        }
        FileType::RegularFile => {
            let target = link_target(&root, Path::new(".git"), folder)?;
            let vouched = enclosing.iter().any(|tree| is_inside(&target, tree))
                || links_back(&target, folder);
            found(target).filter(|_| vouched)
        }
        _ => None,
    }
}

/// The work tree with its top at `folder` below `root`, which stands at `absolute` in `enclosing`. Opens
/// nothing outside the root: what a `.git` file there names is compared, not visited.
pub(crate) fn nested_work_tree(
    root: &Root,
    absolute: &Path,
    folder: &Path,
    enclosing: Option<&WorkTree>,
) -> Option<WorkTree> {
    let git = folder.join(".git");
    let top = absolute.join(folder);
    match root.file_type(&git)? {
        FileType::Directory if is_git_directory(root, &git) => Some(WorkTree {
            git_directory: absolute.join(git),
            top,
        }),
        FileType::RegularFile => {
            let target = link_target(root, &git, &top)?;
            let inside = is_inside(&target, enclosing?);
            let visible = target.strip_prefix(absolute).ok();
            let real = visible.is_none_or(|below| root.file_type(&below.join("HEAD")).is_some());
            (inside && real).then_some(WorkTree {
                top,
                git_directory: target,
            })
        }
        _ => None,
    }
}

fn is_inside(target: &Path, tree: &WorkTree) -> bool {
    target != tree.git_directory && target.starts_with(&tree.git_directory)
}

/// Whether the folder at `path` holds what git itself asks of a git directory.
pub(crate) fn is_git_directory(root: &Root, path: &Path) -> bool {
    let is = |name: &str, types: &[FileType]| {
        root.file_type(&path.join(name))
            .is_some_and(|found| types.contains(&found))
    };
    is("HEAD", &[FileType::RegularFile, FileType::Symlink])
        && is("objects", &[FileType::Directory])
        && is("refs", &[FileType::Directory])
}

/// Where the `.git` file at `file` points, seen from `folder`.
fn link_target(root: &Root, file: &Path, folder: &Path) -> Option<PathBuf> {
    let line = read_line(root, file)?;
    let target = line.strip_prefix(b"gitdir:")?.trim_ascii();
    resolve(folder, target)
}

fn read_line(root: &Root, file: &Path) -> Option<Vec<u8>> {
    match root.read(file, MAX_LINK_FILE) {
        Ok(Bytes::Whole(bytes)) => Some(bytes.trim_ascii().to_owned()),
        _ => None,
    }
}

/// Whether `git_directory` is `…/worktrees/NAME` of a git directory outside `folder` and names `folder`'s `.git`.
fn links_back(git_directory: &Path, folder: &Path) -> bool {
    let Some(worktrees) = git_directory.parent() else {
        return false;
    };
    let Some(main) = worktrees.parent() else {
        return false;
    };
    if !worktrees.ends_with("worktrees") || main.starts_with(folder) {
        return false;
    }
    let Ok(main) = Root::open(main) else {
        return false;
    };
    let Some(name) = git_directory.file_name() else {
        return false;
    };
    let file = Path::new("worktrees").join(name).join("gitdir");
    let back = read_line(&main, &file).and_then(|line| resolve(git_directory, &line));
    is_git_directory(&main, Path::new("")) && back.is_some_and(|back| back == folder.join(".git"))
}

/// `target` seen from `folder`, normalised lexically.
fn resolve(folder: &Path, target: &[u8]) -> Option<PathBuf> {
    if target.is_empty() || target.contains(&0) {
        return None;
    }
    let joined = folder.join(std::ffi::OsStr::from_bytes(target));
    let mut path = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Some(path)
}
