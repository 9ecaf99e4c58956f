//! `argument-chooses-destination`: a build argument that chooses where in the image files are written.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-destination",
        former_ids: &[],
        title: "A build argument chooses where files are written",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_destination.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let what = match subject.sink.kind {
        SinkKind::CopyDestination => "the destination of a copy",
        SinkKind::Workdir => "the working directory of all that follows",
        SinkKind::WrittenFile => "the file a command writes",
        _ => return,
    };
    let lead = format!(
        "`{}` in `{}` is {what}, so whoever sets `{}` can overwrite any file of the image that the build can write",
        subject.word(),
        subject.instruction_name(),
        subject.sink.argument
    );
    let advice = "Write to a fixed path, or check the argument against a list before this line";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
