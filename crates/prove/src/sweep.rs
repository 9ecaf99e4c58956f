//! Removing what a run left that was killed: its folder, its images, its containers.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use plimsoll_engine::Engine;
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::workshop::{Host, LABEL, LOCK, PREFIX, start_time};

/// Removes folders of dead runs beneath `parent`.
pub(crate) fn folders(parent: &Path) {
    let (Ok(entries), Ok(here)) = (std::fs::read_dir(parent), Host::here()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let run = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(run) = run
            && owned_folder(&entry.path())
            && let Some(_held) = Dead::claim(&entry.path(), run, &here)
        {
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

/// The folder of a run that is over; no other sweep takes it meanwhile.
enum Dead {
    /// Its lock was free, and is held until the folder is gone.
    Locked { _lock: File },
    /// It ended before it had a lock.
    NeverLocked,
}

impl Dead {
    /// The folder of `run`, if it is dead. A live one has locked its lock before the lock has its name.
    fn claim(folder: &Path, run: &str, here: &Host) -> Option<Dead> {
        match File::open(folder.join(LOCK)) {
            Ok(lock) => rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)
                .ok()
                .map(|()| Dead::Locked { _lock: lock }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                is_over(run, here).then_some(Dead::NeverLocked)
            }
            Err(_) => None,
        }
    }
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
    *namespace == here.namespace && is_gone(process, start)
}

/// Whether the process that began at `start` is no more. One that is there but cannot be looked at may be it.
fn is_gone(process: u32, start: u64) -> bool {
    match start_time(process) {
        Some(found) => found != start,
        None => i32::try_from(process)
            .ok()
            .and_then(Pid::from_raw)
            .is_none_or(|process| test_kill_process(process) == Err(Errno::SRCH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workshop::Workshop;

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
            (format!("b-1-{}-{start}-x", u32::MAX), true),
            ("nonsense".to_owned(), false),
            ("b-1-x-y-z".to_owned(), false),
        ] {
            assert_eq!(is_over(&run, &here), over, "{run}");
        }
    }
    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn only_folders_of_dead_runs_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let live = Workshop::new(parent.path()).unwrap();
        let live_name = format!("{PREFIX}{}", live.id());
        // Its process has made the folder, and is about to make its lock.
        let fresh = format!("{live_name}0");
        let (boot, rest) = live.id().split_once('-').unwrap();
        let ended = format!("{PREFIX}{}-{rest}", boot.chars().rev().collect::<String>());
        let unlocked = format!("{PREFIX}unlocked");
        let foreign = "something-else".to_owned();
        for name in [&fresh, &ended, &unlocked, &foreign] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        std::fs::write(parent.path().join(&fresh).join("lock.new"), "").unwrap();
        std::fs::write(parent.path().join(&unlocked).join(LOCK), "").unwrap();
        // A link to somebody's folder is none of ours.
        let link = format!("{PREFIX}link");
        std::os::unix::fs::symlink(&foreign, parent.path().join(&link)).unwrap();
        folders(parent.path());
        let mut expected = vec![live_name, fresh, foreign, link];
        expected.sort();
        assert_eq!(names(parent.path()), expected);
        drop(live);
    }

    /// Runs begin while others sweep: none loses its folder.
    #[test]
    fn a_run_that_begins_is_not_swept() {
        let parent = tempfile::tempdir().unwrap();
        let begin = || {
            for _ in 0..200 {
                let workshop = Workshop::new(parent.path()).unwrap();
                assert!(workshop.path().join(LOCK).exists());
                std::thread::yield_now();
                assert!(workshop.path().join(LOCK).exists());
            }
        };
        std::thread::scope(|scope| {
            let sweeping = scope.spawn(|| (0..400).for_each(|_| folders(parent.path())));
            begin();
            sweeping.join().unwrap();
        });
        assert!(names(parent.path()).is_empty());
    }
}
