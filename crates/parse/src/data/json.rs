//! stub
use super::Document;
/// Parses.
pub fn parse_json(_text: &str) -> Document {
    Document::default()
}
