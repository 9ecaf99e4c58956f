//! The rule table of SARIF.

use std::collections::BTreeMap;

use plimsoll_model::{Confidence, Report, ReportFinding, RuleInfo, Severity};

use crate::sarif_format::{Configuration, Message, ReportingDescriptor, RuleProperties};
use crate::sarif_message::plain;
use crate::words::level;

/// Descriptors of the rules that can have run and of those that found something, and where each stands.
pub(crate) fn table(report: &Report) -> (Vec<ReportingDescriptor>, BTreeMap<String, usize>) {
    let mut descriptors: BTreeMap<String, ReportingDescriptor> = BTreeMap::new();
    for rule in &report.rules {
        descriptors.insert(rule.id.to_owned(), of_rule(rule));
    }
    for finding in &report.findings {
        descriptors
            .entry(finding.rule.clone())
            .or_insert_with(|| of_finding(finding));
    }
    let index = descriptors.keys().cloned().zip(0..).collect();
    (descriptors.into_values().collect(), index)
}

fn of_rule(rule: &RuleInfo) -> ReportingDescriptor {
    let page = (!rule.page.is_empty()).then(|| Message {
        text: rule.page.to_owned(),
        markdown: Some(rule.page.to_owned()),
    });
    ReportingDescriptor {
        id: rule.id.to_owned(),
        deprecated_ids: rule.former_ids.iter().map(|id| (*id).to_owned()).collect(),
        short_description: plain(rule.title),
        full_description: what_it_finds(rule.page).map(|text| plain(&text)),
        help: page,
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: RuleProperties {
            precision: precision(rule.confidence),
            security_severity: security_severity(rule.severity),
            tags: tags(rule.stage.as_str(), rule.references.iter().copied()),
        },
    }
}

/// What is known of a rule from a finding alone.
fn of_finding(finding: &ReportFinding) -> ReportingDescriptor {
    ReportingDescriptor {
        id: finding.rule.clone(),
        deprecated_ids: Vec::new(),
        short_description: plain(&finding.title),
        full_description: None,
        help: None,
        default_configuration: Configuration {
            level: level(finding.severity),
        },
        properties: RuleProperties {
            precision: precision(finding.confidence),
            security_severity: security_severity(finding.severity),
            tags: tags(
                finding.stage.as_str(),
                finding.references.iter().map(String::as_str),
            ),
        },
    }
}

/// The first paragraph of a page's first section.
fn what_it_finds(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("## What it finds")?;
    let lines = rest
        .lines()
        .skip(1)
        .skip_while(|line| line.trim().is_empty());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.trim().is_empty()).collect();
    let text = paragraph.join(" ");
    (!text.is_empty()).then_some(text)
}

/// `security`, the stage, and the references; CWE ids in the spelling that code hosts look for.
fn tags<'a>(stage: &str, references: impl Iterator<Item = &'a str>) -> Vec<String> {
    let reference = |id: &str| match id.strip_prefix("CWE-") {
        Some(number) => format!("external/cwe/cwe-{number:0>3}"),
        None => id.to_owned(),
    };
    let fixed = ["security".to_owned(), stage.to_owned()];
    let mut tags: Vec<String> = fixed.into_iter().chain(references.map(reference)).collect();
    let mut seen = std::collections::BTreeSet::new();
    tags.retain(|tag| seen.insert(tag.clone()));
    tags
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}

/// A severity as the number that code hosts sort by: above 9.0 critical, from 7.0 high, from 4.0 medium, else low.
pub(crate) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}
