//! Values that are assigned to names, in every syntax people write: over bytes, linear, without a parser per language.

mod operator;
mod value;

use std::ops::Range;

pub(crate) use value::Quoting;

/// Longer names are none.
const LONGEST_NAME: usize = 96;

/// A name and the value it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    pub(crate) quoting: Quoting,
    pub(crate) syntax: Syntax,
}

/// What joins name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// `=`, `:=`, `=>` and their like.
    Equals,
    /// `==`, `===`.
    Compared,
    /// `:`.
    Colon,
    /// `,` between arguments.
    Argument,
    /// A blank: a command option, `ENV NAME value`, `#define NAME "value"`.
    Blank,
    /// `<name>value</name>`.
    Element,
    /// `name: NAME`, then `value: VALUE`.
    Pair,
    /// `${NAME:-value}`.
    Default,
}

/// What the name around `word` is given, if `word` stands in a name and that is given a value.
pub(crate) fn assigned_at(bytes: &[u8], word: Range<usize>) -> Option<Assigned> {
    let name = name_around(bytes, word)?;
    let joined = operator::joined(bytes, &name)?;
    let (value, quoting) = value::value_at(bytes, joined.value_at, joined.syntax, &name)?;
    Some(Assigned {
        name: trimmed(bytes, name),
        value,
        quoting,
        syntax: joined.syntax,
    })
}

/// What the function around `word` is called with, if that is a text in quotes: `client.login("value")`.
pub(crate) fn called_with(bytes: &[u8], word: Range<usize>) -> Option<Assigned> {
    const FURTHEST: usize = 8;
    let name = name_around(bytes, word)?;
    let arguments = bytes.get(name.end..)?.strip_prefix(b"(")?;
    let blanks = arguments
        .iter()
        .take(FURTHEST)
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let at = name.end + 1 + blanks;
    let (value, quoting) = value::value_at(bytes, at, Syntax::Argument, &name)?;
    Some(Assigned {
        name: trimmed(bytes, name),
        value,
        quoting,
        syntax: Syntax::Argument,
    })
}

/// The whole name in which `word` stands.
pub(crate) fn name_around(bytes: &[u8], word: Range<usize>) -> Option<Range<usize>> {
    let before = bytes.get(..word.start)?;
    let back = before
        .iter()
        .rev()
        .take(LONGEST_NAME + 1)
        .take_while(|byte| is_name(**byte))
        .count();
    let after = bytes.get(word.end..)?;
    let ahead = after
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|byte| is_name(**byte))
        .count();
    let name = word.start - back..word.end + ahead;
    if back > LONGEST_NAME || ahead > LONGEST_NAME {
        return None;
    }
    Some(after_escape(bytes, name, word.start))
}

/// The name without the letter of an escape such as `\n` before it.
fn after_escape(bytes: &[u8], name: Range<usize>, most: usize) -> Range<usize> {
    let escaped = name.start > 0
        && name.start < most
        && bytes.get(name.start - 1) == Some(&b'\\')
        && bytes
            .get(name.start)
            .is_some_and(|byte| matches!(byte, b'n' | b't' | b'r'));
    if escaped {
        name.start + 1..name.end
    } else {
        name
    }
}

/// The name without dashes and full stops around it.
fn trimmed(bytes: &[u8], name: Range<usize>) -> Range<usize> {
    let Some(text) = bytes.get(name.clone()) else {
        return name;
    };
    let is_edge = |byte: &&u8| matches!(**byte, b'-' | b'.');
    let front = text.iter().take_while(is_edge).count();
    let back = text.iter().rev().take_while(is_edge).count();
    if front + back >= text.len() {
        return name;
    }
    name.start + front..name.end - back
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether a name speaks of a credential at all: the loose question, asked where the rule knows the value's form.
pub(crate) fn speaks_of_credential(name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let has = |word: &str| {
        lower
            .windows(word.len())
            .any(|window| window == word.as_bytes())
    };
    WORDS.iter().any(|word| has(word)) || has_pat(name)
}

/// What names of credentials hold.
const WORDS: [&str; 11] = [
    "key", "token", "secret", "pass", "pwd", "auth", "cred", "api", "bearer", "dsn", "sid",
];

/// The letters that [`WORDS`] and `pat` begin with.
const FIRST: &[u8] = b"ktspabcd";

/// `pat` as a word, not as in `path`.
fn has_pat(name: &[u8]) -> bool {
    name.windows(3).enumerate().any(|(at, window)| {
        let next = name.get(at + 3);
        window.eq_ignore_ascii_case(b"pat")
            && !next.is_some_and(|next| {
                next.is_ascii_lowercase() || (window == b"PAT" && next.is_ascii_alphabetic())
            })
    })
}

/// The names in `window` that speak of a credential: where a word of them stands.
pub(crate) fn credential_words(bytes: &[u8], window: Range<usize>) -> Vec<Range<usize>> {
    let Some(text) = bytes.get(window.clone()) else {
        return Vec::new();
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let begins = text
            .get(at)
            .is_some_and(|byte| FIRST.contains(&byte.to_ascii_lowercase()));
        if !begins {
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let starts = |word: &&&str| {
            rest.get(..word.len())
                .is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
        };
        match WORDS.iter().find(starts) {
            Some(word) => {
                let start = window.start + at;
                // To the end of the name, so that each is given once.
                let ahead = rest.iter().take_while(|byte| is_name(**byte)).count();
                found.push(start..start + word.len());
                at += ahead.max(word.len());
            }
            None if rest.get(..3).is_some_and(has_pat) => {
                found.push(window.start + at..window.start + at + 3);
                at += 3;
            }
            None => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests;
