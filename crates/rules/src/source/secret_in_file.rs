//! `secret-in-file`: a credential written into a file of the repository.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-file",
        former_ids: &[],
        title: "A file of the repository holds a credential",
        stage: Stage::Source,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-798", "CWE-312", "CICD-SEC-6", "MCP01:2025"],
        page: include_str!("secret_in_file.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it first, then read it from the environment or a secret store: taking it out of the file leaves it in every copy and in the history";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    if matches!(held.holder, Holder::Source | Holder::CredentialFile) {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}
