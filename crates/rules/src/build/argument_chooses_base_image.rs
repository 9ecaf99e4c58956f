//! `argument-chooses-base-image`: a build argument that chooses the image a stage is built on or copies from.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-base-image",
        title: "A build argument chooses the base image",
        severity: Severity::Medium,
        references: &["CWE-829", "CICD-SEC-3"],
        page: include_str!("argument_chooses_base_image.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::BaseImage { fixed } = &subject.sink.kind else {
        return None;
    };
    let (lead, lowered) = match fixed {
        None => ("any image of any registry", false),
        Some(_) => ("any tag or digest of that repository", true),
    };
    let lead = format!(
        "{} names the image, so whoever sets `{}` chooses {lead}",
        subject.word_in_instruction(),
        subject.sink.argument
    );
    let advice = "Name the image with its digest, or choose between fixed stages by name";
    let said = Said::new(lead, advice);
    Some(if lowered { said.in_part() } else { said })
}
