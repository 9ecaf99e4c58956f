//! HCL, as bake files use it: blocks become mappings from block type to labels to body.

use std::collections::HashMap;

use hcl_edit::Span as _;
use hcl_edit::structure::{Block, Body, Structure};
use plimsoll_model::Span;

use super::budget::{MAX_CONFIG_BYTES, too_large};
use super::hcl_expression::Converter;
use super::hcl_scan::scan;
use super::recovery::{parse_leaving_out_lines, without_mark};
use super::{Document, Entry, Form, Node};
use crate::SourceText;

pub use super::hcl_expression::hcl_template;

/// Parses HCL; never fails.
///
/// `target "x" { … }` becomes an entry `target` whose mapping has an entry `x`, as the same file has it in JSON;
/// an attribute is an entry of its body. A line that is no HCL is reported and passed over, and brackets left
/// open are closed at the end.
pub fn parse_hcl(text: &str) -> Document {
    if let Some(error) = too_large(text, MAX_CONFIG_BYTES) {
        let errors = vec![error];
        return Document {
            errors,
            ..Document::default()
        };
    }
    let scan = scan(text);
    let mut converter = Converter::new(text);
    if !scan.closers.is_empty() {
        let end = Span::new(text.len(), text.len());
        let message = "the text ends before all brackets are closed";
        converter.budget.error(end, message);
    }
    let source = without_mark(text);
    let body = parse_leaving_out_lines(&source, &mut converter.budget, |text| {
        // Heredocs and comments need the line end.
        hcl_edit::parser::parse_body(&format!("{text}\n{}\n", scan.closers)).map_err(|error| {
            let at = error.location().offset().min(text.len());
            (Span::new(at, at), error.message().to_owned())
        })
    });
    let whole = Span::new(0, text.len());
    let root = body.map(|body| Node::mapping(whole, converter.body(&body)));
    Document {
        roots: root.into_iter().collect(),
        comments: scan.comments,
        errors: converter.budget.errors,
    }
}

impl Converter<'_> {
    /// The entries of a body; labelled blocks of one type share an entry, at the place of the first.
    fn body(&mut self, body: &Body) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        // Where in `entries` the group of a block type stands, and its labels.
        let mut groups: Vec<(usize, Vec<Entry>)> = Vec::new();
        let mut group_of_type: HashMap<String, usize> = HashMap::new();
        for structure in body {
            let (entry, is_labelled) = match structure {
                Structure::Attribute(attribute) => (self.attribute(attribute), false),
                Structure::Block(block) => (self.block(block), !block.labels.is_empty()),
            };
            let Some(entry) = entry else {
                break;
            };
            if is_labelled {
                let next = groups.len();
                let group = *group_of_type.entry(entry.name().to_owned()).or_insert(next);
                if group == next {
                    groups.push((entries.len(), Vec::new()));
                    entries.push(entry.clone());
                }
                if let Some((_, labels)) = groups.get_mut(group) {
                    labels.extend(entry.value.entries().iter().cloned());
                }
            } else {
                entries.push(entry);
            }
        }
        for (at, labels) in groups {
            if let Some(entry) = entries.get_mut(at) {
                entry.value = covering(labels, entry.value.span);
            }
        }
        entries
    }

    fn attribute(&mut self, attribute: &hcl_edit::structure::Attribute) -> Option<Entry> {
        let range = attribute.key.span()?;
        let key = Span::new(range.start, range.end);
        self.budget.take(1, key).then_some(())?;
        let value = self.expression(&attribute.value, key)?;
        Some(Entry::new(Node::plain(self.text, key), value))
    }

    /// A block as an entry under its type: the labels from the outside in, then the body.
    fn block(&mut self, block: &Block) -> Option<Entry> {
        let range = block.ident.span()?;
        let ident = Span::new(range.start, range.end);
        self.budget.take(1, ident).then_some(())?;
        let extent = block.span().unwrap_or(range);
        // The parser counts the line end behind the block, and the one added to the text.
        let extent = Span::new(extent.start, extent.end.min(self.text.len()));
        let body = self.body(&block.body);
        let mut value = Node::mapping(trimmed(extent, self.text), body);
        for label in block.labels.iter().rev() {
            let span = label
                .span()
                .map_or(ident, |range| Span::new(range.start, range.end));
            let inner = match span.slice(self.text).starts_with('"') {
                true => Span::new(
                    span.start as usize + 1,
                    (span.end as usize).saturating_sub(1),
                ),
                false => span,
            };
            let mut text = SourceText::new();
            text.push_as(label.as_str(), inner);
            let key = Node::scalar(inner, text, Form::Quoted);
            value = covering(vec![Entry::new(key, value)], ident);
        }
        Some(Entry::new(Node::plain(self.text, ident), value))
    }
}

/// A mapping that covers its entries.
fn covering(entries: Vec<Entry>, otherwise: Span) -> Node {
    let covered = entries.iter().map(Entry::span);
    let span = covered.reduce(Span::cover).unwrap_or(otherwise);
    Node::mapping(span, entries)
}

/// The span without the blanks at its end.
fn trimmed(span: Span, text: &str) -> Span {
    let length = span.slice(text).trim_end().len();
    Span::new(span.start as usize, span.start as usize + length)
}
