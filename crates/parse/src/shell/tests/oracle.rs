//! What another parser reads in the same scripts.

use proptest::prelude::*;

use super::properties::assert_spans;
use super::run_lines::RUN_LINES;
use super::*;

proptest! {
    #[test]
    fn agrees_with_another_parser(script in valid_script()) {
        compare(&script);
    }
}

fn valid_word() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "a",
        "-b",
        "$c",
        "\"d $e\"",
        "'f g'",
        "h\\ i",
        "${j}",
        "${k:-l}",
        "$(m n)",
        "x=y",
        "/o/p",
        "*.q",
        "{r,s}",
        "done",
        "`t`",
        "\"$(u \"v\")\"",
        "$((1 + 2))",
        "w#w",
        "2",
        "--x=\"$y\"z",
    ])
    .prop_map(str::to_owned)
}

fn simple_command() -> impl Strategy<Value = String> {
    let prefix = proptest::sample::select(vec!["", "", "", "A=1 ", "B=\"$x y\" "]);
    let name = proptest::sample::select(vec!["echo", "git", "./run", "$cmd", "test"]);
    let suffix =
        proptest::sample::select(vec!["", "", " >out", " 2>&1", " </dev/null", " >>\"$log\""]);
    (
        prefix,
        name,
        proptest::collection::vec(valid_word(), 0..4),
        suffix,
    )
        .prop_map(|(prefix, name, words, suffix)| {
            let words: String = words.iter().map(|word| format!(" {word}")).collect();
            format!("{prefix}{name}{words}{suffix}")
        })
}

fn valid_script() -> impl Strategy<Value = String> {
    simple_command().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}; {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}\n{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ {a}; }} && {{ {b}; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ {a}; }} || ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) | {{ {b}; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("if {a}; then {b}; fi")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("while {a}; do {b}; done")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("case $x in a|b) {a};; *) {b};; esac")),
            inner
                .clone()
                .prop_map(|a| format!("for i in 1 \"$2\"; do {a}; done")),
            inner.prop_map(|a| format!("f() {{ {a}; }}")),
        ]
    })
}

/// The words of each simple command as another parser finds them, substitutions not entered.
fn oracle(text: &str) -> Option<Vec<Vec<String>>> {
    let mut parser =
        brush_parser::Parser::new(text.as_bytes(), &brush_parser::ParserOptions::default());
    let program = parser.parse_program().ok()?;
    let mut found = Vec::new();
    for list in &program.complete_commands {
        oracle_list(list, &mut found);
    }
    Some(found)
}

fn oracle_list(list: &brush_parser::ast::CompoundList, found: &mut Vec<Vec<String>>) {
    for item in &list.0 {
        for (_, pipeline) in &item.0 {
            for command in &pipeline.seq {
                oracle_command(command, found);
            }
        }
    }
}

fn oracle_command(command: &brush_parser::ast::Command, found: &mut Vec<Vec<String>>) {
    use brush_parser::ast::Command;
    match command {
        Command::Simple(simple) => oracle_simple(simple, found),
        Command::Compound(compound, _) => oracle_compound(compound, found),
        Command::Function(function) => oracle_compound(&function.body.0, found),
        Command::ExtendedTest(..) => {}
    }
}

fn oracle_simple(simple: &brush_parser::ast::SimpleCommand, found: &mut Vec<Vec<String>>) {
    use brush_parser::ast::CommandPrefixOrSuffixItem as Item;
    let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
    let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
    let word = |item: &Item| match item {
        Item::Word(word) | Item::AssignmentWord(_, word) => Some(word.value.clone()),
        _ => None,
    };
    let name = simple.word_or_name.iter().map(|word| word.value.clone());
    found.push(
        prefix
            .filter_map(word)
            .chain(name)
            .chain(suffix.filter_map(word))
            .collect(),
    );
}

fn oracle_compound(compound: &brush_parser::ast::CompoundCommand, found: &mut Vec<Vec<String>>) {
    use brush_parser::ast::CompoundCommand as Compound;
    match compound {
        Compound::BraceGroup(group) => oracle_list(&group.list, found),
        Compound::Subshell(subshell) => oracle_list(&subshell.list, found),
        Compound::ForClause(clause) => oracle_list(&clause.body.list, found),
        Compound::WhileClause(clause) | Compound::UntilClause(clause) => {
            oracle_list(&clause.0, found);
            oracle_list(&clause.1.list, found);
        }
        Compound::IfClause(clause) => {
            oracle_list(&clause.condition, found);
            oracle_list(&clause.then, found);
            for part in clause.elses.iter().flatten() {
                part.condition
                    .iter()
                    .for_each(|list| oracle_list(list, found));
                oracle_list(&part.body, found);
            }
        }
        Compound::CaseClause(clause) => {
            for list in clause.cases.iter().filter_map(|case| case.cmd.as_ref()) {
                oracle_list(list, found);
            }
        }
        _ => {}
    }
}

/// The words of each simple command as we find them, substitutions left out.
fn ours(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let script = parse(text);
    assert!(script.errors.is_empty(), "{text}: {:?}", script.errors);
    for_each_command(&script, &mut |visit| {
        if visit.in_substitution {
            return;
        }
        let assignments = visit
            .command
            .assignments
            .iter()
            .map(|assignment| assignment.span);
        let words = visit.command.words.iter().map(|word| word.span);
        found.push(
            assignments
                .chain(words)
                .map(|span| span.slice(text).to_owned())
                .collect(),
        );
    });
    found
}

#[track_caller]
fn compare(text: &str) {
    if let Some(expected) = oracle(text) {
        assert_eq!(ours(text), expected, "{text}");
    }
}

#[test]
fn agrees_with_another_parser_on_build_commands() {
    let mut compared = 0;
    for text in RUN_LINES {
        compared += usize::from(oracle(text).is_some());
        compare(text);
        assert_spans(text);
    }
    assert!(compared + 2 >= RUN_LINES.len(), "only {compared} compared");
}
