//! One file, parsed and summarised once; valid for any caller.

use plimsoll_model::{Artifact, Kind, Label, Span};
use plimsoll_parse::data::{self, Document};
use plimsoll_parse::{SourceText, SyntaxError};
use plimsoll_simulate::ignore_file::IgnoreFile;

use crate::dockerfile::DockerfileUnit;
use crate::frontends;
use crate::invocation::{BuildInvocation, DockerfileField, Manifest};

/// One file: its text, its tree, and what it asks of others.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The file as read.
    pub artifact: Artifact,
    /// Its tree.
    pub tree: Tree,
    /// The builds and files it asks for; empty for what is no manifest.
    pub manifest: Manifest,
    /// Where the text stands, for a Dockerfile written inside a manifest.
    pub embedding: Option<Embedding>,
}

/// A file's tree.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A Dockerfile, with its flows.
    Dockerfile(Box<DockerfileUnit>),
    /// An ignore file.
    IgnoreFile(IgnoreFile, Vec<SyntaxError>),
    /// A manifest.
    Data(Document),
}

/// Where a Dockerfile stands that is written inside a manifest. Its unit has the manifest's path; its spans are
/// offsets in its own text until [`Unit::label`] takes them back.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// The text with its way back.
    pub text: SourceText,
}

impl Unit {
    /// Parses and summarises `artifact`. Linear in its size.
    pub fn new(artifact: Artifact) -> Unit {
        let tree = match artifact.kind {
            Kind::Dockerfile => Tree::Dockerfile(Box::new(DockerfileUnit::new(&artifact.text))),
            Kind::Dockerignore => {
                let (file, errors) = IgnoreFile::parse(&artifact.text);
                Tree::IgnoreFile(file, errors)
            }
            _ => Tree::Data(parse_data(&artifact)),
        };
        let manifest = match &tree {
            Tree::Data(document) => frontends::read(&artifact, document),
            Tree::Dockerfile(_) | Tree::IgnoreFile(..) => Manifest::default(),
        };
        Unit {
            artifact,
            tree,
            manifest,
            embedding: None,
        }
    }

    /// The texts of the Dockerfiles written in this manifest, with the invocation each belongs to.
    pub(crate) fn inline_texts(&self) -> impl Iterator<Item = (usize, &SourceText)> {
        let written = self.manifest.invocations.iter().enumerate();
        written.filter_map(|(invocation, build)| match &build.dockerfile {
            DockerfileField::Inline(text) => Some((invocation, text)),
            _ => None,
        })
    }

    /// The Dockerfile `text`, which stands in this manifest, as a unit of its own.
    pub(crate) fn inline_dockerfile(&self, text: &SourceText) -> Unit {
        let (path, origin) = (self.artifact.path.clone(), self.artifact.origin.clone());
        let artifact = Artifact::new(path, Kind::Dockerfile, origin, text.as_str().into());
        let tree = Tree::Dockerfile(Box::new(DockerfileUnit::new(text.as_str())));
        Unit {
            artifact,
            tree,
            manifest: Manifest::default(),
            embedding: Some(Embedding { text: text.clone() }),
        }
    }

    /// A label in this file.
    pub fn label(&self, span: Span) -> Label {
        let span = match &self.embedding {
            Some(embedding) => embedding.text.source_span(span),
            None => span,
        };
        Label::new(&self.artifact.path, span)
    }

    /// The builds this file asks for.
    pub fn invocation(&self, index: usize) -> Option<&BuildInvocation> {
        self.manifest.invocations.get(index)
    }

    /// The Dockerfile this file is.
    pub fn dockerfile(&self) -> Option<&DockerfileUnit> {
        match &self.tree {
            Tree::Dockerfile(unit) => Some(unit),
            _ => None,
        }
    }

    /// The bounds that were reached in it, in words.
    pub fn cut(&self) -> impl Iterator<Item = &'static str> {
        let dockerfile = self.dockerfile().map(|dockerfile| &dockerfile.cut);
        let found = dockerfile.into_iter().chain([&self.manifest.cut]);
        found.flatten().copied()
    }

    /// What the parser passed over.
    pub fn syntax_errors(&self) -> &[SyntaxError] {
        match &self.tree {
            Tree::Dockerfile(unit) => &unit.tree.errors,
            Tree::IgnoreFile(_, errors) => errors,
            Tree::Data(document) => &document.errors,
        }
    }
}

fn parse_data(artifact: &Artifact) -> Document {
    let path = artifact.path.as_str();
    let ends = |extension: &str| path.len() > extension.len() && path.ends_with(extension);
    if ends(".json") {
        data::parse_json(&artifact.text)
    } else if ends(".toml") {
        data::parse_toml(&artifact.text)
    } else if ends(".hcl") {
        data::parse_hcl(&artifact.text)
    } else {
        data::parse_yaml(&artifact.text)
    }
}
