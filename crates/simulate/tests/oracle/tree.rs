//! Trees written to disk and recorded from it.

#![expect(clippy::unwrap_used, reason = "only tests use this module")]

use plimsoll_model::{Entry, EntryKind, Inventory, RootPath};
use std::fs;
use std::path::Path;

/// Writes entries below `root`: `a/` is a folder, `a -> b` a link, anything else a file.
pub(crate) fn write_tree(root: &Path, entries: &[String]) {
    for entry in entries {
        let (path, target) = match entry.split_once(" -> ") {
            Some((path, target)) => (path, Some(target)),
            None => (entry.as_str(), None),
        };
        let place = root.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        match target {
            Some(target) => std::os::unix::fs::symlink(target, &place).unwrap(),
            None if path.ends_with('/') => fs::create_dir_all(&place).unwrap(),
            None => fs::write(&place, path).unwrap(),
        }
    }
}

/// Records what stands below `root`.
pub(crate) fn read_tree(root: &Path) -> Inventory {
    let mut entries = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let (kind, link_target) = if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                (EntryKind::Symlink, Some(target.to_str().unwrap().into()))
            } else if metadata.is_dir() {
                folders.push(path.clone());
                (EntryKind::Directory, None)
            } else {
                (EntryKind::File, None)
            };
            let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
            entries.push(Entry {
                path: RootPath::new(relative).unwrap(),
                kind,
                size: if kind == EntryKind::File {
                    metadata.len()
                } else {
                    0
                },
                link_target,
                listed: true,
            });
        }
    }
    Inventory::new(entries)
}
