//! `secret-in-ci-file`: a credential in the configuration of a pipeline.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-ci-file",
        former_ids: &[],
        title: "The configuration of a pipeline holds a credential",
        stage: Stage::Source,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-798", "CICD-SEC-6"],
        page: include_str!("secret_in_ci_file.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it and keep the new one in the pipeline's secret store; a short-lived token by OIDC needs none at all";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    if held.holder == Holder::Ci {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}
