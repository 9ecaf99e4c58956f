//! The report: the stable contract of `--format json`, and what every other format is made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Confidence, Control, Level, Position, RuleInfo, Safety, SecretFacts, SecretSummary, Severity,
    Stage, Status, Witness,
};

/// One run's result. Serialises to the contract; consumers ignore unknown fields and enum values.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Always `plimsoll/report/1`.
    pub schema: String,
    /// What made it.
    pub tool: ToolInfo,
    /// What was asked for.
    pub targets: Vec<Target>,
    /// What was found, sorted by path, byte, rule, fingerprint.
    pub findings: Vec<ReportFinding>,
    /// What went wrong; not empty means exit 2.
    pub errors: Vec<ReportError>,
    /// What was audited and what was not.
    pub coverage: Coverage,
    /// The credentials among the findings that count; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretSummary>,
    /// The outcome.
    pub verdict: Verdict,
    /// The rules that can have run, for formats that carry a rule table.
    #[serde(skip)]
    pub rules: Vec<&'static RuleInfo>,
}

/// The tool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "name and version")]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Target {
    /// As typed.
    pub target: String,
    /// The root it was judged against, relative where the target was.
    pub root: String,
}

/// A finding in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReportFinding {
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// Where in the chain.
    pub stage: Stage,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Which runs show it.
    pub level: Level,
    /// What is wrong and what to do.
    pub message: String,
    /// Where.
    pub location: Location,
    /// Other places that matter.
    pub related: Vec<ReportRelated>,
    /// From the source to the sink.
    pub flow: Vec<ReportFlowStep>,
    /// The concrete input and what it leads to.
    pub witness: Option<Witness>,
    /// Other tools' ids for this.
    pub aliases: Vec<String>,
    /// CWE, OWASP, CIS, SLSA ids.
    pub references: Vec<String>,
    /// The credential it is about; absent where it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretFacts>,
    /// Edits that would mend it.
    pub fixes: Vec<ReportedFix>,
    /// `1:` and 32 hex digits; the same for the same thing in every run.
    pub fingerprint: String,
    /// What was decided.
    pub status: Status,
    /// Why it is known or ignored.
    pub reason: Option<String>,
}

/// A place in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Location {
    /// The target joined with the inner path, `/`-separated, control bytes percent-encoded.
    pub path: String,
    /// `stdin`, `file`, `git`, `layer` or `image-config`.
    pub origin: String,
    /// The commit, digest or id, where the origin has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What it stands in, from outer to inner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Vec<String>>,
    /// The path in the archive at `path`, where the place is in one; start and end are those in the file inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Start; null together with `end` when the whole artifact is meant.
    pub start: Option<Position>,
    /// End, exclusive.
    pub end: Option<Position>,
    /// The path relative to the root, for SARIF and fingerprints.
    #[serde(skip)]
    pub root_path: String,
    /// The root's path as typed (`.` or the target's enclosing root), for SARIF's `uriBaseId`.
    #[serde(skip)]
    pub root: Arc<str>,
    /// The source around the place, secrets masked.
    #[serde(skip)]
    pub excerpt: Option<Excerpt>,
}

/// Whole source lines around a place, with every known secret of the artifact masked byte for byte by `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// Byte offset of the first line in the artifact.
    pub first_byte: u32,
    /// The lines, not escaped.
    pub text: String,
}

/// Another place in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "see `Related`")]
pub struct ReportRelated {
    pub location: Location,
    pub message: String,
}

/// One step of a flow in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "see `FlowStep`")]
pub struct ReportFlowStep {
    pub location: Location,
    pub message: String,
    pub control: Control,
}

/// A fix in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "see `Fix`")]
pub struct ReportedFix {
    pub title: String,
    pub safety: Safety,
    pub edits: Vec<ReportedEdit>,
}

/// An edit in the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ReportedEdit {
    /// The file, written as a location's path is.
    pub path: String,
    /// First byte replaced.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// What stands there afterwards.
    pub text: String,
    /// Present and true where the edit makes a new file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub create: bool,
    /// The path relative to the root, for SARIF.
    #[serde(skip)]
    pub root_path: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct ReportError {
    /// The class.
    pub kind: ErrorKind,
    /// The rule that failed, where one did.
    pub rule: Option<String>,
    /// The path concerned.
    pub path: Option<String>,
    /// One sentence.
    pub message: String,
}

/// Classes of errors.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ErrorKind {
    RuleFailed,
    TargetUnreadable,
    ObjectMissing,
    Deadline,
}

/// What was audited and what was not.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Coverage {
    /// Artifacts read, per kind name.
    pub audited: BTreeMap<String, u64>,
    /// Files and objects searched for credentials, whatever their kind.
    pub searched: u64,
    /// What was passed over, and why.
    pub skipped: Vec<Skipped>,
}

/// Something passed over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Skipped {
    /// The path, written as a location's path is.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
    /// In words.
    pub detail: String,
}

/// Why something was passed over.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// Ignored by git.
    Ignored,
    /// Larger than we read.
    TooLarge,
    /// Config, ignore or baseline of the target, under `--submitted`.
    NotHonoured,
    /// A counted bound was reached.
    Bound,
    /// Could not be read, or is binary.
    Unreadable,
    /// A target named on the command line whose kind we do not know.
    UnknownKind,
}

impl SkipReason {
    /// The name as written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            SkipReason::Ignored => "ignored",
            SkipReason::TooLarge => "too-large",
            SkipReason::NotHonoured => "not-honoured",
            SkipReason::Bound => "bound",
            SkipReason::Unreadable => "unreadable",
            SkipReason::UnknownKind => "unknown-kind",
        }
    }
}

/// The outcome.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Verdict {
    /// The exit code: 0 clean, 1 findings, 2 error, 3 nothing read.
    pub exit: u8,
    /// New findings per severity; severities without any are absent.
    pub by_severity: BTreeMap<Severity, u64>,
}
