//! `argument-unquoted-in-command`: a build argument that stands unquoted in a command.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-unquoted-in-command",
        former_ids: &[],
        title: "A build argument stands unquoted in a command",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Strict,
        aliases: &[],
        references: &["CWE-88"],
        page: include_str!("argument_unquoted_in_command.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::UnquotedWord { command } = &subject.sink.kind else {
        return;
    };
    let lead = format!(
        "`{}` is unquoted, so blanks in `{}` split it into several words of `{command}`",
        subject.word(),
        subject.sink.argument
    );
    let advice = "Put it in double quotes";
    let mut finding = subject.finding(&RULE.info, &lead, advice);
    finding.level = Level::Strict;
    finding.confidence = Confidence::Low;
    findings.push(finding);
}
