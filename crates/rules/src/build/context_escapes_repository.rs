//! `context-escapes-repository`: a build context that lies outside the repository it is written in.

use plimsoll_chain::{Build, DockerfileUse, Place, Placed};
use plimsoll_model::{BuilderOutcome, Confidence, FlowStep, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::Body;

use super::escape::Escape;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "context-escapes-repository",
        former_ids: &[],
        title: "The build context lies outside the repository",
        stage: Stage::Build,
        severity: Severity::Critical,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-22", "CWE-59", "CICD-SEC-4", "MCP04:2025"],
        page: include_str!("context_escapes_repository.md"),
    },
    check: Check::Build(check),
};

fn check(build: &Build, world: &World<'_>, findings: &mut Findings) {
    if let Some(escape) = Escape::of(build, &build.context, world)
        && !is_dockerfiles_folder(build, &escape)
    {
        let message = format!(
            "{}: the builder sends what lies there to the build, and every COPY can read it{}. Name a folder of the \
             repository instead; `.` is the manifest's own folder",
            escape.clause(),
            escape.assumed(),
        );
        let mut finding = escape.finding(&RULE.info, message);
        finding.flow = escape.steps("build context");
        finding.flow.extend(first_copy(build, world));
        finding.witness = Some(escape.witness(build, BuilderOutcome::Escapes));
        let title = "Make the manifest's folder the context";
        finding.fixes = escape.replacement(title, ".").into_iter().collect();
        findings.push(finding);
    }
    for (name, placed) in &build.named_contexts {
        check_named(build, name, placed, world, findings);
    }
}

fn check_named(
    build: &Build,
    name: &str,
    placed: &Placed,
    world: &World<'_>,
    findings: &mut Findings,
) {
    let Some(escape) = Escape::of(build, placed, world) else {
        return;
    };
    let message = format!(
        "{}: `COPY --from={name}` can read what lies there{}. Name a folder of the repository instead",
        escape.clause(),
        escape.assumed(),
    );
    let mut finding = escape.finding(&RULE.info, message);
    finding.flow = escape.steps("extra build context");
    finding.witness = Some(escape.witness(build, BuilderOutcome::Escapes));
    findings.push(finding);
}

/// Whether one field names the Dockerfile, and its folder is the context: `dockerfile-outside-repository` says so.
fn is_dockerfiles_folder(build: &Build, context: &Escape<'_>) -> bool {
    match &build.dockerfile {
        DockerfileUse::Elsewhere(placed) => {
            matches!(placed.place, Place::Outside(_))
                && placed
                    .field
                    .as_ref()
                    .is_some_and(|field| field.value.span == context.field.value.span)
        }
        _ => false,
    }
}

/// How far into a Dockerfile the first copy is looked for, once for every build of it.
const LOOKED_AT: usize = 1_000;

/// The first instruction of the Dockerfile that takes from the context, as the flow's last step.
fn first_copy(build: &Build, world: &World<'_>) -> Option<FlowStep> {
    let unit = world.chain.unit(build.dockerfile_unit()?)?;
    let dockerfile = unit.dockerfile()?;
    let mut instructions = dockerfile.tree.instructions.iter().take(LOOKED_AT);
    let copy = instructions.find(|instruction| {
        let takes_files = match &instruction.body {
            Body::Copy(transfer) | Body::Add(transfer) => !transfer.sources.is_empty(),
            _ => false,
        };
        takes_files && instruction.flag("from").is_none()
    })?;
    let text = copy
        .span
        .slice(&unit.artifact.text)
        .lines()
        .next()
        .unwrap_or("");
    let message = format!("`{text}` takes from it into the image");
    Some(FlowStep {
        at: unit.label(copy.span),
        message,
        control: build.control,
    })
}
