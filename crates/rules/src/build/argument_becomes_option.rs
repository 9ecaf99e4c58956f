//! `argument-becomes-option`: a build argument that can become an option of a command whose options run, read, write or fetch.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-becomes-option",
        former_ids: &[],
        title: "A build argument can become an option",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-88", "CICD-SEC-4"],
        page: include_str!("argument_becomes_option.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::Option { command, reason } = &subject.sink.kind else {
        return;
    };
    let lead = format!(
        "`{}` can become an option of `{command}`: {reason}",
        subject.word(),
    );
    let advice = "Put it in double quotes behind `--`, put fixed text before it, or check it against a list first";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
