//! Walks the instructions of a Dockerfile and notes where arguments land.

use std::collections::BTreeSet;

use plimsoll_model::Span;
use plimsoll_parse::dockerfile::{Body, Dockerfile, Instruction, Mount, MountKind, Transfer, Word};
use plimsoll_simulate::expand::Expansion;
use plimsoll_simulate::scope::{BuildInput, Environment, Precedence, Scopes};
use plimsoll_simulate::stages::{Reference, Stage, StageGraph};

use super::origins::{Origin, origins_of, text_before};
use super::program_variables::program_variable;
use super::shell_of_stage::Shells;
use super::validation::{Check, guard_sinks};
use super::witness::{
    Landing, copy_witness, destination_witness, download_witness, image_witness, name_witness,
};
use crate::shell::VariableUse;
use crate::sink::{ArgumentSink, SinkKind, Validation};

/// How many sinks of one file are kept; a file with more repeats itself.
const MAX_SINKS: usize = 10_000;

/// What is said of a value that is made of more others than are followed.
pub(super) const CUT_ORIGINS: &str = "a variable made of more arguments than are followed";

/// What is kept of a Dockerfile.
pub(super) struct Summary {
    pub(super) sinks: Vec<ArgumentSink>,
    pub(super) validations: Vec<Validation>,
    pub(super) cut: BTreeSet<&'static str>,
}

/// The sinks and validations of a Dockerfile, guarded sinks marked.
pub(super) fn summarise(tree: &Dockerfile, stages: &StageGraph) -> Summary {
    let input = BuildInput::default();
    let scopes = Scopes::new(tree, stages, &input, Precedence::LaterWins);
    let mut walk = Walk {
        tree,
        stages,
        scopes: &scopes,
        shells: Shells::of(tree),
        landed: Vec::new(),
        checks: Vec::new(),
        cut: BTreeSet::new(),
    };
    for stage in &stages.stages {
        walk.base_image(stage);
        for (index, instruction) in stages.triggers(tree, stage.index) {
            let environment = scopes.of_trigger(stage.index, index);
            walk.instruction(At {
                stage: stage.index,
                index,
                instruction,
                environment,
            });
        }
        for (index, instruction) in stage.instructions(tree) {
            let environment = scopes.environment(index);
            let at = At {
                stage: stage.index,
                index,
                instruction,
                environment,
            };
            match &instruction.body {
                // What a stage of this file sets off is looked at there.
                Body::Onbuild(nested) if !has_children(stages, stage.index) => {
                    walk.instruction(At {
                        instruction: nested,
                        ..at
                    });
                }
                _ => walk.instruction(at),
            }
        }
        walk.program_variables(stage);
    }
    let Walk {
        mut landed,
        checks,
        cut,
        ..
    } = walk;
    guard_sinks(&mut landed, &checks, stages);
    let sinks = landed.into_iter().map(|landed| landed.sink).collect();
    let validations = checks.into_iter().map(|check| check.validation).collect();
    Summary {
        sinks,
        validations,
        cut,
    }
}

/// A sink, and the shell's use of it where it stands in a script.
pub(super) struct Landed {
    pub(super) sink: ArgumentSink,
    pub(super) used: Option<VariableUse>,
}

/// An instruction and where it stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) stage: usize,
    pub(super) index: usize,
    pub(super) instruction: &'a Instruction,
    /// The variables in force; for what a parent stage defers, those at the start of the stage it runs in.
    pub(super) environment: Environment<'a>,
}

/// Whether another stage of the file is built directly on `stage`.
fn has_children(stages: &StageGraph, stage: usize) -> bool {
    stages
        .stages
        .iter()
        .any(|other| other.base == Reference::Stage(stage))
}

/// The walk over one file.
pub(super) struct Walk<'a> {
    pub(super) tree: &'a Dockerfile,
    pub(super) stages: &'a StageGraph,
    pub(super) scopes: &'a Scopes<'a>,
    pub(super) shells: Shells,
    pub(super) landed: Vec<Landed>,
    pub(super) checks: Vec<Check>,
    pub(super) cut: BTreeSet<&'static str>,
}

impl<'a> Walk<'a> {
    fn instruction(&mut self, at: At<'a>) {
        match &at.instruction.body {
            Body::Copy(transfer) => self.transfer(at, transfer, false),
            Body::Add(transfer) => self.transfer(at, transfer, true),
            Body::Workdir(word) => self.word(at, word, &|landing| {
                (SinkKind::Workdir, destination_witness(landing))
            }),
            Body::Run(_) => {
                for mount in at.instruction.mounts() {
                    self.mount(at, mount);
                }
                self.run(at);
            }
            Body::Cmd(_) | Body::Entrypoint(_) => self.start_command(at),
            _ => {}
        }
    }

    fn base_image(&mut self, stage: &Stage) {
        let Some(instruction) = self.tree.instructions.get(stage.from) else {
            return;
        };
        let environment = self.scopes.environment(stage.from);
        let at = At {
            stage: stage.index,
            index: stage.from,
            instruction,
            environment,
        };
        let Body::From { image, .. } = &instruction.body else {
            return;
        };
        self.word(at, image, &|landing| {
            (
                SinkKind::BaseImage {
                    fixed: landing.fixed_repository(),
                },
                image_witness(landing),
            )
        });
    }

    fn transfer(&mut self, at: At<'a>, transfer: &Transfer, is_add: bool) {
        if at.instruction.flag("from").is_none() {
            for source in &transfer.sources {
                self.word(at, source, &|landing| {
                    if is_add && landing.may_be_address() {
                        let reason = "`ADD` fetches it".to_owned();
                        (
                            SinkKind::Download {
                                reason,
                                fixed: landing.fixed_host(),
                            },
                            download_witness(landing),
                        )
                    } else {
                        (SinkKind::CopySource, copy_witness(landing))
                    }
                });
            }
        }
        if let Some(destination) = &transfer.destination {
            self.word(at, destination, &|landing| {
                (SinkKind::CopyDestination, destination_witness(landing))
            });
        }
    }

    fn mount(&mut self, at: At<'a>, mount: &Mount) {
        let words = match mount.kind() {
            MountKind::Bind => vec![(mount.source(), SinkKind::MountSource)],
            // A cache without a name goes by its target.
            MountKind::Cache => vec![
                (mount.source(), SinkKind::MountSource),
                (mount.id().or(mount.target()), SinkKind::CacheName),
            ],
            // A secret without a name goes by the last part of its target.
            MountKind::Secret => vec![
                (mount.id().or(mount.source()), SinkKind::Secret),
                (mount.target(), SinkKind::SecretTarget),
            ],
            MountKind::Ssh => vec![
                (mount.id(), SinkKind::Secret),
                (mount.target(), SinkKind::SecretTarget),
            ],
            MountKind::Tmpfs | MountKind::Other => Vec::new(),
        };
        for (word, kind) in words {
            let Some(word) = word else { continue };
            self.word(at, word, &|landing| {
                let attack = match kind {
                    SinkKind::MountSource => copy_witness(landing),
                    SinkKind::SecretTarget => destination_witness(landing),
                    _ => name_witness(landing),
                };
                (kind.clone(), attack)
            });
        }
    }

    /// Notes every argument that reaches a word which the builder expands.
    fn word(&mut self, at: At<'a>, word: &Word, sink: &dyn Fn(&Landing) -> (SinkKind, Attack)) {
        if !word.as_str().contains('$') {
            return;
        }
        let environment = at.environment;
        let expansion = environment.expand(word);
        for name in expansion.variables() {
            for origin in self.origins(&environment, name) {
                let landing = Landing::new(&expansion, name, &origin);
                let (kind, attack) = sink(&landing);
                self.push(at, word.span, origin, kind, attack);
            }
        }
    }

    fn origins(&mut self, environment: &Environment<'_>, name: &str) -> Vec<Origin> {
        let origins = origins_of(self.scopes, environment, name);
        if origins.cut {
            self.cut.insert(CUT_ORIGINS);
        }
        origins.found
    }

    /// Notes one sink outside of a script.
    pub(super) fn push(
        &mut self,
        at: At<'a>,
        word: Span,
        origin: Origin,
        kind: SinkKind,
        attack: Attack,
    ) {
        self.note(sink(at, word, origin, kind, attack), None);
    }

    /// Notes one sink.
    pub(super) fn note(&mut self, sink: ArgumentSink, used: Option<VariableUse>) {
        if self.landed.len() < MAX_SINKS {
            self.landed.push(Landed { sink, used });
        } else {
            self.cut
                .insert("more places that arguments reach than are kept");
        }
    }

    /// ARGs and ENVs whose very name makes programs obey them, where a RUN follows that could start one.
    fn program_variables(&mut self, stage: &Stage) {
        let last_run = stage
            .instructions(self.tree)
            .filter(|(_, instruction)| matches!(instruction.body, Body::Run(_)))
            .map(|(index, _)| index)
            .last();
        for binding in self.scopes.bindings(stage.index) {
            let Some(known) = program_variable(&binding.name) else {
                continue;
            };
            let Some(instruction) = self.tree.instructions.get(binding.instruction) else {
                continue;
            };
            if last_run.is_none_or(|run| run < binding.instruction) {
                continue;
            }
            let environment = self.scopes.environment(binding.instruction + 1);
            let at = At {
                stage: stage.index,
                index: binding.instruction,
                instruction,
                environment,
            };
            for origin in self.origins(&environment, &binding.name) {
                // Behind fixed text the value is a part of a path or option list, not the whole say.
                if !origin.prefix.is_empty() {
                    continue;
                }
                let kind = SinkKind::ProgramVariable {
                    name: binding.name.clone(),
                    effect: known.effect,
                    witness: known.witness,
                };
                let attack = Attack::same(known.example);
                self.push(at, binding.name_span, origin, kind, attack);
            }
        }
    }
}

/// A sink that no check is known to stand before.
pub(super) fn sink(
    at: At<'_>,
    word: Span,
    origin: Origin,
    kind: SinkKind,
    attack: Attack,
) -> ArgumentSink {
    ArgumentSink {
        argument: origin.argument,
        declaration: origin.declaration,
        stage: at.stage,
        index: at.index,
        steps: origin.steps,
        kind,
        word,
        instruction: at.instruction.span,
        input: attack.input,
        resolves_to: attack.resolves_to,
        guard: None,
    }
}

/// What an attacker gives, and what becomes of it.
pub(super) struct Attack {
    pub(super) input: String,
    pub(super) resolves_to: String,
}

impl Attack {
    /// A value that is used as it is.
    pub(super) fn same(input: &str) -> Attack {
        Attack {
            input: input.to_owned(),
            resolves_to: input.to_owned(),
        }
    }
}

/// The variables of `environment` that carry arguments, looked up once each.
pub(super) struct Carriers<'a> {
    scopes: &'a Scopes<'a>,
    environment: Environment<'a>,
    known: std::cell::RefCell<std::collections::BTreeMap<String, Vec<Origin>>>,
    /// Whether a value has more origins than are followed.
    pub(super) cut: std::cell::Cell<bool>,
}

impl<'a> Carriers<'a> {
    pub(super) fn new(scopes: &'a Scopes<'a>, environment: Environment<'a>) -> Carriers<'a> {
        Carriers {
            scopes,
            environment,
            known: std::cell::RefCell::default(),
            cut: std::cell::Cell::new(false),
        }
    }

    /// The arguments that reach the shell variable `name`.
    pub(super) fn origins(&self, name: &str) -> Vec<Origin> {
        let mut known = self.known.borrow_mut();
        known
            .entry(name.to_owned())
            .or_insert_with(|| {
                let origins = origins_of(self.scopes, &self.environment, name);
                self.cut.set(self.cut.get() || origins.cut);
                origins.found
            })
            .clone()
    }
}

/// What stands before a variable in an expansion, the text its own value begins with included.
pub(super) fn prefix_of(expansion: &Expansion, name: &str, origin: &Origin) -> String {
    format!("{}{}", text_before(expansion, name), origin.prefix)
}
