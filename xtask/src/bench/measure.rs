//! One run of a program and what it took.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measurement {
    /// From start to end.
    pub(super) wall: Duration,
    /// On all processors together.
    pub(super) cpu: Duration,
    /// The most memory it held at once, in bytes.
    pub(super) peak: u64,
}

/// Runs a program with its output thrown away. Findings are no failure: codes 0 and 1 count.
pub(super) fn measure(command: &mut Command) -> Result<Measurement> {
    measure_ending_with(command, &[0, 1])
}

/// The same for a program that may end with any of `codes`.
pub(super) fn measure_ending_with(command: &mut Command, codes: &[i32]) -> Result<Measurement> {
    let started = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {command:?}"))?;
    let ended = child.wait4()?;
    let wall = started.elapsed();
    let code = ended.status.code();
    if !code.is_some_and(|code| codes.contains(&code)) {
        bail!("{command:?} ended with {}", ended.status);
    }
    Ok(Measurement {
        wall,
        cpu: ended.rusage.utime + ended.rusage.stime,
        peak: ended.rusage.maxrss,
    })
}
