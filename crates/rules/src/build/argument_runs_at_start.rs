//! `argument-runs-at-start`: a build argument that the shell of an ENTRYPOINT or CMD parses when a container starts.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-runs-at-start",
        title: "A build argument runs when the container starts",
        severity: Severity::High,
        references: &["CWE-78"],
        page: include_str!("argument_runs_at_start.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::Entrypoint { reason } = &subject.sink.kind else {
        return None;
    };
    let lead = format!(
        "the value of `{}` is kept in the image and runs as code when a container starts: {reason}",
        subject.sink.argument
    );
    let advice = "Use the JSON form, and hand the value over as an argument of its own";
    Some(Said::new(lead, advice))
}
