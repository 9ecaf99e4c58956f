//! What a hostile tree can neither make slow nor make the report repeat.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fmt::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use jiff::civil::date;
use plimsoll_audit::{Audit, Cancel, NamedTarget, Request, Silent, audit};
use plimsoll_model::SkipReason;

fn audited(folder: &Path) -> Audit {
    let target = NamedTarget::parse(folder.as_os_str(), None).unwrap();
    let request = Request::new(vec![target], date(2030, 1, 1));
    audit(&request, &Silent, &Cancel::new()).unwrap()
}

#[track_caller]
fn check_dockerfile_is_quick(text: &str, least_findings: usize) {
    // Nothing is timed: where the work grows with the square, each of these keeps the tests from ending.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let audit = audited(folder.path());
    let found = audit.report.findings.len();
    assert!(found >= least_findings, "{found} findings");
}

#[test]
fn many_credentials_in_one_file() {
    let mut text = String::from("FROM alpine:3.20\n");
    for at in 0..10_000 {
        writeln!(text, "ENV A{at}_TOKEN=Zk3vQ8sT1wXy5bN{at:06}").unwrap();
    }
    check_dockerfile_is_quick(&text, 10_000);
}

#[test]
fn many_ignores_of_one_statement_and_of_many() {
    let ignore = "# plimsoll: ignore[secret-in-environment] known\n";
    let mut text = ignore.repeat(10_000);
    text.push_str("FROM alpine:3.20\n");
    for at in 0..3_000 {
        writeln!(text, "{ignore}ENV A{at}_TOKEN=Zk3vQ8sT1wXy5bN{at:06}").unwrap();
    }
    check_dockerfile_is_quick(&text, 3_000);
}

#[test]
fn credentials_in_names_and_link_targets_are_masked() {
    let folder = tempfile::tempdir().unwrap();
    let credential = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let place = folder.path().join(&credential);
    std::fs::create_dir_all(place.join("sub")).unwrap();
    std::fs::write(
        place.join("Dockerfile"),
        "FROM alpine:3.20\nENV API_TOKEN=Zk3vQ8sT1wXy5bN7\nCOPY . /x\nRUN x\n",
    )
    .unwrap();
    std::fs::write(place.join(".env"), "A=b\n").unwrap();
    symlink(format!("../../{credential}/x"), place.join("link")).unwrap();
    symlink(
        format!("../../../{credential}/x"),
        place.join("sub/compose.yaml"),
    )
    .unwrap();
    symlink(format!("../../../{credential}"), place.join("out")).unwrap();
    std::fs::write(
        place.join("compose.yaml"),
        "services:\n  a:\n    build: {context: out}\n",
    )
    .unwrap();
    let audit = audited(folder.path());
    assert!(audit.report.findings.len() > 2, "{:?}", audit.report);
    assert!(!audit.report.coverage.skipped.is_empty());
    let told = format!("{:?}", audit.report);
    assert!(!told.contains(&credential), "{told}");
}

#[test]
fn many_services_that_build_one_dockerfile_of_many_sinks() {
    let mut compose = String::from("services:\n");
    for at in 0..3_000 {
        writeln!(
            compose,
            "  s{at}: {{build: {{context: ., args: {{A{}: $X}}}}}}",
            at % 500
        )
        .unwrap();
    }
    let mut dockerfile = String::from("FROM alpine:3.20\n");
    for at in 0..500 {
        writeln!(dockerfile, "ARG A{at}\nRUN eval \"$A{at}\"\nCOPY . .").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), compose).unwrap();
    std::fs::create_dir(folder.path().join("node_modules")).unwrap();
    std::fs::write(folder.path().join(".env"), "TOKEN=Zk3vQ8sT1wXy5bN7").unwrap();
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
    let audit = audited(folder.path());
    let rule = |rule: &str| {
        let findings = audit.report.findings.iter();
        findings.filter(|finding| finding.rule == rule).count()
    };
    assert_eq!(rule("copies-secret-file"), 500);
    assert_eq!(rule("missing-ignore-file"), 1);
}

#[test]
fn many_services_that_share_one_dockerfile_by_an_alias() {
    let mut compose = String::from("x-d: &d |\n  FROM alpine:3.20\n  FRM x\n  ARG X\n");
    for at in 0..50 {
        writeln!(compose, "  RUN eval \"$X\" {at}").unwrap();
    }
    compose.push_str("services:\n");
    for at in 0..5_000 {
        writeln!(
            compose,
            "  s{at}: {{build: {{context: ., dockerfile_inline: *d}}}}"
        )
        .unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), compose).unwrap();
    let audit = audited(folder.path());
    // What every service shares is told once.
    let findings = audit.report.findings.iter();
    let syntax = findings.filter(|finding| finding.rule == "invalid-syntax");
    assert_eq!(syntax.count(), 1);
}

#[test]
fn a_shell_is_not_searched_for_at_every_instruction() {
    let text = format!("FROM alpine:3.20\n{}", "RUN a\n".repeat(50_000));
    check_dockerfile_is_quick(&text, 0);
}

#[test]
fn a_script_is_read_up_to_a_bound_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("FROM alpine:3.20\nRUN {}\n", "a b;".repeat(40_000));
    std::fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let audit = audited(folder.path());
    let skipped = &audit.report.coverage.skipped;
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert_eq!(skipped[0].reason, SkipReason::Bound);
    assert_eq!(skipped[0].detail, "a script longer than is read");
}
