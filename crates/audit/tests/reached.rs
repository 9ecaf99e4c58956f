//! Files behind links and files that only another file names are judged like any other.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::os::unix::fs::symlink;

use jiff::civil::date;
use plimsoll_audit::{Audit, Cancel, NamedTarget, Request, Silent, audit};

enum Entry<'a> {
    File(&'a str, &'a str),
    Link(&'a str, &'a str),
}
use Entry::{File, Link};

fn audited(submitted: bool, entries: &[Entry<'_>]) -> Audit {
    let folder = tempfile::tempdir().unwrap();
    for entry in entries {
        let (File(path, _) | Link(path, _)) = entry;
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match entry {
            File(_, text) => std::fs::write(path, text).unwrap(),
            Link(_, target) => symlink(target, path).unwrap(),
        }
    }
    let target = NamedTarget::parse(folder.path().as_os_str(), None).unwrap();
    let mut request = Request::new(vec![target], date(2030, 1, 1));
    request.submitted = submitted;
    audit(&request, &Silent, &Cancel::new()).unwrap()
}

/// `rule path` of each finding of these rules, with and without `--submitted`.
#[track_caller]
fn check(entries: &[Entry<'_>], rules: &[&str], expected: &[&str]) {
    for submitted in [false, true] {
        let audit = audited(submitted, entries);
        let found: Vec<String> = audit
            .report
            .findings
            .iter()
            .filter(|finding| rules.contains(&finding.rule.as_str()))
            .map(|finding| format!("{} {}", finding.rule, finding.location.root_path))
            .collect();
        assert_eq!(found, expected, "submitted {submitted}: {:?}", audit.report);
    }
}

const ESCAPES: &str = "context-escapes-repository";
const SECRET: &str = "secret-in-environment";
const BUILDS_PARENT: &str = "services:\n  a:\n    build: {context: ../..}\n";
const DOCKERFILE: &str = "FROM alpine:3.20\nENV API_TOKEN=Zk3vQ8sT1wXy5bN7\nUSER 1000\n";

#[test]
fn manifests_behind_links_are_judged_where_the_link_stands() {
    check(
        &[
            File(
                "x/s.yaml",
                "runtime: container\nbuild: {dockerBuildPath: ../..}\n",
            ),
            Link("smithery.yaml", "x/s.yaml"),
        ],
        &[ESCAPES],
        &["context-escapes-repository smithery.yaml"],
    );
    check(
        &[File("c.txt", BUILDS_PARENT), Link("compose.yaml", "c.txt")],
        &[ESCAPES],
        &["context-escapes-repository compose.yaml"],
    );
    // From its own folder the file stays inside, from the link's it does not.
    check(
        &[
            File("d/compose.yaml", "services:\n  a:\n    build: ..\n"),
            Link("compose.yaml", "d/compose.yaml"),
        ],
        &[ESCAPES],
        &["context-escapes-repository compose.yaml"],
    );
    check(
        &[
            File("c.txt", BUILDS_PARENT),
            Link("b", "c.txt"),
            Link("sub", "."),
            Link("compose.yaml", "sub/b"),
        ],
        &[ESCAPES],
        &["context-escapes-repository compose.yaml"],
    );
}

#[test]
fn dots_behind_a_link_are_taken_where_it_leads() {
    let smithery = File("smithery.yaml", "build:\n  dockerBuildPath: here/..\n");
    let bake = File(
        "docker-bake.json",
        r#"{"target": {"a": {"context": "here/.."}}}"#,
    );
    let compose = File(
        "compose.yaml",
        "services:\n  a:\n    build: {context: here/..}\n",
    );
    // On the text this is the root, behind the link its parent. Compose takes the text.
    check(
        &[Link("here", "."), smithery, bake, compose],
        &[ESCAPES],
        &[
            "context-escapes-repository docker-bake.json",
            "context-escapes-repository smithery.yaml",
        ],
    );
    let smithery = File("smithery.yaml", "build:\n  dockerBuildPath: here/..\n");
    check(
        &[Link("here", "sub/deep"), File("sub/deep/a", ""), smithery],
        &[ESCAPES],
        &[],
    );
}

#[test]
fn dockerfiles_behind_links_are_read_once() {
    check(
        &[File("df.txt", DOCKERFILE), Link("Dockerfile", "df.txt")],
        &[SECRET],
        &["secret-in-environment Dockerfile"],
    );
    check(
        &[
            File("df.txt", DOCKERFILE),
            Link("Dockerfile", "df.txt"),
            File(
                "compose.yaml",
                "services:\n  a:\n    build: {context: ., dockerfile: df.txt}\n",
            ),
        ],
        &[SECRET],
        &["secret-in-environment Dockerfile"],
    );
    check(
        &[
            File("Dockerfile.prod", DOCKERFILE),
            Link("Dockerfile", "Dockerfile.prod"),
        ],
        &[SECRET],
        &["secret-in-environment Dockerfile.prod"],
    );
}

#[test]
fn links_that_lead_to_no_file_are_told() {
    let entries = [
        Link("smithery.yaml", "gone.yaml"),
        Link("compose.yaml", "compose.yaml"),
        Link("Dockerfile", "../../outside"),
        Link("fly.toml", "/etc/fly.toml"),
        Link("notes", "gone"),
    ];
    for submitted in [false, true] {
        let audit = audited(submitted, &entries);
        let skipped = &audit.report.coverage.skipped;
        let told: Vec<&str> = skipped.iter().map(|one| one.detail.as_str()).collect();
        assert_eq!(
            told,
            [
                "a link that leaves the root",
                "a link that leads in a circle",
                "a link that leaves the root",
                "a link that leads to nothing",
            ]
        );
    }
}

#[test]
fn an_ignore_file_behind_a_link_counts() {
    let tree = |ignored| {
        [
            File("Dockerfile", "FROM alpine:3.20\nCOPY . /app\n"),
            File(".env", "API_TOKEN=Zk3vQ8sT1wXy5bN7\n"),
            File("ci/dockerignore", ignored),
            Link(".dockerignore", "ci/dockerignore"),
        ]
    };
    let rule = &["copies-secret-file"];
    check(&tree(".env\n"), rule, &[]);
    check(&tree("x\n"), rule, &["copies-secret-file Dockerfile"]);
}

#[test]
fn manifests_are_read_whatever_their_names() {
    let svc = File("svc.inc", "services:\n  a:\n    build: ../..\n");
    check(
        &[File("compose.yaml", "include: [svc.inc]\n"), svc],
        &[ESCAPES],
        &["context-escapes-repository svc.inc"],
    );
    check(
        &[
            File(
                "compose.yaml",
                "services:\n  b:\n    extends: {file: base.inc, service: a}\n",
            ),
            File("base.inc", "include: [real/more.inc]\n"),
            File("real/more.inc", BUILDS_PARENT),
        ],
        &[ESCAPES],
        &["context-escapes-repository real/more.inc"],
    );
    let workflow = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          \
         docker compose -f deploy/stack.yml build\n          docker buildx bake -f deploy/x.hcl\n";
    check(
        &[
            File(".github/workflows/a.yml", workflow),
            File("deploy/stack.yml", BUILDS_PARENT),
            File("deploy/x.hcl", "target \"a\" {\n  context = \"../..\"\n}\n"),
        ],
        &[ESCAPES],
        &[
            "context-escapes-repository deploy/stack.yml",
            "context-escapes-repository deploy/x.hcl",
        ],
    );
    check(
        &[
            File(
                ".devcontainer/devcontainer.json",
                "{\"dockerComposeFile\": \"dev.yml\", \"service\": \"a\"}",
            ),
            File(".devcontainer/dev.yml", BUILDS_PARENT),
        ],
        &[ESCAPES],
        &["context-escapes-repository .devcontainer/dev.yml"],
    );
}

#[test]
fn manifests_that_name_each_other_come_to_an_end() {
    check(
        &[
            File("compose.yaml", "include: [a.inc]\n"),
            File("a.inc", "include: [b.inc]\n"),
            File("b.inc", "include: [a.inc]\nservices: {a: {build: ..}}\n"),
        ],
        &[ESCAPES],
        &["context-escapes-repository b.inc"],
    );
    let names: Vec<String> = (0..12).map(|at| format!("{at}.inc")).collect();
    let texts: Vec<String> = (1..13).map(|at| format!("include: [{at}.inc]\n")).collect();
    let mut entries = vec![File("compose.yaml", "include: [0.inc]\n")];
    let chain = names.iter().zip(&texts);
    entries.extend(chain.map(|(name, text)| File(name, text)));
    let audit = audited(true, &entries);
    let skipped = &audit.report.coverage.skipped;
    assert!(
        skipped.iter().any(|one| one.path.ends_with("8.inc")),
        "{skipped:?}"
    );
}
