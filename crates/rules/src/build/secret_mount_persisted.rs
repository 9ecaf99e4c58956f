//! `secret-mount-persisted`: a build secret that a RUN copies into a layer.

use std::cell::LazyCell;

use plimsoll_chain::Unit;
use plimsoll_model::{Confidence, Finding, Label, Level, RuleInfo, Severity, Stage};
use plimsoll_parse::dockerfile::{Instruction, Mount, MountKind, Word};
use plimsoll_parse::shell;

use super::exposure;
use super::secret_writes::{Shown, is_within, last_component, writes};
use super::taking::stages_of_images;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-mount-persisted",
        former_ids: &[],
        title: "A build secret is copied into a layer",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-538", "CWE-522", "CICD-SEC-6"],
        page: include_str!("secret_mount_persisted.md"),
    },
    check: Check::Unit(check),
};

fn check(unit: &Unit, world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    let in_images = LazyCell::new(|| stages_of_images(unit, dockerfile, world));
    for (index, instruction) in dockerfile.tree.instructions.iter().enumerate() {
        let secrets: Vec<Secret> = instruction.mounts().filter_map(Secret::of).collect();
        if !secrets.is_empty() {
            let stage = dockerfile.stages.stage_of(index);
            let in_image = stage.is_none_or(|stage| in_images.contains(&stage));
            check_run(unit, instruction, &secrets, in_image, findings);
        }
    }
}

/// Where a secret mount shows its secret.
struct Secret {
    id: String,
    path: Option<String>,
    variable: Option<String>,
}

impl Secret {
    /// By the Dockerfile reference the secret is a file at `target`, by default `/run/secrets/ID`, and with `env` a
    /// variable, in which case a file only where `target` is given too.
    fn of(mount: &Mount) -> Option<Secret> {
        if mount.kind() != MountKind::Secret {
            return None;
        }
        let target = mount.target().map(|word| word.as_str().to_owned());
        let id = mount.id().map(|word| word.as_str().to_owned());
        let id = id.or_else(|| {
            target
                .as_deref()
                .map(|path| last_component(path).to_owned())
        })?;
        let variable = mount.option(&["env"]).map(|option| match &option.value {
            Some(word) => word.as_str().to_owned(),
            None => id.clone(),
        });
        let default = variable.is_none().then(|| format!("/run/secrets/{id}"));
        Some(Secret {
            path: target.or(default),
            variable,
            id,
        })
    }
}

fn check_run(
    unit: &Unit,
    instruction: &Instruction,
    secrets: &[Secret],
    in_image: bool,
    findings: &mut Findings,
) {
    let Some(text) = instruction.shell_text() else {
        return;
    };
    let script = shell::parse(text.as_str());
    let mounted: Vec<&str> = instruction
        .mounts()
        .filter(|mount| matches!(mount.kind(), MountKind::Cache | MountKind::Tmpfs))
        .filter_map(|mount| mount.target())
        .map(Word::as_str)
        .collect();
    for secret in secrets {
        let shown = Shown {
            path: secret.path.as_deref(),
            variable: secret.variable.as_deref(),
        };
        for write in writes(&script, text.as_str(), &shown) {
            let is_mounted = mounted.iter().any(|folder| is_within(&write.file, folder));
            if !is_volatile(&write.file) && !is_mounted {
                let at = unit.label(text.source_span(write.span));
                findings.push(finding(at, secret, write.file, in_image));
            }
        }
    }
}

fn finding(at: Label, secret: &Secret, file: String, in_image: bool) -> Finding {
    let id = &secret.id;
    let who = if in_image {
        "which stays in the layer: everybody who can pull the image can read it"
    } else {
        "which stays in a layer of this stage: in the build's cache, and in every image that copies the folder"
    };
    let message = format!(
        "the secret `{id}` is written to `{file}`, {who}. Mount it where it is read instead \
         (`--mount=type=secret,id={id},target=…`), or delete it in the same `RUN`"
    );
    let mut finding = Finding::at(&RULE.info, at, message);
    if !in_image {
        finding.severity = Severity::Medium;
    }
    finding.identity = vec![id.clone(), file];
    finding.witness = Some(exposure::witness(id, "a layer of the image"));
    finding
}

fn is_volatile(path: &str) -> bool {
    path.starts_with("/dev/") || path.starts_with("/proc/") || path.starts_with("/run/secrets/")
}
