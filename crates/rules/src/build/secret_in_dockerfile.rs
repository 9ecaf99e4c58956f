//! `secret-in-dockerfile`: a credential written into a Dockerfile.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Span, Stage};
use plimsoll_parse::dockerfile::Body;
use plimsoll_secrets::{find_values, is_credential_name};

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

/// Whether it stands in an ARG or ENV of which `secret-in-build-arg` or `secret-in-environment` tell.
fn is_variable(held: &HeldSecret<'_>, world: &World<'_>) -> bool {
    let mut units = world.chain.units().iter();
    let unit = units.find(|unit| unit.artifact.path == *held.path);
    let Some(dockerfile) = unit.and_then(|unit| unit.dockerfile()) else {
        return false;
    };
    let at = held.sighting.span;
    let mut instructions = dockerfile.tree.instructions.iter();
    let instruction = instructions.find(|one| one.span.start <= at.start && at.end <= one.span.end);
    match instruction.map(|instruction| &instruction.body) {
        Some(Body::Env(pairs)) => pairs.iter().any(|pair| {
            overlaps(pair.value.span, at) && is_told(pair.key.as_str(), pair.value.as_str())
        }),
        Some(Body::Arg(definitions)) => definitions.iter().any(|argument| {
            let default = argument.default.as_ref();
            default.is_some_and(|word| {
                overlaps(word.span, at) && is_told(&argument.name, word.as_str())
            })
        }),
        _ => false,
    }
}

fn is_told(name: &str, value: &str) -> bool {
    is_credential_name(name) || !find_values(value).is_empty()
}

fn overlaps(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}
