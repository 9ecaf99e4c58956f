//! The folder of a run: fresh, locked as long as the run lives, gone with it.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use plimsoll_engine::random_hex;
use rustix::fs::FlockOperation;

/// How the folders of runs are called.
pub(crate) const PREFIX: &str = "plimsoll-prove-";
/// The label on every image and container of a run; its value is the run's id.
pub(crate) const LABEL: &str = "plimsoll.prove.run";

/// The file that is locked as long as a run lives.
pub(crate) const LOCK: &str = "lock";

/// The folder of a run.
pub(crate) struct Workshop {
    path: PathBuf,
    id: String,
    /// Locked; the kernel lets go of it however the process ends.
    _lock: File,
}

impl Workshop {
    /// A fresh folder beneath `parent`.
    pub(crate) fn new(parent: &Path) -> io::Result<Workshop> {
        let id = format!("{}-{}", owner()?, random_hex(8)?);
        let path = parent.join(format!("{PREFIX}{id}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        // It takes its name once it is locked: a lock that is free belongs to nobody who lives.
        let unnamed = path.join("lock.new");
        let mut lock = File::create_new(&unnamed)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        writeln!(lock, "{id}")?;
        std::fs::rename(unnamed, path.join(LOCK))?;
        // What is joined to it must not climb out through a link of the temporary folder's own.
        let path = std::fs::canonicalize(path)?;
        Ok(Workshop {
            path,
            id,
            _lock: lock,
        })
    }

    /// Where it is, links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Names the run: in labels, tags and tokens.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The random part of the id.
    pub(crate) fn short(&self) -> &str {
        self.id.rsplit('-').next().unwrap_or_default()
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What stays is swept by the next run.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Who runs, so that a later run can tell whether it still does: the boot, the namespace of process ids, the process,
/// and when it started.
fn owner() -> io::Result<String> {
    Ok(format!(
        "{}-{}-{}",
        Host::here()?,
        std::process::id(),
        start_time(std::process::id()).unwrap_or_default()
    ))
}

/// A machine since it booted, as far as process ids mean the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) boot: String,
    pub(crate) namespace: String,
}

impl Host {
    /// Where this process runs.
    pub(crate) fn here() -> io::Result<Host> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        let namespace = std::fs::read_link("/proc/self/ns/pid")?;
        let digits = |text: &str, kept: fn(&char) -> bool| text.chars().filter(kept).collect();
        let boot: String = digits(&boot, char::is_ascii_hexdigit);
        Ok(Host {
            boot: boot.chars().take(12).collect(),
            namespace: digits(&namespace.to_string_lossy(), char::is_ascii_digit),
        })
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.boot, self.namespace)
    }
}

/// When a process started, in ticks since the boot; `None` where there is no such process.
pub(crate) fn start_time(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold blanks and parentheses.
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_whitespace().nth(19)?.parse().ok()
}
