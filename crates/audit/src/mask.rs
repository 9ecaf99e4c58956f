//! Secrets of a file, masked wherever its text is shown and whoever speaks of it.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use plimsoll_model::Span;
use plimsoll_secrets::{hidden_forms, hidden_spans, masked, merged, redacted};

/// Shorter values are too common as plain words to be looked for in sentences.
const MIN_LOOKED_FOR: usize = 6;

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
        let mut spans = hidden_forms(text);
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
    masked(text, 0, &hidden_spans(text))
}

/// `path` with whatever has the form of a credential masked.
pub fn masked_path(path: &str) -> String {
    masked(path, 0, &hidden_forms(path))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
