//! Which files of the context a build's COPY and ADD instructions take, and whether they end in the image.

use std::collections::BTreeSet;

use plimsoll_chain::dockerfile::DockerfileUnit;
use plimsoll_chain::{Build, Tree, Unit};
use plimsoll_model::{Builder, Edit, Fix, Kind, RootPath, Safety, Span};
use plimsoll_parse::dockerfile::{Body, Instruction, Transfer};
use plimsoll_simulate::expand::Value;
use plimsoll_simulate::ignore_file::{IgnoreFile, applying};
use plimsoll_simulate::stages::Reference;

use crate::rule::{Findings, World};

/// A build whose context and Dockerfile are both known.
pub(crate) struct Context<'a> {
    /// The context's root.
    pub(crate) root: &'a RootPath,
    /// The Dockerfile.
    pub(crate) unit: &'a Unit,
    /// The ignore file that applies, where there is one.
    pub(crate) ignore: Option<&'a Unit>,
    /// The builder it is judged for.
    builder: Builder,
    /// The copies, in order.
    pub(crate) takings: Vec<Taking<'a>>,
}

/// How much a rule still may try, in patterns held against paths.
pub(crate) struct Effort(usize);

/// What whole trees of services take stays far below.
const MAX_EFFORT: usize = 10_000_000;

impl Effort {
    pub(crate) fn new() -> Effort {
        Effort(MAX_EFFORT)
    }

    /// Takes `patterns` held against `paths`; false where that is more than is left, which `findings` then tells.
    pub(crate) fn take(&mut self, patterns: usize, paths: usize, findings: &mut Findings) -> bool {
        let left = self.0.checked_sub(patterns.saturating_mul(paths));
        match left {
            Some(left) => self.0 = left,
            None => {
                findings.cut("too many copies, files and ignore patterns to hold each against each")
            }
        }
        left.is_some()
    }
}

/// One COPY or ADD source taken from the context.
pub(crate) struct Taking<'a> {
    /// The instruction.
    pub(crate) instruction: &'a Instruction,
    /// Whether the source is the whole context.
    pub(crate) is_whole: bool,
    /// Whether what it takes ends in the image.
    pub(crate) in_image: bool,
    source: IgnoreFile,
    excludes: IgnoreFile,
}

impl<'a> Context<'a> {
    /// The context of each build. Builds that take the same files from the same folder come once, as the first of them.
    pub(crate) fn all(world: &World<'a>) -> impl Iterator<Item = (&'a Build, Context<'a>)> {
        let mut seen = BTreeSet::new();
        let is_new = move |build: &&'a Build| {
            let unit = build.dockerfile_unit();
            let (target, builder) = (build.target.as_deref(), build.builders.first());
            seen.insert((build.context.inside(), unit, target, builder))
        };
        let builds = world.chain.builds().iter().filter(is_new);
        builds.filter_map(move |build| Some((build, Context::of(build, world)?)))
    }

    /// The context of `build`; `None` where it is not known or its Dockerfile is not.
    fn of(build: &'a Build, world: &World<'a>) -> Option<Context<'a>> {
        let root = build.context.inside()?;
        let unit = world.chain.unit(build.dockerfile_unit()?)?;
        let dockerfile = unit.dockerfile()?;
        let builder = *build.builders.first()?;
        let path = unit.embedding.is_none().then_some(&unit.artifact.path);
        let ignore_path = applying(world.inventory, root, path, builder);
        let ignore = ignore_path.and_then(|path| world.chain.unit_at(&path, Kind::Dockerignore));
        let takings = takings(dockerfile, build);
        Some(Context {
            root,
            unit,
            ignore,
            builder,
            takings,
        })
    }

    /// How many patterns [`sends`](Context::sends) may try.
    pub(crate) fn patterns(&self) -> usize {
        match self.ignore.map(|unit| &unit.tree) {
            Some(Tree::IgnoreFile(file, _)) => file.rules().len() + 1,
            _ => 1,
        }
    }

    /// Whether the builder is sent `relative`, a path below the context.
    pub(crate) fn sends(&self, relative: &str) -> bool {
        match self.ignore.map(|unit| &unit.tree) {
            Some(Tree::IgnoreFile(file, _)) => !file.decide(relative, self.builder).excluded,
            _ => true,
        }
    }
}

impl Context<'_> {
    /// The first line of the copy, as written.
    pub(crate) fn line_of(&self, taking: &Taking<'_>) -> &str {
        let written = taking.instruction.span.slice(&self.unit.artifact.text);
        written.lines().next().unwrap_or("").trim_end()
    }

    /// Adds `patterns`, a line each, to the ignore file that applies, or makes one.
    pub(crate) fn leave_out(&self, title: &str, patterns: &str) -> Option<Fix> {
        let edit = match self.ignore {
            Some(unit) => {
                let text = &unit.artifact.text;
                let ends_line = text.is_empty() || text.ends_with('\n');
                let newline = if ends_line { "" } else { "\n" };
                let span = Span::new(text.len(), text.len());
                let path = unit.artifact.path.clone();
                Edit {
                    path,
                    span,
                    text: format!("{newline}{patterns}"),
                    create: false,
                }
            }
            None => {
                let path = self.root.join(".dockerignore")?;
                Edit {
                    path,
                    span: Span::new(0, 0),
                    text: patterns.to_owned(),
                    create: true,
                }
            }
        };
        Some(Fix {
            title: title.to_owned(),
            safety: Safety::Unsafe,
            edits: vec![edit],
        })
    }
}

impl Taking<'_> {
    /// Whether it takes `relative`, a path below the context.
    pub(crate) fn takes(&self, relative: &str) -> bool {
        (self.is_whole || self.source.excludes(relative)) && !self.excludes.excludes(relative)
    }
}

fn takings<'a>(dockerfile: &'a DockerfileUnit, build: &Build) -> Vec<Taking<'a>> {
    let built = dockerfile.reachable(build.target.as_deref());
    let image = ImageStages::of(dockerfile, build.target.as_deref());
    let mut takings = Vec::new();
    for stage in dockerfile
        .stages
        .stages
        .iter()
        .filter(|stage| built.contains(&stage.index))
    {
        let mut folder = None;
        for (_, instruction) in stage.instructions(&dockerfile.tree) {
            match &instruction.body {
                Body::Workdir(word) => folder = moved(folder, word.as_str()),
                Body::Copy(transfer) | Body::Add(transfer)
                    if instruction.flag("from").is_none() =>
                {
                    let destination = transfer.destination.as_ref().map(|word| word.as_str());
                    let destination = destination.and_then(|text| moved(folder.clone(), text));
                    let in_image = image.keeps(stage.index, destination.as_deref());
                    takings.extend(taken(dockerfile, instruction, transfer, in_image));
                }
                _ => {}
            }
        }
    }
    takings
}

/// The folder `text` names from `folder`; `None` where a variable or an unknown start makes it unknown.
fn moved(folder: Option<String>, text: &str) -> Option<String> {
    if text.contains('$') {
        return None;
    }
    let joined = if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("{}/{text}", folder?)
    };
    RootPath::root()
        .join(joined.trim_start_matches('/'))
        .map(|path| format!("/{}", path.as_str()))
}

fn taken<'a>(
    dockerfile: &DockerfileUnit,
    instruction: &'a Instruction,
    transfer: &Transfer,
    in_image: bool,
) -> Vec<Taking<'a>> {
    let excluded = instruction
        .flags
        .iter()
        .filter(|flag| flag.name == "exclude");
    let excluded: Vec<&str> = excluded
        .filter_map(|flag| flag.value.as_ref())
        .map(|word| word.as_str())
        .collect();
    let unset = |_: &str| Value::Unknown;
    let mut takings = Vec::new();
    for word in &transfer.sources {
        let expanded = plimsoll_simulate::expand::expand(word, dockerfile.tree.escape, &unset);
        let Some(text) = expanded.known().filter(|text| !text.contains("://")) else {
            continue;
        };
        let Some(path) = RootPath::root().join(text.trim_start_matches('/')) else {
            continue;
        };
        takings.push(Taking {
            instruction,
            is_whole: path.is_root(),
            in_image,
            source: IgnoreFile::from_patterns([path.as_str()]).0,
            excludes: IgnoreFile::from_patterns(excluded.iter().copied()).0,
        });
    }
    takings
}

/// The stages whose environment and history some build's image has: each build's target and what it is built on. Every
/// stage where nothing is known of the builds.
pub(crate) fn stages_of_images(
    unit: &Unit,
    dockerfile: &DockerfileUnit,
    world: &World<'_>,
) -> BTreeSet<usize> {
    let builds = world.chain.builds_of(unit);
    let targets: BTreeSet<Option<&str>> = builds.map(|build| build.target.as_deref()).collect();
    let stages: BTreeSet<usize> = targets
        .into_iter()
        .flat_map(|target| ImageStages::of(dockerfile, target).whole)
        .collect();
    if stages.is_empty() {
        return (0..dockerfile.stages.stages.len()).collect();
    }
    stages
}

/// The stages whose files end in the image: the target and what it is built on wholly, others by what is copied out.
struct ImageStages {
    whole: BTreeSet<usize>,
    /// Stage and the path that is copied out of it.
    copied: Vec<(usize, Option<String>)>,
}

impl ImageStages {
    fn of(dockerfile: &DockerfileUnit, target: Option<&str>) -> ImageStages {
        let graph = &dockerfile.stages;
        let target = target.and_then(|name| graph.find(name)).or(graph.target);
        let parent = |at: &usize| match graph.stages.get(*at)?.base {
            Reference::Stage(parent) if parent < *at => Some(parent),
            _ => None,
        };
        let whole: BTreeSet<usize> = std::iter::successors(target, parent).collect();
        let mut copied = Vec::new();
        for stage in graph
            .stages
            .iter()
            .filter(|stage| whole.contains(&stage.index))
        {
            for (_, instruction) in stage.instructions(&dockerfile.tree) {
                copied.extend(copied_out(dockerfile, instruction));
            }
        }
        ImageStages { whole, copied }
    }

    /// Whether a file that `stage` puts below `destination` ends in the image. Where the destination is not known, only
    /// stages that end in it wholly count.
    fn keeps(&self, stage: usize, destination: Option<&str>) -> bool {
        self.whole.contains(&stage)
            || self.copied.iter().any(|(from, path)| {
                *from == stage
                    && match (path, destination) {
                        (Some(path), Some(destination)) => lies_below(destination, path),
                        _ => false,
                    }
            })
    }
}

fn copied_out(
    dockerfile: &DockerfileUnit,
    instruction: &Instruction,
) -> Vec<(usize, Option<String>)> {
    let Body::Copy(transfer) = &instruction.body else {
        return Vec::new();
    };
    let Some(from) = instruction
        .flag("from")
        .and_then(|flag| flag.value.as_ref())
    else {
        return Vec::new();
    };
    let Some(stage) = dockerfile.stages.find(from.as_str()) else {
        return Vec::new();
    };
    let sources = transfer.sources.iter();
    sources
        .map(|word| (stage, moved(Some(String::new()), word.as_str())))
        .collect()
}

fn lies_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
