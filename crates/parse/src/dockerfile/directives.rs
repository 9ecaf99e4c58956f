//! Parser directives at the top of the file.
//!
//! By source: `parser/directives.go`. A directive counts only before the first comment, blank line or instruction. The
//! choice of the frontend also skips a `#!` line and reads `//` comments and a JSON object.

use plimsoll_model::Span;

use super::{Directive, DirectiveStyle, Spanned, json};
use crate::SyntaxError;

/// The names that are directives.
const NAMES: &[&str] = &["syntax", "escape", "check"];

/// The reader of the lines at the top.
#[derive(Default)]
pub(super) struct Directives {
    /// Whether a line was met that ends them.
    done: bool,
}

impl Directives {
    /// Takes a line without leading blanks that starts at byte `start`. Returns whether it was a directive.
    pub(super) fn take(
        &mut self,
        line: &str,
        start: usize,
        found: &mut Vec<Directive>,
        errors: &mut Vec<SyntaxError>,
    ) -> bool {
        if self.done {
            return false;
        }
        let Some(directive) = parse(line, start, "#", DirectiveStyle::Hash) else {
            self.done = true;
            return false;
        };
        if found.iter().any(|known| known.name == directive.name) {
            let message = format!("only one `{}` parser directive can be used", directive.name);
            errors.push(SyntaxError::new(directive.span, message));
            return true;
        }
        if directive.name == "escape" && escape(&directive).is_none() {
            let message = "the escape directive takes a backslash or a backtick".to_owned();
            errors.push(SyntaxError::new(directive.value.span, message));
        }
        found.push(directive);
        true
    }
}

/// The character an escape directive sets.
pub(super) fn escape(directive: &Directive) -> Option<char> {
    match directive.value.value.as_str() {
        "\\" => Some('\\'),
        "`" => Some('`'),
        _ => None,
    }
}

/// The `syntax` directive in a form that only the choice of the frontend reads; `text` starts at byte `start` behind a
/// byte order mark.
pub(super) fn detect_syntax(text: &str, start: usize) -> Option<Directive> {
    let after_shebang = match text.strip_prefix("#!") {
        Some(rest) => rest.find('\n').map_or(text.len(), |newline| newline + 3),
        None => 0,
    };
    let body = text.get(after_shebang..).unwrap_or("");
    let at = start + after_shebang;
    in_comments(body, at, "#", DirectiveStyle::Hash)
        .or_else(|| in_comments(body, at, "//", DirectiveStyle::Slashes))
        .or_else(|| in_json(body, at))
}

fn in_comments(text: &str, start: usize, mark: &str, style: DirectiveStyle) -> Option<Directive> {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let directive = parse(line.trim_end_matches(['\r', '\n']), at, mark, style)?;
        if directive.name == "syntax" {
            return Some(directive);
        }
        at += line.len();
    }
    None
}

fn in_json(text: &str, start: usize) -> Option<Directive> {
    let value = json::string_member(text, start, "syntax")?;
    Some(Directive {
        name: "syntax".to_owned(),
        span: value.span,
        value,
        style: DirectiveStyle::Json,
    })
}

/// Reads `MARK name = value`; the name must be a known one.
fn parse(line: &str, start: usize, mark: &str, style: DirectiveStyle) -> Option<Directive> {
    let rest = line.strip_prefix(mark)?.trim_start();
    let (name, value) = rest.split_once('=')?;
    let name = name.trim_end().to_ascii_lowercase();
    let value_text = value.trim();
    if value_text.is_empty() || !NAMES.contains(&name.as_str()) {
        return None;
    }
    let value_at = start + line.len() - value.trim_start().len();
    Some(Directive {
        name,
        value: Spanned {
            value: value_text.to_owned(),
            span: Span::new(value_at, value_at + value_text.len()),
        },
        span: Span::new(start, start + line.trim_end().len()),
        style,
    })
}
