//! `secret-in-deployment-file`: a credential in a manifest that builds or runs containers.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-deployment-file",
        former_ids: &[],
        title: "A deployment manifest holds a credential",
        stage: Stage::Deploy,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-798", "CWE-522", "CICD-SEC-6"],
        page: include_str!("secret_in_deployment_file.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it and name it instead: the platform's secret store, or a file that is not in the repository";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    if held.holder == Holder::Deployment {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}
