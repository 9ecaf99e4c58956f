//! What a hostile tree can neither make slow nor make the report repeat.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fmt::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::date;
use plimsoll_audit::{Audit, Cancel, NamedTarget, Request, Silent, audit};

fn audited(folder: &Path) -> Audit {
    let target = NamedTarget::parse(folder.as_os_str(), None).unwrap();
    let request = Request::new(vec![target], date(2030, 1, 1));
    audit(&request, &Silent, &Cancel::new()).unwrap()
}

#[track_caller]
fn check_dockerfile_is_quick(text: &str, least_findings: usize) {
    // Even without optimisation: each of these took minutes where the work grew with the square.
    const LIMIT: Duration = Duration::from_secs(60);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), text).unwrap();
    let start = Instant::now();
    let audit = audited(folder.path());
    let took = start.elapsed();
    let found = audit.report.findings.len();
    assert!(found >= least_findings, "{found} findings");
    assert!(took < LIMIT, "{took:?}");
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
