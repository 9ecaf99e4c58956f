//! From the words of a command to the command that really runs.

use plimsoll_model::Span;
use plimsoll_parse::shell::Command;

use super::code::command_name;
use super::environment::{Carried, gather, merge};
use super::outputs::{chooses_host, output};
use super::uses::{Code, UseKind};
use super::walk::{Walk, held};
use super::words::Argument;
use super::wrappers::wrapped;

/// How many wrappers may stand before each other.
const MAXIMUM_WRAPPERS: usize = 8;

/// How long a name is spoken of.
const MAXIMUM_NAME: usize = 128;

/// A command with its arguments, wrappers taken off.
pub(super) struct Invocation<'a, 'w> {
    /// Its name.
    pub name: &'a str,
    /// Its arguments, without the name.
    pub arguments: &'a [Argument<'w>],
    /// The whole command.
    pub span: Span,
    /// Whether a here-document feeds it.
    pub here_document: bool,
}

impl Invocation<'_, '_> {
    /// How a use names the command.
    pub(super) fn call(&self) -> (Span, Option<&str>) {
        (self.span, Some(self.name))
    }
}

impl Walk<'_> {
    /// Runs a simple command; what it prints.
    pub(super) fn invoke(
        &mut self,
        arguments: &[Argument<'_>],
        command: &Command,
        input: &[Carried],
    ) -> Vec<Carried> {
        let here_document = command
            .redirections
            .iter()
            .any(|r| r.is_standard_input() && r.here_document.is_some());
        self.invoke_words(arguments, command.span, here_document, input)
    }

    pub(super) fn invoke_words(
        &mut self,
        arguments: &[Argument<'_>],
        span: Span,
        here_document: bool,
        input: &[Carried],
    ) -> Vec<Carried> {
        let mut at = 0;
        let mut fed = Vec::new();
        for _ in 0..MAXIMUM_WRAPPERS {
            let Some(head) = arguments.get(at) else {
                return Vec::new();
            };
            let Some(name) = head.static_text().map(command_name) else {
                return self.command_word(head, arguments.get(at + 1..).unwrap_or_default(), span);
            };
            let Some(next) = wrapped(name, arguments, at + 1) else {
                break;
            };
            let own = arguments.get(at + 1..next).unwrap_or_default();
            if matches!(name, "env" | "sudo" | "doas") {
                self.assigned_in_words(own, span);
            }
            if name == "xargs" || name == "parallel" {
                fed = self.fed_arguments(own, input);
            }
            at = next;
        }
        let Some(name) = arguments
            .get(at)
            .and_then(Argument::static_text)
            .map(command_name)
            .map(|name| if name.len() > MAXIMUM_NAME { "" } else { name })
        else {
            return Vec::new();
        };
        let mut rest: Vec<Argument<'_>> = arguments.get(at + 1..).unwrap_or_default().to_vec();
        rest.extend(fed);
        let invocation = Invocation {
            name,
            arguments: &rest,
            span,
            here_document,
        };
        self.dispatch(&invocation, input)
    }

    /// The arguments that `xargs` makes of its standard input.
    fn fed_arguments(&self, options: &[Argument<'_>], input: &[Carried]) -> Vec<Argument<'static>> {
        let whole_lines = options.iter().any(|option| {
            option.text.starts_with("-I") || option.text.starts_with("-0") || option.text == "-d"
        });
        let carried = input.iter().cloned().map(|carried| Carried {
            quoted: whole_lines,
            begins: carried.begins,
            at: 0,
            ..carried
        });
        let argument = Argument {
            text: "\0".to_owned(),
            carried: carried.collect(),
            ..Argument::default()
        };
        if argument.carried.is_empty() {
            Vec::new()
        } else {
            vec![argument]
        }
    }

    /// A command whose name is expanded.
    fn command_word(
        &mut self,
        head: &Argument<'_>,
        rest: &[Argument<'_>],
        span: Span,
    ) -> Vec<Carried> {
        for carried in &head.carried {
            let before = head.before(carried);
            if carried.taint.fetched {
                self.fetched_and_run(carried, (span, None));
            } else if carried.begins || (before.ends_with('/') && !carried.taint.bounded) {
                let kind = UseKind::CommandInjection(Code::CommandWord);
                let witness = match carried.begins {
                    true if carried.quoted => "/tmp/payload",
                    true => "sh -c id",
                    false => "../../../../../../tmp/payload",
                };
                let reason = "the value names the command that runs".to_owned();
                self.report(carried, (span, None), kind, reason, witness.to_owned());
            }
        }
        let plain = Invocation {
            name: "",
            arguments: rest,
            span,
            here_document: false,
        };
        self.unquoted(&plain);
        Vec::new()
    }

    fn dispatch(&mut self, invocation: &Invocation<'_, '_>, input: &[Carried]) -> Vec<Carried> {
        let arguments = invocation.arguments;
        if let Some(output) = self.call(invocation.name, arguments, input) {
            self.unquoted(invocation);
            return output;
        }
        if self.builtin(invocation, input) {
            return Vec::new();
        }
        if invocation.name == "python" && arguments.first().is_some_and(|a| a.text == "-m") {
            return self.module(invocation, input);
        }
        let mut printed = self.code(invocation, input);
        self.option_values(invocation);
        self.addresses(invocation);
        self.written_files(invocation);
        self.find_actions(invocation, input);
        gather(&mut printed, output(invocation.name, arguments, input));
        printed
    }

    /// `python -m pip …`
    fn module(&mut self, invocation: &Invocation<'_, '_>, input: &[Carried]) -> Vec<Carried> {
        let module = invocation
            .arguments
            .get(1)
            .and_then(Argument::static_text)
            .unwrap_or("");
        let arguments = invocation.arguments.get(2..).unwrap_or_default();
        let name = if module == "pip" { "pip" } else { "" };
        let inner = Invocation {
            name,
            arguments,
            ..*invocation
        };
        self.option_values(&inner);
        self.addresses(&inner);
        let _ = input;
        Vec::new()
    }

    /// Builtins that move values between variables; whether this is one.
    fn builtin(&mut self, invocation: &Invocation<'_, '_>, input: &[Carried]) -> bool {
        match invocation.name {
            "export" | "local" | "declare" | "readonly" | "typeset" => self.declare(invocation),
            "read" => self.read(invocation, input),
            "mapfile" | "readarray" => self.read(invocation, input),
            "unset" => {
                for name in invocation
                    .arguments
                    .iter()
                    .filter_map(Argument::static_text)
                {
                    self.environment.set(name, Vec::new());
                }
            }
            "set" => self.set(invocation),
            ":" | "true" | "false" | "exit" | "return" | "break" | "continue" | "shift" => {}
            "let" => {
                for argument in invocation.arguments {
                    self.arithmetic_values(argument, invocation.call());
                }
            }
            _ => return false,
        }
        true
    }

    fn declare(&mut self, invocation: &Invocation<'_, '_>) {
        self.exported(invocation);
        for argument in invocation.arguments {
            let Some((name, _)) = argument.text.split_once('=') else {
                continue;
            };
            if argument.word.is_none() || name.contains('\0') {
                continue;
            }
            let taints = argument.carried.iter().map(|carried| {
                let mut taint = held(carried, carried.span);
                let value = argument.before(carried).get(name.len() + 1..).unwrap_or("");
                taint.begins = value.is_empty() && carried.taint.begins;
                taint.names_host = chooses_host(value) && carried.taint.names_host;
                taint
            });
            let taints: Vec<_> = taints.collect();
            self.environment.set(name.trim_end_matches('+'), taints);
        }
    }

    fn read(&mut self, invocation: &Invocation<'_, '_>, input: &[Carried]) {
        let names = invocation
            .arguments
            .iter()
            .filter_map(Argument::static_text);
        for name in names.filter(|name| !name.starts_with('-')) {
            let mut taints = Vec::new();
            let values = input.iter().filter(|carried| !carried.taint.fetched);
            merge(
                &mut taints,
                values.map(|carried| {
                    let mut taint = held(carried, invocation.span);
                    // Splitting at blanks may put any part of the value first.
                    taint.begins = true;
                    taint
                }),
            );
            self.environment.set(name, taints);
        }
    }

    /// `set -- words`
    fn set(&mut self, invocation: &Invocation<'_, '_>) {
        let arguments = invocation.arguments;
        let behind = arguments
            .iter()
            .position(|a| a.text == "--")
            .map(|at| at + 1);
        let first_word = arguments
            .iter()
            .position(|a| !a.text.starts_with(['-', '+']));
        if let Some(from) = behind.or(first_word) {
            self.set_positional(arguments.get(from..).unwrap_or_default());
        }
    }
}
