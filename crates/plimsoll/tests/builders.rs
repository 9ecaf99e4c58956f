//! Whole runs of the commands that have something built: `build` and `prove`, on the engine of the machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

#[path = "builders/build.rs"]
mod build;
#[path = "builders/endings.rs"]
mod endings;
#[path = "builders/fixture.rs"]
mod fixture;
#[path = "builders/prove.rs"]
mod prove;
mod scene;
