//! `manifest-reads-outside-repository`: a manifest that has its tool read a file outside the repository.

use std::collections::BTreeSet;

use plimsoll_chain::invocation::{FilePurpose, FileReference, Project};
use plimsoll_chain::{Build, Outside, Place, Unit};
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};
use plimsoll_model::{Control, Finding, FlowStep, Witness, WitnessKind};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "manifest-reads-outside-repository",
        former_ids: &[],
        title: "A manifest reads a file outside the repository",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Strict,
        aliases: &[],
        references: &["CWE-22", "CWE-73"],
        page: include_str!("manifest_reads_outside_repository.md"),
    },
    check: Check::Root(check),
};

fn check(world: &World<'_>, findings: &mut Findings) {
    for reference in world.chain.references() {
        let Some(unit) = world.chain.unit(reference.unit) else {
            continue;
        };
        let Some(written) = unit.manifest.references.get(reference.index) else {
            continue;
        };
        if let Place::Outside(outside) = &reference.placed.place {
            findings.push(finding(unit, written, outside, reference.control));
        }
    }
    // Targets that inherit from one, and combinations of a matrix, share what is written once.
    let mut seen = BTreeSet::new();
    for build in world.chain.builds() {
        secrets_of_build(build, world, &mut seen, findings);
    }
}

/// Files the client reads as secrets of a build, but for those that the manifest's references name already.
fn secrets_of_build(
    build: &Build,
    world: &World<'_>,
    seen: &mut BTreeSet<(usize, u32)>,
    findings: &mut Findings,
) {
    let Some(unit) = world.chain.unit(build.unit) else {
        return;
    };
    for placed in &build.secret_files {
        let (Place::Outside(outside), Some(field)) = (&placed.place, &placed.field) else {
            continue;
        };
        let mut references = unit.manifest.references.iter();
        let is_named = references.any(|reference| reference.field.value.span == field.value.span);
        if is_named || !seen.insert((build.unit, field.value.span.start)) {
            continue;
        }
        let secret = FileReference {
            purpose: FilePurpose::BuildSecret,
            field: field.clone(),
            project: Project::OwnFolder,
        };
        findings.push(finding(unit, &secret, outside, build.control));
    }
}

fn finding(unit: &Unit, reference: &FileReference, outside: &Outside, control: Control) -> Finding {
    let field = &reference.field;
    let (name, raw, to) = (&field.name, &field.value.raw, &outside.resolves_to);
    let read = match reference.purpose {
        FilePurpose::Manifest | FilePurpose::BakeFile => "reads a manifest from",
        FilePurpose::Environment => "reads variables from",
        FilePurpose::Watched => "copies into a running container, as it changes,",
        FilePurpose::SecretOrConfig => "hands a container the file",
        FilePurpose::Asset => "copies into the result",
        FilePurpose::IgnoreFile => "takes the build's ignore rules from",
        FilePurpose::ProjectDirectory => "lets an included manifest build and read from",
        FilePurpose::BuildSecret => "hands the build the file",
    };
    let message = format!(
        "`{name}` {read} `{raw}`, which lies outside the repository (`{to}`): what it holds is not under review, and \
         another machine has another file there. Keep the file in the repository, or let the operator name it"
    );
    let at = unit.label(field.value.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::High.for_control(control);
    // A maintainer who has a container read a file of their own machine is no intrusion; a stranger's manifest that
    // does so is, and what a build leaves out or takes its context from is the platform's say.
    let is_default = control == Control::Anyone
        || matches!(
            reference.purpose,
            FilePurpose::IgnoreFile | FilePurpose::ProjectDirectory
        );
    finding.level = if is_default {
        Level::Default
    } else {
        Level::Strict
    };
    finding.identity = vec![name.clone(), raw.clone()];
    finding.flow = vec![FlowStep {
        at,
        message: format!("`{name}` names `{raw}`"),
        control,
    }];
    finding.witness = Some(Witness {
        kind: WitnessKind::PathEscape,
        input: raw.clone(),
        resolves_to: to.clone(),
        levels: outside.levels,
        builders: std::collections::BTreeMap::new(),
        reaches: outside.reaches.clone(),
    });
    finding
}
