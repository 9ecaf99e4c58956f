//! `secret-in-dockerfile`: a credential written into a Dockerfile.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::Body;

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-dockerfile",
        former_ids: &[],
        title: "A Dockerfile holds a credential",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-798", "CWE-538", "CICD-SEC-6"],
        page: include_str!("secret_in_dockerfile.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it and mount it for the step that needs it: `RUN --mount=type=secret,id=…`; what a step wrote stays in the image and its history";

fn check(held: &HeldSecret<'_>, world: &World<'_>, findings: &mut Findings) {
    if held.holder == Holder::Dockerfile && !is_variable(held, world) {
        findings.push(held.found_in_file(&RULE.info, ADVICE));
    }
}

/// Whether it stands in an ARG or ENV: `secret-in-build-arg` and `secret-in-environment` tell of those.
fn is_variable(held: &HeldSecret<'_>, world: &World<'_>) -> bool {
    let unit = world
        .chain
        .units()
        .iter()
        .find(|unit| unit.artifact.path == *held.path);
    let Some(dockerfile) = unit.and_then(|unit| unit.dockerfile()) else {
        return false;
    };
    let mut instructions = dockerfile.tree.instructions.iter();
    instructions.any(|instruction| {
        matches!(instruction.body, Body::Env(_) | Body::Arg(_))
            && instruction.span.start <= held.sighting.span.start
            && held.sighting.span.end <= instruction.span.end
    })
}
