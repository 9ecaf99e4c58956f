//! The scales a finding is judged on: stage, control, severity, confidence, level, status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in the chain an attack happens.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the six stages")]
pub enum Stage {
    Source,
    Build,
    Image,
    Deploy,
    Run,
    Watch,
}

/// Who controls a value, from the least to the most trusted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// A stranger.
    Anyone,
    /// Somebody who can open a pull request or trigger a job.
    Contributor,
    /// Somebody who can change the repository.
    Maintainer,
    /// The operator of the builder or hosting platform.
    Platform,
}

/// How bad a finding is, from the least to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the scale")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// All, from the worst to the least.
    pub const WORST_FIRST: [Severity; 5] = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::Info,
    ];

    /// This severity lowered by `steps`, not below `info`.
    pub fn lowered(self, steps: usize) -> Severity {
        let at = Severity::WORST_FIRST
            .iter()
            .position(|severity| *severity == self)
            .unwrap_or(0);
        Severity::WORST_FIRST[(at + steps).min(Severity::WORST_FIRST.len() - 1)]
    }

    /// The severity of a flow whose sink gives `self`, from a source that `control` controls: one step
    /// lower for a contributor, two for a maintainer or the platform.
    pub fn for_control(self, control: Control) -> Severity {
        match control {
            Control::Anyone => self,
            Control::Contributor => self.lowered(1),
            Control::Maintainer | Control::Platform => self.lowered(2),
        }
    }
}

/// How sure we are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// No known source outside sets the value.
    Low,
    /// One named assumption.
    Medium,
    /// Every step is resolved.
    High,
}

/// Which runs show a finding.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every run.
    #[default]
    Default,
    /// Only runs with `--level strict`.
    Strict,
}

/// What was decided about a finding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Counts.
    New,
    /// In the baseline, or there already at `--since-ref`.
    Known,
    /// Silenced by an ignore comment or the config.
    Ignored,
}

macro_rules! kebab_display {
    ($($name:ty),*) => {$(
        impl $name {
            /// The name as written in configuration and reports.
            pub fn as_str(self) -> &'static str {
                self.name()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Stage::Source => "source",
            Stage::Build => "build",
            Stage::Image => "image",
            Stage::Deploy => "deploy",
            Stage::Run => "run",
            Stage::Watch => "watch",
        }
    }
}

impl Control {
    const fn name(self) -> &'static str {
        match self {
            Control::Anyone => "anyone",
            Control::Contributor => "contributor",
            Control::Maintainer => "maintainer",
            Control::Platform => "platform",
        }
    }
}

impl Severity {
    const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl Confidence {
    const fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Level::Default => "default",
            Level::Strict => "strict",
        }
    }
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Known => "known",
            Status::Ignored => "ignored",
        }
    }
}

kebab_display!(Stage, Control, Severity, Confidence, Level, Status);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_falls_with_trust() {
        assert_eq!(
            Severity::Critical.for_control(Control::Anyone),
            Severity::Critical
        );
        assert_eq!(
            Severity::Critical.for_control(Control::Contributor),
            Severity::High
        );
        assert_eq!(
            Severity::Critical.for_control(Control::Maintainer),
            Severity::Medium
        );
        assert_eq!(Severity::Low.lowered(9), Severity::Info);
    }

    #[test]
    fn control_orders_from_stranger_to_platform() {
        assert!(Control::Anyone < Control::Contributor);
        assert!(Control::Maintainer < Control::Platform);
    }
}
