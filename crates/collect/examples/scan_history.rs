//! Scans the history of a repository for a word, and tells what that took: `scan_history PATH [WORD]`.

use std::path::Path;
use std::time::Instant;

use plimsoll_collect::history::{HistoryOptions, HistoryRepository, scan};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| ".".to_owned());
    let word = arguments.next().unwrap_or_default().into_bytes();
    let repository = HistoryRepository::find(Path::new(&path))?;
    let options = HistoryOptions {
        dangling: true,
        ..HistoryOptions::default()
    };
    let started = Instant::now();
    let history = scan(&repository, &options, &|object| {
        let mut windows = object.bytes.windows(word.len().max(1));
        !word.is_empty() && windows.any(|window| window == word)
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut output = format!(
        "{} blobs, {} messages, {} bytes, {} commits, {} found, {} gaps in {:.2?}\n",
        history.blobs,
        history.messages,
        history.bytes,
        history.commits,
        history.found.len(),
        history.gaps.len(),
        started.elapsed()
    );
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        output += &format!("{line}\n");
    }
    for gap in history.gaps.iter().take(5) {
        output += &format!("{gap:?}\n");
    }
    for found in history.found.iter().take(5) {
        output += &format!("{found:#?}\n");
    }
    std::io::Write::write_all(&mut std::io::stdout(), output.as_bytes())
}
