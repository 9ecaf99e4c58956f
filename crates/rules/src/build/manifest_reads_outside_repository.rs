//! `manifest-reads-outside-repository`: a manifest that has its tool read a file outside the repository.

use plimsoll_chain::invocation::{FilePurpose, FileReference};
use plimsoll_chain::{Outside, Place, Unit};
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
}

fn finding(unit: &Unit, reference: &FileReference, outside: &Outside, control: Control) -> Finding {
    let field = &reference.field;
    let (name, raw, to) = (&field.name, &field.value.raw, &outside.resolves_to);
    let read = match reference.purpose {
        FilePurpose::Manifest | FilePurpose::BakeFile => "reads a manifest from",
        FilePurpose::Environment => "reads variables from",
        FilePurpose::SecretOrConfig => "hands a container the file",
        FilePurpose::Asset => "copies into the result",
        FilePurpose::IgnoreFile => "takes the build's ignore rules from",
    };
    let message = format!(
        "`{name}` {read} `{raw}`, which lies outside the repository (`{to}`): what it holds is not under review, and \
         another machine has another file there. Keep the file in the repository, or let the operator name it"
    );
    let at = unit.label(field.value.span);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::High.for_control(control);
    // A maintainer who has a container read a file of their own machine is no intrusion; a stranger's manifest that
    // does so is, and what a build leaves out is the platform's say.
    let is_default = control == Control::Anyone || reference.purpose == FilePurpose::IgnoreFile;
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
