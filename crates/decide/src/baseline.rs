//! The baseline: the findings that were there when it was written.

use std::collections::BTreeSet;

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
    /// The findings, sorted.
    pub findings: Vec<BaselineEntry>,
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
            findings: vec![BaselineEntry {
                path: "Dockerfile".to_owned(),
                rule: "runs-as-root".to_owned(),
                fingerprint: "1:00".to_owned(),
            }],
        };
        assert_eq!(Baseline::read(&baseline.to_json()).unwrap(), baseline);
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
        for (text, expected) in cases {
            assert_eq!(Baseline::read(text).unwrap_err().to_string(), expected);
        }
    }
}
