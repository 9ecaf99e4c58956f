//! That nothing panics on, and no span leaves, text like a script.

use plimsoll_parse::shell::parse;
use proptest::prelude::*;

use super::super::{Shell, guards, variable_uses};
use shell_like::shell_like;

#[path = "../../../../parse/src/shell/tests/shell_like.rs"]
mod shell_like;

/// What commands, tests and sinks are made of, besides the language.
const WORDS: [&str; 46] = [
    "eval ",
    "sh -c ",
    "bash ",
    "git clone ",
    "curl ",
    "sed ",
    "xargs ",
    "find ",
    "-exec ",
    "echo ",
    "read ",
    "set -- ",
    "f ",
    "f() ",
    "} ",
    "$A",
    "\"$A\"",
    "${A:-$B}",
    "fi ",
    "case $A in ",
    "a) ",
    "*) ",
    ";; ",
    "esac ",
    "exit 1",
    "[ ",
    "] ",
    "]] ",
    "= ",
    "^[0-9]+$",
    "grep -Eq ",
    "test ",
    "x=",
    "<<E\n",
    "\nE\n",
    "-",
    "-- ",
    "done ",
    "true",
    "expr ",
    " : ",
    "'^a$'",
    "set -e;",
    "[!0-9]",
    "\\(",
    "*",
];

proptest! {
    #[test]
    fn never_panics_and_keeps_spans(text in shell_like(&WORDS), bash: bool, errexit: bool) {
        let shell = Shell { bash, errexit, pipefail: false };
        for found in variable_uses(&parse(&text), shell, &|name| name == "A" || name == "B").found {
            for span in found.steps.iter().chain([&found.span, &found.command_span]) {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
            prop_assert!(!found.witness.is_empty());
        }
        for guard in guards(&parse(&text), shell) {
            let range = guard.from as usize..guard.to as usize;
            prop_assert!(text.get(range).is_some());
            prop_assert!(!guard.span.slice(&text).is_empty());
        }
    }
}
