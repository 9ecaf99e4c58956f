//! Where a token may begin and end.

use crate::rule::Alphabet;

/// Whether a token may begin at `start`: no letter, digit or `_` directly before, unless that ends an escape.
pub(crate) fn begins(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).and_then(|at| bytes.get(at)) else {
        return true;
    };
    let starts_word = bytes.get(start).is_some_and(|first| is_word(*first));
    !starts_word || !is_word(*before) || ends_escape(bytes, start)
}

/// Whether a token may end before `end`: none of its own characters follows.
pub(crate) fn ends(bytes: &[u8], end: usize, tail: Alphabet) -> bool {
    let Some(next) = bytes.get(end) else {
        return true;
    };
    if !tail.contains(*next) {
        return true;
    }
    // A full stop or dash that ends a sentence, a `=` or `/` that goes on with other things.
    let after = bytes.get(end + 1);
    matches!(next, b'.' | b'-' | b':' | b'/' | b'=')
        && !after.is_some_and(|after| tail.contains(*after))
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether an escape ends before `start`: `\n`, `%3D`, `\x3d`, `\u003d`, `\033[0m`.
fn ends_escape(bytes: &[u8], start: usize) -> bool {
    let back = |count: usize| {
        start
            .checked_sub(count)
            .and_then(|at| bytes.get(at))
            .copied()
    };
    let hex = |count: usize| back(count).is_some_and(|byte| byte.is_ascii_hexdigit());
    let letter =
        back(1).is_some_and(|byte| matches!(byte, b'n' | b'r' | b't' | b'f' | b'v' | b'b' | b'0'));
    (letter && back(2) == Some(b'\\') && back(3) != Some(b'\\'))
        || (letter && back(2) == Some(b'\\') && back(3) == Some(b'\\') && back(1) != Some(b'0'))
        || (hex(1)
            && hex(2)
            && (back(3) == Some(b'%') || (back(3) == Some(b'x') && back(4) == Some(b'\\'))))
        || (hex(1) && hex(2) && hex(3) && hex(4) && back(5) == Some(b'u') && back(6) == Some(b'\\'))
        || (back(1) == Some(b'm')
            && back(2).is_some_and(|byte| byte.is_ascii_digit() || byte == b'[')
            && escape_sequence(bytes, start))
}

/// `ESC[…m`, a colour of a terminal.
fn escape_sequence(bytes: &[u8], start: usize) -> bool {
    let before = bytes
        .get(start.saturating_sub(16)..start)
        .unwrap_or_default();
    let Some(open) = before.iter().rposition(|byte| *byte == b'[') else {
        return false;
    };
    let inner = before.get(open + 1..).unwrap_or_default();
    inner
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b'm'))
        && before.get(..open).is_some_and(|rest| {
            rest.ends_with(b"\x1b")
                || rest.ends_with(b"033")
                || rest.ends_with(b"x1b")
                || rest.ends_with(b"\\e")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_begin_where_nothing_goes_on() {
        for (text, start, expected) in [
            ("ghp_", 0, true),
            ("=ghp_", 1, true),
            ("xghp_", 1, false),
            ("_ghp_", 1, false),
            ("\\nghp_", 2, true),
            ("\\\\nghp_", 3, true),
            ("%3Dghp_", 3, true),
            ("3Dghp_", 2, false),
            ("\\u003dghp_", 6, true),
            ("\x1b[0mghp_", 4, true),
            ("-ghp_", 1, true),
        ] {
            assert_eq!(begins(text.as_bytes(), start), expected, "{text}");
        }
    }
}
