//! How fast sources are scanned on one core: `cargo bench -p plimsoll-secrets -- FOLDER...`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use plimsoll_secrets::{HashKey, Scanner};

/// Runs over all files; the quickest counts.
const RUNS: usize = 3;
/// Larger files are no sources.
const LARGEST: u64 = 4 << 20;
/// Enough for a stable figure.
const ENOUGH: usize = 200 << 20;

fn main() {
    let mut folders: Vec<PathBuf> = std::env::args_os()
        .skip(1)
        .filter(|argument| !argument.to_string_lossy().starts_with('-'))
        .map(PathBuf::from)
        .collect();
    if folders.is_empty() {
        folders.extend(cargo_sources());
    }
    let mut files = Vec::new();
    let mut bytes = 0;
    for folder in &folders {
        read(folder, &mut files, &mut bytes);
    }
    let scanner = Scanner::new(HashKey::new(b"bench"));
    let mut best = f64::MAX;
    let mut found = 0;
    for _ in 0..RUNS {
        let started = Clock::start();
        found = files.iter().map(|(_, text)| scanner.scan(text).len()).sum();
        best = best.min(started.seconds());
    }
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{} files, {megabytes:.1} MB: {:.0} MB/s, {found} matches",
        files.len(),
        megabytes / best
    );
    if std::env::var_os("PLIMSOLL_SECRETS_SHOW").is_some() {
        show(&scanner, &files);
    }
}

/// Processor time of this thread, where the system tells it, so that other work on the machine does not count.
struct Clock {
    started: Instant,
    processor: Option<f64>,
}

impl Clock {
    fn start() -> Clock {
        Clock {
            started: Instant::now(),
            processor: processor_seconds(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(start), Some(end)) => end - start,
            _ => self.started.elapsed().as_secs_f64(),
        }
    }
}

fn processor_seconds() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// What was found, to be looked at by eye.
fn show(scanner: &Scanner, files: &[(PathBuf, Vec<u8>)]) {
    for (path, text) in files {
        for found in scanner.scan(text) {
            let start = usize::try_from(found.span.start).unwrap_or(0);
            let end = usize::try_from(found.span.end).unwrap_or(start);
            let from = start.saturating_sub(60);
            let line = text
                .get(from..(end + 20).min(text.len()))
                .unwrap_or_default();
            println!(
                "{}:{start}: {} {:?} {:?} | {}",
                path.display(),
                found.rule.id,
                found.confidence,
                found.encodings,
                String::from_utf8_lossy(line).replace('\n', "⏎")
            );
        }
    }
}

/// The sources cargo has unpacked on this machine.
fn cargo_sources() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?;
    Some(home.join("registry/src"))
}

fn read(path: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>, bytes: &mut usize) {
    let Ok(meta) = fs::symlink_metadata(path) else {
        return;
    };
    if *bytes > ENOUGH {
        return;
    }
    if meta.is_dir() {
        let Ok(entries) = fs::read_dir(path) else {
            return;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            read(&path, files, bytes);
        }
    } else if meta.is_file()
        && meta.len() <= LARGEST
        && let Ok(text) = fs::read(path)
        && !text.iter().take(8192).any(|byte| *byte == 0)
    {
        *bytes += text.len();
        files.push((path.to_path_buf(), text));
    }
}
