//! The rules about ignores themselves.

use plimsoll_model::{Confidence, Level, RuleInfo, Severity, Stage};

/// All of this crate's rules, sorted by id.
pub static RULES: [&RuleInfo; 4] = [
    &EXPIRED_IGNORE,
    &IGNORE_WITHOUT_REASON,
    &STALE_IGNORE,
    &UNKNOWN_RULE_IN_IGNORE,
];

/// An ignore is past its date.
pub static EXPIRED_IGNORE: RuleInfo = about_ignores(
    "expired-ignore",
    "An ignore is past its date",
    Severity::Low,
    include_str!("pages/expired_ignore.md"),
);

/// An ignore says no reason.
pub static IGNORE_WITHOUT_REASON: RuleInfo = about_ignores(
    "ignore-without-reason",
    "An ignore gives no reason",
    Severity::Info,
    include_str!("pages/ignore_without_reason.md"),
);

/// An ignore silences nothing.
pub static STALE_IGNORE: RuleInfo = about_ignores(
    "stale-ignore",
    "An ignore silences nothing",
    Severity::Low,
    include_str!("pages/stale_ignore.md"),
);

/// An ignore names a rule that does not exist.
pub static UNKNOWN_RULE_IN_IGNORE: RuleInfo = about_ignores(
    "unknown-rule-in-ignore",
    "An ignore names no rule there is",
    Severity::Low,
    include_str!("pages/unknown_rule_in_ignore.md"),
);

const fn about_ignores(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    page: &'static str,
) -> RuleInfo {
    RuleInfo {
        id,
        former_ids: &[],
        title,
        stage: Stage::Source,
        severity,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &[],
        page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_sections_in_order() {
        let sections = [
            "What it finds",
            "Why it matters",
            "Bad",
            "Good",
            "Fix",
            "Limits",
        ];
        for rule in RULES {
            let headings: Vec<&str> = rule
                .page
                .lines()
                .filter_map(|line| line.strip_prefix("## "))
                .collect();
            assert_eq!(headings, sections, "{}", rule.id);
        }
    }
}
