//! `argument-runs-as-command`: a build argument that a shell or interpreter parses as code.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-runs-as-command",
        title: "A build argument runs as code",
        severity: Severity::High,
        references: &["CWE-78", "CWE-94", "CICD-SEC-4"],
        page: include_str!("argument_runs_as_command.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let reason = match &subject.sink.kind {
        SinkKind::Command { reason } | SinkKind::FetchedCode { reason } => reason,
        _ => return None,
    };
    let lead = format!(
        "the value of `{}` runs as code: {reason}",
        subject.sink.argument
    );
    let advice = "Pass it as an argument or a variable that is never parsed, in double quotes, or check it against a list first";
    Some(Said::new(lead, advice))
}
