//! The counted bounds on one document: bytes, nodes and depth.

use plimsoll_model::Span;

use crate::SyntaxError;

/// How deep collections may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// How many nodes one text may hold, with every alias counted as what it stands for.
pub(crate) const MAX_NODES: usize = 200_000;

/// How many errors are kept for one text; a binary file named `.yaml` needs no more.
pub(crate) const MAX_ERRORS: usize = 64;

/// The largest YAML or JSON text that is read.
pub(crate) const MAX_BYTES: usize = 8 << 20;

/// The largest TOML or HCL text that is read: these formats are written by hand and their parsers build a
/// tree of their own many times as large as the text.
pub(crate) const MAX_CONFIG_BYTES: usize = 1 << 20;

/// What of the bounds is used up, and the errors met so far.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    nodes: usize,
    /// The errors, at most [`MAX_ERRORS`].
    pub(crate) errors: Vec<SyntaxError>,
    exhausted: bool,
}

impl Budget {
    /// Takes `count` nodes; `false`, with an error the first time, where they are not left.
    pub(crate) fn take(&mut self, count: usize, span: Span) -> bool {
        let nodes = self.nodes.saturating_add(count);
        if nodes > MAX_NODES {
            if !self.exhausted {
                self.exhausted = true;
                self.error(
                    span,
                    format!("more than {MAX_NODES} nodes; the rest is not read"),
                );
            }
            return false;
        }
        self.nodes = nodes;
        true
    }

    /// Whether a node was refused.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Notes an error, as long as there is room for it.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(SyntaxError::new(span, message));
        }
    }
}

/// The error for a text over `limit` bytes, `None` where it fits.
pub(crate) fn too_large(text: &str, limit: usize) -> Option<SyntaxError> {
    (text.len() > limit).then(|| {
        let message = format!("larger than {limit} bytes; nothing of it is read");
        SyntaxError::new(Span::new(0, text.len()), message)
    })
}
