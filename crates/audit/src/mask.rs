//! Secrets of a file, found generously and masked wherever its text is shown.

use plimsoll_model::Span;
use plimsoll_secrets::{find_values, named_values, redacted};

/// Shorter values are too common as plain words to be looked for in sentences.
const MIN_LOOKED_FOR: usize = 6;

/// Where `text` holds secrets: values of a credential's form, and whatever is given to a name that says credential.
/// Sorted, not overlapping.
pub(crate) fn secret_spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = find_values(text).iter().map(|found| found.span).collect();
    spans.extend(named_values(text));
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
pub(crate) fn masked(text: &str, offset: usize, secrets: &[Span]) -> String {
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

/// Secrets to be kept out of sentences: the values themselves, the longest first.
#[derive(Debug, Default)]
pub(crate) struct SecretValues(Vec<String>);

impl SecretValues {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> SecretValues {
        let mut values: Vec<String> = values
            .into_iter()
            .filter(|value| value.len() >= MIN_LOOKED_FOR)
            .map(str::to_owned)
            .collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        SecretValues(values)
    }

    /// `text` with each secret in it redacted.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for value in &self.0 {
            if shown.contains(value.as_str()) {
                shown = replaced(&shown, value);
            }
        }
        shown
    }

    /// Whether `text` holds one.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        self.0.iter().any(|value| text.contains(value.as_str()))
    }
}

/// `text` with `value` redacted, but a plain word that is only the beginning of a longer one is none.
fn replaced(text: &str, value: &str) -> String {
    let is_word = value.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(value) {
        let end = at + value.len();
        let goes_on = text
            .as_bytes()
            .get(end)
            .is_some_and(u8::is_ascii_alphanumeric);
        if is_word && goes_on {
            continue;
        }
        shown.push_str(text.get(done..at).unwrap_or(""));
        shown.push_str(&redacted(value));
        done = end;
    }
    shown.push_str(text.get(done..).unwrap_or(""));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(masked(text, 0, &secret_spans(text)), expected);
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
    fn sentences_show_secrets_redacted() {
        let values = SecretValues::new(["hunter22-long", "ab"]);
        assert_eq!(
            values.redact("`hunter22-long` in ab"),
            "`hun… (13 characters)` in ab"
        );
        let words = SecretValues::new(["nagios"]);
        assert_eq!(
            words.redact("id=nagiosadmin_pass -pnagios"),
            "id=nagiosadmin_pass -pn… (6 characters)"
        );
    }

    proptest! {
        #[test]
        fn masking_keeps_every_byte_in_place(text in "(?s).{0,80}") {
            prop_assert_eq!(masked(&text, 0, &secret_spans(&text)).len(), text.len());
        }
    }
}
