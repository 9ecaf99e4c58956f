//! Copying a tree as a fresh checkout would have it: links kept as links, bounded in count and bytes.

use std::fs::{OpenOptions, create_dir_all};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use plimsoll_collect::{Bytes, OpenRoot, WalkOptions, walk};
use plimsoll_model::{Entry, EntryKind};

/// Entries that are copied at most.
const MAX_ENTRIES: usize = 200_000;
/// Bytes that are copied at most.
const MAX_BYTES: u64 = 1 << 30;
/// Bytes of one file.
const MAX_FILE: u64 = 256 << 20;

/// What a copy holds.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    pub(crate) bytes: u64,
    /// What was left out, in words.
    pub(crate) left_out: Vec<String>,
}

/// Copies the tree at `from` to the new folder `to`. What git ignores is left out, as in a fresh checkout; so is the git
/// directory.
pub(crate) fn copy_tree(
    from: &Path,
    to: &Path,
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<Copied> {
    let ground = OpenRoot::open(from)?;
    create_dir_all(to)?;
    let options = WalkOptions {
        max_entries: MAX_ENTRIES,
        ..WalkOptions::default()
    };
    let mut copied = Copied::default();
    let mut outcome = Ok(());
    let walked = walk(&ground, &options, &mut |entry| {
        if outcome.is_ok() && !is_cancelled() {
            outcome = copy_entry(&ground, &entry, to, &mut copied);
        }
    });
    outcome?;
    let notes = walked.notes.iter();
    let notes = notes.map(|note| format!("{}: {}", note.path, note.detail));
    copied.left_out.extend(notes);
    Ok(copied)
}

fn copy_entry(ground: &OpenRoot, entry: &Entry, to: &Path, copied: &mut Copied) -> io::Result<()> {
    let path = Path::new(entry.path.as_str());
    if path.file_name().is_some_and(|name| name == ".git") {
        return Ok(());
    }
    let target = to.join(path);
    match entry.kind {
        EntryKind::Directory => create_dir_all(&target),
        EntryKind::Symlink => match &entry.link_target {
            Some(leads) => symlink(&**leads, &target),
            None => Ok(()),
        },
        EntryKind::Other => Ok(()),
        EntryKind::File => {
            let left = MAX_BYTES.saturating_sub(copied.bytes);
            match ground.root.read(path, MAX_FILE.min(left)) {
                Ok(Bytes::Whole(bytes)) => {
                    copied.bytes += bytes.len() as u64;
                    let mode = mode(&ground.absolute.join(path));
                    write_new(&target, &bytes, mode)
                }
                Ok(Bytes::TooLarge) => {
                    let why = format!("{}: too large for the copy", entry.path);
                    copied.left_out.push(why);
                    Ok(())
                }
                Err(error) => {
                    copied.left_out.push(format!("{}: {error}", entry.path));
                    Ok(())
                }
            }
        }
    }
}

/// The permissions of a file; ordinary ones where it is gone.
fn mode(path: &Path) -> u32 {
    let metadata = std::fs::symlink_metadata(path);
    metadata.map_or(0o644, |metadata| metadata.permissions().mode() & 0o755)
}

/// Writes a file that is not there yet, following no link.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_links_and_nothing_is_followed() {
        let from = tempfile::tempdir().unwrap();
        let to = tempfile::tempdir().unwrap();
        create_dir_all(from.path().join("a/.git")).unwrap();
        std::fs::write(from.path().join("a/run.sh"), "x").unwrap();
        std::fs::set_permissions(
            from.path().join("a/run.sh"),
            PermissionsExt::from_mode(0o4755),
        )
        .unwrap();
        symlink("/etc/passwd", from.path().join("out")).unwrap();
        let target = to.path().join("copy");
        let copied = copy_tree(from.path(), &target, &|| false).unwrap();
        assert_eq!(copied.bytes, 1);
        assert_eq!(
            std::fs::read_link(target.join("out")).unwrap(),
            Path::new("/etc/passwd")
        );
        assert_eq!(mode(&target.join("a/run.sh")), 0o755);
        assert!(!target.join("a/.git").exists());
    }
}
