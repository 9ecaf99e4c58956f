//! Whole runs of the command: exit code, standard output, standard error.

#![expect(clippy::unwrap_used, reason = "fixtures are known to be well-formed")]

mod scene;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use scene::{shown, tree};
use tempfile::TempDir;

const SMITHERY: &str =
    "runtime: container\nbuild:\n  dockerfile: Dockerfile\n  dockerBuildPath: ../../\n";
const DOCKERFILE: &str = "FROM node:22\nCOPY . /app\n";
/// A file in which an ignore is all there is to find.
const REASONLESS: &str = "# plimsoll: ignore[stale-ignore]\nFROM scratch\n";

fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .env("LC_ALL", "C");
    command
}

fn run(folder: &TempDir, arguments: &str) -> String {
    shown(&command(folder.path(), arguments).output().unwrap())
}

fn code(folder: &TempDir, arguments: &str) -> i32 {
    let output = command(folder.path(), arguments).output().unwrap();
    output.status.code().unwrap()
}

/// Standard output of a run as JSON.
fn json(folder: &TempDir, arguments: &str) -> serde_json::Value {
    let output = command(folder.path(), arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `rule status` of every finding of a JSON report.
fn findings(report: &serde_json::Value) -> Vec<String> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| format!("{} {}", text(&finding["rule"]), text(&finding["status"])))
        .collect()
}

#[test]
fn a_manifest_that_leaves_the_repository() {
    let folder = tree(&[("smithery.yaml", SMITHERY), ("Dockerfile", DOCKERFILE)]);
    insta::assert_snapshot!(run(&folder, "check --only context-escapes-repository"), @"
    exit 1
    ----- stdout
    critical[context-escapes-repository]: The build context lies outside the repository
     --> smithery.yaml:4:20
      |
    4 |   dockerBuildPath: ../../
      |                    ^^^^^^

      `smithery.yaml` sets `build.dockerBuildPath` to `../../`, which leads 2 directories above the
      repository's root (`../..`): the builder sends what lies there to the build, and every COPY can
      read it. Name a folder of the repository instead; `.` is the manifest's own folder

      How it gets there: anyone can set it
        smithery.yaml:4:20
          | dockerBuildPath: ../../
          `build.dockerBuildPath` names the build context: `../../`
        v
        Dockerfile:2:1
          | COPY . /app
          `COPY . /app` takes from it into the image

      For example
        input              ../../
        resolves to        ../.. (2 directories above the root)
        buildkit, classic  escapes the root
        gives              read access to the folder above the root, the home directory

    help: Make the manifest's folder the context (may change what the build does)
     --> smithery.yaml:4:20
      |
    4 -   dockerBuildPath: ../../
    4 +   dockerBuildPath: .
      |

      CWE-22, CWE-59, CICD-SEC-4, MCP04:2025

    ----- stderr
    1 finding (1 critical) in 2 files
    ");
}

#[test]
fn exit_codes() {
    let clean = tree(&[("Dockerfile", "FROM scratch\n")]);
    let found = tree(&[("Dockerfile", REASONLESS)]);
    let nothing = tree(&[("README.md", "")]);
    let sources = tree(&[("main.rs", "fn main() {}")]);
    let cases = [
        (&clean, "check", 0),
        (&found, "check", 0),
        (&found, "check --fail-on info", 1),
        (&found, "check --fail-on info --exit-zero", 0),
        (&found, "check --fail-on info --min-severity low", 1),
        (&sources, "check", 0),
        (&nothing, "check", 3),
        (&nothing, "check --exit-zero", 3),
        (&clean, "check no-such-file", 2),
        (&clean, "check --exit-zero . no-such-file", 2),
        (&clean, "check --only no-such-rule", 2),
        (&clean, "check --baseline no-such-file", 2),
        (&clean, "check --config no-such-file", 2),
        (&clean, "check --no-such-flag", 2),
        (&clean, "check git:git@example.org:a/b.git@main", 2),
        (&clean, "", 2),
        (&clean, "--help", 0),
    ];
    for (folder, arguments, expected) in cases {
        assert_eq!(code(folder, arguments), expected, "{arguments}");
    }
}

#[test]
fn nothing_to_say_is_said_on_standard_error() {
    let folder = tree(&[("Dockerfile", "FROM scratch\n")]);
    insta::assert_snapshot!(run(&folder, "check"), @"
    exit 0
    ----- stdout
    ----- stderr
    Nothing found in 1 file
    ");
    insta::assert_snapshot!(run(&folder, "check -q"), @"
    exit 0
    ----- stdout
    ----- stderr
    ");
}

#[test]
fn nothing_to_audit() {
    insta::assert_snapshot!(run(&tree(&[("a.txt", "")]), "check"), @"
    exit 3
    ----- stdout
    ----- stderr
    Nothing audited: no file in any target
    ");
    insta::assert_snapshot!(run(&tree(&[("a.txt", "x"), ("b.txt", "y")]), "check"), @"
    exit 0
    ----- stdout
    ----- stderr
    Nothing found in 2 files searched for credentials, none of them of a kind with rules of its own
    ");
}

#[test]
fn a_target_that_is_not_there() {
    insta::assert_snapshot!(run(&tree(&[]), "check no-such-folder"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: cannot read: no-such-folder: No such file or directory (os error 2)
    Nothing audited: no file in any target
    ");
}

#[test]
fn a_mistyped_rule() {
    insta::assert_snapshot!(run(&tree(&[]), "check --only stale-ignroe"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: unknown rule `stale-ignroe`, did you mean `stale-ignore`?
    ");
}

#[test]
fn mistakes_in_the_config_are_shown_at_their_places() {
    let config = "levle = \"strict\"\n[rules]\nstale-ignore = \"of\"\n";
    let folder = tree(&[("Dockerfile", "FROM scratch\n"), ("plimsoll.toml", config)]);
    insta::assert_snapshot!(run(&folder, "check"), @r#"
    exit 2
    ----- stdout
    ----- stderr
    error: unknown key `levle`, did you mean `level`?
     --> plimsoll.toml:1:1
      |
    1 | levle = "strict"
      | ^^^^^
    error: `stale-ignore` takes one of "off", "default", "strict", did you mean `off`?
     --> plimsoll.toml:3:16
      |
    3 | stale-ignore = "of"
      |                ^^^^
    "#);
}

#[test]
fn ignores_are_held_to_their_word() {
    let text = "# plimsoll: ignore[stale-ignore, no-such-rule] x until=2001-01-01\nFROM scratch\n";
    let folder = tree(&[("Dockerfile", text)]);
    insta::assert_snapshot!(run(&folder, "check --fail-on high"), @"
    exit 0
    ----- stdout
    low[expired-ignore]: An ignore is past its date
     --> Dockerfile:1:3
      |
    1 | # plimsoll: ignore[stale-ignore, no-such-rule] x until=2001-01-01
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      the ignore expired on 2001-01-01; what it silenced counts again

    low[unknown-rule-in-ignore]: An ignore names no rule there is
     --> Dockerfile:1:34
      |
    1 | # plimsoll: ignore[stale-ignore, no-such-rule] x until=2001-01-01
      |                                  ^^^^^^^^^^^^

      no rule is called `no-such-rule`

    ----- stderr
    2 findings (2 low) in 1 file
    ");
}

#[test]
fn a_stranger_cannot_change_what_is_judged() {
    let folder = tree(&[
        (
            "Dockerfile",
            "# plimsoll: ignore[context-escapes-repository] x\nFROM scratch\nCOPY . /\n",
        ),
        ("smithery.yaml", SMITHERY),
        (
            "plimsoll.toml",
            "[rules]\ncontext-escapes-repository = \"off\"\n",
        ),
    ]);
    let only = "--only context-escapes-repository --format json";
    let submitted = json(&folder, &format!("check --submitted {only}"));
    assert_eq!(findings(&submitted), ["context-escapes-repository new"]);
    let skipped = submitted["coverage"]["skipped"].as_array().unwrap();
    let reasons: Vec<&str> = skipped
        .iter()
        .map(|skip| skip["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["not-honoured", "not-honoured"]);
    assert_eq!(code(&folder, "check --skip stale-ignore"), 0);
}

#[test]
fn a_baseline_makes_what_is_there_known() {
    let folder = tree(&[("smithery.yaml", SMITHERY), ("Dockerfile", DOCKERFILE)]);
    let only = "--only context-escapes-repository";
    assert_eq!(
        code(
            &folder,
            &format!("check {only} --write-baseline known.json")
        ),
        1
    );
    let baseline = std::fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_eq!(
        code(&folder, &format!("check {only} --baseline known.json")),
        0
    );
    let report = json(
        &folder,
        &format!("check {only} --baseline known.json --format json"),
    );
    assert_eq!(findings(&report), ["context-escapes-repository known"]);
    assert_eq!(
        code(
            &folder,
            &format!("check {only} --write-baseline known.json")
        ),
        1
    );
    let again = std::fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert_eq!(baseline, again);
}

#[test]
fn standard_input_has_the_kind_it_is_given() {
    let folder = tree(&[]);
    let mut child = command(folder.path(), "check - --as dockerfile --fail-on info")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(REASONLESS.as_bytes())
        .unwrap();
    insta::assert_snapshot!(shown(&child.wait_with_output().unwrap()), @"
    exit 1
    ----- stdout
    info[ignore-without-reason]: An ignore gives no reason
     --> -:1:3
      |
    1 | # plimsoll: ignore[stale-ignore]
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      this ignore of `stale-ignore` does not say why; write the reason behind it

    ----- stderr
    1 finding (1 info) in 1 file
    ");
    insta::assert_snapshot!(run(&folder, "check -"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: standard input has no name to tell its kind: add `--as KIND`
    ");
}

#[test]
fn every_format_carries_the_finding() {
    let folder = tree(&[("Dockerfile", REASONLESS)]);
    let report = json(&folder, "check --format json");
    assert_eq!(findings(&report), ["ignore-without-reason new"]);
    let sarif = json(&folder, "check --format sarif");
    assert_eq!(
        sarif["runs"][0]["results"][0]["ruleId"],
        "ignore-without-reason"
    );
    insta::assert_snapshot!(run(&folder, "check --format github"), @"
    exit 0
    ----- stdout
    ::notice file=Dockerfile,line=1,endLine=1,col=3,endColumn=33,title=info%3A An ignore gives no reason (ignore-without-reason)::this ignore of `stale-ignore` does not say why; write the reason behind it
    ----- stderr
    1 finding (1 info) in 1 file
    ");
}

#[test]
fn readers_may_leave() {
    let folder = tree(&[("Dockerfile", REASONLESS)]);
    for arguments in ["check --format json", "context --list", "explain --list"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(folder.path(), arguments)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("error"),
            "{arguments}"
        );
    }
}

#[test]
fn a_context_in_figures() {
    let folder = tree(&[
        ("Dockerfile", DOCKERFILE),
        (".dockerignore", "node_modules\n"),
        ("node_modules/a/index.js", "12345"),
        (".env", "TOKEN=1\n"),
        ("src/main.js", "1"),
        (".git/config", ""),
    ]);
    std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
    insta::assert_snapshot!(run(&folder, "context"), @"
    exit 0
    ----- stdout
    . (ignore file .dockerignore, as buildkit reads it)
      sent            47 B  5 files, 2 folders, 1 link
      left out         5 B  1 file, 2 folders
                            2 folders left out whole

    Taken by the Dockerfile
            47 B  COPY . /app  5 files

    Secret by their names, and sent
             8 B  .env  environment file

    Links that lead out
      etc -> /etc  absolute

    Hardly needed
             0 B  .git  version control, 1 file

    Largest folders
             1 B  src

    Largest files
            25 B  Dockerfile
            13 B  .dockerignore
             8 B  .env
             1 B  src/main.js

    Into .dockerignore, to save 8 B
      **/.env
      **/.git
    ----- stderr
    ");
    insta::assert_snapshot!(run(&folder, "context --list"), @"
    exit 0
    ----- stdout
    .dockerignore
    .env
    .git
    .git/config
    Dockerfile
    etc
    src
    src/main.js
    ----- stderr
    ");
    let figures = json(&folder, "context . --json");
    assert_eq!(figures["schema"], "plimsoll/context/1");
    assert_eq!(figures["sent"]["links"], 1);
    assert_eq!(figures["copies"][0]["taken"]["files"], 5);
    assert_eq!(figures["sensitive"][0]["path"], ".env");
}

#[test]
fn a_context_keeps_credentials_to_itself() {
    let token = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let (name, nested) = (format!("{token}.txt"), format!("{token}/node_modules/x.js"));
    let dockerfile = format!("FROM scratch\nCOPY {name} /\nCOPY . /\n");
    let folder = tree(&[("Dockerfile", &dockerfile), (&name, "x"), (&nested, "x")]);
    for arguments in ["context", "context -v", "context --json", "context --list"] {
        let shown = run(&folder, arguments);
        assert!(shown.starts_with("exit 0"), "{shown}");
        assert!(!shown.contains(&token), "{arguments}: {shown}");
    }
}

#[test]
fn a_dockerfiles_own_ignore_file() {
    let folder = tree(&[
        ("app/a", ""),
        ("app/b", ""),
        ("app/.dockerignore", "a"),
        ("build/Dockerfile", ""),
        ("build/Dockerfile.dockerignore", "b\n.dockerignore"),
    ]);
    insta::assert_snapshot!(run(&folder, "context app -f build/Dockerfile --list"), @"
    exit 0
    ----- stdout
    a
    ----- stderr
    ");
    insta::assert_snapshot!(run(&folder, "context app -f build/Dockerfile --list --builder classic"), @"
    exit 0
    ----- stdout
    .dockerignore
    b
    ----- stderr
    ");
    insta::assert_snapshot!(run(&folder, "context app -f no-such-file"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: no-such-file is not a file
    ");
    insta::assert_snapshot!(run(&folder, "context no-such-folder"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: opening no-such-folder: No such file or directory (os error 2)
    ");
}

#[test]
fn a_sealed_context_is_what_the_ignore_file_leaves() {
    let folder = tree(&[
        ("Dockerfile", DOCKERFILE),
        (".dockerignore", "*.log\n"),
        ("src/main.js", ""),
        ("noise.log", "x"),
    ]);
    let first = run(&folder, "context . --seal sealed.tar");
    // Sealed again beside the first archive, which is none of the context.
    assert_eq!(run(&folder, "context . --seal sealed.tar"), first);
    insta::assert_snapshot!(first, @r#"
    exit 0
    ----- stdout
    sha256:559ba601ccc9ecb52b7018d06381a42e8fb31053db10d2cfd83a9dc9723b93a2
    ----- stderr
    sealed 3 files, 1 folders and 0 links, 31 bytes
    "#);
    let names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("sealed"))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let listed = std::fs::read_to_string(folder.path().join("sealed.tar.manifest.jsonl")).unwrap();
    insta::assert_snapshot!(listed, @r#"
    {"schema":"plimsoll/context/1"}
    {"mode":"0644","path":".dockerignore","sha256":"318d9a16533732a69cda7bb7b174ee392fdd15be3d72a114cd8f2d51f3eab510","size":6,"type":"file"}
    {"mode":"0644","path":"Dockerfile","sha256":"30110cd993b09386f3ef3492c85819140619af3458d24d1eba3deab655ce5719","size":25,"type":"file"}
    {"mode":"0755","path":"src","type":"directory"}
    {"mode":"0644","path":"src/main.js","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"type":"file"}
    "#);
}

#[test]
fn a_context_with_a_link_out_is_not_sealed() {
    let folder = tree(&[("Dockerfile", DOCKERFILE)]);
    std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
    insta::assert_snapshot!(run(&folder, "context . --seal sealed.tar"), @r#"
    exit 2
    ----- stdout
    ----- stderr
    error: the context is not sealed: `etc` is a link to `/etc`, which lies outside the context
    "#);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let spoilt = command(folder.path(), "context . --seal -")
        .output()
        .unwrap();
    assert!(spoilt.stdout.ends_with(b"!!!!"));
}

#[test]
fn rules_are_explained() {
    let folder = tree(&[]);
    insta::assert_snapshot!(run(&folder, "explain stale-ignore"), @"
    exit 0
    ----- stdout
    stale-ignore: An ignore silences nothing
    low, stage source

    What it finds
      An ignore comment whose rule ran on the file and found nothing at the statement the comment
      stands at.

    Why it matters
      The comment outlived what it excused. Whoever reads it believes that a weakness is there and
      accepted, and the day the weakness comes back it is accepted before anybody has looked at it.

    Bad

      Dockerfile:
        FROM scratch
        # plimsoll: ignore[secret-in-environment] a key for tests only
        ^ finding
        ENV MODE=production

    Good

      Dockerfile:
        FROM scratch
        ENV MODE=production

    Fix
      Delete the comment, or the one rule in its brackets that no longer applies.

    Limits
      An ignore is called stale only in a run in which its rule looked at that file: not when the rule
      is switched off, left out by `--only` or `--skip`, or shown at `--level strict` only. Comments
      written for other tools are never called stale.
    ----- stderr
    ");
    insta::assert_snapshot!(run(&folder, "explain stale-ignor"), @"
    exit 2
    ----- stdout
    ----- stderr
    error: unknown rule or credential `stale-ignor`, did you mean `stale-ignore`? (`plimsoll explain --list` names all rules, `plimsoll explain github` what GitHub issues)
    ");
}

#[test]
fn forms_of_credentials_are_explained() {
    let folder = tree(&[]);
    insta::assert_snapshot!(run(&folder, "explain gitleaks:github-pat"), @r#"
    exit 0
    ----- stdout
    github-personal-access-token: GitHub personal access token (classic)
    critical, GitHub
    also: gitleaks:github-pat

    What it looks like
      `ghp_************************************`. An asterisk stands for any character that the form
      allows.

    What its holder can do
      Whoever has it does on every repository of its owner what the scopes it was given allow.

    How to see whether it works
      `GET https://api.github.com/user` with `Authorization: Bearer {secret}` answers 200 if it works
      and 401 if it does not. Where it tells what it may do: x-oauth-scopes header.
      The request reads only. `check` never sends it.

    How to end it
      Whoever holds it can: `POST https://api.github.com/credentials/revoke` with the body
      `{"credentials":["{secret}"]}`.

    Which rules report it
      - `secret-in-ci-file`: The configuration of a pipeline holds a credential
      - `secret-in-deployment-file`: A deployment manifest holds a credential
      - `secret-in-dockerfile`: A Dockerfile holds a credential
      - `secret-in-env-file`: A file of environment variables holds a credential
      - `secret-in-file`: A file of the repository holds a credential
      - `secret-in-git-history`: The history holds a credential
      - `secret-in-image-configuration`: The configuration of the image holds a credential
      - `secret-in-image-layer`: A layer of the image holds a credential
      - `secret-in-mcp-configuration`: The configuration of an MCP client or server holds a credential
    ----- stderr
    "#);
    // By the id of its own, and as another tool calls it.
    for name in ["github-pat", "github-personal-access-token"] {
        let shown = run(&folder, &format!("explain {name}"));
        assert_eq!(shown, run(&folder, "explain gitleaks:github-pat"));
    }
    // All that share a name.
    let shared = run(&folder, "explain trufflehog:tailscale");
    assert!(
        shared.matches("Which rules report it").count() > 1,
        "{shared}"
    );
    let shown = run(&folder, "explain DL3064");
    assert!(shown.contains("secret-in-build-arg") && shown.contains("secret-in-environment"));
    let issued = run(&folder, "explain slack");
    assert!(
        issued.contains("slack-bot-token") && !issued.contains("Which rules"),
        "{issued}"
    );
}

#[test]
fn every_form_of_a_credential_has_a_page() {
    let folder = tree(&[]);
    for form in plimsoll_secrets::rules().iter().step_by(31) {
        let shown = run(&folder, &format!("explain {}", form.id));
        assert!(
            shown.starts_with("exit 0") && shown.contains("How to end it"),
            "{shown}"
        );
    }
}

#[test]
fn completions_and_manual_pages_are_generated() {
    let folder = tree(&[]);
    for (arguments, expected) in [
        ("completions bash", "complete -F _plimsoll"),
        ("man", ".TH plimsoll 1"),
        ("man check", ".TH plimsoll-check 1"),
    ] {
        assert!(run(&folder, arguments).contains(expected), "{arguments}");
    }
}
