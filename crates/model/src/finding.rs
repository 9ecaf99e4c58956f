//! What a rule says: a finding with its flow, its witness and its fixes, in root-relative paths and byte spans.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Confidence, Control, Level, Origin, RootPath, RuleInfo, SecretFacts, Severity, Sighting, Span,
};

/// A place in an artifact; without a span it means the whole artifact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The artifact.
    pub path: RootPath,
    /// The bytes meant.
    pub span: Option<Span>,
}

impl Label {
    /// A place within the artifact at `path`.
    pub fn new(path: &RootPath, span: Span) -> Label {
        Label {
            path: path.clone(),
            span: Some(span),
        }
    }

    /// The whole artifact at `path`.
    pub fn whole(path: &RootPath) -> Label {
        Label {
            path: path.clone(),
            span: None,
        }
    }
}

/// Something wrong, at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that says so.
    pub rule: &'static RuleInfo,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Which runs show it.
    pub level: Level,
    /// Names the file, the value, what it leads to and what to do.
    pub message: String,
    /// Where.
    pub at: Label,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// The way from the source to the sink, in order.
    pub flow: Vec<FlowStep>,
    /// The concrete input and what it leads to.
    pub witness: Option<Witness>,
    /// Edits that would mend it.
    pub fixes: Vec<Fix>,
    /// Those of the rule's aliases that fit this finding.
    pub aliases: Vec<&'static str>,
    /// The parts of the fingerprint that identify it; empty means the text at `at`.
    pub identity: Vec<String>,
    /// The credential it is about, where it is about one that was seen.
    pub secret: Option<Box<SeenSecret>>,
}

/// The credential a finding is about.
#[derive(Clone, Debug)]
pub struct SeenSecret {
    /// What was seen, with its place.
    pub sighting: Sighting,
    /// What the report says about it.
    pub facts: SecretFacts,
    /// Where it was seen, if not in a file of the tree.
    pub origin: Option<Origin>,
}

impl Finding {
    /// A finding with the rule's own severity, confidence, level and aliases.
    pub fn at(rule: &'static RuleInfo, at: Label, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            level: rule.level,
            message: message.into(),
            at,
            related: Vec::new(),
            flow: Vec::new(),
            witness: None,
            fixes: Vec::new(),
            aliases: rule.aliases.to_vec(),
            identity: Vec::new(),
            secret: None,
        }
    }
}

/// Another place that matters for a finding.
#[derive(Clone, Debug)]
pub struct Related {
    /// Where.
    pub at: Label,
    /// Why it matters.
    pub message: String,
}

/// One step of a flow.
#[derive(Clone, Debug)]
pub struct FlowStep {
    /// Where.
    pub at: Label,
    /// What happens to the value here.
    pub message: String,
    /// Who controls the value from here on.
    pub control: Control,
}

/// The builders we tell apart.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named for the builders")]
pub enum Builder {
    Buildkit,
    Classic,
    Buildah,
    Kaniko,
}

impl Builder {
    /// The name as written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Builder::Buildkit => "buildkit",
            Builder::Classic => "classic",
            Builder::Buildah => "buildah",
            Builder::Kaniko => "kaniko",
        }
    }
}

/// What one builder does with a witness.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum BuilderOutcome {
    /// Leaves the root.
    Escapes,
    /// Does what the witness says without leaving the root.
    Reaches,
    /// Cuts the path back to the context.
    Clamps,
    /// Ends with an error.
    Refuses,
    /// Not known.
    Unknown,
}

impl BuilderOutcome {
    /// The name as written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            BuilderOutcome::Escapes => "escapes",
            BuilderOutcome::Reaches => "reaches",
            BuilderOutcome::Clamps => "clamps",
            BuilderOutcome::Refuses => "refuses",
            BuilderOutcome::Unknown => "unknown",
        }
    }

    /// Whether the witness has its effect.
    pub const fn is_effective(self) -> bool {
        matches!(self, BuilderOutcome::Escapes | BuilderOutcome::Reaches)
    }
}

/// What a witness shows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum WitnessKind {
    /// Leaves the root.
    PathEscape,
    /// An outsider chooses the file or destination inside the root.
    PathChoice,
    /// The value is parsed as code.
    CommandInjection,
    /// The value becomes an option of a command whose options run, read, write or fetch.
    OptionInjection,
    /// An outsider chooses the image.
    ImageChoice,
    /// An outsider chooses the address fetched.
    UrlChoice,
    /// A secret becomes readable.
    SecretExposure,
}

impl WitnessKind {
    /// The severity such a sink gives to a flow from anyone. A command inside the image's own build is
    /// `High`; the caller raises it to `Critical` where it runs outside.
    pub const fn severity(self) -> Severity {
        match self {
            WitnessKind::PathEscape => Severity::Critical,
            WitnessKind::CommandInjection | WitnessKind::SecretExposure => Severity::High,
            WitnessKind::OptionInjection | WitnessKind::ImageChoice | WitnessKind::UrlChoice => {
                Severity::Medium
            }
            WitnessKind::PathChoice => Severity::Low,
        }
    }
}

/// What becomes reachable. Never a listing of the machine.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named for the things")]
pub enum ReachedThing {
    ParentOfRoot,
    Home,
    FilesystemRoot,
    Repository,
    Context,
    Image,
    BuildShell,
    Network,
}

/// How it becomes reachable.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Access {
    Read,
    Write,
    Execute,
}

/// A thing and how it is reached.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Reach {
    /// The thing.
    pub what: ReachedThing,
    /// How.
    pub access: Access,
}

/// The concrete input of a finding, what it resolves to, and what that opens, per builder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Witness {
    /// What it shows.
    pub kind: WitnessKind,
    /// The value an attacker gives.
    pub input: String,
    /// What it resolves to: relative to the root (`../..`, `.`), absolute or `~/…` only when the input is.
    pub resolves_to: String,
    /// Directories above the root; 0 when it does not leave it.
    pub levels: u32,
    /// What each builder does.
    pub builders: BTreeMap<Builder, BuilderOutcome>,
    /// What becomes reachable.
    pub reaches: Vec<Reach>,
}

/// Whether a fix keeps what the build does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// Keeps it.
    Safe,
    /// May change it: read before applying.
    Unsafe,
}

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether it keeps what the build does.
    pub safety: Safety,
    /// The edits, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement, or a new file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: RootPath,
    /// The bytes replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
    /// Whether the edit makes a new file.
    pub create: bool,
}
