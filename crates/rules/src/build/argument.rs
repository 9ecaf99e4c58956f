//! What findings about a build argument that reaches a sink have in common.

use std::collections::BTreeMap;

use plimsoll_chain::sink::{ArgumentSink, SinkKind};
use plimsoll_chain::{ArgumentFlow, ArgumentSource, Unit};
use plimsoll_model::{
    Access, BuilderOutcome, Confidence, Finding, FlowStep, Level, Reach, ReachedThing, RuleInfo,
    Severity, Stage, Witness, WitnessKind,
};

use crate::rule::World;

/// What the metadata of these rules has in common.
pub(crate) const INFO: RuleInfo = RuleInfo {
    id: "",
    former_ids: &[],
    title: "",
    stage: Stage::Build,
    severity: Severity::Medium,
    confidence: Confidence::High,
    level: Level::Default,
    aliases: &[],
    references: &[],
    page: "",
};

/// A flow with what it refers to.
#[derive(Debug)]
pub struct Subject<'a> {
    flow: &'a ArgumentFlow,
    unit: &'a Unit,
    /// Where the argument lands.
    pub(crate) sink: &'a ArgumentSink,
}

/// What a rule says of a flow.
#[derive(Debug)]
pub struct Said {
    lead: String,
    advice: &'static str,
    weight: Weight,
}

#[derive(Clone, Copy, Debug)]
enum Weight {
    Whole,
    Part,
    Hint,
}

impl Said {
    /// `lead` says what the argument does, `advice` what to do about it.
    pub(crate) fn new(lead: String, advice: &'static str) -> Said {
        let weight = Weight::Whole;
        Said {
            lead,
            advice,
            weight,
        }
    }

    /// The argument chooses a part only; fixed text holds the rest.
    pub(crate) fn in_part(self) -> Said {
        let weight = Weight::Part;
        Said { weight, ..self }
    }

    /// Nothing is known that the value could do there.
    pub(crate) fn hinted(self) -> Said {
        let weight = Weight::Hint;
        Said { weight, ..self }
    }
}

impl<'a> Subject<'a> {
    /// Looks up what `flow` refers to.
    pub(crate) fn of(flow: &'a ArgumentFlow, world: &World<'a>) -> Option<Subject<'a>> {
        let unit = world.chain.unit(flow.unit)?;
        let sink = unit.dockerfile()?.sinks.get(flow.sink)?;
        Some(Subject { flow, unit, sink })
    }

    /// The word in which the argument lands, as written.
    pub(crate) fn word(&self) -> &'a str {
        self.sink.word.slice(&self.unit.artifact.text)
    }

    /// A finding at the word.
    pub(crate) fn finding(&self, info: &'static RuleInfo, said: &Said) -> Finding {
        let message = format!("{}{}. {}", said.lead, self.who(), said.advice);
        let mut finding = Finding::at(info, self.unit.label(self.sink.word), message);
        finding.severity = self.flow.severity(&self.sink.kind);
        finding.confidence = self.flow.confidence();
        finding.level = self.flow.level();
        finding.flow = self.steps();
        finding.witness = Some(self.witness());
        finding.identity = vec![
            self.sink.argument.clone(),
            self.instruction_name().to_owned(),
            self.word().to_owned(),
        ];
        match said.weight {
            Weight::Whole => {}
            Weight::Part => {
                finding.severity = finding.severity.lowered(1);
                finding.level = Level::Strict;
            }
            Weight::Hint => {
                finding.level = Level::Strict;
                finding.confidence = Confidence::Low;
            }
        }
        finding
    }

    /// How a message begins that says what the word is: the word and its instruction.
    pub(crate) fn word_in_instruction(&self) -> String {
        format!("`{}` in `{}`", self.word(), self.instruction_name())
    }

    /// The keyword of the sink's instruction, as written.
    pub(crate) fn instruction_name(&self) -> &'a str {
        let text = self.sink.instruction.slice(&self.unit.artifact.text);
        text.split_whitespace().next().unwrap_or("")
    }

    /// Who sets the value, as the end of a sentence.
    fn who(&self) -> String {
        let argument = &self.sink.argument;
        match &self.flow.source {
            ArgumentSource::Trust => {
                format!(
                    ", and your configuration says that {} may set `{argument}`",
                    who(self.flow)
                )
            }
            ArgumentSource::Environment { variable, file, .. } => {
                let or_file = file
                    .as_ref()
                    .map(|file| format!(", or else from `{}`", file.path));
                format!(
                    "; it is taken from `{variable}` of the environment the build runs in{}",
                    or_file.unwrap_or_default()
                )
            }
            ArgumentSource::Expression { written, .. } => {
                format!("; it is computed by `{written}`, whose control is not known")
            }
            ArgumentSource::NotPassed => {
                "; nobody outside is known to set it, so confidence is low".to_owned()
            }
        }
    }

    fn steps(&self) -> Vec<FlowStep> {
        let control = self.flow.control;
        let argument = &self.sink.argument;
        let step = |at, message| FlowStep {
            at,
            message,
            control,
        };
        let mut steps = Vec::new();
        match &self.flow.source {
            ArgumentSource::Environment { at, variable, file } => {
                let set = file.clone().map(|file| {
                    let message = format!("sets `{variable}`, unless the environment does");
                    step(file, message)
                });
                steps.extend(set);
                steps.push(step(
                    at.clone(),
                    format!("passes `{argument}` from the environment's `{variable}`"),
                ));
            }
            ArgumentSource::Expression { at, written } => {
                steps.push(step(
                    at.clone(),
                    format!("passes `{argument}` as `{written}`"),
                ));
            }
            ArgumentSource::Trust | ArgumentSource::NotPassed => {}
        }
        let declared = match self.flow.source {
            ArgumentSource::Trust => format!("`ARG {argument}`: {} sets it", who(self.flow)),
            _ => format!("`ARG {argument}` takes the value"),
        };
        steps.push(step(self.unit.label(self.sink.declaration), declared));
        let between = self.sink.steps.iter();
        steps.extend(between.map(|inner| step(self.unit.label(inner.span), inner.message.clone())));
        let last = format!("{} uses it in `{}`", self.instruction_name(), self.word());
        steps.push(step(self.unit.label(self.sink.word), last));
        steps
    }

    fn witness(&self) -> Witness {
        let outcome = BuilderOutcome::Reaches;
        let builders: BTreeMap<_, _> = self
            .flow
            .builders
            .iter()
            .map(|builder| (*builder, outcome))
            .collect();
        Witness {
            kind: self.sink.kind.witness_kind(),
            input: self.sink.input.clone(),
            resolves_to: self.sink.resolves_to.clone(),
            levels: 0,
            builders,
            reaches: reaches(&self.sink.kind),
        }
    }
}

fn who(flow: &ArgumentFlow) -> String {
    match flow.control {
        plimsoll_model::Control::Anyone => "anyone".to_owned(),
        control => format!("a {control}"),
    }
}

fn reaches(kind: &SinkKind) -> Vec<Reach> {
    let reach = |what, access| vec![Reach { what, access }];
    match kind {
        SinkKind::CopySource | SinkKind::MountSource => reach(ReachedThing::Context, Access::Read),
        SinkKind::CopyDestination | SinkKind::Workdir | SinkKind::WrittenFile => {
            reach(ReachedThing::Image, Access::Write)
        }
        SinkKind::CacheName | SinkKind::Secret | SinkKind::SecretTarget => {
            reach(ReachedThing::BuildShell, Access::Read)
        }
        SinkKind::BaseImage { .. } => reach(ReachedThing::Image, Access::Write),
        SinkKind::Download { .. } => reach(ReachedThing::Network, Access::Read),
        SinkKind::Command { .. }
        | SinkKind::Option { .. }
        | SinkKind::UnquotedWord { .. }
        | SinkKind::FetchedCode { .. } => reach(ReachedThing::BuildShell, Access::Execute),
        SinkKind::Entrypoint { .. } => reach(ReachedThing::Image, Access::Execute),
        SinkKind::ProgramVariable { witness, .. } => match witness {
            WitnessKind::UrlChoice => reach(ReachedThing::Network, Access::Read),
            _ => reach(ReachedThing::BuildShell, Access::Execute),
        },
    }
}
