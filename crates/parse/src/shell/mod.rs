//! Shell scripts, as in RUN instructions and CI steps: a POSIX and bash tree that survives broken input.
//!
//! Brace expansion, globs, tildes and aliases are left as written. Nesting beyond [`MAXIMUM_DEPTH`] is not read.

mod command;
mod compound;
mod expansion;
mod parser;
#[cfg(test)]
mod tests;
mod tree;
mod visit;
mod word;
mod words;

pub use tree::{
    ArithmeticFor, Assignment, AssignmentValue, Case, CaseArm, CaseEnd, Command, CommandKind,
    Connector, For, Function, HereDocument, If, List, Pipeline, Redirection, RedirectionKind,
    Script, SimpleCommand, Statement, While,
};
pub use visit::{CommandVisit, for_each_command, for_each_command_in};
pub use word::{Expansion, ExpansionOperator, PartKind, VariableOccurrence, Word, WordPart};

use crate::SourceText;

/// How many constructs may stand inside each other.
pub const MAXIMUM_DEPTH: usize = 64;

/// How many commands and parts of words of one script are read.
pub const MAXIMUM_NODES: usize = 100_000;

/// Reads `text` as a script; spans are byte offsets into it.
pub fn parse(text: &str) -> Script {
    parse_source(&SourceText::verbatim(text, 0))
}

/// Reads the text of `source` as a script; spans are byte offsets into the source behind it.
pub fn parse_source(source: &SourceText) -> Script {
    parser::Parser::new(source, 0).script()
}
