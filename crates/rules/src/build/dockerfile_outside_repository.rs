//! `dockerfile-outside-repository`: a Dockerfile that lies outside the repository.

use std::collections::BTreeMap;

use plimsoll_chain::{Build, DockerfileUse};
use plimsoll_model::{Builder, BuilderOutcome};
use plimsoll_simulate::resolve::{ContextUse, resolve_in_context};

use super::escape::Escape;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "dockerfile-outside-repository",
        former_ids: &[],
        title: "The Dockerfile lies outside the repository",
        stage: Stage::Build,
        severity: Severity::Critical,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-22", "CWE-59", "CICD-SEC-4"],
        page: include_str!("dockerfile_outside_repository.md"),
    },
    check: Check::Build(check),
};

fn check(build: &Build, world: &World<'_>, findings: &mut Findings) {
    let DockerfileUse::Elsewhere(placed) = &build.dockerfile else {
        return;
    };
    let Some(escape) = Escape::of(build, placed, world) else {
        return;
    };
    let outcomes = outcomes(build, &escape, world);
    let is_effective = outcomes.values().any(|outcome| outcome.is_effective());
    let consequence = if is_effective {
        "the build runs instructions from a file that no review of this repository sees, and reports what it holds \
         when it does not parse"
    } else {
        "the builders this names cut the path back or refuse it, so the build breaks"
    };
    let message = format!(
        "{}: {consequence}{}. Keep the Dockerfile in the repository and name it there",
        escape.clause(),
        escape.assumed(),
    );
    let mut finding = escape.finding(&RULE.info, message);
    if !is_effective {
        finding.severity = Severity::Low;
        finding.level = Level::Strict;
    }
    let mut witness = escape.witness(build, BuilderOutcome::Escapes);
    witness.builders = outcomes;
    finding.witness = Some(witness);
    finding.flow = escape.steps("Dockerfile");
    findings.push(finding);
}

/// What each builder does with the path: where only a link leads out, BuildKit cuts it back to the file's folder.
fn outcomes(
    build: &Build,
    escape: &Escape<'_>,
    world: &World<'_>,
) -> BTreeMap<Builder, BuilderOutcome> {
    let text = escape.field.value.text().unwrap_or_default();
    let outcome = |builder: Builder| {
        let base = &escape.field.base;
        resolve_in_context(
            world.inventory,
            base,
            &text,
            builder,
            ContextUse::Dockerfile,
        )
        .outcome
    };
    build
        .builders
        .iter()
        .map(|builder| (*builder, outcome(*builder)))
        .collect()
}
