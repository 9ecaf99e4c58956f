//! The report as SARIF 2.1.0.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Excerpt, Location, Report, ReportFinding, ReportedEdit, ReportedFix, Status};

use crate::elsewhere::{Base, Elsewhere};
use crate::excerpt::visible;
use crate::json::inert_json;
use crate::sarif_format::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Driver, Invocation, Log,
    LogicalLocation, Notification, PhysicalLocation, Region, Replacement, ResultProperties, Run,
    RunProperties, SarifFix, SarifLocation, SarifResult, Suppression, ThreadFlow,
    ThreadFlowLocation, Tool,
};
use crate::sarif_message::{of_lines, plain};
use crate::sarif_rules::{security_severity, table};
use crate::uri;
use crate::words::{level, outcomes, reaches, resolution, who};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const INFORMATION: &str = "https://github.com/plimsoll-security/plimsoll";

/// The report as SARIF, indented, with a final newline. Ignored and known findings are suppressed results.
pub fn sarif(report: &Report) -> String {
    let (rules, index) = table(report);
    let roots = Roots::of(report);
    let results = report.findings.iter();
    let results = results
        .map(|finding| result(finding, &index, &roots))
        .collect();
    inert_json(&Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: report.tool.name.clone(),
                    version: report.tool.version.clone(),
                    semantic_version: report.tool.version.clone(),
                    information_uri: INFORMATION,
                    rules,
                },
            },
            invocations: [invocation(report)],
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: roots.base_ids(),
            properties: report.secrets.as_ref().map(|secrets| RunProperties {
                secrets: secrets.clone(),
            }),
            results,
        }],
    })
}

fn invocation(report: &Report) -> Invocation {
    let notifications = report.errors.iter().map(|error| {
        let subject = error
            .rule
            .iter()
            .chain(&error.path)
            .map(|name| format!("{name}: "));
        let text: String = subject.chain([error.message.clone()]).collect();
        Notification {
            level: "error",
            message: plain(&text),
        }
    });
    Invocation {
        execution_successful: report.errors.is_empty(),
        exit_code: report.verdict.exit,
        tool_execution_notifications: notifications.collect(),
    }
}

/// The roots of a run by the ids their files are relative to.
struct Roots {
    ids: BTreeMap<String, String>,
    others: BTreeSet<Base>,
}

impl Roots {
    fn of(report: &Report) -> Roots {
        let targets = report.targets.iter().map(|target| target.root.clone());
        let findings = report
            .findings
            .iter()
            .map(|finding| finding.location.root.to_string());
        let others = report.findings.iter().filter_map(Elsewhere::of);
        let others = others.map(|elsewhere| elsewhere.base).collect();
        let roots: BTreeSet<String> = targets.chain(findings).collect();
        let id = |(index, root): (usize, String)| match index {
            0 => (root, "ROOT".to_owned()),
            _ => (root, format!("ROOT{}", index + 1)),
        };
        Roots {
            ids: roots.into_iter().enumerate().map(id).collect(),
            others,
        }
    }

    fn base_ids(&self) -> BTreeMap<String, ArtifactLocation> {
        let base = |(root, id): (&String, &String)| {
            let description = match uri::folder(root) {
                Some(_) => "A root that was audited",
                None => "The folder the run was started in",
            };
            let location = ArtifactLocation {
                uri: uri::folder(root),
                uri_base_id: None,
                description: Some(plain(description)),
            };
            (id.clone(), location)
        };
        let other = |base: &Base| {
            let location = ArtifactLocation {
                uri: None,
                uri_base_id: None,
                description: Some(plain(base.description())),
            };
            (base.id().to_owned(), location)
        };
        let others = self.others.iter().map(other);
        self.ids.iter().map(base).chain(others).collect()
    }

    fn file(&self, root: &str, path: &str) -> ArtifactLocation {
        ArtifactLocation {
            uri: Some(uri::encoded(path)),
            uri_base_id: self.ids.get(root).cloned(),
            description: None,
        }
    }
}

fn result(finding: &ReportFinding, index: &BTreeMap<String, usize>, roots: &Roots) -> SarifResult {
    let related = finding.related.iter().zip(1..);
    let fixes = finding.fixes.iter();
    SarifResult {
        rule_id: finding.rule.clone(),
        rule_index: index.get(&finding.rule).copied().unwrap_or(0),
        level: level(finding.severity),
        message: of_lines(&message_lines(finding)),
        locations: [primary(finding, roots)],
        related_locations: related
            .map(|(related, id)| {
                location(&related.location, Some(&related.message), Some(id), roots)
            })
            .collect(),
        code_flows: code_flow(finding, roots).into_iter().collect(),
        partial_fingerprints: BTreeMap::from([("plimsoll/v1", finding.fingerprint.clone())]),
        fixes: fixes
            .map(|fix| sarif_fix(fix, &finding.location.root, roots))
            .collect(),
        suppressions: suppression(finding).into_iter().collect(),
        properties: ResultProperties {
            security_severity: security_severity(finding.severity),
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            level: finding.level.as_str(),
            stage: finding.stage.as_str(),
            aliases: finding.aliases.clone(),
        },
    }
}

/// The message, and the witness in words.
fn message_lines(finding: &ReportFinding) -> Vec<String> {
    let mut lines = vec![finding.message.clone()];
    if let Some(witness) = &finding.witness {
        lines.push(format!(
            "Input `{}` resolves to {}.",
            witness.input,
            resolution(witness)
        ));
        let builders = outcomes(witness).into_iter();
        lines.extend(builders.map(|(names, words)| format!("{names}: {words}.")));
        if !witness.reaches.is_empty() {
            lines.push(format!("It gives {}.", reaches(&witness.reaches)));
        }
    }
    lines
}

/// Where the finding is. What stands in no file of a root is relative to a base of its own: a consumer that knows no other
/// places (GitHub refuses a whole run for one result without an artifact) still takes it, and none is led to a file that is
/// not there.
fn primary(finding: &ReportFinding, roots: &Roots) -> SarifLocation {
    let mut at = location(&finding.location, None, None, roots);
    if let Some(elsewhere) = Elsewhere::of(finding) {
        at.physical_location.artifact_location = ArtifactLocation {
            uri: Some(uri::encoded(&elsewhere.path)),
            uri_base_id: Some(elsewhere.base.id().to_owned()),
            description: None,
        };
        let holder = LogicalLocation {
            name: visible(&elsewhere.name),
            fully_qualified_name: visible(&elsewhere.full_name),
            kind: elsewhere.kind,
        };
        at.logical_locations.insert(0, holder);
    }
    at
}

fn location(
    location: &Location,
    message: Option<&str>,
    id: Option<usize>,
    roots: &Roots,
) -> SarifLocation {
    SarifLocation {
        id,
        physical_location: PhysicalLocation {
            artifact_location: roots.file(&location.root, &location.root_path),
            region: region(location),
            context_region: region(location)
                .and(location.excerpt.as_ref())
                .map(context_region),
        },
        logical_locations: location.member.iter().map(|path| member(path)).collect(),
        message: message.map(plain),
    }
}

/// A file in the archive that is the artifact: viewers do not unpack, so that its lines have no region.
fn member(path: &str) -> LogicalLocation {
    let name = path.rsplit('/').next().unwrap_or(path);
    LogicalLocation {
        name: visible(name),
        fully_qualified_name: visible(path),
        kind: "member",
    }
}

fn region(location: &Location) -> Option<Region> {
    if location.member.is_some() {
        return None;
    }
    let (start, end) = (location.start?, location.end?);
    Some(Region {
        start_line: Some(start.line),
        start_column: Some(start.column),
        end_line: Some(end.line),
        end_column: Some(end.column),
        byte_offset: Some(start.byte),
        byte_length: Some(end.byte.saturating_sub(start.byte)),
        snippet: location
            .excerpt
            .as_ref()
            .and_then(|excerpt| snippet(excerpt, start.byte, end.byte)),
    })
}

/// The text under a place, if the excerpt holds it.
fn snippet(excerpt: &Excerpt, start: u32, end: u32) -> Option<ArtifactContent> {
    let start = start.checked_sub(excerpt.first_byte)? as usize;
    let end = end.checked_sub(excerpt.first_byte)? as usize;
    let text = visible(excerpt.text.get(start..end)?);
    Some(ArtifactContent { text })
}

fn context_region(excerpt: &Excerpt) -> Region {
    let text = excerpt.text.trim_end_matches('\n');
    let lines = text.matches('\n').count() as u32;
    Region {
        start_line: Some(excerpt.first_line),
        end_line: Some(excerpt.first_line.saturating_add(lines)),
        snippet: Some(ArtifactContent {
            text: visible(text),
        }),
        ..Region::default()
    }
}

fn code_flow(finding: &ReportFinding, roots: &Roots) -> Option<CodeFlow> {
    if finding.flow.is_empty() {
        return None;
    }
    let last = finding.flow.len();
    let step = |(step, order): (&plimsoll_model::ReportFlowStep, usize)| {
        let message = format!("{} (controlled by {})", step.message, who(step.control));
        ThreadFlowLocation {
            location: location(&step.location, Some(&message), None, roots),
            execution_order: order,
            importance: if order == 1 || order == last {
                "essential"
            } else {
                "important"
            },
        }
    };
    let locations = finding.flow.iter().zip(1..).map(step).collect();
    Some(CodeFlow {
        thread_flows: [ThreadFlow { locations }],
    })
}

fn sarif_fix(fix: &ReportedFix, root: &str, roots: &Roots) -> SarifFix {
    let mut changes: BTreeMap<&str, Vec<Replacement>> = BTreeMap::new();
    for edit in &fix.edits {
        changes
            .entry(&edit.root_path)
            .or_default()
            .push(replacement(edit));
    }
    let change = |(path, replacements)| ArtifactChange {
        artifact_location: roots.file(root, path),
        replacements,
    };
    SarifFix {
        description: plain(&fix.title),
        artifact_changes: changes.into_iter().map(change).collect(),
    }
}

fn replacement(edit: &ReportedEdit) -> Replacement {
    Replacement {
        deleted_region: Region {
            byte_offset: Some(edit.start),
            byte_length: Some(edit.end.saturating_sub(edit.start)),
            ..Region::default()
        },
        // Applied, not shown: it stays as it is.
        inserted_content: ArtifactContent {
            text: edit.text.clone(),
        },
    }
}

/// Ignored in the source, known from elsewhere; an empty list says that neither is so.
fn suppression(finding: &ReportFinding) -> Option<Suppression> {
    let kind = match finding.status {
        Status::New => return None,
        Status::Known => "external",
        Status::Ignored => "inSource",
    };
    Some(Suppression {
        kind,
        justification: finding.reason.as_deref().map(visible),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use serde_json::Value;

    fn validated(report: &Report) -> Value {
        // The standard's pattern for languages has a bracket too many, which strict engines refuse.
        let schema = include_str!("../tests/data/sarif-schema-2.1.0.json").replace("]?$", "$");
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let value = serde_json::from_str(&sarif(report)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        value
    }

    #[test]
    fn results_fit_the_standards_schema() {
        let value = validated(&sample::incident());
        assert_eq!(
            value["runs"][0]["results"][2]["suppressions"][0]["kind"],
            "inSource"
        );
        let mut several = sample::incident();
        several.findings[0].location.root = "x y".into();
        several.findings[1].location.root = "/srv/z".into();
        let bases = &validated(&several)["runs"][0]["originalUriBaseIds"];
        assert_eq!(bases["ROOT2"]["uri"], "file:///srv/z/");
        assert_eq!(bases["ROOT3"]["uri"], "x%20y/");
    }

    #[test]
    fn a_place_in_an_archive_is_a_logical_one_of_the_archive() {
        let mut report = sample::incident();
        report.findings[0].location.member = Some("config/a.properties".to_owned());
        let value = validated(&report);
        let location = &value["runs"][0]["results"][0]["locations"][0];
        let logical = &location["logicalLocations"][0];
        assert_eq!(logical["fullyQualifiedName"], "config/a.properties");
        assert_eq!(
            location["physicalLocation"]["artifactLocation"]["uri"],
            report.findings[0].location.root_path.as_str()
        );
        assert_eq!(location["physicalLocation"]["region"], Value::Null);
    }

    #[test]
    fn hostile_text_stays_text() {
        let report = sample::hostile();
        let value = validated(&report);
        sample::assert_inert(&sarif(&report));
        let result = &value["runs"][0]["results"][0];
        let markdown = result["message"]["markdown"].as_str().unwrap();
        assert!(
            !markdown.contains("<script>")
                && !markdown.contains("[a](")
                && !markdown.contains("http:")
        );
        for shown in [markdown, result["message"]["text"].as_str().unwrap()] {
            sample::assert_inert(shown);
        }
        let region = &result["locations"][0]["physicalLocation"]["region"];
        sample::assert_inert(region["snippet"]["text"].as_str().unwrap());
        let change = &result["fixes"][0]["artifactChanges"][0];
        assert_eq!(
            change["replacements"][0]["insertedContent"]["text"],
            sample::HOSTILE
        );
    }

    #[test]
    fn what_is_in_no_file_points_to_none() {
        let value = validated(&sample::credentials("x"));
        let run = &value["runs"][0];
        let place = |result: &Value| {
            let at = &result["locations"][0];
            let artifact = &at["physicalLocation"]["artifactLocation"];
            let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
            format!(
                "{} {} {} {}",
                text(&artifact["uriBaseId"]),
                text(&artifact["uri"]),
                text(&at["logicalLocations"][0]["kind"]),
                text(&at["logicalLocations"][0]["name"])
            )
        };
        let places: Vec<String> = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(place)
            .collect();
        insta::assert_snapshot!(places.join("\n"), @"
        ROOT a/key.py  
        HISTORY a/key.py commit 0123456789abcdef0123456789abcdef01234567
        HISTORY commit-message/0123456789abcdef0123456789abcdef01234567 commit 0123456789abcdef0123456789abcdef01234567
        HISTORY tag-message/89abcdef0123456789abcdef0123456789abcdef tag 89abcdef0123456789abcdef0123456789abcdef
        HISTORY blob/89abcdef0123456789abcdef0123456789abcdef blob 89abcdef0123456789abcdef0123456789abcdef
        IMAGE a/key.py layer sha256:00
        IMAGE a/key.py image-configuration x
        ");
        for base in ["ROOT", "HISTORY", "IMAGE"] {
            assert!(run["originalUriBaseIds"][base]["description"].is_object());
        }
        assert!(
            validated(&sample::incident())["runs"][0]["originalUriBaseIds"]["HISTORY"].is_null()
        );
        let hostile = sample::credentials(sample::HOSTILE);
        validated(&hostile);
        sample::assert_inert(&sarif(&hostile));
    }

    #[test]
    fn a_run_in_full() {
        let mut report = sample::incident();
        report.findings.truncate(1);
        insta::assert_snapshot!(sarif(&report), @r##"
        {
          "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
          "version": "2.1.0",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "plimsoll",
                  "version": "0.1.0",
                  "semanticVersion": "0.1.0",
                  "informationUri": "https://github.com/plimsoll-security/plimsoll",
                  "rules": [
                    {
                      "id": "context-escapes-repository",
                      "deprecatedIds": [
                        "context-escape"
                      ],
                      "shortDescription": {
                        "text": "build context leaves the repository"
                      },
                      "fullDescription": {
                        "text": "A build context outside."
                      },
                      "help": {
                        "text": "# context-escapes-repository\n\n## What it finds\n\nA build context\noutside.\n\n- one `item` that is long enough to be wrapped at the width of a terminal, because it goes on and on\n- two\n\n## Bad\n\n```yaml path=smithery.yaml\nbuild:\n  dockerBuildPath: ../../\n# ^ finding\n```\n\n## Limits\n\nNone.\n",
                        "markdown": "# context-escapes-repository\n\n## What it finds\n\nA build context\noutside.\n\n- one `item` that is long enough to be wrapped at the width of a terminal, because it goes on and on\n- two\n\n## Bad\n\n```yaml path=smithery.yaml\nbuild:\n  dockerBuildPath: ../../\n# ^ finding\n```\n\n## Limits\n\nNone.\n"
                      },
                      "defaultConfiguration": {
                        "level": "error"
                      },
                      "properties": {
                        "precision": "very-high",
                        "security-severity": "9.5",
                        "tags": [
                          "security",
                          "build",
                          "external/cwe/cwe-022",
                          "CICD-SEC-4"
                        ]
                      }
                    }
                  ]
                }
              },
              "invocations": [
                {
                  "executionSuccessful": true,
                  "exitCode": 1
                }
              ],
              "columnKind": "unicodeCodePoints",
              "originalUriBaseIds": {
                "ROOT": {
                  "description": {
                    "text": "The folder the run was started in"
                  }
                }
              },
              "results": [
                {
                  "ruleId": "context-escapes-repository",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "`build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the repository, so the builder reads the home directory of its own user and `COPY . /app` puts it into the image. Set it to `.`.\nInput `../../` resolves to ../.. (2 directories above the root).\nbuildkit, classic: escapes the root.\nkaniko: refuses, the build fails.\nIt gives read access to the home directory, the folder above the root.",
                    "markdown": "\\`build.dockerBuildPath\\` in smithery.yaml is \\`../../\\`, two folders above the repository, so the builder reads the home directory of its own user and \\`COPY . /app\\` puts it into the image. Set it to \\`.\\`.\n\nInput \\`../../\\` resolves to ../.. (2 directories above the root).\n\nbuildkit, classic: escapes the root.\n\nkaniko: refuses, the build fails.\n\nIt gives read access to the home directory, the folder above the root."
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "smithery.yaml",
                          "uriBaseId": "ROOT"
                        },
                        "region": {
                          "startLine": 3,
                          "startColumn": 20,
                          "endLine": 3,
                          "endColumn": 26,
                          "byteOffset": 51,
                          "byteLength": 6,
                          "snippet": {
                            "text": "../../"
                          }
                        },
                        "contextRegion": {
                          "startLine": 1,
                          "endLine": 3,
                          "snippet": {
                            "text": "build:\n  dockerfile: Dockerfile\n  dockerBuildPath: ../../"
                          }
                        }
                      }
                    }
                  ],
                  "relatedLocations": [
                    {
                      "id": 1,
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "Dockerfile",
                          "uriBaseId": "ROOT"
                        },
                        "region": {
                          "startLine": 1,
                          "startColumn": 1,
                          "endLine": 1,
                          "endColumn": 13,
                          "byteOffset": 0,
                          "byteLength": 12,
                          "snippet": {
                            "text": "FROM node:22"
                          }
                        },
                        "contextRegion": {
                          "startLine": 1,
                          "endLine": 3,
                          "snippet": {
                            "text": "FROM node:22\nWORKDIR /app\nCOPY . /app"
                          }
                        }
                      },
                      "message": {
                        "text": "the image everything is copied into"
                      }
                    }
                  ],
                  "codeFlows": [
                    {
                      "threadFlows": [
                        {
                          "locations": [
                            {
                              "location": {
                                "physicalLocation": {
                                  "artifactLocation": {
                                    "uri": "smithery.yaml",
                                    "uriBaseId": "ROOT"
                                  },
                                  "region": {
                                    "startLine": 3,
                                    "startColumn": 20,
                                    "endLine": 3,
                                    "endColumn": 26,
                                    "byteOffset": 51,
                                    "byteLength": 6,
                                    "snippet": {
                                      "text": "../../"
                                    }
                                  },
                                  "contextRegion": {
                                    "startLine": 1,
                                    "endLine": 3,
                                    "snippet": {
                                      "text": "build:\n  dockerfile: Dockerfile\n  dockerBuildPath: ../../"
                                    }
                                  }
                                },
                                "message": {
                                  "text": "the manifest says where the build context is (controlled by anyone)"
                                }
                              },
                              "executionOrder": 1,
                              "importance": "essential"
                            },
                            {
                              "location": {
                                "physicalLocation": {
                                  "artifactLocation": {
                                    "uri": "Dockerfile",
                                    "uriBaseId": "ROOT"
                                  },
                                  "region": {
                                    "startLine": 3,
                                    "startColumn": 1,
                                    "endLine": 3,
                                    "endColumn": 12,
                                    "byteOffset": 26,
                                    "byteLength": 11,
                                    "snippet": {
                                      "text": "COPY . /app"
                                    }
                                  },
                                  "contextRegion": {
                                    "startLine": 1,
                                    "endLine": 3,
                                    "snippet": {
                                      "text": "FROM node:22\nWORKDIR /app\nCOPY . /app"
                                    }
                                  }
                                },
                                "message": {
                                  "text": "the whole context is copied into the image (controlled by anyone)"
                                }
                              },
                              "executionOrder": 2,
                              "importance": "essential"
                            }
                          ]
                        }
                      ]
                    }
                  ],
                  "partialFingerprints": {
                    "plimsoll/v1": "1:00112233445566778899aabbccddeeff"
                  },
                  "fixes": [
                    {
                      "description": {
                        "text": "build in the repository"
                      },
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "smithery.yaml",
                            "uriBaseId": "ROOT"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "byteOffset": 51,
                                "byteLength": 6
                              },
                              "insertedContent": {
                                "text": "."
                              }
                            }
                          ]
                        }
                      ]
                    }
                  ],
                  "suppressions": [],
                  "properties": {
                    "security-severity": "9.5",
                    "severity": "critical",
                    "confidence": "high",
                    "level": "default",
                    "stage": "build",
                    "aliases": [
                      "trivy:X"
                    ]
                  }
                }
              ]
            }
          ]
        }
        "##);
    }
}
