//! `argument-chooses-copy-source`: a build argument that chooses which files a COPY or ADD takes.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-copy-source",
        former_ids: &[],
        title: "A build argument chooses what is copied",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_copy_source.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    if subject.sink.kind != SinkKind::CopySource {
        return;
    }
    let lead = format!(
        "`{}` in `{}` is a source in the context, so whoever sets `{}` chooses any file of the context",
        subject.word(),
        subject.instruction_name(),
        subject.sink.argument
    );
    let advice = "Name the files, or check the argument against a list before this line";
    findings.push(subject.finding(&RULE.info, &lead, advice));
}
