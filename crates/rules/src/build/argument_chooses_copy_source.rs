//! `argument-chooses-copy-source`: a build argument that chooses which files a COPY or ADD takes.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-copy-source",
        title: "A build argument chooses what is copied",
        severity: Severity::Low,
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_copy_source.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    if subject.sink.kind != SinkKind::CopySource {
        return None;
    }
    let lead = format!(
        "{} is a source in the context, so whoever sets `{}` chooses any file of the context",
        subject.word_in_instruction(),
        subject.sink.argument
    );
    let advice = "Name the files, or check the argument against a list before this line";
    Some(Said::new(lead, advice))
}
