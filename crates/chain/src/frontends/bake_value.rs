//! What the expressions of a bake file come to, as far as the file fixes it.

use std::cell::Cell;
use std::collections::BTreeMap;

use plimsoll_parse::SourceText;
use plimsoll_parse::data::{self, Expression, ExpressionKind, Node, TemplatePart, Value};

use super::argument::Argument;
use crate::invocation::{FieldPiece, Resolved};

/// How far variables are followed through the defaults of others.
const MAX_DEPTH: usize = 8;

/// How many expressions are evaluated in one scope; defaults that repeat others grow without it.
const MAX_STEPS: usize = 10_000;

/// The variables of a file, and those of one combination of a matrix.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    /// The blocks `variable`, by name.
    variables: &'a BTreeMap<&'a str, &'a Node>,
    /// What the matrix sets.
    matrix: Vec<(&'a str, &'a Node)>,
    /// Whether every string is a template, as in JSON.
    is_json: bool,
    steps: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// The scope of one combination of a matrix.
    pub(super) fn new(
        variables: &'a BTreeMap<&'a str, &'a Node>,
        matrix: Vec<(&'a str, &'a Node)>,
        is_json: bool,
    ) -> Scope<'a> {
        Scope {
            variables,
            matrix,
            is_json,
            steps: Cell::new(0),
        }
    }

    /// A scalar or an expression in pieces; `None` for null and collections.
    pub(super) fn argument(&self, node: &Node) -> Option<Argument> {
        self.evaluate(node, 0)
    }

    fn evaluate(&self, node: &Node, depth: usize) -> Option<Argument> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        (steps <= MAX_STEPS).then_some(())?;
        match &node.value {
            Value::Scalar(_) => {
                let text = node.source_text()?;
                Some(self.string(text, node, depth))
            }
            Value::Expression(expression) => {
                let argument = self.expression(expression, node, depth);
                Some(argument.written_as(expression.text.as_str(), node.span))
            }
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    fn string(&self, text: &SourceText, node: &Node, depth: usize) -> Argument {
        let whole = 0..text.as_str().len();
        if !self.is_json || !text.as_str().contains(['$', '%']) {
            return Argument::slice(text, whole);
        }
        let parts = data::hcl_template(text);
        let argument = self.template(&parts, node, depth);
        argument.written_as(text.as_str(), node.span)
    }

    fn expression(&self, expression: &Expression, node: &Node, depth: usize) -> Argument {
        let known = match &expression.kind {
            ExpressionKind::Template(parts) => return self.template(parts, node, depth),
            ExpressionKind::Variable(name) => self.variable(name, node, depth),
            ExpressionKind::Attribute(names) => self.attribute(names, depth),
            _ => None,
        };
        known.unwrap_or_else(|| {
            let written = expression.text.as_str();
            let mut argument = Argument::new(node.span);
            let piece = FieldPiece::Expression(written.to_owned());
            argument.push(piece, written, node.span);
            argument
        })
    }

    fn template(&self, parts: &[TemplatePart], node: &Node, depth: usize) -> Argument {
        let mut argument = Argument::new(node.span);
        for part in parts {
            match part {
                TemplatePart::Literal(text) => {
                    argument.push_literal(text.as_str(), node.span);
                }
                TemplatePart::Interpolation(inner) => {
                    argument.append(self.evaluate(inner, depth + 1).unwrap_or_else(|| {
                        let mut unknown = Argument::new(node.span);
                        let piece = FieldPiece::Expression("${…}".to_owned());
                        unknown.push(piece, "", node.span);
                        unknown
                    }));
                }
                TemplatePart::Directive(span) => {
                    let piece = FieldPiece::Expression("%{…}".to_owned());
                    argument.push(piece, "", *span);
                }
            }
        }
        argument
    }

    /// A variable of the matrix, or one of the file, which the environment may set.
    fn variable(&self, name: &str, node: &Node, depth: usize) -> Option<Argument> {
        if let Some(bound) = self.bound(name) {
            return self
                .evaluate(bound, depth + 1)
                .filter(|_| depth < MAX_DEPTH);
        }
        let declared = self.variables.get(name)?;
        let piece = FieldPiece::Variable {
            name: name.to_owned(),
            default: self.default(declared, depth),
        };
        let mut argument = Argument::new(node.span);
        argument.push(piece, name, node.span);
        Some(argument)
    }

    /// What a variable is where nobody sets it: its default, or empty.
    fn default(&self, declared: &Node, depth: usize) -> Option<String> {
        let Some(default) = declared.get("default").filter(|default| !default.is_null()) else {
            return Some(String::new());
        };
        if depth >= MAX_DEPTH {
            return None;
        }
        match self.evaluate(default, depth + 1)?.value().resolve() {
            Resolved::Constant(text) | Resolved::Defaults(text, _) => Some(text),
            Resolved::Unknown(_) => None,
        }
    }

    /// `item.name`, where the matrix sets `item` to an object.
    fn attribute(&self, names: &[String], depth: usize) -> Option<Argument> {
        let (first, rest) = names.split_first()?;
        let keys: Vec<&str> = rest.iter().map(String::as_str).collect();
        let value = self.bound(first)?.path(&keys)?;
        self.evaluate(value, depth + 1)
            .filter(|_| depth < MAX_DEPTH)
    }

    fn bound(&self, name: &str) -> Option<&'a Node> {
        let found = self.matrix.iter().find(|(bound, _)| *bound == name);
        found.map(|(_, node)| *node)
    }
}
