//! `cargo xtask bench`: time, processor time and peak memory of whole runs, on trees made for it.

mod credentials;
mod differential;
mod dockerfiles;
mod measure;
mod mutations;
mod peers;
mod table;
mod trees;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::{step, workspace};
use measure::{Measurement, measure};
use table::{Row, Table};

/// What to measure besides the ordinary trees.
pub(crate) struct Options {
    /// Also `context` over a million files.
    pub(crate) million: bool,
    /// Also a peer on the same Dockerfiles, installed from PyPI.
    pub(crate) peers: bool,
    /// Also the search for credentials beside a peer, and the pattern engine for them on these folders; without any on the
    /// sources cargo has unpacked.
    pub(crate) secrets: Option<Vec<String>>,
    /// Also the search for credentials beside a peer, in this history, too.
    pub(crate) history: Option<PathBuf>,
}

/// Where trees are made and kept for the next run.
fn home() -> PathBuf {
    workspace::root().join("target/bench")
}

/// Builds the release binary, measures, prints the table and writes `docs/bench.md`.
pub(crate) fn run(options: Options) -> Result<()> {
    step::command("cargo build --release --locked --package plimsoll")?;
    let binary = workspace::root().join("target/release/plimsoll");
    fs::create_dir_all(home())?;
    let mut table = Table::default();
    table.push(startup(&binary)?);
    table.push(repository(&binary)?);
    table.push(targets(&binary)?);
    let [sealed, archived] = sealing(&binary)?;
    table.push(sealed);
    table.push(archived);
    if options.million {
        table.push(million(&binary)?);
    }
    if options.peers {
        let folder = trees::dockerfiles(&home().join("dockerfiles"), 400)?;
        table.push(Row::new(
            "`check` of 400 Dockerfiles",
            best(5, || check(&binary, &[&folder]))?,
        ));
        table.push(peers::hadolint(&home(), &folder)?);
    }
    if let Some(folders) = &options.secrets {
        credentials::add(&mut table, &home(), &binary, options.history.as_deref())?;
        table.note(engine(folders)?);
    }
    println!("\n{table}");
    let page = workspace::root().join("docs/bench.md");
    fs::write(
        page,
        table.page(&step::output("git rev-parse --short HEAD")?),
    )?;
    println!("wrote docs/bench.md");
    Ok(())
}

/// Compares generated builds with what is predicted.
pub(crate) fn compare_builders(cases: usize, seed: u64) -> Result<()> {
    differential::run(cases, seed)
}

/// Breaks the simulation in small ways, or in those that `wanted` is a part of, and tells which cases notice.
pub(crate) fn break_simulation(wanted: &str) -> Result<()> {
    mutations::run(wanted)
}

/// What the benchmark of the pattern engine says of itself.
fn engine(folders: &[String]) -> Result<String> {
    let line = format!(
        "cargo bench --locked --package plimsoll-secrets --bench scan -- {}",
        folders.join(" ")
    );
    let output = step::output(&line)?;
    let figures = output.lines().last().unwrap_or_default();
    Ok(format!(
        "The pattern engine for credentials with all its rules, on one core: {figures}."
    ))
}

fn startup(binary: &Path) -> Result<Row> {
    let folder = trees::dockerfiles(&home().join("one"), 1)?;
    let row = best(20, || check(binary, &[&folder]))?;
    Ok(Row::new("`check` of one Dockerfile", row))
}

fn repository(binary: &Path) -> Result<Row> {
    let folder = trees::repository(&home().join("repository"), 10_000, 200)?;
    let row = best(5, || check(binary, &[&folder]))?;
    Ok(Row::new(
        "`check` of a repository of 10,000 files, 200 of them Dockerfiles",
        row,
    ))
}

fn targets(binary: &Path) -> Result<Row> {
    let folders = trees::targets(&home().join("targets"), 2_000)?;
    let row = best(3, || check(binary, &folders))?;
    Ok(Row::new(
        "`check` of 2,000 small repositories in one run",
        row,
    ))
}

/// Sealing against what a shell would do for the same: an archive, and a digest of each file.
fn sealing(binary: &Path) -> Result<[Row; 2]> {
    let folder = trees::sources(&home().join("sources"), 100_000)?;
    let sealed = best(3, || {
        let mut command = Command::new(binary);
        command
            .args(["context", "--seal", "-", "--quiet"])
            .arg(&folder);
        command
    })?;
    let archived = best(3, || {
        let mut command = Command::new("sh");
        let script = "tar cf - . | cat && find . -type f -print0 | xargs -0 sha256sum";
        command.args(["-c", script]).current_dir(&folder);
        command
    })?;
    let ratio = sealed.wall.as_secs_f64() / archived.wall.as_secs_f64();
    Ok([
        Row::new(
            format!("`context --seal` of 100,000 files, {ratio:.2} of the time below"),
            sealed,
        ),
        Row::new("GNU tar, then sha256sum of the same files", archived),
    ])
}

fn million(binary: &Path) -> Result<Row> {
    let folder = trees::many_files(&home().join("million"), 1_000_000)?;
    let row = best(1, || {
        let mut command = Command::new(binary);
        command.arg("context").arg(&folder);
        command
    })?;
    Ok(Row::new("`context` of 1,000,000 files", row))
}

fn check(binary: &Path, targets: &[impl AsRef<Path>]) -> Command {
    let mut command = Command::new(binary);
    command.args(["check", "--no-progress", "--exit-zero", "--format", "json"]);
    command.args(targets.iter().map(AsRef::as_ref));
    command
}

/// The quickest of several runs: what the machine does besides only makes a run slower.
fn best(runs: usize, command: impl Fn() -> Command) -> Result<Measurement> {
    let mut best = measure(&mut command())?;
    for _ in 1..runs {
        let next = measure(&mut command())?;
        if next.wall < best.wall {
            best = next;
        }
    }
    Ok(best)
}
