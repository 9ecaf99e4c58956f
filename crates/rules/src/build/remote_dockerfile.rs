//! `remote-dockerfile`: a Dockerfile fetched from an address.

use plimsoll_chain::{Build, DockerfileUse};
use plimsoll_model::{
    Access, BuilderOutcome, Finding, FlowStep, Reach, ReachedThing, Witness, WitnessKind,
};
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "remote-dockerfile",
        former_ids: &[],
        title: "The Dockerfile is fetched from elsewhere",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-829", "CWE-494", "CICD-SEC-3"],
        page: include_str!("remote_dockerfile.md"),
    },
    check: Check::Build(check),
};

fn check(build: &Build, world: &World<'_>, findings: &mut Findings) {
    let DockerfileUse::Remote(field) = &build.dockerfile else {
        return;
    };
    let Some(unit) = world.chain.unit(build.unit) else {
        return;
    };
    let (name, address) = (&field.name, &field.value.raw);
    let message = format!(
        "`{name}` fetches the Dockerfile from `{address}` at every build: whoever answers there decides what the build \
         runs. Keep the Dockerfile in the repository"
    );
    let at = unit.label(field.value.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::Medium.for_control(build.control);
    finding.identity = vec![name.clone(), address.clone()];
    let message = format!("`{name}` names the address");
    finding.flow = vec![FlowStep {
        at,
        message,
        control: build.control,
    }];
    let outcome = BuilderOutcome::Reaches;
    finding.witness = Some(Witness {
        kind: WitnessKind::UrlChoice,
        input: address.clone(),
        resolves_to: address.clone(),
        levels: 0,
        builders: build
            .builders
            .iter()
            .map(|builder| (*builder, outcome))
            .collect(),
        reaches: vec![Reach {
            what: ReachedThing::BuildShell,
            access: Access::Execute,
        }],
    });
    findings.push(finding);
}
