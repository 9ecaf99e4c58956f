//! Credentials carried in an encoding: runs of it are found in one cheap pass, and decoded where they hold text.

use crate::decode::{self, base64_digit, is_text, is_text_byte};
use crate::found::Encoding;

use super::run::{Near, Outer, Run};

/// Literals that say that a token is written in escapes.
pub(crate) const ESCAPES: [&str; 13] = [
    "\\u00", "\\u{", "\\x2", "\\x4", "\\x5", "\\x6", "\\x7", "%2d", "%5f", "%3a", "%2e", "%2f",
    "%40",
];

/// Shorter runs hold no credential worth the name.
const SHORTEST: usize = 24;
/// Longer runs are read piece by piece.
pub(super) const LONGEST: usize = 12 << 10;
/// How far pieces of a run overlap; a multiple of four, so that base64 stays in step.
const OVERLAP: usize = 4 << 10;
/// Encodings within encodings.
const DEEPEST: usize = 3;
/// Bytes decoded per byte of input, and as many more for free.
const DECODED_PER_BYTE: u64 = 4;
const DECODED_FREE: u64 = 256 << 10;

/// Up to where runs have been looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    cursor: u64,
    escaped: u64,
    decoded: u64,
}

impl State {
    /// Hands over to what is scanned inside a run and returns what to come back to.
    pub(super) fn nested(&mut self) -> State {
        let before = *self;
        self.cursor = 0;
        self.escaped = 0;
        before
    }
}

/// Handles the runs of base64 and hexadecimal that begin before `to`.
pub(super) fn find(run: &mut Run<'_>, bytes: &[u8], base: u64, to: usize) {
    let mut at = usize::try_from(run.encoded.cursor.saturating_sub(base)).unwrap_or(0);
    while at < to {
        let (start, is_run) = next_run(bytes, at, to);
        at = start;
        if !is_run {
            break;
        }
        let end = run_end(bytes, start);
        let first = decode::first_six(bytes.get(start..).unwrap_or_default());
        match first {
            Some(six) if is_text(&six) => base64(run, bytes, base, start, end),
            // A letter and a zero: text of two bytes a character.
            Some([one, 0, two, 0, ..]) if is_text_byte(one) && is_text_byte(two) => {
                base64(run, bytes, base, start, end);
            }
            _ => hexadecimal(run, bytes, base, start, end),
        }
        at = if end - start >= LONGEST {
            start + LONGEST - OVERLAP
        } else {
            end
        };
    }
    run.encoded.cursor = base + at as u64;
}

/// Where the next run of [`SHORTEST`] characters begins, looked for from its end, so that most bytes are never read; or
/// where to go on.
fn next_run(bytes: &[u8], at: usize, to: usize) -> (usize, bool) {
    let mut start = at;
    'next: while start < to {
        let Some(window) = bytes.get(start..start + SHORTEST) else {
            return (to.max(start), false);
        };
        for (offset, byte) in window.iter().enumerate().rev() {
            if base64_digit(*byte).is_none() {
                start += offset + 1;
                continue 'next;
            }
        }
        return (start, true);
    }
    (start, false)
}

/// The end of a run, over breaks between long lines.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let most = bytes.len().min(start + LONGEST);
    let mut end = start;
    loop {
        let line = end;
        while end < most
            && bytes
                .get(end)
                .is_some_and(|byte| base64_digit(*byte).is_some())
        {
            end += 1;
        }
        let rest = bytes.get(end..most).unwrap_or_default();
        let blank = rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let breaks = rest
            .iter()
            .take(blank)
            .filter(|byte| **byte == b'\n')
            .count();
        let goes_on = rest
            .get(blank..blank + 4)
            .is_some_and(|next| next.iter().all(|byte| base64_digit(*byte).is_some()));
        if end - line < 60 || breaks != 1 || blank > 16 || !goes_on {
            return end;
        }
        end += blank;
    }
}

fn base64(run: &mut Run<'_>, bytes: &[u8], base: u64, start: usize, end: usize) {
    let is_dot = |at: usize| bytes.get(at) == Some(&b'.');
    let before = start.checked_sub(1).is_some_and(is_dot);
    if before || is_dot(end) {
        // A part of a JSON Web Token, which is read as such.
        return;
    }
    let text: Vec<u8> = bytes
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = decode::base64(&text);
    if let (Some(first), Some(0), Some(_), Some(0)) = (
        decoded.first(),
        decoded.get(1),
        decoded.get(2),
        decoded.get(3),
    ) && is_text_byte(*first)
    {
        let narrow = decode::narrowed(&decoded, true);
        nested(
            run,
            &narrow,
            base,
            start,
            end,
            &[Encoding::Base64, Encoding::Utf16],
        );
    } else if is_text(&decoded) {
        nested(run, &decoded, base, start, end, &[Encoding::Base64]);
    }
}

fn hexadecimal(run: &mut Run<'_>, bytes: &[u8], base: u64, start: usize, end: usize) {
    let text = bytes.get(start..end).unwrap_or_default();
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    let Some(first) = text.get(..16) else {
        return;
    };
    if first.iter().all(u8::is_ascii_hexdigit) && is_text(&decode::hexadecimal(first)) {
        nested(
            run,
            &decode::hexadecimal(text),
            base,
            start,
            end,
            &[Encoding::Hex],
        );
    }
}

/// A hit of one of [`ESCAPES`]: the token around it, its escapes resolved.
pub(super) fn escaped(run: &mut Run<'_>, near: Near<'_>, at: usize) {
    let position = near.origin + at as u64;
    if position < run.encoded.escaped {
        return;
    }
    let goes_on = |byte: &&u8| {
        !byte.is_ascii_whitespace() && !matches!(**byte, b'"' | b'\'' | b'`' | b'<' | b'>')
    };
    let before = near.bytes.get(..at).unwrap_or_default();
    let back = before.iter().rev().take(512).take_while(goes_on).count();
    let after = near.bytes.get(at..).unwrap_or_default();
    let ahead = after.iter().take(2048).take_while(goes_on).count();
    run.encoded.escaped = position + ahead.max(1) as u64;
    let token = near.bytes.get(at - back..at + ahead).unwrap_or_default();
    let decoded = decode::escapes(token);
    let encoding = if near.bytes.get(at) == Some(&b'%') {
        Encoding::Percent
    } else {
        Encoding::Escapes
    };
    if decoded.len() >= 12 && decoded.len() < token.len() {
        nested(
            run,
            &decoded,
            near.origin,
            at - back,
            at + ahead,
            &[encoding],
        );
    }
}

fn nested(
    run: &mut Run<'_>,
    decoded: &[u8],
    base: u64,
    start: usize,
    end: usize,
    encodings: &[Encoding],
) {
    let before = run.outer.clone().unwrap_or_default();
    let span = if before.encodings.is_empty() {
        base + start as u64..base + end as u64
    } else {
        before.span
    };
    let allowed = DECODED_FREE + span.start.saturating_mul(DECODED_PER_BYTE);
    if before.encodings.len() >= DEEPEST || run.encoded.decoded > allowed {
        run.left_out += 1;
        return;
    }
    run.encoded.decoded += decoded.len() as u64;
    let mut all = before.encodings;
    all.extend_from_slice(encodings);
    let spent = run.encoded.decoded;
    run.scan_decoded(
        decoded,
        Outer {
            span,
            encodings: all,
        },
    );
    run.encoded.decoded = run.encoded.decoded.max(spent);
}
