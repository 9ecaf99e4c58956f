//! `foreign-frontend`: a `# syntax=` directive that hands the build to a program other than Docker's own frontend.

use plimsoll_chain::Unit;
use plimsoll_model::{
    Access, Builder, BuilderOutcome, Confidence, Control, Finding, FlowStep, Level, Reach,
    ReachedThing, RuleInfo, Severity, Stage, Witness, WitnessKind,
};
use plimsoll_parse::ImageReference;
use plimsoll_parse::dockerfile::Directive;

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "foreign-frontend",
        former_ids: &[],
        title: "The Dockerfile chooses a foreign frontend",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-829", "CICD-SEC-3", "CVE-2026-33747"],
        page: include_str!("foreign_frontend.md"),
    },
    check: Check::Unit(check),
};

/// Repositories on Docker Hub whose images are Docker's own frontends.
const OWN: [&str; 3] = [
    "docker/dockerfile",
    "docker/dockerfile-upstream",
    "docker/buildkit-syntax",
];

fn check(unit: &Unit, world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    let Some(directive) = dockerfile.tree.directive("syntax") else {
        return;
    };
    let image = directive.value.value.trim();
    if image.is_empty() || is_own(image) {
        return;
    }
    let control = world.chain.settings().control_of(unit.artifact.kind);
    findings.push(finding(unit, directive, image, control));
}

fn finding(unit: &Unit, directive: &Directive, image: &str, control: Control) -> Finding {
    let message = format!(
        "`# syntax={image}` makes BuildKit run that image as the frontend: it decides what the build does, whatever \
         the instructions below say, and reads the whole context. Use `docker/dockerfile`. If this frontend is yours, \
         set `foreign-frontend = \"off\"` under `[rules]`, or ignore this line with a reason"
    );
    let at = unit.label(directive.value.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::High.for_control(control);
    finding.flow = vec![FlowStep {
        at,
        message: format!("names the frontend `{image}`"),
        control,
    }];
    finding.witness = Some(Witness {
        kind: WitnessKind::ImageChoice,
        input: image.to_owned(),
        resolves_to: image.to_owned(),
        levels: 0,
        // The classic builder takes the line for a comment.
        builders: [
            (Builder::Buildkit, BuilderOutcome::Reaches),
            (Builder::Classic, BuilderOutcome::Clamps),
        ]
        .into(),
        reaches: vec![
            Reach {
                what: ReachedThing::BuildShell,
                access: Access::Execute,
            },
            Reach {
                what: ReachedThing::Context,
                access: Access::Read,
            },
        ],
    });
    finding
}

/// Whether `image` is one of Docker's own, under any spelling of Docker Hub, with any tag or digest.
fn is_own(image: &str) -> bool {
    ImageReference::parse(image)
        .is_ok_and(|reference| OWN.contains(&reference.familiar_name().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_frontends_are_told_from_foreign_ones() {
        for image in [
            "docker/dockerfile:1",
            "docker.io/docker/dockerfile:1.7-labs",
            "index.docker.io/docker/dockerfile@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            "docker/dockerfile",
        ] {
            assert!(is_own(image), "{image}");
        }
        for image in [
            "docker/dockerfile.evil/x",
            "evil/dockerfile:1",
            "ghcr.io/docker/dockerfile",
            "docker:1/dockerfile",
        ] {
            assert!(!is_own(image), "{image}");
        }
    }
}
