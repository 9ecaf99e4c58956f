//! `argument-sets-program-variable`: a build argument that becomes a variable which programs read by themselves.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-sets-program-variable",
        title: "A build argument sets a variable that programs obey",
        severity: Severity::Medium,
        references: &["CWE-454", "CWE-829"],
        page: include_str!("argument_sets_program_variable.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::ProgramVariable { name, effect, .. } = &subject.sink.kind else {
        return None;
    };
    let lead = format!(
        "`{name}` takes the value of `{}`, and {effect}",
        subject.sink.argument
    );
    let advice = "Set it to a fixed value, or check the argument against a list first";
    Some(Said::new(lead, advice))
}
