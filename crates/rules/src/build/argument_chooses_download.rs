//! `argument-chooses-download`: a build argument that chooses the address an ADD fetches.

use plimsoll_chain::ArgumentFlow;
use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use super::argument::Subject;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-download",
        former_ids: &[],
        title: "A build argument chooses what is downloaded",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-829", "CWE-494", "CWE-918"],
        page: include_str!("argument_chooses_download.md"),
    },
    check: Check::Flow(check),
};

fn check(flow: &ArgumentFlow, world: &World<'_>, findings: &mut Findings) {
    let Some(subject) = Subject::of(flow, world) else {
        return;
    };
    let SinkKind::Download { fixed, reason } = &subject.sink.kind else {
        return;
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
    let mut finding = subject.finding(&RULE.info, &lead, advice);
    if fixed.is_some() {
        finding.severity = finding.severity.lowered(1);
        finding.level = Level::Strict;
    }
    findings.push(finding);
}
