//! Names and lines of a context as they may be shown: escaped, and what has the form of a credential masked.

use plimsoll_audit::{masked_path, masked_text};
use plimsoll_model::{escape_text, percent_encode_path};

/// A path.
pub(super) fn shown_path(path: &str) -> String {
    masked_path(&percent_encode_path(path))
}

/// A line of a Dockerfile.
pub(super) fn shown_text(text: &str) -> String {
    masked_text(&escape_text(text))
}
