//! One front end per manifest: what its fields ask a builder to do.
//!
//! A front end states what is written, with its bytes, and the folder the format's documentation names as the base.
//! It never looks whether a file exists.

mod argument;
mod cloudbuild;
mod command_line;
mod compose;
mod fields;
mod gitlab_ci;
mod interpolation;
mod shell;
mod smithery;
mod workflow;

use plimsoll_model::{Artifact, Kind};
use plimsoll_parse::data::Document;

use crate::invocation::Manifest;

#[cfg(test)]
mod tests;

/// Reads a manifest by its kind.
pub fn read(artifact: &Artifact, document: &Document) -> Manifest {
    let folder = artifact.path.parent();
    match artifact.kind {
        Kind::Cloudbuild => cloudbuild::read(&artifact.text, document),
        Kind::GitlabCi => gitlab_ci::read(&artifact.text, document),
        Kind::Workflow => workflow::read(&artifact.text, document),
        Kind::Compose => compose::read(&folder, document),
        Kind::Smithery => smithery::read(&folder, document),
        _ => Manifest::default(),
    }
}
