//! What ignores, config, baseline and level make of findings.

#![expect(clippy::unwrap_used, reason = "fixtures are known to be well-formed")]

use jiff::civil::date;
use plimsoll_decide::{ArtifactView, CommentSite, Config, Decided, RuleTable, Settings, decide};
use plimsoll_model::{
    Artifact, Confidence, Finding, Kind, Label, Level, Origin, RootPath, RuleInfo, Severity, Span,
    Stage,
};

static ROOT_USER: RuleInfo = rule("runs-as-root", &["DL3002", "CKV_DOCKER_8"], Level::Default);
static TAG: RuleInfo = rule(
    "floating-image-tag",
    &["DL3007", "buildkit:Tag"],
    Level::Default,
);
static STRICT: RuleInfo = rule("no-healthcheck", &[], Level::Strict);
static RULES: [&RuleInfo; 3] = [&ROOT_USER, &TAG, &STRICT];

const fn rule(id: &'static str, aliases: &'static [&'static str], level: Level) -> RuleInfo {
    RuleInfo {
        id,
        former_ids: &[],
        title: "",
        stage: Stage::Build,
        severity: Severity::High,
        confidence: Confidence::High,
        level,
        aliases,
        references: &[],
        page: "",
    }
}

fn artifact(text: &str) -> Artifact {
    let path = RootPath::new("a/Dockerfile").unwrap();
    Artifact::new(path, Kind::Dockerfile, Origin::File, text.into())
}

/// A comment covers the next line that is neither blank nor a comment.
fn sites(text: &str) -> Vec<CommentSite> {
    let mut sites: Vec<CommentSite> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(at, at + line.trim_end().len());
        if line.starts_with('#') {
            sites.push(CommentSite { span, covers: None });
        } else if !line.trim().is_empty() {
            for site in sites.iter_mut().filter(|site| site.covers.is_none()) {
                site.covers = Some(span);
            }
        }
        at += line.len();
    }
    sites
}

/// `FROM` lines are floating tags, `USER` lines are root, `CMD` lines have no health check.
fn findings(artifact: &Artifact) -> Vec<Finding> {
    let mut found = Vec::new();
    for (needle, rule) in [("FROM", &ROOT_USER), ("USER", &ROOT_USER), ("CMD", &STRICT)] {
        let rule = if needle == "FROM" { &TAG } else { rule };
        for (start, _) in artifact.text.match_indices(needle) {
            let line = artifact.text[start..].lines().next().unwrap();
            let at = Label::new(&artifact.path, Span::new(start, start + line.len()));
            found.push(Finding::at(rule, at, "m"));
        }
    }
    found
}

fn run(text: &str, settings: &Settings) -> Decided {
    let artifact = artifact(text);
    let view = ArtifactView {
        artifact: &artifact,
        comments: sites(text),
        ran: &RULES,
    };
    decide(findings(&artifact), &[view], settings, date(2026, 6, 15))
}

fn settings(config: &str) -> Settings {
    let rules = RuleTable::new(RULES);
    Settings {
        config: Config::parse(config, &rules).unwrap(),
        rules,
        ..Settings::default()
    }
}

/// One line per finding: line, rule, status, severity, and the reason.
fn table(text: &str, decided: &Decided) -> String {
    let artifact = artifact(text);
    let mut lines = Vec::new();
    for found in &decided.findings {
        let finding = &found.finding;
        let line = finding
            .at
            .span
            .map_or(0, |span| artifact.lines.line(span.start));
        let mut row = format!(
            "{line} {} {} {}",
            finding.rule.id, found.status, finding.severity
        );
        if let Some(reason) = &found.reason {
            row = format!("{row}: {reason}");
        }
        if plimsoll_decide::RULES
            .iter()
            .any(|rule| rule.id == finding.rule.id)
        {
            row = format!("{row} | {}", finding.message);
        }
        lines.push(row);
    }
    lines.join("\n")
}

fn decided(text: &str) -> String {
    table(text, &run(text, &settings("")))
}

#[test]
fn an_ignore_silences_its_rule_at_its_statement() {
    let text = "FROM x\n# plimsoll: ignore[runs-as-root] port 53 owner=ana until=2026-06-15\nUSER root\nUSER 0\n";
    insta::assert_snapshot!(decided(text), @"
    1 floating-image-tag new high
    3 runs-as-root ignored high: port 53 (ana, until 2026-06-15)
    4 runs-as-root new high
    ");
}

#[test]
fn an_ignore_of_several_rules_is_stale_rule_by_rule() {
    let text = "# plimsoll: ignore[runs-as-root, floating-image-tag] why\nUSER root\n";
    insta::assert_snapshot!(decided(text), @"
    1 stale-ignore new low | `floating-image-tag` finds nothing at this statement; delete the ignore
    2 runs-as-root ignored high: why
    ");
}

#[test]
fn an_ignore_of_a_rule_that_did_not_run_is_not_stale() {
    let text = "# plimsoll: ignore[no-healthcheck] why\nUSER 0\n";
    insta::assert_snapshot!(decided(text), @"2 runs-as-root new high");
    let mut strict = settings("");
    strict.level = Level::Strict;
    insta::assert_snapshot!(table(text, &run(text, &strict)), @"
    1 stale-ignore new low | `no-healthcheck` finds nothing at this statement; delete the ignore
    2 runs-as-root new high
    ");
    strict.config = settings("[rules]\nno-healthcheck = 'off'").config;
    insta::assert_snapshot!(table(text, &run(text, &strict)), @"2 runs-as-root new high");
}

#[test]
fn an_ignore_without_a_reason_works_and_is_told() {
    insta::assert_snapshot!(decided("# plimsoll: ignore[runs-as-root]\nUSER 0\n"), @"
    1 ignore-without-reason new info | this ignore of `runs-as-root` does not say why; write the reason behind it
    2 runs-as-root ignored high: ignored without a reason
    ");
}

#[test]
fn an_ignore_past_its_date_fails() {
    let text = "# plimsoll: ignore[runs-as-root] x until=2026-06-14\nUSER 0\n# plimsoll: ignore[runs-as-root] x until=soon\nUSER 0\n";
    insta::assert_snapshot!(decided(text), @"
    1 expired-ignore new low | the ignore expired on 2026-06-14; what it silenced counts again
    2 runs-as-root new high: the ignore expired on 2026-06-14; what it silenced counts again
    3 expired-ignore new low | `until=soon` is not a date such as 2030-06-30; the ignore does not count
    4 runs-as-root new high: `until=soon` is not a date such as 2030-06-30; the ignore does not count
    ");
}

#[test]
fn an_unknown_rule_is_told_with_what_was_meant() {
    let text = "# plimsoll: ignore[run-as-root] x\nUSER 0\n# plimsoll: ignore[DL3002] x\nUSER 0\n# plimsoll: ignore nothing\n";
    insta::assert_snapshot!(decided(text), @"
    1 unknown-rule-in-ignore new low | no rule is called `run-as-root`, did you mean `runs-as-root`?
    2 runs-as-root new high
    3 unknown-rule-in-ignore new low | no rule is called `DL3002`, did you mean `runs-as-root`? Ids of other tools belong into those tools' comments.
    4 runs-as-root new high
    5 unknown-rule-in-ignore new low | this ignore names no rule; write `plimsoll: ignore[rule-id] reason`
    ");
}

#[test]
fn an_ignore_above_nothing_is_stale() {
    insta::assert_snapshot!(decided("USER 0\n# plimsoll: ignore[runs-as-root] x\n"), @"
    1 runs-as-root new high
    2 stale-ignore new low | no statement follows this ignore of `runs-as-root`; delete it or move it above the statement
    ");
}

#[test]
fn foreign_comments_silence_their_own_ids_only() {
    let text = "# hadolint ignore=DL3002,DL9999\nUSER 0\n# hadolint ignore=DL3007\nUSER 0\n";
    insta::assert_snapshot!(decided(text), @"
    2 runs-as-root ignored high: ignored by a comment for hadolint
    4 runs-as-root new high
    ");
    let text = "USER 0\n# hadolint global ignore=DL3002\nUSER 0\n#checkov:skip=CKV_DOCKER_7: x\n";
    insta::assert_snapshot!(decided(text), @"
    1 runs-as-root ignored high: ignored by a comment for hadolint
    3 runs-as-root ignored high: ignored by a comment for hadolint
    ");
    insta::assert_snapshot!(decided("# check=skip=Tag\nFROM a\nUSER 0\n"), @"
    2 floating-image-tag ignored high: ignored by a comment for docker build --check
    3 runs-as-root new high
    ");
    insta::assert_snapshot!(decided("# check=skip=all\nFROM a\nUSER 0\n"), @"
    2 floating-image-tag ignored high: ignored by a comment for docker build --check
    3 runs-as-root new high
    ");
    insta::assert_snapshot!(decided("FROM a\n# check=skip=all\nFROM b\n"), @"
    1 floating-image-tag new high
    3 floating-image-tag new high
    ");
}

#[test]
fn a_stranger_cannot_silence_anything() {
    let text = "# check=skip=all\n# plimsoll: ignore[floating-image-tag] x\nFROM a\n# hadolint ignore=DL3002\u{1b}\nUSER 0\n";
    let mut submitted = settings("");
    submitted.submitted = true;
    let decided = run(text, &submitted);
    insta::assert_snapshot!(table(text, &decided), @"
    3 floating-image-tag new high
    5 runs-as-root new high
    ");
    let lines: Vec<&str> = decided
        .not_honoured
        .iter()
        .map(|line| line.detail.as_str())
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    ignore comment in line 1: # check=skip=all
    ignore comment in line 2: plimsoll: ignore[floating-image-tag] x
    ignore comment in line 4: hadolint ignore=DL3002\u{1b}
    "#);
}

#[test]
fn the_config_switches_lowers_and_ignores() {
    let text = "FROM a\nUSER 0\nCMD x\n";
    let config = "[rules]\nfloating-image-tag = 'off'\nno-healthcheck = 'default'\nruns-as-root = { severity = 'low' }";
    insta::assert_snapshot!(table(text, &run(text, &settings(config))), @"
    2 runs-as-root new low
    3 no-healthcheck new high
    ");
    let config = "[[ignore]]\nrule = 'runs-as-root'\npath = 'a'\nreason = 'legacy'\n[[ignore]]\nrule = 'floating-image-tag'\npath = 'b/**'\n[[ignore]]\nrule='floating-image-tag'\nuntil = 2020-01-01\nreason='x'";
    insta::assert_snapshot!(table(text, &run(text, &settings(config))), @"
    1 floating-image-tag new high: the ignore expired on 2020-01-01; what it silenced counts again
    2 runs-as-root ignored high: legacy
    ");
}

#[test]
fn ignores_of_the_roots_own_config_are_held_to_the_same() {
    let config = "[[ignore]]\nrule = 'runs-as-root'\n[[ignore]]\nrule = 'floating-image-tag'\nuntil = 2020-01-01\nreason = 'x'\n[[ignore]]\nrule = 'no-healthcheck'\nreason = 'x'";
    let mut settings = settings(config);
    settings.config_path = RootPath::new("plimsoll.toml");
    settings.level = Level::Strict;
    insta::assert_snapshot!(table("", &run("USER 0\n", &settings)), @"
    1 runs-as-root ignored high: ignored without a reason
    1 ignore-without-reason new info | this ignore of `runs-as-root` does not say why; write the reason behind it
    1 expired-ignore new low | the ignore expired on 2020-01-01; what it silenced counts again
    1 stale-ignore new low | `no-healthcheck` finds nothing there any more; delete the ignore
    ");
}

#[test]
fn only_implies_the_level_and_skip_leaves_out() {
    let text = "FROM a\nUSER 0\nCMD x\n";
    let mut only = settings("[rules]\nno-healthcheck = 'off'");
    only.only.insert("no-healthcheck");
    insta::assert_snapshot!(table(text, &run(text, &only)), @"3 no-healthcheck new high");
    let mut skip = settings("");
    skip.skip.insert("runs-as-root");
    insta::assert_snapshot!(table(text, &run(text, &skip)), @"1 floating-image-tag new high");
}

#[test]
fn what_is_known_does_not_count() {
    let before = run("USER 0\n", &settings(""));
    let print = before.findings[0].fingerprint.clone();
    let mut known = settings("");
    known.known.baseline.insert(print.clone());
    insta::assert_snapshot!(table("", &run("FROM b\nUSER 0\nUSER 0\n", &known)), @"
    1 floating-image-tag new high
    1 runs-as-root known high: in the baseline
    1 runs-as-root new high
    ");
    let mut since = settings("");
    since.known.since = Some(("main".to_owned(), [print].into()));
    insta::assert_snapshot!(table("", &run("\n\nUSER 0\n", &since)), @"1 runs-as-root known high: there already at main");
}

#[test]
fn hidden_findings_still_decide() {
    let mut settings = settings("[rules]\nruns-as-root = { severity = 'low' }");
    settings.min_severity = Some(Severity::Medium);
    let decided = run("FROM a\nUSER 0\n", &settings);
    let hidden: Vec<bool> = decided.findings.iter().map(|found| found.hidden).collect();
    assert_eq!(hidden, [false, true]);
}
