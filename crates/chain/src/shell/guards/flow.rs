//! Where a script goes on after each check, and where it does not.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_parse::shell::{
    Command, CommandKind, Connector, If, List, Pipeline, Script, SimpleCommand, Statement, Word,
    for_each_command_in,
};

use super::assignments::{constants, end_at_assignments};
use super::chain::Chain;
use super::checks::{Checks, variable_of};
use super::facts::{Fact, Facts, Outcome, both, either, nothing};
use super::traps::heed_handlers;
use super::{Allows, Guard};
use crate::shell::uses::Shell;

/// How many lists may be entered inside each other, bodies of called functions included.
const MAXIMUM_DEPTH: usize = 96;
/// How many calls of functions are looked into.
const MAXIMUM_CALLS: usize = 64;
/// How many bytes of functions are looked into, each as often as it is called.
const MAXIMUM_CALLED: usize = 1 << 18;

/// Where a list stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Where the part ends that runs only if the list goes on.
    pub end: u32,
    /// Whether the list is the script itself, so that its end is the script's.
    pub top: bool,
    /// Whether a failure here does not count under `set -e`.
    pub condition: bool,
}

/// One walk for checks.
pub(super) struct Flow<'s> {
    script: &'s Script,
    pub(super) constants: BTreeMap<String, String>,
    errexit: bool,
    functions: BTreeMap<String, Rc<Command>>,
    returns: bool,
    calls: usize,
    called: usize,
    depth: usize,
    /// Whether nothing is recorded, as within a call.
    pub(super) silent: bool,
    pub(super) guards: Vec<Guard>,
}

impl<'s> Flow<'s> {
    pub(super) fn new(script: &'s Script, shell: Shell) -> Flow<'s> {
        Flow {
            script,
            constants: constants(script),
            errexit: shell.errexit,
            functions: BTreeMap::new(),
            returns: false,
            calls: 0,
            called: 0,
            depth: 0,
            silent: false,
            guards: Vec::new(),
        }
    }

    pub(super) fn guards(mut self) -> Vec<Guard> {
        let script = self.script;
        let end = script.body.span.end;
        self.list(
            &script.body,
            Place {
                end,
                top: true,
                condition: false,
            },
        );
        end_at_assignments(script, &mut self.guards);
        heed_handlers(script, &self.functions, &mut self.guards);
        self.guards
    }

    /// Statements one after another.
    pub(super) fn list(&mut self, list: &List, place: Place) -> Outcome {
        let mut all = Outcome::new(nothing(), None);
        if self.depth >= MAXIMUM_DEPTH {
            return Outcome::unknown();
        }
        self.depth += 1;
        let last = list.statements.len().saturating_sub(1);
        for (at, statement) in list.statements.iter().enumerate() {
            let ends_script = place.top && at == last;
            let outcome = self.statement(statement, place, at == last, ends_script);
            all = Outcome {
                yes: both(&all.yes, &outcome.yes),
                no: both(&all.yes, &outcome.no),
                ..all.ending_like(&outcome)
            };
            if at < last {
                // Whatever its status, the next statement runs.
                all.yes = either(&all.yes, &all.no);
                all.no = None;
            }
        }
        self.depth -= 1;
        all
    }

    /// One statement; where it goes on under `set -e`, its failures no longer do.
    fn statement(
        &mut self,
        statement: &Statement,
        place: Place,
        is_last: bool,
        ends_script: bool,
    ) -> Outcome {
        let in_chain = Place {
            condition: place.condition || !statement.rest.is_empty(),
            ..place
        };
        let errexit = self.errexit && !place.condition;
        let first = self.pipeline(&statement.first, in_chain);
        let checks = first.checked();
        let mut chain = Chain::new(first);
        let last_or = statement
            .rest
            .iter()
            .rposition(|(c, _)| *c == Connector::Or);
        for (at, (connector, pipeline)) in statement.rest.iter().enumerate() {
            let is_end = at + 1 == statement.rest.len();
            let condition = if is_end {
                place.condition
            } else {
                in_chain.condition
            };
            let only_and = last_or.is_none_or(|or| or < at);
            let stops = chain.outcome.fails || (ends_script && only_and);
            self.record_within(&chain, *connector, pipeline.span, stops);
            let next = self.pipeline(pipeline, Place { condition, ..place });
            chain.join(*connector, next);
        }
        if errexit {
            chain.exit_on_error();
        }
        self.errexit |= turns_errexit_on(statement);
        let outcome = chain.whole();
        if !statement.background {
            self.record_after(statement, &outcome, place, is_last, ends_script);
            self.record_broken(statement, &outcome, &checks, place, errexit || is_last);
        }
        outcome
    }

    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, place: Place) -> Outcome {
        let place = Place {
            condition: place.condition || pipeline.negated,
            ..place
        };
        let outcome = match pipeline.commands.as_slice() {
            [command] => self.command(command, place),
            commands => {
                let checks = Checks {
                    constants: &self.constants,
                };
                let outcome = checks.pipeline(pipeline);
                if outcome.is_none() {
                    commands
                        .iter()
                        .for_each(|command| self.enter_subshell(command, place));
                }
                outcome.unwrap_or_else(Outcome::unknown)
            }
        };
        if pipeline.negated {
            outcome.negated()
        } else {
            outcome
        }
    }

    /// Looks for checks in a command of a pipeline, which says nothing of what follows it.
    fn enter_subshell(&mut self, command: &Command, place: Place) {
        let end = command.span.end;
        let errexit = self.errexit;
        if !matches!(command.kind, CommandKind::Simple(_)) {
            self.command(
                command,
                Place {
                    end,
                    top: false,
                    ..place
                },
            );
        }
        self.errexit = errexit;
    }

    fn command(&mut self, command: &Command, place: Place) -> Outcome {
        let inner = |list: &List| Place {
            end: list.span.end,
            top: false,
            ..place
        };
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple, command, place),
            // Its last statement may decide the script's status, which the caller sees in the outcome.
            CommandKind::Group(list) => self.list(list, inner(list)),
            CommandKind::Subshell(list) => {
                let errexit = self.errexit;
                let outcome = self.list(list, inner(list));
                self.errexit = errexit;
                leave_subshell(outcome)
            }
            CommandKind::If(clause) => self.branches(clause, place),
            CommandKind::Case(case) => self.case(case, place),
            CommandKind::While(clause) => {
                self.list(
                    &clause.condition,
                    Place {
                        condition: true,
                        ..inner(&clause.condition)
                    },
                );
                self.list(&clause.body, inner(&clause.body));
                Outcome::unknown()
            }
            CommandKind::For(clause) => {
                self.list(&clause.body, inner(&clause.body));
                Outcome::unknown()
            }
            CommandKind::ArithmeticFor(clause) => {
                self.list(&clause.body, inner(&clause.body));
                Outcome::unknown()
            }
            CommandKind::Function(function) => {
                if let Some(body) = &function.body {
                    self.functions
                        .insert(function.name.clone(), Rc::new((**body).clone()));
                }
                Outcome::new(nothing(), None)
            }
            CommandKind::Test(words) => Checks {
                constants: &self.constants,
            }
            .double(words, command.span),
            CommandKind::Arithmetic(_) | CommandKind::Opaque => Outcome::unknown(),
        }
    }

    fn simple(&mut self, simple: &SimpleCommand, command: &Command, place: Place) -> Outcome {
        let checks = Checks {
            constants: &self.constants,
        };
        if let Some(outcome) = checks.simple(simple, command) {
            return outcome;
        }
        let Some(name) = simple.name() else {
            return Outcome::unknown();
        };
        let argument = simple.words.get(1).and_then(Word::static_text);
        match name.as_str() {
            "true" | ":" => Outcome::new(nothing(), None),
            "false" => Outcome::new(None, nothing()),
            "exit" => ended(argument.as_deref()),
            "return" => {
                self.returns = true;
                Outcome::new(None, None)
            }
            "exec" if simple.words.len() > 1 => Outcome {
                quits: true,
                ..Outcome::new(None, None)
            },
            name => self.call(name, simple.words.get(1..).unwrap_or_default(), place),
        }
    }

    /// A function of the script: whether it always ends it, and what it checks of its arguments.
    fn call(&mut self, name: &str, words: &[Word], place: Place) -> Outcome {
        let Some(body) = self.functions.get(name).cloned() else {
            return Outcome::unknown();
        };
        let called = self.called.saturating_add(body.span.len());
        let too_many = self.calls >= MAXIMUM_CALLS || called > MAXIMUM_CALLED;
        if too_many || self.depth >= MAXIMUM_DEPTH {
            return Outcome::unknown();
        }
        self.calls += 1;
        self.called = called;
        self.depth += 1;
        let (silent, returns) = (self.silent, self.returns);
        (self.silent, self.returns) = (true, false);
        let end = body.span.end;
        let outcome = self.command(
            &body,
            Place {
                end,
                top: false,
                ..place
            },
        );
        let returned = self.returns;
        (self.silent, self.returns) = (silent, returns);
        self.depth -= 1;
        if outcome.yes.is_none() && outcome.no.is_none() && !returned {
            return outcome;
        }
        let followed = !returned && !moves_arguments(&body);
        let (yes, no) = match followed {
            true => (of_caller(outcome.yes, words), of_caller(outcome.no, words)),
            false => (nothing(), nothing()),
        };
        let says = [&yes, &no]
            .into_iter()
            .flatten()
            .any(|facts| !facts.is_empty());
        Outcome {
            quits: outcome.quits,
            fails: says && outcome.fails,
            yes: if says { yes } else { nothing() },
            no: if says { no } else { nothing() },
        }
    }

    fn branches(&mut self, clause: &If, place: Place) -> Outcome {
        let mut all = Outcome::new(None, None);
        // What is known where no branch was taken yet.
        let mut untaken = nothing();
        for (condition, body) in &clause.branches {
            let end = condition.span.end;
            let test = self.list(
                condition,
                Place {
                    end,
                    top: false,
                    condition: true,
                },
            );
            all = all.ending_like(&test);
            let taken = both(&untaken, &test.yes);
            all = self.branch(body, &taken, place, all);
            untaken = both(&untaken, &test.no);
        }
        match &clause.otherwise {
            Some(body) => self.branch(body, &untaken, place, all),
            None => {
                all.yes = either(&all.yes, &untaken);
                all
            }
        }
    }

    /// How a clause ends that may end as in `all` or by this branch of it, in which `taken` holds.
    fn branch(&mut self, body: &List, taken: &Facts, place: Place, mut all: Outcome) -> Outcome {
        self.record_branch(taken, body.span);
        let outcome = self.list(
            body,
            Place {
                end: body.span.end,
                top: false,
                ..place
            },
        );
        all.yes = either(&all.yes, &both(taken, &outcome.yes));
        all.no = either(&all.no, &both(taken, &outcome.no));
        all.ending_like(&outcome)
    }

    /// The variables that a condition checks, looked at again without recording anything.
    pub(super) fn checks_of(&mut self, condition: &List) -> Vec<(String, Fact)> {
        let silent = std::mem::replace(&mut self.silent, true);
        let end = condition.span.end;
        let outcome = match condition.statements.as_slice() {
            [_] => self.list(
                condition,
                Place {
                    end,
                    top: false,
                    condition: true,
                },
            ),
            _ => Outcome::unknown(),
        };
        self.silent = silent;
        outcome.checked()
    }
}

/// What a function has checked of `$1`, `$2`, … said of the variables that are its arguments.
fn of_caller(facts: Facts, words: &[Word]) -> Facts {
    let mut said = BTreeMap::new();
    for (name, fact) in facts? {
        let position = name.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
        let Some(at) = position else { continue };
        // An unquoted word before it would be split, and move it.
        let before = words.get(..at).unwrap_or_default().iter();
        let stays = before.clone().all(|word| {
            word.static_text().is_some() || variable_of(word).is_some_and(|(_, quoted)| quoted)
        });
        if let Some((variable, true)) = words.get(at).and_then(variable_of)
            && stays
            && !variable.starts_with(|c: char| c.is_ascii_digit() || c == '@' || c == '*')
        {
            said.insert(variable.to_owned(), fact);
        }
    }
    Some(said)
}

/// Whether a function may give its positional parameters other values, or is none we look into.
fn moves_arguments(body: &Command) -> bool {
    let CommandKind::Group(list) = &body.kind else {
        return true;
    };
    let mut moves = false;
    for_each_command_in(list, &mut |visit| {
        let name = visit.command.name();
        moves |= name.is_none() && !visit.command.words.is_empty();
        moves |= matches!(
            name.as_deref(),
            Some("shift" | "set" | "eval" | "." | "source")
        );
    });
    moves
}

fn ended(status: Option<&str>) -> Outcome {
    let fails =
        status.is_some_and(|status| status.parse::<i64>().is_ok_and(|status| status % 256 != 0));
    Outcome {
        yes: None,
        no: None,
        fails,
        quits: !fails,
    }
}

/// The end of a subshell is only its own.
fn leave_subshell(outcome: Outcome) -> Outcome {
    Outcome {
        yes: if outcome.quits {
            nothing()
        } else {
            outcome.yes
        },
        no: if outcome.quits || outcome.fails {
            nothing()
        } else {
            outcome.no
        },
        fails: false,
        quits: false,
    }
}

fn turns_errexit_on(statement: &Statement) -> bool {
    let [
        Command {
            kind: CommandKind::Simple(simple),
            ..
        },
    ] = statement.first.commands.as_slice()
    else {
        return false;
    };
    if simple.name().as_deref() != Some("set") {
        return false;
    }
    let words: Vec<String> = simple
        .words
        .iter()
        .skip(1)
        .filter_map(Word::static_text)
        .collect();
    let short =
        |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    words.iter().any(|word| short(word) || word == "errexit")
}

/// Whether a guard without effect may be spoken of: its pattern says something.
pub(super) fn says_something(allows: &Allows) -> bool {
    !matches!(allows, Allows::Enumerated(values) if values.iter().all(String::is_empty))
}
