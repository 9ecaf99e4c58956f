//! stub
use super::Document;
/// Parses.
pub fn parse_hcl(_text: &str) -> Document {
    Document::default()
}
/// Parts.
pub fn hcl_template(_text: &crate::SourceText) -> Vec<super::TemplatePart> {
    Vec::new()
}
