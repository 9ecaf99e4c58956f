//! `argument-chooses-destination`: a build argument that chooses where in the image files are written.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-destination",
        title: "A build argument chooses where files are written",
        severity: Severity::Low,
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_destination.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let what = match subject.sink.kind {
        SinkKind::CopyDestination => "the destination of a copy",
        SinkKind::Workdir => "the working directory of all that follows",
        SinkKind::WrittenFile => "the file a command writes",
        _ => return None,
    };
    let lead = format!(
        "{} is {what}, so whoever sets `{}` can overwrite any file of the image that the build can write",
        subject.word_in_instruction(),
        subject.sink.argument
    );
    let advice = "Write to a fixed path, or check the argument against a list before this line";
    Some(Said::new(lead, advice))
}
