//! Values that are parsed as code.

use plimsoll_model::Span;
use plimsoll_parse::SourceText;

use super::code::{Interpreter, Language, Source, interpreter};
use super::environment::Carried;
use super::invocation::Invocation;
use super::options::{Options, Role};
use super::uses::{Code, Shell, UseKind};
use super::walk::Walk;
use super::words::Argument;

impl Walk<'_> {
    /// What a command runs of its arguments and input; what that prints.
    pub(super) fn code(
        &mut self,
        invocation: &Invocation<'_, '_>,
        input: &[Carried],
    ) -> Vec<Carried> {
        let arguments = invocation.arguments;
        match invocation.name {
            "eval" => return self.shell_code(invocation, arguments, Code::Eval),
            "trap" => {
                let handler = arguments.get(..1).unwrap_or_default();
                return self.shell_code(invocation, handler, Code::Trap);
            }
            "." | "source" => self.script_file(invocation, 0, Language::Shell),
            "su" | "runuser" | "script" => self.user_command(invocation),
            "make" | "gmake" => self.make_variables(invocation),
            "ssh" => self.remote_command(invocation),
            "awk" => self.program(invocation, Language::Awk, &["-v", "-F", "-f"], &[]),
            "sed" => self.program(
                invocation,
                Language::Sed,
                &["-l", "-f", "--file"],
                &["-e", "--expression"],
            ),
            name => {
                if let Some(interpreter) = interpreter(name) {
                    return self.interpret(interpreter, invocation, input);
                }
            }
        }
        Vec::new()
    }

    fn interpret(
        &mut self,
        interpreter: &Interpreter,
        invocation: &Invocation<'_, '_>,
        input: &[Carried],
    ) -> Vec<Carried> {
        let arguments = invocation.arguments;
        let language = interpreter.language;
        let (source, rest) = interpreter.source(arguments);
        let rest = arguments.get(rest..).unwrap_or_default();
        match source {
            Source::Argument(at, from) => {
                let Some(code) = arguments.get(at) else {
                    return Vec::new();
                };
                if language == Language::Shell {
                    let kind = Code::ShellArgument;
                    return self.shell_argument(invocation, code, rest, kind);
                }
                self.source_text(invocation, code, from, language);
            }
            Source::File(at) => self.script_file(invocation, at, language),
            Source::Input => self.code_input(invocation, language, input),
            Source::Other => {}
        }
        Vec::new()
    }

    /// Standard input that an interpreter runs.
    fn code_input(
        &mut self,
        invocation: &Invocation<'_, '_>,
        language: Language,
        input: &[Carried],
    ) {
        for carried in input {
            if carried.taint.fetched {
                self.fetched_and_run(carried, invocation.call());
            } else if !carried.taint.bounded && language != Language::Sql {
                let (code, reason) = match invocation.here_document {
                    true => (
                        Code::HereDocument,
                        "reads a here-document as code, and the shell expands it before",
                    ),
                    false => (Code::PipedToShell, "reads its standard input as code"),
                };
                let reason = format!("`{}` {reason}", invocation.name);
                let witness = language.witness("");
                let kind = UseKind::CommandInjection(code);
                self.report(carried, invocation.call(), kind, reason, witness);
                if carried.begins && language.expects_command("") {
                    self.names_command(carried, invocation.span);
                }
            }
        }
    }

    /// Words that a shell parses again: `eval`, `trap`.
    fn shell_code(
        &mut self,
        invocation: &Invocation<'_, '_>,
        words: &[Argument<'_>],
        code: Code,
    ) -> Vec<Carried> {
        let sources: Option<Vec<SourceText>> = words.iter().map(static_source).collect();
        if let Some(sources) = sources {
            let source = joined(&sources);
            return self.inner_script(&source, None, self.shell);
        }
        self.code_words(invocation, words, code);
        Vec::new()
    }

    /// `sh -c WORD arguments…`
    fn shell_argument(
        &mut self,
        invocation: &Invocation<'_, '_>,
        word: &Argument<'_>,
        rest: &[Argument<'_>],
        code: Code,
    ) -> Vec<Carried> {
        self.code_word(invocation, word, ("", 0), Language::Shell, code);
        let replaced = self.replaced_input(word, rest);
        for carried in &replaced {
            let kind = UseKind::CommandInjection(code);
            let reason = "xargs puts the value into code that a shell parses".to_owned();
            self.report(carried, invocation.call(), kind, reason, "$(id)".to_owned());
        }
        let Some(source) = static_source(word) else {
            return Vec::new();
        };
        let bash = !matches!(invocation.name, "sh" | "dash" | "ash" | "su" | "runuser");
        let shell = Shell {
            bash,
            errexit: false,
            pipefail: false,
        };
        // The first word behind the code is `$0`.
        let positional = rest.get(1..).unwrap_or_default();
        self.inner_script(&source, Some(positional), shell)
    }

    /// The values that `xargs -I{}` puts in the place of `{}`.
    fn replaced_input(&self, word: &Argument<'_>, rest: &[Argument<'_>]) -> Vec<Carried> {
        if !word.text.contains("{}") {
            return Vec::new();
        }
        let fed = rest.iter().filter(|argument| argument.word.is_none());
        fed.flat_map(|argument| argument.carried.iter().filter(|c| c.quoted).cloned())
            .collect()
    }

    /// Words that a shell joins and parses.
    fn code_words(&mut self, invocation: &Invocation<'_, '_>, words: &[Argument<'_>], code: Code) {
        let mut earlier = String::new();
        for word in words {
            self.code_word(invocation, word, (&earlier, 0), Language::Shell, code);
            earlier.push_str(&word.text);
            earlier.push(' ');
        }
    }

    /// Values in a word that is parsed as source text, behind what came earlier, from byte `from` on.
    fn code_word(
        &mut self,
        invocation: &Invocation<'_, '_>,
        word: &Argument<'_>,
        (earlier, from): (&str, usize),
        language: Language,
        code: Code,
    ) {
        for carried in word.carried.iter().chain(&word.content) {
            if carried.taint.fetched {
                self.fetched_and_run(carried, invocation.call());
            } else if !carried.taint.bounded && carried.at >= from {
                let before = word.before(carried).get(from..).unwrap_or("");
                let witness = language.witness(before);
                let reason = format!(
                    "`{}` parses the word that holds the value as {} code",
                    invocation.name,
                    language.name()
                );
                let kind = UseKind::CommandInjection(code);
                self.report(carried, invocation.call(), kind, reason, witness);
                let begins = carried.begins || (carried.at > 0 && carried.taint.begins);
                if begins && language.expects_command(&format!("{earlier}{before}")) {
                    self.names_command(carried, invocation.span);
                }
            }
        }
    }

    fn source_text(
        &mut self,
        invocation: &Invocation<'_, '_>,
        word: &Argument<'_>,
        from: usize,
        language: Language,
    ) {
        self.code_word(invocation, word, ("", from), language, Code::OtherLanguage);
    }

    /// A file that is run: its name, or what a process substitution prints.
    fn script_file(&mut self, invocation: &Invocation<'_, '_>, at: usize, language: Language) {
        let Some(file) = invocation.arguments.get(at) else {
            return;
        };
        for carried in &file.content {
            if carried.taint.fetched {
                self.fetched_and_run(carried, invocation.call());
            } else if !carried.taint.bounded {
                let kind = UseKind::CommandInjection(Code::PipedToShell);
                let reason = format!("`{}` runs what the substitution prints", invocation.name);
                self.report(
                    carried,
                    invocation.call(),
                    kind,
                    reason,
                    language.witness(""),
                );
            }
        }
        for carried in file.carried.iter().filter(|c| c.begins && !c.taint.fetched) {
            let kind = UseKind::CommandInjection(Code::ScriptFile);
            let reason = format!("the value names the file that `{}` runs", invocation.name);
            self.report(
                carried,
                invocation.call(),
                kind,
                reason,
                "/tmp/payload".to_owned(),
            );
        }
    }

    /// `su user -c WORD`
    fn user_command(&mut self, invocation: &Invocation<'_, '_>) {
        let arguments = invocation.arguments;
        let option = arguments.iter().position(|argument| {
            matches!(argument.static_text(), Some("-c" | "--command" | "-lc"))
        });
        let Some(option) = option else {
            return;
        };
        if let Some(code) = arguments.get(option + 1) {
            let rest = arguments.get(option + 2..).unwrap_or_default();
            self.shell_argument(invocation, code, rest, Code::ShellArgument);
        }
    }

    /// `make NAME=WORD`: make runs the functions in the value where it expands the variable, and it expands all of them
    /// for the environment of the first recipe.
    fn make_variables(&mut self, invocation: &Invocation<'_, '_>) {
        for argument in invocation.arguments {
            for carried in &argument.carried {
                let before = argument.before(carried);
                let sets = before
                    .split_once('=')
                    .is_some_and(|(name, _)| !name.is_empty() && !name.starts_with('-'));
                if sets && !carried.taint.bounded && !carried.taint.fetched {
                    let kind = UseKind::CommandInjection(Code::OtherLanguage);
                    let reason = "`make` runs the functions in the value of a variable".to_owned();
                    let witness = "$(shell id)".to_owned();
                    self.report(carried, invocation.call(), kind, reason, witness);
                }
            }
        }
    }

    /// `ssh host COMMAND…`: the remote shell parses the words, joined.
    fn remote_command(&mut self, invocation: &Invocation<'_, '_>) {
        let options = Options::read(invocation.name, invocation.arguments);
        let host = options.roles.iter().position(|role| *role == Role::Operand);
        let command = host.and_then(|host| invocation.arguments.get(host + 1..));
        let command = command.unwrap_or_default();
        self.code_words(invocation, command, Code::ShellArgument);
    }

    /// The program text of `awk` and `sed`: the values of `expressions`, else the first operand.
    fn program(
        &mut self,
        invocation: &Invocation<'_, '_>,
        language: Language,
        takes_value: &[&str],
        expressions: &[&str],
    ) {
        let arguments = invocation.arguments;
        let mut at = 0;
        let mut given = false;
        while let Some(argument) = arguments.get(at) {
            let text = argument.text.as_str();
            if expressions.contains(&text) {
                given = true;
                if let Some(program) = arguments.get(at + 1) {
                    self.source_text(invocation, program, 0, language);
                }
                at += 2;
            } else if let Some(joined) = expressions
                .iter()
                .filter(|option| text.len() > option.len() && text.starts_with(**option))
                .map(|option| option.len())
                .next()
            {
                given = true;
                self.source_text(invocation, argument, joined, language);
                at += 1;
            } else if takes_value.contains(&text) {
                given |= text == "-f" || text == "--file";
                at += 2;
            } else if text.starts_with('-') {
                at += 1;
            } else {
                break;
            }
        }
        if let (false, Some(program)) = (given, arguments.get(at)) {
            self.source_text(invocation, program, 0, language);
        }
    }

    /// `find … -exec COMMAND ;`
    pub(super) fn find_actions(&mut self, invocation: &Invocation<'_, '_>, input: &[Carried]) {
        if invocation.name != "find" {
            return;
        }
        let arguments = invocation.arguments;
        let mut at = 0;
        while let Some(argument) = arguments.get(at) {
            at += 1;
            if matches!(
                argument.static_text(),
                Some("-exec" | "-execdir" | "-ok" | "-okdir")
            ) {
                let rest = arguments.get(at..).unwrap_or_default();
                let length = rest
                    .iter()
                    .position(|word| matches!(word.static_text(), Some(";" | "+")))
                    .unwrap_or(rest.len());
                let command = rest.get(..length).unwrap_or_default();
                self.invoke_words(command, invocation.span, false, input);
                at += length;
            }
        }
    }
}

/// The script that a word holds, where nothing in it is expanded before.
fn static_source(argument: &Argument<'_>) -> Option<SourceText> {
    argument
        .word
        .filter(|_| argument.is_static)?
        .static_source()
}

/// Words as `eval` joins them.
fn joined(sources: &[SourceText]) -> SourceText {
    let mut joined = SourceText::new();
    for source in sources {
        let text = source.as_str();
        let mut at = 0;
        for character in text.chars() {
            let end = at + character.len_utf8();
            let span = source.source_span(Span::new(at, end));
            joined.push_as(text.get(at..end).unwrap_or(""), span);
            at = end;
        }
        let end = source.source_span(Span::new(at, at));
        joined.push_as(" ", end);
    }
    joined
}
