//! Secrets of a file, found generously and masked wherever its text is shown.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use plimsoll_model::Span;
use plimsoll_secrets::{find_values, named_values, redacted};

/// Shorter values are too common as plain words to be looked for in sentences.
const MIN_LOOKED_FOR: usize = 6;

/// Where `text` holds secrets: values of a credential's form, and whatever is given to a name that says credential.
/// Sorted, not overlapping.
pub(crate) fn secret_spans(text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = find_values(text).iter().map(|found| found.span).collect();
    spans.extend(named_values(text));
    merged(spans)
}

/// `spans` sorted, those that overlap as one.
pub(crate) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
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

/// The secrets of one text, to be kept out of sentences: the values themselves, all looked for at once.
#[derive(Debug)]
pub(crate) struct SecretValues(Option<AhoCorasick>);

impl SecretValues {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> SecretValues {
        let mut values: Vec<&str> = values
            .into_iter()
            .filter(|value| value.len() >= MIN_LOOKED_FOR)
            .collect();
        values.sort_unstable();
        values.dedup();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(values);
        SecretValues(automaton.ok())
    }

    /// Adds every place of `text` where one stands. A plain word that is only the beginning of a longer one is none.
    fn find(&self, text: &str, found: &mut Vec<Span>) {
        let Some(automaton) = &self.0 else {
            // More than can be looked for: nothing of it may be shown.
            return found.push(Span::new(0, text.len()));
        };
        let mut from = 0;
        while let Some(one) = automaton.find(Input::new(text).range(from..)) {
            // Another may begin inside this one and reach further.
            from = one.start() + 1;
            let written = text.get(one.range()).unwrap_or("");
            let is_word = written.bytes().all(|byte| byte.is_ascii_lowercase());
            let next = text.as_bytes().get(one.end());
            if !is_word || !next.is_some_and(u8::is_ascii_alphanumeric) {
                found.push(Span::new(one.start(), one.end()));
            }
        }
    }
}

/// What is kept out of the sentences of one finding: the secrets of the files it speaks of, and whatever has the form
/// of a credential.
#[derive(Debug, Default)]
pub(crate) struct Redaction<'a>(Vec<&'a SecretValues>);

impl<'a> Redaction<'a> {
    pub(crate) fn of(values: impl IntoIterator<Item = &'a SecretValues>) -> Redaction<'a> {
        Redaction(values.into_iter().collect())
    }

    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans: Vec<Span> = find_values(text).iter().map(|found| found.span).collect();
        for values in &self.0 {
            values.find(text, &mut spans);
        }
        merged(spans)
    }

    /// `text` with each secret in it redacted.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut done = 0;
        for span in self.spans(text) {
            shown.push_str(text.get(done..span.start as usize).unwrap_or(""));
            shown.push_str(&redacted(span.slice(text)));
            done = span.end as usize;
        }
        shown.push_str(text.get(done..).unwrap_or(""));
        shown
    }

    /// Whether `text` holds one.
    pub(crate) fn occur_in(&self, text: &str) -> bool {
        !self.spans(text).is_empty()
    }
}

/// `text` with every credential masked that its form or its name tells.
pub fn masked_text(text: &str) -> String {
    masked(text, 0, &secret_spans(text))
}

/// `path` with whatever has the form of a credential masked.
pub fn masked_path(path: &str) -> String {
    let spans = find_values(path).iter().map(|found| found.span).collect();
    masked(path, 0, &merged(spans))
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
        let check = |values: &[&str], text: &str, expected: &str| {
            let values = SecretValues::new(values.iter().copied());
            assert_eq!(Redaction::of([&values]).redact(text), expected);
        };
        check(
            &["hunter22-long", "ab"],
            "`hunter22-long` in ab",
            "`hun… (13 characters)` in ab",
        );
        check(
            &["nagios"],
            "id=nagiosadmin_pass -pnagios",
            "id=nagiosadmin_pass -pn… (6 characters)",
        );
        // One that begins inside another is hidden to its end.
        check(
            &["secret-one", "one-and-more"],
            "a secret-one-and-more b",
            "a secr… (19 characters) b",
        );
        let github = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        check(
            &[],
            &format!("`{github}` leads out"),
            "`ghp_… (40 characters)` leads out",
        );
    }

    proptest! {
        #[test]
        fn masking_keeps_every_byte_in_place(text in "(?s).{0,80}") {
            prop_assert_eq!(masked(&text, 0, &secret_spans(&text)).len(), text.len());
        }
    }
}
