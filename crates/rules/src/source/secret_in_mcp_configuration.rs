//! `secret-in-mcp-configuration`: a credential in the configuration of an MCP client or server.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-mcp-configuration",
        former_ids: &[],
        title: "The configuration of an MCP client or server holds a credential",
        stage: Stage::Source,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-798", "CWE-522", "MCP01:2025"],
        page: include_str!("secret_in_mcp_configuration.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it and let the client fill it in: a reference to a variable or a prompt for an input instead of the value";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    if held.holder == Holder::McpConfiguration {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}
