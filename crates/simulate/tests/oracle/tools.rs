//! Builders as tools: whether they answer, whether they have to, and many builds at once.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "only tests use this module"
)]

use std::process::{Command, Output};

/// Whether `PLIMSOLL_REQUIRE` names the tool: then every case runs, and a tool that does not answer is a failure.
fn is_required(name: &str) -> bool {
    let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
    required.split(',').any(|tool| tool.trim() == name)
}

/// Every fifth case, or all of them where the tool is required.
pub(crate) fn sample<T>(name: &str, cases: Vec<T>) -> Vec<T> {
    let step = if is_required(name) { 1 } else { 5 };
    cases.into_iter().step_by(step).collect()
}

/// Whether a tool answers; where it does not, says so, or fails if it is required.
pub(crate) fn is_available(name: &str, probe: &mut Command) -> bool {
    let answers = probe.output().is_ok_and(|output| output.status.success());
    if !answers {
        assert!(
            !is_required(name),
            "{name} does not answer, but PLIMSOLL_REQUIRE names it"
        );
        println!("skipped: {name} does not answer (run: cargo xtask setup)");
    }
    answers
}

/// Runs a command that has to succeed.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// How many builds run at once.
const WORKERS: usize = 3;

/// Judges every case, several at once, and returns what is to be said about them.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    cases: &[T],
    judge: impl Fn(&T) -> Option<R> + Sync,
) -> Vec<R> {
    let share = cases.len().div_ceil(WORKERS).max(1);
    std::thread::scope(|scope| {
        let judge = &judge;
        let workers: Vec<_> = cases
            .chunks(share)
            .map(|cases| scope.spawn(move || cases.iter().filter_map(judge).collect::<Vec<R>>()))
            .collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap());
        done.flatten().collect()
    })
}
