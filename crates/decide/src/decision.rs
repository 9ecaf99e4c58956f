//! The findings of one root, each with its fingerprint and what was decided about it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use plimsoll_model::{Artifact, Finding, RootPath, RuleInfo, Span, Status};

use crate::Settings;
use crate::fingerprint::fingerprints;
use crate::ignore::{Effect, Ignores, not_honoured};
use crate::remark::remark_effect;

/// A comment in an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommentSite {
    /// The comment's bytes, its marker included.
    pub span: Span,
    /// The bytes of the statement it stands at: the one that starts on its line, else the next one.
    pub covers: Option<Span>,
}

/// What deciding needs of one artifact.
#[derive(Clone, Debug)]
pub struct ArtifactView<'a> {
    /// The artifact.
    pub artifact: &'a Artifact,
    /// Its comments, in order.
    pub comments: Vec<CommentSite>,
    /// The rules that looked at it in this run.
    pub ran: &'a [&'static RuleInfo],
}

/// What was decided about the findings of one root.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// Sorted by path, byte, rule, fingerprint. Those not selected, or of a level not asked for, are gone.
    pub findings: Vec<DecidedFinding>,
    /// Ignore comments that did not count, under `--submitted`.
    pub not_honoured: Vec<NotHonoured>,
}

/// A finding and what was decided about it.
#[derive(Clone, Debug)]
pub struct DecidedFinding {
    /// The finding, severity and level as configured.
    pub finding: Finding,
    /// Whether it counts.
    pub status: Status,
    /// Why it is known or ignored, or why an ignore does not hold.
    pub reason: Option<String>,
    /// `1:` and 32 hex digits.
    pub fingerprint: String,
    /// Below `--min-severity`: it decides, but is not shown.
    pub hidden: bool,
}

/// Something in the target that would have changed what is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotHonoured {
    /// The file.
    pub path: RootPath,
    /// What it was; escaped.
    pub detail: String,
}

/// Decides about all `findings` of one root. `views` are its artifacts, `today` is the day `until=` is held against.
pub fn decide(
    findings: Vec<Finding>,
    views: &[ArtifactView<'_>],
    settings: &Settings,
    today: Date,
) -> Decided {
    let mut ignores = Ignores::new(views, settings, today);
    let artifacts: BTreeMap<&str, &Artifact> = views
        .iter()
        .map(|view| (view.artifact.path.as_str(), view.artifact))
        .collect();
    let mut decided = judge(findings, settings, &artifacts, |finding| {
        ignores
            .effect(finding)
            .or_else(|| remark_effect(finding, settings, today))
    });
    let complaints = ignores.complaints(views);
    let complaints = judge(complaints, settings, &artifacts, |finding| {
        ignores.effect_of_config(finding)
    });
    decided.extend(complaints);
    decided.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    let not_honoured = if settings.submitted {
        not_honoured(views)
    } else {
        Vec::new()
    };
    Decided {
        findings: decided,
        not_honoured,
    }
}

fn sort_key(decided: &DecidedFinding) -> (&RootPath, Option<Span>, &str, &str) {
    let at = &decided.finding.at;
    (
        &at.path,
        at.span,
        decided.finding.rule.id,
        &decided.fingerprint,
    )
}

fn judge(
    mut findings: Vec<Finding>,
    settings: &Settings,
    artifacts: &BTreeMap<&str, &Artifact>,
    mut effect: impl FnMut(&Finding) -> Option<Effect>,
) -> Vec<DecidedFinding> {
    findings.retain(|finding| settings.selects(finding.rule, &finding.at.path));
    // Before anything else is left out, so that no fingerprint depends on the level.
    let prints = fingerprints(&findings, artifacts);
    let mut decided = Vec::new();
    for (mut finding, fingerprint) in findings.into_iter().zip(prints) {
        // Asked for every finding, so that an ignore of a strict one is not called stale in a default run.
        let effect = effect(&finding);
        configure(&mut finding, settings);
        if !settings.shows(finding.rule, finding.level) {
            continue;
        }
        let (status, reason) = match suppression(&finding) {
            Some(reason) => (Status::Ignored, Some(reason)),
            None => status(effect, &fingerprint, settings),
        };
        let hidden = settings
            .min_severity
            .is_some_and(|least| finding.severity < least);
        decided.push(DecidedFinding {
            finding,
            status,
            reason,
            fingerprint,
            hidden,
        });
    }
    decided
}

/// Why what looks like a credential is held to be none.
fn suppression(finding: &Finding) -> Option<String> {
    let suppressed = finding.secret.as_ref()?.sighting.suppressed.as_ref()?;
    Some(format!("held to be no credential: {suppressed}"))
}

fn configure(finding: &mut Finding, settings: &Settings) {
    let path = &finding.at.path;
    finding.level = settings.level_at(finding.rule, path, finding.level);
    if let Some(severity) = settings.config.setting(finding.rule, path).severity {
        finding.severity = severity;
    }
}

fn status(
    effect: Option<Effect>,
    fingerprint: &str,
    settings: &Settings,
) -> (Status, Option<String>) {
    match effect {
        Some(Effect {
            holds: true,
            reason,
        }) => (Status::Ignored, Some(reason)),
        not_held => match settings.known.reason(fingerprint) {
            Some(reason) => (Status::Known, Some(reason)),
            None => (Status::New, not_held.map(|effect| effect.reason)),
        },
    }
}
