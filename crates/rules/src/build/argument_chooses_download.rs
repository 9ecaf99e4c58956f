//! `argument-chooses-download`: a build argument that chooses the address an ADD or a command fetches.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-download",
        title: "A build argument chooses what is downloaded",
        severity: Severity::Medium,
        references: &["CWE-829", "CWE-494", "CWE-918"],
        page: include_str!("argument_chooses_download.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    let SinkKind::Download { fixed, reason } = &subject.sink.kind else {
        return None;
    };
    let reach = match fixed {
        None => "any address".to_owned(),
        // The fragment of a git address names a revision, and a folder of the checkout.
        Some(host) if host.contains('#') => {
            let repository = host.split('#').next().unwrap_or(host);
            format!("any revision of `{repository}`")
        }
        Some(host) => format!("any path below `{host}`"),
    };
    let lead = format!(
        "`{}` is fetched ({reason}), so whoever sets `{}` chooses {reach} that the builder can reach",
        subject.word(),
        subject.sink.argument
    );
    let advice = "Fix the address and pin the content with `--checksum`";
    let said = Said::new(lead, advice);
    Some(if fixed.is_some() {
        said.in_part()
    } else {
        said
    })
}
