//! The tree itself, and how to walk it.

use std::sync::Arc;

use plimsoll_model::Span;

use crate::{SourceText, SyntaxError};

/// A parsed text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The roots: one for JSON, TOML and HCL, one per document for YAML.
    pub roots: Vec<Node>,
    /// The comments with their introducing character, in the order of the text. TOML and HCL give none.
    pub comments: Vec<Span>,
    /// What was passed over.
    pub errors: Vec<SyntaxError>,
}

impl Document {
    /// The first root, the only one of most files.
    pub fn root(&self) -> Option<&Node> {
        self.roots.first()
    }

    /// The node under `keys` of the first root.
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        self.root()?.path(keys)
    }
}

/// A value and where it is written. Cloning is cheap: the content is shared.
///
/// An alias in YAML is the node its anchor names, so that spans lead to the text that holds the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the value: without the quotes of a string, without the header of a block scalar. Where a
    /// collection's extent is not known (a TOML table written in parts) it covers what was found.
    pub span: Span,
    /// What stands there.
    pub value: Value,
    /// The YAML tag as written, such as `!reference`; none for plain YAML types.
    pub tag: Option<Arc<str>>,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string, number, boolean, date or null.
    Scalar(Scalar),
    /// A sequence, array or tuple.
    Sequence(Arc<[Node]>),
    /// A mapping, object, table or HCL body.
    Mapping(Arc<[Entry]>),
    /// An HCL expression that is not a literal.
    Expression(Arc<Expression>),
}

/// How a scalar is written, which decides whether its text may mean something else than a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Without quotes: null, booleans, numbers and dates of every format, and YAML's plain strings. What the
    /// text means is decided on demand, because readers differ (`on`, `yes`, `0o7`).
    Plain,
    /// In quotes: a string whatever it holds.
    Quoted,
    /// A YAML block scalar or an HCL heredoc.
    Block,
}

/// The text of a scalar, with its way back to the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text as a reader means it: unescaped, unfolded, its indentation stripped.
    pub text: Arc<SourceText>,
    /// How it is written.
    pub form: Form,
}

/// A key with its value. Keys keep their order, and duplicates are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; a scalar in all but exotic YAML.
    pub key: Node,
    /// The value.
    pub value: Node,
    /// Whether a YAML merge key (`<<`) brought the entry here.
    pub merged: bool,
}

/// An HCL expression that is not a literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The expression as written.
    pub text: SourceText,
    /// What is known of its structure.
    pub kind: ExpressionKind,
}

/// The structure of an [`Expression`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A variable: `TAG`.
    Variable(String),
    /// Attributes of a variable: `target.name`, as the names between the dots.
    Attribute(Vec<String>),
    /// A string with interpolations: `"${TAG}-alpine"`.
    Template(Vec<TemplatePart>),
    /// `condition ? then : otherwise`, as condition, then, otherwise.
    Conditional([Node; 3]),
    /// A call: `concat(a, b)`.
    Call {
        /// The function, with its namespace.
        name: String,
        /// The arguments in order.
        arguments: Vec<Node>,
    },
    /// Anything else: operators, comprehensions, splats.
    Other,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// Text that stands for itself.
    Literal(SourceText),
    /// `${…}`; the node is what stands between the braces.
    Interpolation(Node),
    /// `%{…}`, with all it encloses.
    Directive(Span),
}

impl Node {
    /// A scalar.
    pub(crate) fn scalar(span: Span, text: SourceText, form: Form) -> Node {
        let text = Arc::new(text);
        Node::new(span, Value::Scalar(Scalar { text, form }))
    }

    /// A scalar without quotes that stands in `source` at `span` as it is.
    pub(crate) fn plain(source: &str, span: Span) -> Node {
        let text = SourceText::verbatim(span.slice(source), span.start as usize);
        Node::scalar(span, text, Form::Plain)
    }

    /// A sequence.
    pub(crate) fn sequence(span: Span, items: Vec<Node>) -> Node {
        Node::new(span, Value::Sequence(items.into()))
    }

    /// A mapping.
    pub(crate) fn mapping(span: Span, entries: Vec<Entry>) -> Node {
        Node::new(span, Value::Mapping(entries.into()))
    }

    /// A node without a tag.
    pub(crate) fn new(span: Span, value: Value) -> Node {
        let tag = None;
        Node { span, value, tag }
    }

    /// The last value under `key`, `None` for anything but a mapping. Readers of JSON let the last of several
    /// win; the YAML readers we know refuse the file, and [`crate::data::parse_yaml`] reports it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The last entry under `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()
            .iter()
            .rev()
            .find(|entry| entry.name() == key)
    }

    /// The node below this one under `keys`, each the key of a mapping.
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a mapping, empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence, empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// This node where a single value may stand for a sequence of one, else the items.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ if self.is_null() => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The scalar.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of any scalar but null: a port or a version written without quotes is text to most readers.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar()
            .filter(|scalar| !scalar.is_null())
            .map(|scalar| scalar.text.as_str())
    }

    /// The text of any scalar but null, with its way back to the bytes.
    pub fn source_text(&self) -> Option<&SourceText> {
        self.as_scalar()
            .filter(|scalar| !scalar.is_null())
            .map(|scalar| &*scalar.text)
    }

    /// The boolean, where the scalar is `true` or `false` without quotes.
    pub fn as_bool(&self) -> Option<bool> {
        self.as_scalar()?.as_bool()
    }

    /// The expression.
    pub fn as_expression(&self) -> Option<&Expression> {
        match &self.value {
            Value::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// Whether this is null, or nothing was written.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// Whether this is a mapping.
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// Whether this is a sequence.
    pub fn is_sequence(&self) -> bool {
        matches!(self.value, Value::Sequence(_))
    }

    /// The bytes that `within` of the scalar's text came from; this node's span for anything but a scalar.
    pub fn span_of(&self, within: Span) -> Span {
        match self.as_scalar() {
            Some(scalar) => scalar.text.source_span(within),
            None => self.span,
        }
    }
}

impl Scalar {
    /// Whether the scalar is null in YAML's core schema: `null`, `~` or nothing, without quotes.
    pub fn is_null(&self) -> bool {
        self.form == Form::Plain
            && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The boolean in YAML's core schema.
    pub fn as_bool(&self) -> Option<bool> {
        match (self.form, self.text.as_str()) {
            (Form::Plain, "true" | "True" | "TRUE") => Some(true),
            (Form::Plain, "false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }
}

impl Entry {
    /// An entry that was written where it stands.
    pub(crate) fn new(key: Node, value: Node) -> Entry {
        let merged = false;
        Entry { key, value, merged }
    }

    /// The key's text, `""` where it is not a scalar.
    pub fn name(&self) -> &str {
        self.key
            .as_scalar()
            .map_or("", |scalar| scalar.text.as_str())
    }

    /// The bytes from the key to the end of the value.
    pub fn span(&self) -> Span {
        self.key.span.cover(self.value.span)
    }
}
