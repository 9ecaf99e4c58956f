//! `argument-chooses-mount-source`: a build argument that chooses what a RUN mounts.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-mount-source",
        title: "A build argument chooses what is mounted",
        severity: Severity::Low,
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_mount_source.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let (what, chosen) = match subject.sink.kind {
        SinkKind::MountSource => ("the source of a mount", "what the command sees there"),
        SinkKind::CacheName => (
            "the name of a cache mount",
            "which of the builder's caches the command reads and writes",
        ),
        _ => return None,
    };
    let lead = format!(
        "`{}` is {what}, so whoever sets `{}` chooses {chosen}",
        subject.word(),
        subject.sink.argument
    );
    let advice =
        "Mount a fixed path, or check the argument against a list in a stage this one is built on";
    Some(Said::new(lead, advice))
}
