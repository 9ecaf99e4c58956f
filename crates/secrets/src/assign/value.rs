//! A value and where it ends.

use std::ops::Range;

use super::Syntax;

/// Longer values are read no further.
const LONGEST: usize = 1024;

/// Words before a value that say how it is used.
const SCHEMES: [&[u8]; 6] = [
    b"bearer ",
    b"basic ",
    b"token ",
    b"apikey ",
    b"api-key ",
    b"bot ",
];

/// How a value is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// In quotes.
    Quoted,
    /// Bare.
    Bare,
    /// The argument of a call: `wrapper("value")`.
    Wrapped,
}

/// The value that begins at `at`.
pub(super) fn value_at(
    bytes: &[u8],
    at: usize,
    syntax: Syntax,
    name: &Range<usize>,
) -> Option<(Range<usize>, Quoting)> {
    let mut at = at;
    if syntax == Syntax::Element {
        const RAW: &[u8] = b"<![CDATA[";
        let range = match bytes.get(at..)?.strip_prefix(RAW) {
            Some(_) => until(bytes, at + RAW.len(), |byte| byte == b']')?,
            None => until(bytes, at, |byte| byte == b'<')?,
        };
        // `<name>` in a text is no element without an end.
        bytes
            .get(range.end)
            .filter(|byte| matches!(byte, b'<' | b']'))?;
        return Some((scheme_cut(bytes, trimmed(bytes, range)), Quoting::Bare));
    }
    // Prefixes of strings: `b"…"`, `@"…"`, `$"…"`.
    for _ in 0..2 {
        let is_prefix = bytes
            .get(at)
            .is_some_and(|byte| b"bBrRuUfLl@$".contains(byte));
        let next = bytes.get(at + 1);
        if is_prefix && next.is_some_and(|next| matches!(next, b'"' | b'\'' | b'@' | b'#')) {
            at += 1;
        }
    }
    if let Some(value) = quoted(bytes, at) {
        return Some((scheme_cut(bytes, value), Quoting::Quoted));
    }
    if let Some((inner, quoting)) = wrapper(bytes, at)
        && let Some(value) = quoted(bytes, inner)
    {
        return Some((scheme_cut(bytes, value), quoting));
    }
    if syntax == Syntax::Argument {
        return None;
    }
    let at = at + scheme_length(bytes, at);
    let range = bare(bytes, at, syntax, name)?;
    Some((range, Quoting::Bare))
}

/// What stands between quotes, escaped ones too; the closing quote is on the same line.
fn quoted(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let slashes = bytes
        .get(at..)?
        .iter()
        .take(4)
        .take_while(|byte| **byte == b'\\')
        .count();
    let quote = *bytes.get(at + slashes)?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let mut start = at + slashes + 1;
    if slashes == 0 && bytes.get(start) == Some(&quote) && bytes.get(start + 1) == Some(&quote) {
        start += 2;
        start += bytes
            .get(start..)?
            .iter()
            .take(2)
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
    }
    let mut end = start;
    let mut run = 0;
    for byte in bytes.get(start..)?.iter().take(LONGEST) {
        if *byte == quote && (run == slashes || (slashes == 0 && run % 2 == 0)) {
            return Some(start..end - run.min(slashes));
        }
        if *byte == b'\n' {
            return None;
        }
        run = if *byte == b'\\' { run + 1 } else { 0 };
        end += 1;
    }
    (bytes.len() == end).then_some(start..end)
}

/// Behind `getenv(`, `new Foo(`: where the argument begins, and whether it is the value itself, as in `String::from(`.
fn wrapper(bytes: &[u8], at: usize) -> Option<(usize, Quoting)> {
    let rest = bytes.get(at..)?;
    let length = rest
        .iter()
        .take(40)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.: &[]".contains(byte))
        .count();
    if rest.get(length) != Some(&b'(') {
        return None;
    }
    let name = rest.get(..length)?;
    let blanks = rest
        .get(length + 1..)?
        .iter()
        .take(40)
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let quoting = if name.is_empty() || TEXTS.contains(&name) {
        Quoting::Quoted
    } else {
        Quoting::Wrapped
    };
    Some((at + length + 1 + blanks, quoting))
}

/// What makes of a text in quotes the same text.
const TEXTS: [&[u8]; 12] = [
    b"String::from",
    b"Some",
    b"Some(String::from",
    b"SecretString::from",
    b"SecretString::new",
    b"Secret::new",
    b"[]byte",
    b"Buffer.from",
    b"SecretStr",
    b"bytes",
    b"str",
    b"new String",
];

fn bare(bytes: &[u8], at: usize, syntax: Syntax, name: &Range<usize>) -> Option<Range<usize>> {
    let before = name
        .start
        .checked_sub(1)
        .and_then(|at| bytes.get(at))
        .copied();
    let starts_line = before.is_none_or(|byte| byte == b'\n');
    let plain = starts_line && syntax == Syntax::Equals && at == name.end + 1;
    let range = until(bytes, at, |byte| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'"' | b'\'' | b'`')
            || (!plain
                && matches!(
                    byte,
                    b',' | b';' | b'&' | b'|' | b')' | b'}' | b']' | b'<' | b'>' | b'\\'
                ))
    })?;
    (!range.is_empty()).then_some(range)
}

fn until(bytes: &[u8], at: usize, is_end: impl Fn(u8) -> bool) -> Option<Range<usize>> {
    let rest = bytes.get(at..)?;
    let length = rest
        .iter()
        .take(LONGEST)
        .take_while(|byte| !is_end(**byte))
        .count();
    Some(at..at + length)
}

fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = bytes.get(range.clone()).unwrap_or_default();
    let front = text
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let back = text
        .iter()
        .skip(front)
        .rev()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    range.start + front..range.end - back
}

fn scheme_length(bytes: &[u8], at: usize) -> usize {
    let starts = |scheme: &&&[u8]| {
        bytes
            .get(at..at + scheme.len())
            .is_some_and(|there| there.eq_ignore_ascii_case(scheme))
    };
    SCHEMES.iter().find(starts).map_or(0, |scheme| scheme.len())
}

fn scheme_cut(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let length = scheme_length(bytes, range.start);
    range.start + length.min(range.len())..range.end
}
