//! The flags between a keyword and its arguments.
//!
//! By source: `parser/split_command.go` (`extractBuilderFlags`) for the cutting, `instructions/bflag.go` and
//! `instructions/parse.go` for which flags exist. Quotes and escapes are resolved here, before expansion.

use plimsoll_model::Span;

use super::{Flag, Keyword, Word, keyword::closest, mount};
use crate::{SourceText, SyntaxError};

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, or a boolean.
    Bool,
    /// One value, once.
    Value,
    /// One value, any number of times.
    Values,
}

/// The flags of `keyword`; `None` where the builder never looks at them.
fn known(keyword: Keyword) -> Option<&'static [(&'static str, Takes)]> {
    use Takes::{Bool, Value, Values};
    Some(match keyword {
        Keyword::From => &[("platform", Value)],
        Keyword::Add => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Bool),
            ("keep-git-dir", Bool),
            ("checksum", Value),
            ("unpack", Bool),
            ("exclude", Values),
        ],
        Keyword::Copy => &[
            ("chown", Value),
            ("from", Value),
            ("chmod", Value),
            ("link", Bool),
            ("exclude", Values),
            ("parents", Bool),
        ],
        Keyword::Run => &[
            ("mount", Values),
            ("network", Value),
            ("security", Value),
            ("device", Values),
        ],
        Keyword::Healthcheck => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        Keyword::Arg | Keyword::Stopsignal | Keyword::Unknown => return None,
        _ => &[],
    })
}

/// Cuts the flags off the front of `span`; returns them and where the arguments start.
pub(super) fn split(line: &SourceText, span: Span, escape: char) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let end = span.end as usize;
    let mut at = span.start as usize;
    loop {
        let rest = line.as_str().get(at..end).unwrap_or("");
        let word_at = end - rest.trim_start().len();
        if !rest.trim_start().starts_with("--") {
            return (flags, word_at);
        }
        let (raw, word_end) = unquote(line, Span::new(word_at, end), escape);
        at = word_end;
        if raw.as_str() == "--" {
            return (flags, at);
        }
        flags.push(flag(line, raw, Span::new(word_at, word_end)));
    }
}

/// Resolves quotes and escapes of the word at the start of `span`; returns it and where it ends.
fn unquote(line: &SourceText, span: Span, escape: char) -> (SourceText, usize) {
    let text = span.slice(line.as_str());
    let base = span.start as usize;
    let mut out = SourceText::new();
    let mut quote = None;
    let mut run = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            out.append(line, Span::new(base + run, base + at));
            return (out, base + at);
        }
        let is_quote = match quote {
            Some(open) => c == open,
            None => c == '\'' || c == '"',
        };
        if !is_quote && c != escape {
            continue;
        }
        out.append(line, Span::new(base + run, base + at));
        run = at + c.len_utf8();
        if is_quote {
            quote = quote.is_none().then_some(c);
        } else {
            // The escaped character stands for itself.
            chars.next();
        }
    }
    out.append(line, Span::new(base + run, base + text.len()));
    (out, base + text.len())
}

fn flag(line: &SourceText, raw: SourceText, span: Span) -> Flag {
    let text = raw.as_str();
    let equals = text.find('=');
    let name = Span::new(2.min(text.len()), equals.unwrap_or(text.len()));
    let written = line.source_span(span);
    Flag {
        span: written,
        name: name.slice(text).to_owned(),
        name_span: raw.source_span(name),
        value: equals.map(|at| {
            let value = Span::new(at + 1, text.len());
            Word {
                span: raw.source_span(value),
                raw: raw.slice(value),
            }
        }),
        mount: None,
    }
}

/// Compares `flags` with what `keyword` knows, and takes mounts apart.
pub(super) fn check(keyword: Keyword, flags: &mut [Flag], errors: &mut Vec<SyntaxError>) {
    let Some(known) = known(keyword) else { return };
    let mut seen: Vec<&str> = Vec::new();
    for flag in flags {
        let Some((name, takes)) = known.iter().find(|(name, _)| *name == flag.name) else {
            errors.push(unknown(keyword, flag, known));
            continue;
        };
        let repeated = *takes != Takes::Values && seen.contains(name);
        if repeated {
            errors.push(SyntaxError::new(
                flag.span,
                format!("duplicate flag `--{name}`"),
            ));
        } else if *takes != Takes::Values {
            seen.push(name);
        }
        check_value(flag, *takes, errors);
        if keyword == Keyword::Run && *name == "mount" {
            flag.mount = flag.value.as_ref().map(|value| mount::parse(value, errors));
        }
    }
}

fn check_value(flag: &Flag, takes: Takes, errors: &mut Vec<SyntaxError>) {
    let name = &flag.name;
    let given = flag.value.as_ref().map(Word::as_str);
    let missing = match takes {
        Takes::Bool => given == Some(""),
        Takes::Value | Takes::Values => given.is_none(),
    };
    if missing {
        errors.push(SyntaxError::new(
            flag.span,
            format!("the flag `--{name}` needs a value"),
        ));
    } else if let Some(value) = given
        && takes == Takes::Bool
        && !["true", "false"].contains(&value.to_ascii_lowercase().as_str())
    {
        let message = format!("the flag `--{name}` takes true or false");
        errors.push(SyntaxError::new(flag.span, message));
    }
}

fn unknown(keyword: Keyword, flag: &Flag, known: &[(&str, Takes)]) -> SyntaxError {
    let hint = closest(&flag.name, known.iter().map(|(name, _)| *name));
    let hint = hint.map_or(String::new(), |hint| format!(" (did you mean `--{hint}`?)"));
    let message = format!("{keyword} has no flag `--{}`{hint}", flag.name);
    SyntaxError::new(flag.span, message)
}
