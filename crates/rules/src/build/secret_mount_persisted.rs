//! `secret-mount-persisted`: a build secret that a RUN copies into a layer.

use plimsoll_chain::Unit;
use plimsoll_model::{Confidence, Finding, Level, RuleInfo, Severity, Span, Stage};
use plimsoll_parse::dockerfile::{Instruction, Mount, MountKind};
use plimsoll_parse::shell::{self, CommandVisit, Redirection, RedirectionKind, Script, Word};

use super::exposure;
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

fn check(unit: &Unit, _world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    for instruction in &dockerfile.tree.instructions {
        let secrets: Vec<Secret> = instruction.mounts().filter_map(Secret::of).collect();
        if !secrets.is_empty() {
            check_run(unit, instruction, &secrets, findings);
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

    fn is_file(&self, word: &Word) -> bool {
        self.path.is_some() && word.static_text() == self.path
    }

    /// Whether the command's words hold the secret's value.
    fn is_spelled_by(&self, visit: &CommandVisit<'_>) -> bool {
        let words = &visit.command.words;
        let names_variable = |word: &Word| {
            let variables = word.variables();
            variables
                .iter()
                .any(|found| Some(&found.expansion.name) == self.variable.as_ref())
        };
        words.iter().any(names_variable)
    }
}

fn last_component(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn check_run(unit: &Unit, instruction: &Instruction, secrets: &[Secret], findings: &mut Findings) {
    let Some(text) = instruction.shell_text() else {
        return;
    };
    let script = shell::parse(text.as_str());
    let removed = removed_paths(&script);
    shell::for_each_command(&script, &mut |visit| {
        for secret in secrets {
            let Some((span, file)) = written_file(visit, secret) else {
                continue;
            };
            if removed.contains(&file) || is_volatile(&file) {
                continue;
            }
            let at = unit.label(text.source_span(span));
            let message = format!(
                "the secret `{}` is written to `{file}`, which stays in the layer: everybody who can pull the image can \
                 read it. Mount it where it is read instead: `--mount=type=secret,id={},target={file}`",
                secret.id, secret.id
            );
            let mut finding = Finding::at(&RULE.info, at, message);
            finding.identity = vec![secret.id.clone(), file];
            finding.witness = Some(exposure::witness(&secret.id, "a layer of the image"));
            findings.push(finding);
        }
    });
}

/// The file into which a command writes the secret, and the bytes of the command.
fn written_file(visit: &CommandVisit<'_>, secret: &Secret) -> Option<(Span, String)> {
    let span = visit.command.span;
    let name = visit.command.name()?;
    let words = visit.command.words.get(1..).unwrap_or_default();
    match last_component(&name) {
        "cp" | "install" | "mv" if words.iter().any(|word| secret.is_file(word)) => {
            Some((span, words.last()?.static_text()?))
        }
        "cat" if words.iter().any(|word| secret.is_file(word)) => {
            Some((span, redirected(visit.redirections)?))
        }
        "echo" | "printf" if secret.is_spelled_by(visit) => {
            Some((span, redirected(visit.redirections)?))
        }
        _ => None,
    }
}

fn redirected(redirections: &[Redirection]) -> Option<String> {
    let writes = |redirection: &&Redirection| {
        let is_output = redirection.descriptor.as_deref().is_none_or(|fd| fd == "1");
        is_output
            && matches!(
                redirection.kind,
                RedirectionKind::Write | RedirectionKind::Append
            )
    };
    redirections.iter().find(writes)?.target.static_text()
}

/// Files that the same RUN deletes again never reach a layer.
fn removed_paths(script: &Script) -> Vec<String> {
    let mut removed = Vec::new();
    shell::for_each_command(script, &mut |visit| {
        if matches!(
            visit.command.name().as_deref(),
            Some("rm" | "shred" | "unlink")
        ) {
            removed.extend(visit.command.words.iter().filter_map(Word::static_text));
        }
    });
    removed
}

fn is_volatile(path: &str) -> bool {
    path.starts_with("/dev/") || path.starts_with("/proc/") || path.starts_with("/run/secrets/")
}
