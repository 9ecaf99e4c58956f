//! A Dockerfile's summary: its tree, and the ways of its arguments into sinks.

use std::collections::BTreeSet;

use plimsoll_parse::dockerfile::{self, Dockerfile};

use crate::sink::{ArgumentSink, BrokenValidation};

/// A Dockerfile, parsed and summarised for any caller.
#[derive(Clone, Debug)]
pub struct DockerfileUnit {
    /// The tree.
    pub tree: Dockerfile,
    /// The ways of arguments into sinks.
    pub sinks: Vec<ArgumentSink>,
    /// Checks that were meant to stop a value and do not.
    pub broken_validations: Vec<BrokenValidation>,
}

impl DockerfileUnit {
    /// Parses and summarises `text`.
    pub fn new(text: &str) -> DockerfileUnit {
        let tree = dockerfile::parse(text);
        DockerfileUnit {
            tree,
            sinks: Vec::new(),
            broken_validations: Vec::new(),
        }
    }

    /// The stages that a build of `target` (the last stage if none) really builds, by index.
    pub fn reachable(&self, _target: Option<&str>) -> BTreeSet<usize> {
        BTreeSet::new()
    }
}
