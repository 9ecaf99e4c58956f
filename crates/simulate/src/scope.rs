//! Which ARG and ENV are in force at each instruction, with what value, and where that value was set.
//!
//! By source: `dockerfile2llb/convert.go` in moby/buildkit (`buildMetaArgs`, `dispatchArg`, `dispatchEnv`,
//! `dispatchState.init`, `dispatchStages`) and `dockerfile2llb/platform.go` (`defaultArgs`).
//! - ARGs before the first FROM reach FROM lines only. An ARG in a stage without a default takes the build argument, else the
//!   value of such a global ARG or platform argument, else it changes nothing.
//! - A build argument replaces a default. The default is expanded in the stage's environment at that point, a global one
//!   among the globals so far. The names of one ARG are set one after the other; the pairs of one ENV are all expanded first.
//! - A stage built on a stage starts with the parent's final environment, its ENV set once more: so across stages an ENV
//!   wins over a later ARG. What the parent defers by ONBUILD runs first.
//! - Within a stage the later of ARG and ENV wins. In the classic builder and buildah (both seen in
//!   `tests/dockerfile_builders.rs`) and in the manual ENV wins, and a stage inherits no ARG ([`Precedence`]). Known
//!   differences that are not modelled: the classic builder unsets what an ARG without a value names and sets no platform
//!   arguments; both expand the proxy arguments undeclared, keep `PATH` from ARG, and expand one ARG's defaults together.
//! - The base image's own ENV is unknown offline: a name that no instruction sets is [`Value::Unknown`] there and
//!   [`Value::Unset`] on `scratch`, where the builder still sets `PATH`. An image's ENV that would win over an ARG of a parent
//!   stage is not modelled.
//! - The proxy arguments reach the shell of every RUN without ARG, and expansion only when declared.
//!
//! Nothing is copied per instruction: each binding is stored once, and an [`Environment`] is a view up to an instruction.
//! Expanded text is kept up to [`MAX_EXPANDED`] per file; beyond it values count as unknown.

mod environment;
mod frame;
mod globals;
mod input;
#[cfg(test)]
mod tests;

use plimsoll_model::Span;
use plimsoll_parse::dockerfile::{ArgDef, Body, Dockerfile, Instruction, KeyValue, Word};

use crate::{
    expand::{Expansion, Value},
    stages::{MAX_TRIGGERS, Reference, StageGraph},
};
use frame::Frame;

pub use environment::Environment;
pub use globals::Globals;
pub use input::BuildInput;

/// How many bytes of expanded text are kept for one file.
pub const MAX_EXPANDED: usize = 64 << 20;
/// How many parents are asked for a name; beyond that its value counts as unknown.
const MAX_PARENTS: usize = 128;
/// The `PATH` the builder sets where nothing else does.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The arguments that the builder sets by itself, in global scope.
pub const PLATFORM_ARGS: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// The arguments that RUN sees without ARG, in any case of letters.
pub const PROXY_ARGS: &[&str] = &[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];

/// Build arguments that set no environment variable.
const SILENT_ARGS: &[&str] = &["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];

/// Which of an ARG and an ENV of one name wins within a stage, and with it whether an ARG outlives its stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precedence {
    /// The later line, and a stage built on another starts with its ARGs: BuildKit.
    LaterWins,
    /// The ENV, and an ARG ends with its stage: the classic builder, buildah, and the manual.
    EnvWins,
}

/// The instruction a binding is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// ARG.
    Arg,
    /// ENV.
    Env,
}

/// Where the value of a binding comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the file: the default of an ARG, or an ENV.
    Written,
    /// From a build argument of the binding's name.
    BuildArg,
    /// From the global binding with this index in [`Globals::bindings`].
    Global(usize),
    /// From the builder itself: a platform argument.
    Builder,
    /// From nowhere: an ARG with neither default nor value. It changes nothing.
    Nothing,
}

/// One name set by an ARG or ENV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// The instruction, as an index into the file's. For what a parent stage defers, the ONBUILD.
    pub instruction: usize,
    /// ARG or ENV.
    pub kind: BindingKind,
    /// Where the value comes from.
    pub source: Source,
    /// The value.
    pub value: Value,
    /// The expanded default or value, with the variables that reach it; empty unless written in the file, but for the
    /// errors of a default that is replaced.
    pub expansion: Expansion,
    /// The written default or value in the file.
    pub written: Option<Span>,
}

/// A name looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'s> {
    /// The value.
    pub value: Value,
    /// What set it; or the ARG that declares it and changes nothing.
    pub binding: Option<&'s Binding>,
}

/// The text that may still be kept.
struct Budget(usize);

impl Budget {
    /// The value of `expansion`, and the expansion itself while there is room.
    fn keep(&mut self, expansion: Expansion) -> (Value, Expansion) {
        match self.0.checked_sub(expansion.cost()) {
            Some(left) => {
                self.0 = left;
                (expansion.value(), expansion)
            }
            None => (Value::Unknown, Expansion::default()),
        }
    }
}

fn declared(instruction: usize, definition: &ArgDef) -> Binding {
    Binding {
        name: definition.name.clone(),
        name_span: definition.name_span,
        instruction,
        kind: BindingKind::Arg,
        source: Source::Nothing,
        value: Value::Unset,
        expansion: Expansion::default(),
        written: definition.default.as_ref().map(|default| default.span),
    }
}

fn from_outside(binding: Binding, source: Source, value: &Value) -> Binding {
    Binding {
        source,
        value: value.clone(),
        ..binding
    }
}

fn written(binding: Binding, word: &Word, expansion: Expansion, budget: &mut Budget) -> Binding {
    let (value, expansion) = budget.keep(expansion);
    Binding {
        source: Source::Written,
        value,
        expansion,
        written: Some(word.span),
        ..binding
    }
}

/// The environments of a whole file.
#[derive(Clone, Debug)]
pub struct Scopes<'a> {
    file: &'a Dockerfile,
    graph: &'a StageGraph,
    precedence: Precedence,
    stages: Vec<Frame>,
}

impl<'a> Scopes<'a> {
    /// Evaluates `file`, whose stages are `graph`.
    pub fn new(
        file: &'a Dockerfile,
        graph: &'a StageGraph,
        input: &BuildInput,
        precedence: Precedence,
    ) -> Scopes<'a> {
        let mut scopes = Scopes {
            file,
            graph,
            precedence,
            stages: Vec::new(),
        };
        let mut budget = Budget(MAX_EXPANDED);
        let mut triggers = MAX_TRIGGERS;
        for stage in &graph.stages {
            scopes.stages.push(Frame::default());
            if stage.replaced {
                continue;
            }
            for (index, nested) in graph.triggers(file, stage.index).take(triggers) {
                triggers -= 1;
                scopes.apply(stage.index, index, nested, input, &mut budget);
            }
            for (index, instruction) in stage.instructions(file) {
                scopes.apply(stage.index, index, instruction, input, &mut budget);
            }
        }
        scopes
    }

    fn apply(
        &mut self,
        stage: usize,
        index: usize,
        instruction: &Instruction,
        input: &BuildInput,
        budget: &mut Budget,
    ) {
        match &instruction.body {
            Body::Arg(definitions) => {
                for definition in definitions {
                    let binding = self.argument(stage, index, definition, input, budget);
                    self.push(stage, binding);
                }
            }
            Body::Env(pairs) => {
                let bindings: Vec<Binding> = pairs
                    .iter()
                    .map(|pair| self.variable(stage, index, pair, budget))
                    .collect();
                for binding in bindings {
                    self.push(stage, binding);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, stage: usize, binding: Binding) {
        if let Some(frame) = self.stages.get_mut(stage) {
            frame.push(binding);
        }
    }

    /// The environment behind the last instruction evaluated so far.
    fn current(&self, stage: usize) -> Environment<'_> {
        Environment {
            scopes: self,
            stage: Some(stage),
            before: usize::MAX,
        }
    }

    fn argument(
        &self,
        stage: usize,
        index: usize,
        definition: &ArgDef,
        input: &BuildInput,
        budget: &mut Budget,
    ) -> Binding {
        let binding = declared(index, definition);
        let name = definition.name.as_str();
        if SILENT_ARGS.contains(&name) {
            return binding;
        }
        if let Some(value) = input.arg(name) {
            let mut given = from_outside(binding, Source::BuildArg, value);
            // The default it replaces is expanded all the same, and fails the build where it cannot be.
            let replaced = definition.default.as_ref();
            let replaced = replaced.map(|default| self.current(stage).expand(default));
            given.expansion.errors = replaced.map_or_else(Vec::new, |one| one.errors);
            return given;
        }
        if let Some(default) = &definition.default {
            let expansion = self.current(stage).expand(default);
            return written(binding, default, expansion, budget);
        }
        let globals = &self.graph.globals;
        if let Some(at) = globals.frame.last_index(name, usize::MAX) {
            let value = globals.get(name).value;
            return from_outside(binding, Source::Global(at), &value);
        }
        match globals.builder.get(name) {
            Some(value) => from_outside(binding, Source::Builder, value),
            None => binding,
        }
    }

    fn variable(
        &self,
        stage: usize,
        index: usize,
        pair: &KeyValue,
        budget: &mut Budget,
    ) -> Binding {
        let environment = self.current(stage);
        let name = environment.expand(&pair.key).known();
        let binding = Binding {
            name: name.unwrap_or_else(|| pair.key.as_str().to_owned()),
            name_span: pair.key.span,
            instruction: index,
            kind: BindingKind::Env,
            source: Source::Written,
            value: Value::Unknown,
            expansion: Expansion::default(),
            written: None,
        };
        written(
            binding,
            &pair.value,
            environment.expand(&pair.value),
            budget,
        )
    }

    /// The environment in which `instruction` (an index into the file's) is expanded and run: what precedes it has been
    /// applied. For a FROM, and before the first one, that is the global ARGs.
    pub fn environment(&self, instruction: usize) -> Environment<'_> {
        let stage = self.graph.stage_of(instruction).filter(|stage| {
            let stage = self.graph.stages.get(*stage);
            stage.is_some_and(|stage| stage.from != instruction)
        });
        Environment {
            scopes: self,
            stage,
            before: instruction,
        }
    }

    /// The environment in which what `stage` inherits by the ONBUILD of index `onbuild` is expanded: before the stage's own
    /// instructions, and behind the effects of what is deferred before it.
    pub fn of_trigger(&self, stage: usize, onbuild: usize) -> Environment<'_> {
        Environment {
            scopes: self,
            stage: Some(stage),
            before: onbuild,
        }
    }

    /// The environment behind the last instruction of `stage`.
    pub fn end_of(&self, stage: usize) -> Environment<'_> {
        self.current(stage)
    }

    /// What `instruction` sets, in order.
    pub fn set_by(&self, instruction: usize) -> &[Binding] {
        let frame = match self.graph.stage_of(instruction) {
            Some(stage) => self.stages.get(stage),
            None => Some(&self.graph.globals.frame),
        };
        frame.map_or(&[], |frame| frame.set_by(instruction))
    }

    /// Everything `stage` sets, what it inherits by ONBUILD first.
    pub fn bindings(&self, stage: usize) -> &[Binding] {
        self.stages.get(stage).map_or(&[], Frame::bindings)
    }

    /// The file.
    pub fn file(&self) -> &'a Dockerfile {
        self.file
    }

    /// The stages.
    pub fn graph(&self) -> &'a StageGraph {
        self.graph
    }

    fn parent(&self, stage: usize) -> Option<usize> {
        match self.graph.stages.get(stage)?.base {
            Reference::Stage(parent) => Some(parent),
            _ => None,
        }
    }

    /// `stage`, the stage it is built on, and so on.
    fn ancestry(&self, stage: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(stage), |stage| self.parent(*stage))
    }

    /// What a stage built on `stage` starts with.
    fn inherited(&self, stage: usize, name: &str) -> Option<&Binding> {
        let frames = || {
            let stages = self.ancestry(stage).take(MAX_PARENTS);
            stages.filter_map(|stage| self.stages.get(stage))
        };
        let env = frames().find_map(|frame| frame.last_env(name, usize::MAX));
        match self.precedence {
            Precedence::EnvWins => env,
            Precedence::LaterWins => {
                env.or_else(|| frames().find_map(|frame| frame.last(name, usize::MAX)))
            }
        }
    }

    /// What is in force in `stage` before instruction `before`.
    fn binding(&self, stage: usize, before: usize, name: &str) -> Option<&Binding> {
        let frame = self.stages.get(stage)?;
        let inherited = || self.inherited(self.parent(stage)?, name);
        match self.precedence {
            Precedence::LaterWins => frame.last(name, before).or_else(inherited),
            Precedence::EnvWins => {
                if let Some(own) = frame.last_env(name, before) {
                    return Some(own);
                }
                inherited().or_else(|| frame.last(name, before))
            }
        }
    }

    /// The value of a name that no instruction sets, given by what lies at the bottom of `stage`.
    fn value_below(&self, stage: usize, name: &str) -> Value {
        let bottom = self
            .ancestry(stage)
            .take(MAX_PARENTS)
            .last()
            .unwrap_or(stage);
        match self.graph.stages.get(bottom).map(|stage| &stage.base) {
            Some(Reference::Scratch) if name == "PATH" => Value::Known(DEFAULT_PATH.to_owned()),
            Some(Reference::Scratch) => Value::Unset,
            _ => Value::Unknown,
        }
    }
}
