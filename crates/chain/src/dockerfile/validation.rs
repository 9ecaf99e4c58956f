//! Checks that RUN instructions make of arguments, and the sinks they guard.

use plimsoll_parse::SourceText;
use plimsoll_parse::shell::Script;
use plimsoll_simulate::stages::{DependencyKind, Reference, StageGraph};

use super::summary::{At, Carriers};
use crate::shell::Shell;
use crate::sink::{ArgumentSink, Guard, SinkKind, Validation};

/// The checks of variables that carry arguments.
pub(super) fn validations_of(
    _at: At<'_>,
    _text: &SourceText,
    _script: &Script,
    _shell: Shell,
    _carriers: &Carriers<'_>,
) -> Vec<Validation> {
    Vec::new()
}

/// Marks the sinks that a check stands before.
pub(super) fn guard_sinks(
    sinks: &mut [ArgumentSink],
    validations: &[Validation],
    stages: &StageGraph,
) {
    for sink in sinks {
        let guard = validations
            .iter()
            .filter(|validation| {
                validation.fault.is_none() && validation.arguments.contains(&sink.argument)
            })
            .find(|validation| stops(validation, sink, stages));
        sink.guard = guard.map(|validation| Guard {
            span: validation.span,
            lets_pass: validation.lets_pass.clone(),
        });
    }
}

/// Whether a value that the check stops never takes effect in the sink.
fn stops(validation: &Validation, sink: &ArgumentSink, stages: &StageGraph) -> bool {
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

fn runs(kind: &SinkKind) -> bool {
    matches!(
        kind,
        SinkKind::Command { .. }
            | SinkKind::Option { .. }
            | SinkKind::UnquotedWord { .. }
            | SinkKind::FetchedCode { .. }
            | SinkKind::Download { .. }
            | SinkKind::WrittenFile
            | SinkKind::ProgramVariable { .. }
    )
}
