//! That nothing panics on, and no span leaves, text like a script.

use plimsoll_parse::shell::parse;
use proptest::prelude::*;

use super::super::{Shell, guards, variable_uses};

fn shell_like() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(vec![
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
        "export ",
        "set -- ",
        "f ",
        "f() ",
        "{ ",
        "} ",
        "$A",
        "\"$A\"",
        "${A:-$B}",
        "$(",
        ")",
        "`",
        "'",
        "\"",
        "|",
        "&&",
        "||",
        ";",
        "\n",
        "if ",
        "then ",
        "else ",
        "fi ",
        "case $A in ",
        "a) ",
        "*) ",
        ";; ",
        "esac ",
        "exit 1",
        "[ ",
        "] ",
        "[[ ",
        "]] ",
        "=~ ",
        "= ",
        "^[0-9]+$",
        "grep -Eq ",
        "test ",
        "!",
        "x=",
        "$((",
        "))",
        "<<E\n",
        "\nE\n",
        "-",
        "-- ",
        "é",
        "a",
        " ",
        " ",
        "while ",
        "do ",
        "done ",
        "true",
        "expr ",
        " : ",
        "'^a$'",
        "set -e;",
        "[!0-9]",
        "\\(",
        "*",
    ]);
    proptest::collection::vec(token, 0..50).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn never_panics_and_keeps_spans(text in shell_like(), bash: bool, errexit: bool) {
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
