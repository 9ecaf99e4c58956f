//! One front end per manifest: what its fields ask a builder to do.

use plimsoll_model::Artifact;
use plimsoll_parse::data::Document;

use crate::invocation::Manifest;

/// Reads a manifest by its kind.
pub fn read(_artifact: &Artifact, _document: &Document) -> Manifest {
    Manifest::default()
}
