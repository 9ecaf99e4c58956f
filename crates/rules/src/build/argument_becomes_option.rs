//! `argument-becomes-option`: a build argument that can become an option of a command whose options run, read, write or fetch.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-becomes-option",
        title: "A build argument can become an option",
        severity: Severity::Medium,
        references: &["CWE-88", "CICD-SEC-4"],
        page: include_str!("argument_becomes_option.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::Option { command, reason } = &subject.sink.kind else {
        return None;
    };
    let lead = format!(
        "`{}` can become an option of `{command}`: {reason}",
        subject.word(),
    );
    let advice = "Put it in double quotes behind `--`, put fixed text before it, or check it against a list first";
    Some(Said::new(lead, advice))
}
