//! One front end per manifest: what its fields ask a builder to do.
//!
//! A front end states what is written, with its bytes, and the folder the format's documentation names as the base.
//! It never looks whether a file exists.

mod action;
mod argument;
mod azure;
mod bake;
mod bake_value;
mod cloudbuild;
mod command_line;
mod compose;
mod copilot;
mod devcontainer;
mod env_file;
mod fields;
mod fly;
mod folder;
mod gitlab_ci;
mod heroku;
mod interpolation;
mod mcp_server;
mod options;
mod railway;
mod render;
mod shell;
mod skaffold;
mod smithery;
#[cfg(test)]
mod tests;
mod workflow;

use plimsoll_model::{Artifact, Kind, RootPath};
use plimsoll_parse::data::Document;

use crate::invocation::Manifest;

/// How many builds of one manifest are looked at.
const MAX_BUILDS: usize = 100_000;

/// Reads a manifest by its kind.
pub fn read(artifact: &Artifact, document: &Document) -> Manifest {
    let mut manifest = read_all(artifact, document);
    if manifest.invocations.len() > MAX_BUILDS {
        manifest.invocations.truncate(MAX_BUILDS);
        manifest.cut.insert("more builds than are looked at");
    }
    manifest
}

/// Reads a Compose file of the project in `folder`, whose `.env` holds `environment`.
pub(crate) fn read_compose(
    folder: &RootPath,
    document: &Document,
    environment: Option<&str>,
) -> Manifest {
    let mut manifest = compose::read(folder, document, environment);
    manifest.invocations.truncate(MAX_BUILDS);
    manifest
}

fn read_all(artifact: &Artifact, document: &Document) -> Manifest {
    let folder = artifact.path.parent();
    let text = &artifact.text;
    match artifact.kind {
        Kind::Action => action::read(&folder, text, document),
        Kind::Azure => azure::read(&folder, document),
        Kind::Bake => bake::read(&folder, artifact.path.as_str(), document),
        Kind::Cloudbuild => cloudbuild::read(text, document),
        Kind::Compose => compose::read(&folder, document, None),
        Kind::Copilot => copilot::read(&folder, document),
        Kind::Devcontainer => devcontainer::read(&folder, document),
        Kind::Fly => fly::read(&folder, document),
        Kind::GitlabCi => gitlab_ci::read(text, document),
        Kind::Heroku => heroku::read(&folder, document),
        Kind::McpServer => mcp_server::read(&folder, document),
        Kind::Railway => railway::read(&folder, document),
        Kind::Render => render::read(&folder, document),
        Kind::Skaffold => skaffold::read(&folder, document),
        Kind::Smithery => smithery::read(&folder, document),
        Kind::Workflow => workflow::read(text, document),
        Kind::Dockerfile | Kind::Dockerignore => Manifest::default(),
    }
}
