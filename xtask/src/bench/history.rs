//! The whole history of a repository that is at hand, searched by the tool and by a peer.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::measure::{Measurement, measure_ending_with};
use super::peers;
use super::table::{Row, Table};

const RUNS: usize = 3;

/// Measures both on `repository`, which nothing is written to.
pub(super) fn compare(home: &Path, binary: &Path, repository: &Path) -> Result<Table> {
    let mut table = Table::default();
    let target = format!("git:{}@--all", repository.display());
    // A repository that lacks an object ends in 2.
    let ours = quickest(&[0, 1, 2], || {
        let mut command = Command::new(binary);
        command.args(["check", "--no-progress", &target]);
        command
    })?;
    table.push(Row::new("`check git:…@--all`", ours));
    let program = peers::installed(home, "kingfisher", "kingfisher-bin==2.14.0")?;
    // It ends in 200 and more where it finds something.
    let theirs = quickest(&[0, 200, 205], || {
        let mut command = Command::new(&program);
        command.args(["scan", "--no-update-check", "-n", "-f", "jsonl"]);
        command.arg(repository);
        command
    })?;
    table.push(Row::new("kingfisher 2.14 on the same", theirs));
    Ok(table)
}

fn quickest(ends: &[i32], command: impl Fn() -> Command) -> Result<Measurement> {
    let mut best = measure_ending_with(&mut command(), ends)?;
    for _ in 1..RUNS {
        let next = measure_ending_with(&mut command(), ends)?;
        if next.cpu < best.cpu {
            best = next;
        }
    }
    Ok(best)
}
