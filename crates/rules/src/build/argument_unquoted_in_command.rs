//! `argument-unquoted-in-command`: a build argument that stands unquoted in a command.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Level, RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-unquoted-in-command",
        title: "A build argument stands unquoted in a command",
        severity: Severity::Low,
        level: Level::Strict,
        references: &["CWE-88"],
        page: include_str!("argument_unquoted_in_command.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::UnquotedWord { command } = &subject.sink.kind else {
        return None;
    };
    let lead = format!(
        "`{}` is unquoted, so blanks in `{}` split it into several words of `{command}`",
        subject.word(),
        subject.sink.argument
    );
    let advice = "Put it in double quotes";
    Some(Said::new(lead, advice).hinted())
}
