//! What the scripts of RUN, CMD and ENTRYPOINT do with arguments.

use plimsoll_model::Span;
use plimsoll_parse::SourceText;
use plimsoll_parse::dockerfile::Command;
use plimsoll_parse::shell::{self as parse_shell, Script};

use super::origins::Origin;
use super::program_variables::program_variable;
use super::shell_of_stage::{named_shell, shell_at};
use super::summary::{At, Attack, CUT_ORIGINS, Carriers, Walk, sink};
use super::validation::{Check, checks_of, guard_within};
use crate::shell::{Shell, UseKind, VariableUse, variable_uses};
use crate::sink::{SinkKind, Step};

/// What is said of a script that is longer than what is read of one.
pub(crate) const CUT_SCRIPT: &str = "a script longer than is read";

/// What is said of a script that does more with variables than is followed.
const CUT_WALK: &str = "a script that does more with variables than is followed";

impl<'a> Walk<'a> {
    /// A RUN: where its script takes arguments, and which it checks.
    pub(super) fn run(&mut self, at: At<'a>) {
        let Some((text, shell)) = self.script_of(at) else {
            return;
        };
        let script = self.parse(&text);
        let carriers = Carriers::new(self.scopes, at.environment);
        let checks = checks_of(at, &text, &script, shell, &carriers);
        for used in worst_per_place(self.uses(&script, shell, &carriers)) {
            self.note_use(at, &text, &used, &carriers, &checks);
        }
        self.checks.extend(checks);
    }

    /// A CMD or ENTRYPOINT: only what an ENV keeps exists when the container starts.
    pub(super) fn start_command(&mut self, at: At<'a>) {
        let Some((text, shell)) = self.script_of(at) else {
            return;
        };
        let script = self.parse(&text);
        let carriers = Carriers::new(self.scopes, at.environment);
        for used in self.uses(&script, shell, &carriers) {
            let UseKind::CommandInjection(_) = used.kind else {
                continue;
            };
            for origin in carriers
                .origins(&used.variable)
                .into_iter()
                .filter(|origin| origin.in_environment)
            {
                let kind = SinkKind::Entrypoint {
                    reason: used.reason.clone(),
                };
                let word = text.source_span(used.span);
                self.push(at, word, origin, kind, Attack::same(&used.witness));
            }
        }
    }

    fn parse(&mut self, text: &SourceText) -> Script {
        let script = parse_shell::parse(text.as_str());
        if script.cut {
            self.cut.insert(CUT_SCRIPT);
        }
        script
    }

    fn uses(&mut self, script: &Script, shell: Shell, carriers: &Carriers<'_>) -> Vec<VariableUse> {
        let uses = variable_uses(script, shell, &|name| !carriers.origins(name).is_empty());
        if uses.cut {
            self.cut.insert(CUT_WALK);
        }
        if carriers.cut.get() {
            self.cut.insert(CUT_ORIGINS);
        }
        uses.found
    }

    /// The text that a POSIX shell parses, and that shell; `None` in another shell or without one.
    fn script_of(&self, at: At<'a>) -> Option<(SourceText, Shell)> {
        match at.instruction.body.command()? {
            Command::Shell(_) => {
                let text = at.instruction.shell_text()?;
                let shell = match text.as_str().strip_prefix("#!") {
                    Some(rest) => shebang_shell(rest)?,
                    None => shell_at(self.tree, self.stages, &self.shells, at.stage, at.index)?,
                };
                Some((text, shell))
            }
            Command::Exec(words) => {
                let texts: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
                let shell = named_shell(&texts)?;
                let flag = texts.iter().position(|text| is_command_flag(text))?;
                Some((words.get(flag + 1)?.raw.clone(), shell))
            }
        }
    }

    fn note_use(
        &mut self,
        at: At<'a>,
        text: &SourceText,
        used: &VariableUse,
        carriers: &Carriers<'_>,
        checks: &[Check],
    ) {
        let guard = guard_within(used, checks);
        for mut origin in carriers.origins(&used.variable) {
            let Some(kind) = kind_of(used, &origin) else {
                continue;
            };
            let assigned = used.steps.iter().map(|span: &Span| Step {
                span: text.source_span(*span),
                message: "a variable of the shell takes it".to_owned(),
            });
            origin.steps.extend(assigned);
            let attack = Attack::same(&used.witness);
            let mut sink = sink(at, text.source_span(used.span), origin, kind, attack);
            sink.guard = guard.clone();
            self.note(sink, Some(used.clone()));
        }
    }
}

/// The kind of sink a use is for a value that comes from `origin`.
fn kind_of(used: &VariableUse, origin: &Origin) -> Option<SinkKind> {
    let reason = used.reason.clone();
    let command = used.command.clone().unwrap_or_default();
    Some(match used.kind {
        UseKind::CommandInjection(_) => SinkKind::Command { reason },
        UseKind::FetchedAndRun => SinkKind::FetchedCode { reason },
        // Behind fixed text the value is a part of a path or option list, not the whole say.
        UseKind::ProgramVariable { .. } if !origin.prefix.is_empty() => return None,
        UseKind::ProgramVariable { name } => {
            let known = program_variable(name)?;
            SinkKind::ProgramVariable {
                name: name.to_owned(),
                effect: known.effect,
                witness: known.witness,
            }
        }
        // Behind fixed text in quotes the value begins no argument.
        UseKind::OptionInjection if used.quoted && !origin.prefix.is_empty() => return None,
        UseKind::OptionInjection => SinkKind::Option { command, reason },
        UseKind::UrlChoice => SinkKind::Download {
            reason,
            fixed: None,
        },
        UseKind::PathChoice => SinkKind::WrittenFile,
        // A test with a word too many fails, and says so.
        UseKind::UnquotedPlain if matches!(command.as_str(), "[" | "test") => return None,
        UseKind::UnquotedPlain => SinkKind::UnquotedWord { command },
    })
}

/// One use for each place of each variable, the one that does most: an address that is fetched and run need not also be
/// called an address that somebody chooses.
fn worst_per_place(mut uses: Vec<VariableUse>) -> Vec<VariableUse> {
    uses.sort_by(|a, b| (a.span, &a.variable, a.kind).cmp(&(b.span, &b.variable, b.kind)));
    uses.dedup_by(|later, kept| later.span == kept.span && later.variable == kept.variable);
    uses
}

/// `-c`, also bundled as in `-ec`.
fn is_command_flag(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|letters| !letters.starts_with('-') && letters.ends_with('c'))
}

/// The shell of a `#!` line; `None` for another interpreter.
fn shebang_shell(rest: &str) -> Option<Shell> {
    let line = rest.lines().next()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [env, rest @ ..] if env.ends_with("/env") => named_shell(rest),
        words => named_shell(words),
    }
}
