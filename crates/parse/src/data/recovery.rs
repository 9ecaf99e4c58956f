//! Reading on behind errors, for parsers that stop at the first: the lines at fault are blanked and the rest is
//! read again.

use plimsoll_model::Span;

use super::budget::Budget;

/// How often a text is read again.
const MAX_ATTEMPTS: usize = 16;

/// What `parse` makes of `text`, or of what is left of it with the lines at fault blanked. Offsets stay as they
/// are. Each error is noted; where none of the attempts succeeds there is no result.
pub(super) fn parse_leaving_out_lines<T>(
    text: &str,
    budget: &mut Budget,
    parse: impl Fn(&str) -> Result<T, (Span, String)>,
) -> Option<T> {
    let mut left = text.to_owned();
    for _ in 0..MAX_ATTEMPTS {
        let (span, message) = match parse(&left) {
            Ok(result) => return Some(result),
            Err(error) => error,
        };
        budget.error(span, message);
        let lines = lines_at_fault(&left, span)?;
        left = blanked(&left, lines);
    }
    None
}

/// The lines under `span`; where they are blank, the last line before it that is not.
fn lines_at_fault(text: &str, span: Span) -> Option<std::ops::Range<usize>> {
    let start = text.floor_char_boundary((span.start as usize).min(text.len()));
    let end = text.floor_char_boundary((span.end as usize).clamp(start, text.len()));
    let before = text.get(..start)?;
    let first = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(end..)?;
    let last = rest.find('\n').map_or(text.len(), |at| end + at);
    if !text.get(first..last)?.trim().is_empty() {
        return Some(first..last);
    }
    let written = text.get(..first)?.trim_end();
    (!written.is_empty()).then(|| {
        let start = written.rfind('\n').map_or(0, |at| at + 1);
        start..written.len()
    })
}

/// The text with spaces for every byte of `range` that does not end a line.
fn blanked(text: &str, range: std::ops::Range<usize>) -> String {
    let part = text.get(range.clone()).unwrap_or("");
    let mut out = text.get(..range.start).unwrap_or("").to_owned();
    for byte in part.bytes() {
        out.push(match byte {
            b'\n' => '\n',
            b'\r' => '\r',
            _ => ' ',
        });
    }
    out.push_str(text.get(range.end..).unwrap_or(""));
    out
}

/// The text with a byte order mark replaced by as many spaces, for parsers that do not know it.
pub(super) fn without_mark(text: &str) -> std::borrow::Cow<'_, str> {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => format!("   {rest}").into(),
        None => text.into(),
    }
}
