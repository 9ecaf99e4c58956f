//! Table tests, hard cases and properties of the Dockerfile parser.

use proptest::prelude::*;

use super::*;

fn words(words: &[Word]) -> String {
    let shown: Vec<&str> = words.iter().map(Word::as_str).collect();
    shown.join("|")
}

fn pairs(pairs: &[KeyValue]) -> String {
    let shown = pairs
        .iter()
        .map(|pair| format!("{}={}", pair.key.as_str(), pair.value.as_str()));
    shown.collect::<Vec<_>>().join("|")
}

fn command(command: &Command) -> String {
    match command {
        Command::Shell(text) => format!("sh {}", text.as_str()),
        Command::Exec(argv) => format!("exec {}", words(argv)),
    }
}

fn body(body: &Body) -> String {
    match body {
        Body::From { image, alias } => match alias {
            Some(alias) => format!("{} as {}", image.as_str(), alias.value),
            None => image.as_str().to_owned(),
        },
        Body::Run(c) | Body::Cmd(c) | Body::Entrypoint(c) => command(c),
        Body::Copy(t) | Body::Add(t) => {
            let to = t.destination.as_ref().map_or("?", Word::as_str);
            format!("{} -> {to}", words(&t.sources))
        }
        Body::Arg(definitions) => {
            let shown = definitions.iter().map(|arg| match &arg.default {
                Some(default) => format!("{}={}", arg.name, default.as_str()),
                None => arg.name.clone(),
            });
            shown.collect::<Vec<_>>().join("|")
        }
        Body::Env(list) | Body::Label(list) => pairs(list),
        Body::Workdir(word)
        | Body::User(word)
        | Body::Stopsignal(word)
        | Body::Maintainer(word) => word.as_str().to_owned(),
        Body::Expose(list) | Body::Volume(list) | Body::Shell(list) => words(list),
        Body::Healthcheck(Healthcheck::None) => "none".to_owned(),
        Body::Healthcheck(Healthcheck::Cmd(c)) => command(c),
        Body::Healthcheck(Healthcheck::Invalid(word)) => format!("? {}", word.as_str()),
        Body::Onbuild(nested) => instruction(nested),
        Body::Unknown(text) => format!("? {}", text.as_str()),
    }
}

/// `KEYWORD --flag=value arguments <<name(body)`.
fn instruction(instruction: &Instruction) -> String {
    let mut out = instruction.keyword.to_string();
    for flag in &instruction.flags {
        out += &format!(" --{}", flag.name);
        out += &flag
            .value
            .as_ref()
            .map_or(String::new(), |value| format!("={}", value.as_str()));
    }
    out += &format!(" {}", body(&instruction.body));
    for heredoc in &instruction.heredocs {
        out += &format!(" <<{}({:?})", heredoc.name, heredoc.body.as_str());
    }
    out
}

fn show(text: &str) -> Vec<String> {
    parse(text).instructions.iter().map(instruction).collect()
}

/// The file must give these instructions and no error.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(show(text), expected, "{text}");
    assert_eq!(parse(text).errors, [], "{text}");
}

/// One instruction behind a FROM.
#[track_caller]
fn check_one(line: &str, expected: &str) {
    check(&format!("FROM x\n{line}"), &["FROM x", expected]);
}

/// The file must give one error that holds `part` and stands at `at`.
#[track_caller]
fn check_error(text: &str, at: &str, part: &str) {
    let errors = parse(text).errors;
    let [error] = errors.as_slice() else {
        panic!("{text}: {errors:?}");
    };
    assert!(error.message.contains(part), "{}", error.message);
    assert_eq!(error.span.slice(text), at, "{}", error.message);
}

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
fn env() {
    check_one(
        "ENV A=1 \\\n  # note\n  B=\"b c\" \\\n  C=d\\ e",
        "ENV A=1|B=\"b c\"|C=d\\ e",
    );
    check_one("ENV A  b c=d \"e\"", "ENV A=b c=d \"e\"");
    check_one("ENV A=", "ENV A=");
    check_one("ENV A='x \\' B=1", "ENV A='x \\'|B=1");
    check_one("LABEL a.b=\"1\" \\\n      c=d", "LABEL a.b=\"1\"|c=d");
    check_error("FROM x\nENV A=1 B", "B", "no `=`");
    check_error("FROM x\nENV A", "ENV", "a name and a value");
    check_error("FROM x\nENV =1", "=1", "blank");
    let file = parse("FROM x\nENV A b");
    assert!(matches!(&file.instructions[1].body, Body::Env(pairs) if pairs[0].legacy));
}

#[test]
fn args() {
    check(
        "ARG A=1 B\nFROM x\nARG C=\"a b\" D=",
        &["ARG A=1|B", "FROM x", "ARG C=\"a b\"|D="],
    );
    check_error("FROM x\nARG =1", "=1", "blank");
    check_error("FROM x\nARG", "ARG", "at least one name");
}

#[test]
fn mounts() {
    let text =
        "FROM x\nRUN --mount=type=secret,id=k,dst=/k,required --mount=type=cache,target=$D a";
    check(
        text,
        &[
            "FROM x",
            "RUN --mount=type=secret,id=k,dst=/k,required --mount=type=cache,target=$D sh a",
        ],
    );
    let file = parse(text);
    let mounts: Vec<&Mount> = file.instructions[1].mounts().collect();
    assert_eq!(mounts[0].kind(), MountKind::Secret);
    assert_eq!(mounts[0].id().unwrap().span.slice(text), "k");
    assert_eq!(mounts[0].target().unwrap().span.slice(text), "/k");
    assert!(mounts[0].is_required() && mounts[0].is_read_only());
    assert_eq!(mounts[1].kind(), MountKind::Cache);
    assert_eq!(mounts[1].target().unwrap().as_str(), "$D");
    assert!(!mounts[1].is_read_only());
}

#[test]
fn mount_fields() {
    let mount = |value: &str| {
        let text = format!("FROM x\nRUN --mount={value} a");
        let file = parse(&text);
        file.instructions[1].mounts().next().cloned().unwrap()
    };
    assert_eq!(mount("target=/a").kind(), MountKind::Bind);
    assert!(mount("target=/a").is_read_only());
    assert!(!mount("target=/a,rw").is_read_only());
    assert!(mount("type=cache,target=/a,ro").is_read_only());
    assert!(!mount("target=/a,readonly=false").is_read_only());
    assert_eq!(
        mount("TYPE=Bind,src=../a,from=b")
            .source()
            .unwrap()
            .as_str(),
        "../a"
    );
    assert_eq!(
        mount("\\\"src=a,b\\\",dst=c").source().unwrap().as_str(),
        "a,b"
    );
    assert_eq!(mount("type=$T").kind(), MountKind::Other);
}

#[test]
fn mounts_as_buildkit_rejects_them() {
    check_error(
        "FROM x\nRUN --mount=type=bnd a",
        "bnd",
        "unsupported mount type",
    );
    check_error(
        "FROM x\nRUN --mount=type=cache,sharing=x a",
        "x",
        "unsupported mount sharing",
    );
    check_error(
        "FROM x\nRUN --mount=from=$A,target=/a a",
        "$A",
        "not expanded",
    );
    check_error(
        "FROM x\nRUN --mount=targt=/a a",
        "targt",
        "did you mean `target`",
    );
    check_error("FROM x\nRUN --mount=target a", "target", "needs a value");
}

#[test]
fn flags() {
    check_one(
        "COPY --from=b --chown=1:2 --chmod=644 --link --parents --exclude=*.a --exclude=*.b x y /z/",
        "COPY --from=b --chown=1:2 --chmod=644 --link --parents --exclude=*.a --exclude=*.b x|y -> /z/",
    );
    check_one(
        "ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false https://a/b /c",
        "ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false https://a/b -> /c",
    );
    check_one(
        "RUN --network=none --security=insecure a",
        "RUN --network=none --security=insecure sh a",
    );
    check_one("RUN --network=\"no\"'ne' a", "RUN --network=none sh a");
    check_one("RUN -- --a", "RUN sh --a");
    check_one("RUN a --b", "RUN sh a --b");
    check_one(
        "RUN \\\n  --mount=target=/a \\\n  b",
        "RUN --mount=target=/a sh b",
    );
    check_error(
        "FROM x\nCOPY --form=a b c",
        "--form=a",
        "did you mean `--from`",
    );
    check_error(
        "FROM x\nCOPY --from=a --from=b b c",
        "--from=b",
        "duplicate",
    );
    check_error("FROM x\nCOPY --from b c", "--from", "needs a value");
    check_error(
        "FROM x\nCOPY --link=maybe b c",
        "--link=maybe",
        "true or false",
    );
    check_error("FROM x\nUSER --a b", "--a", "has no flag");
    let file = parse("FROM x\nCOPY --link --parents=false a b");
    assert!(file.instructions[1].flag("link").unwrap().is_on());
    assert!(!file.instructions[1].flag("parents").unwrap().is_on());
}

#[test]
fn from() {
    check(
        "ARG T=1\nFROM --platform=$BUILDPLATFORM a/b:${T}@sha256:00 AS Build_1\n",
        &[
            "ARG T=1",
            "FROM --platform=$BUILDPLATFORM a/b:${T}@sha256:00 as build_1",
        ],
    );
    check_error("FROM", "FROM", "an image");
    check_error("FROM a b", "FROM", "an image");
    check_error("FROM a AS 1b", "1b", "cannot name a stage");
}

#[test]
fn onbuild_and_healthcheck() {
    check_one("ONBUILD COPY --from=a b c", "ONBUILD COPY --from=a b -> c");
    check_one(
        "HEALTHCHECK --interval=5s --start-interval=1s CMD curl x",
        "HEALTHCHECK --interval=5s --start-interval=1s sh curl x",
    );
    check_one("HEALTHCHECK cmd [\"a\"]", "HEALTHCHECK exec a");
    check_one("HEALTHCHECK NONE", "HEALTHCHECK none");
    check_error("FROM x\nHEALTHCHECK NONE a", "a", "no arguments");
    check_error("FROM x\nHEALTHCHECK curl", "HEALTHCHECK", "NONE or CMD");
    check_error("FROM x\nONBUILD FROM y", "FROM", "cannot be deferred");
    check_error(
        "FROM x\nONBUILD ONBUILD RUN a",
        "ONBUILD",
        "cannot be deferred",
    );
    check_error("FROM x\nONBUILD", "ONBUILD", "an instruction");
}

#[test]
fn json_form_falls_back_to_the_shell() {
    check_one("CMD [\"a\", \"b c\"]", "CMD exec a|b c");
    check_one("CMD ['a', 'b']", "CMD sh ['a', 'b']");
    check_one("CMD [\"a\" ] # b", "CMD sh [\"a\" ] # b");
    check_one("ENTRYPOINT []", "ENTRYPOINT exec ");
    check_one("RUN [ -f a ] && b", "RUN sh [ -f a ] && b");
    check_one("COPY [\"a b\", \"c\"]", "COPY a b -> c");
    check_one("COPY [a, b]", "COPY [a, -> b]");
    check_one("VOLUME [\"/a\"]", "VOLUME /a");
    check_one("VOLUME /a  /b", "VOLUME /a|/b");
    check_one("SHELL [\"/bin/bash\", \"-c\"]", "SHELL /bin/bash|-c");
    check_one("CMD [ \\\n \"a\", \\\n # c\n \"b\" ]", "CMD exec a|b");
    check_error("FROM x\nCMD [1]", "[1]", "strings only");
    check_error("FROM x\nSHELL bash", "SHELL", "a JSON array");
}

#[test]
fn json_words_map_to_their_bytes() {
    let text = "FROM x\nCMD [\"a\\\"b\", \"c\"]";
    let file = parse(text);
    let Body::Cmd(Command::Exec(argv)) = &file.instructions[1].body else {
        panic!("exec form expected");
    };
    assert_eq!(argv[0].as_str(), "a\"b");
    assert_eq!(argv[0].span.slice(text), "a\\\"b");
    assert_eq!(argv[0].raw.source_span(Span::new(2, 3)).slice(text), "b");
    assert_eq!(argv[1].span.slice(text), "c");
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

#[test]
fn simple_instructions() {
    check_one("MAINTAINER A <a@b.c>", "MAINTAINER A <a@b.c>");
    check_one("USER a:b", "USER a:b");
    check_one("WORKDIR /a b", "WORKDIR /a b");
    check_one("EXPOSE 80 443/tcp", "EXPOSE 80|443/tcp");
    check_one("STOPSIGNAL SIGINT", "STOPSIGNAL SIGINT");
    check_one("COPY \"a b\" c", "COPY \"a|b\" -> c");
    check_error("FROM x\nWORKDIR", "WORKDIR", "an argument");
    check_error("FROM x\nEXPOSE", "EXPOSE", "at least one");
    check_error("FROM x\nCOPY a", "COPY", "destination");
}

#[test]
fn an_instruction_has_one_error() {
    let text = "FROM a\nENV T=1 # ignore this one\nENV\n";
    let spans: Vec<&str> = parse(text)
        .errors
        .iter()
        .map(|e| e.span.slice(text))
        .collect();
    assert_eq!(spans, ["#", "ENV"]);
}

#[test]
fn unknown_instructions_are_kept() {
    let text = "FORM a\nFROM b\nRUM c d";
    assert_eq!(show(text), [" ? a", "FROM b", " ? c d"]);
    let messages: Vec<String> = parse(text).errors.into_iter().map(|e| e.message).collect();
    assert_eq!(
        messages,
        [
            "unknown instruction `FORM` (did you mean FROM?)",
            "unknown instruction `RUM` (did you mean RUN?)"
        ]
    );
}

#[test]
fn order_of_instructions() {
    check_error("RUN a\nFROM x", "RUN", "before the first FROM");
    check_error("", "", "no FROM");
    check_error("ARG A\n# note\n", "", "no FROM");
}

#[test]
fn long_lines_are_read_and_reported() {
    let text = format!("FROM x\nRUN {}", "a ".repeat(40_000));
    let file = parse(&text);
    assert_eq!(file.instructions.len(), 2);
    assert_eq!(file.errors.len(), 1);
}

#[test]
fn repeated_openings_are_read() {
    const SIZE: usize = 64 << 10;
    for unit in [
        "a ",
        "\\\n",
        "a \\\n",
        "\"",
        "'",
        "$",
        "${a:-",
        "<<E ",
        "\\",
        "--a ",
        "#\n",
        "A=\"$B\" ",
        "[",
        "\n",
        "RUN a\n",
        "<<a\n",
        "{\"a\":",
    ] {
        for head in [
            "FROM x\nRUN ",
            "FROM x\nENV ",
            "FROM x\nCOPY [\"",
            "FROM x\nRUN <<E ",
            "",
        ] {
            let text = format!("{head}{}", unit.repeat(SIZE / unit.len()));
            let file = parse(&text);
            assert!(file.instructions.len() <= text.len());
        }
    }
}

#[test]
fn errors_are_bounded() {
    let file = parse(&format!("FROM x\n{}", "RUM --mount=a\n".repeat(5000)));
    assert_eq!(file.instructions.len(), 5001);
    assert_eq!(file.errors.len(), MAX_ERRORS);
}

/// Every span lies in the text, on character boundaries.
fn assert_fits(text: &str, span: Span) {
    assert!(span.start <= span.end, "{span:?} in {text:?}");
    assert!(
        text.get(span.start as usize..span.end as usize).is_some(),
        "{span:?} in {text:?}"
    );
}

fn assert_instruction_fits(text: &str, instruction: &Instruction) {
    assert_fits(text, instruction.span);
    assert!(
        instruction.span.contains(instruction.keyword_span),
        "{text:?}"
    );
    for flag in &instruction.flags {
        assert_fits(text, flag.name_span);
        assert!(instruction.span.contains(flag.span), "{text:?}");
        for option in flag.mount.iter().flat_map(|mount| &mount.options) {
            assert_fits(text, option.key_span);
        }
    }
    for heredoc in &instruction.heredocs {
        assert_fits(text, heredoc.word_span);
        assert_fits(text, heredoc.terminator_span);
        assert!(instruction.span.contains(heredoc.span), "{text:?}");
    }
    match &instruction.body {
        Body::Onbuild(nested) => assert_instruction_fits(text, nested),
        Body::Env(pairs) | Body::Label(pairs) => {
            for pair in pairs {
                assert_fits(text, pair.key.span);
                assert_fits(text, pair.value.span);
            }
        }
        Body::Copy(transfer) | Body::Add(transfer) => {
            for word in transfer.sources.iter().chain(&transfer.destination) {
                assert_fits(text, word.span);
            }
        }
        Body::Run(Command::Exec(argv)) => argv.iter().for_each(|word| assert_fits(text, word.span)),
        Body::Arg(definitions) => definitions
            .iter()
            .for_each(|arg| assert_fits(text, arg.name_span)),
        _ => {}
    }
}

fn assert_sound(text: &str) {
    let file = parse(text);
    let mut end = 0;
    for instruction in &file.instructions {
        assert!(end <= instruction.span.start, "{text:?}");
        end = instruction.span.end;
        assert_instruction_fits(text, instruction);
        let _ = instruction.shell_text();
    }
    for directive in &file.directives {
        assert_fits(text, directive.span);
        assert!(directive.span.contains(directive.value.span));
    }
    for span in &file.comments {
        assert!(span.slice(text).starts_with('#'), "{text:?}");
    }
    for error in &file.errors {
        assert_fits(text, error.span);
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        assert_sound(&text);
    }

    #[test]
    fn plausible_files_are_read(parts in prop::collection::vec(prop_oneof![
        Just("FROM "), Just("RUN "), Just("COPY "), Just("ENV "), Just("ARG "), Just("ONBUILD "), Just("LABEL "),
        Just("HEALTHCHECK "), Just("CMD "), Just("--mount="), Just("--from="), Just("type=bind,"), Just("src="), Just("<<EOF"),
        Just("<<-'EOF' "), Just("EOF\n"), Just("\\\n"), Just("\\"), Just("\n"), Just("\r\n"), Just(" "), Just("\t"), Just("# c\n"),
        Just("# escape=`\n"), Just("`\n"), Just("["), Just("\""), Just("'"), Just("]"), Just(","), Just("a"), Just("é"), Just("="),
        Just("$A"), Just("${A:-"), Just("}"), Just("\u{a0}"), Just("\u{feff}"), Just("\\u00e9"), Just("AS "), Just("//"), Just("{"),
    ], 0..40)) {
        assert_sound(&parts.concat());
    }
}
