//! Flows of build arguments across files: who sets an argument at each build, and what it reaches there.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Builder, Confidence, Control, Label, Level, Severity};

use crate::build::Build;
use crate::chain::LinkSettings;
use crate::dockerfile::DockerfileUnit;
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
        /// The file of the project that sets it where the environment does not.
        file: Option<Label>,
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

/// More targets of one Dockerfile are not told apart: builds of further ones count as building every stage.
const MAX_TARGETS: usize = 64;

/// Composes each Dockerfile's sinks with each build of it; one flow per sink, the one least to be trusted.
pub(crate) fn compose_flows(
    units: &[Unit],
    builds: &[Build],
    settings: &LinkSettings,
) -> Vec<ArgumentFlow> {
    let mut by_dockerfile: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, build) in builds.iter().enumerate() {
        if let Some(unit) = build.dockerfile_unit() {
            by_dockerfile.entry(unit).or_default().push(at);
        }
    }
    let callers = Callers {
        units,
        builds,
        settings,
    };
    let flows = by_dockerfile.into_iter();
    flows
        .flat_map(|(unit, builds)| callers.flows_into(unit, &builds))
        .collect()
}

impl ArgumentFlow {
    fn rank(&self) -> (Control, u8) {
        rank(self.control, &self.source)
    }
}

/// Who sets an argument in one of several builds, and how.
struct Setter {
    build: usize,
    control: Control,
    source: ArgumentSource,
}

struct Callers<'a> {
    units: &'a [Unit],
    builds: &'a [Build],
    settings: &'a LinkSettings,
}

impl<'a> Callers<'a> {
    /// Builds of one target differ in the arguments they pass only, and sinks of one argument share its worst setter:
    /// what many builds pass is held against many sinks without trying every pair.
    fn flows_into(&self, at: usize, builds: &[usize]) -> Vec<ArgumentFlow> {
        let Some(unit) = self.units.get(at) else {
            return Vec::new();
        };
        let Some(summary) = unit.dockerfile() else {
            return Vec::new();
        };
        let sinks = summary.sinks.iter().enumerate();
        let open: Vec<(usize, &ArgumentSink)> =
            sinks.filter(|(_, sink)| sink.guard.is_none()).collect();
        if open.is_empty() {
            return Vec::new();
        }
        let names = open
            .iter()
            .map(|(_, sink)| sink.argument.as_str())
            .collect();
        let authority = self.settings.control_of(unit.artifact.kind);
        let mut worst: BTreeMap<usize, ArgumentFlow> = BTreeMap::new();
        for (target, builds) in self.by_target(summary, builds) {
            let setters = self.worst_setters(&names, &builds);
            let reachable = target.map(|target| summary.stages.reachable(target));
            let is_built =
                |stage: &usize| reachable.as_ref().is_none_or(|built| built.contains(stage));
            for (index, sink) in open.iter().filter(|(_, sink)| is_built(&sink.stage)) {
                let Some(setter) = setters.get(sink.argument.as_str()) else {
                    continue;
                };
                // The operator's word that nobody of less authority sets it leaves nothing to say.
                if setter.source == ArgumentSource::Trust && setter.control >= authority {
                    continue;
                }
                let kept = worst.get(index);
                if kept.is_some_and(|kept| (kept.rank(), kept.build) <= setter.rank()) {
                    continue;
                }
                let Some(build) = self.builds.get(setter.build) else {
                    continue;
                };
                let flow = ArgumentFlow {
                    unit: at,
                    sink: *index,
                    build: setter.build,
                    control: setter.control,
                    authority,
                    source: setter.source.clone(),
                    builders: build.builders,
                };
                worst.insert(*index, flow);
            }
        }
        worst.into_values().collect()
    }

    /// The builds by the stage they ask for; `None` for those that may build every stage.
    fn by_target(
        &self,
        summary: &DockerfileUnit,
        builds: &[usize],
    ) -> BTreeMap<Option<usize>, Vec<usize>> {
        let mut by_target: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for at in builds {
            let Some(build) = self.builds.get(*at) else {
                continue;
            };
            let target = summary.target(build.target.as_deref());
            let is_full = by_target.len() >= MAX_TARGETS && !by_target.contains_key(&target);
            let target = target.filter(|_| !is_full);
            by_target.entry(target).or_default().push(*at);
        }
        by_target
    }

    /// For each of `names` the least trusted who sets it in one of `builds`; none where all fix it to a constant.
    fn worst_setters(
        &self,
        names: &BTreeSet<&'a str>,
        builds: &[usize],
    ) -> BTreeMap<&'a str, Setter> {
        let mut worst: BTreeMap<&'a str, Setter> = BTreeMap::new();
        // How many builds from the first on pass the argument, each of them.
        let mut passed_by: BTreeMap<&'a str, usize> = BTreeMap::new();
        for (order, build) in builds.iter().enumerate() {
            for (name, at, passed) in self.passed(*build, names) {
                let run = passed_by.entry(name).or_insert(0);
                if *run == order {
                    *run = order + 1;
                }
                if let Some((control, source)) = source_of(at, passed) {
                    Setter::keep_worst(&mut worst, name, *build, control, source);
                }
            }
        }
        for name in names {
            if let Some(control) = self.settings.arguments.get(*name) {
                worst.remove(name);
                if let Some(build) = builds.first() {
                    Setter::keep_worst(&mut worst, name, *build, *control, ArgumentSource::Trust);
                }
                continue;
            }
            let first_without = passed_by.get(name).copied().unwrap_or(0);
            if let Some(build) = builds.get(first_without) {
                let (control, source) = (Control::Maintainer, ArgumentSource::NotPassed);
                Setter::keep_worst(&mut worst, name, *build, control, source);
            }
        }
        worst
    }

    /// What a build passes for `names`. Of several values for one argument the last counts, as on docker's command line.
    fn passed(
        &self,
        build: usize,
        names: &BTreeSet<&'a str>,
    ) -> Vec<(&'a str, &'a Unit, &'a BuildArgument)> {
        let arguments = || {
            let build = self.builds.get(build)?;
            let unit = self.units.get(build.unit)?;
            let invocation: &'a BuildInvocation = unit.invocation(build.invocation?)?;
            Some((unit, &invocation.arguments))
        };
        let Some((unit, arguments)) = arguments() else {
            return Vec::new();
        };
        let mut last: BTreeMap<&'a str, &'a BuildArgument> = BTreeMap::new();
        for argument in arguments {
            if let Some(name) = names.get(argument.name.as_str()) {
                last.insert(name, argument);
            }
        }
        last.into_iter()
            .map(|(name, argument)| (name, unit, argument))
            .collect()
    }
}

impl Setter {
    fn keep_worst<'n>(
        worst: &mut BTreeMap<&'n str, Setter>,
        name: &'n str,
        build: usize,
        control: Control,
        source: ArgumentSource,
    ) {
        let setter = Setter {
            build,
            control,
            source,
        };
        let kept = worst.get(name);
        if kept.is_none_or(|kept| setter.rank() < kept.rank()) {
            worst.insert(name, setter);
        }
    }

    /// The less trusted first; among equals the one with a known source, then the first build.
    fn rank(&self) -> ((Control, u8), usize) {
        (rank(self.control, &self.source), self.build)
    }
}

fn rank(control: Control, source: &ArgumentSource) -> (Control, u8) {
    let source = match source {
        ArgumentSource::Trust => 0,
        ArgumentSource::Environment { .. } => 1,
        ArgumentSource::Expression { .. } => 2,
        ArgumentSource::NotPassed => 3,
    };
    (control, source)
}

/// Who sets an argument that `unit` passes and how; `None` where it is a constant.
fn source_of(unit: &Unit, passed: &BuildArgument) -> Option<(Control, ArgumentSource)> {
    let operator = Control::Maintainer;
    let at = unit.label(passed.span);
    let source = match &passed.value {
        None => ArgumentSource::Environment {
            at,
            variable: passed.name.clone(),
            file: None,
        },
        Some(value) => match first_variable(value)? {
            FieldPiece::Variable { name, .. } => ArgumentSource::Environment {
                at,
                variable: name.clone(),
                file: None,
            },
            FieldPiece::Set { name, at: file, .. } => ArgumentSource::Environment {
                at,
                variable: name.clone(),
                file: Some(file.clone()),
            },
            FieldPiece::Expression(written) => ArgumentSource::Expression {
                at,
                written: written.clone(),
            },
            FieldPiece::Literal(_) => return None,
        },
    };
    Some((operator, source))
}

/// The first piece of a value that is not literal text.
fn first_variable(value: &FieldValue) -> Option<&FieldPiece> {
    value
        .pieces
        .iter()
        .find(|piece| !matches!(piece, FieldPiece::Literal(_)))
}
