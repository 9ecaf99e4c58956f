//! The whole run: every root read and audited side by side, then one report.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use plimsoll_collect::{Cancel, Options, collect_each, plan};
use plimsoll_decide::{Baseline, Thresholds, verdict};
use plimsoll_model::{
    Coverage, RawSecret, RawTicket, Report, ReportError, ReportFinding, SecretSummary, SkipReason,
    Skipped, Status, ToolInfo, Verdict, percent_encode_path,
};

use crate::conceal::{conceal_error, conceal_paths, conceal_skipped};
use crate::configuration::{CONFIG_FILE, Judgement, NARROWING};
use crate::mask::masked_path;
use crate::request::{Progress, Request, UsageError};
use crate::root::{AuditedRoot, Judged, audit_root};
use crate::sight::{Sight, Vault};

/// What came of a run.
#[derive(Debug)]
pub struct Audit {
    /// The report.
    pub report: Report,
    /// A baseline of all that was found.
    pub baseline: Baseline,
    /// By finding, what its value is found by.
    raw: Vec<Option<RawTicket>>,
}

/// Audits what `request` names.
pub fn audit(
    request: &Request,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Audit, UsageError> {
    run(request, progress, cancel, None)
}

/// The same, with the value of the credential of each finding, in their order, as far as they are at hand. They are no part
/// of the report: whoever asks must have somebody at a terminal to show them to, who has the files anyway.
pub fn audit_revealing(
    request: &Request,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(Audit, Vec<Option<RawSecret>>), UsageError> {
    if request.submitted {
        return Err(UsageError::RevealsOthers);
    }
    let vault = Vault::default();
    let audit = run(request, progress, cancel, Some(vault.clone()))?;
    let values = audit.raw.iter().map(|ticket| vault.value((*ticket)?));
    let values = values.collect();
    Ok((audit, values))
}

fn run(
    request: &Request,
    progress: &dyn Progress,
    cancel: &Cancel,
    vault: Option<Vault>,
) -> Result<Audit, UsageError> {
    let judgement = Judgement::new(request)?;
    let key = judgement.key();
    let sight = Arc::new(Sight::new(request.explain_suppressed, key.as_ref(), vault));
    let options = options(request, Arc::clone(&sight), cancel);
    let mut plan = plan(&request.targets, &options);
    let errors = std::mem::take(&mut plan.errors);
    progress.planned(plan.roots());
    let roots = collect_each(plan, &options, |collection| {
        let root = collection.root.clone();
        progress.collected(&root, collection.artifacts.len());
        let audited = audit_root(collection, request, &judgement, &options, progress);
        progress.audited(&root);
        audited
    });
    let roots: Vec<AuditedRoot> = roots.into_iter().collect::<Result<_, _>>()?;
    let mut audit = join(roots, errors, &judgement);
    audit.baseline.key = key;
    audit.report.coverage.skipped.extend(left_out(&sight));
    Ok(audit)
}

fn options(request: &Request, sight: Arc<Sight>, cancel: &Cancel) -> Options {
    Options {
        submitted: request.submitted,
        no_ignore: request.no_ignore,
        root: request.root.clone(),
        narrowing: Some(NARROWING),
        named_files: vec![CONFIG_FILE],
        wanted_texts: Some(plimsoll_rules::is_judged_by_text),
        visitor: Some(sight),
        dangling: request.dangling,
        since: request.since.clone(),
        kept_state: request.kept_state.clone(),
        staged: request.staged,
        images: request.images.clone(),
        bounds: request.bounds,
        cancel: cancel.clone(),
    }
}

/// The files that were not searched for credentials to their end.
fn left_out(sight: &Sight) -> Vec<Skipped> {
    let skipped = sight.left_out().into_iter().map(|path| Skipped {
        path: masked_path(&percent_encode_path(path.as_str())),
        reason: SkipReason::Bound,
        detail: "so much looks like credentials that not all of it was looked at".to_owned(),
    });
    skipped.collect()
}

/// Joins the roots to one report.
fn join(
    mut roots: Vec<AuditedRoot>,
    mut errors: Vec<ReportError>,
    judgement: &Judgement<'_>,
) -> Audit {
    drop_repeated(&mut roots);
    let mut baseline = Baseline::of([]);
    let mut coverage = Coverage::default();
    let mut targets = Vec::new();
    let mut verdicts = Vec::new();
    let mut shown: Vec<Judged> = Vec::new();
    for root in roots {
        verdicts.push(root_verdict(&root));
        baseline.findings.extend(root.baseline.findings);
        coverage.skipped.extend(root.skipped);
        coverage.searched += root.searched;
        for (kind, count) in root.audited {
            *coverage.audited.entry(kind).or_insert(0) += count;
        }
        targets.extend(root.targets);
        errors.extend(root.errors);
        shown.extend(root.findings.into_iter().filter(|judged| !judged.hidden));
    }
    // Only now: what was found twice was told apart by whole paths.
    shown
        .iter_mut()
        .for_each(|judged| conceal_paths(&mut judged.finding));
    coverage.skipped.iter_mut().for_each(conceal_skipped);
    errors.iter_mut().for_each(conceal_error);
    shown.sort_by(|a, b| sort_key(&a.finding).cmp(&sort_key(&b.finding)));
    let secrets = secrets(&shown);
    let raw = shown.iter().map(|judged| judged.raw).collect();
    let findings: Vec<ReportFinding> = shown.into_iter().map(|judged| judged.finding).collect();
    coverage.skipped.sort();
    coverage.skipped.dedup();
    errors.sort();
    errors.dedup();
    baseline.findings.sort();
    baseline.findings.dedup();
    let audited: u64 = coverage.audited.values().sum();
    let report = Report {
        schema: "plimsoll/report/1".to_owned(),
        tool: ToolInfo {
            name: "plimsoll".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        targets,
        findings,
        verdict: joined_verdict(verdicts, !errors.is_empty(), audited.max(coverage.searched)),
        errors,
        coverage,
        secrets,
        rules: judgement.rules(),
    };
    Audit {
        report,
        baseline,
        raw,
    }
}

/// The credentials among the findings that count; one whose value cannot be compared is different from all others.
fn secrets(shown: &[Judged]) -> Option<SecretSummary> {
    let mut summary = SecretSummary::default();
    let mut different = BTreeSet::new();
    let counting = shown.iter().filter(|one| one.finding.status == Status::New);
    for judged in counting {
        if let Some(secret) = &judged.finding.secret {
            summary.add(&secret.provider, secret.holder);
            different.insert(
                judged
                    .digest
                    .as_ref()
                    .unwrap_or(&judged.finding.fingerprint),
            );
        }
    }
    summary.credentials = different.len() as u64;
    (summary.places > 0).then_some(summary)
}

fn sort_key(finding: &ReportFinding) -> (&str, Option<u32>, &str, &str) {
    (
        &finding.location.path,
        finding.location.start.map(|start| start.byte),
        &finding.rule,
        &finding.fingerprint,
    )
}

type Identity = (PathBuf, Option<u32>, Option<u32>, String, String);

/// What two targets that overlap both found is kept for the first.
fn drop_repeated(roots: &mut [AuditedRoot]) {
    let mut seen: BTreeSet<Identity> = BTreeSet::new();
    for root in roots {
        let Some(absolute) = root.absolute.clone() else {
            continue;
        };
        root.findings.retain(|judged: &Judged| {
            let finding = &judged.finding;
            let at = &finding.location;
            // A git revision of a root is another place than the root.
            let object = at.object.clone().unwrap_or_default();
            seen.insert((
                absolute.join(&at.root_path).join(object),
                at.start.map(|start| start.byte),
                at.end.map(|end| end.byte),
                finding.rule.clone(),
                finding.message.clone(),
            ))
        });
    }
}

/// The verdict on one root by its own thresholds, as if nothing had failed and something been audited.
fn root_verdict(root: &AuditedRoot) -> Verdict {
    let weighed = root
        .findings
        .iter()
        .map(|judged| (judged.finding.severity, judged.finding.status));
    verdict(weighed, false, 1, root.thresholds)
}

fn joined_verdict(verdicts: Vec<Verdict>, failed: bool, audited: u64) -> Verdict {
    let nothing_found = std::iter::empty();
    let mut joined = verdict(nothing_found, failed, audited, Thresholds::default());
    for one in verdicts {
        if one.exit == 1 && joined.exit != 2 {
            joined.exit = 1;
        }
        for (severity, count) in one.by_severity {
            *joined.by_severity.entry(severity).or_insert(0) += count;
        }
    }
    joined
}
