//! Findings and verdict to text, JSON, SARIF and GitHub annotations.
//!
//! Everything here is a function from a report to a string. What came from outside (names, messages, source lines) is
//! made harmless for the format it goes into; secrets were masked before they got here.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod elsewhere;
mod excerpt;
mod explain;
mod github;
mod json;
mod layout;
mod sarif;
mod sarif_format;
mod sarif_message;
mod sarif_rules;
mod secrets_table;
mod source_error;
mod summary;
mod text;
mod uri;
mod words;

#[cfg(test)]
mod sample;

pub use explain::{Topic, explain, explain_topic, rule_list};
pub use github::github;
pub use json::{inert_json, json, json_schema};
pub use layout::Style;
pub use sarif::sarif;
pub use source_error::source_error;
pub use summary::{errors, skipped, summary};
pub use text::{text, text_revealing};
