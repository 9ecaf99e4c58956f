//! Checks that RUN instructions make of arguments, and the sinks they guard.

use plimsoll_parse::SourceText;
use plimsoll_parse::shell::Script;
use plimsoll_simulate::stages::{DependencyKind, Reference, StageGraph};

use super::summary::{At, Carriers, Landed};
use crate::shell::{self, Allows, Failing, Shape, Shell, VariableUse};
use crate::sink::{ArgumentSink, Guard, SinkKind, Validation, ValidationFault};

/// A check with what the shell's side knows of it.
pub(super) struct Check {
    pub(super) validation: Validation,
    guard: shell::Guard,
}

/// The checks of variables that carry arguments.
pub(super) fn checks_of(
    at: At<'_>,
    text: &SourceText,
    script: &Script,
    shell: Shell,
    carriers: &Carriers<'_>,
) -> Vec<Check> {
    let guards = shell::guards(script, shell).into_iter();
    guards
        .filter_map(|guard| {
            let origins = carriers.origins(&guard.variable).into_iter();
            let arguments: Vec<String> = origins.map(|origin| origin.argument).collect();
            let validation = Validation {
                variable: guard.variable.clone(),
                span: text.source_span(guard.span),
                stage: at.stage,
                instruction: at.index,
                lets_pass: in_words(&guard.allows),
                fault: fault_of(&guard),
                arguments,
            };
            (!validation.arguments.is_empty()).then_some(Check { validation, guard })
        })
        .collect()
}

fn fault_of(guard: &shell::Guard) -> Option<ValidationFault> {
    // A check that is weak otherwise, such as a search for a word, looks for a feature and refuses nothing.
    let means_to_refuse = !matches!(guard.allows, Allows::Weak(_));
    match guard.failing {
        // The shell's side says so only where nothing can depend on the check.
        Failing::ChangesNothing if means_to_refuse => Some(ValidationFault::CannotFail),
        Failing::StopsScript if !guard.can_pass => Some(ValidationFault::CannotPass),
        Failing::StopsScript if !guard.allows.is_weak() && guard.holds_at_end => None,
        _ => Some(ValidationFault::Weak),
    }
}

fn in_words(allows: &Allows) -> String {
    /// How many values are named.
    const NAMED: usize = 6;
    match allows {
        Allows::Enumerated(values) => {
            let named: Vec<String> = values
                .iter()
                .take(NAMED)
                .map(|value| format!("`{value}`"))
                .collect();
            named.join(", ")
        }
        Allows::Pattern(_) => "values of a bounded set of characters".to_owned(),
        Allows::Weak(reason) => reason.clone(),
        Allows::Anything => "every arm ends alike".to_owned(),
    }
}

/// The guard of a use in the script it stands in.
pub(super) fn guard_within(used: &VariableUse, checks: &[Check]) -> Option<Guard> {
    let mut stopping = checks
        .iter()
        .filter(|check| check.guard.is_passed_by(used) && check.guard.stops(used));
    stopping.next().map(|check| guard_of(&check.validation))
}

fn guard_of(validation: &Validation) -> Guard {
    Guard {
        span: validation.span,
        lets_pass: validation.lets_pass.clone(),
    }
}

/// Marks the sinks that a check of another instruction stands before.
pub(super) fn guard_sinks(landed: &mut [Landed], checks: &[Check], stages: &StageGraph) {
    for Landed { sink, used } in landed
        .iter_mut()
        .filter(|landed| landed.sink.guard.is_none())
    {
        let mut before = checks.iter().filter(|check| {
            let validation = &check.validation;
            holds_behind(check)
                && validation.arguments.contains(&sink.argument)
                && comes_before(validation, sink, stages)
        });
        let guard = before.find(|check| stops(check, sink, used.as_ref()));
        sink.guard = guard.map(|check| guard_of(&check.validation));
    }
}

/// Whether what the check refuses ends the build.
fn holds_behind(check: &Check) -> bool {
    check.guard.failing == Failing::StopsScript && check.guard.holds_at_end && check.guard.can_pass
}

/// Whether no value that passes the check does harm in the sink.
fn stops(check: &Check, sink: &ArgumentSink, used: Option<&VariableUse>) -> bool {
    match (&check.guard.allows, used) {
        (_, Some(used)) => check.guard.stops(used),
        // Each line of a value is a command of its own.
        (_, None) if check.guard.newline_hole && is_code(&sink.kind) => false,
        (Allows::Enumerated(_), None) => true,
        (Allows::Pattern(shape), None) => shape_stops(*shape, &sink.kind),
        (Allows::Weak(_) | Allows::Anything, None) => false,
    }
}

fn shape_stops(shape: Shape, kind: &SinkKind) -> bool {
    match kind {
        SinkKind::CopySource
        | SinkKind::CopyDestination
        | SinkKind::Workdir
        | SinkKind::MountSource
        | SinkKind::SecretTarget
        | SinkKind::WrittenFile => !shape.may_hold_dot_dot() && !shape.may_begin_with('/'),
        SinkKind::BaseImage { .. } => !['/', ':', '@'].into_iter().any(|mark| shape.may_hold(mark)),
        SinkKind::Download { .. } => !['/', ':', '@'].into_iter().any(|mark| shape.may_hold(mark)),
        SinkKind::Command { .. }
        | SinkKind::FetchedCode { .. }
        | SinkKind::UnquotedWord { .. }
        | SinkKind::Entrypoint { .. } => !shape.may_hold_specials(),
        SinkKind::Option { .. } => !shape.may_hold_specials() && !shape.may_begin_with_dash(),
        SinkKind::ProgramVariable { .. } | SinkKind::CacheName | SinkKind::Secret => false,
    }
}

/// Whether a value that the check stops never takes effect in the sink.
fn comes_before(validation: &Validation, sink: &ArgumentSink, stages: &StageGraph) -> bool {
    if validation.stage == sink.stage {
        return validation.instruction < sink.index;
    }
    if is_built_on(stages, sink.stage, validation.stage)
        || taken_before(stages, sink, validation.stage)
    {
        return true;
    }
    // BuildKit may run both stages at once. Where nothing runs in the sink, a build that fails leaves no image; a
    // command would already have run.
    !runs(&sink.kind) && is_needed_by_all(stages, validation.stage)
}

/// Whether `stage` is `base`, or built on it by FROM.
fn is_built_on(stages: &StageGraph, stage: usize, base: usize) -> bool {
    let parent = |at: &usize| match stages.stages.get(*at)?.base {
        Reference::Stage(parent) if parent < *at => Some(parent),
        _ => None,
    };
    std::iter::successors(Some(stage), parent).any(|at| at == base)
}

/// Whether the sink's stage waits for `checked` by a copy or mount above the sink.
fn taken_before(stages: &StageGraph, sink: &ArgumentSink, checked: usize) -> bool {
    let Some(stage) = stages.stages.get(sink.stage) else {
        return false;
    };
    let waits = stage
        .dependencies
        .iter()
        .filter(|dependency| match dependency.kind {
            DependencyKind::From => true,
            DependencyKind::Copy | DependencyKind::Mount => dependency.instruction <= sink.index,
        });
    waits
        .filter_map(|dependency| match dependency.target {
            Reference::Stage(index) => Some(index),
            _ => None,
        })
        .any(|index| stages.reachable(index).contains(&checked))
}

/// Whether the final stage needs `stage`, so that its failure fails the build.
fn is_needed_by_all(stages: &StageGraph, stage: usize) -> bool {
    stages
        .target
        .is_some_and(|target| stages.reachable(target).contains(&stage))
}

fn is_code(kind: &SinkKind) -> bool {
    matches!(kind, SinkKind::Command { .. } | SinkKind::Entrypoint { .. })
}

fn runs(kind: &SinkKind) -> bool {
    matches!(
        kind,
        SinkKind::Command { .. }
            | SinkKind::Option { .. }
            | SinkKind::UnquotedWord { .. }
            | SinkKind::FetchedCode { .. }
            | SinkKind::Download { .. }
            | SinkKind::WrittenFile
            | SinkKind::CacheName
            | SinkKind::Secret
            | SinkKind::SecretTarget
            | SinkKind::ProgramVariable { .. }
    )
}
