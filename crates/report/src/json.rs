//! The report as JSON, and the schema of that.

use plimsoll_model::{Report, is_hostile};
use schemars::generate::SchemaSettings;
use serde::Serialize;

/// The report, indented, with a final newline.
pub fn json(report: &Report) -> String {
    inert_json(report)
}

/// The JSON schema of [`json`], indented, with a final newline.
pub fn json_schema() -> String {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    inert_json(&generator.into_root_schema_for::<Report>())
}

/// `value` as indented JSON that is safe to show: control and bidirectional characters are written as `\u` escapes,
/// so the decoded text is the same.
pub fn inert_json(value: &impl Serialize) -> String {
    // Reports hold strings, numbers and maps with string keys only, which always serialise.
    let plain = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut json = String::with_capacity(plain.len() + 1);
    for character in plain.chars() {
        // Newlines are the indentation's: those within strings are escaped already.
        if character != '\n' && is_hostile(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                json.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            json.push(character);
        }
    }
    json.push('\n');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn reports_fit_their_schema() {
        let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in [sample::incident(), sample::hostile()] {
            let value = serde_json::from_str(&json(&report)).unwrap();
            assert_eq!(
                validator
                    .validate(&value)
                    .map_err(|error| error.to_string()),
                Ok(())
            );
        }
    }

    #[test]
    fn hostile_text_is_inert_and_complete() {
        let shown = json(&sample::hostile());
        sample::assert_inert(&shown);
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(value["findings"][0]["message"], sample::HOSTILE);
    }

    #[test]
    fn a_report_in_full() {
        let mut report = sample::incident();
        report.findings.truncate(1);
        insta::assert_snapshot!(json(&report), @r#"
        {
          "schema": "plimsoll/report/1",
          "tool": {
            "name": "plimsoll",
            "version": "0.1.0"
          },
          "targets": [
            {
              "target": ".",
              "root": "."
            }
          ],
          "findings": [
            {
              "rule": "context-escapes-repository",
              "title": "build context leaves the repository",
              "stage": "build",
              "severity": "critical",
              "confidence": "high",
              "level": "default",
              "message": "`build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the repository, so the builder reads the home directory of its own user and `COPY . /app` puts it into the image. Set it to `.`.",
              "location": {
                "path": "smithery.yaml",
                "origin": "file",
                "start": {
                  "line": 3,
                  "column": 20,
                  "byte": 51
                },
                "end": {
                  "line": 3,
                  "column": 26,
                  "byte": 57
                }
              },
              "related": [
                {
                  "location": {
                    "path": "Dockerfile",
                    "origin": "file",
                    "start": {
                      "line": 1,
                      "column": 1,
                      "byte": 0
                    },
                    "end": {
                      "line": 1,
                      "column": 13,
                      "byte": 12
                    }
                  },
                  "message": "the image everything is copied into"
                }
              ],
              "flow": [
                {
                  "location": {
                    "path": "smithery.yaml",
                    "origin": "file",
                    "start": {
                      "line": 3,
                      "column": 20,
                      "byte": 51
                    },
                    "end": {
                      "line": 3,
                      "column": 26,
                      "byte": 57
                    }
                  },
                  "message": "the manifest says where the build context is",
                  "control": "anyone"
                },
                {
                  "location": {
                    "path": "Dockerfile",
                    "origin": "file",
                    "start": {
                      "line": 3,
                      "column": 1,
                      "byte": 26
                    },
                    "end": {
                      "line": 3,
                      "column": 12,
                      "byte": 37
                    }
                  },
                  "message": "the whole context is copied into the image",
                  "control": "anyone"
                }
              ],
              "witness": {
                "kind": "path-escape",
                "input": "../../",
                "resolves_to": "../..",
                "levels": 2,
                "builders": {
                  "buildkit": "escapes",
                  "classic": "escapes",
                  "kaniko": "refuses"
                },
                "reaches": [
                  {
                    "what": "home",
                    "access": "read"
                  },
                  {
                    "what": "parent-of-root",
                    "access": "read"
                  }
                ]
              },
              "aliases": [
                "trivy:X"
              ],
              "references": [
                "CWE-22",
                "CICD-SEC-4"
              ],
              "fixes": [
                {
                  "title": "build in the repository",
                  "safety": "safe",
                  "edits": [
                    {
                      "path": "smithery.yaml",
                      "start": 51,
                      "end": 57,
                      "text": "."
                    }
                  ]
                }
              ],
              "fingerprint": "1:00112233445566778899aabbccddeeff",
              "status": "new",
              "reason": null
            }
          ],
          "errors": [],
          "coverage": {
            "audited": {
              "dockerfile": 1,
              "smithery": 1
            },
            "searched": 0,
            "skipped": []
          },
          "verdict": {
            "exit": 1,
            "by_severity": {
              "low": 1,
              "critical": 1
            }
          }
        }
        "#);
    }
}
