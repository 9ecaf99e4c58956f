//! Directives, continuations, comments and line ends.

use super::*;

#[test]
fn shell_text_is_what_the_shell_reads() {
    let shell = |text: &str| {
        let file = parse(text);
        file.instructions[0]
            .shell_text()
            .map(|text| text.as_str().to_owned())
    };
    assert_eq!(shell("RUN <<EOF\na\nEOF").as_deref(), Some("a\n"));
    assert_eq!(
        shell("RUN cat <<EOF > b\na\nEOF").as_deref(),
        Some("cat <<EOF > b\na\nEOF")
    );
    assert_eq!(shell("RUN a \\\n b").as_deref(), Some("a  b"));
    assert_eq!(shell("RUN [\"a\"]"), None);
    assert_eq!(shell("HEALTHCHECK CMD a").as_deref(), Some("a"));
}

#[test]
fn escape_directive() {
    check(
        "# escape=`\nFROM x\nRUN dir `\n  c:\\\nCOPY a c:\\\n",
        &["FROM x", "RUN sh dir   c:\\", "COPY a -> c:\\"],
    );
    check_error("# escape=^\nFROM x", "^", "backslash or a backtick");
}

#[test]
fn directives_end_at_the_first_other_line() {
    let names = |text: &str| {
        let file = parse(text);
        let shown = file
            .directives
            .iter()
            .map(|d| format!("{}={}", d.name, d.value.value));
        shown.collect::<Vec<_>>().join(" ")
    };
    let check = |text, expected| assert_eq!(names(text), expected, "{text}");
    check(
        "# syntax=docker/dockerfile:1\n#CHECK = skip=all ; error=true \nFROM x",
        "syntax=docker/dockerfile:1 check=skip=all ; error=true",
    );
    check("  # Escape = `\nFROM x", "escape=`");
    check("# note\n# escape=`\nFROM x", "");
    check("\n# escape=`\nFROM x", "");
    check("FROM x\n# escape=`", "");
    check("# key=value\n# escape=`\nFROM x", "");
    check("\u{feff}# escape=`\r\nFROM x", "escape=`");
    check("#!/usr/bin/env docker\n# syntax=a/b\nFROM x", "syntax=a/b");
    check("// syntax=a/b\nFROM x", "syntax=a/b");
    check("{\"syntax\": \"a/b\"}", "syntax=a/b");
    check_error("# escape=`\n# escape=\\\nFROM x", "# escape=\\", "only one");
    let text = "#  syntax =  a/b \nFROM x";
    let file = parse(text);
    assert_eq!(file.directives[0].value.span.slice(text), "a/b");
    assert_eq!(file.comments, []);
}

#[test]
fn blanks_behind_the_escape() {
    check_one("RUN a \\  \t\n  b", "RUN sh a   b");
    check(
        "FROM x\nRUN a \\\\\nRUN b",
        &["FROM x", "RUN sh a \\\\", "RUN sh b"],
    );
}

#[test]
fn comments_and_empty_lines_in_continuations() {
    let text = "FROM x\nRUN a && \\\n# one\n\n   # two\n\\\n  b\n# three";
    check(text, &["FROM x", "RUN sh a &&   b"]);
    let comments = parse(text).comments;
    let shown: Vec<&str> = comments.iter().map(|span| span.slice(text)).collect();
    assert_eq!(shown, ["# one", "# two", "# three"]);
    assert_eq!(
        parse(text).instructions[1].span.slice(text),
        "RUN a && \\\n# one\n\n   # two\n\\\n  b"
    );
}

#[test]
fn a_trailing_continuation_ends_with_the_file() {
    let text = "FROM x\nRUN a \\\n# end\n\n";
    check(text, &["FROM x", "RUN sh a"]);
    assert_eq!(parse(text).instructions[1].span.slice(text), "RUN a \\");
    check_error("FROM x\n\\\n", "\\", "no instruction");
}

#[test]
fn a_hash_inside_a_line_is_no_comment() {
    check_one("RUN a # b", "RUN sh a # b");
    check_one("  # note\n  RUN a", "RUN sh a");
}

#[test]
fn lower_case_and_carriage_returns() {
    let text = "from a\r\nrun b \\\r\n  c\r\n";
    check(text, &["FROM a", "RUN sh b   c"]);
    assert_eq!(
        parse(text).instructions[1].span.slice(text),
        "run b \\\r\n  c"
    );
}

#[test]
fn byte_order_mark_and_tabs() {
    let text = "\u{feff}FROM\ta\n\tRUN\tb";
    check(text, &["FROM a", "RUN sh b"]);
    assert_eq!(parse(text).instructions[0].span.slice(text), "FROM\ta");
}
