//! `copies-git-directory`: a COPY or ADD that takes the repository's history into the image.

use plimsoll_chain::Build;
use plimsoll_model::{
    Access, BuilderOutcome, Confidence, EntryKind, Finding, Label, Level, Reach, ReachedThing,
    Related, RuleInfo, Severity, Stage, Witness, WitnessKind,
};

use super::taking::{Context, Effort, Taking};
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "copies-git-directory",
        former_ids: &[],
        title: "A COPY takes the repository's history into the image",
        stage: Stage::Build,
        severity: Severity::Low,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-527", "CWE-538"],
        page: include_str!("copies_git_directory.md"),
    },
    check: Check::Root(check),
};

fn check(world: &World<'_>, findings: &mut Findings) {
    let mut effort = Effort::new();
    let mut seen = std::collections::BTreeSet::new();
    for (build, context) in Context::all(world) {
        let Some(git) = context.root.join(".git") else {
            continue;
        };
        let is_folder = world
            .inventory
            .get(&git)
            .is_some_and(|entry| entry.kind == EntryKind::Directory);
        if !is_folder || !effort.take(context.patterns(), 1, findings) || !context.sends(".git") {
            continue;
        }
        for taking in context.takings.iter().filter(|taking| taking.takes(".git")) {
            let at = context.unit.label(taking.instruction.span);
            if seen.insert(at.clone()) {
                findings.push(finding(build, &context, taking, at));
            }
        }
    }
}

fn finding(build: &Build, context: &Context<'_>, taking: &Taking<'_>, at: Label) -> Finding {
    let text = context.line_of(taking);
    let why = match context.ignore {
        Some(unit) => format!("`{}` does not leave it out", unit.artifact.path),
        None => "there is no ignore file".to_owned(),
    };
    let (place, readers) = if taking.in_image {
        ("into the image", "all who can pull it")
    } else {
        (
            "into a stage of the build",
            "all who can read the build's cache",
        )
    };
    let message = format!(
        "`{text}` takes `.git` {place}: every file and every credential the repository ever held, readable by {readers}; {why}. Add `.git` to the ignore file"
    );
    let mut finding = Finding::at(&RULE.info, at, message);
    if !taking.in_image {
        finding.level = Level::Strict;
        finding.severity = Severity::Info;
    }
    finding.identity = vec![text.to_owned()];
    finding.related = context
        .ignore
        .iter()
        .map(|unit| Related {
            at: Label::whole(&unit.artifact.path),
            message: "the ignore file that applies".to_owned(),
        })
        .collect();
    finding.witness = Some(Witness {
        kind: WitnessKind::SecretExposure,
        input: ".git".to_owned(),
        resolves_to: ".git".to_owned(),
        levels: 0,
        builders: build
            .builders
            .iter()
            .map(|builder| (*builder, BuilderOutcome::Reaches))
            .collect(),
        reaches: vec![Reach {
            what: ReachedThing::Image,
            access: Access::Read,
        }],
    });
    let title = "Leave `.git` out of the context";
    finding.fixes = context.leave_out(title, ".git\n").into_iter().collect();
    finding
}
