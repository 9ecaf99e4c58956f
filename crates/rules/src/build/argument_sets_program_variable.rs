//! `argument-sets-program-variable`: a build argument that becomes a variable which programs read by themselves.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-sets-program-variable",
        former_ids: &[],
        title: "A build argument sets a variable that programs obey",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-454", "CWE-829"],
        page: include_str!("argument_sets_program_variable.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::ProgramVariable { name, effect, .. } = &subject.sink.kind else {
        return;
    };
    let lead = format!(
        "`{name}` takes the value of `{}`, and {effect}",
        subject.sink.argument
    );
    let advice = "Set it to a fixed value, or check the argument against a list first";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
