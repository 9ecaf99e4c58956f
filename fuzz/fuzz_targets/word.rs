//! Fuzzes the taking apart of one word of a Dockerfile.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::assert_span;
use plimsoll_parse::word;

fuzz_target!(|text: &str| {
    for parsed in [
        word::parse(text, '\\'),
        word::parse(text, '`'),
        word::parse_heredoc(text),
    ] {
        for variable in parsed.variables() {
            assert_span(text, variable.name_span);
        }
    }
});
