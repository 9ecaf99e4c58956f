//! Bytes to trees with byte spans; never fails.
//!
//! Every parser returns its tree together with the [`SyntaxError`]s met on the way. Work is bounded by counts
//! (bytes, nodes, depth), so the same bytes always give the same tree.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod data;
pub mod dockerfile;
mod image_reference;
pub mod shell;
mod source_text;
mod syntax_error;
pub mod word;

pub use image_reference::ImageReference;
pub use source_text::SourceText;
pub use syntax_error::SyntaxError;
