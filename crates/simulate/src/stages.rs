//! The stages of a Dockerfile, what each is built on and takes from, and which of them a build really makes.
//!
//! By source: `dockerfile2llb/convert.go` in moby/buildkit (`buildDispatchStates`, `dispatchStates`, `toCommand`,
//! `initOnBuildTriggers`, `allReachableStages`, `resolveTarget`) and `convert_runmount.go` (`detectRunMount`).
//! - FROM finds the stages above it, the latest of a name; `COPY --from` and `RUN --mount=from=` find the latest of a name in
//!   the whole file, and the builder refuses one that is not above, where it builds the stage that names it.
//! - `COPY --from` also takes an index; a mount and FROM do not. ADD takes nothing from stages.
//! - Names are compared in lower case. In FROM BuildKit does not lower the reference; the classic builder does, and so do
//!   we, and record it as a problem.
//! - A stage named `scratch` hides the empty image. A named context replaces the stage or image so called.
//! - What a stage defers by ONBUILD belongs to the stages built directly on it, with its dependencies.
//! - Only what the target needs is built: a stage nothing leads to is never run.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use plimsoll_model::Span;
use plimsoll_parse::{
    SyntaxError,
    dockerfile::{Body, Dockerfile, Instruction, Keyword, Spanned, Word},
    word,
};

use crate::{
    expand::Expansion,
    scope::{BuildInput, Globals},
};

/// How many instructions deferred by ONBUILD are followed for one file: parents times children can be many.
pub(crate) const MAX_TRIGGERS: usize = 100_000;

/// What a FROM, `--from` or `from=` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A stage, by its index.
    Stage(usize),
    /// The empty image.
    Scratch,
    /// An image, as written after expansion.
    Image(String),
    /// An additional build context.
    Context(String),
    /// Something that holds a value nobody knows offline.
    Unknown,
    /// Something the builder refuses; the problem is in [`StageGraph::problems`].
    Invalid,
}

/// How a stage takes from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyKind {
    /// It is built on it.
    From,
    /// `COPY --from`.
    Copy,
    /// `RUN --mount=from=`.
    Mount,
}

/// Something a stage takes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// How.
    pub kind: DependencyKind,
    /// From what.
    pub target: Reference,
    /// The bytes of the reference.
    pub span: Span,
    /// The instruction, as an index into the file's; for what the parent defers, the ONBUILD.
    pub instruction: usize,
}

/// One stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its place among the stages, which also names it.
    pub index: usize,
    /// Its name in lower case.
    pub name: Option<Spanned<String>>,
    /// The FROM, as an index into the file's instructions.
    pub from: usize,
    /// The instructions behind the FROM.
    pub body: Range<usize>,
    /// What it is built on.
    pub base: Reference,
    /// The expanded base, with the variables that reach it.
    pub base_text: Expansion,
    /// The bytes of the base.
    pub base_span: Span,
    /// The expanded `--platform`.
    pub platform: Option<Expansion>,
    /// What it takes from, the base first.
    pub dependencies: Vec<Dependency>,
    /// Its ONBUILD instructions, as indices into the file's.
    pub deferred: Vec<usize>,
    /// Whether a named context stands in for the stage, so that none of its instructions runs.
    pub replaced: bool,
}

impl Stage {
    /// Its instructions behind the FROM, with their indices.
    pub fn instructions<'a>(
        &self,
        file: &'a Dockerfile,
    ) -> impl Iterator<Item = (usize, &'a Instruction)> + use<'a> {
        let body = self.body.clone();
        body.filter_map(|index| Some((index, file.instructions.get(index)?)))
    }
}

/// The stages of a file, in order, and how they hang together.
#[derive(Clone, Debug)]
pub struct StageGraph {
    /// The stages.
    pub stages: Vec<Stage>,
    /// The ARGs before the first FROM.
    pub globals: Globals,
    /// The stage asked for, or the last one; `None` where there is no such stage.
    pub target: Option<usize>,
    /// What the builder refuses about references between stages.
    pub problems: Vec<SyntaxError>,
    by_name: BTreeMap<String, usize>,
}

impl StageGraph {
    /// Finds the stages of `file` for the build that `input` describes.
    pub fn new(file: &Dockerfile, input: &BuildInput) -> StageGraph {
        let mut graph = StageGraph {
            stages: Vec::new(),
            globals: Globals::new(file, input),
            target: None,
            problems: Vec::new(),
            by_name: BTreeMap::new(),
        };
        for (index, instruction) in file.instructions.iter().enumerate() {
            if let Body::From { image, alias } = &instruction.body {
                graph.begin_stage(file, input, index, image, alias.as_ref());
            } else if let Some(stage) = graph.stages.last_mut() {
                stage.body.end = index + 1;
                let is_deferring = matches!(instruction.body, Body::Onbuild(_));
                stage.deferred.extend(is_deferring.then_some(index));
            }
        }
        graph.find_dependencies(file, input);
        graph.target = graph.find_target(input);
        graph.check_order();
        graph
    }

    fn begin_stage(
        &mut self,
        file: &Dockerfile,
        input: &BuildInput,
        from: usize,
        image: &Word,
        alias: Option<&Spanned<String>>,
    ) {
        let base_text = self.globals.expand(image, file.escape);
        let replaced = alias.filter(|alias| is_context(input, &alias.value));
        let base = match replaced {
            Some(alias) => Reference::Context(alias.value.clone()),
            None => self.base(input, image.span, &base_text),
        };
        let platform = file
            .instructions
            .get(from)
            .and_then(|from| from.flag("platform"));
        let platform = platform.and_then(|flag| flag.value.as_ref());
        let index = self.stages.len();
        self.stages.push(Stage {
            index,
            name: alias.cloned(),
            from,
            body: from + 1..from + 1,
            dependencies: vec![Dependency {
                kind: DependencyKind::From,
                target: base.clone(),
                span: image.span,
                instruction: from,
            }],
            base,
            base_text,
            base_span: image.span,
            platform: platform.map(|word| self.globals.expand(word, file.escape)),
            deferred: Vec::new(),
            replaced: replaced.is_some(),
        });
        if let Some(alias) = alias {
            self.by_name.insert(alias.value.clone(), index);
        }
    }

    fn base(&mut self, input: &BuildInput, span: Span, text: &Expansion) -> Reference {
        if let Some(error) = text.errors.first() {
            let message = format!("the base cannot be expanded: {}", error.message);
            return self.refuse(span, message);
        }
        let Some(name) = text.known() else {
            return Reference::Unknown;
        };
        if name.is_empty() {
            return self.refuse(span, "the base is empty once its variables are expanded");
        }
        let reference = self.named(input, &name);
        if matches!(reference, Reference::Stage(_)) && name != name.to_lowercase() {
            let message =
                "BuildKit takes a name with capitals in FROM for an image, not for a stage";
            self.problems.push(SyntaxError::new(span, message));
        }
        reference
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>) -> Reference {
        self.problems.push(SyntaxError::new(span, message));
        Reference::Invalid
    }

    /// The stage so called so far, else a context, the empty image, or an image.
    fn named(&self, input: &BuildInput, name: &str) -> Reference {
        if let Some(stage) = self.by_name.get(&name.to_lowercase()) {
            return Reference::Stage(*stage);
        }
        if name == "scratch" {
            return Reference::Scratch;
        }
        if is_context(input, name) {
            return Reference::Context(name.to_owned());
        }
        Reference::Image(name.to_owned())
    }

    fn find_dependencies(&mut self, file: &Dockerfile, input: &BuildInput) {
        let mut room = MAX_TRIGGERS;
        for index in 0..self.stages.len() {
            let Some(stage) = self.stages.get(index).filter(|stage| !stage.replaced) else {
                continue;
            };
            let mut found = Vec::new();
            for (at, instruction) in self.triggers(file, index).take(room) {
                room -= 1;
                collect_references(at, instruction, &mut found);
            }
            for (at, instruction) in stage.instructions(file) {
                collect_references(at, instruction, &mut found);
            }
            let dependencies: Vec<Dependency> = found
                .into_iter()
                .map(|(kind, word, at)| Dependency {
                    kind,
                    target: self.resolve(file, input, kind, word),
                    span: word.span,
                    instruction: at,
                })
                .collect();
            if let Some(stage) = self.stages.get_mut(index) {
                stage.dependencies.extend(dependencies);
            }
        }
    }

    fn resolve(
        &mut self,
        file: &Dockerfile,
        input: &BuildInput,
        kind: DependencyKind,
        word: &Word,
    ) -> Reference {
        let name = word.as_str();
        if !is_taken_as_written(kind, name, file.escape) {
            return self.refuse(word.span, "variables and quotes are not expanded here");
        }
        match name.parse::<i64>() {
            Ok(index) if kind == DependencyKind::Copy => match self.at(index) {
                Some(index) => Reference::Stage(index),
                None => self.refuse(word.span, format!("there is no stage {index}")),
            },
            _ => self.named(input, name),
        }
    }

    /// A stage that is built takes from those above it only. One that is not built may name a later one, but no stage
    /// itself. (Circles of several stages that are not built are not looked for.)
    fn check_order(&mut self) {
        let built = self.built();
        let message = "the stage must be defined above the one that takes from it";
        let mut late = Vec::new();
        for stage in &self.stages {
            for dependency in &stage.dependencies {
                let Reference::Stage(found) = dependency.target else {
                    continue;
                };
                if found == stage.index || (found > stage.index && built.contains(&stage.index)) {
                    late.push(SyntaxError::new(dependency.span, message));
                }
            }
        }
        self.problems.extend(late);
    }

    fn at(&self, index: i64) -> Option<usize> {
        let index = usize::try_from(index).ok()?;
        (index < self.stages.len()).then_some(index)
    }

    fn find_target(&mut self, input: &BuildInput) -> Option<usize> {
        match input.target.as_deref().filter(|name| !name.is_empty()) {
            None => self.stages.len().checked_sub(1),
            Some(name) => self.find(name),
        }
    }

    /// The latest stage called `name`, in any case; else, as the classic builder has it, the stage with that index.
    pub fn find(&self, name: &str) -> Option<usize> {
        let by_name = self.by_name.get(&name.to_lowercase()).copied();
        by_name.or_else(|| name.parse().ok().filter(|index| *index < self.stages.len()))
    }

    /// The stage that holds the instruction with this index, its FROM included; `None` before the first FROM.
    pub fn stage_of(&self, instruction: usize) -> Option<usize> {
        let after = self
            .stages
            .partition_point(|stage| stage.from <= instruction);
        after.checked_sub(1)
    }

    /// What the stage that `stage` is built on defers by ONBUILD, with the index of each ONBUILD.
    pub fn triggers<'g, 'a>(
        &'g self,
        file: &'a Dockerfile,
        stage: usize,
    ) -> impl Iterator<Item = (usize, &'a Instruction)> + use<'g, 'a> {
        let parent = self.stages.get(stage).and_then(|stage| match stage.base {
            Reference::Stage(parent) => self.stages.get(parent),
            _ => None,
        });
        let parent = parent.filter(|parent| !parent.replaced);
        let deferred = parent.into_iter().flat_map(|parent| &parent.deferred);
        deferred.filter_map(|index| match &file.instructions.get(*index)?.body {
            Body::Onbuild(nested) => Some((*index, nested.as_ref())),
            _ => None,
        })
    }

    /// The stages a build of `target` makes.
    pub fn reachable(&self, target: usize) -> BTreeSet<usize> {
        self.reachable_from([target])
    }

    /// The stages that builds of `targets` make between them.
    pub fn reachable_from(&self, targets: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<usize> = targets.into_iter().collect();
        while let Some(stage) = open.pop().and_then(|index| self.stages.get(index)) {
            if !reached.insert(stage.index) {
                continue;
            }
            let needed =
                stage
                    .dependencies
                    .iter()
                    .filter_map(|dependency| match dependency.target {
                        Reference::Stage(index) => Some(index),
                        _ => None,
                    });
            open.extend(needed);
        }
        reached
    }

    /// The stages the build makes; none where the target does not exist.
    pub fn built(&self) -> BTreeSet<usize> {
        self.target
            .map_or_else(BTreeSet::new, |target| self.reachable(target))
    }

    /// Every image from outside, with the stage and place that names it.
    pub fn images(&self) -> impl Iterator<Item = (usize, &Dependency, &str)> {
        self.stages.iter().flat_map(|stage| {
            stage
                .dependencies
                .iter()
                .filter_map(|dependency| match &dependency.target {
                    Reference::Image(name) => Some((stage.index, dependency, name.as_str())),
                    _ => None,
                })
        })
    }
}

/// The references to stages and images that `instruction` makes.
fn collect_references<'a>(
    index: usize,
    instruction: &'a Instruction,
    found: &mut Vec<(DependencyKind, &'a Word, usize)>,
) {
    match instruction.keyword {
        Keyword::Copy => {
            let from = instruction
                .flag("from")
                .and_then(|flag| flag.value.as_ref());
            let from = from.filter(|word| !word.as_str().is_empty());
            found.extend(from.map(|word| (DependencyKind::Copy, word, index)));
        }
        Keyword::Run => {
            let from = instruction.mounts().filter_map(|mount| mount.from());
            let from = from.filter(|word| !word.as_str().is_empty());
            found.extend(from.map(|word| (DependencyKind::Mount, word, index)));
        }
        _ => {}
    }
}

/// Whether the builder takes a reference as it is: it refuses one that expansion would change.
fn is_taken_as_written(kind: DependencyKind, name: &str, escape: char) -> bool {
    if kind == DependencyKind::Mount {
        return name.find('$').is_none_or(|at| at + 1 == name.len());
    }
    let pieces = word::parse(name, escape).pieces;
    pieces
        .iter()
        .all(|piece| piece.kind == word::PieceKind::Literal)
}

/// Whether a named context is called `name`, which may also be spelled as an image of Docker Hub.
fn is_context(input: &BuildInput, name: &str) -> bool {
    let short = name.strip_suffix(":latest").unwrap_or(name);
    let short = short.strip_prefix("docker.io/").unwrap_or(short);
    let short = short.strip_prefix("library/").unwrap_or(short);
    let contexts = &input.contexts;
    name != "scratch" && name != "context" && (contexts.contains(name) || contexts.contains(short))
}
