//! `validation-without-effect`: a check of a build argument that cannot fail, or that nothing can pass.

use plimsoll_chain::Unit;
use plimsoll_chain::sink::{Validation, ValidationFault};
use plimsoll_model::{Confidence, Finding, Level, RuleInfo, Severity, Stage};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "validation-without-effect",
        former_ids: &[],
        title: "A check of a build argument has no effect",
        stage: Stage::Build,
        severity: Severity::Medium,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-1288", "CWE-754"],
        page: include_str!("validation_without_effect.md"),
    },
    check: Check::Unit(check),
};

fn check(unit: &Unit, _world: &World<'_>, findings: &mut Findings) {
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    for validation in &dockerfile.validations {
        if let Some(message) = message(validation) {
            let mut finding = Finding::at(&RULE.info, unit.label(validation.span), message);
            finding.identity = vec![validation.variable.clone(), validation.lets_pass.clone()];
            findings.push(finding);
        }
    }
}

fn message(validation: &Validation) -> Option<String> {
    let variable = &validation.variable;
    match validation.fault? {
        ValidationFault::CannotFail => Some(format!(
            "this check of `{variable}` says when the value is wrong, but the build goes on all the same. End the \
             failing branch with `exit 1`"
        )),
        ValidationFault::CannotPass => Some(format!(
            "this check of `{variable}` ends the build whatever the value is, so nothing behind it is ever built. \
             Correct what it lets pass"
        )),
        ValidationFault::Weak => None,
    }
}
