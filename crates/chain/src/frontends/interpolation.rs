//! The variables that each format lets stand in its strings.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_model::Span;
use plimsoll_parse::SourceText;
use plimsoll_parse::data::Node;

use super::argument::Argument;
use super::env_file::SetVariable;
use crate::invocation::{FieldPiece, FieldValue, Resolved};

/// How deep defaults may hold variables with defaults.
const MAX_DEPTH: usize = 8;

/// How many variables one section of a file may set.
pub(super) const MAX_VARIABLES: usize = 256;

/// How many bytes a variable with its braces may take; what is longer is text.
const MAX_LENGTH: usize = 4096;

/// How a format writes variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Not at all.
    None,
    /// Compose's `$X`, `${X}`, `${X:-default}`; `$$` is a dollar sign.
    Compose,
    /// GitHub's `${{ … }}`.
    Github,
    /// `${localEnv:X:default}` and the like.
    Devcontainer,
    /// Cloud Build's `$_X` and `${_X}`; `$$` is a dollar sign.
    Cloudbuild,
    /// Go templates: `{{ .X }}`.
    GoTemplate,
}

/// Reads strings with their variables.
#[derive(Clone, Debug)]
pub(super) struct Interpolation {
    /// How variables are written.
    pub(super) dialect: Dialect,
    /// What the file itself sets variables to.
    pub(super) defaults: BTreeMap<String, String>,
    /// What a file of the project sets variables to.
    pub(super) environment: Rc<BTreeMap<String, SetVariable>>,
}

impl Interpolation {
    /// Variables of a dialect, none of them set by the file.
    pub(super) fn new(dialect: Dialect) -> Interpolation {
        Interpolation {
            dialect,
            defaults: BTreeMap::new(),
            environment: Rc::default(),
        }
    }

    /// A scalar in pieces; `None` for null and collections.
    pub(super) fn argument(&self, node: &Node) -> Option<Argument> {
        let text = node.source_text()?;
        Some(self.argument_in(text, 0..text.as_str().len()))
    }

    /// A scalar as a field's value; `None` for null and collections.
    pub(super) fn value(&self, node: &Node) -> Option<FieldValue> {
        Some(self.argument(node)?.value())
    }

    /// A part of a text in pieces.
    pub(super) fn argument_in(&self, text: &SourceText, range: std::ops::Range<usize>) -> Argument {
        let span = |start, end| text.source_span(Span::new(start, end));
        let mut argument = Argument::new(span(range.start, range.end));
        let (mut at, mut literal) = (range.start, range.start);
        let end = range.end;
        while let Some(rest) = text.as_str().get(at..end).filter(|rest| !rest.is_empty()) {
            let Some((length, piece)) = self.piece(rest, 0) else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            argument.append(Argument::slice(text, literal..at));
            let written = rest.get(..length).unwrap_or("");
            argument.push(piece, written, span(at, at + length));
            at += length;
            literal = at;
        }
        argument.append(Argument::slice(text, literal..end));
        argument
    }

    /// The lines of a scalar that are not blank, trimmed, as lists in GitHub's inputs are written.
    pub(super) fn lines(&self, node: &Node) -> Vec<Argument> {
        let Some(text) = node.source_text() else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        let mut at = 0;
        for line in text.as_str().split_inclusive('\n') {
            let start = at + (line.len() - line.trim_start().len());
            let trimmed = line.trim();
            if !trimmed.is_empty() {
                lines.push(self.argument_in(text, start..start + trimmed.len()));
            }
            at += line.len();
        }
        lines
    }

    /// The variable that `rest` starts with, and its length.
    fn piece(&self, rest: &str, depth: usize) -> Option<(usize, FieldPiece)> {
        match self.dialect {
            Dialect::None => None,
            Dialect::Compose | Dialect::Cloudbuild => self.dollar(rest, depth),
            Dialect::Github => self.github(rest),
            Dialect::Devcontainer => devcontainer(rest),
            Dialect::GoTemplate => {
                let length = 2 + find(rest.strip_prefix("{{")?, "}}")? + 2;
                let written = rest.get(..length)?.to_owned();
                Some((length, FieldPiece::Expression(written)))
            }
        }
    }

    pub(super) fn variable(&self, name: &str, default: Option<String>) -> FieldPiece {
        // An empty value gives way to a default, as `${X:-default}` has it.
        let set = self.environment.get(name);
        if let Some(set) = set.filter(|set| default.is_none() || !set.value.is_empty()) {
            return FieldPiece::Set {
                name: name.to_owned(),
                value: set.value.clone(),
                at: set.at.clone(),
            };
        }
        FieldPiece::Variable {
            name: name.to_owned(),
            default: self.defaults.get(name).cloned().or(default),
        }
    }

    fn dollar(&self, rest: &str, depth: usize) -> Option<(usize, FieldPiece)> {
        let after = rest.strip_prefix('$')?;
        if after.starts_with('$') {
            return Some((2, FieldPiece::Literal("$".to_owned())));
        }
        if !after.starts_with('{') {
            let name = name_at(after)?;
            return Some((1 + name.len(), self.variable(name, None)));
        }
        let length = braces(after)?;
        let written = rest.get(..1 + length)?;
        let inner = after.get(1..length - 1)?;
        let piece = self
            .braced(inner, depth)
            .unwrap_or_else(|| FieldPiece::Expression(written.to_owned()));
        Some((1 + length, piece))
    }

    /// What stands between the braces; `None` where it is not the plain value or its default.
    fn braced(&self, inner: &str, depth: usize) -> Option<FieldPiece> {
        let name = name_at(inner)?;
        let operator = inner.get(name.len()..)?;
        if operator.is_empty() {
            return Some(self.variable(name, None));
        }
        let operator = operator.strip_prefix(':').unwrap_or(operator);
        if operator.starts_with('?') {
            return Some(self.variable(name, None));
        }
        let default = self.text_of(operator.strip_prefix('-')?, depth + 1);
        Some(self.variable(name, default))
    }

    /// What a default comes to, where the file fixes it.
    fn text_of(&self, written: &str, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut value = FieldValue::constant("", Span::default());
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            let (length, piece) = self.piece(rest, depth).unwrap_or_else(|| {
                let literal = FieldPiece::Literal(first.to_string());
                (first.len_utf8(), literal)
            });
            value.pieces.push(piece);
            rest = rest.get(length..)?;
        }
        match value.resolve() {
            Resolved::Constant(text) | Resolved::Defaults(text, _) => Some(text),
            Resolved::Unknown(_) => None,
        }
    }

    fn github(&self, rest: &str) -> Option<(usize, FieldPiece)> {
        let length = 3 + find(rest.strip_prefix("${{")?, "}}")? + 2;
        let written = rest.get(..length)?;
        let inner = rest.get(3..length - 2)?.trim();
        let piece = match inner.strip_prefix("env.") {
            Some(name) if name_at(name) == Some(name) => self.variable(name, None),
            _ => FieldPiece::Expression(written.to_owned()),
        };
        Some((length, piece))
    }
}

/// `${localEnv:X}`, `${localEnv:X:default}`; anything else in braces is computed by the tool.
fn devcontainer(rest: &str) -> Option<(usize, FieldPiece)> {
    let length = 2 + find(rest.strip_prefix("${")?, "}")? + 1;
    let written = rest.get(..length)?;
    let inner = rest.get(2..length - 1)?;
    let variable = inner
        .strip_prefix("localEnv:")
        .or_else(|| inner.strip_prefix("env:"));
    let piece = match variable {
        Some(variable) => {
            let (name, default) = match variable.split_once(':') {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (variable, None),
            };
            FieldPiece::Variable {
                name: name.to_owned(),
                default,
            }
        }
        None => FieldPiece::Expression(written.to_owned()),
    };
    Some((length, piece))
}

/// The first `pattern`, `}` or `}}`, in what a variable may take of `text`.
fn find(text: &str, pattern: &str) -> Option<usize> {
    let end = text.floor_char_boundary(MAX_LENGTH);
    let window = text.get(..end)?;
    let mut ends = window.match_indices('}').map(|(at, _)| at);
    ends.find(|at| {
        window
            .get(*at..)
            .is_some_and(|rest| rest.starts_with(pattern))
    })
}

/// The name that `text` starts with.
fn name_at(text: &str) -> Option<&str> {
    let starts = |first: char| first.is_ascii_alphabetic() || first == '_';
    text.chars().next().filter(|first| starts(*first))?;
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = text.find(|character| !is_name(character));
    text.get(..end.unwrap_or(text.len()))
}

/// The length of the braces that `text` starts with, those of variables inside included.
fn braces(text: &str) -> Option<usize> {
    find(text, "}")?;
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().take(MAX_LENGTH) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dialect: Dialect, text: &str, expected: &Resolved) {
        let source = SourceText::verbatim(text, 0);
        let argument = Interpolation::new(dialect).argument_in(&source, 0..text.len());
        let value = argument.value();
        assert_eq!(&value.resolve(), expected, "{text}");
        assert_eq!(value.raw, text);
        assert_eq!(value.span.slice(text), text);
    }

    fn constant(text: &str) -> Resolved {
        Resolved::Constant(text.to_owned())
    }

    fn defaults(text: &str, name: &str) -> Resolved {
        Resolved::Defaults(text.to_owned(), vec![name.to_owned()])
    }

    fn unknown(name: &str) -> Resolved {
        Resolved::Unknown(vec![name.to_owned()])
    }

    #[test]
    fn compose_variables() {
        let compose = Dialect::Compose;
        check(compose, "./é$$x", &constant("./é$x"));
        check(compose, "$A/x", &unknown("A"));
        check(compose, "${A}", &unknown("A"));
        check(compose, "${A:-..}/x", &defaults("../x", "A"));
        check(compose, "${A-}", &defaults("", "A"));
        check(compose, "${A:-${B:-../y}}", &defaults("../y", "A"));
        check(compose, "${A:-${B}}", &unknown("A"));
        check(compose, "${A:?no}", &unknown("A"));
        check(compose, "${A:+../x}", &unknown("${A:+../x}"));
        check(compose, "$ ${ x", &constant("$ ${ x"));
    }

    #[test]
    fn other_dialects() {
        check(Dialect::None, "${A}", &constant("${A}"));
        check(
            Dialect::Github,
            "${{ inputs.x }}/y",
            &unknown("${{ inputs.x }}"),
        );
        check(Dialect::Github, "${{env.X}}$Y", &unknown("X"));
        check(
            Dialect::Devcontainer,
            "${localEnv:X:..}/a",
            &defaults("../a", "X"),
        );
        check(
            Dialect::Devcontainer,
            "${devcontainerId}",
            &unknown("${devcontainerId}"),
        );
        check(Dialect::Cloudbuild, "${_X}-$$", &unknown("_X"));
        check(Dialect::GoTemplate, "a{{.X}}", &unknown("{{.X}}"));
    }

    #[test]
    fn what_is_left_open_is_text() {
        for (dialect, open) in [
            (Dialect::Compose, "${"),
            (Dialect::Github, "${{"),
            (Dialect::Devcontainer, "${"),
            (Dialect::GoTemplate, "{{"),
        ] {
            let text = open.repeat(500);
            check(dialect, &text, &constant(&text));
        }
    }

    #[test]
    fn what_the_file_sets_is_the_default() {
        let mut interpolation = Interpolation::new(Dialect::Cloudbuild);
        let set = ("_X".to_owned(), "..".to_owned());
        interpolation.defaults.extend([set]);
        let source = SourceText::verbatim("$_X/y", 0);
        let value = interpolation.argument_in(&source, 0..5).value();
        assert_eq!(value.resolve(), defaults("../y", "_X"));
    }
}
