//! Values put into the environment of programs under a name that those obey.

use plimsoll_model::Span;
use plimsoll_parse::shell::Assignment;

use super::environment::{Carried, Taint};
use super::invocation::Invocation;
use super::uses::UseKind;
use super::walk::Walk;
use super::words::Argument;
use crate::dockerfile::program_variables::program_variable;

impl Walk<'_> {
    /// `NAME=value command`: `taints` is what `NAME` holds for the command.
    pub(super) fn assigned_for_command(
        &mut self,
        assignment: &Assignment,
        taints: Vec<Taint>,
        command: Span,
    ) {
        let quoted = |taint| Carried {
            span: assignment.span,
            quoted: true,
            begins: true,
            names_host: true,
            at: 0,
            taint,
        };
        for taint in taints.into_iter().filter(|taint| taint.begins) {
            self.program_variable(&assignment.name, &quoted(taint), command);
        }
    }

    /// `env NAME=value command`, `export NAME=value`
    pub(super) fn assigned_in_words(&mut self, words: &[Argument<'_>], command: Span) {
        for word in words {
            let Some((name, _)) = word.text.split_once('=') else {
                continue;
            };
            let value_at = name.len() + 1;
            for carried in &word.carried {
                if carried.at == value_at && carried.taint.begins {
                    self.program_variable(name, carried, command);
                }
            }
        }
    }

    /// `export NAME`, `export NAME=value`, `declare -x NAME=value`
    pub(super) fn exported(&mut self, invocation: &Invocation<'_, '_>) {
        let words = invocation.arguments;
        let flagged = |word: &Argument<'_>| word.text.starts_with('-') && word.text.contains('x');
        if invocation.name != "export" && !words.iter().any(flagged) {
            return;
        }
        self.assigned_in_words(words, invocation.span);
        for argument in words {
            let (Some(name), Some(word)) = (argument.static_text(), argument.word) else {
                continue;
            };
            if program_variable(name).is_none() {
                continue;
            }
            for taint in self.environment.get(name) {
                let carried = Carried {
                    span: word.span,
                    quoted: true,
                    begins: taint.begins,
                    names_host: taint.names_host,
                    at: 0,
                    taint,
                };
                if carried.begins {
                    self.program_variable(name, &carried, invocation.span);
                }
            }
        }
    }

    fn program_variable(&mut self, name: &str, carried: &Carried, command: Span) {
        let Some(known) = program_variable(name) else {
            return;
        };
        // An argument of that very name is one already, whatever the script does.
        if carried.taint.variable == name || carried.taint.bounded || carried.taint.fetched {
            return;
        }
        let kind = UseKind::ProgramVariable { name: known.name };
        let reason = known.effect.to_owned();
        self.report(
            carried,
            (command, None),
            kind,
            reason,
            known.example.to_owned(),
        );
    }
}
