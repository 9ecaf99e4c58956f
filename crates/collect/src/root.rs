//! A folder as a capability: everything below it can be opened, nothing outside it can.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

/// An open folder. Opens only what lies beneath it, and passes through no symbolic link on the way, so a
/// link swapped in while we read cannot lead out.
#[derive(Debug)]
pub struct Root {
    directory: OwnedFd,
}

/// What a file turned out to hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Bytes {
    /// All of it.
    Whole(Vec<u8>),
    /// More than the bound; nothing was kept.
    TooLarge,
}

impl Root {
    /// Opens the folder at `path`, a path the operator named; its own links are followed.
    pub fn open(path: &Path) -> io::Result<Root> {
        let directory = rustix::fs::openat(CWD, path, directory_flags(), Mode::empty())?;
        Ok(Root { directory })
    }

    /// Opens the folder at `path` below this one as a root of its own.
    pub fn open_root(&self, path: &Path) -> io::Result<Root> {
        let directory = self.open_directory(path)?;
        Ok(Root { directory })
    }

    /// Opens the folder at `path`; the empty path is the root itself.
    pub(crate) fn open_directory(&self, path: &Path) -> io::Result<OwnedFd> {
        open_beneath(self.directory.as_fd(), path, directory_flags())
    }

    /// Reads the regular file at `path`, at most `limit` bytes. Devices, sockets and FIFOs are refused unread.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Bytes> {
        let file = open_beneath(self.directory.as_fd(), path, file_flags())?;
        read_regular(file.into(), limit)
    }

    /// Opens the regular file at `path`. Devices, sockets and FIFOs are refused.
    pub(crate) fn open_file(&self, path: &Path) -> io::Result<File> {
        let file = File::from(open_beneath(self.directory.as_fd(), path, file_flags())?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        Ok(file)
    }

    /// Opens the regular file at `path` for reading in pieces. Devices, sockets and FIFOs are refused.
    pub(crate) fn open_regular(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(open_beneath(self.directory.as_fd(), path, flags)?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::other("not a regular file"))
        }
    }

    /// What stands at `path`, not following a link there; `None` where there is nothing we may see.
    pub(crate) fn file_type(&self, path: &Path) -> Option<FileType> {
        let name = path.file_name()?;
        let parent = self.open_directory(path.parent()?).ok()?;
        let stat = rustix::fs::statat(parent, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some(FileType::from_raw_mode(stat.st_mode))
    }
}

fn file_flags() -> OFlags {
    OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

fn directory_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
}

/// Reads `file` if it is a regular one, at most `limit` bytes.
pub(crate) fn read_regular(file: File, limit: u64) -> io::Result<Bytes> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.len() > limit {
        return Ok(Bytes::TooLarge);
    }
    read_bounded(file, metadata.len(), limit)
}

/// Reads all of `source`, unless it holds more than `limit` bytes.
pub(crate) fn read_bounded(source: impl Read, expected: u64, limit: u64) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(limit)).unwrap_or(0) + 1);
    source
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Ok(Bytes::TooLarge);
    }
    Ok(Bytes::Whole(bytes))
}

/// Opens `path` beneath `directory`, passing through no link.
fn open_beneath(directory: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    match open_in_one_call(directory, path, flags) {
        // No such call on this kernel, forbidden by a filter, or a path longer than one call takes.
        Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => {
            open_by_component(directory, path, flags)
        }
        other => Ok(other?),
    }
}

/// The kernel holds the border in one call. It asks to try again where a rename raced with it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn open_in_one_call(
    directory: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    use rustix::fs::ResolveFlags;
    const TRIES: usize = 8;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
    let mut outcome = Err(Errno::AGAIN);
    for _ in 0..TRIES {
        outcome = rustix::fs::openat2(directory, path, flags, Mode::empty(), resolve);
        if !matches!(outcome, Err(Errno::AGAIN | Errno::INTR)) {
            break;
        }
    }
    outcome
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn open_in_one_call(_: BorrowedFd<'_>, _: &Path, _: OFlags) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// One component at a time, each opened from the folder before it without following a link.
fn open_by_component(directory: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            _ => return Err(io::Error::other("the path leaves the root")),
        }
    }
    let Some((last, folders)) = names.split_last() else {
        let flags = flags | OFlags::NOFOLLOW;
        return Ok(rustix::fs::openat(directory, ".", flags, Mode::empty())?);
    };
    let mut current: Option<OwnedFd> = None;
    for name in folders {
        let from = current.as_ref().map_or(directory, |folder| folder.as_fd());
        let flags = directory_flags() | OFlags::NOFOLLOW;
        current = Some(rustix::fs::openat(from, *name, flags, Mode::empty())?);
    }
    let from = current.as_ref().map_or(directory, |folder| folder.as_fd());
    let flags = flags | OFlags::NOFOLLOW;
    Ok(rustix::fs::openat(from, *last, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("root/a/b")).unwrap();
        std::fs::write(folder.path().join("root/a/b/file"), "inside").unwrap();
        std::fs::write(folder.path().join("outside"), "outside").unwrap();
        symlink("../../outside", folder.path().join("root/a/out")).unwrap();
        symlink("b", folder.path().join("root/a/link")).unwrap();
        symlink("/", folder.path().join("root/top")).unwrap();
        folder
    }

    #[test]
    fn nothing_outside_opens_and_no_link_is_followed() {
        let folder = tree();
        let root = Root::open(&folder.path().join("root")).unwrap();
        let outside = folder.path().join("outside");
        let cases = [
            ("a/b/file", true),
            ("./a/b/file", true),
            ("a/out", false),
            ("a/link/file", false),
            ("top/etc/passwd", false),
            ("../outside", false),
            ("a/../../outside", false),
            (outside.to_str().unwrap(), false),
            ("a/b", false),
        ];
        for (path, opens) in cases {
            let path = Path::new(path);
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let slow = open_by_component(root.directory.as_fd(), path, flags)
                .and_then(|fd| read_regular(fd.into(), 10));
            assert_eq!(root.read(path, 10).is_ok(), opens, "{path:?}");
            assert_eq!(slow.is_ok(), opens, "{path:?} by component");
        }
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let folder = tree();
        let root = Root::open(folder.path()).unwrap();
        rustix::fs::mknodat(
            CWD,
            folder.path().join("fifo"),
            FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(root.read(Path::new("fifo"), 10).is_err());
    }

    #[test]
    fn reading_stops_at_the_bound() {
        let folder = tree();
        let root = Root::open(folder.path()).unwrap();
        let outside = Path::new("outside");
        assert_eq!(root.read(outside, 6).unwrap(), Bytes::TooLarge);
        assert_eq!(
            root.read(outside, 7).unwrap(),
            Bytes::Whole(b"outside".to_vec())
        );
    }

    #[test]
    fn paths_longer_than_one_call_takes_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::open(folder.path()).unwrap();
        let mut path = std::path::PathBuf::new();
        for _ in 0..40 {
            let parent = root.open_directory(&path).unwrap();
            let name = "d".repeat(200);
            rustix::fs::mkdirat(parent, name.as_str(), Mode::RWXU).unwrap();
            path.push(name);
        }
        assert!(root.open_directory(&path).is_ok());
    }
}
