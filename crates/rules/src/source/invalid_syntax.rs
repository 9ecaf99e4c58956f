//! `invalid-syntax`: bytes that the file's own reader rejects or passes over.

use plimsoll_chain::Unit;
use plimsoll_model::{Confidence, Finding, Kind, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

/// How many errors of one file are shown; the rest of a broken file tells nothing new.
const SHOWN: usize = 10;

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "invalid-syntax",
        former_ids: &[],
        title: "The file does not parse",
        stage: Stage::Source,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &["DL1000"],
        references: &["CWE-1286"],
        page: include_str!("invalid_syntax.md"),
    },
    check: Check::Unit(check),
};

fn check(unit: &Unit, _world: &World<'_>, findings: &mut Findings) {
    let errors = unit.syntax_errors();
    for error in errors.iter().take(SHOWN) {
        let message = format!(
            "{}; its reader stops here or passes it over, and what it hides is not audited",
            error.message
        );
        let mut finding = Finding::at(&RULE.info, unit.label(error.span), message);
        if unit.artifact.kind != Kind::Dockerfile {
            finding.aliases.clear();
        }
        findings.push(finding);
    }
}
