//! YAML, with anchors, merge keys, tags, comments and several documents.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag,
};
use plimsoll_model::Span;

use super::alignment::{Style, align};
use super::budget::{Budget, MAX_BYTES, MAX_DEPTH, MAX_ERRORS, too_large};
use super::merge::merged;
use super::{Document, Entry, Form, Node, Scalar, Value};
use crate::SourceText;

/// Parses YAML; never fails.
///
/// An alias is the node its anchor names, shared and not copied; merge keys (`<<`) are resolved. What aliases
/// stand for counts against the bound on nodes, so a text of aliases of aliases gives an error and the rest
/// stands. Behind a syntax error what was read is kept, and reading goes on with the next document of the text.
pub fn parse_yaml(text: &str) -> Document {
    if let Some(error) = too_large(text, MAX_BYTES) {
        let errors = vec![error];
        return Document {
            errors,
            ..Document::default()
        };
    }
    let mut dashes = Vec::new();
    loop {
        let source = with_stand_ins(text, &dashes);
        let mut builder = Builder::new(text, &source, &dashes);
        let mut start = 0;
        while let Some(next) = builder.documents_from(start) {
            start = next;
        }
        if let Some(dash) = builder.refused_dash.filter(|_| dashes.len() < MAX_DASHES) {
            dashes.push(dash);
            continue;
        }
        return Document {
            roots: builder.roots,
            comments: builder.comments,
            errors: builder.budget.errors,
        };
    }
}

/// The text with a letter for each dash at `dashes`: the parser refuses a scalar that is nothing but a dash in a
/// flow collection, which other readers allow (`waitFor: [-]`).
fn with_stand_ins<'a>(text: &'a str, dashes: &[usize]) -> Cow<'a, str> {
    let mut source = Cow::Borrowed(text);
    for dash in dashes {
        source.to_mut().replace_range(*dash..dash + 1, "_");
    }
    source
}

/// How many such dashes are read; each means another reading of the text.
const MAX_DASHES: usize = 16;

/// How many bytes of a scalar weigh as much as a node where an alias repeats it.
const BYTES_PER_NODE: usize = 64;

/// A node with its costs: how many nodes it stands for and how deep they nest.
#[derive(Clone)]
struct Weighed {
    node: Node,
    weight: usize,
    height: usize,
}

/// A collection whose end was not reached yet.
struct Frame {
    content: Content,
    start: usize,
    /// The end of the last child, where a block collection ends.
    end: usize,
    anchor: usize,
    tag: Option<Arc<str>>,
    weight: usize,
    height: usize,
    flow: bool,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<Node>,
    },
}

struct Builder<'a> {
    /// The text as written.
    text: &'a str,
    /// What the parser is given, which is as long.
    source: &'a str,
    /// Where the two differ.
    dashes: &'a [usize],
    /// A dash the parser stopped at.
    refused_dash: Option<usize>,
    /// Where the text given to the parser starts.
    base: usize,
    roots: Vec<Node>,
    comments: Vec<Span>,
    budget: Budget,
    open: Vec<Frame>,
    anchors: HashMap<usize, Weighed>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, source: &'a str, dashes: &'a [usize]) -> Builder<'a> {
        Builder {
            text,
            source,
            dashes,
            refused_dash: None,
            base: 0,
            roots: Vec::new(),
            comments: Vec::new(),
            budget: Budget::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
        }
    }

    /// Reads the documents from byte `start` on; behind an error, the byte at which to go on.
    fn documents_from(&mut self, start: usize) -> Option<usize> {
        self.base = start;
        let text = self.source.get(start..)?;
        let mut reached = start;
        let mut failed = false;
        for step in Parser::new_from_str_with_options(text, options()) {
            match step {
                Ok((event, span)) => {
                    let span = self.span(&span);
                    reached = reached.max(span.end as usize);
                    self.event(event, span);
                }
                Err(error) => {
                    reached = reached.max(self.scan_error(&error));
                    failed = true;
                }
            }
            if failed || self.budget.is_exhausted() {
                break;
            }
        }
        self.close_all();
        let goes_on =
            failed && !self.budget.is_exhausted() && self.budget.errors.len() < MAX_ERRORS;
        goes_on.then(|| next_document(self.text, reached)).flatten()
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        Span::new(range.start, range.end).shifted(self.base)
    }

    /// Notes the parser's error; the byte it stands at.
    fn scan_error(&mut self, error: &ScanError) -> usize {
        let at = self.base + error.marker().byte_offset().unwrap_or(0);
        if *error.kind() == ErrorKind::PlainScalarStartsWithDashFlowIndicator
            && self.text.get(at..at + 1) == Some("-")
        {
            self.refused_dash = self.refused_dash.or(Some(at));
        }
        let end = self
            .text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(at, |next| at + next.len_utf8());
        self.budget.error(Span::new(at, end), error.info());
        at
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Comment(..) => self.comments.push(span),
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(&value, style, span, tag.as_deref());
                self.leaf(node, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let content = Content::Sequence(Vec::new());
                self.begin(content, style, anchor, tag.as_deref(), span);
            }
            Event::MappingStart(style, anchor, tag) => {
                let (entries, key) = (Vec::new(), None);
                let content = Content::Mapping { entries, key };
                self.begin(content, style, anchor, tag.as_deref(), span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                self.budget
                    .error(span, format!("no anchor named {name} before this alias"));
                self.leaf(null(span), 0);
            }
            _ => {}
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: Span, tag: Option<&Tag>) -> Node {
        let inner = match style {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => unquoted(span),
            _ => span,
        };
        let (form, style) = match style {
            // The parser writes the null that stands nowhere as `~`.
            ScalarStyle::Plain if span.is_empty() => return null(span),
            ScalarStyle::Plain => (Form::Plain, Style::Plain),
            ScalarStyle::SingleQuoted => (Form::Quoted, Style::SingleQuoted),
            ScalarStyle::DoubleQuoted => (Form::Quoted, Style::DoubleQuoted),
            ScalarStyle::Literal => (Form::Block, Style::Literal(column(self.text, span))),
            ScalarStyle::Folded => (Form::Block, Style::Folded(column(self.text, span))),
        };
        let value = match self.dashes.contains(&(span.start as usize)) {
            true => span.slice(self.text),
            false => value,
        };
        let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        let text = Arc::new(align(value, self.text, inner, style));
        let form = if is_string { Form::Quoted } else { form };
        Node {
            span: inner,
            value: Value::Scalar(Scalar { text, form }),
            tag: tag.map(tag_name),
        }
    }

    fn leaf(&mut self, node: Node, anchor: usize) {
        if !self.budget.take(1, node.span) {
            return;
        }
        // An alias of a long text costs its readers more than one of a word.
        let length = node.as_scalar().map_or(0, |text| text.text.as_str().len());
        let (weight, height) = (1 + length / BYTES_PER_NODE, 0);
        let weighed = Weighed {
            node,
            weight,
            height,
        };
        self.complete(weighed, anchor);
    }

    fn begin(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) {
        self.budget.take(1, span);
        self.open.push(Frame {
            content,
            start: span.start as usize,
            end: span.end as usize,
            anchor,
            tag: tag.map(tag_name),
            weight: 1,
            height: 0,
            flow: style == StructureStyle::Flow,
        });
    }

    fn end(&mut self, span: Span) {
        if let Some(mut frame) = self.open.pop() {
            if frame.flow {
                frame.end = span.end as usize;
            }
            self.close(frame);
        }
    }

    fn close(&mut self, frame: Frame) {
        let span = Span::new(frame.start, frame.end);
        let mut node = match frame.content {
            Content::Sequence(items) => Node::sequence(span, items),
            Content::Mapping { mut entries, key } => {
                if let Some(key) = key {
                    let nothing = null(Span::new(key.span.end as usize, key.span.end as usize));
                    entries.push(Entry::new(key, nothing));
                }
                Node::mapping(span, merged(entries, &mut self.budget))
            }
        };
        node.tag = frame.tag;
        let weighed = Weighed {
            node,
            weight: frame.weight,
            height: frame.height,
        };
        self.complete(weighed, frame.anchor);
    }

    /// Closes what an error or the end of the text left open.
    fn close_all(&mut self) {
        while let Some(frame) = self.open.pop() {
            self.close(frame);
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let Some(target) = self.anchors.get(&anchor).cloned() else {
            self.budget
                .error(span, "this alias stands within the node its anchor names");
            return self.leaf(null(span), 0);
        };
        if self.open.len() + target.height >= MAX_DEPTH {
            let message = format!("aliases nest deeper than {MAX_DEPTH} levels");
            self.budget.error(span, message);
            return self.leaf(null(span), 0);
        }
        if self.budget.take(target.weight, span) {
            self.complete(target, 0);
        }
    }

    /// Puts a finished node into the collection it stands in, or makes it a root.
    fn complete(&mut self, weighed: Weighed, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, weighed.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            return self.roots.push(weighed.node);
        };
        parent.weight += weighed.weight;
        parent.height = parent.height.max(weighed.height + 1);
        // An alias leads back to where its anchor stands.
        if weighed.node.span.start as usize >= parent.start {
            parent.end = parent.end.max(weighed.node.span.end as usize);
        }
        match &mut parent.content {
            Content::Sequence(items) => items.push(weighed.node),
            Content::Mapping { entries, key } => match key.take() {
                None => *key = Some(weighed.node),
                Some(key) => entries.push(Entry::new(key, weighed.node)),
            },
        }
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    // Comments are bounded by the text; a long licence at the top is no reason to give up.
    options.max_buffered_comment_events = MAX_BYTES;
    options
}

/// A null that was not written.
fn null(span: Span) -> Node {
    let at = SourceText::verbatim("", span.start as usize);
    Node::scalar(span, at, Form::Plain)
}

fn tag_name(tag: &Tag) -> Arc<str> {
    tag.original().into()
}

/// The span without its first and last byte.
fn unquoted(span: Span) -> Span {
    Span::new(
        span.start as usize + 1,
        (span.end as usize).saturating_sub(1),
    )
}

/// How many bytes stand before the span on its line: the indentation of a block scalar, since its span starts
/// behind it.
fn column(text: &str, span: Span) -> usize {
    let before = text.get(..span.start as usize).unwrap_or("");
    before.len() - before.rfind(['\n', '\r']).map_or(0, |at| at + 1)
}

/// The next line at or behind `from` that starts a document.
fn next_document(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let at = rest.match_indices("\n---").find(|(at, _)| {
        let after = rest.get(at + 4..).unwrap_or("");
        after.is_empty() || after.starts_with([' ', '\t', '\r', '\n'])
    });
    at.map(|(at, _)| from + at + 1)
}
