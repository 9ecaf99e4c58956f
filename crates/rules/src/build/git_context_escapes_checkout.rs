//! `git-context-escapes-checkout`: a git build context whose subdirectory leaves the checkout.

use std::collections::BTreeMap;

use plimsoll_chain::Build;
use plimsoll_chain::invocation::{ContextField, PathField};
use plimsoll_model::{
    Access, Builder, BuilderOutcome, Finding, FlowStep, Label, Reach, ReachedThing, RootPath,
    Witness, WitnessKind,
};
use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "git-context-escapes-checkout",
        former_ids: &[],
        title: "A git context's subdirectory leaves the checkout",
        stage: Stage::Build,
        severity: Severity::Critical,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-22", "CVE-2026-33748"],
        page: include_str!("git_context_escapes_checkout.md"),
    },
    check: Check::Build(check),
};

fn check(build: &Build, world: &World<'_>, findings: &mut Findings) {
    let Some(unit) = world.chain.unit(build.unit) else {
        return;
    };
    let Some(invocation) = build.invocation.and_then(|index| unit.invocation(index)) else {
        return;
    };
    let named = invocation.named_contexts.iter().map(|named| &named.context);
    for context in std::iter::once(&invocation.context).chain(named) {
        let ContextField::Git {
            field,
            subdirectory: Some((subdirectory, span)),
        } = context
        else {
            continue;
        };
        let Some(levels) = levels_above(subdirectory) else {
            continue;
        };
        findings.push(finding(
            build,
            field,
            subdirectory,
            levels,
            unit.label(*span),
        ));
    }
}

/// How far the path leaves the checkout; `None` where it stays inside.
fn levels_above(subdirectory: &str) -> Option<u32> {
    // Builders join the subdirectory to the checkout, an absolute one too.
    let path = subdirectory.trim_start_matches('/');
    if RootPath::new(path).is_some() {
        return None;
    }
    let mut depth = 0_i64;
    let mut lowest = 0_i64;
    for component in path.split('/') {
        depth += match component {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        lowest = lowest.min(depth);
    }
    u32::try_from(-lowest).ok()
}

fn finding(
    build: &Build,
    field: &PathField,
    subdirectory: &str,
    levels: u32,
    at: Label,
) -> Finding {
    let message = format!(
        "`{}` takes the subdirectory `{subdirectory}` of a git checkout, which lies outside it: a BuildKit older than \
         0.28.1 (CVE-2026-33748) sends that folder of the builder to the build. Name a folder of the repository",
        field.name
    );
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::Critical.for_control(build.control);
    // The one assumption is the builder's age.
    finding.confidence = Confidence::Medium;
    finding.identity = vec![field.name.clone(), field.value.raw.clone()];
    let message = format!("`{}` names the subdirectory `{subdirectory}`", field.name);
    finding.flow = vec![FlowStep {
        at,
        message,
        control: build.control,
    }];
    finding.witness = Some(Witness {
        kind: WitnessKind::PathEscape,
        input: subdirectory.to_owned(),
        resolves_to: vec![".."; levels as usize].join("/"),
        levels,
        builders: build
            .builders
            .iter()
            .map(|builder| (*builder, outcome(*builder)))
            .collect::<BTreeMap<_, _>>(),
        reaches: vec![Reach {
            what: ReachedThing::ParentOfRoot,
            access: Access::Read,
        }],
    });
    finding
}

fn outcome(builder: Builder) -> BuilderOutcome {
    match builder {
        Builder::Classic => BuilderOutcome::Refuses,
        Builder::Buildkit | Builder::Buildah | Builder::Kaniko => BuilderOutcome::Escapes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_leave_count() {
        let check = |path, expected| assert_eq!(levels_above(path), expected, "{path}");
        check("src/../api", None);
        check("/api", None);
        check("..", Some(1));
        check("a/../../..", Some(2));
        check("/../x", Some(1));
    }
}
