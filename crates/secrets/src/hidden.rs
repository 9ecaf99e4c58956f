//! What may not be shown of a text: the one place that says so, for excerpts, messages, paths and logs.
//!
//! Hiding is not finding. What is found is weighed, so that few look at what is none: an id without its secret, a password
//! of ordinary words, the value of `password` in prose are no findings. What is hidden is not weighed, because a text that is
//! masked too much costs nothing, and one that is masked too little costs the key. So three lists are joined here: what
//! the scanner finds, in all its forms and encodings; what is given to a name that says credential ([`named_values`]);
//! and forms whose matches the scanner holds to be none or looks for in other surroundings ([`find_values`]).

use std::sync::LazyLock;

use plimsoll_model::Span;

use crate::{HashKey, Reason, Scanner, find_values, named_values};

/// Under a key that tells nothing: no hash of it is used.
static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::new(HashKey::new(b"")).with_suppressed());

/// Where `text` holds what may not be shown. Sorted, not overlapping, on character boundaries.
pub fn hidden_spans(text: &str) -> Vec<Span> {
    let mut spans = formed_spans(text);
    spans.extend(named_values(text));
    merged(spans)
}

/// The same but for what the scanner finds, for lines of a file that it was given as a whole.
pub fn hidden_besides(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = find_values(text).iter().map(|found| found.span).collect();
    spans.extend(named_values(text));
    merged(spans)
}

/// The same by form alone, for sentences of ours and for paths, in which a name gives nothing its value.
pub fn hidden_forms(text: &str) -> Vec<Span> {
    merged(formed_spans(text))
}

fn formed_spans(text: &str) -> Vec<Span> {
    let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
    let found = SCANNER.scan(text.as_bytes());
    let found = found
        .iter()
        .filter(|one| matches!(one.suppressed, None | Some(Reason::IdAlone)))
        .map(|one| {
            let start = floor(text, byte(one.covers.start));
            Span::new(start, ceiling(text, byte(one.covers.end)))
        });
    let forms = find_values(text).into_iter().map(|one| one.span);
    found.chain(forms).collect()
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceiling(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// `spans` sorted, those that overlap as one.
pub fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// `text`, which starts at byte `offset` of its file, with the file's `secrets` masked byte for byte.
pub fn masked(text: &str, offset: usize, secrets: &[Span]) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let byte = offset + at;
        let next = secrets.partition_point(|secret| secret.end as usize <= byte);
        let is_secret = secrets
            .get(next)
            .is_some_and(|secret| secret.start as usize <= byte);
        if is_secret && character != '\n' && character != '\r' {
            shown.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// What may be shown of a credential: its first characters, at most a quarter of it, and its length.
pub fn redacted(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value.chars().take((length / 4).min(4)).collect();
    format!("{shown}… ({length} characters)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(masked(text, 0, &hidden_spans(text)), expected);
    }

    #[test]
    fn what_a_credential_name_is_given_is_masked() {
        check("ENV PASSWORD=hunter22 A=b", "ENV PASSWORD=******** A=b");
        check("ENV PASSWORD hunter22", "ENV PASSWORD ********");
        check("env: DB_PASSWORD=hunter22", "env: DB_PASSWORD=********");
        check(
            "\"password\": \"h\u{e9}nter22\",",
            "\"password\": \"*********\",",
        );
        check("mysql --password hunter22", "mysql --password ********");
        check("password: ${DB}", "password: ${DB}");
        check("password:\n  x: 1", "password:\n  x: 1");
        check("name: hunter22", "name: hunter22");
    }

    #[test]
    fn every_form_is_masked_whatever_it_is_given_to() {
        // By the scanner alone.
        let vercel = [
            "vc",
            "p_Ab3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5Bc4De6Fg8Hi0Jk2Lm4No",
        ]
        .concat();
        check(&format!("X={vercel} y"), &format!("X={} y", "*".repeat(60)));
        // An id is no finding.
        let id = ["AK", "IAQ3EGRZ5WV7TNK2JM"].concat();
        check(&format!("X={id} y"), &format!("X={} y", "*".repeat(20)));
        // Neither is a password of words.
        let address = ["postgres://app:", "correct-horse", "@db/x"].concat();
        check(&address, "postgres://app:*************@db/x");
        check("COPY a b", "COPY a b");
    }

    #[test]
    fn redaction_shows_at_most_a_quarter() {
        assert_eq!(
            redacted("abcdefghijklmnopqrstuvwx"),
            "abcd… (24 characters)"
        );
        assert_eq!(redacted("abc"), "… (3 characters)");
    }

    proptest! {
        #[test]
        fn masking_keeps_every_byte_in_place(text in "(?s).{0,80}") {
            prop_assert_eq!(masked(&text, 0, &hidden_spans(&text)).len(), text.len());
        }
    }
}
