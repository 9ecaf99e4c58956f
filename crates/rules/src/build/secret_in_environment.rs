//! `secret-in-environment`: an ENV that puts a credential into the image.

use plimsoll_chain::Unit;
use plimsoll_model::{Confidence, Finding, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::{Body, KeyValue};
use plimsoll_secrets::{find_values, is_credential_name, is_placeholder};

use super::exposure;
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

fn check(unit: &Unit, _world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    for instruction in &dockerfile.tree.instructions {
        if let Body::Env(pairs) = &instruction.body {
            pairs
                .iter()
                .filter_map(|pair| carried(unit, pair))
                .for_each(|finding| findings.push(finding));
        }
    }
}

/// A pair that carries a credential. An empty value or a stand-in carries none: the runner sets the real one.
fn carried(unit: &Unit, pair: &KeyValue) -> Option<Finding> {
    let name = pair.key.as_str();
    let text = pair.value.as_str().trim_matches(['"', '\'']);
    let by_name = is_credential_name(name);
    let copies_variable = text.starts_with('$') && !text.contains(":+");
    let message = if !find_values(text).is_empty()
        || (by_name && !is_placeholder(text) && !text.contains('$'))
    {
        format!(
            "`ENV {name}` writes a credential into the image: everybody who can pull it can read it"
        )
    } else if by_name && copies_variable {
        format!(
            "`ENV {name}={text}` keeps a credential given to the build in the image's environment"
        )
    } else {
        return None;
    };
    let message = format!(
        "{message}. Set it when the container starts, or for a build step mount it: {}",
        exposure::secret_mount(name)
    );
    let mut finding = Finding::at(&RULE.info, unit.label(pair.key.span), message);
    finding.identity = vec!["ENV".to_owned(), name.to_owned()];
    finding.witness = Some(exposure::witness(name, "the image's environment"));
    Some(finding)
}
