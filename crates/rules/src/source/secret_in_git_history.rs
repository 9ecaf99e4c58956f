//! `secret-in-git-history`: a credential in a commit that HEAD no longer shows.

use plimsoll_model::{Confidence, HistoryPlace, Level, RuleInfo, Severity, Stage, Storage};

use crate::held_secret::HeldSecret;
use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "secret-in-git-history",
        former_ids: &[],
        title: "The history holds a credential",
        stage: Stage::Source,
        severity: Severity::High,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-540", "CWE-312", "CICD-SEC-6"],
        page: include_str!("secret_in_git_history.md"),
    },
    check: Check::Secret(check),
};

const ADVICE: &str =
    "Revoke it: every clone has it, and rewriting the history reaches none of them";

fn check(held: &HeldSecret<'_>, _: &World<'_>, findings: &mut Findings) {
    let Some(Storage::History(place)) = held.stored.map(|stored| &stored.storage) else {
        return;
    };
    // What HEAD holds is found in its files, where it is to be mended first.
    if place.at_head {
        return;
    }
    let message = format!(
        "{} `{}` {}{}. {ADVICE}",
        introduced(place),
        held.path,
        held.describe(),
        held.grants()
    );
    findings.push(held.finding(&RULE.info, message));
}

/// The beginning of the sentence: which commit put it where.
fn introduced(place: &HistoryPlace) -> String {
    let short = |id: &String| id.chars().take(12).collect::<String>();
    let Some(commit) = &place.commit else {
        return format!(
            "the object {}, which no commit reaches, holds as",
            short(&place.object)
        );
    };
    let date = place.date.as_deref().and_then(|date| date.get(..10));
    let date = date.map(|date| format!(" of {date}")).unwrap_or_default();
    let reached = if place.refs.is_empty() {
        ", which no ref reaches any more,"
    } else {
        ""
    };
    format!("commit {}{date}{reached} put into", short(commit))
}
