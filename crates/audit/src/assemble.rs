//! From a decided finding to a finding of the report.

use std::collections::BTreeSet;

use plimsoll_decide::DecidedFinding;
use plimsoll_model::{
    Edit, Finding, Fix, Location, ReportFinding, ReportFlowStep, ReportRelated, ReportedEdit,
    ReportedFix, RootPath, Witness, percent_encode_path,
};

use crate::locate::Sources;
use crate::mask::Redaction;

/// The finding as reports show it.
pub(crate) fn report_finding(decided: &DecidedFinding, sources: &Sources<'_>) -> ReportFinding {
    let finding = &decided.finding;
    let secrets = sources.redaction(paths(finding));
    let related = finding.related.iter().map(|related| ReportRelated {
        location: sources.location(&related.at),
        message: secrets.redact(&related.message),
    });
    let flow = finding.flow.iter().map(|step| ReportFlowStep {
        location: sources.location(&step.at),
        message: secrets.redact(&step.message),
        control: step.control,
    });
    let fixes = finding.fixes.iter();
    ReportFinding {
        rule: finding.rule.id.to_owned(),
        title: finding.rule.title.to_owned(),
        stage: finding.rule.stage,
        severity: finding.severity,
        confidence: finding.confidence,
        level: finding.level,
        message: secrets.redact(&finding.message),
        location: location(finding, sources),
        related: related.collect(),
        flow: flow.collect(),
        witness: finding.witness.as_ref().map(|one| witness(one, &secrets)),
        aliases: owned(&finding.aliases),
        references: owned(finding.rule.references),
        secret: finding.secret.as_ref().map(|secret| secret.facts.clone()),
        fixes: fixes
            .filter_map(|one| fix(one, &secrets, sources))
            .collect(),
        fingerprint: decided.fingerprint.clone(),
        status: decided.status,
        reason: decided.reason.as_deref().map(|text| secrets.redact(text)),
    }
}

/// Where the finding stands: for a credential, as it was when it was seen, unless the finding is about what holds it.
fn location(finding: &Finding, sources: &Sources<'_>) -> Location {
    let at = &finding.at;
    let secret = finding.secret.as_ref();
    match secret.filter(|secret| at.span == Some(secret.sighting.span)) {
        Some(secret) => sources.seen(at, secret),
        None => sources.location(at),
    }
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

/// The files whose text the finding may repeat.
fn paths(finding: &Finding) -> BTreeSet<&RootPath> {
    let related = finding.related.iter().map(|related| &related.at.path);
    let flow = finding.flow.iter().map(|step| &step.at.path);
    std::iter::once(&finding.at.path)
        .chain(related)
        .chain(flow)
        .collect()
}

fn witness(witness: &Witness, secrets: &Redaction<'_>) -> Witness {
    Witness {
        input: secrets.redact(&witness.input),
        resolves_to: secrets.redact(&witness.resolves_to),
        ..witness.clone()
    }
}

/// A fix that would write a secret cannot be shown, and masked it would destroy: there is none then.
fn fix(fix: &Fix, secrets: &Redaction<'_>, sources: &Sources<'_>) -> Option<ReportedFix> {
    if fix.edits.iter().any(|edit| secrets.occur_in(&edit.text)) {
        return None;
    }
    let edits = fix.edits.iter().map(|one| edit(one, sources));
    Some(ReportedFix {
        title: secrets.redact(&fix.title),
        safety: fix.safety,
        edits: edits.collect(),
    })
}

fn edit(edit: &Edit, sources: &Sources<'_>) -> ReportedEdit {
    ReportedEdit {
        path: sources.path(&edit.path),
        start: edit.span.start,
        end: edit.span.end,
        text: edit.text.clone(),
        create: edit.create,
        root_path: percent_encode_path(&edit.path.to_string()),
    }
}
