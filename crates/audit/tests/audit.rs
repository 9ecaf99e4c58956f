//! Whole audits of small trees, from a request to the report.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use jiff::civil::date;
use plimsoll_audit::{Audit, Cancel, NamedTarget, Request, Silent, UsageError, audit};
use plimsoll_model::{ErrorKind, Level, ReportFinding, SkipReason, Status};

struct Ground(tempfile::TempDir);

impl Ground {
    fn new() -> Ground {
        Ground(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> &Ground {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn git(&self, arguments: &[&str]) -> &Ground {
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(arguments)
            .current_dir(self.0.path())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
        self
    }

    fn request(&self, targets: &[&str]) -> Request {
        let target = |path: &&str| NamedTarget::parse(self.path(path).as_os_str(), None).unwrap();
        Request::new(targets.iter().map(target).collect(), date(2030, 1, 1))
    }

    fn shown(&self, path: &str) -> String {
        path.replace(self.0.path().to_str().unwrap(), "")
    }
}

fn run(request: &Request) -> Audit {
    audit(request, &Silent, &Cancel::new()).unwrap()
}

fn findings<'a>(audit: &'a Audit, rule: &str) -> Vec<&'a ReportFinding> {
    let findings = audit.report.findings.iter();
    findings.filter(|finding| finding.rule == rule).collect()
}

const RULE: &str = "secret-in-environment";
const DOCKERFILE: &str = "FROM alpine:3.20\n# c\nENV API_TOKEN=Zk3vQ8sT1wXy5bN7 A=b\nUSER 1000\n";

#[test]
fn a_finding_comes_with_its_place_and_a_masked_excerpt() {
    let ground = Ground::new();
    ground.write("t/sub/Dockerfile", DOCKERFILE);
    let audit = run(&ground.request(&["t"]));
    let found = findings(&audit, RULE);
    assert_eq!(found.len(), 1, "{:?}", audit.report);
    let location = &found[0].location;
    assert_eq!(ground.shown(&location.path), "/t/sub/Dockerfile");
    assert_eq!(location.root_path, "sub/Dockerfile");
    let start = location.start.unwrap();
    assert_eq!((start.line, start.column, start.byte), (3, 5, 25));
    let excerpt = location.excerpt.as_ref().unwrap();
    assert_eq!(excerpt.first_line, 3);
    assert_eq!(excerpt.first_byte, 21);
    assert_eq!(excerpt.text, "ENV API_TOKEN=**************** A=b");
    let json = format!("{:?}", audit.report);
    assert!(!json.contains("Zk3vQ8sT1wXy5bN7"), "{json}");
    assert_eq!(audit.report.coverage.audited["dockerfile"], 1);
    assert_eq!(audit.report.verdict.exit, 1);
}

#[test]
fn a_finding_is_the_same_wherever_its_root_stands() {
    let ground = Ground::new();
    ground
        .write("a/Dockerfile", DOCKERFILE)
        .write("b/Dockerfile", &format!("# moved\n{DOCKERFILE}"));
    let audit = run(&ground.request(&["a", "b"]));
    let found = findings(&audit, RULE);
    assert_eq!(found[0].fingerprint, found[1].fingerprint);
    assert!(found[0].fingerprint.starts_with("1:"));
}

#[test]
fn overlapping_targets_report_once() {
    let ground = Ground::new();
    ground.write("a/b/Dockerfile", DOCKERFILE);
    let audit = run(&ground.request(&["a", "a/b", "a/b/Dockerfile"]));
    assert_eq!(findings(&audit, RULE).len(), 1);
    assert_eq!(audit.report.targets.len(), 3);
}

#[test]
fn only_what_lies_under_a_target_is_shown() {
    let ground = Ground::new();
    ground
        .git(&["init", "-q"])
        .write("a/Dockerfile", DOCKERFILE)
        .write("b/Dockerfile", DOCKERFILE);
    let audit = run(&ground.request(&["a"]));
    assert_eq!(findings(&audit, RULE).len(), 1);
    assert_eq!(audit.report.coverage.audited["dockerfile"], 1);
}

#[test]
fn an_ignore_counts_unless_a_stranger_wrote_it() {
    let ground = Ground::new();
    let ignored = DOCKERFILE.replace("# c", "# plimsoll: ignore[secret-in-environment] known");
    ground
        .write("Dockerfile", &ignored)
        .write("plimsoll.toml", "min-severity = \"critical\"\n");
    let mut request = ground.request(&["."]);
    request.min_severity = Some(plimsoll_model::Severity::Info);
    let audit = run(&request);
    let found = findings(&audit, RULE);
    assert_eq!(found[0].status, Status::Ignored);
    assert_eq!(found[0].reason.as_deref(), Some("known"));
    request.submitted = true;
    let audit = run(&request);
    assert_eq!(findings(&audit, RULE)[0].status, Status::New);
    let skipped = audit.report.coverage.skipped.iter();
    let not_honoured: Vec<_> = skipped
        .filter(|one| one.reason == SkipReason::NotHonoured)
        .map(|one| ground.shown(&one.path))
        .collect();
    assert_eq!(not_honoured, ["/Dockerfile", "/plimsoll.toml"]);
}

#[test]
fn the_config_of_a_root_counts() {
    let ground = Ground::new();
    ground
        .write("a/Dockerfile", DOCKERFILE)
        .write(
            "a/plimsoll.toml",
            "[rules]\nsecret-in-environment = \"off\"\n",
        )
        .write("b/Dockerfile", DOCKERFILE);
    let audit = run(&ground.request(&["a", "b"]));
    let found = findings(&audit, RULE);
    assert_eq!(found.len(), 1);
    assert_eq!(ground.shown(&found[0].location.path), "/b/Dockerfile");
}

#[test]
fn what_was_there_before_is_known() {
    let ground = Ground::new();
    ground
        .git(&["init", "-q"])
        .write("Dockerfile", DOCKERFILE)
        .git(&["add", "-A"])
        .git(&["commit", "-q", "-m", "one"])
        .write("new.Dockerfile", DOCKERFILE);
    let mut request = ground.request(&["."]);
    let baseline = run(&request).baseline;
    assert_eq!(
        baseline
            .findings
            .iter()
            .filter(|one| one.rule == RULE)
            .count(),
        2
    );
    request.since_ref = Some("HEAD".to_owned());
    let audit = run(&request);
    let statuses: Vec<_> = findings(&audit, RULE)
        .iter()
        .map(|found| (ground.shown(&found.location.path), found.status))
        .collect();
    assert_eq!(
        statuses,
        [
            ("/Dockerfile".to_owned(), Status::Known),
            ("/new.Dockerfile".to_owned(), Status::New)
        ]
    );
    request.since_ref = Some("nope".to_owned());
    let audit = run(&request);
    assert_eq!(audit.report.errors[0].kind, ErrorKind::TargetUnreadable);
    assert_eq!(audit.report.verdict.exit, 2);
    request.since_ref = None;
    ground.write("baseline.json", &baseline.to_json());
    request.baseline = Some(ground.path("baseline.json"));
    let audit = run(&request);
    assert!(
        findings(&audit, RULE)
            .iter()
            .all(|one| one.status == Status::Known)
    );
}

#[test]
fn a_request_that_makes_no_sense_gives_no_report() {
    let ground = Ground::new();
    ground
        .write("Dockerfile", DOCKERFILE)
        .write("bad/plimsoll.toml", "level = 3\n")
        .write("bad/Dockerfile", DOCKERFILE);
    let error = |change: &dyn Fn(&mut Request), target: &str| -> UsageError {
        let mut request = ground.request(&[target]);
        change(&mut request);
        audit(&request, &Silent, &Cancel::new()).unwrap_err()
    };
    let unknown = error(&|request| request.only = vec!["runs-as-rot".into()], ".");
    assert!(unknown.to_string().contains("unknown rule `runs-as-rot`"));
    let config = error(&|_| {}, "bad");
    assert!(config.to_string().contains("plimsoll.toml:1:"), "{config}");
    let missing = error(&|request| request.config = Some("gone.toml".into()), ".");
    assert!(matches!(missing, UsageError::Unreadable { .. }));
    let baseline = error(
        &|request| request.baseline = Some(ground.path("Dockerfile")),
        ".",
    );
    assert!(matches!(baseline, UsageError::Baseline { .. }));
}

#[test]
fn exit_codes_follow_what_happened() {
    let ground = Ground::new();
    ground
        .write("none/readme", "")
        .write("other/readme", "x")
        .write("clean/Dockerfile", "FROM scratch\nUSER 1000\n")
        .write("dirty/Dockerfile", DOCKERFILE);
    for (target, exit) in [
        ("none", 3),
        ("other", 0),
        ("clean", 0),
        ("dirty", 1),
        ("gone", 2),
    ] {
        let audit = run(&ground.request(&[target]));
        assert_eq!(
            audit.report.verdict.exit, exit,
            "{target}: {:?}",
            audit.report
        );
    }
    let mut request = ground.request(&["dirty"]);
    request.exit_zero = true;
    assert_eq!(run(&request).report.verdict.exit, 0);
}

#[test]
fn a_stopped_run_says_so() {
    let ground = Ground::new();
    ground.write("Dockerfile", DOCKERFILE);
    let cancel = Cancel::new();
    cancel.cancel();
    let audit = audit(&ground.request(&["."]), &Silent, &cancel).unwrap();
    assert_eq!(audit.report.errors[0].kind, ErrorKind::Deadline);
    assert_eq!(audit.report.verdict.exit, 2);
}

const EVAL: &str = "argument-runs-as-command";

/// Where `EVAL` is found, and how many Dockerfiles were audited.
#[track_caller]
fn check_odd_name(build: &str, files: &[(&str, &str)], expected: &[&str], dockerfiles: u64) {
    let ground = Ground::new();
    ground.git(&["init", "-q"]);
    ground.write(
        "compose.yaml",
        &format!("services:\n  a:\n    build: {build}\n"),
    );
    for (path, text) in files {
        ground.write(path, text);
    }
    ground
        .git(&["add", "-A"])
        .git(&["commit", "-q", "-m", "one"]);
    let mut request = ground.request(&["."]);
    request.level = Some(plimsoll_model::Level::Strict);
    let revision = format!("git:{}@HEAD", ground.0.path().display());
    let at_revision = NamedTarget::parse(OsStr::new(&revision), None).unwrap();
    let mut since = request.clone();
    since.targets = vec![at_revision];
    for request in [request, since] {
        let audit = run(&request);
        let paths: Vec<_> = findings(&audit, EVAL)
            .iter()
            .map(|found| found.location.root_path.clone())
            .collect();
        assert_eq!(paths, expected, "{build}: {:?}", audit.report);
        let audited = &audit.report.coverage.audited;
        assert_eq!(audited.get("dockerfile").copied().unwrap_or(0), dockerfiles);
        assert_eq!(audit.report.coverage.skipped, []);
    }
}

#[test]
fn dockerfiles_that_only_a_manifest_knows_are_audited() {
    let flows = "FROM alpine:3.20\nARG WHAT\nRUN eval \"$WHAT\"\nUSER 1000\n";
    let silent = "FROM alpine:3.20\nARG WHAT\nRUN echo \"$WHAT\"\nUSER 1000\n";
    let named = "{context: ., dockerfile: build/app.docker}";
    check_odd_name(
        named,
        &[("build/app.docker", flows)],
        &["build/app.docker"],
        1,
    );
    check_odd_name(named, &[("build/app.docker", silent)], &[], 1);
    check_odd_name(named, &[], &[], 0);
    // A name that says another kind is no place to hide.
    let named = "{context: ., dockerfile: fly.toml}";
    check_odd_name(named, &[("fly.toml", flows)], &["fly.toml"], 1);
}

#[test]
fn further_files_count_within_the_bounds() {
    let ground = Ground::new();
    ground
        .write(
            "compose.yaml",
            "services: {a: {build: {dockerfile: a.docker}}}\n",
        )
        .write("a.docker", DOCKERFILE);
    let mut request = ground.request(&["."]);
    request.bounds.max_artifacts = 1;
    let audit = run(&request);
    let skipped = &audit.report.coverage.skipped;
    assert_eq!(skipped[0].reason, SkipReason::Bound, "{skipped:?}");
    assert_eq!(audit.report.coverage.audited.get("dockerfile"), None);
}

#[test]
fn a_target_of_an_unknown_form_is_refused() {
    assert!(NamedTarget::parse(OsStr::new("docker:x"), None).is_err());
}

#[test]
fn a_flow_begins_at_the_file_that_sets_the_variable() {
    let ground = Ground::new();
    let compose = "services:\n  a:\n    build:\n      args: [TOKEN, \"OTHER=${X:-y}\"]\n";
    ground
        .write(
            "Dockerfile",
            "FROM alpine:3.20\nARG TOKEN OTHER\nRUN eval \"$TOKEN\"\nRUN eval \"$OTHER\"\n",
        )
        .write("compose.yaml", compose)
        .write(".env", "# c\nTOKEN=Zk3vQ8sT1wXy5bN7\nX=../z\n");
    let mut request = ground.request(&["."]);
    request.level = Some(Level::Strict);
    let audit = run(&request);
    let found = findings(&audit, "argument-runs-as-command");
    let first = found.iter().map(|finding| {
        let step = &finding.flow[0];
        let line = step.location.start.map(|start| start.line);
        (
            step.location.root_path.as_str(),
            line,
            step.message.as_str(),
        )
    });
    let sets = |name: &str| format!("sets `{name}`, unless the environment does");
    let (token, x) = (sets("TOKEN"), sets("X"));
    let expected = [
        (".env", Some(2), token.as_str()),
        (".env", Some(3), x.as_str()),
    ];
    assert_eq!(first.collect::<Vec<_>>(), expected);
    let told = format!("{:?}", audit.report);
    assert!(!told.contains("Zk3vQ8sT1wXy5bN7"), "{told}");
}

#[test]
fn the_operators_word_on_arguments_counts() {
    let check = |trust: &str, expected: &[&str]| {
        let ground = Ground::new();
        ground
            .write("Dockerfile", "FROM alpine:3.20\nARG A\nRUN eval \"$A\"\n")
            .write("plimsoll.toml", trust);
        let mut request = ground.request(&["."]);
        request.level = Some(Level::Strict);
        let audit = run(&request);
        let found = findings(&audit, "argument-runs-as-command").into_iter();
        let told: Vec<String> = found
            .map(|finding| {
                format!(
                    "{} {} {}",
                    finding.severity, finding.confidence, finding.level
                )
            })
            .collect();
        assert_eq!(told, expected, "{trust}");
    };
    check("", &["low low strict"]);
    check(
        "[trust]\nargs = { A = \"anyone\" }\n",
        &["high high default"],
    );
    check(
        "[trust]\nargs = { A = \"contributor\" }\n",
        &["medium high default"],
    );
    check("[trust]\nargs = { A = \"platform\" }\n", &[]);
}
