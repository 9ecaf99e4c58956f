//! `secret-in-env-file`: a credential in a file of environment variables.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-env-file",
        former_ids: &[],
        title: "A file of environment variables holds a credential",
        stage: Stage::Source,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-538", "CWE-312", "CICD-SEC-6", "MCP01:2025"],
        page: include_str!("secret_in_env_file.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it, take the file out of the repository (`git rm --cached`), list it in `.gitignore` and `.dockerignore`, and keep a copy with stand-ins under another name";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    if held.holder == Holder::EnvFile {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}
