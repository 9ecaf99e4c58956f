//! `argument-chooses-base-image`: a build argument that chooses the image a stage is built on or copies from.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-base-image",
        former_ids: &[],
        title: "A build argument chooses the base image",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-829", "CICD-SEC-3"],
        page: include_str!("argument_chooses_base_image.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::BaseImage { fixed } = &subject.sink.kind else {
        return;
    };
    let (lead, lowered) = match fixed {
        None => ("any image of any registry", false),
        Some(_) => ("any tag or digest of that repository", true),
    };
    let lead = format!(
        "`{}` in `{}` names the image, so whoever sets `{}` chooses {lead}",
        subject.word(),
        subject.instruction_name(),
        subject.sink.argument
    );
    let advice = "Name the image with its digest, or choose between fixed stages by name";
    let mut finding = subject.finding(&RULE.info, &lead, advice);
    if lowered {
        finding.severity = finding.severity.lowered(1);
        finding.level = Level::Strict;
    }
    findings.push(finding);
}
