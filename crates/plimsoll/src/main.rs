//! The `plimsoll` command.

mod arguments;
mod build;
mod check;
mod context;
mod explain;
mod generate;
mod images;
mod interrupt;
mod kept_file;
mod output;
mod progress;
mod prove;
mod state;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use output::Output;

/// Usage or configuration is wrong, or something could not be read.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to tell where this cannot be printed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    let terminal = terminal::Settings::new(&arguments.terminal);
    let output = Output::new(&arguments.terminal, terminal);
    let outcome = match arguments.command {
        Command::Check(arguments) => check::run(&arguments, &output),
        Command::Build(arguments) => build::run(&arguments, &output),
        Command::Context(arguments) => context::run(&arguments, &output),
        Command::Prove(arguments) => prove::run(&arguments, &output),
        Command::Explain(arguments) => explain::run(&arguments, &output),
        Command::Completions(arguments) => generate::completions(&arguments, &output),
        Command::Man(arguments) => generate::man(&arguments, &output),
    };
    ExitCode::from(outcome.unwrap_or_else(|error| {
        output.error(&format!("{error:#}"));
        FAILED
    }))
}
