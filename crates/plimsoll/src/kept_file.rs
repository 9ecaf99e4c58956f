//! A file that somebody asked to keep: written beside its place, and put there once it is whole.

use std::ffi::OsStr;
use std::fs::{File, Metadata, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

/// A file that is being written.
pub(crate) enum KeptFile {
    /// It takes its name once it is whole.
    Beside(NamedTempFile, PathBuf),
    /// What is there is no regular file (`/dev/stdout`, a pipe): it is written to, never replaced.
    InPlace(File),
}

impl KeptFile {
    /// Begins the file at `path`.
    pub(crate) fn create(path: &Path) -> Result<KeptFile> {
        let shown = path.display();
        let is_special = std::fs::symlink_metadata(path).is_ok_and(|standing| !standing.is_file());
        if is_special {
            let file = File::create(path).with_context(|| format!("writing {shown}"))?;
            return Ok(KeptFile::InPlace(file));
        }
        let Some(name) = path.file_name().and_then(OsStr::to_str) else {
            bail!("{shown} names no file");
        };
        let folder = folder(path);
        remove_left(&folder.join(partial_name(name)))
            .with_context(|| format!("writing {shown}"))?;
        let file = tempfile::Builder::new()
            .prefix(&partial_name(name))
            .suffix("")
            .rand_bytes(0)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("writing {shown}"))?;
        let lock = file.as_file().try_lock();
        lock.with_context(|| format!("writing {shown}"))?;
        Ok(KeptFile::Beside(file, path.to_owned()))
    }

    /// Where to write.
    pub(crate) fn file(&self) -> &File {
        match self {
            KeptFile::Beside(file, _) => file.as_file(),
            KeptFile::InPlace(file) => file,
        }
    }

    /// It is whole.
    pub(crate) fn keep(self) -> Result<()> {
        if let KeptFile::Beside(file, path) = self {
            let shown = path.display().to_string();
            if !is_still_there(&file) {
                bail!("writing {shown}: another run has taken its place");
            }
            file.persist(path)
                .map_err(|error| error.error)
                .with_context(|| format!("writing {shown}"))?;
        }
        Ok(())
    }
}

/// Removes what a run that was killed left at `partial`, but nothing that another run still writes.
fn remove_left(partial: &Path) -> io::Result<()> {
    let left = match File::open(partial) {
        Ok(left) => left,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    match left.try_lock() {
        Ok(()) => std::fs::remove_file(partial),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another run is writing it")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the name of a file that is being written still is its own.
fn is_still_there(file: &NamedTempFile) -> bool {
    let place = |data: Metadata| (data.dev(), data.ino());
    let named = std::fs::symlink_metadata(file.path()).map(place);
    let held = file.as_file().metadata().map(place);
    matches!((named, held), (Ok(named), Ok(held)) if named == held)
}

/// Keeps `text` at `path`.
pub(crate) fn keep(path: &Path, text: &str) -> Result<()> {
    let kept = KeptFile::create(path)?;
    kept.file()
        .write_all(text.as_bytes())
        .with_context(|| format!("writing {}", path.display()))?;
    kept.keep()
}

/// The folder of a file.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// What a file is called until it is whole.
pub(crate) fn partial_name(name: &str) -> String {
    format!(".{name}.partial")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_is_whole_or_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facts.json");
        std::fs::write(&path, "old").unwrap();
        let unfinished = KeptFile::create(&path).unwrap();
        unfinished.file().write_all(b"ne").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        drop(unfinished);
        assert_eq!(names(folder.path()), ["facts.json"]);
        keep(&path, "new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["facts.json"]);
    }

    #[test]
    fn two_runs_do_not_write_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.tar");
        let first = KeptFile::create(&path).unwrap();
        let second = KeptFile::create(&path).map(|_| ());
        assert!(format!("{:#}", second.unwrap_err()).ends_with("another run is writing it"));
        first.file().write_all(b"whole").unwrap();
        first.keep().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        // What a killed run left is no run.
        std::fs::write(folder.path().join(partial_name("c.tar")), "half").unwrap();
        keep(&path, "new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let taken = KeptFile::create(&path).unwrap();
        std::fs::remove_file(folder.path().join(partial_name("c.tar"))).unwrap();
        std::fs::write(folder.path().join(partial_name("c.tar")), "other").unwrap();
        assert!(taken.keep().is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("target", &link).unwrap();
        keep(&link, "text").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        let written = std::fs::read(folder.path().join("target")).unwrap();
        assert_eq!(written, b"text");
    }
}
