//! The arguments of each instruction.
//!
//! By source: `parser/line_parsers.go` for the cutting, `instructions/parse.go` for what is rejected.

use plimsoll_model::Span;

use super::{
    ArgDef, Body, Command, Healthcheck, Instruction, KeyValue, Keyword, Spanned, Transfer, Word,
    heredocs,
    json::{self, Array},
    read_instruction,
};
use crate::{SourceText, SyntaxError};

/// The arguments of one instruction on its joined line.
pub(super) struct Arguments<'a> {
    /// The joined line.
    pub(super) line: &'a SourceText,
    /// The arguments behind keyword and flags, without surrounding blanks.
    pub(super) span: Span,
    /// The keyword in the file, for errors about what is missing.
    pub(super) keyword_span: Span,
    /// The escape character.
    pub(super) escape: char,
    /// How many ONBUILD surround the instruction.
    pub(super) depth: usize,
}

/// Reads the arguments of `keyword`.
pub(super) fn read(keyword: Keyword, args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Body {
    match keyword {
        Keyword::From => from(args, errors),
        Keyword::Run => Body::Run(command(args, args.span, errors)),
        Keyword::Cmd => Body::Cmd(command(args, args.span, errors)),
        Keyword::Entrypoint => Body::Entrypoint(command(args, args.span, errors)),
        Keyword::Copy => Body::Copy(transfer(keyword, args, errors)),
        Keyword::Add => Body::Add(transfer(keyword, args, errors)),
        Keyword::Arg => Body::Arg(arg_definitions(args, errors)),
        Keyword::Env => Body::Env(pairs(keyword, args, errors)),
        Keyword::Label => Body::Label(pairs(keyword, args, errors)),
        Keyword::Workdir => Body::Workdir(single(keyword, args, errors)),
        Keyword::User => Body::User(single(keyword, args, errors)),
        Keyword::Stopsignal => Body::Stopsignal(single(keyword, args, errors)),
        Keyword::Maintainer => Body::Maintainer(single(keyword, args, errors)),
        Keyword::Expose => Body::Expose(at_least_one(keyword, args.split_blanks(), args, errors)),
        Keyword::Volume => Body::Volume(at_least_one(keyword, list(args, errors).0, args, errors)),
        Keyword::Shell => Body::Shell(shell(args, errors)),
        Keyword::Healthcheck => Body::Healthcheck(healthcheck(args, errors)),
        Keyword::Onbuild => onbuild(args, errors),
        Keyword::Unknown => Body::Unknown(args.line.slice(args.span)),
    }
}

impl Arguments<'_> {
    fn text(&self, span: Span) -> &str {
        span.slice(self.line.as_str())
    }

    fn word(&self, span: Span) -> Word {
        Word {
            raw: self.line.slice(span),
            span: self.line.source_span(span),
        }
    }

    fn is_missing(&self) -> bool {
        self.span.is_empty()
    }

    fn missing(&self, keyword: Keyword, what: &str, errors: &mut Vec<SyntaxError>) {
        errors.push(SyntaxError::new(
            self.keyword_span,
            format!("{keyword} needs {what}"),
        ));
    }

    /// Words cut at blanks alone: quotes mean nothing here.
    fn split_blanks(&self) -> Vec<Word> {
        let text = self.text(self.span);
        let base = text.as_ptr() as usize;
        text.split(is_blank)
            .filter(|word| !word.is_empty())
            .map(|word| {
                let at = self.span.start as usize + (word.as_ptr() as usize - base);
                self.word(Span::new(at, at + word.len()))
            })
            .collect()
    }

    /// Words cut at blanks outside quotes; quotes and escapes stay in them (`parseWords`).
    fn split_quoted(&self) -> Vec<Span> {
        let text = self.text(self.span);
        let base = self.span.start as usize;
        let mut out = Vec::new();
        let mut start = None;
        let mut quote = None;
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            if quote.is_none() && c.is_whitespace() {
                out.extend(start.take().map(|start| Span::new(base + start, base + at)));
                continue;
            }
            start.get_or_insert(at);
            if c == self.escape && quote != Some('\'') {
                chars.next();
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && matches!(c, '\'' | '"') {
                quote = Some(c);
            }
        }
        out.extend(start.map(|start| Span::new(base + start, base + text.len())));
        out
    }
}

/// The blanks that BuildKit's `reWhitespace` cuts at.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

fn from(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Body {
    let mut words = args.split_blanks().into_iter();
    let image = words.next().unwrap_or_else(|| args.word(args.span));
    let rest: Vec<Word> = words.collect();
    let alias = match rest.as_slice() {
        [keyword, name] if keyword.as_str().eq_ignore_ascii_case("as") => Some(Spanned {
            value: name.as_str().to_lowercase(),
            span: name.span,
        }),
        [] if !args.is_missing() => None,
        _ => {
            args.missing(Keyword::From, "an image, or an image and `AS name`", errors);
            None
        }
    };
    if let Some(alias) = &alias
        && !is_stage_name(&alias.value)
    {
        let message = format!("`{}` cannot name a stage", alias.value);
        errors.push(SyntaxError::new(alias.span, message));
    }
    Body::From { image, alias }
}

/// A letter, then letters, digits, `-`, `_` and `.`.
fn is_stage_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
}

fn command(args: &Arguments<'_>, span: Span, errors: &mut Vec<SyntaxError>) -> Command {
    match json::array(args.line, span) {
        Array::Strings(words) => return Command::Exec(words),
        Array::OtherValues => errors.push(only_strings(args, span)),
        Array::Invalid => {}
    }
    Command::Shell(args.line.slice(span))
}

fn only_strings(args: &Arguments<'_>, span: Span) -> SyntaxError {
    let message = "an array in JSON form must hold strings only";
    SyntaxError::new(args.line.source_span(span), message)
}

/// A JSON array of words, or words cut at blanks; and whether it was JSON.
fn list(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> (Vec<Word>, bool) {
    match json::array(args.line, args.span) {
        Array::Strings(words) => return (words, true),
        Array::OtherValues => errors.push(only_strings(args, args.span)),
        Array::Invalid => {}
    }
    (args.split_blanks(), false)
}

fn transfer(keyword: Keyword, args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Transfer {
    let (mut words, json) = list(args, errors);
    let destination = if words.len() < 2 { None } else { words.pop() };
    if destination.is_none() {
        args.missing(keyword, "at least one source and a destination", errors);
    }
    if let Some(word) = &destination
        && heredocs::opening(word.as_str()).is_some()
    {
        let message = format!("{keyword} cannot write to a here-document");
        errors.push(SyntaxError::new(word.span, message));
    }
    words.retain(|word| heredocs::opening(word.as_str()).is_none());
    Transfer {
        sources: words,
        destination,
        json,
    }
}

fn arg_definitions(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Vec<ArgDef> {
    let words = args.split_quoted();
    if words.is_empty() {
        args.missing(Keyword::Arg, "at least one name", errors);
    }
    let mut definitions = Vec::new();
    for span in words {
        let (name, value) = split_at_equals(args, span);
        if name.is_empty() {
            errors.push(SyntaxError::new(
                args.line.source_span(span),
                "ARG names cannot be blank",
            ));
        }
        definitions.push(ArgDef {
            name: args.text(name).to_owned(),
            name_span: args.line.source_span(name),
            default: value.map(|value| args.word(value)),
        });
    }
    definitions
}

fn split_at_equals(args: &Arguments<'_>, span: Span) -> (Span, Option<Span>) {
    match args.text(span).find('=') {
        Some(at) => {
            let equals = span.start as usize + at;
            let value = Span::new(equals + 1, span.end as usize);
            (Span::new(span.start as usize, equals), Some(value))
        }
        None => (span, None),
    }
}

fn pairs(keyword: Keyword, args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Vec<KeyValue> {
    let words = args.split_quoted();
    let Some(first) = words.first() else {
        args.missing(keyword, "at least one pair", errors);
        return Vec::new();
    };
    if !args.text(*first).contains('=') {
        return legacy_pair(keyword, args, errors).into_iter().collect();
    }
    let mut pairs = Vec::new();
    for span in words {
        let (key, value) = split_at_equals(args, span);
        let written = args.line.source_span(span);
        let Some(value) = value else {
            let message = format!("{keyword} takes `name=value` pairs, and this word has no `=`");
            errors.push(SyntaxError::new(written, message));
            continue;
        };
        if key.is_empty() {
            errors.push(SyntaxError::new(
                written,
                format!("{keyword} names cannot be blank"),
            ));
        }
        pairs.push(KeyValue {
            key: args.word(key),
            value: args.word(value),
            legacy: false,
        });
    }
    pairs
}

/// `NAME value`: everything behind the first blanks is the value.
fn legacy_pair(
    keyword: Keyword,
    args: &Arguments<'_>,
    errors: &mut Vec<SyntaxError>,
) -> Option<KeyValue> {
    let text = args.text(args.span);
    let Some(blank) = text.find(is_blank) else {
        args.missing(keyword, "a name and a value", errors);
        return None;
    };
    let start = args.span.start as usize;
    let value = text.get(blank..).unwrap_or("").trim_start_matches(is_blank);
    let end = args.span.end as usize;
    Some(KeyValue {
        key: args.word(Span::new(start, start + blank)),
        value: args.word(Span::new(end - value.len(), end)),
        legacy: true,
    })
}

fn single(keyword: Keyword, args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Word {
    if args.is_missing() {
        args.missing(keyword, "an argument", errors);
    }
    args.word(args.span)
}

fn at_least_one(
    keyword: Keyword,
    words: Vec<Word>,
    args: &Arguments<'_>,
    errors: &mut Vec<SyntaxError>,
) -> Vec<Word> {
    if words.is_empty() {
        args.missing(keyword, "at least one argument", errors);
    }
    words
}

fn shell(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Vec<Word> {
    match json::array(args.line, args.span) {
        Array::Strings(words) => at_least_one(Keyword::Shell, words, args, errors),
        Array::OtherValues => {
            errors.push(only_strings(args, args.span));
            Vec::new()
        }
        Array::Invalid => {
            args.missing(Keyword::Shell, "a JSON array", errors);
            Vec::new()
        }
    }
}

fn healthcheck(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Healthcheck {
    let text = args.text(args.span);
    let length = text.find(char::is_whitespace).unwrap_or(text.len());
    let kind = Span::new(args.span.start as usize, args.span.start as usize + length);
    let rest = text.get(length..).unwrap_or("").trim_start();
    let rest = Span::new(args.span.end as usize - rest.len(), args.span.end as usize);
    match args.text(kind).to_ascii_uppercase().as_str() {
        "NONE" => {
            if !rest.is_empty() {
                let message = "HEALTHCHECK NONE takes no arguments";
                errors.push(SyntaxError::new(args.line.source_span(rest), message));
            }
            Healthcheck::None
        }
        "CMD" => {
            let command = command(args, rest, errors);
            if rest.is_empty() || command == Command::Exec(Vec::new()) {
                args.missing(Keyword::Healthcheck, "a command behind CMD", errors);
            }
            Healthcheck::Cmd(command)
        }
        _ => {
            args.missing(Keyword::Healthcheck, "NONE or CMD", errors);
            Healthcheck::Invalid(args.word(kind))
        }
    }
}

fn onbuild(args: &Arguments<'_>, errors: &mut Vec<SyntaxError>) -> Body {
    // Only the outermost ONBUILD reads what it defers: a second one is an error and its text stays as it is.
    if args.is_missing() || args.depth > 0 {
        if args.is_missing() {
            args.missing(Keyword::Onbuild, "an instruction", errors);
        }
        return Body::Unknown(args.line.slice(args.span));
    }
    let nested: Instruction =
        read_instruction(args.line, args.span, args.escape, args.depth + 1, errors);
    if matches!(
        nested.keyword,
        Keyword::Onbuild | Keyword::From | Keyword::Maintainer
    ) {
        let message = format!("{} cannot be deferred by ONBUILD", nested.keyword);
        errors.push(SyntaxError::new(nested.keyword_span, message));
    }
    Body::Onbuild(Box::new(nested))
}
