//! Lists, compound commands, redirections and here-documents.

use super::*;

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
