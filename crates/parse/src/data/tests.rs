//! What every format has in common: spans that lead back to the bytes, and no input that breaks a parser.

use proptest::prelude::*;

use plimsoll_model::Span;

use super::*;

/// The bytes under each scalar of the tree, in order, as `path=slice`.
fn scalars(text: &str, document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    for root in &document.roots {
        walk(text, root, "", &mut found);
    }
    found
}

fn walk(text: &str, node: &Node, path: &str, found: &mut Vec<String>) {
    match &node.value {
        Value::Scalar(_) => found.push(format!("{path}={}", node.span.slice(text))),
        Value::Expression(_) => found.push(format!("{path}~{}", node.span.slice(text))),
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(text, item, &format!("{path}[{at}]"), found);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries.iter() {
                assert_eq!(
                    entry.key.span.slice(text).is_empty(),
                    entry.name().is_empty()
                );
                walk(
                    text,
                    &entry.value,
                    &format!("{path}.{}", entry.name()),
                    found,
                );
            }
        }
    }
}

fn check(parse: fn(&str) -> Document, text: &str, expected: &[&str]) {
    let document = parse(text);
    assert_eq!(scalars(text, &document), expected, "{text:?}");
    assert_eq!(document.errors, [], "{text:?}");
}

/// The scalars found, and the bytes at which something was reported.
fn check_broken(parse: fn(&str) -> Document, text: &str, expected: &[&str], errors: &[&str]) {
    let document = parse(text);
    assert_eq!(
        scalars(text, &document),
        expected,
        "{text:?}: {:?}",
        document.errors
    );
    let at: Vec<&str> = document
        .errors
        .iter()
        .map(|error| error.span.slice(text))
        .collect();
    assert_eq!(at, errors, "{text:?}: {:?}", document.errors);
}

#[test]
fn yaml_spans() {
    check(
        parse_yaml,
        "\u{feff}a: é # x\r\nb: \"q\\ts\"\r\nc: ['x', {d: ~}]\r\ne:\r\n  - - f\r\n",
        &[".a=é", ".b=q\\ts", ".c[0]=x", ".c[1].d=~", ".e[0][0]=f"],
    );
    check(parse_yaml, "a: 1\n---\nb: on\n", &[".a=1", ".b=on"]);
    check(parse_yaml, "", &[]);
    check(parse_yaml, "# only\n", &[]);
    check(parse_yaml, "a:\nb: !Ref x\n", &[".a=", ".b=x"]);
    check(
        parse_yaml,
        "é: [-]\nb: [x, -]\n",
        &[".é[0]=-", ".b[0]=x", ".b[1]=-"],
    );
    assert_eq!(parse_yaml("[-]").roots[0].items()[0].as_str(), Some("-"));
}

#[test]
fn yaml_comments_and_tags() {
    let text = "# é\na: !reference [x, y] # two\n";
    let document = parse_yaml(text);
    let comments: Vec<&str> = document
        .comments
        .iter()
        .map(|span| span.slice(text))
        .collect();
    assert_eq!(comments, ["# é", "# two"]);
    let value = document.path(&["a"]).unwrap();
    assert_eq!(value.tag.as_deref(), Some("!reference"));
    assert_eq!(value.span.slice(text), "[x, y]");
}

#[test]
fn yaml_block_scalars_map_line_by_line() {
    let text = "jobs:\r\n  run: |\r\n    echo é\r\n    docker build ..\r\n\r\n  x: >-\r\n    a\r\n    b\r\n";
    let document = parse_yaml(text);
    let run = document.path(&["jobs", "run"]).unwrap();
    let script = run.as_str().unwrap();
    assert_eq!(script, "echo é\ndocker build ..\n");
    let at = script.find("..").unwrap();
    let span = run.span_of(Span::new(at, at + 2));
    assert_eq!(span.slice(text), "..");
    let folded = document.path(&["jobs", "x"]).unwrap();
    assert_eq!(folded.as_str(), Some("a b"));
    assert_eq!(folded.span_of(Span::new(2, 3)).slice(text), "b");
}

#[test]
fn yaml_aliases_share_and_merge_keys_give_way() {
    let text = "base: &b {context: .., args: {x: 1}}\napi:\n  <<: *b\n  context: .\nweb: *b\n";
    let document = parse_yaml(text);
    assert_eq!(document.errors, []);
    let api = document.path(&["api"]).unwrap();
    assert_eq!(api.get("context").unwrap().as_str(), Some("."));
    assert_eq!(api.path(&["args", "x"]).unwrap().span.slice(text), "1");
    assert!(api.entry("args").unwrap().merged);
    assert_eq!(api.span.slice(text), "<<: *b\n  context: .");
    let web = document.path(&["web", "context"]).unwrap();
    assert_eq!(web.span.slice(text), "..");
}

#[test]
fn yaml_bombs_are_cut() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
    }
    let document = parse_yaml(&bomb);
    assert_eq!(document.errors.len(), 1);
    assert_eq!(document.path(&["a0"]).unwrap().items().len(), 10);

    let long = format!("- &a {}\n{}", "x".repeat(100_000), "- *a\n".repeat(1000));
    let document = parse_yaml(&long);
    assert_eq!(document.errors.len(), 1);
    assert!(document.roots[0].items().len() < 200);

    let chain: String = (1..400)
        .map(|level| format!("- &a{level} [*a{}]\n", level - 1))
        .collect();
    let document = parse_yaml(&format!("- &a0 x\n{chain}"));
    assert!(document.errors[0].message.contains("deeper"));
    assert_eq!(document.roots[0].items().len(), 400);
}

#[test]
fn broken_yaml_keeps_what_was_read() {
    check_broken(
        parse_yaml,
        "a: [1, *no, x]\n",
        &[".a[0]=1", ".a[1]=*no", ".a[2]=x"],
        &["*no"],
    );
    check_broken(parse_yaml, "a: 1\na: 2\n", &[".a=1", ".a=2"], &["a"]);
    check_broken(
        parse_yaml,
        "a: {b: 1, c\nd: [\n---\ne: 2\n",
        &[".a.b=1", ".e=2"],
        &["["],
    );
    check_broken(parse_yaml, "a: &x [*x]\n", &[".a[0]=*x"], &["*x"]);
    check_broken(parse_yaml, "a: b\nc: 'open\n", &[".a=b", ".c="], &["'"]);
}

#[test]
fn json_spans() {
    check(
        parse_json,
        "\u{feff}{ // é\r\n \"a\": \"é\\n\\u00e9\", 'b': [1, null,], c: {\"d\": true} }",
        &[".a=é\\n\\u00e9", ".b[0]=1", ".b[1]=null", ".c.d=true"],
    );
    let text = "{\"a\": \"\\u002e./x\"}";
    let document = parse_json(text);
    let value = document.path(&["a"]).unwrap();
    assert_eq!(value.as_str(), Some("../x"));
    assert_eq!(value.span_of(Span::new(0, 4)).slice(text), "\\u002e./x");
    let twice = parse_json("{\"a\": 1, \"a\": 2}");
    assert_eq!(twice.path(&["a"]).unwrap().as_str(), Some("2"));
}

#[test]
fn broken_json_keeps_what_was_read() {
    check_broken(
        parse_json,
        "{\"a\": {\"b\": \"../..",
        &[".a.b=../.."],
        &["\"../..", ""],
    );
    check_broken(
        parse_json,
        "{\"a\": [1, 2}",
        &[".a[0]=1", ".a[1]=2"],
        &["}"],
    );
    check_broken(parse_json, "{\"a\" \"b\": 2}", &[".a=", ".b=2"], &[""]);
    check_broken(
        parse_json,
        "{\"a\": \"\\uq\", \"b\": 1} x",
        &[".a=\\uq", ".b=1"],
        &["\"\\uq\"", "x", "x"],
    );
    check_broken(parse_json, "{\"a\": , \"b\": 1}", &[".a=", ".b=1"], &[""]);
}

#[test]
fn toml_spans() {
    check(
        parse_toml,
        "\u{feff}a = 'é' # x\r\n[build]\r\n\"b c\".d = \"\\u002e\"\r\n[[files]]\r\np = 1\r\n[[files]]\r\np = { q = [true] }\r\n",
        &[
            ".a=é",
            ".build.b c.d=\\u002e",
            ".files[0].p=1",
            ".files[1].p.q[0]=true",
        ],
    );
    let text = "a = \"\"\"\r\nx \\\r\n   y\"\"\" # '\r\nb = '''#''' # é\r\n";
    let document = parse_toml(text);
    let value = document.path(&["a"]).unwrap();
    assert_eq!(value.as_str(), Some("x y"));
    assert_eq!(value.span_of(Span::new(2, 3)).slice(text), "y");
    let comments: Vec<&str> = document
        .comments
        .iter()
        .map(|span| span.slice(text))
        .collect();
    assert_eq!(comments, ["# '", "# é"]);
}

#[test]
fn broken_toml_leaves_out_lines() {
    check_broken(
        parse_toml,
        "[build]\ndockerfile = ../x\ncontext = 'y'\n",
        &[".build.context=y"],
        &[""],
    );
    let document = parse_toml("a = 1\nb = [1,\n");
    assert_eq!(document.path(&["a"]).unwrap().as_str(), Some("1"));
    assert!(!document.errors.is_empty());
}

#[test]
fn hcl_spans() {
    let text = "\u{feff}variable \"TAG\" { default = \"é\" }\r\n# é\r\ntarget \"a\" {\r\n  context = \"../${TAG}/x\"\r\n  args = { A = TAG, \"B\" = null }\r\n}\r\ntarget \"b\" {\r\n  inherits = [\"a\"]\r\n  f = <<EOT\r\nFROM x\r\nEOT\r\n}\r\n";
    check(
        parse_hcl,
        text,
        &[
            ".variable.TAG.default=é",
            ".target.a.context~../${TAG}/x",
            ".target.a.args.A~TAG",
            ".target.a.args.B=null",
            ".target.b.inherits[0]=a",
            ".target.b.f=FROM x\r\n",
        ],
    );
    let document = parse_hcl(text);
    let context = document.path(&["target", "a", "context"]).unwrap();
    let ExpressionKind::Template(parts) = &context.as_expression().unwrap().kind else {
        panic!("{context:?}");
    };
    let [
        TemplatePart::Literal(up),
        TemplatePart::Interpolation(tag),
        TemplatePart::Literal(rest),
    ] = parts.as_slice()
    else {
        panic!("{parts:?}");
    };
    assert_eq!(up.source_span(Span::new(0, 3)).slice(text), "../");
    assert_eq!(tag.span.slice(text), "TAG");
    assert_eq!(rest.source_span(Span::new(0, 2)).slice(text), "/x");
    assert_eq!(document.comments.len(), 1);
}

#[test]
fn broken_hcl_leaves_out_lines() {
    let document = parse_hcl(
        "target \"a\" {\n  context = \"..\"\n  x = = 1\n}\ntarget \"b\" {\n  context = \"c\"\n  y = \"",
    );
    assert_eq!(
        document.path(&["target", "a", "context"]).unwrap().as_str(),
        Some("..")
    );
    assert_eq!(
        document.path(&["target", "b", "context"]).unwrap().as_str(),
        Some("c")
    );
    assert!(document.errors.len() >= 2);
}

#[test]
fn brackets_closed_for_a_file_are_not_its_bytes() {
    for text in ["r=[", "\n\nr=[ ", "r={\n", "r=[\"${a(", "b {\n r = [1, {"] {
        in_range(text, &parse_hcl(text));
    }
}

#[test]
fn templates_in_json_lead_back_to_the_bytes() {
    let text = "{\"a\": \"\\u002e./${TAG}-$${x}\"}";
    let document = parse_json(text);
    let parts = hcl_template(document.path(&["a"]).unwrap().source_text().unwrap());
    let [
        TemplatePart::Literal(up),
        TemplatePart::Interpolation(tag),
        TemplatePart::Literal(rest),
    ] = parts.as_slice()
    else {
        panic!("{parts:?}");
    };
    assert_eq!(up.as_str(), "../");
    assert_eq!(up.source_span(Span::new(0, 3)).slice(text), "\\u002e./");
    assert_eq!(tag.span.slice(text), "TAG");
    assert_eq!(rest.as_str(), "-${x}");
}

#[test]
fn deep_nesting_is_refused() {
    let parsers: [fn(&str) -> Document; 4] = [parse_yaml, parse_json, parse_toml, parse_hcl];
    let [yaml, json, toml, hcl] = parsers;
    let cases = [
        ("[", yaml),
        ("- ", yaml),
        ("{a: ", yaml),
        ("? ", yaml),
        ("[", json),
        ("{\"a\":", json),
        ("a = [", toml),
        ("a.", toml),
        ("a = {b = ", toml),
        ("x = (", hcl),
        ("x = \"${", hcl),
        ("a {\n", hcl),
        ("x = -", hcl),
    ];
    for (open, parse) in cases {
        let text = open.repeat(100_000);
        assert!(!parse(&text).errors.is_empty(), "{open:?}");
        for parse in parsers {
            parse(&text);
        }
    }
}

#[test]
fn too_many_nodes_are_refused() {
    let text = format!("[{}", "1,".repeat(300_000));
    for parse in [parse_yaml, parse_json] {
        let document = parse(&text);
        assert!(document.errors[0].message.contains("nodes"));
        assert!(document.root().unwrap().items().len() > 100_000);
    }
}

fn in_range(text: &str, document: &Document) {
    let fits = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    for root in &document.roots {
        spans_fit(root, &fits);
    }
    assert!(document.comments.iter().all(|span| fits(*span)));
    assert!(document.errors.iter().all(|error| fits(error.span)));
}

fn spans_fit(node: &Node, fits: &dyn Fn(Span) -> bool) {
    assert!(fits(node.span), "{node:?}");
    if let Some(scalar) = node.as_scalar() {
        let length = scalar.text.as_str().len();
        let whole = scalar.text.source_span(Span::new(0, length));
        assert!(fits(whole), "{node:?}");
    }
    for item in node.items() {
        spans_fit(item, fits);
    }
    for entry in node.entries() {
        spans_fit(&entry.key, fits);
        spans_fit(&entry.value, fits);
    }
}

proptest! {
    #[test]
    fn no_text_breaks_a_parser(text in r#"([a-zé:\-\[\]{}"'#&*|>\\ \n\r\t$%=./<,~!?é]|: |- |a: |\\u00e9|"\$\{|---\n|<<: |<<E\n|\n  ){0,60}"#) {
        for parse in [parse_yaml, parse_json, parse_toml, parse_hcl] {
            in_range(&text, &parse(&text));
        }
    }

    #[test]
    fn yaml_scalars_map_into_their_span(body in r#"([a-zé]|''|  ?|\n ? ? ?|\r\n  ){0,30}"#, style in 0usize..5) {
        let head = ["a: x", "a: 'x", "a: \"x", "a: |\n  x", "a: >\n  x"][style];
        let tail = ["", "'", "\"", "", ""][style];
        let text = format!("{head}{body}{tail}\n");
        in_range(&text, &parse_yaml(&text));
    }
}
