//! Tables and properties of the shell parser, with another parser as oracle.

mod commands;
mod oracle;
mod properties;
mod run_lines;
mod shell_like;
mod words;

use super::*;

/// `name/position[ctx] words…`, one line per simple command, assignments and redirections included.
fn outline(text: &str) -> Vec<String> {
    let script = parse(text);
    let mut lines = Vec::new();
    for_each_command(&script, &mut |visit| {
        let mut line = String::new();
        for (set, mark) in [
            (visit.in_condition, '?'),
            (visit.in_subshell, '('),
            (visit.in_substitution, '$'),
            (visit.conditional, '~'),
            (visit.pipeline.negated, '!'),
        ] {
            if set {
                line.push(mark);
            }
        }
        let assignments = visit
            .command
            .assignments
            .iter()
            .map(|assignment| assignment.span);
        let words = visit.command.words.iter().map(|word| word.span);
        let redirections = visit
            .redirections
            .iter()
            .map(|redirection| redirection.span);
        for span in assignments.chain(words).chain(redirections) {
            line.push_str(&format!("<{}>", span.slice(text)));
        }
        lines.push(line);
    });
    lines.extend(
        script
            .errors
            .iter()
            .map(|error| format!("error: {}", error.message)),
    );
    lines
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(text), expected, "{text}");
}
