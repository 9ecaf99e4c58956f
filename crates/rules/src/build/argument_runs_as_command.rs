//! `argument-runs-as-command`: a build argument that a shell or interpreter parses as code.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-runs-as-command",
        former_ids: &[],
        title: "A build argument runs as code",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-78", "CWE-94", "CICD-SEC-4"],
        page: include_str!("argument_runs_as_command.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let reason = match &subject.sink.kind {
        SinkKind::Command { reason } | SinkKind::FetchedCode { reason } => reason,
        _ => return,
    };
    let lead = format!(
        "the value of `{}` runs as code: {reason}",
        subject.sink.argument
    );
    let advice = "Pass it as an argument or a variable that is never parsed, in double quotes, or check it against a list first";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
