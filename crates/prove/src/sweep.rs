//! Removing what a run left that was killed: its folder, its images, its containers.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use plimsoll_engine::Engine;
use rustix::fs::FlockOperation;

use crate::workshop::{Host, LABEL, PREFIX, start_time};

/// Removes folders of dead runs beneath `parent`. One is dead when its lock is free.
pub(crate) fn folders(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_string_lossy().starts_with(PREFIX);
        if is_ours && owned_folder(&entry.path()) && is_dead(&entry.path()) {
            // What cannot be removed stays for the next sweep.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether `path` is a folder, not a link to one, of this user's.
fn owned_folder(path: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    std::fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
}

fn is_dead(folder: &Path) -> bool {
    let Ok(lock) = File::open(folder.join("lock")) else {
        // It may have been made this instant.
        return false;
    };
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Removes images and containers of dead runs from the engine.
pub(crate) fn engine(engine: &Engine) {
    let Ok(here) = Host::here() else { return };
    let dead = |labels: &std::collections::BTreeMap<String, String>| {
        labels.get(LABEL).is_some_and(|run| is_over(run, &here))
    };
    let reader = engine.reader();
    for container in reader.containers(Some(LABEL)).unwrap_or_default() {
        if dead(&container.labels) {
            let _ = engine.remove_container(&container.id);
        }
    }
    // An image goes only when those built on it are gone: each round removes the newest.
    for _ in 0..16 {
        let images = reader.images(Some(LABEL)).unwrap_or_default();
        let mut removed = false;
        for image in images.iter().filter(|image| dead(&image.labels)) {
            removed |= engine.remove_image(&image.id, true).is_ok();
        }
        if !removed {
            return;
        }
    }
}

/// Whether the run `boot-namespace-process-start-random` is over. Another boot's is; one of another namespace of
/// process ids cannot be judged and is left alone.
fn is_over(run: &str, here: &Host) -> bool {
    let parts: Vec<&str> = run.split('-').collect();
    let [boot, namespace, process, start, _] = parts.as_slice() else {
        return false;
    };
    if *boot != here.boot {
        return true;
    }
    let (Ok(process), Ok(start)) = (process.parse(), start.parse()) else {
        return false;
    };
    *namespace == here.namespace && start_time(process) != Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_dead_is_over() {
        let here = Host {
            boot: "b".to_owned(),
            namespace: "1".to_owned(),
        };
        let me = std::process::id();
        let start = start_time(me).unwrap();
        for (run, over) in [
            (format!("b-1-{me}-{start}-x"), false),
            (format!("b-1-{me}-{}-x", start + 1), true),
            (format!("b-2-{me}-{}-x", start + 1), false),
            (format!("other-2-{me}-{start}-x"), true),
            ("nonsense".to_owned(), false),
            ("b-1-x-y-z".to_owned(), false),
        ] {
            assert_eq!(is_over(&run, &here), over, "{run}");
        }
    }
}
