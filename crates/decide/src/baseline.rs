//! The baseline: the findings that were there when it was written.

use std::collections::BTreeSet;
use std::fmt;

use plimsoll_model::Status;
use serde::{Deserialize, Serialize};

use crate::DecidedFinding;

/// The format this version reads and writes.
const SCHEMA: &str = "plimsoll/baseline/1";

/// A baseline file. The same findings always give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Always `plimsoll/baseline/1`.
    pub schema: String,
    /// By which the credentials among the findings are known again; absent in one of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BaselineKey>,
    /// The findings, sorted.
    pub findings: Vec<BaselineEntry>,
}

/// The key under which credentials are hashed for their fingerprints: drawn anew for each baseline, so that the same key
/// gives unlike fingerprints in the reports of two owners, and whoever has a report but not the baseline cannot try a guess.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BaselineKey([u8; 32]);

impl BaselineKey {
    /// A key of random bytes.
    pub fn new(random: [u8; 32]) -> BaselineKey {
        BaselineKey(random)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for BaselineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaselineKey")
    }
}

impl From<BaselineKey> for String {
    fn from(key: BaselineKey) -> String {
        key.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl TryFrom<String> for BaselineKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<BaselineKey, &'static str> {
        const FORM: &str = "its key is not of 64 hexadecimal digits";
        let mut key = [0; 32];
        if text.len() != 64 {
            return Err(FORM);
        }
        for (at, byte) in key.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(FORM)?;
            // A sign is no digit.
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let value = u8::from_str_radix(digits, 16).map_err(|_| FORM)?;
            *byte = if is_hex { value } else { return Err(FORM) };
        }
        Ok(BaselineKey(key))
    }
}

/// One finding of a baseline. Only the fingerprint counts; rule and path are for the reader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BaselineEntry {
    /// Where it was, relative to its root.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// Its fingerprint.
    pub fingerprint: String,
}

/// Why a baseline could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Not JSON, or not of the form.
    #[error("not a baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// Of another version.
    #[error("the baseline says schema `{0}`; this version reads `{SCHEMA}`")]
    Schema(String),
}

impl Baseline {
    /// A baseline of every finding that is not ignored, hidden ones included.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a DecidedFinding>) -> Baseline {
        let counted = findings
            .into_iter()
            .filter(|decided| decided.status != Status::Ignored);
        let entries: BTreeSet<BaselineEntry> = counted
            .map(|decided| BaselineEntry {
                path: decided.finding.at.path.to_string(),
                rule: decided.finding.rule.id.to_owned(),
                fingerprint: decided.fingerprint.clone(),
            })
            .collect();
        Baseline {
            schema: SCHEMA.to_owned(),
            key: None,
            findings: entries.into_iter().collect(),
        }
    }

    /// Reads a baseline file.
    pub fn read(text: &str) -> Result<Baseline, BaselineError> {
        let baseline: Baseline = serde_json::from_str(text)?;
        if baseline.schema == SCHEMA {
            Ok(baseline)
        } else {
            Err(BaselineError::Schema(baseline.schema))
        }
    }

    /// The bytes of the file.
    pub fn to_json(&self) -> String {
        // Plain strings and lists always serialise.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// The fingerprints.
    pub fn fingerprints(&self) -> BTreeSet<String> {
        let entries = self.findings.iter();
        entries.map(|entry| entry.fingerprint.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let baseline = Baseline {
            schema: SCHEMA.to_owned(),
            key: Some(BaselineKey::new([0xa5; 32])),
            findings: vec![BaselineEntry {
                path: "Dockerfile".to_owned(),
                rule: "runs-as-root".to_owned(),
                fingerprint: "1:00".to_owned(),
            }],
        };
        assert_eq!(Baseline::read(&baseline.to_json()).unwrap(), baseline);
        assert!(!format!("{baseline:?}").contains("a5"));
        let keyless = r#"{"schema": "plimsoll/baseline/1", "findings": []}"#;
        assert_eq!(Baseline::read(keyless).unwrap().key, None);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let cases = [
            (
                "{",
                "not a baseline: EOF while parsing an object at line 1 column 1",
            ),
            (
                r#"{"schema": "plimsoll/baseline/2", "findings": []}"#,
                "the baseline says schema `plimsoll/baseline/2`; this version reads `plimsoll/baseline/1`",
            ),
        ];
        for key in ["", "a5", &"+1".repeat(32), &"\u{e9}".repeat(32)] {
            let text =
                format!(r#"{{"schema": "plimsoll/baseline/1", "key": "{key}", "findings": []}}"#);
            let error = Baseline::read(&text).unwrap_err().to_string();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
        for (text, expected) in cases {
            assert_eq!(Baseline::read(text).unwrap_err().to_string(), expected);
        }
    }
}
