//! Flows of build arguments across files: who sets an argument at each build, and what it reaches there.

use std::collections::BTreeMap;

use plimsoll_model::{Builder, Confidence, Control, Label, Level, Severity};

use crate::build::Build;
use crate::chain::LinkSettings;
use crate::invocation::{BuildArgument, BuildInvocation, FieldPiece, FieldValue};
use crate::sink::{ArgumentSink, SinkKind};
use crate::unit::Unit;

/// A build argument that reaches a sink in one build.
#[derive(Clone, Debug)]
pub struct ArgumentFlow {
    /// The Dockerfile's unit.
    pub unit: usize,
    /// Which of its sinks.
    pub sink: usize,
    /// The build, an index of the chain's builds.
    pub build: usize,
    /// Who sets the value.
    pub control: Control,
    /// Whose say the sink is: who controls the Dockerfile.
    pub authority: Control,
    /// Where the value comes from.
    pub source: ArgumentSource,
    /// The builders that may run the build.
    pub builders: &'static [Builder],
}

/// Where an argument's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentSource {
    /// The operator's `[trust]` says who sets it.
    Trust,
    /// A manifest passes it on from a variable of the tool's environment.
    Environment {
        /// Where it is passed.
        at: Label,
        /// The variable.
        variable: String,
    },
    /// A manifest computes it; who controls the result is not known.
    Expression {
        /// Where it is passed.
        at: Label,
        /// As written.
        written: String,
    },
    /// No known build passes it: it keeps its default unless somebody sets it by hand.
    NotPassed,
}

impl ArgumentFlow {
    /// Whether somebody sets the value who has no say over the sink.
    pub fn crosses_authority(&self) -> bool {
        self.control < self.authority
    }

    /// The level to report it at: the default level only where a known outsider sets the value.
    pub fn level(&self) -> Level {
        if self.crosses_authority() {
            Level::Default
        } else {
            Level::Strict
        }
    }

    /// How sure we are: low where no known source outside sets the value.
    pub fn confidence(&self) -> Confidence {
        match self.source {
            ArgumentSource::Trust => Confidence::High,
            ArgumentSource::Environment { .. }
            | ArgumentSource::Expression { .. }
            | ArgumentSource::NotPassed => Confidence::Low,
        }
    }

    /// The severity its sink gives, lowered for who sets the value.
    pub fn severity(&self, kind: &SinkKind) -> Severity {
        kind.witness_kind().severity().for_control(self.control)
    }
}

/// Composes each Dockerfile's sinks with each build of it; one flow per sink, the one least to be trusted.
pub(crate) fn compose_flows(
    units: &[Unit],
    builds: &[Build],
    settings: &LinkSettings,
) -> Vec<ArgumentFlow> {
    let mut worst: BTreeMap<(usize, usize), ArgumentFlow> = BTreeMap::new();
    for (at, build) in builds.iter().enumerate() {
        let Some(dockerfile) = build.dockerfile_unit() else {
            continue;
        };
        let Some(unit) = units.get(dockerfile) else {
            continue;
        };
        let Some(summary) = unit.dockerfile() else {
            continue;
        };
        let authority = settings.control_of(unit.artifact.kind);
        let caller = Caller {
            units,
            build,
            settings,
        };
        let reachable = summary.reachable(build.target.as_deref());
        for (index, sink) in summary.sinks.iter().enumerate() {
            if !reachable.contains(&sink.stage) || sink.guard.is_some() {
                continue;
            }
            let Some((control, source)) = caller.source_of(sink) else {
                continue;
            };
            let flow = ArgumentFlow {
                unit: dockerfile,
                sink: index,
                build: at,
                control,
                authority,
                source,
                builders: build.builders,
            };
            let kept = worst
                .entry((dockerfile, index))
                .or_insert_with(|| flow.clone());
            if flow.rank() < kept.rank() {
                *kept = flow;
            }
        }
    }
    worst.into_values().collect()
}

impl ArgumentFlow {
    /// The less trusted first; among equals the one with a known source.
    fn rank(&self) -> (Control, u8) {
        let source = match self.source {
            ArgumentSource::Trust => 0,
            ArgumentSource::Environment { .. } => 1,
            ArgumentSource::Expression { .. } => 2,
            ArgumentSource::NotPassed => 3,
        };
        (self.control, source)
    }
}

struct Caller<'a> {
    units: &'a [Unit],
    build: &'a Build,
    settings: &'a LinkSettings,
}

impl Caller<'_> {
    /// Who sets the sink's argument in this build and how; `None` where the build fixes it to a constant.
    fn source_of(&self, sink: &ArgumentSink) -> Option<(Control, ArgumentSource)> {
        if let Some(control) = self.settings.arguments.get(&sink.argument) {
            return Some((*control, ArgumentSource::Trust));
        }
        let operator = Control::Maintainer;
        let Some((unit, passed)) = self.passed(&sink.argument) else {
            return Some((operator, ArgumentSource::NotPassed));
        };
        let at = unit.label(passed.span);
        let environment = |variable: &str| {
            (
                operator,
                ArgumentSource::Environment {
                    at: at.clone(),
                    variable: variable.to_owned(),
                },
            )
        };
        match &passed.value {
            None => Some(environment(&passed.name)),
            Some(value) => match first_variable(value)? {
                FieldPiece::Variable { name, .. } => Some(environment(name)),
                FieldPiece::Expression(written) => Some((
                    operator,
                    ArgumentSource::Expression {
                        at,
                        written: written.clone(),
                    },
                )),
                FieldPiece::Literal(_) => None,
            },
        }
    }

    fn passed(&self, argument: &str) -> Option<(&Unit, &BuildArgument)> {
        let unit = self.units.get(self.build.unit)?;
        let invocation: &BuildInvocation = unit.invocation(self.build.invocation?)?;
        // Of several values for one argument the last counts, as on docker's command line.
        let passed = invocation
            .arguments
            .iter()
            .rev()
            .find(|passed| passed.name == argument)?;
        Some((unit, passed))
    }
}

/// The first piece of a value that is not literal text.
fn first_variable(value: &FieldValue) -> Option<&FieldPiece> {
    value
        .pieces
        .iter()
        .find(|piece| !matches!(piece, FieldPiece::Literal(_)))
}
