//! `argument-chooses-secret`: a build argument that chooses which secret a RUN sees, or where.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-secret",
        title: "A build argument chooses a secret or its place",
        severity: Severity::High,
        references: &["CWE-73", "CWE-522", "CICD-SEC-6"],
        page: include_str!("argument_chooses_secret.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let (what, chosen) = match subject.sink.kind {
        SinkKind::Secret => (
            "the id of a secret or agent",
            "which of those given to the build the command takes",
        ),
        SinkKind::SecretTarget => (
            "where a secret or agent is mounted",
            "which file it stands in for",
        ),
        _ => return None,
    };
    let lead = format!(
        "`{}` is {what}, so whoever sets `{}` chooses {chosen}",
        subject.word(),
        subject.sink.argument
    );
    let advice = "Write out the id and the target, one mount for each secret the command needs";
    Some(Said::new(lead, advice))
}
