//! `validation-never-built`: a check of a build argument in a stage that the build does not need.

use std::collections::{BTreeMap, BTreeSet};

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
    let targets = targets(world);
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
        let built = built_stages(dockerfile, targets.get(&at));
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

/// By Dockerfile the stages that known builds ask for; `None` among them where one may make any.
fn targets(world: &World<'_>) -> BTreeMap<usize, BTreeSet<Option<usize>>> {
    let mut targets: BTreeMap<usize, BTreeSet<Option<usize>>> = BTreeMap::new();
    for build in world.chain.builds() {
        if let Some(at) = build.dockerfile_unit()
            && let Some(dockerfile) = world.chain.unit(at).and_then(Unit::dockerfile)
        {
            let target = dockerfile.target(build.target.as_deref());
            targets.entry(at).or_default().insert(target);
        }
    }
    targets
}

/// The stages that any known build makes.
fn built_stages(
    dockerfile: &DockerfileUnit,
    targets: Option<&BTreeSet<Option<usize>>>,
) -> BTreeSet<usize> {
    let targets = || targets.into_iter().flatten();
    if targets().any(Option::is_none) {
        return (0..dockerfile.stages.stages.len()).collect();
    }
    dockerfile
        .stages
        .reachable_from(targets().copied().flatten())
}

/// Where a stage that is built uses an argument that the validation was meant to check.
fn unguarded_use(
    dockerfile: &DockerfileUnit,
    validation: &Validation,
    built: &BTreeSet<usize>,
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
