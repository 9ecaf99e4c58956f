//! Fuzzes the reading of Dockerfiles and what is read on from them: words and shell text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::{assert_errors, assert_span};
use plimsoll_parse::{dockerfile, shell};

fuzz_target!(|text: &str| {
    let file = dockerfile::parse(text);
    assert_errors(text, &file.errors);
    for comment in &file.comments {
        assert_span(text, *comment);
    }
    for directive in &file.directives {
        assert_span(text, directive.span);
        assert_span(text, directive.value.span);
    }
    let mut end = 0;
    for instruction in &file.instructions {
        assert_span(text, instruction.span);
        assert_span(text, instruction.keyword_span);
        assert!(instruction.span.start >= end, "instructions overlap");
        end = instruction.span.end;
        for flag in &instruction.flags {
            assert_span(text, flag.span);
        }
        if let Some(script) = instruction.shell_text() {
            assert_span(text, shell::parse_source(&script).body.span);
        }
    }
});
