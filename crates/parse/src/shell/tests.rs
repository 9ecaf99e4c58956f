//! Tables and properties of the shell parser, with another parser as oracle.

use plimsoll_model::Span;
use proptest::prelude::*;

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

#[test]
fn lists_and_pipelines() {
    check("a b; c & d\ne", &["<a><b>", "(<c>", "<d>", "<e>"]);
    check("a && b || c", &["<a>", "~<b>", "~<c>"]);
    check("! a | b |& c", &["(!<a>", "(!<b>", "(!<c>"]);
    check(
        "a \\\n  && \\\n b # no\n# comment\nc",
        &["<a>", "~<b>", "<c>"],
    );
    check("a &&\n\n b |\n c", &["<a>", "(~<b>", "(~<c>"]);
    check("a#b c #d", &["<a#b><c>"]);
}

#[test]
fn compound_commands() {
    check(
        "if a; then b; elif c; then d; else e; fi >x",
        &["?<a>", "~<b>", "?~<c>", "~<d>", "~<e>"],
    );
    check("while a; do b; done", &["?<a>", "~<b>"]);
    check("until a\ndo\nb\ndone && c", &["?<a>", "~<b>", "~<c>"]);
    check("for x in 1 2 $(l); do b $x; done", &["($<l>", "~<b><$x>"]);
    check("for x\ndo b; done", &["~<b>"]);
    check("for ((i=0; i<3; i++)); do b; done", &["~<b>"]);
    check(
        "case $x in a|b) c;; (d) e ;& *) f; esac; g",
        &["~<c>", "~<e>", "~<f>", "<g>"],
    );
    check("{ a; b; } | (c; d)", &["(<a>", "(<b>", "(<c>", "(<d>"]);
    check("f() { a; }; function g { b; }; f", &["~<a>", "~<b>", "<f>"]);
    check("f ()\n(\na\n)\n", &["(~<a>"]);
    check(
        "[[ $x == a && ( -n $y || z =~ ^(a b|c)+$ ) ]] && b",
        &["~<b>"],
    );
    check(
        "(( x > 1 )) && echo $(( (1+2) * 3 ))",
        &["~<echo><$(( (1+2) * 3 ))>"],
    );
    check("((a) ; (b))", &["(<a>", "(<b>"]);
    check(
        "if [ -f done ]; then echo done fi; fi",
        &["?<[><-f><done><]>", "~<echo><done><fi>"],
    );
    check("time -p a; ! { b; }", &["<a>", "<b>"]);
}

#[test]
fn words_and_quotes() {
    check(r#"a 'b c'"d $e"f\ g"#, &[r#"<a><'b c'"d $e"f\ g>"#]);
    check("a $'x\\'y' $\"z\"", &["<a><$'x\\'y'><$\"z\">"]);
    check(
        "a \"$(b \"c d\")\" `e \\`f\\``",
        &[
            "($<b><\"c d\">",
            "($<f>",
            "($<e><\\`f\\`>",
            "<a><\"$(b \"c d\")\"><`e \\`f\\``>",
        ],
    );
    check("a ${b:-c d} ${e%%\"}\"}", &["<a><${b:-c d}><${e%%\"}\"}>"]);
    check(
        "A=1 B+=x C[1]=y D=(1 2\n3) cmd X=1",
        &["<A=1><B+=x><C[1]=y><D=(1 2\n3)><cmd><X=1>"],
    );
    check("A= b", &["<A=><b>"]);
    check("export A=(1 2) B=$c", &["<export><A=(1 2)><B=$c>"]);
    check(
        "diff <(a) >(b) x",
        &["($<a>", "($<b>", "<diff><<(a)><>(b)><x>"],
    );
    check(
        "ls {a,b}/*.?(x|y) !(z) {} }",
        &["<ls><{a,b}/*.?(x|y)><!(z)><{}><}>"],
    );
    check("find . -exec x {} \\;", &["<find><.><-exec><x><{}><\\;>"]);
}

#[test]
fn redirections() {
    check(
        "a >b 2>&1 <c 3<>d &>e >>f >|g {h}>i",
        &["<a><>b><2>&1><<c><3<>d><&>e><>>f><>|g><{h}>i>"],
    );
    check("a <<< \"$x\" b", &["<a><b><<<< \"$x\">"]);
    check(">x", &["<>x>"]);
    check("a 2 >b", &["<a><2><>b>"]);
}

#[test]
fn here_documents() {
    check(
        "cat <<EOF | b\nx $(c)\nEOF\nd",
        &["($<c>", "(<cat><<<EOF>", "(<b>", "<d>"],
    );
    check(
        "cat <<'E' <<-\"F\"\n$(x)\nE\n\ty\n\tF\nd",
        &["<cat><<<'E'><<<-\"F\">", "<d>"],
    );
    check(
        "x \"$(cat <<E\n)\nE\n)\"; b",
        &["($<cat><<<E>", "<x><\"$(cat <<E\n)\nE\n)\">", "<b>"],
    );
    let script = parse("cat <<E\na $x\nE\n");
    let mut bodies = Vec::new();
    for_each_command(&script, &mut |visit| {
        for redirection in visit.redirections {
            let document = redirection.here_document.as_ref().unwrap();
            bodies.push((
                document.body.span,
                document.body.variables().len(),
                document.quoted,
            ));
        }
    });
    assert_eq!(bodies, [(plimsoll_model::Span::new(8, 13), 1, false)]);
}

#[test]
fn broken_scripts_keep_what_can_be_read() {
    check("a; fi; b", &["<a>", "<b>", "error: unexpected `fi`"]);
    check("if a; then b", &["?<a>", "~<b>", "error: `fi` is missing"]);
    check(
        "$(if a; then b)",
        &[
            "?($<a>",
            "($~<b>",
            "<$(if a; then b)>",
            "error: `fi` is missing",
        ],
    );
    check("a 'b", &["<a><'b>", "error: this quote is not closed"]);
    check(
        "a && ; b",
        &[
            "<a>",
            "<b>",
            "error: a command is missing behind this operator",
        ],
    );
    check(
        "a | | b",
        &[
            "(<a>",
            "(<b>",
            "error: a command is missing beside this `|`",
        ],
    );
    check("a ) b", &["<a>", "<b>", "error: unexpected `)`"]);
    check("case x in a) b", &["~<b>", "error: `esac` is missing"]);
    check("a (b", &["<a>", "(<b>", "error: this `(` is not closed"]);
    check(
        "cat <<E\nx",
        &["<cat><<<E>", "error: the here-document lacks its end `E`"],
    );
}

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
fn assert_spans(text: &str) {
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

fn shell_like() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(vec![
        "a",
        "b",
        " ",
        " ",
        " ",
        "\n",
        ";",
        "&",
        "&&",
        "||",
        "|",
        "!",
        "(",
        ")",
        "((",
        "))",
        "{ ",
        "}",
        "if ",
        "then ",
        "elif ",
        "else ",
        "fi",
        "for ",
        "in ",
        "do ",
        "done",
        "while ",
        "case ",
        "esac",
        ";;",
        ";&",
        "[[ ",
        " ]]",
        "=~ ",
        "$",
        "$(",
        "$((",
        "${",
        "$a",
        "${a}",
        ":-",
        "'",
        "\"",
        "`",
        "\\",
        "\\\n",
        "#",
        "<",
        ">",
        "<<",
        "<<-",
        "<<<",
        "EOF",
        "\nEOF\n",
        "<(",
        "2>&1",
        "&>",
        "A=",
        "A=(",
        "f()",
        "é",
        "[",
        "]",
        "function ",
        "\r\n",
        "$'",
        "\\x",
        "time ",
        "export ",
    ]);
    proptest::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn never_panics_on_shell_like_text(text in shell_like()) {
        assert_spans(&text);
    }

    #[test]
    fn never_panics_on_any_text(text in ".{0,200}") {
        assert_spans(&text);
    }

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

/// Build commands of the kind that public Dockerfiles are made of.
const RUN_LINES: [&str; 41] = [
    "apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*",
    "set -eux; apk add --no-cache --virtual .build-deps gcc musl-dev; pip install -r requirements.txt; apk del .build-deps",
    "curl -fsSL https://example.com/install.sh | sh -s -- --version \"${VERSION}\"",
    "curl -fsSL https://deb.example.com/setup_${NODE_MAJOR}.x | bash -",
    "wget -qO- \"https://example.com/v${VERSION}/tool-${TARGETARCH}.tar.gz\" | tar -xz -C /usr/local/bin --strip-components=1",
    "git clone --depth 1 --branch ${REF} https://github.com/example/project.git /src && cd /src && make -j\"$(nproc)\"",
    "case \"$TARGETARCH\" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; *) echo \"unsupported: $TARGETARCH\" >&2; exit 1 ;; esac; curl -fLO \"https://example.com/tool-${arch}.tgz\"",
    "if [ \"$NODE_ENV\" = \"production\" ]; then npm ci --omit=dev; else npm install; fi",
    "arch=\"$(dpkg --print-architecture)\"; arch=\"${arch##*-}\"; wget -O /usr/local/bin/gosu \"https://example.com/gosu-$arch\"; chmod +x /usr/local/bin/gosu",
    "addgroup -g ${GID:-1000} app && adduser -D -u ${UID:-1000} -G app app",
    "for key in A1B2 C3D4; do gpg --batch --keyserver hkps://keys.example.com --recv-keys \"$key\" || exit 1; done",
    "echo 'deb http://deb.example.com/debian stable main' > /etc/apt/sources.list.d/x.list",
    "printf '%s\\n' \"server { listen ${PORT}; }\" >/etc/nginx/conf.d/default.conf",
    "python -c \"import sys; print(sys.version_info[:2])\"",
    "sed -i \"s/@VERSION@/${VERSION}/g\" /app/config.json && sed -i 's|^#\\(x\\)|\\1|' /etc/y",
    "find / -type f \\( -name '*.pyc' -o -name '*.pyo' \\) -exec rm -f {} + 2>/dev/null || true",
    "[ -n \"$EXTRA_PACKAGES\" ] && apt-get install -y $EXTRA_PACKAGES || true",
    "go build -trimpath -ldflags \"-s -w -X main.version=${VERSION} -X main.commit=$(git rev-parse HEAD)\" -o /out/app ./cmd/app",
    "CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .",
    "while ! nc -z db 5432; do sleep 1; done; ./migrate up",
    "mkdir -p /opt/{bin,lib,etc} && cp -r build/* /opt/ && ln -sf /opt/bin/x /usr/bin/x",
    "( cd /tmp && curl -O https://example.com/a.zip && unzip a.zip )",
    "{ echo 'install: --no-document'; echo 'update: --no-document'; } >> /usr/local/etc/gemrc",
    "export DEBIAN_FRONTEND=noninteractive; apt-get -yq install tzdata; unset DEBIAN_FRONTEND",
    "useradd --create-home --shell /bin/bash app; echo \"app ALL=(ALL) NOPASSWD:ALL\" >> /etc/sudoers",
    "cat <<EOF > /etc/app.conf\nport=${PORT}\nname=app\nEOF\nchmod 600 /etc/app.conf",
    "cat <<'EOF' >> ~/.bashrc\nexport PATH=\"$HOME/bin:$PATH\"\nEOF",
    "savedAptMark=\"$(apt-mark showmanual)\"; apt-mark auto '.*' > /dev/null; apt-mark manual $savedAptMark",
    "find /usr/local -type f -executable -exec ldd '{}' ';' | awk '/=>/ { print $(NF-1) }' | sort -u | xargs -r dpkg-query --search | cut -d: -f1 | sort -u | xargs -r apt-mark manual",
    "test \"$(sha256sum a.tgz | cut -d' ' -f1)\" = \"$SHA256\"",
    "echo \"${SHA256}  tool.tgz\" | sha256sum -c -",
    "bash -c 'set -o pipefail; curl -s https://example.com | tar xz'",
    "if ! command -v jq >/dev/null 2>&1; then apt-get install -y jq; fi",
    "npm config set registry ${NPM_REGISTRY} && npm ci --cache .npm --prefer-offline && npm run build --if-present",
    "pip install --no-cache-dir \"torch==${TORCH_VERSION}\" --extra-index-url \"https://download.example.com/whl/${CUDA}\"",
    "eval \"$(ssh-agent -s)\" && ssh-add /run/secrets/key",
    "ver=${VERSION#v}; major=${ver%%.*}; [[ \"$ver\" =~ ^[0-9]+\\.[0-9]+$ ]] || { echo bad >&2; exit 1; }",
    "mvn -B -Dmaven.test.skip=true ${MAVEN_ARGS} package && mv target/*.jar app.jar",
    "groupmod -o -g \"$PGID\" app\nusermod -o -u \"$PUID\" app\n",
    "true; # nothing to do\n:",
    "yum install -y https://example.com/epel.rpm && yum clean all && rm -rf /var/cache/yum",
];

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
