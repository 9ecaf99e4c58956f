//! One file as read: its place, its kind, its text.

use std::sync::Arc;

use crate::{Kind, LineIndex, Position, RootPath, Span};

/// Where an artifact was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Standard input.
    Stdin,
    /// A file of the tree.
    File,
    /// A blob of a git revision.
    Git {
        /// The commit, 40 hex digits.
        commit: String,
    },
    /// A layer of an image.
    Layer {
        /// The image as named.
        image: String,
        /// The layer's digest.
        digest: String,
    },
    /// The configuration of an image.
    ImageConfig {
        /// The image as named.
        image: String,
    },
}

/// A file to be read for what something else says it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileToRead {
    /// Where it is judged: its own place, or that of a link which leads to it.
    pub path: RootPath,
    /// The regular file that holds the text.
    pub file: RootPath,
    /// What it is read as.
    pub kind: Kind,
}

/// One file as read.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Where it stands below the root.
    pub path: RootPath,
    /// What it is.
    pub kind: Kind,
    /// Where it was read from.
    pub origin: Origin,
    /// The text. Bytes that were not UTF-8 arrive replaced one for one, so offsets are those of the file.
    pub text: Arc<str>,
    /// Line starts of `text`.
    pub lines: LineIndex,
}

impl Artifact {
    /// An artifact of the tree.
    pub fn new(path: RootPath, kind: Kind, origin: Origin, text: Arc<str>) -> Artifact {
        let lines = LineIndex::new(&text);
        Artifact {
            path,
            kind,
            origin,
            text,
            lines,
        }
    }

    /// The same file taken for another kind.
    pub fn read_as(&self, kind: Kind) -> Artifact {
        Artifact {
            kind,
            ..self.clone()
        }
    }

    /// Start and end of `span`.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        (
            self.lines.position(&self.text, span.start),
            self.lines.position(&self.text, span.end),
        )
    }
}
