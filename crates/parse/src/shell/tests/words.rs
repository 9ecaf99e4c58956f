//! Words, their variables, and where a script inside a word stands.

use plimsoll_model::Span;

use super::*;

/// Name, whether quoted, whether it begins the word.
type Occurrences = &'static [(&'static str, bool, bool)];

#[test]
fn words_tell_about_their_variables() {
    let cases: [(&str, Occurrences); 10] = [
        ("$a", &[("a", false, true)]),
        ("\"$a\"", &[("a", true, true)]),
        ("x$a", &[("a", false, false)]),
        ("\"\"$a${b}", &[("a", false, true), ("b", false, true)]),
        ("--o=\"${a}\"$b", &[("a", true, false), ("b", false, false)]),
        ("${a:-$b}", &[("a", false, true), ("b", false, true)]),
        ("${a#x}/$b", &[("a", false, true), ("b", false, false)]),
        ("$(($a))$b", &[("a", true, false), ("b", false, false)]),
        ("'$a'", &[]),
        ("$(x $a)", &[]),
    ];
    for (text, expected) in cases {
        let script = parse(&format!("c {text}"));
        let mut last = Vec::new();
        for_each_command(&script, &mut |visit| {
            if visit.in_substitution {
                return;
            }
            let found = visit.command.words[1].variables();
            last = found
                .iter()
                .map(|found| {
                    (
                        found.expansion.name.clone(),
                        found.quoted,
                        found.begins_word,
                    )
                })
                .collect();
        });
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, q, b)| ((*n).to_owned(), *q, *b))
            .collect();
        assert_eq!(last, expected, "{text}");
    }
}

#[test]
fn expansions_have_operators() {
    use ExpansionOperator as Operator;
    let cases = [
        ("${a}", None, None),
        (
            "${a:-b}",
            Some(Operator::Default { colon: true }),
            Some("b"),
        ),
        ("${a-}", Some(Operator::Default { colon: false }), Some("")),
        (
            "${a?x y}",
            Some(Operator::ErrorIfUnset { colon: false }),
            Some("x y"),
        ),
        ("${#a}", Some(Operator::Length), None),
        ("${!a}", Some(Operator::Indirect), None),
        (
            "${a##*/}",
            Some(Operator::RemovePrefix { longest: true }),
            Some("*/"),
        ),
        (
            "${a//b/c}",
            Some(Operator::Replace { all: true }),
            Some("b/c"),
        ),
        ("${a:1:2}", Some(Operator::Substring), Some("1:2")),
        (
            "${a[@]+x}",
            Some(Operator::Alternative { colon: false }),
            Some("x"),
        ),
        ("${a^^}", Some(Operator::ChangeCase), Some("^")),
        ("${a@Q}", Some(Operator::Transform), Some("Q")),
    ];
    for (text, operator, operand) in cases {
        let script = parse(text);
        let mut seen = None;
        for_each_command(&script, &mut |visit| {
            if let PartKind::Variable(expansion) = &visit.command.words[0].parts[0].kind {
                seen = Some(expansion.clone());
            }
        });
        let seen = seen.expect(text);
        assert_eq!(seen.name, "a", "{text}");
        assert_eq!(seen.operator, operator, "{text}");
        let written = seen.operand.map(|word| word.span.slice(text).to_owned());
        assert_eq!(written.as_deref(), operand, "{text}");
    }
}

#[test]
fn spans_map_through_joined_lines() {
    let source = "RUN a \\\n  b `c \\`d\\``";
    let mut joined = SourceText::new();
    joined.push("a ", 4);
    joined.push(&source[8..], 8);
    let script = parse_source(&joined);
    let mut words = Vec::new();
    for_each_command(&script, &mut |visit| {
        words.extend(
            visit
                .command
                .words
                .iter()
                .map(|word| word.span.slice(source).to_owned()),
        );
    });
    assert_eq!(words, ["d", "c", "\\`d\\`", "a", "b", "`c \\`d\\``"]);
}

#[test]
fn scripts_inside_words_map_back() {
    let text = "sh -c 'a '\"b \\$c\"";
    let script = parse(text);
    let mut words = Vec::new();
    for_each_command(&script, &mut |visit| {
        let inner = parse_source(&visit.command.words[2].static_source().unwrap());
        for_each_command(&inner, &mut |visit| {
            words.extend(
                visit
                    .command
                    .words
                    .iter()
                    .map(|word| word.span.slice(text).to_owned()),
            );
        });
    });
    assert_eq!(words, ["a", "b", "\\$c"]);
}

#[test]
fn a_quote_that_is_never_closed_maps_back_as_a_closed_one() {
    for text in ["a 'd $M\u{1b8}", "a 'd $M\u{1b8}'"] {
        let script = parse(text);
        let mut told = Vec::new();
        for_each_command(&script, &mut |visit| {
            let source = visit.command.words[1].static_source().unwrap();
            let whole = source.source_span(Span::new(0, source.as_str().len()));
            told.push(whole.slice(text).to_owned());
        });
        assert_eq!(told, ["d $M\u{1b8}"], "{text}");
    }
}
