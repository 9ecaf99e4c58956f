//! `secret-in-image-layer`: a credential in a layer of an image.

use plimsoll_model::{Confidence, Holder, Level, RuleInfo, Severity, Stage, Storage};

use super::made_by;
use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-image-layer",
        former_ids: &[],
        title: "A layer of the image holds a credential",
        stage: Stage::Image,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-538", "CWE-522", "CICD-SEC-6"],
        page: include_str!("secret_in_image_layer.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str = "Revoke it, mount it in the step that needs it (`RUN --mount=type=secret,id=…`) and build the image anew";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    let Some(Storage::Image(place)) = held.stored.map(|stored| &stored.storage) else {
        return;
    };
    if held.holder != Holder::ImageLayer {
        return;
    }
    let removed = if place.removed_later {
        " A later layer removes the file, and this one is delivered with the image all the same."
    } else {
        ""
    };
    let message = format!(
        "Layer {}{} of `{}` holds in `{}` {}{}.{removed} {ADVICE}.",
        place.layer_number.unwrap_or_default(),
        made_by(place),
        place.image,
        held.place(),
        held.describe(),
        held.grants()
    );
    findings.push(held.finding(&RULE.info, message));
}
