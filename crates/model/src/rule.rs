//! A rule's metadata: all that decide, report and explain need.

use crate::{Confidence, Level, Severity, Stage};

/// What is known of a rule without running it.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// Kebab-case name of the bad thing.
    pub id: &'static str,
    /// Earlier ids that still name this rule.
    pub former_ids: &'static [&'static str],
    /// One line that names the bad thing.
    pub title: &'static str,
    /// Where in the chain it stands.
    pub stage: Stage,
    /// Severity where a finding does not state its own.
    pub severity: Severity,
    /// Confidence where a finding does not state its own.
    pub confidence: Confidence,
    /// Level where a finding does not state its own.
    pub level: Level,
    /// Ids other tools give the same thing, one spelling each (`DL3007`, `buildkit:SecretsUsedInArgOrEnv`).
    pub aliases: &'static [&'static str],
    /// CWE, OWASP, CIS, SLSA ids.
    pub references: &'static [&'static str],
    /// The rule's page, Markdown.
    pub page: &'static str,
}
