//! One step of a task: a command run in the root, announced before and timed after.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Runs `work` under a heading and prints how long it took.
pub(crate) fn timed<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {name}");
    let started = Instant::now();
    let outcome = work().with_context(|| format!("step `{name}`"));
    let word = if outcome.is_ok() { "done" } else { "FAILED" };
    println!(
        "== {name}: {word} in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    outcome
}

/// Runs a command with inherited output; an exit code other than 0 is an error.
pub(crate) fn command(line: &str) -> Result<()> {
    let mut command = parse(line);
    let status = command
        .status()
        .with_context(|| format!("starting `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What a command prints, without the blanks around it.
pub(crate) fn output(line: &str) -> Result<String> {
    let output = parse(line)
        .output()
        .with_context(|| format!("starting `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command of a line that needs no quoting, to be run in the root; `cargo` is the one that runs this task.
pub(crate) fn parse(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    let mut command = if program == "cargo" {
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    } else {
        Command::new(program)
    };
    command.args(words).current_dir(workspace::root());
    command
}
