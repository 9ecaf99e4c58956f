//! A file that somebody asked to keep: written beside its place, and put there once it is whole.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
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
        let partial = folder.join(partial_name(name));
        // One of a run that was killed; its name is ours.
        let _ = std::fs::remove_file(&partial);
        let file = tempfile::Builder::new()
            .prefix(&partial_name(name))
            .suffix("")
            .rand_bytes(0)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .with_context(|| format!("writing {shown}"))?;
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
            file.persist(path)
                .map_err(|error| error.error)
                .with_context(|| format!("writing {shown}"))?;
        }
        Ok(())
    }
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
