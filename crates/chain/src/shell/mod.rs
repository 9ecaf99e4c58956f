//! What a shell script does with variables that others may set: the sinks they reach, the checks before those.
//!
//! Knows nothing of Dockerfiles: the caller says which variables matter and which shell runs the script.

mod address_options;
mod code;
mod code_sinks;
mod commands;
mod environment;
mod fetch_sinks;
mod guards;
mod invocation;
mod option_sinks;
mod options;
mod outputs;
mod program_variables;
mod reparsed;
#[cfg(test)]
mod tests;
mod uses;
mod walk;
mod words;
mod wrappers;

pub use guards::{Allows, Failing, Guard, Shape, guards};
pub use uses::{Code, Shell, UseKind, Uses, VariableUse, variable_uses};
