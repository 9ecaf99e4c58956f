//! `secret-in-git-history`: a credential in a commit that HEAD no longer shows.

use plimsoll_model::{
    Confidence, HistoryHolder, HistoryPlace, Level, RuleInfo, Severity, Stage, Storage,
};

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
        "{} {}{}. {ADVICE}.",
        introduced(place, held),
        held.describe(),
        held.grants()
    );
    findings.push(held.finding(&RULE.info, message));
}

/// The beginning of the sentence: which commit put it where.
fn introduced(place: &HistoryPlace, held: &HeldSecret<'_>) -> String {
    let object = short(&place.object);
    let reached = if place.refs.is_empty() {
        ", which no ref reaches any more,"
    } else {
        ""
    };
    match (place.holder, &place.commit) {
        (HistoryHolder::TagMessage, _) => match tag(place) {
            Some(tag) => format!("The message of the tag `{tag}` holds"),
            None => format!("The message of the tag {object}{reached} holds"),
        },
        (HistoryHolder::CommitMessage, commit) => {
            let commit = commit.as_ref().map_or(object, |commit| short(commit));
            format!(
                "The message of commit {commit}{}{reached} holds",
                date(place)
            )
        }
        (HistoryHolder::File, Some(commit)) => {
            let commit = short(commit);
            let path = held.place();
            format!("Commit {commit}{}{reached} put into `{path}`", date(place))
        }
        (HistoryHolder::File, None) => {
            let inside = held.sighting.inside.as_ref();
            let inside = inside.map(|inside| format!(" in `{inside}`"));
            let inside = inside.unwrap_or_default();
            format!("The blob {object}, which no commit has, holds{inside}")
        }
    }
}

fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

fn date(place: &HistoryPlace) -> String {
    let date = place.date.as_deref().and_then(|date| date.get(..10));
    date.map(|date| format!(" of {date}")).unwrap_or_default()
}

/// The name of the one tag that has the message.
fn tag(place: &HistoryPlace) -> Option<&str> {
    match place.refs.as_slice() {
        [only] => only.strip_prefix("refs/tags/").or(Some(only)),
        _ => None,
    }
}
