//! `build-takes-host-access`: a build that is given the network or the privileges of the builder's host.

use std::collections::BTreeSet;

use plimsoll_chain::invocation::{HostAccess, HostPart};
use plimsoll_chain::{Build, Unit};
use plimsoll_model::{Confidence, Control, Finding, FlowStep, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::{Body, Flag};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "build-takes-host-access",
        former_ids: &[],
        title: "A build takes the network or the privileges of its host",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-250", "CWE-653", "CICD-SEC-7"],
        page: include_str!("build_takes_host_access.md"),
    },
    check: Check::Root(check),
};

fn check(world: &World<'_>, findings: &mut Findings) {
    // Targets that inherit from one, and combinations of a matrix, share what is written once.
    let mut seen = BTreeSet::new();
    for build in world.chain.builds() {
        for_build(build, world, &mut seen, findings);
    }
    for unit in world.chain.units() {
        for_dockerfile(unit, world, findings);
    }
}

fn for_build(
    build: &Build,
    world: &World<'_>,
    seen: &mut BTreeSet<(usize, u32)>,
    findings: &mut Findings,
) {
    let written = world.chain.unit(build.unit).and_then(|unit| {
        let invocation = unit.invocation(build.invocation?)?;
        Some((unit, invocation))
    });
    let Some((unit, invocation)) = written else {
        return;
    };
    for access in &invocation.host_access {
        if seen.insert((build.unit, access.span.start)) {
            findings.push(finding(unit, access, build.control));
        }
    }
}

/// The flags of RUN, which count only where the builder and the command line allow them.
fn for_dockerfile(unit: &Unit, world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    let control = world.chain.settings().control_of(unit.artifact.kind);
    let instructions = dockerfile.tree.instructions.iter();
    let runs = instructions.filter(|instruction| matches!(instruction.body, Body::Run(_)));
    for access in runs.flat_map(|run| &run.flags).filter_map(of_flag) {
        let mut finding = finding(unit, &access, control);
        finding.level = Level::Strict;
        finding.confidence = Confidence::Medium;
        findings.push(finding);
    }
}

fn of_flag(flag: &Flag) -> Option<HostAccess> {
    let value = flag.value.as_ref()?.as_str();
    let what = match (flag.name.as_str(), value) {
        ("network", "host") => HostPart::Network,
        ("security", "insecure") => HostPart::Insecure,
        _ => return None,
    };
    Some(HostAccess {
        span: flag.span,
        what,
        written: format!("--{}={value}", flag.name),
    })
}

fn finding(unit: &Unit, access: &HostAccess, control: Control) -> Finding {
    let written = &access.written;
    let (gives, severity) = match access.what {
        HostPart::Network => (
            "the network of the builder's host: it reaches what listens on the host's loopback and on its private \
             networks, the metadata service of a cloud among them",
            Severity::High,
        ),
        HostPart::Insecure => (
            "all capabilities and devices of the builder's host, without the sandbox: whoever decides what it runs \
             can take over the host",
            Severity::Critical,
        ),
    };
    let message = format!(
        "`{written}` gives the build {gives}. Remove it; fetch what the build needs beforehand, or serve it from a \
         named network"
    );
    let at = unit.label(access.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = severity.for_control(control);
    finding.identity = vec![written.clone()];
    finding.flow = vec![FlowStep {
        at,
        message: format!("`{written}` asks for it"),
        control,
    }];
    finding
}
