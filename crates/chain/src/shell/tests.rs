//! Tables and properties of what scripts do with variables.

use plimsoll_parse::shell::parse;

use super::*;

mod bounds;
mod build_commands;
mod code;
mod fetched;
mod following;
mod never_panics;
mod options;

const BASH: Shell = Shell {
    bash: true,
    errexit: false,
    pipefail: false,
};

/// `KIND variable <text of the use> => witness`, one line per use; lower-case names are not tracked.
fn outline(text: &str, shell: Shell) -> Vec<String> {
    let declared = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
    let uses = variable_uses(&parse(text), shell, &declared).found;
    let line = |found: &VariableUse| {
        format!(
            "{:?} {} <{}> {}",
            found.kind,
            found.variable,
            found.span.slice(text),
            found.witness
        )
    };
    uses.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(text, Shell::default()), expected, "{text}");
}
