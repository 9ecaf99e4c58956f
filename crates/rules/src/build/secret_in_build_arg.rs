//! `secret-in-build-arg`: a build argument that carries a credential.

use plimsoll_chain::Unit;
use plimsoll_chain::invocation::{FieldPiece, FieldValue};
use plimsoll_model::{Confidence, Finding, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::{ArgDef, Body};
use plimsoll_secrets::{
    find_values, is_credential_name, is_path, is_placeholder, is_setting, is_stand_in_text,
};

use super::exposure;
use super::taking::stages_of_images;
use crate::held_secret::name_credential;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-build-arg",
        former_ids: &[],
        title: "A build argument carries a credential",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &["buildkit:SecretsUsedInArgOrEnv", "DL3064", "DS-0031"],
        references: &["CWE-538", "CWE-522", "CICD-SEC-6", "MCP01:2025"],
        page: include_str!("secret_in_build_arg.md"),
    },
    check: Check::Unit(check),
};

fn check(unit: &Unit, world: &World<'_>, findings: &mut Findings) {
    if let Some(dockerfile) = unit.dockerfile() {
        let in_images = std::cell::LazyCell::new(|| stages_of_images(unit, dockerfile, world));
        for (index, instruction) in dockerfile.tree.instructions.iter().enumerate() {
            if let Body::Arg(definitions) = &instruction.body {
                let stage = dockerfile.stages.stage_of(index);
                let in_image = || stage.is_some_and(|stage| in_images.contains(&stage));
                let found = definitions.iter().filter_map(|argument| {
                    let mut finding = declared(unit, argument, in_image)?;
                    if has_stand_in(argument) && !is_passed(unit, &argument.name, world) {
                        finding.severity = Severity::Low;
                        finding.level = Level::Strict;
                    }
                    if let Some(default) = &argument.default {
                        let path = &unit.artifact.path;
                        name_credential(&mut finding, path, default.span, world);
                    }
                    Some(finding)
                });
                found.for_each(|finding| findings.push(finding));
            }
        }
    }
    for invocation in &unit.manifest.invocations {
        for argument in &invocation.arguments {
            let Some(value) = &argument.value else {
                continue;
            };
            if let Some(mut finding) = passed(unit, &argument.name, value) {
                name_credential(&mut finding, &unit.artifact.path, value.span, world);
                findings.push(finding);
            }
        }
    }
}

/// Whether the argument has a stand-in for its default, so that a step of the build runs without the real value.
fn has_stand_in(argument: &ArgDef) -> bool {
    let default = argument.default.as_ref();
    default.is_some_and(|word| is_stand_in_text(word.as_str()))
}

/// Whether a known build of this Dockerfile passes the argument.
fn is_passed(unit: &Unit, name: &str, world: &World<'_>) -> bool {
    world.chain.builds_of(unit).any(|build| {
        let caller = world.chain.unit(build.unit);
        let invocation = caller
            .zip(build.invocation)
            .and_then(|(caller, at)| caller.invocation(at));
        invocation.is_some_and(|one| one.arguments.iter().any(|passed| passed.name == name))
    })
}

/// An ARG whose name says credential, or whose default is one.
fn declared(unit: &Unit, argument: &ArgDef, in_image: impl Fn() -> bool) -> Option<Finding> {
    let default = argument
        .default
        .as_ref()
        .map(|word| word.as_str().trim_matches(['"', '\'']));
    let literal =
        default.filter(|text| !is_placeholder(text) && !is_path(text) && !text.contains('$'));
    let by_form = literal.is_some_and(|text| !find_values(text).is_empty());
    let name = &argument.name;
    let by_name = is_credential_name(name) && !default.is_some_and(|text| is_setting(name, text));
    let (message, severity) = match (by_form || (by_name && literal.is_some()), by_name) {
        (true, _) => (
            format!(
                "`ARG {name}` has a credential for its default, readable by all who read this file"
            ),
            Severity::High,
        ),
        (false, true) => (
            format!(
                "`ARG {name}` takes a credential as a build argument: its value stays in {} and in provenance",
                if in_image() {
                    "the image's history"
                } else {
                    "the build's cache"
                }
            ),
            Severity::Medium,
        ),
        (false, false) => return None,
    };
    let message = format!(
        "{message}. Mount it instead: {}",
        exposure::secret_mount(name)
    );
    let mut finding = Finding::at(&RULE.info, unit.label(argument.name_span), message);
    finding.severity = severity;
    if !by_form {
        finding.confidence = Confidence::Medium;
    }
    finding.identity = vec!["ARG".to_owned(), name.clone()];
    finding.witness = Some(exposure::witness(name, "the image's history"));
    Some(finding)
}

/// A manifest that passes a credential written out in it.
fn passed(unit: &Unit, name: &str, value: &FieldValue) -> Option<Finding> {
    let [FieldPiece::Literal(text)] = value.pieces.as_slice() else {
        return None;
    };
    let by_form = !find_values(text).is_empty();
    let by_name = is_credential_name(name)
        && !is_placeholder(text)
        && !is_path(text)
        && !is_setting(name, text);
    if !by_form && !by_name {
        return None;
    }
    let message = format!(
        "the build argument `{name}` is given a credential that is written out here; it also stays in the image's \
         history. Pass it as a build secret: {}",
        exposure::secret_mount(name)
    );
    let mut finding = Finding::at(&RULE.info, unit.label(value.span), message);
    finding.severity = Severity::High;
    if !by_form {
        finding.confidence = Confidence::Medium;
    }
    finding.aliases.clear();
    finding.identity = vec!["argument".to_owned(), name.to_owned()];
    finding.witness = Some(exposure::witness(name, "this file and the image's history"));
    Some(finding)
}
