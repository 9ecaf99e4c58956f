//! `copies-secret-file`: a COPY or ADD that takes a secret-looking file of the context into the image.

use plimsoll_chain::Build;
use plimsoll_model::{
    Access, BuilderOutcome, Confidence, Finding, Fix, FlowStep, Label, Level, Reach, ReachedThing,
    RootPath, RuleInfo, Severity, Stage, Witness, WitnessKind,
};

use super::secret_files::{SecretFile, secret_files};
use super::taking::{Context, Effort, Taking};
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "copies-secret-file",
        former_ids: &[],
        title: "A COPY takes a secret file into the image",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &["DS-0031"],
        references: &["CWE-538", "CWE-552", "CICD-SEC-6", "MCP01:2025"],
        page: include_str!("copies_secret_file.md"),
    },
    check: Check::Root(check),
};

/// So many files are left out by a few patterns that somebody thinks about, not by a list.
const MAX_LISTED: usize = 100;

/// As many paths are compared in the time that one pattern takes.
const LOOKS_PER_PATTERN: usize = 8;

/// How many files one message names.
const NAMED: usize = 5;

fn check(world: &World<'_>, findings: &mut Findings) {
    let secrets = secret_files(world.inventory);
    if secrets.is_empty() {
        return;
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut effort = Effort::new();
    for (build, context) in Context::all(world) {
        if !effort.take(1, secrets.len() / LOOKS_PER_PATTERN, findings) {
            break;
        }
        let below: Vec<SecretFile<'_>> = secrets
            .iter()
            .filter(|file| relative(file, &context).is_some())
            .copied()
            .collect();
        if !effort.take(context.patterns(), below.len(), findings) {
            continue;
        }
        let sends = |file: &SecretFile<'_>| {
            relative(file, &context).is_some_and(|relative| context.sends(relative))
        };
        let sent: Vec<SecretFile<'_>> = below.into_iter().filter(sends).collect();
        for taking in &context.takings {
            if !effort.take(1, sent.len(), findings) {
                break;
            }
            let taken = taken_by(&context, taking, &sent);
            // Several builds of one Dockerfile take the same files: one finding says so.
            let paths: Vec<&RootPath> = taken.iter().map(|file| file.path).collect();
            let key = (context.unit.label(taking.instruction.span), paths);
            if !taken.is_empty() && seen.insert(key) {
                findings.push(finding(build, &context, taking, &taken));
            }
        }
    }
}

/// The file's path below the context.
fn relative<'s>(file: &SecretFile<'s>, context: &Context<'_>) -> Option<&'s str> {
    let relative = file.path.strip_prefix(context.root);
    relative.filter(|relative| !relative.is_empty())
}

/// The files of `sent` that the copy takes; doubtful ones only where there is no other.
fn taken_by<'s>(
    context: &Context<'_>,
    taking: &Taking<'_>,
    sent: &[SecretFile<'s>],
) -> Vec<SecretFile<'s>> {
    let takes = |file: &&SecretFile<'s>| {
        relative(file, context).is_some_and(|relative| taking.takes(relative))
    };
    let mut taken: Vec<SecretFile<'s>> = sent.iter().filter(takes).copied().collect();
    if taken.iter().any(|file| file.certainty > Confidence::Low) {
        taken.retain(|file| file.certainty > Confidence::Low);
    }
    taken
}

fn finding(
    build: &Build,
    context: &Context<'_>,
    taking: &Taking<'_>,
    taken: &[SecretFile<'_>],
) -> Finding {
    let certainty = taken
        .iter()
        .map(|file| file.certainty)
        .max()
        .unwrap_or(Confidence::Low);
    let text = context.line_of(taking);
    let place = if taking.in_image {
        "into the image"
    } else {
        "into a stage of the build, and so into its cache"
    };
    let message = format!(
        "`{text}` takes {} {place}; {}. Leave it out by the ignore file, and mount what a step needs with \
         `RUN --mount=type=secret`",
        named(taken),
        if taking.in_image {
            "everybody who can pull it can read it"
        } else {
            "everybody who can read the cache can read it"
        },
    );
    let at = context.unit.label(taking.instruction.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.confidence = certainty;
    finding.severity = match certainty {
        Confidence::High => Severity::High,
        Confidence::Medium => Severity::Medium,
        Confidence::Low => Severity::Low,
    };
    if certainty == Confidence::Low || !taking.in_image {
        finding.level = Level::Strict;
        finding.severity = finding.severity.lowered(1);
    }
    let step = |at, message| FlowStep {
        at,
        message,
        control: build.control,
    };
    let files = taken.iter().take(NAMED);
    finding.flow = files
        .map(|file| {
            step(
                Label::whole(file.path),
                format!("{}: sent with the context", file.class.describe()),
            )
        })
        .chain([step(at, format!("`{text}` takes it"))])
        .collect();
    finding.identity = vec![text.to_owned()];
    finding.witness = Some(witness(build, taken));
    finding.fixes = fix(context, taken).into_iter().collect();
    finding
}

fn named(taken: &[SecretFile<'_>]) -> String {
    let shown: Vec<String> = taken.iter().take(NAMED).map(SecretFile::describe).collect();
    match taken.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn witness(build: &Build, taken: &[SecretFile<'_>]) -> Witness {
    let first = taken
        .first()
        .map(|file| file.path.to_string())
        .unwrap_or_default();
    let outcome = BuilderOutcome::Reaches;
    Witness {
        kind: WitnessKind::SecretExposure,
        input: first.clone(),
        resolves_to: first,
        levels: 0,
        builders: build
            .builders
            .iter()
            .map(|builder| (*builder, outcome))
            .collect(),
        reaches: vec![Reach {
            what: ReachedThing::Image,
            access: Access::Read,
        }],
    }
}

/// Adds the files to the ignore file that applies.
fn fix(context: &Context<'_>, taken: &[SecretFile<'_>]) -> Option<Fix> {
    if taken.len() > MAX_LISTED {
        return None;
    }
    let mut patterns = String::new();
    for file in taken {
        patterns.push_str(file.path.strip_prefix(context.root)?);
        patterns.push('\n');
    }
    context.leave_out("Leave the files out of the context", &patterns)
}
