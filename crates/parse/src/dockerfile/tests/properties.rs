//! That any text is read, and every span lies in it.

use proptest::prelude::*;

use super::*;

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
