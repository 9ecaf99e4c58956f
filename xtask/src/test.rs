//! `cargo xtask test`: everything that must hold, step by step, and what was skipped.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::{docs, setup, step, tidy};

/// What the test programs said, read off their output as it passes through.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
    /// The test whose captured output is passing through.
    test: String,
    /// Inside the list of captured output of passing tests, which is not shown.
    quiet: bool,
}

/// Runs every step; the first that fails ends the run.
pub(crate) fn run(with_setup: bool) -> Result<()> {
    let required = setup::required();
    if with_setup {
        step::timed("setup", || setup::run(&required))?;
    }
    step::timed("format", || step::command("cargo fmt --all --check"))?;
    step::timed("tidy", tidy::run)?;
    step::timed("clippy", || {
        step::command("cargo clippy --workspace --all-targets --locked -- -D warnings")
    })?;
    step::timed("generated pages", || docs::run(true))?;
    let mut tally = Tally::default();
    let outcome = step::timed("tests", || tests(&mut tally));
    summary(&tally);
    outcome?;
    if !required.is_empty() && !tally.skipped.is_empty() {
        bail!("tests were skipped, which PLIMSOLL_REQUIRE forbids");
    }
    Ok(())
}

/// Every test of the workspace, doc tests included.
fn tests(tally: &mut Tally) -> Result<()> {
    let line = "cargo test --workspace --locked --no-fail-fast -- --show-output";
    let mut child = step::parse(line)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{line}`"))?;
    let output = child.stdout.take().context("no output to read")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if tally.take(&line) {
            writeln!(std::io::stdout(), "{line}")?;
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`cargo test` ended with {status}");
    }
    Ok(())
}

impl Tally {
    /// Counts a line of output; whether it is to be shown.
    fn take(&mut self, line: &str) -> bool {
        if let Some(test) = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" stdout ----"))
        {
            test.clone_into(&mut self.test);
        }
        if let Some(reason) = line.trim().strip_prefix("skipped: ") {
            self.skipped.push(format!("{}: {reason}", self.test));
        }
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
        }
        match line {
            "successes:" => self.quiet = true,
            "failures:" => self.quiet = false,
            _ if line.starts_with("test result: ") => self.quiet = false,
            _ => {}
        }
        // One line per passing test would bury the rest.
        !(self.quiet || line.starts_with("test ") && line.ends_with(" ... ok") || line.is_empty())
    }
}

/// The number before `word` in `ok. 3 passed; 0 failed; ...`.
fn count(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts.split([' ', ';']).collect();
    let at = words.iter().position(|candidate| *candidate == word);
    at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok())
        .unwrap_or(0)
}

fn summary(tally: &Tally) {
    println!();
    for skipped in &tally.skipped {
        println!("skipped: {skipped}");
    }
    if !tally.skipped.is_empty() {
        println!("to run what was skipped: cargo xtask test --setup");
    }
    println!(
        "{} passed, {} failed, {} skipped",
        tally.passed,
        tally.failed,
        tally.skipped.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(output: &str) -> (Tally, String) {
        let mut tally = Tally::default();
        let lines: Vec<&str> = output.lines().filter(|line| tally.take(line)).collect();
        (tally, lines.join("\n"))
    }

    #[test]
    fn counts_and_shows_what_matters() {
        let (tally, text) = shown(
            "\nrunning 2 tests\ntest a ... ok\ntest b ... FAILED\n\nsuccesses:\n\n---- a stdout ----\n\
             skipped: no engine (run: cargo xtask setup)\n\nsuccesses:\n    a\n\nfailures:\n\n---- b stdout ----\nboom\n\n\
             failures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!((tally.passed, tally.failed), (1, 1));
        assert_eq!(tally.skipped, ["a: no engine (run: cargo xtask setup)"]);
        assert_eq!(
            text,
            "running 2 tests\ntest b ... FAILED\nfailures:\n---- b stdout ----\nboom\nfailures:\n    b\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out"
        );
    }
}
