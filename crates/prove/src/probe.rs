//! The Dockerfile of an attempt: what the attack needs of the repository's own, and nothing that runs unasked.

use plimsoll_chain::Unit;
use plimsoll_chain::dockerfile::DockerfileUnit;
use plimsoll_parse::dockerfile::{Body, Instruction, Transfer};
use plimsoll_simulate::stages::Reference;

/// Flags that need users of the real base image, or a newer builder, and change nothing about what is copied.
const DROPPED_FLAGS: [&str; 5] = ["chown", "chmod", "link", "parents", "exclude"];
/// Stages below one another that are followed.
const MAX_DEPTH: usize = 32;

/// The parts of a Dockerfile that attempts are put together from.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    unit: &'a Unit,
    dockerfile: &'a DockerfileUnit,
}

/// Which instructions before an attack's own are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Variables and working directories.
    Settings,
    /// These, and what is copied from the context.
    Copies,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(unit: &'a Unit) -> Option<Parts<'a>> {
        let dockerfile = unit.dockerfile()?;
        Some(Parts { unit, dockerfile })
    }

    pub(crate) fn instruction(&self, index: usize) -> Option<&'a Instruction> {
        self.dockerfile.tree.instructions.get(index)
    }

    /// An instruction's text without the flags that attempts leave out.
    pub(crate) fn text(&self, instruction: &Instruction) -> String {
        let mut text = instruction.span.slice(&self.unit.artifact.text).to_owned();
        let start = instruction.span.start as usize;
        for flag in instruction.flags.iter().rev() {
            let range = flag.span.start as usize..flag.span.end as usize;
            let range = range.start.saturating_sub(start)..range.end.saturating_sub(start);
            if DROPPED_FLAGS.contains(&flag.name.as_str()) && text.get(range.clone()).is_some() {
                text.replace_range(range, "");
            }
        }
        text
    }

    /// The instructions that copy from the context, with their stages, in order.
    pub(crate) fn context_copies(&self) -> Vec<(usize, usize)> {
        let stages = self.dockerfile.stages.stages.iter();
        let copies = stages.flat_map(|stage| {
            let instructions = stage.instructions(&self.dockerfile.tree);
            let copies = instructions.filter(|(_, one)| copied(one).is_some());
            copies.map(|(index, _)| (stage.index, index))
        });
        copies.collect()
    }

    /// What comes before the instruction `until` of `stage`, as far as `keep` says, the stages it is built on included.
    pub(crate) fn before(&self, stage: usize, until: usize, keep: Keep) -> Vec<String> {
        let mut wanted = Vec::new();
        let mut at = Some((stage, until));
        for _ in 0..MAX_DEPTH {
            let Some((index, end)) = at else { break };
            let Some(stage) = self.dockerfile.stages.stages.get(index) else {
                break;
            };
            let kept = stage.instructions(&self.dockerfile.tree);
            let kept = kept.filter(|(at, one)| *at < end && is_kept(one, keep));
            let mut lines: Vec<String> = kept.map(|(_, one)| self.text(one)).collect();
            lines.append(&mut wanted);
            wanted = lines;
            at = match stage.base {
                Reference::Stage(below) => Some((below, usize::MAX)),
                _ => None,
            };
        }
        wanted
    }

    /// The whole text: the escape directive, the global arguments, the base, a label, then `lines`.
    pub(crate) fn dockerfile(&self, base: &str, label: &str, lines: &[String]) -> String {
        let tree = &self.dockerfile.tree;
        let escape = (tree.escape != '\\').then(|| format!("# escape={}", tree.escape));
        let first = self.dockerfile.stages.stages.first();
        let globals = tree
            .instructions
            .iter()
            .take(first.map_or(0, |stage| stage.from));
        let globals = globals.filter(|one| matches!(one.body, Body::Arg(_)));
        let head = [format!("FROM {base}"), label.to_owned()];
        let all = escape
            .into_iter()
            .chain(globals.map(|one| self.text(one)))
            .chain(head)
            .chain(lines.iter().cloned());
        joined(all)
    }

    /// The names of the Dockerfile's arguments that have a default.
    pub(crate) fn has_default(&self, argument: &str) -> bool {
        let instructions = self.dockerfile.tree.instructions.iter();
        let mut definitions = instructions.flat_map(|one| match &one.body {
            Body::Arg(definitions) => definitions.as_slice(),
            _ => &[],
        });
        definitions.any(|one| one.name == argument && one.default.is_some())
    }

    /// Whether the Dockerfile holds commands, which attempts that need none leave out.
    pub(crate) fn has_commands(&self) -> bool {
        let mut instructions = self.dockerfile.tree.instructions.iter();
        instructions.any(|one| matches!(one.body, Body::Run(_)))
    }
}

/// A Dockerfile of no repository's.
pub(crate) fn plain(base: &str, label: &str, lines: &[String]) -> String {
    let head = [format!("FROM {base}"), label.to_owned()];
    joined(head.into_iter().chain(lines.iter().cloned()))
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// What an instruction copies, if that comes from the context.
pub(crate) fn copied(instruction: &Instruction) -> Option<&Transfer> {
    let transfer = match &instruction.body {
        Body::Copy(transfer) | Body::Add(transfer) => transfer,
        _ => return None,
    };
    let is_remote = |source: &str| source.contains("://") || source.starts_with("git@");
    let from_context = instruction.flag("from").is_none()
        && instruction.heredocs.is_empty()
        && !transfer.sources.is_empty()
        && !transfer.sources.iter().any(|word| is_remote(word.as_str()));
    from_context.then_some(transfer)
}

fn is_kept(instruction: &Instruction, keep: Keep) -> bool {
    match instruction.body {
        Body::Arg(_) | Body::Env(_) | Body::Workdir(_) => true,
        Body::Copy(_) | Body::Add(_) => keep == Keep::Copies && copied(instruction).is_some(),
        _ => false,
    }
}
