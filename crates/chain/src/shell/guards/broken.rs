//! Checks without effect: those nothing depends on, and those that nothing passes.

use plimsoll_model::Span;
use plimsoll_parse::shell::{
    Case, Command, CommandKind, Connector, If, List, Pipeline, RedirectionKind, SimpleCommand,
    Statement,
};

use super::checks::variable_of;
use super::facts::{Bound, Fact, Outcome};
use super::flow::{Flow, Place, says_something};
use super::{Allows, Failing, Guard, Shape};

impl Flow<'_> {
    /// Records what is plainly without effect in a statement of the script itself.
    pub(super) fn record_broken(
        &mut self,
        statement: &Statement,
        outcome: &Outcome,
        checks: &[(String, Fact)],
        place: Place,
        status_counts: bool,
    ) {
        if !place.top {
            return;
        }
        let condition = self.condition_checks(statement);
        for (variable, fact) in unheeded(statement, checks, &condition, status_counts) {
            self.record_effect(statement, variable, fact, Failing::ChangesNothing, true);
        }
        let never_goes_on = outcome.yes.is_none() && outcome.no.is_none();
        if never_goes_on && outcome.fails && !outcome.quits {
            for (variable, fact) in refused(statement, checks) {
                self.record_effect(statement, variable, fact, Failing::StopsScript, false);
            }
        }
    }

    /// What the condition of an `if` with one branch checks.
    fn condition_checks(&mut self, statement: &Statement) -> Vec<(String, Fact)> {
        let Some(Command {
            kind: CommandKind::If(clause),
            ..
        }) = only_command(statement)
        else {
            return Vec::new();
        };
        match clause.branches.as_slice() {
            [(condition, _)] => self.checks_of(condition),
            _ => Vec::new(),
        }
    }

    fn record_effect(
        &mut self,
        statement: &Statement,
        variable: String,
        fact: Fact,
        failing: Failing,
        can_pass: bool,
    ) {
        let behind = Span {
            start: statement.span.end,
            end: statement.span.end,
        };
        self.record(Guard {
            can_pass,
            ..fact.guard(variable, failing, behind)
        });
    }
}

/// The checks of a statement that nothing heeds.
fn unheeded(
    statement: &Statement,
    checks: &[(String, Fact)],
    condition: &[(String, Fact)],
    status_counts: bool,
) -> Vec<(String, Fact)> {
    let said = || {
        checks
            .iter()
            .filter(|(_, fact)| says_something(&fact.allows))
            .cloned()
            .collect()
    };
    let pure = is_pure(&statement.first);
    match (only_command(statement), statement.rest.as_slice()) {
        (_, [(Connector::Or, pipeline)]) if pure => match pipeline.commands.as_slice() {
            [command] if does_nothing(command) || only_complains(command) => said(),
            _ => Vec::new(),
        },
        (_, [_, ..]) => Vec::new(),
        (
            Some(Command {
                kind: CommandKind::Case(case),
                ..
            }),
            [],
        ) => complaining_case(case),
        (
            Some(Command {
                kind: CommandKind::If(clause),
                ..
            }),
            [],
        ) => complaining_if(clause, condition),
        (_, []) if pure && !status_counts => said(),
        _ => Vec::new(),
    }
}

/// Whether a pipeline does nothing but check, and prints nothing.
fn is_pure(pipeline: &Pipeline) -> bool {
    let Some(last) = pipeline.commands.last() else {
        return false;
    };
    match &last.kind {
        CommandKind::Test(_) => true,
        CommandKind::Simple(simple) => match simple.name().as_deref() {
            Some("[" | "test") => true,
            Some("grep" | "egrep" | "fgrep") => is_quiet(simple, last),
            Some("expr") => is_quiet(simple, last),
            _ => false,
        },
        _ => false,
    }
}

fn is_quiet(simple: &SimpleCommand, command: &Command) -> bool {
    let discards = command
        .redirections
        .iter()
        .any(|redirection| redirection.target.static_text().as_deref() == Some("/dev/null"));
    let flags = simple.words.iter().filter_map(|word| word.static_text());
    let short = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('q');
    discards
        || flags
            .into_iter()
            .any(|word| word == "--quiet" || short(&word))
}

/// The subjects that a statement refuses whatever they are.
fn refused(statement: &Statement, checks: &[(String, Fact)]) -> Vec<(String, Fact)> {
    if let Some(Command {
        kind: CommandKind::Case(case),
        ..
    }) = only_command(statement)
    {
        let several = case.arms.len() > 1;
        return case_subject(case).into_iter().filter(|_| several).collect();
    }
    checks.to_vec()
}

fn only_command(statement: &Statement) -> Option<&Command> {
    match (
        statement.first.commands.as_slice(),
        statement.rest.is_empty(),
    ) {
        ([command], true) => Some(command),
        _ => None,
    }
}

fn case_subject(case: &Case) -> Option<(String, Fact)> {
    let (variable, _) = variable_of(&case.subject)?;
    let bound = Bound {
        allows: Allows::Anything,
        shape: Shape::ANY,
    };
    let fact = bound.at(case.subject.span);
    Some((variable.to_owned(), fact))
}

/// A `case` whose other arms do nothing, and whose last one complains without ending the script.
fn complaining_case(case: &Case) -> Vec<(String, Fact)> {
    let Some((last, others)) = case.arms.split_last() else {
        return Vec::new();
    };
    let is_default = last
        .patterns
        .iter()
        .any(|p| p.static_text().as_deref() == Some("*") && !p.has_quotes());
    let idle = |list: &List| {
        list.statements
            .iter()
            .all(|statement| only_command(statement).is_some_and(does_nothing))
    };
    let complains = matches!(last.body.statements.as_slice(), [statement]
        if only_command(statement).is_some_and(only_complains));
    let plain =
        is_default && complains && !others.is_empty() && others.iter().all(|arm| idle(&arm.body));
    if plain {
        Vec::from_iter(case_subject(case))
    } else {
        Vec::new()
    }
}

fn does_nothing(command: &Command) -> bool {
    matches!(&command.kind, CommandKind::Simple(simple)
        if simple.words.len() == 1 && matches!(simple.name().as_deref(), Some("true" | ":")))
}

/// An `if` of one branch that complains of a value and goes on.
fn complaining_if(clause: &If, checks: &[(String, Fact)]) -> Vec<(String, Fact)> {
    let [(_, body)] = clause.branches.as_slice() else {
        return Vec::new();
    };
    let complains = matches!(body.statements.as_slice(), [statement]
        if only_command(statement).is_some_and(only_complains));
    if complains && clause.otherwise.is_none() {
        checks.to_vec()
    } else {
        Vec::new()
    }
}

/// Whether a command says that something is wrong, and does nothing else.
fn only_complains(command: &Command) -> bool {
    match &command.kind {
        CommandKind::Simple(simple) => complains(simple, command),
        CommandKind::Group(list) => {
            !list.statements.is_empty()
                && list.statements.iter().all(|statement| {
                    only_command(statement).is_some_and(|command| {
                        matches!(command.kind, CommandKind::Simple(_)) && only_complains(command)
                    })
                })
        }
        _ => false,
    }
}

fn complains(simple: &SimpleCommand, command: &Command) -> bool {
    const WORDS: [&str; 13] = [
        "error",
        "invalid",
        "unsupported",
        "must",
        "not allowed",
        "bad ",
        "illegal",
        "failed",
        "wrong",
        "unknown",
        "unexpected",
        "refus",
        "not valid",
    ];
    if !matches!(simple.name().as_deref(), Some("echo" | "printf")) {
        return false;
    }
    let to_error = command.redirections.iter().any(|redirection| {
        redirection.kind == RedirectionKind::DuplicateOutput
            && redirection.target.static_text().as_deref() == Some("2")
    });
    let only_error = command.redirections.len() == usize::from(to_error);
    let text: String = simple
        .words
        .iter()
        .map(|word| word.literal_prefix().to_lowercase() + " ")
        .collect();
    // Who says "warning" means to go on.
    only_error && !text.contains("warn") && WORDS.iter().any(|word| text.contains(word))
}
