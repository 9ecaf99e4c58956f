//! Here-documents.

use super::*;

#[test]
fn heredocs_plain() {
    check_one(
        "RUN <<EOF\necho a\necho b\nEOF",
        "RUN sh <<EOF <<EOF(\"echo a\\necho b\\n\")",
    );
}

#[test]
fn heredocs_with_tabs_and_quotes() {
    let text = "FROM x\nRUN cat <<-'EOT'\n\techo $a\n\t\tb\n\tEOT\nRUN b\n";
    check(
        text,
        &[
            "FROM x",
            "RUN sh cat <<-'EOT' <<EOT(\"echo $a\\nb\\n\")",
            "RUN sh b",
        ],
    );
    let heredoc = &parse(text).instructions[1].heredocs[0];
    assert!(!heredoc.expand && heredoc.strip_tabs && heredoc.terminated);
    assert_eq!(heredoc.word_span.slice(text), "<<-'EOT'");
    assert_eq!(heredoc.terminator_span.slice(text), "EOT");
    assert_eq!(heredoc.body.source_span(Span::new(8, 9)).slice(text), "b");
}

#[test]
fn heredocs_two_in_one_copy() {
    check_one(
        "COPY <<a.txt <<\"b.txt\" real /to/\nA\na.txt\nB\nb.txt\n",
        "COPY real -> /to/ <<a.txt(\"A\\n\") <<b.txt(\"B\\n\")",
    );
}

#[test]
fn heredocs_behind_a_continuation() {
    check_one(
        "RUN a \\\n # note\n <<EOF\nb\nEOF\n",
        "RUN sh a  <<EOF <<EOF(\"b\\n\")",
    );
}

#[test]
fn heredocs_followed_by_a_comment() {
    let text = "FROM x\nRUN <<EOF\n# inside\nEOF\n# outside\nRUN a";
    check(
        text,
        &["FROM x", "RUN sh <<EOF <<EOF(\"# inside\\n\")", "RUN sh a"],
    );
    assert_eq!(parse(text).comments.len(), 1);
}

#[test]
fn heredocs_as_buildkit_finds_them() {
    check_one("RUN cat <<< word", "RUN sh cat <<< word");
    check_one("RUN [\"cat\", \"<<EOF\"]", "RUN exec cat|<<EOF");
    check_one("RUN echo 'a <<EOF b'", "RUN sh echo 'a <<EOF b'");
    check_one("RUN echo it's <<EOF", "RUN sh echo it's <<EOF");
    check_one("RUN a<<EOF", "RUN sh a<<EOF");
    check_one(
        "RUN cat 3<<EOF <<B\n1\nEOF\n2\nB",
        "RUN sh cat 3<<EOF <<B <<EOF(\"1\\n\") <<B(\"2\\n\")",
    );
    check_one(
        "RUN cat << EOF\n1\nEOF",
        "RUN sh cat << EOF <<EOF(\"1\\n\")",
    );
    check_one("RUN cat <<$A\n1\n$A", "RUN sh cat <<$A <<$A(\"1\\n\")");
    check_one(
        "ONBUILD RUN <<EOF\n1\nEOF",
        "ONBUILD RUN sh <<EOF <<EOF(\"1\\n\")",
    );
    check_one("ADD <<EOF /x\n1\nEOF", "ADD  -> /x <<EOF(\"1\\n\")");
    check_one("CMD cat <<EOF", "CMD sh cat <<EOF");
    check_error("FROM x\nRUN <<EOF\na", "<<EOF", "not terminated");
    check_error("FROM x\nCOPY a <<EOF\nEOF", "<<EOF", "cannot write");
}
