//! `argument-chooses-mount-source`: a build argument that chooses what a RUN mounts.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-mount-source",
        former_ids: &[],
        title: "A build argument chooses what is mounted",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_mount_source.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    if subject.sink.kind != SinkKind::MountSource {
        return;
    }
    let lead = format!(
        "`{}` is the source of a mount, so whoever sets `{}` chooses what the command sees there",
        subject.word(),
        subject.sink.argument
    );
    let advice =
        "Mount a fixed path, or check the argument against a list in a stage this one is built on";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
