//! The whole run: what is left of dead ones swept away, the copy made, every finding tried on every builder.

use std::path::PathBuf;
use std::time::Duration;

use plimsoll_engine::{Engine, EngineAddress, EngineBuilder, EngineError};
use plimsoll_model::{Builder, Confidence, Finding, Report, ReportFinding, Status};

use crate::attack::{Attack, attack};
use crate::attempt::Trial;
use crate::builders::{Bench, Bounds, Buildah, EngineBench, Failure};
use crate::observe::{ObservedRoot, Observer};
use crate::report::{Attempt, Outcome, Proof, ProofReport, ProofVerdict};
use crate::scene::Scene;
use crate::sweep;
use crate::workshop::Workshop;

/// What to prove on, and within which bounds.
pub struct Settings<'a> {
    /// The target as typed.
    pub target: String,
    /// The root as commands name it.
    pub root: String,
    /// The builders; a named one that is not there is an error.
    pub builders: Vec<Builder>,
    /// Whether they were named.
    pub is_named: bool,
    /// Where an engine listens.
    pub engine: Result<EngineAddress, EngineError>,
    /// Where folders of runs are made.
    pub temporary: PathBuf,
    /// How long one build may take.
    pub time_limit: Duration,
    /// Asked once, with the findings in words, before commands of the repository run.
    pub may_run: &'a dyn Fn(&[String]) -> bool,
    /// Asked several times a second.
    pub is_cancelled: &'a dyn Fn() -> bool,
    /// Told what is tried now.
    pub progress: &'a dyn Fn(&str),
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The target is no folder.
    #[error("only a folder can be proved; check out what is to be proved first")]
    NoFolder,
    /// No builder answers.
    #[error("no builder answers: {0}")]
    NoBuilder(String),
    /// A folder or the copy could not be made.
    #[error("the disposable copy could not be made: {0}")]
    Copy(std::io::Error),
    /// The user asked to stop; nothing is left behind.
    #[error("stopped; nothing is left behind")]
    Interrupted,
}

/// Tries the findings of `report` that count and have a witness.
pub fn prove(
    report: &Report,
    observer: Observer<'_>,
    settings: &Settings<'_>,
) -> Result<ProofReport, ProveError> {
    let roots = observer.into_roots();
    let root = roots.first().ok_or(ProveError::NoFolder)?;
    sweep::folders(&settings.temporary);
    let engine = settings.engine.as_ref().map_err(ToString::to_string);
    let engine =
        engine.and_then(|address| Engine::connect(address).map_err(|error| error.to_string()));
    if let Ok(engine) = &engine {
        sweep::engine(engine);
    }
    let workshop = Workshop::new(&settings.temporary).map_err(ProveError::Copy)?;
    let bounds = Bounds {
        time_limit: settings.time_limit,
        is_cancelled: settings.is_cancelled,
    };
    let mut benches = benches(settings, &engine, &workshop, bounds)?;
    let mut left_out = Vec::new();
    let subjects = subjects(report, root);
    let without = report.findings.iter().filter(counts).count() - subjects.len();
    let mut proofs = Vec::new();
    if !subjects.is_empty() {
        let levels = subjects.iter().map(|subject| subject.attack.levels()).max();
        let scene = Scene::new(
            &workshop,
            &root.absolute,
            levels.unwrap_or(1),
            settings.is_cancelled,
        )
        .map_err(ProveError::Copy)?;
        left_out.extend(scene.copied.left_out.iter().take(16).cloned());
        proofs = tried(&subjects, &scene, root, &workshop, &mut benches, settings)?;
    }
    if (settings.is_cancelled)() {
        return Err(ProveError::Interrupted);
    }
    Ok(ProofReport {
        schema: "plimsoll/proof/1".to_owned(),
        tool: report.tool.clone(),
        target: settings.target.clone(),
        builders: benches.iter().map(|bench| bench.info()).collect(),
        verdict: ProofVerdict::of(&proofs, without),
        proofs,
        left_out,
    })
}

/// A finding with what to try for it.
struct Subject<'a> {
    reported: &'a ReportFinding,
    attack: Attack<'a>,
}

/// Whether a finding counts: known and ignored ones were decided about.
fn counts(finding: &&ReportFinding) -> bool {
    finding.status == Status::New
}

fn subjects<'a>(report: &'a Report, root: &'a ObservedRoot) -> Vec<Subject<'a>> {
    let counted = report.findings.iter().filter(counts);
    let with_witness = counted.filter(|finding| finding.witness.is_some());
    with_witness
        .filter_map(|reported| {
            let found = root.findings.iter().find(|(fingerprint, finding)| {
                *fingerprint == reported.fingerprint && is_same(finding, reported)
            });
            let (_, finding) = found?;
            let attack = attack(finding, &root.chain);
            Some(Subject { reported, attack })
        })
        .collect()
}

fn is_same(finding: &Finding, reported: &ReportFinding) -> bool {
    let start = reported.location.start.map(|start| start.byte);
    finding.rule.id == reported.rule && finding.at.span.map(|span| span.start) == start
}

fn benches<'a>(
    settings: &Settings<'a>,
    engine: &'a Result<Engine, String>,
    workshop: &Workshop,
    bounds: Bounds<'a>,
) -> Result<Vec<Box<dyn Bench + 'a>>, ProveError> {
    let mut benches: Vec<Box<dyn Bench + 'a>> = Vec::new();
    let mut absent = Vec::new();
    for builder in &settings.builders {
        match builder {
            Builder::Classic | Builder::Buildkit => {
                let which = match builder {
                    Builder::Classic => EngineBuilder::Classic,
                    _ => EngineBuilder::BuildKit,
                };
                match engine {
                    Ok(engine) => {
                        let bench = EngineBench::new(engine, which, workshop, bounds);
                        benches.push(Box::new(bench));
                    }
                    Err(why) => absent.push(format!("{}: {why}", builder.as_str())),
                }
            }
            Builder::Buildah => match Buildah::find(workshop, bounds) {
                Some(buildah) => benches.push(Box::new(buildah)),
                None => absent.push("buildah is not installed".to_owned()),
            },
            Builder::Kaniko => absent.push("kaniko is not tried".to_owned()),
        }
    }
    if benches.is_empty() || (settings.is_named && !absent.is_empty()) {
        return Err(ProveError::NoBuilder(absent.join("; ")));
    }
    Ok(benches)
}

fn tried(
    subjects: &[Subject<'_>],
    scene: &Scene,
    root: &ObservedRoot,
    workshop: &Workshop,
    benches: &mut [Box<dyn Bench + '_>],
    settings: &Settings<'_>,
) -> Result<Vec<Proof>, ProveError> {
    let running: Vec<String> = subjects
        .iter()
        .filter(|subject| subject.attack.runs_commands())
        .map(|subject| described(subject.reported))
        .collect();
    let may_run = running.is_empty() || (settings.may_run)(&running);
    let mut proofs = Vec::new();
    for subject in subjects {
        let mut proof = Proof {
            finding: subject.reported.clone(),
            attempts: Vec::new(),
        };
        for bench in &mut *benches {
            let builder = bench.builder();
            (settings.progress)(&format!(
                "trying {} on {}",
                described(subject.reported),
                builder.as_str()
            ));
            let attempt = if subject.attack.runs_commands() && !may_run {
                unrun(builder)
            } else {
                let mut trial = Trial {
                    scene,
                    bench: &mut **bench,
                    chain: &root.chain,
                    run: workshop.id(),
                    root: &settings.root,
                };
                let attempted = trial.attempt(&subject.attack);
                attempted.map_err(|_: Failure| ProveError::Interrupted)?
            };
            proof.attempts.push(attempt);
            if (settings.is_cancelled)() {
                return Err(ProveError::Interrupted);
            }
        }
        if proof.is_proved() {
            proof.finding.confidence = Confidence::High;
        }
        proofs.push(proof);
    }
    Ok(proofs)
}

fn described(finding: &ReportFinding) -> String {
    let line = finding
        .location
        .start
        .map(|start| format!(":{}", start.line));
    let path = &finding.location.path;
    format!("{} at {path}{}", finding.rule, line.unwrap_or_default())
}

fn unrun(builder: Builder) -> Attempt {
    Attempt {
        builder,
        outcome: Outcome::NotReproducible,
        reason: Some("it would run a command of the repository; allow that with --yes".to_owned()),
        changed: Vec::new(),
        evidence: Vec::new(),
        repeat: Vec::new(),
    }
}
