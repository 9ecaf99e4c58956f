//! Here-documents: finding them in a line, and reading their bodies.
//!
//! By source: `parser/parser.go` (`heredocsFromLine`, `heredocFromMatch`) and `shell/lex.go`
//! (`processPossibleHeredoc`). The words are cut with a backslash as escape whatever the directive says, and a line
//! whose quotes do not match has no here-documents at all.

use plimsoll_model::Span;

use super::{Heredoc, lines::Lines};
use crate::{
    SourceText, SyntaxError,
    word::{self, Piece, PieceKind},
};

/// A word that opens a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    name: String,
    expand: bool,
    strip_tabs: bool,
    file_descriptor: Option<u32>,
}

/// The opening that all of `text` is.
pub(super) fn opening(text: &str) -> Option<Opening> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let rest = rest.strip_prefix("<<")?;
    let strip_tabs = rest.starts_with('-');
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let parsed = word::parse(rest, '\\');
    let is_one_word = parsed.errors.is_empty() && words(rest, &parsed.pieces).len() == 1;
    let name = unquoted(rest, &parsed.pieces);
    (is_one_word && !name.is_empty()).then(|| Opening {
        name,
        expand: !parsed.pieces.iter().any(is_quoted),
        strip_tabs,
        file_descriptor: number.parse().ok(),
    })
}

fn is_quoted(piece: &Piece) -> bool {
    matches!(
        piece.kind,
        PieceKind::SingleQuoted | PieceKind::DoubleQuoted(_)
    )
}

/// The delimiter a word means: quotes and escapes resolved, variables left as written.
fn unquoted(text: &str, pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match &piece.kind {
            PieceKind::Escaped => out.extend(piece.span.slice(text).chars().skip(1)),
            PieceKind::SingleQuoted => {
                let quoted = piece.span.slice(text);
                out.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or(""));
            }
            PieceKind::DoubleQuoted(inner) => out.push_str(&unquoted(text, inner)),
            _ => out.push_str(piece.span.slice(text)),
        }
    }
    out
}

/// Cuts `text` into words at blanks that are neither quoted nor escaped; blanks behind `<<` belong to the word.
fn words(text: &str, pieces: &[Piece]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut start: Option<u32> = None;
    for piece in pieces {
        let splits = matches!(piece.kind, PieceKind::Literal | PieceKind::Variable(_));
        if !splits {
            start.get_or_insert(piece.span.start);
            continue;
        }
        let mut joins = false;
        let mut previous = '\0';
        for (at, c) in piece.span.slice(text).char_indices() {
            let here = piece.span.start + at as u32;
            if previous == '<' && c == '<' {
                joins = !joins;
            } else if joins && !matches!(c, ' ' | '\t' | '\r') {
                joins = false;
            }
            if !c.is_whitespace() || joins {
                start.get_or_insert(here);
            } else if let Some(start) = start.take() {
                out.push(Span { start, end: here });
            }
            previous = c;
        }
    }
    out.extend(start.map(|start| Span::new(start as usize, text.len())));
    out
}

/// How many here-documents one instruction may open; the longest line that BuildKit reads has room for no more.
const MAX_OPENINGS: usize = super::MAX_LINE / "<<A ".len();

/// The here-documents that `line` opens, with their words.
pub(super) fn in_line(line: &SourceText) -> Vec<(Opening, Span)> {
    let text = line.as_str();
    if !text.contains("<<") {
        return Vec::new();
    }
    let parsed = word::parse(text, '\\');
    if !parsed.errors.is_empty() {
        return Vec::new();
    }
    words(text, &parsed.pieces)
        .into_iter()
        .filter_map(|span| Some((opening(span.slice(text))?, line.source_span(span))))
        .take(MAX_OPENINGS)
        .collect()
}

/// Reads the body of `opening` from the lines that follow.
pub(super) fn read(
    lines: &mut Lines<'_>,
    opening: Opening,
    word_span: Span,
    errors: &mut Vec<SyntaxError>,
) -> Heredoc {
    let start = lines.at;
    let mut end = start;
    let mut body = SourceText::new();
    let mut terminator_span = None;
    while let Some(line) = lines.next() {
        let text = lines.text.get(line.start..line.next).unwrap_or("");
        let kept = if opening.strip_tabs {
            text.trim_start_matches('\t')
        } else {
            text
        };
        let at = line.next - kept.len();
        end = line.end;
        if kept.trim_end_matches(['\r', '\n']) == opening.name {
            terminator_span = Some(Span::new(at, line.end));
            break;
        }
        body.push(kept, at);
    }
    if terminator_span.is_none() {
        let message = format!("the here-document `{}` is not terminated", opening.name);
        errors.push(SyntaxError::new(word_span, message));
    }
    Heredoc {
        name: opening.name,
        expand: opening.expand,
        strip_tabs: opening.strip_tabs,
        file_descriptor: opening.file_descriptor,
        word_span,
        body,
        span: Span::new(start, end),
        terminator_span: terminator_span.unwrap_or(Span::new(end, end)),
        terminated: terminator_span.is_some(),
    }
}
