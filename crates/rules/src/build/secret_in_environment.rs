//! `secret-in-environment`: an ENV that puts a credential into the image.

use plimsoll_chain::Unit;
use plimsoll_model::{Confidence, Finding, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::{Body, KeyValue};
use plimsoll_secrets::{find_values, is_credential_name, is_path, is_placeholder, is_setting};
use plimsoll_simulate::scope::{BuildInput, Precedence, Scopes};

use super::exposure;
use super::taking::stages_of_images;
use crate::held_secret::name_credential;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-environment",
        former_ids: &[],
        title: "An ENV puts a credential into the image",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &["buildkit:SecretsUsedInArgOrEnv", "DL3064", "DS-0031"],
        references: &["CWE-538", "CWE-522", "CWE-798", "CICD-SEC-6", "MCP01:2025"],
        page: include_str!("secret_in_environment.md"),
    },
    check: Check::Unit(check),
};

fn check(unit: &Unit, world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    let is_wanted = |pair: &KeyValue| carried(pair).is_some();
    let pairs = dockerfile.tree.instructions.iter().enumerate();
    let pairs: Vec<(usize, &KeyValue)> = pairs
        .flat_map(|(index, instruction)| match &instruction.body {
            Body::Env(pairs) => pairs.iter().map(|pair| (index, pair)).collect(),
            _ => Vec::new(),
        })
        .filter(|(_, pair)| is_wanted(pair))
        .collect();
    if pairs.is_empty() {
        return;
    }
    let input = BuildInput::default();
    let scopes = Scopes::new(
        &dockerfile.tree,
        &dockerfile.stages,
        &input,
        Precedence::LaterWins,
    );
    let in_images = stages_of_images(unit, dockerfile, world);
    for (index, pair) in pairs {
        let stage = dockerfile.stages.stage_of(index);
        let in_image = stage.is_none_or(|stage| in_images.contains(&stage));
        match carried(pair) {
            Some(Carried::Written) => {
                let mut finding = written(unit, pair, in_image);
                let path = &unit.artifact.path;
                name_credential(&mut finding, path, pair.value.span, world);
                findings.push(finding);
            }
            Some(Carried::Copied) if copies_declared(&scopes, index, pair) => {
                findings.push(copied(unit, pair, in_image));
            }
            _ => {}
        }
    }
}

/// How an ENV comes by a credential.
enum Carried {
    Written,
    Copied,
}

/// What a pair carries. An empty value, a path or a stand-in is no credential: the runner sets the real one.
fn carried(pair: &KeyValue) -> Option<Carried> {
    let text = text_of(pair);
    let name = pair.key.as_str();
    let by_name = is_credential_name(name) && !is_setting(name, text);
    let is_literal = !text.contains('$') && !is_placeholder(text) && !is_path(text);
    if (by_name && is_literal) || !find_values(text).is_empty() {
        return Some(Carried::Written);
    }
    let copies = text.starts_with('$') && !text.contains(":+");
    (by_name && copies).then_some(Carried::Copied)
}

fn text_of(pair: &KeyValue) -> &str {
    pair.value.as_str().trim_matches(['"', '\''])
}

/// Whether the file declares a variable of the value, before this place: one that nothing declares is empty.
fn copies_declared(scopes: &Scopes<'_>, index: usize, pair: &KeyValue) -> bool {
    let environment = scopes.environment(index);
    let expansion = environment.expand(&pair.value);
    let is_declared = |name: &str| environment.get(name).binding.is_some();
    expansion.variables().into_iter().any(is_declared)
}

fn written(unit: &Unit, pair: &KeyValue, in_image: bool) -> Finding {
    let name = pair.key.as_str();
    let what = if in_image {
        "writes a credential into the image: everybody who can pull it can read it"
    } else {
        "writes a credential out: everybody who can read this file or the build's cache can read it"
    };
    let mut finding = finding(unit, pair, &format!("`ENV {name}` {what}"));
    if !in_image {
        finding.severity = Severity::Medium;
    }
    finding
}

/// In a stage that no image is built on, it adds nothing to what the argument already gives away.
fn copied(unit: &Unit, pair: &KeyValue, in_image: bool) -> Finding {
    let (name, text) = (pair.key.as_str(), text_of(pair));
    let place = if in_image {
        "the image's environment"
    } else {
        "the environment of a stage, and so in the build's cache"
    };
    let message = format!("`ENV {name}={text}` keeps a credential given to the build in {place}");
    let mut finding = finding(unit, pair, &message);
    if !in_image {
        finding.severity = Severity::Low;
        finding.level = Level::Strict;
    }
    finding
}

fn finding(unit: &Unit, pair: &KeyValue, message: &str) -> Finding {
    let name = pair.key.as_str();
    let message = format!(
        "{message}. Set it when the container starts, or for a build step mount it: {}",
        exposure::secret_mount(name)
    );
    let mut finding = Finding::at(&RULE.info, unit.label(pair.key.span), message);
    if find_values(text_of(pair)).is_empty() {
        // By the name alone.
        finding.confidence = Confidence::Medium;
    }
    finding.identity = vec!["ENV".to_owned(), name.to_owned()];
    finding.witness = Some(exposure::witness(name, "the image's environment"));
    finding
}
