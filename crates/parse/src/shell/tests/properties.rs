//! Spans, bounds, and that nothing panics.

use proptest::prelude::*;

use super::shell_like::shell_like;
use super::*;

#[test]
fn nesting_is_bounded() {
    for opener in [
        "(", "$(", "${a:-", "\"$(", "{ ", "if ", "f() ", "$((", "a[$(", "<(", "((", "[[ $(",
        "case $(", "! ( ",
    ] {
        let script = parse(&opener.repeat(20_000));
        assert!(!script.errors.is_empty(), "{opener}");
    }
}

#[test]
fn reading_takes_linear_time() {
    // Each of these would take minutes if any look-ahead ran to the end again and again.
    for piece in [
        "cat <<A ",
        "((a) ",
        "$((a) ",
        "a[",
        "${",
        "`",
        "$(",
        "cat <<A\n",
        "x=(",
        "\\`",
        "a\\\n",
        ") ",
        "\"$(a\" ",
        "case ",
    ] {
        parse(&piece.repeat(60_000));
    }
}

/// Every span of the tree, checked against the text.
pub(super) fn assert_spans(text: &str) {
    let script = parse(text);
    let mut spans: Vec<plimsoll_model::Span> = script.comments.clone();
    spans.extend(script.errors.iter().map(|error| error.span));
    for_each_command(&script, &mut |visit| {
        spans.push(visit.command.span);
        spans.extend(
            visit
                .command
                .assignments
                .iter()
                .map(|assignment| assignment.span),
        );
        for word in &visit.command.words {
            assert!(visit.command.span.contains(word.span), "{text:?}");
            spans.push(word.span);
            spans.extend(word.parts.iter().map(|part| part.span));
            spans.extend(
                word.variables()
                    .iter()
                    .map(|found| found.expansion.name_span),
            );
        }
        spans.extend(
            visit
                .redirections
                .iter()
                .map(|redirection| redirection.span),
        );
    });
    for span in spans {
        let range = span.start as usize..span.end as usize;
        assert!(
            span.start <= span.end && text.get(range).is_some(),
            "{text:?} {span:?}"
        );
    }
}

proptest! {
    #[test]
    fn never_panics_on_shell_like_text(text in shell_like(&[])) {
        assert_spans(&text);
    }

    #[test]
    fn never_panics_on_any_text(text in ".{0,200}") {
        assert_spans(&text);
    }
}
