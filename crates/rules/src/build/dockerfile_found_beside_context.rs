//! `dockerfile-found-beside-context`: a Dockerfile that exists only under another base than the documented one.

use plimsoll_chain::{Build, DockerfileUse};
use plimsoll_model::Finding;
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "dockerfile-found-beside-context",
        former_ids: &[],
        title: "The Dockerfile is named from another folder",
        stage: Stage::Build,
        severity: Severity::Info,
        confidence: Confidence::High,
        level: Level::Strict,
        aliases: &[],
        references: &["CWE-706"],
        page: include_str!("dockerfile_found_beside_context.md"),
    },
    check: Check::Build(check),
};

fn check(build: &Build, world: &World<'_>, findings: &mut Findings) {
    let DockerfileUse::File {
        placed,
        other_base: true,
        ..
    } = &build.dockerfile
    else {
        return;
    };
    let (Some(field), Some(path)) = (&placed.field, placed.inside()) else {
        return;
    };
    let Some(unit) = world.chain.unit(build.unit) else {
        return;
    };
    let message = format!(
        "`{}` is documented to be relative to another folder; `{}` exists only as `{path}`, which is taken to be meant. \
         Write the path from the documented folder",
        field.name, field.value.raw
    );
    let mut finding = Finding::at(&RULE.info, unit.label(field.value.span), message);
    finding.identity = vec![field.name.clone(), field.value.raw.clone()];
    findings.push(finding);
}
