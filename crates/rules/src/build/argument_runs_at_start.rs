//! `argument-runs-at-start`: a build argument that the shell of an ENTRYPOINT or CMD parses when a container starts.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-runs-at-start",
        former_ids: &[],
        title: "A build argument runs when the container starts",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-78"],
        page: include_str!("argument_runs_at_start.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::Entrypoint { reason } = &subject.sink.kind else {
        return;
    };
    let lead = format!(
        "the value of `{}` is kept in the image and runs as code when a container starts: {reason}",
        subject.sink.argument
    );
    let advice = "Use the JSON form, and hand the value over as an argument of its own";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
