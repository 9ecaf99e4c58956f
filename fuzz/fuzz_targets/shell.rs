//! Fuzzes the reading of shell scripts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::assert_span;
use plimsoll_parse::shell;

fuzz_target!(|text: &str| {
    let script = shell::parse(text);
    assert_span(text, script.body.span);
    shell::for_each_command(&script, &mut |visit| {
        assert_span(text, visit.command.span);
        for assignment in &visit.command.assignments {
            assert_span(text, assignment.name_span);
        }
        for redirection in visit.redirections {
            assert_span(text, redirection.span);
        }
    });
});
