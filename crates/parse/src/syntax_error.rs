//! What a parser says about bytes it could not make sense of.

use plimsoll_model::Span;

/// Something a parser passed over; the rest of the tree stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The bytes meant.
    pub span: Span,
    /// One sentence without a final full stop.
    pub message: String,
}

impl SyntaxError {
    /// An error at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            span,
            message: message.into(),
        }
    }
}
