//! What every fuzz target checks of a parser's result.

use plimsoll_model::Span;
use plimsoll_parse::SyntaxError;
use plimsoll_parse::data::{Document, Node, Value};

/// Nodes looked at: aliases share nodes, so that walking them all could take for ever.
const MOST_NODES: usize = 100_000;

/// A span lies within the text, on character boundaries.
pub fn assert_span(text: &str, span: Span) {
    let range = span.start as usize..span.end as usize;
    assert!(
        text.get(range).is_some(),
        "{span:?} of {} bytes",
        text.len()
    );
}

/// Every error has its place and says something.
pub fn assert_errors(text: &str, errors: &[SyntaxError]) {
    for error in errors {
        assert_span(text, error.span);
        assert!(!error.message.is_empty());
    }
}

/// Every node, comment and error of a data file has its place.
pub fn assert_document(text: &str, document: &Document) {
    for comment in &document.comments {
        assert_span(text, *comment);
    }
    assert_errors(text, &document.errors);
    let mut left = MOST_NODES;
    let mut pending: Vec<&Node> = document.roots.iter().collect();
    while let Some(node) = pending.pop() {
        assert_span(text, node.span);
        match &node.value {
            Value::Sequence(items) => pending.extend(items.iter()),
            Value::Mapping(entries) => {
                pending.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
            }
            _ => {}
        }
        left -= 1;
        if left == 0 {
            return;
        }
    }
}
