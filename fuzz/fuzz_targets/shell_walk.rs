//! Fuzzes what scripts are found to do with variables, and the checks before that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_chain::shell::{Shell, guards, variable_uses};
use plimsoll_fuzz::assert_span;
use plimsoll_parse::shell::parse;

fuzz_target!(|input: (bool, bool, &str)| {
    let (bash, errexit, text) = input;
    let shell = Shell {
        bash,
        errexit,
        pipefail: false,
    };
    let script = parse(text);
    let declared = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
    for found in variable_uses(&script, shell, &declared).found {
        for span in found.steps.iter().chain([&found.span, &found.command_span]) {
            assert_span(text, *span);
        }
        assert!(!found.witness.is_empty());
    }
    for guard in guards(&script, shell) {
        assert_span(text, guard.span);
    }
});
