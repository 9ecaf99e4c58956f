//! What the builder makes of a word: its text, and which variables each part of it came from.
//!
//! By source: `frontend/dockerfile/shell/lex.go` in moby/buildkit (`ProcessWord`, `ProcessWords`) for the words,
//! `instructions/commands.go` (the `Expand` methods), `dockerfile2llb/convert.go` and `convert_expose.go` for which
//! words are expanded at all. Known difference: where an operator stands in the middle of an `EXPOSE` word, BuildKit loses
//! the text before it; here it stays.
//!
//! What a variable adds to a word is bounded ([`MAX_GROWTH`]); past that the text is unknown, like a value that only the
//! base image knows.

mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use plimsoll_model::Span;
use plimsoll_parse::{
    SyntaxError,
    dockerfile::{Keyword, Word},
    word::{self, Operation, ParsedWord, Piece, PieceKind, Variable},
};

/// How many bytes variables may add to one word before its text counts as unknown.
pub const MAX_GROWTH: usize = 64 * 1024;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Its text.
    Known(String),
    /// It is not set.
    Unset,
    /// Nobody can know offline: the base image may set it.
    Unknown,
}

impl Value {
    /// The text, if known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Value::Known(text) => Some(text),
            Value::Unset | Value::Unknown => None,
        }
    }
}

/// A part of an expanded word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The text; `None` where it is unknown.
    pub text: Option<String>,
    /// The variables whose value reaches the text; none for literal text. A variable that is not set is named, with an
    /// empty text.
    pub variables: Vec<String>,
    /// Whether blanks in the text cannot split the word.
    pub quoted: bool,
    /// Where it stands in the word's own text ([`Word::raw`] maps it to the file).
    pub span: Span,
}

/// An expanded word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// The parts, in order.
    pub fragments: Vec<Fragment>,
    /// Why the builder refuses the word. The fragments are then one unknown text from every variable mentioned.
    pub errors: Vec<SyntaxError>,
}

impl Expansion {
    /// The whole text, if all of it is known.
    pub fn known(&self) -> Option<String> {
        let texts = self
            .fragments
            .iter()
            .map(|fragment| fragment.text.as_deref());
        texts.collect::<Option<String>>()
    }

    /// The text as a value.
    pub fn value(&self) -> Value {
        self.known().map_or(Value::Unknown, Value::Known)
    }

    /// The variables that reach the text, in order of first appearance.
    pub fn variables(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let names = self
            .fragments
            .iter()
            .flat_map(|fragment| &fragment.variables);
        names
            .map(String::as_str)
            .filter(|name| seen.insert(*name))
            .collect()
    }

    /// The literal text in front of the first variable.
    pub fn literal_prefix(&self) -> String {
        let literal = self
            .fragments
            .iter()
            .take_while(|fragment| fragment.variables.is_empty());
        literal
            .filter_map(|fragment| fragment.text.as_deref())
            .collect()
    }

    /// The known text in front of the first appearance of `variable`; `None` where it does not appear or what precedes
    /// it is unknown.
    pub fn text_before(&self, variable: &str) -> Option<String> {
        let at = self
            .fragments
            .iter()
            .position(|fragment| fragment.variables.iter().any(|name| name == variable))?;
        let before = self.fragments.iter().take(at);
        before.map(|fragment| fragment.text.as_deref()).collect()
    }

    /// Splits at blanks that are not quoted, as `EXPOSE` does. An unknown text never splits.
    pub fn split(&self) -> Vec<Expansion> {
        let mut words = vec![Expansion::default()];
        for fragment in &self.fragments {
            split_fragment(fragment, &mut words);
        }
        words.retain(|word| word.known().is_none_or(|text| !text.is_empty()));
        words
    }

    fn byte_count(&self) -> usize {
        let texts = self.fragments.iter().map(|fragment| fragment.text.as_ref());
        texts.map(|text| text.map_or(0, String::len)).sum()
    }

    /// How much memory and work the expansion stands for.
    pub(crate) fn cost(&self) -> usize {
        self.byte_count() + self.fragments.len() * size_of::<Fragment>()
    }
}

fn split_fragment(fragment: &Fragment, words: &mut Vec<Expansion>) {
    let splits = fragment.text.as_deref().filter(|_| !fragment.quoted);
    let parts: Vec<Option<&str>> = match splits {
        Some(text) => text.split(char::is_whitespace).map(Some).collect(),
        None => vec![fragment.text.as_deref()],
    };
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            words.push(Expansion::default());
        }
        if let Some(word) = words.last_mut() {
            word.fragments.push(Fragment {
                text: part.map(str::to_owned),
                ..fragment.clone()
            });
        }
    }
}

/// Whether, and how, the builder expands a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expands {
    /// It takes the word as written, or leaves it to the shell.
    Never,
    /// To one word, whatever blanks the values hold.
    Word,
    /// To any number of words, split at blanks.
    Words,
}

/// How the builder expands the arguments of `keyword`.
///
/// RUN, CMD, ENTRYPOINT and HEALTHCHECK are not expanded in either form: in shell form the shell sees ARG and ENV as
/// environment variables, in JSON form nobody looks. SHELL, MAINTAINER and ONBUILD are taken as written (what ONBUILD
/// defers is expanded in the stage it runs in). FROM sees the ARGs before the first FROM only. ARG names are not expanded,
/// their defaults are; ENV and LABEL names are expanded like their values.
pub fn arguments(keyword: Keyword) -> Expands {
    match keyword {
        Keyword::Add
        | Keyword::Arg
        | Keyword::Copy
        | Keyword::Env
        | Keyword::From
        | Keyword::Label
        | Keyword::Stopsignal
        | Keyword::User
        | Keyword::Volume
        | Keyword::Workdir => Expands::Word,
        Keyword::Expose => Expands::Words,
        Keyword::Cmd
        | Keyword::Entrypoint
        | Keyword::Healthcheck
        | Keyword::Maintainer
        | Keyword::Onbuild
        | Keyword::Run
        | Keyword::Shell
        | Keyword::Unknown => Expands::Never,
    }
}

/// How the builder expands the value of the flag `name` of `keyword`. In a `--mount` each value is expanded by itself, but
/// for `from`; `--from` and `--exclude` are never expanded.
pub fn flag(keyword: Keyword, name: &str) -> Expands {
    match (keyword, name) {
        (Keyword::From, "platform")
        | (Keyword::Copy | Keyword::Add, "chown" | "chmod")
        | (Keyword::Add, "checksum")
        | (Keyword::Run, "mount") => Expands::Word,
        _ => Expands::Never,
    }
}

/// How the builder expands the body of a here-document with a bare delimiter: COPY and ADD do, RUN leaves it to the shell.
pub fn heredoc(keyword: Keyword) -> Expands {
    match keyword {
        Keyword::Copy | Keyword::Add => Expands::Word,
        _ => Expands::Never,
    }
}

/// Expands `word` as one word, taking each variable from `lookup`.
pub fn expand(word: &Word, escape: char, lookup: &dyn Fn(&str) -> Value) -> Expansion {
    expand_text(word.as_str(), escape, lookup)
}

/// Expands the text of a word.
pub fn expand_text(raw: &str, escape: char, lookup: &dyn Fn(&str) -> Value) -> Expansion {
    expand_parsed(raw, &word::parse(raw, escape), lookup)
}

/// Expands the body of a here-document of COPY or ADD.
pub fn expand_heredoc(raw: &str, lookup: &dyn Fn(&str) -> Value) -> Expansion {
    expand_parsed(raw, &word::parse_heredoc(raw), lookup)
}

/// Expands `parsed`, which is `raw` taken apart.
pub fn expand_parsed(raw: &str, parsed: &ParsedWord, lookup: &dyn Fn(&str) -> Value) -> Expansion {
    let mut evaluator = Evaluator {
        raw,
        lookup,
        growth: 0,
    };
    let error = match parsed.errors.first() {
        Some(error) => error.clone(),
        None => match evaluator.pieces(&parsed.pieces, Mode::default()) {
            Ok(fragments) => {
                return Expansion {
                    fragments,
                    errors: Vec::new(),
                };
            }
            Err(error) => error,
        },
    };
    Expansion {
        fragments: vec![Fragment {
            text: None,
            variables: parsed.variables().iter().map(|v| v.name.clone()).collect(),
            quoted: false,
            span: Span::new(0, raw.len()),
        }],
        errors: vec![error],
    }
}

/// Where in a word the evaluator is.
#[derive(Clone, Copy, Default)]
struct Mode {
    /// Within quotes.
    quoted: bool,
    /// Within a pattern, where escapes stay.
    keeps_escapes: bool,
}

struct Evaluator<'a> {
    raw: &'a str,
    lookup: &'a dyn Fn(&str) -> Value,
    /// Bytes that variables added so far.
    growth: usize,
}

type Outcome<T> = Result<T, SyntaxError>;

impl Evaluator<'_> {
    /// Recursion is bounded by the depth of the parsed word.
    fn pieces(&mut self, pieces: &[Piece], mode: Mode) -> Outcome<Vec<Fragment>> {
        let mut out = Vec::new();
        for piece in pieces {
            match &piece.kind {
                PieceKind::Literal | PieceKind::Malformed => {
                    push_literal(
                        &mut out,
                        piece.span.slice(self.raw),
                        mode.quoted,
                        piece.span,
                    );
                }
                PieceKind::Escaped => self.escaped(piece, mode, &mut out),
                PieceKind::SingleQuoted => {
                    let text = piece.span.slice(self.raw);
                    let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
                    push_literal(&mut out, inside, true, piece.span);
                }
                PieceKind::DoubleQuoted(inner) => {
                    let quoted = Mode {
                        quoted: true,
                        ..mode
                    };
                    out.extend(self.pieces(inner, quoted)?);
                }
                PieceKind::Variable(variable) => {
                    out.extend(self.variable(variable, piece.span, mode)?);
                }
            }
        }
        Ok(out)
    }

    fn escaped(&self, piece: &Piece, mode: Mode, out: &mut Vec<Fragment>) {
        let text = piece.span.slice(self.raw);
        let kept = if mode.keeps_escapes {
            text
        } else {
            text.get(text.chars().next().map_or(0, char::len_utf8)..)
                .unwrap_or("")
        };
        push_literal(out, kept, true, piece.span);
    }

    fn variable(&mut self, variable: &Variable, span: Span, mode: Mode) -> Outcome<Vec<Fragment>> {
        let value = (self.lookup)(&variable.name);
        let mut fragments = match &variable.operation {
            None => vec![self.plain(variable, value, span)],
            Some(operation) => self.operation(variable, operation, value, span)?,
        };
        for fragment in &mut fragments {
            // Quotes inside the braces do not keep the result together.
            fragment.quoted = mode.quoted;
        }
        Ok(fragments)
    }

    /// The value as it is.
    fn plain(&mut self, variable: &Variable, value: Value, span: Span) -> Fragment {
        let text = match value {
            Value::Known(text) => Some(text),
            Value::Unset => Some(String::new()),
            Value::Unknown => None,
        };
        self.fragment(text, vec![variable.name.clone()], span)
    }

    fn fragment(&mut self, text: Option<String>, variables: Vec<String>, span: Span) -> Fragment {
        self.growth += text.as_ref().map_or(0, String::len);
        Fragment {
            text: text.filter(|_| self.growth <= MAX_GROWTH),
            variables,
            quoted: false,
            span,
        }
    }

    fn operation(
        &mut self,
        variable: &Variable,
        operation: &Operation,
        value: Value,
        span: Span,
    ) -> Outcome<Vec<Fragment>> {
        match operation {
            Operation::Default { colon, word } => {
                let word = self.pieces(word, Mode::default())?;
                Ok(match is_set(&value, *colon) {
                    Some(true) => vec![self.plain(variable, value, span)],
                    Some(false) => word,
                    None => vec![unknown(Some(&variable.name), &[&word], span)],
                })
            }
            Operation::Alternate { colon, word } => {
                let word = self.pieces(word, Mode::default())?;
                Ok(match is_set(&value, *colon) {
                    Some(true) => word,
                    Some(false) => Vec::new(),
                    None => vec![unknown(None, &[&word], span)],
                })
            }
            Operation::Require { colon, word } => {
                let word = self.pieces(word, Mode::default())?;
                if is_set(&value, *colon) == Some(false) {
                    return Err(SyntaxError::new(span, refusal(variable, &value, &word)));
                }
                Ok(vec![self.plain(variable, value, span)])
            }
            Operation::RemovePrefix { pattern } => self.trim(variable, value, pattern, '#', span),
            Operation::RemoveSuffix { pattern } => self.trim(variable, value, pattern, '%', span),
            Operation::Replace {
                all,
                pattern,
                replacement,
            } => self.replace(variable, value, *all, (pattern, replacement), span),
        }
    }

    fn trim(
        &mut self,
        variable: &Variable,
        value: Value,
        pattern: &[Piece],
        mark: char,
        span: Span,
    ) -> Outcome<Vec<Fragment>> {
        let pattern = self.pattern(pattern)?;
        let text = match (text_of(value), joined(&pattern)) {
            (Some(text), Some(pattern)) => {
                let longest = pattern.strip_prefix(mark);
                let shown = longest.unwrap_or(&pattern);
                let trimmed = if mark == '#' {
                    pattern::without_prefix(&text, shown, longest.is_some())
                } else {
                    pattern::without_suffix(&text, shown, longest.is_some())
                };
                trimmed.map_err(|message| SyntaxError::new(span, message))?
            }
            _ => None,
        };
        Ok(vec![self.fragment(text, vec![variable.name.clone()], span)])
    }

    fn replace(
        &mut self,
        variable: &Variable,
        value: Value,
        all: bool,
        (pattern, replacement): (&[Piece], &[Piece]),
        span: Span,
    ) -> Outcome<Vec<Fragment>> {
        let pattern = self.pattern(pattern)?;
        let replacement = self.pattern(replacement)?;
        let text = match (text_of(value), joined(&pattern), joined(&replacement)) {
            (Some(text), Some(pattern), Some(replacement)) => {
                pattern::replaced(&text, &pattern, &replacement, all)
                    .map_err(|message| SyntaxError::new(span, message))?
            }
            _ => None,
        };
        let mut variables = vec![variable.name.clone()];
        variables.extend(
            replacement
                .into_iter()
                .flat_map(|fragment| fragment.variables),
        );
        Ok(vec![self.fragment(text, variables, span)])
    }

    fn pattern(&mut self, pieces: &[Piece]) -> Outcome<Vec<Fragment>> {
        let mode = Mode {
            quoted: false,
            keeps_escapes: true,
        };
        self.pieces(pieces, mode)
    }
}

/// Appends literal text to the fragment before, if that is literal and quoted alike.
fn push_literal(out: &mut Vec<Fragment>, text: &str, quoted: bool, span: Span) {
    if text.is_empty() {
        return;
    }
    if let Some(last) = out.last_mut()
        && last.variables.is_empty()
        && last.quoted == quoted
        && let Some(known) = &mut last.text
    {
        known.push_str(text);
        last.span = last.span.cover(span);
        return;
    }
    out.push(Fragment {
        text: Some(text.to_owned()),
        variables: Vec::new(),
        quoted,
        span,
    });
}

/// Whether the variable counts as set; `None` where nobody knows.
fn is_set(value: &Value, empty_counts_as_unset: bool) -> Option<bool> {
    match value {
        Value::Known(text) => Some(!(empty_counts_as_unset && text.is_empty())),
        Value::Unset => Some(false),
        Value::Unknown => None,
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Known(text) => Some(text),
        Value::Unset => Some(String::new()),
        Value::Unknown => None,
    }
}

fn joined(fragments: &[Fragment]) -> Option<String> {
    fragments
        .iter()
        .map(|fragment| fragment.text.as_deref())
        .collect()
}

/// A text nobody knows, from `variable` and whatever reaches `words`.
fn unknown(variable: Option<&str>, words: &[&[Fragment]], span: Span) -> Fragment {
    let within = words
        .iter()
        .copied()
        .flatten()
        .flat_map(|fragment| &fragment.variables);
    Fragment {
        text: None,
        variables: variable
            .map(str::to_owned)
            .into_iter()
            .chain(within.cloned())
            .collect(),
        quoted: false,
        span,
    }
}

/// How much of a message of `${name:?message}` is repeated.
const SHOWN_MESSAGE: usize = 200;

fn refusal(variable: &Variable, value: &Value, word: &[Fragment]) -> String {
    let given = joined(word).filter(|message| !message.is_empty());
    let reason = given.unwrap_or_else(|| match value {
        Value::Known(_) => "is not allowed to be empty".to_owned(),
        _ => "is not allowed to be unset".to_owned(),
    });
    let shown: String = reason.chars().take(SHOWN_MESSAGE).collect();
    format!("{}: {shown}", variable.name)
}
