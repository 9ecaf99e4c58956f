//! `validation-never-built`: a check of a build argument in a stage that the build does not need.

use plimsoll_chain::Unit;
use plimsoll_chain::dockerfile::DockerfileUnit;
use plimsoll_chain::sink::Validation;
use plimsoll_model::{Confidence, Finding, Label, Level, Related, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "validation-never-built",
        former_ids: &[],
        title: "A check of a build argument stands in a stage that is never built",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-1288", "CWE-754"],
        page: include_str!("validation_never_built.md"),
    },
    check: Check::Root(check),
};

fn check(world: &World<'_>, findings: &mut Findings) {
    for (at, unit) in world.chain.units().iter().enumerate() {
        let Some(dockerfile) = unit.dockerfile() else {
            continue;
        };
        let candidates: Vec<&Validation> = dockerfile
            .validations
            .iter()
            .filter(|validation| validation.fault.is_none())
            .collect();
        if candidates.is_empty() {
            continue;
        }
        let built = built_stages(at, dockerfile, world);
        for validation in candidates {
            // A stage somebody builds by its name is not forgotten.
            if !built.contains(&validation.stage)
                && let Some(used) = unguarded_use(dockerfile, validation, &built)
            {
                findings.push(finding(unit, dockerfile, validation, used));
            }
        }
    }
}

/// The stages that any known build makes.
fn built_stages(
    unit: usize,
    dockerfile: &DockerfileUnit,
    world: &World<'_>,
) -> std::collections::BTreeSet<usize> {
    let builds = world
        .chain
        .builds()
        .iter()
        .filter(|build| build.dockerfile_unit() == Some(unit));
    builds
        .flat_map(|build| dockerfile.reachable(build.target.as_deref()))
        .collect()
}

/// Where a stage that is built uses an argument that the validation was meant to check.
fn unguarded_use(
    dockerfile: &DockerfileUnit,
    validation: &Validation,
    built: &std::collections::BTreeSet<usize>,
) -> Option<plimsoll_model::Span> {
    let sink = dockerfile.sinks.iter().find(|sink| {
        built.contains(&sink.stage)
            && sink.guard.is_none()
            && validation.arguments.contains(&sink.argument)
    })?;
    Some(sink.word)
}

fn finding(
    unit: &Unit,
    dockerfile: &DockerfileUnit,
    validation: &Validation,
    used: plimsoll_model::Span,
) -> Finding {
    let stage = dockerfile.stages.stages.get(validation.stage);
    let name = stage
        .and_then(|stage| stage.name.as_ref())
        .map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| validation.stage.to_string());
    let message = format!(
        "`{}` is checked in the stage `{name}`, which the final stage does not need: BuildKit never builds it, and the \
         value arrives unchecked. Move the check into the stage that uses the value, or build that stage on `{name}`",
        validation.variable
    );
    let mut finding = Finding::at(&RULE.info, unit.label(validation.span), message);
    finding.identity = vec![name, validation.variable.clone()];
    let at: Label = unit.label(used);
    finding.related = vec![Related {
        at,
        message: "the value is used here, unchecked".to_owned(),
    }];
    finding
}
