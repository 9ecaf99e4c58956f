//! `secret-in-image-configuration`: a credential in the configuration of an image.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage, Storage};

use super::made_by;
use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-image-configuration",
        former_ids: &[],
        title: "The configuration of the image holds a credential",
        stage: Stage::Image,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-526", "CWE-522", "CICD-SEC-6"],
        page: include_str!("secret_in_image_configuration.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it, set it when the container starts, and build the image anew";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    let Some(Storage::Image(place)) = held.stored.map(|stored| &stored.storage) else {
        return;
    };
    if held.holder != Holder::ImageConfiguration {
        return;
    }
    let message = format!(
        "The configuration of `{}` holds in `{}`{} {}{}. {ADVICE}.",
        place.image,
        held.path,
        made_by(place),
        held.describe(),
        held.grants()
    );
    findings.push(held.finding(&RULE.info, message));
}
