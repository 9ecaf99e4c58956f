//! Whether git keeps a file: tracked, not yet, or never because it is ignored. Asked of the few files that matter.

use std::collections::HashSet;
use std::path::Path;

use plimsoll_model::{GitStanding, RootPath};

use crate::git_ignore::IgnoreRules;
use crate::history::tracked_paths;
use crate::root::Root;
use crate::walk::OpenRoot;

/// How git stands to each of `paths` of the tree at `ground`; empty where there is no repository, or none that can be asked.
pub(crate) fn standings(ground: &OpenRoot, paths: Vec<RootPath>) -> Vec<(RootPath, GitStanding)> {
    let Some(tree) = ground.work_tree.as_ref().filter(|_| !paths.is_empty()) else {
        return Vec::new();
    };
    let Ok(below) = ground.absolute.strip_prefix(&tree.top) else {
        return Vec::new();
    };
    let Some(tracked) = tracked_paths(tree) else {
        return Vec::new();
    };
    let standing = |path: RootPath| {
        let standing = standing(&ground.root, below, &tracked, &path);
        (path, standing)
    };
    paths.into_iter().map(standing).collect()
}

fn standing(root: &Root, below: &Path, tracked: &HashSet<Vec<u8>>, path: &RootPath) -> GitStanding {
    let in_tree = below.join(path.as_str());
    if tracked.contains(in_tree.as_os_str().as_encoded_bytes()) {
        GitStanding::Tracked
    } else if is_ignored(root, path) {
        GitStanding::Ignored
    } else {
        GitStanding::Untracked
    }
}

/// Whether the ignore files from the root down to the file's folder leave it out, by its own name or by a folder's.
fn is_ignored(root: &Root, path: &RootPath) -> bool {
    let exclude = Path::new(".git/info/exclude");
    let mut rules = IgnoreRules::default().with_file(root, &RootPath::root(), exclude);
    let mut folder = RootPath::root();
    for component in path.components() {
        let file = Path::new(folder.as_str()).join(".gitignore");
        rules = rules.with_file(root, &folder, &file);
        let Some(next) = folder.join(component) else {
            return false;
        };
        if rules.ignores(&next, next != *path) {
            return true;
        }
        folder = next;
    }
    false
}
