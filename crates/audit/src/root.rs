//! Auditing one root that was read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use plimsoll_chain::Unit;
use plimsoll_collect::{Collection, Options, collect_at_revision};
use plimsoll_decide::{Baseline, DecidedFinding, Settings, Thresholds};
use plimsoll_model::{
    Artifact, ErrorKind, Finding, RawTicket, ReportError, ReportFinding, RootPath, SkipReason,
    Skipped, Target,
};

use crate::assemble::report_finding;
use crate::check::{Checked, Failure, check_files};
use crate::configuration::Judgement;
use crate::locate::Sources;
use crate::request::{CheckedRoot, Progress, Request, UsageError};
use crate::rounds::parsed;

/// What came of one root.
pub(crate) struct AuditedRoot {
    pub(crate) absolute: Option<PathBuf>,
    pub(crate) targets: Vec<Target>,
    pub(crate) findings: Vec<Judged>,
    pub(crate) thresholds: Thresholds,
    pub(crate) baseline: Baseline,
    pub(crate) errors: Vec<ReportError>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) audited: BTreeMap<String, u64>,
    pub(crate) searched: u64,
}

/// A finding, and whether it is shown or only counts.
pub(crate) struct Judged {
    pub(crate) finding: ReportFinding,
    pub(crate) hidden: bool,
    /// Of a credential, its value's digest.
    pub(crate) digest: Option<String>,
    /// Of a credential, what its value is found by.
    pub(crate) raw: Option<RawTicket>,
}

impl Judged {
    fn new(decided: &DecidedFinding, sources: &Sources<'_>) -> Judged {
        let sighting = decided
            .finding
            .secret
            .as_ref()
            .map(|secret| &secret.sighting);
        Judged {
            finding: report_finding(decided, sources),
            hidden: decided.hidden,
            digest: sighting.and_then(|sighting| sighting.digest.clone()),
            raw: sighting.and_then(|sighting| sighting.raw),
        }
    }
}

/// Audits one root.
pub(crate) fn audit_root(
    mut collection: Collection,
    request: &Request,
    judgement: &Judgement<'_>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<AuditedRoot, UsageError> {
    let mut judged_by = judgement.of(&collection)?;
    let settings = &mut judged_by.settings;
    if let Some(revision) = &request.since_ref {
        let known = since(&mut collection, revision, settings, request, options);
        settings.known.since = Some((revision.clone(), known));
    }
    let mut audited = BTreeMap::new();
    let files = parsed(&mut collection, options, &mut audited);
    let checked = check_files(&collection.inventory, files, settings, request.today);
    for (kind, count) in std::mem::take(&mut collection.others) {
        *audited.entry(kind.to_owned()).or_insert(0) += count;
    }
    let mut errors = std::mem::take(&mut collection.errors);
    errors.extend(checked.failures.iter().map(|one| error(one, &collection)));
    let mut skipped = std::mem::take(&mut collection.skipped);
    skipped.extend(judgement.config_not_honoured(&collection));
    skipped.extend(not_honoured(&checked, &collection));
    skipped.extend(cut(&checked, &collection));
    let shown: Vec<&DecidedFinding> = checked
        .decided
        .findings
        .iter()
        .filter(|decided| touches_target(&decided.finding, &collection))
        .collect();
    progress.checked(&CheckedRoot {
        absolute: collection.absolute.as_deref(),
        chain: &checked.chain,
        findings: &shown,
    });
    let sources = Sources::new(&collection, &checked.chain);
    let findings = shown.iter().map(|decided| Judged::new(decided, &sources));
    Ok(AuditedRoot {
        findings: findings.collect(),
        absolute: collection.absolute.clone(),
        targets: targets(&collection),
        thresholds: judged_by.thresholds,
        baseline: Baseline::of(shown.iter().copied()),
        errors,
        skipped,
        audited,
        searched: collection.searched,
    })
}

/// The fingerprints found at `revision`.
fn since(
    collection: &mut Collection,
    revision: &str,
    settings: &Settings,
    request: &Request,
    options: &Options,
) -> BTreeSet<String> {
    let mut before = collect_at_revision(collection, revision, options);
    let files = parsed(&mut before, options, &mut BTreeMap::new());
    collection.errors.append(&mut before.errors);
    let checked = check_files(&before.inventory, files, settings, request.today);
    let findings = checked.decided.findings.into_iter();
    findings.map(|decided| decided.fingerprint).collect()
}

/// Whether the finding or a step of its flow stands under a target.
fn touches_target(finding: &Finding, collection: &Collection) -> bool {
    collection.is_under_target(&finding.at.path)
        || finding
            .flow
            .iter()
            .any(|step| collection.is_under_target(&step.at.path))
}

pub(crate) fn count(
    artifacts: &[Artifact],
    collection: &Collection,
    audited: &mut BTreeMap<String, u64>,
) {
    for artifact in artifacts {
        if collection.is_under_target(&artifact.path) {
            *audited.entry(artifact.kind.name().to_owned()).or_insert(0) += 1;
        }
    }
}

fn targets(collection: &Collection) -> Vec<Target> {
    let named = collection.targets.iter().filter(|one| !one.is_nested);
    named
        .map(|target| Target {
            target: target.typed.clone(),
            root: collection.root.to_string(),
        })
        .collect()
}

fn error(failure: &Failure, collection: &Collection) -> ReportError {
    ReportError {
        kind: ErrorKind::RuleFailed,
        rule: failure.rule.map(str::to_owned),
        path: failure.path.as_ref().map(|path| collection.display(path)),
        message: failure.message.clone(),
    }
}

fn not_honoured(checked: &Checked, collection: &Collection) -> Vec<Skipped> {
    let found = checked.decided.not_honoured.iter();
    found
        .filter(|one| collection.is_under_target(&one.path))
        .map(|one| Skipped {
            path: collection.display(&one.path),
            reason: SkipReason::NotHonoured,
            detail: one.detail.clone(),
        })
        .collect()
}

/// The files of which a part was not looked at.
fn cut(checked: &Checked, collection: &Collection) -> Vec<Skipped> {
    let of_unit = |unit: &Unit| {
        let path = &unit.artifact.path;
        let reasons = unit.cut().filter(|_| collection.is_under_target(path));
        let skipped = reasons.map(|reason| Skipped {
            path: collection.display(path),
            reason: SkipReason::Bound,
            detail: reason.to_owned(),
        });
        skipped.collect::<Vec<_>>()
    };
    let units = checked.chain.units().iter();
    let cut = checked.cut.iter().map(|detail| Skipped {
        path: collection.display(&RootPath::root()),
        reason: SkipReason::Bound,
        detail: detail.clone(),
    });
    units.flat_map(of_unit).chain(cut).collect()
}
