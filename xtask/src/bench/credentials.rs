//! Looking for credentials, side by side with a peer in one run: start-up, sources, a history; and the figures of the corpora.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::measure::{Measurement, measure_ending_with};
use super::table::{Row, Table};
use super::{peers, trees};
use crate::step;

const RUNS: usize = 5;
/// Bytes of sources that are put together.
const SOURCES: u64 = 105_000_000;

/// Adds all rows: one small file, sources that cargo has unpacked, and the history of `repository`, to which nothing is
/// written.
pub(super) fn add(
    table: &mut Table,
    home: &Path,
    binary: &Path,
    repository: Option<&Path>,
) -> Result<()> {
    let kingfisher = peers::installed(home, "kingfisher", "kingfisher-bin==2.14.0")?;
    let pair = Pair {
        binary,
        kingfisher: &kingfisher,
    };
    let small = trees::one_file(&home.join("small"))?;
    pair.folder(table, "one small file", &small)?;
    let sources = trees::crates(&home.join("crates"), SOURCES)?;
    pair.folder(table, "105 MB of the sources of crates", &sources)?;
    let found = findings(binary, &sources)?;
    table.note(format!(
        "In these sources `check` found {found} credentials, {:.2} for each 10 MB.",
        found as f64 * 1e7 / SOURCES as f64
    ));
    if let Some(repository) = repository {
        pair.history(table, repository)?;
    }
    table.note(corpora()?);
    Ok(())
}

/// The two programs.
struct Pair<'a> {
    binary: &'a Path,
    kingfisher: &'a Path,
}

impl Pair<'_> {
    fn folder(&self, table: &mut Table, what: &str, folder: &Path) -> Result<()> {
        let target = folder.display().to_string();
        self.compare(table, what, &target, folder, &["--git-history", "none"])
    }

    fn history(&self, table: &mut Table, repository: &Path) -> Result<()> {
        let target = format!("git:{}@--all", repository.display());
        let what = format!("a history of {}", size_of_history(repository)?);
        self.compare(table, &what, &target, repository, &[])
    }

    fn compare(
        &self,
        table: &mut Table,
        what: &str,
        target: &str,
        folder: &Path,
        options: &[&str],
    ) -> Result<()> {
        // A repository that lacks an object ends in 2.
        let ours = quickest(&[0, 1, 2], || {
            let mut command = Command::new(self.binary);
            command.args(["check", "--no-progress", target]);
            command
        })?;
        // It ends in 200 and more where it finds something.
        let theirs = quickest(&[0, 200, 205], || {
            let mut command = Command::new(self.kingfisher);
            command.args(["scan", "--no-update-check", "-n", "-f", "jsonl"]);
            command.args(options).arg(folder);
            command
        })?;
        let ratio = format!(
            "{:.2} of the processor time below, {:.2} of the time",
            ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64(),
            ours.wall.as_secs_f64() / theirs.wall.as_secs_f64(),
        );
        table.push(Row::new(format!("`check` of {what}: {ratio}"), ours));
        table.push(Row::new("kingfisher 2.14 on the same", theirs));
        Ok(())
    }
}

/// The run of several that took least processor time.
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

/// The number of a repository's blobs and what they come to, by git.
fn size_of_history(repository: &Path) -> Result<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["cat-file", "--batch-all-objects", "--unordered"])
        .arg("--batch-check=%(objecttype) %(objectsize)")
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let sizes = text.lines().filter_map(|line| line.strip_prefix("blob "));
    let sizes: Vec<u64> = sizes.filter_map(|size| size.parse().ok()).collect();
    let gigabytes = sizes.iter().sum::<u64>() as f64 / 1e9;
    Ok(format!("{} blobs, {gigabytes:.2} GB", sizes.len()))
}

/// How many credentials count in a run without options.
fn findings(binary: &Path, folder: &Path) -> Result<usize> {
    let output = Command::new(binary)
        .args(["check", "--no-progress", "--exit-zero", "--format", "json"])
        .arg(folder)
        .output()?;
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("the report is no JSON")?;
    let findings = report.get("findings").and_then(|all| all.as_array());
    let secrets = findings.into_iter().flatten();
    let secrets = secrets.filter(|finding| finding.get("secret").is_some_and(|one| !one.is_null()));
    Ok(secrets.count())
}

/// The line in which the test of the corpora says what it found.
fn corpora() -> Result<String> {
    let output = step::output(
        "cargo test --locked --package plimsoll-secrets --test corpus -- --nocapture",
    )?;
    let line = output.lines().find(|line| line.contains("recall"));
    let line = line.context("the test of the corpora says no figures")?;
    Ok(format!("The corpora: {line}."))
}
