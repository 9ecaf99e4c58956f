//! HCL expressions and templates as nodes.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression as Hcl, FuncCall, ObjectKey, Traversal};
use hcl_edit::expr::{Object, TraversalOperator};
use hcl_edit::template::{Element, HeredocTemplate, Template};
use plimsoll_model::Span;

use super::alignment::{Style, align};
use super::budget::Budget;
use super::tree::Scalar;
use super::{Entry, Expression, ExpressionKind, Form, Node, TemplatePart, Value};
use crate::SourceText;

/// The parts of `text` read as a template, as bake reads the strings of a bake file in JSON. Text that is no
/// template is one literal.
pub fn hcl_template(text: &SourceText) -> Vec<TemplatePart> {
    let Ok(template) = hcl_edit::parser::parse_template(text.as_str()) else {
        return vec![TemplatePart::Literal(text.clone())];
    };
    let mut converter = Converter::new(text.as_str());
    let whole = Span::new(0, text.as_str().len());
    let parts = converter.parts(&template, Style::HclTemplate, whole);
    parts
        .into_iter()
        .map(|part| moved_part(part, text))
        .collect()
}

/// Turns the parser's expressions into nodes.
pub(super) struct Converter<'a> {
    pub(super) text: &'a str,
    pub(super) budget: Budget,
}

impl<'a> Converter<'a> {
    pub(super) fn new(text: &'a str) -> Converter<'a> {
        let budget = Budget::default();
        Converter { text, budget }
    }

    /// The bytes as far as they are the file's: brackets it leaves open were closed behind its end before parsing.
    fn within(&self, range: Range<usize>) -> Span {
        let end = self.text.len();
        Span::new(range.start.min(end), range.end.min(end))
    }

    /// An expression as a node, `None` where the bound on nodes is reached. `around` stands in for an extent the
    /// parser does not give.
    pub(super) fn expression(&mut self, expression: &Hcl, around: Span) -> Option<Node> {
        let span = expression.span().map_or(around, |range| self.within(range));
        self.budget.take(1, span).then_some(())?;
        Some(match expression {
            Hcl::Null(_) | Hcl::Bool(_) | Hcl::Number(_) => Node::plain(self.text, span),
            Hcl::String(string) => self.string(string, span),
            Hcl::Array(array) => {
                let items = array.iter().map_while(|item| self.expression(item, span));
                Node::sequence(span, items.collect())
            }
            Hcl::Object(object) => self.object(object, span),
            Hcl::Parenthesis(inner) => return self.expression(inner.inner(), span),
            Hcl::HeredocTemplate(heredoc) => self.heredoc(heredoc, span),
            _ => self.computed(expression, span),
        })
    }

    fn string(&self, value: &str, span: Span) -> Node {
        let inner = Span::new(
            span.start as usize + 1,
            (span.end as usize).saturating_sub(1),
        );
        let text = align(value, self.text, inner, Style::HclQuoted);
        Node::scalar(inner, text, Form::Quoted)
    }

    fn object(&mut self, object: &Object, span: Span) -> Node {
        let entries = object.iter().map_while(|(key, value)| {
            let key = match key {
                ObjectKey::Ident(ident) => {
                    let range = ident.span()?;
                    Node::plain(self.text, Span::new(range.start, range.end))
                }
                ObjectKey::Expression(key) => self.expression(key, span)?,
            };
            let value = self.expression(value.expr(), key.span)?;
            Some(Entry::new(key, value))
        });
        let entries = entries.collect();
        Node::mapping(span, entries)
    }

    /// A heredoc: a block scalar where nothing is interpolated.
    fn heredoc(&mut self, heredoc: &HeredocTemplate, span: Span) -> Node {
        let mut heredoc = heredoc.clone();
        let style = match heredoc.indent() {
            Some(indent) => Style::Literal(indent),
            None => Style::HclTemplate,
        };
        heredoc.dedent();
        let mut parts = self.parts(&heredoc.template, style, span);
        if let [TemplatePart::Literal(text)] = parts.as_mut_slice() {
            let whole = text.source_span(Span::new(0, text.as_str().len()));
            return Node::scalar(whole, std::mem::take(text), Form::Block);
        }
        self.node(ExpressionKind::Template(parts), span)
    }

    fn computed(&mut self, expression: &Hcl, span: Span) -> Node {
        let kind = match expression {
            Hcl::Variable(name) => ExpressionKind::Variable(name.as_str().to_owned()),
            Hcl::StringTemplate(template) => {
                let inner = Span::new(
                    span.start as usize + 1,
                    (span.end as usize).saturating_sub(1),
                );
                let parts = self.parts(template, Style::HclQuoted, inner);
                return self.node(ExpressionKind::Template(parts), inner);
            }
            Hcl::Traversal(traversal) => attribute_path(traversal),
            Hcl::FuncCall(call) => self.call(call, span),
            Hcl::Conditional(conditional) => self
                .conditional(conditional, span)
                .unwrap_or(ExpressionKind::Other),
            _ => ExpressionKind::Other,
        };
        self.node(kind, span)
    }

    fn node(&self, kind: ExpressionKind, span: Span) -> Node {
        let text = SourceText::verbatim(span.slice(self.text), span.start as usize);
        Node::new(span, Value::Expression(Arc::new(Expression { text, kind })))
    }

    fn conditional(
        &mut self,
        conditional: &hcl_edit::expr::Conditional,
        span: Span,
    ) -> Option<ExpressionKind> {
        let condition = self.expression(&conditional.cond_expr, span)?;
        let then = self.expression(&conditional.true_expr, span)?;
        let otherwise = self.expression(&conditional.false_expr, span)?;
        Some(ExpressionKind::Conditional([condition, then, otherwise]))
    }

    fn call(&mut self, call: &FuncCall, span: Span) -> ExpressionKind {
        let names = call.name.namespace.iter().map(|name| name.as_str());
        let name: Vec<&str> = names.chain([call.name.name.as_str()]).collect();
        let arguments = call
            .args
            .iter()
            .map_while(|argument| self.expression(argument, span));
        ExpressionKind::Call {
            name: name.join("::"),
            arguments: arguments.collect(),
        }
    }

    fn parts(&mut self, template: &Template, style: Style, around: Span) -> Vec<TemplatePart> {
        let parts = template
            .iter()
            .map_while(|element| self.part(element, style, around));
        parts.collect()
    }

    fn part(&mut self, element: &Element, style: Style, around: Span) -> Option<TemplatePart> {
        let span = element.span().map_or(around, |range| self.within(range));
        Some(match element {
            Element::Literal(literal) => TemplatePart::Literal(self.literal(literal, style, span)),
            Element::Interpolation(interpolation) => {
                TemplatePart::Interpolation(self.expression(&interpolation.expr, span)?)
            }
            Element::Directive(_) => TemplatePart::Directive(span),
        })
    }

    fn literal(&self, value: &str, style: Style, span: Span) -> SourceText {
        let mut start = span.start as usize;
        if let Style::Literal(indent) = style
            && self
                .text
                .get(..start)
                .is_some_and(|before| before.ends_with('\n'))
        {
            let raw = span.slice(self.text);
            let blanks = raw.len() - raw.trim_start_matches([' ', '\t']).len();
            start += blanks.min(indent);
        }
        align(value, self.text, Span::new(start, span.end as usize), style)
    }
}

/// `a.b.c` as names; any other traversal is not followed.
fn attribute_path(traversal: &Traversal) -> ExpressionKind {
    let Hcl::Variable(first) = &traversal.expr else {
        return ExpressionKind::Other;
    };
    let mut names = vec![first.as_str().to_owned()];
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => names.push(name.as_str().to_owned()),
            _ => return ExpressionKind::Other,
        }
    }
    ExpressionKind::Attribute(names)
}

/// The part of a template parsed from `origin`'s text, with its spans in `origin`'s source.
fn moved_part(part: TemplatePart, origin: &SourceText) -> TemplatePart {
    match part {
        TemplatePart::Literal(text) => TemplatePart::Literal(moved_text(&text, origin)),
        TemplatePart::Interpolation(node) => TemplatePart::Interpolation(moved(&node, origin)),
        TemplatePart::Directive(span) => TemplatePart::Directive(origin.source_span(span)),
    }
}

fn moved_text(text: &SourceText, origin: &SourceText) -> SourceText {
    let mut moved = SourceText::new();
    let mut at = 0;
    for character in text.as_str().chars() {
        let length = character.len_utf8();
        let local = text.source_span(Span::new(at, at + length));
        moved.push_as(
            character.encode_utf8(&mut [0; 4]),
            origin.source_span(local),
        );
        at += length;
    }
    moved
}

fn moved(node: &Node, origin: &SourceText) -> Node {
    let again = |node: &Node| moved(node, origin);
    let value = match &node.value {
        Value::Scalar(scalar) => Value::Scalar(Scalar {
            text: Arc::new(moved_text(&scalar.text, origin)),
            form: scalar.form,
        }),
        Value::Sequence(items) => Value::Sequence(items.iter().map(again).collect()),
        Value::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|entry| Entry::new(again(&entry.key), again(&entry.value)));
            Value::Mapping(entries.collect())
        }
        Value::Expression(expression) => Value::Expression(Arc::new(Expression {
            text: moved_text(&expression.text, origin),
            kind: moved_kind(&expression.kind, origin),
        })),
    };
    Node {
        span: origin.source_span(node.span),
        value,
        tag: node.tag.clone(),
    }
}

fn moved_kind(kind: &ExpressionKind, origin: &SourceText) -> ExpressionKind {
    let again = |node: &Node| moved(node, origin);
    match kind {
        ExpressionKind::Template(parts) => {
            let parts = parts.iter().cloned().map(|part| moved_part(part, origin));
            ExpressionKind::Template(parts.collect())
        }
        ExpressionKind::Conditional(nodes) => {
            ExpressionKind::Conditional(nodes.each_ref().map(again))
        }
        ExpressionKind::Call { name, arguments } => ExpressionKind::Call {
            name: name.clone(),
            arguments: arguments.iter().map(again).collect(),
        },
        other => other.clone(),
    }
}
