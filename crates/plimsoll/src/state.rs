//! The file that `check --state` keeps between runs: what of a history was searched and holds nothing.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use plimsoll_audit::{HistoryState, KeptState, StateError, scanner_name};
use tempfile::NamedTempFile;

/// Of 60 million objects.
const MAX_BYTES: u64 = 1 << 30;

/// A state and where it is kept.
pub(crate) struct StateFile {
    path: PathBuf,
    scanner: String,
    kept: Arc<KeptState>,
}

impl StateFile {
    /// Reads what is there, with what is to be said of it. A state that does not count makes a full run; what is no state
    /// at all is not written over.
    pub(crate) fn read(path: &Path, explain_suppressed: bool) -> Result<(StateFile, String)> {
        let shown = path.display();
        let scanner = scanner_name(explain_suppressed);
        let bytes = read(path).with_context(|| format!("reading the state {shown}"))?;
        let read = match bytes.as_deref() {
            None | Some([]) => Ok(HistoryState::default()),
            Some(bytes) => HistoryState::from_bytes(bytes, &scanner),
        };
        let (known, note) = match read {
            Ok(known) if known.is_empty() => (known, String::new()),
            Ok(known) => {
                let note = format!("{shown}: {} searched by earlier runs", objects(known.len()));
                (known, note)
            }
            Err(StateError::Foreign) => {
                bail!(
                    "{shown} is no state of a history, and is not written over: name another file"
                )
            }
            Err(other) => {
                let note = format!("{shown}: {other}, so all of the history is searched");
                (HistoryState::default(), note)
            }
        };
        let file = StateFile {
            path: path.to_owned(),
            scanner,
            kept: Arc::new(KeptState::new(known)),
        };
        Ok((file, note))
    }

    /// What the audit goes on from, and leaves its own in.
    pub(crate) fn kept(&self) -> Arc<KeptState> {
        Arc::clone(&self.kept)
    }

    /// Writes what the next run need not search, for the owner's eyes only, and in one step: whoever reads meanwhile reads
    /// the old one. Nothing is written where the history could not be read.
    pub(crate) fn write(&self) -> Result<()> {
        let Some(next) = self.kept.next() else {
            return Ok(());
        };
        let write = || -> Result<()> {
            let folder = match self.path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            // Made readable to the owner alone.
            let mut beside = NamedTempFile::new_in(folder)?;
            beside.write_all(&next.to_bytes(&self.scanner))?;
            beside.as_file().sync_all()?;
            beside.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("writing the state {}", self.path.display()))
    }
}

/// What the file holds; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        bail!("it is no regular file");
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("it is larger than {MAX_BYTES} bytes");
    }
    Ok(Some(bytes))
}

fn objects(count: usize) -> String {
    match count {
        1 => "1 object was".to_owned(),
        count => format!("{count} objects were"),
    }
}
