//! `cargo xtask`: the tasks of the project itself.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to whoever runs it"
)]

mod bench;
mod docs;
mod engine;
mod new_rule;
mod seeds;
mod setup;
mod step;
mod test;
mod tidy;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of the project.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need from Debian's packages and start a Docker engine.
    Setup,
    /// Run everything: format, tidy, clippy, generated pages, unit, page, property, CLI and doc tests.
    Test {
        /// Run `setup` first.
        #[arg(long)]
        setup: bool,
    },
    /// Check the project's own conventions.
    Tidy,
    /// Write what comes from the code: rule pages, the book's contents, the schema of the report, the help page.
    Docs {
        /// Write nothing; fail where a file differs.
        #[arg(long)]
        check: bool,
    },
    /// Write a first corpus for the fuzz targets.
    Seeds,
    /// Measure whole runs on trees made for it and write `docs/bench.md`.
    Bench {
        /// Also `context` over a million files.
        #[arg(long)]
        million: bool,
        /// Also a peer on the same files, installed from PyPI into the target folder.
        #[arg(long)]
        peers: bool,
        /// Build so many generated cases with every builder instead, and write the figures into `docs/src/fidelity.md`.
        #[arg(long, value_name = "CASES", num_args = 0..=1, require_equals = true, default_missing_value = "5000")]
        differential: Option<usize>,
        /// Break the simulation in one small way after the other instead, and write into `docs/src/fidelity.md` which of the
        /// generated cases notice. With a value, only those ways that it is a part of, and nothing is written.
        #[arg(long, value_name = "PART", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "differential")]
        mutations: Option<String>,
        /// With `--secrets`, also search the history of this repository.
        #[arg(long, value_name = "PATH", requires = "secrets")]
        history: Option<PathBuf>,
        /// The first seed of the generated cases.
        #[arg(long, default_value_t = 1, requires = "differential")]
        seed: u64,
        /// Also the search for credentials beside a peer, installed from PyPI into the target folder, and the pattern engine
        /// for them on one core, on the sources below these folders, or on those that cargo has unpacked.
        #[arg(long, value_name = "FOLDER", num_args = 0..)]
        secrets: Option<Vec<String>>,
    },
    /// Write a new rule's source and page and register it.
    NewRule {
        /// Where the attack happens: source, build, image, deploy, run or watch.
        stage: String,
        /// The bad thing, in kebab-case.
        id: String,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Setup => setup::run(&[]),
        Task::Test { setup } => test::run(setup),
        Task::Tidy => tidy::run(),
        Task::Docs { check } => docs::run(check),
        Task::Seeds => seeds::run(),
        Task::Bench {
            differential: Some(cases),
            seed,
            ..
        } => bench::compare_builders(cases, seed),
        Task::Bench {
            mutations: Some(wanted),
            ..
        } => bench::break_simulation(&wanted),
        Task::Bench {
            million,
            peers,
            secrets,
            history,
            ..
        } => bench::run(bench::Options {
            million,
            peers,
            secrets,
            history,
        }),
        Task::NewRule { stage, id } => new_rule::run(&stage, &id),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
