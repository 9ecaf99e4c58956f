//! What came of proving: the stable contract of `prove --format json`.

use plimsoll_model::{Builder, ReportFinding, ToolInfo};
use schemars::JsonSchema;
use serde::Serialize;

/// One run's result. Consumers ignore unknown fields and enum values.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProofReport {
    /// Always `plimsoll/proof/1`.
    pub schema: String,
    /// What made it.
    pub tool: ToolInfo,
    /// What was asked for, as typed.
    pub target: String,
    /// The builders that were tried.
    pub builders: Vec<BuilderInfo>,
    /// Each finding with a witness, and what each builder did.
    pub proofs: Vec<Proof>,
    /// What of the target the copy lacks, the first few.
    pub left_out: Vec<String>,
    /// The outcome.
    pub verdict: ProofVerdict,
}

/// A builder that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BuilderInfo {
    /// Which.
    pub builder: Builder,
    /// Its version, as it says.
    pub version: String,
    /// What bounds a build there, in words.
    pub bounds: String,
}

/// A finding and what came of trying it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proof {
    /// The finding; its confidence is `high` where a builder proved it.
    pub finding: ReportFinding,
    /// One for each builder.
    pub attempts: Vec<Attempt>,
}

impl Proof {
    /// Whether some builder proved it.
    pub fn is_proved(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.outcome == Outcome::Proved)
    }
}

/// What one builder did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attempt {
    /// Which.
    pub builder: Builder,
    /// What came of it.
    pub outcome: Outcome,
    /// Why: the builder's words for a refusal, ours for what was not tried.
    pub reason: Option<String>,
    /// How the build differed from the repository's own.
    pub changed: Vec<String>,
    /// What was found in the image.
    pub evidence: Vec<Evidence>,
    /// Shell commands that repeat it from the folder the run was started in.
    pub repeat: Vec<String>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The attack worked; there is evidence.
    Proved,
    /// The builder did not do what the attack needs.
    Refused,
    /// It was not tried, or could not be.
    NotReproducible,
    /// Something broke.
    Failed,
}

impl Outcome {
    /// The name as written in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Proved => "proved",
            Outcome::Refused => "refused",
            Outcome::NotReproducible => "not reproducible",
            Outcome::Failed => "failed",
        }
    }
}

/// Something found in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// What it shows.
    pub kind: EvidenceKind,
    /// The path in the image.
    pub path: String,
    /// The canary's token that was found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The file's SHA-256 with the argument's usual value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The file's SHA-256.
    pub after: String,
    /// The argument's value that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What evidence shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A file the builder should not have read is in the image.
    Read,
    /// A file of the image was replaced.
    Replaced,
    /// A command ran that nobody wrote into the Dockerfile.
    Executed,
    /// The image is built on one that an outsider chose.
    Chosen,
}

/// The outcome of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProofVerdict {
    /// The exit code: 1 something was proved, 0 nothing was, 2 something failed.
    pub exit: u8,
    /// Findings that some builder proved.
    pub proved: usize,
    /// Findings that no builder proved and some refused.
    pub refused: usize,
    /// Findings that could not be tried.
    pub not_reproducible: usize,
    /// Findings of which an attempt broke and none was proved.
    pub failed: usize,
    /// Findings without a witness, which were not tried.
    pub without_witness: usize,
}

impl ProofVerdict {
    pub(crate) fn of(proofs: &[Proof], without_witness: usize) -> ProofVerdict {
        let mut verdict = ProofVerdict {
            without_witness,
            ..ProofVerdict::default()
        };
        for proof in proofs {
            let has = |outcome| {
                let mut attempts = proof.attempts.iter();
                attempts.any(|attempt| attempt.outcome == outcome)
            };
            if proof.is_proved() {
                verdict.proved += 1;
            } else if has(Outcome::Failed) {
                verdict.failed += 1;
            } else if has(Outcome::Refused) {
                verdict.refused += 1;
            } else {
                verdict.not_reproducible += 1;
            }
        }
        verdict.exit = if verdict.failed > 0 {
            2
        } else {
            u8::from(verdict.proved > 0)
        };
        verdict
    }
}
