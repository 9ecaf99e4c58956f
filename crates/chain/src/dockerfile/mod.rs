//! A Dockerfile's summary: its tree, its stages, and the ways of its arguments into sinks; valid for any caller.

mod origins;
pub(crate) mod program_variables;
mod run;
mod shell_of_stage;
mod summary;
#[cfg(test)]
mod tests;
mod validation;
mod witness;

use std::collections::BTreeSet;

use plimsoll_parse::dockerfile::{self, Dockerfile};
use plimsoll_simulate::scope::BuildInput;
use plimsoll_simulate::stages::StageGraph;

pub(crate) use run::CUT_SCRIPT;

use crate::sink::{ArgumentSink, Validation};

/// A Dockerfile, parsed and summarised.
#[derive(Clone, Debug)]
pub struct DockerfileUnit {
    /// The tree.
    pub tree: Dockerfile,
    /// Its stages, with every argument at its default.
    pub stages: StageGraph,
    /// The ways of arguments into sinks.
    pub sinks: Vec<ArgumentSink>,
    /// Checks of arguments by RUN instructions.
    pub validations: Vec<Validation>,
    /// The bounds that were reached, in words.
    pub cut: BTreeSet<&'static str>,
}

impl DockerfileUnit {
    /// Parses and summarises `text`.
    pub fn new(text: &str) -> DockerfileUnit {
        let tree = dockerfile::parse(text);
        let stages = StageGraph::new(&tree, &BuildInput::default());
        let summary = summary::summarise(&tree, &stages);
        DockerfileUnit {
            tree,
            stages,
            sinks: summary.sinks,
            validations: summary.validations,
            cut: summary.cut,
        }
    }

    /// The stage that a build asking for `target` makes; `None` where there is no such stage.
    pub fn target(&self, target: Option<&str>) -> Option<usize> {
        match target {
            Some(name) => self.stages.find(name),
            None => self.stages.target,
        }
    }

    /// The stages that a build of `target` (the last stage if none) really builds, by index; all of them where the
    /// target is not found.
    pub fn reachable(&self, target: Option<&str>) -> BTreeSet<usize> {
        match self.target(target) {
            Some(target) => self.stages.reachable(target),
            None => (0..self.stages.stages.len()).collect(),
        }
    }
}
