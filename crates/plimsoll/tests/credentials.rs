//! Whole runs that look for credentials: in files, in a history, in what is staged, in an image.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A token whose checksum is right, in two parts so that nobody takes this file for its leak.
fn token() -> String {
    ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat()
}

fn write(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn git(folder: &TempDir, arguments: &[&str]) {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args([
            "-c",
            "commit.gpgsign=false",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A repository with one commit of `files`.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    git(&folder, &["init", "-q"]);
    for (path, text) in files {
        write(&folder, path, text);
    }
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-q", "-m", "one"]);
    folder
}

/// Exit code, standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).current_dir(folder);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// `rule path:line status` of each finding. Whatever is printed never holds the token.
fn told(folder: &TempDir, arguments: &[&str]) -> Vec<String> {
    for format in ["text", "json", "sarif", "github"] {
        let (_, out, err) = run(folder.path(), &[arguments, &["--format", format]].concat());
        assert!(!(out + &err).contains("16C7e42F292c"), "{format}");
    }
    let (_, out, _) = run(folder.path(), &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&out).unwrap();
    let line = |finding: &Value| {
        format!(
            "{} {}:{} {}",
            finding["rule"].as_str().unwrap(),
            finding["location"]["path"].as_str().unwrap(),
            finding["location"]["start"]["line"],
            finding["status"].as_str().unwrap()
        )
    };
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

#[test]
fn every_file_is_searched_and_its_holder_named() {
    let token = token();
    let folder = repository(&[
        ("src/app.py", &format!("a = 1\nb = '{token}'\n")),
        (".env", &format!("T={token}\n")),
        (
            ".github/workflows/a.yml",
            &format!("on: push\nenv:\n  T: {token}\njobs: {{}}\n"),
        ),
        (
            ".mcp.json",
            &format!("{{\"mcpServers\": {{\"x\": {{\"env\": {{\"T\": \"{token}\"}}}}}}}}\n"),
        ),
        (
            "compose.yaml",
            &format!("services:\n  a:\n    image: a\n    environment:\n      T: {token}\n"),
        ),
        ("Dockerfile", &format!("FROM scratch\nRUN x {token}\n")),
    ]);
    let told: Vec<String> = told(&folder, &["check"])
        .into_iter()
        .filter(|one| one.starts_with("secret-"))
        .collect();
    assert_eq!(
        told,
        [
            "secret-in-env-file .env:1 new",
            "secret-in-ci-file .github/workflows/a.yml:3 new",
            "secret-in-mcp-configuration .mcp.json:1 new",
            "secret-in-dockerfile Dockerfile:2 new",
            "secret-in-deployment-file compose.yaml:5 new",
            "secret-in-file src/app.py:2 new",
        ]
    );
}

#[test]
fn a_file_that_git_ignores_is_for_those_who_ask() {
    let folder = repository(&[(".gitignore", ".env\n")]);
    write(&folder, ".env", &format!("T={}\n", token()));
    assert_eq!(told(&folder, &["check"]), [""; 0]);
    let told = told(&folder, &["check", "--level", "strict"]);
    assert_eq!(told, ["secret-in-env-file .env:1 new"]);
}

#[test]
fn a_comment_lets_a_credential_be_unless_a_stranger_wrote_it() {
    let token = token();
    let text = format!(
        "a = '{token}'  # plimsoll: ignore[secret-in-file] revoked\n# gitleaks:allow\nb = '{token}'\nc = '{token}'\n"
    );
    let folder = repository(&[("a.py", &text)]);
    assert_eq!(
        told(&folder, &["check"]),
        [
            "secret-in-file a.py:1 ignored",
            "secret-in-file a.py:3 ignored",
            "secret-in-file a.py:4 new",
        ]
    );
    let submitted = told(&folder, &["check", "--submitted"]);
    assert!(
        submitted.iter().all(|one| one.ends_with("new")),
        "{submitted:?}"
    );
}

#[test]
fn what_is_held_to_be_none_is_explained() {
    let folder = repository(&[("a.py", &format!("token = 'ghp_{}'\n", "x".repeat(36)))]);
    assert_eq!(told(&folder, &["check"]), [""; 0]);
    let told = told(
        &folder,
        &["check", "--explain-suppressed", "--level", "strict"],
    );
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("ignored"), "{told:?}");
}

#[test]
fn no_line_of_another_finding_shows_a_key() {
    // Known by its form alone, and beside what the finding is about.
    let vercel = [
        "vc",
        "p_Ab3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5Bc4De6Fg8Hi0Jk2Lm4No",
    ]
    .concat();
    let folder = repository(&[(
        "Dockerfile",
        &format!("FROM scratch\nENV DB_PASSWORD=hunter22xyz X={vercel}\n"),
    )]);
    for format in ["text", "json", "sarif", "github"] {
        let arguments = [
            "check",
            "--only",
            "secret-in-environment",
            "--format",
            format,
        ];
        let (code, out, _) = run(folder.path(), &arguments);
        assert_eq!(code, 1);
        assert!(!out.contains("Ab3dE5fG7h"), "{out}");
    }
}

#[test]
fn a_history_is_searched_to_its_end() {
    let token = token();
    let folder = repository(&[("a.py", &format!("a = '{token}'\n")), ("b.py", "b = 1\n")]);
    write(&folder, "a.py", "a = 1\n");
    git(&folder, &["commit", "-qam", &format!("two, was {token}")]);
    let told = told(&folder, &["check", "git:.@--all"]);
    assert_eq!(
        told,
        [
            "secret-in-git-history a.py:1 new",
            "secret-in-git-history commit-message:1 new",
        ]
    );
    let (code, out, _) = run(folder.path(), &["check", "git:.@--all"]);
    assert_eq!(code, 1);
    assert!(out.contains("put into `a.py`"), "{out}");
    assert!(out.contains("The message of commit"), "{out}");
    // A checkout has neither.
    let (_, out, _) = run(
        folder.path(),
        &["check", "git:.@--all", "--format", "github"],
    );
    assert!(!out.contains("file="), "{out}");
}

#[test]
fn a_state_saves_work_and_hides_nothing() {
    let folder = repository(&[
        ("a.py", &format!("a = '{}'\n", token())),
        ("b.py", "b = 1\n"),
    ]);
    write(&folder, "a.py", "a = 1\n");
    git(&folder, &["commit", "-qam", "two"]);
    let arguments = [
        "check",
        "git:.@--all",
        "--state",
        "state",
        "--format",
        "json",
    ];
    let report = |arguments: &[&str]| {
        let (code, out, err) = run(folder.path(), arguments);
        let report: Value = serde_json::from_str(&out).unwrap();
        let audited = report["coverage"]["audited"].clone();
        let count = |kind: &str| audited[kind].as_u64().unwrap_or(0);
        let counts = (count("git-blob"), count("git-searched-before"));
        (code, report["findings"].clone(), counts, err)
    };
    let (code, first, counts, _) = report(&arguments);
    // Two commits with a message each, three files, one of them with a key.
    assert_eq!((code, counts), (1, (3, 0)));
    // The key is found again, and the exit code stays.
    let (code, again, counts, err) = report(&arguments);
    assert_eq!((code, counts), (1, (1, 4)), "{err}");
    assert_eq!(again, first);
    assert!(
        err.contains("state: 4 objects were searched by earlier runs"),
        "{err}"
    );
    assert_eq!(mode(&folder, "state"), 0o600);
    let bytes = std::fs::read(folder.path().join("state")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("16C7e42F292c"));
    // What others look for is not what this state saves.
    let (_, _, counts, err) = report(&[&arguments[..], &["--explain-suppressed"]].concat());
    assert_eq!(counts, (3, 0));
    assert!(
        err.contains("written under other rules, so all of the history"),
        "{err}"
    );
    // A new commit is all that is new.
    let (_, _, _, _) = report(&arguments);
    write(&folder, "c.py", "c = 1\n");
    git(&folder, &["add", "-A", "c.py"]);
    git(&folder, &["commit", "-qm", "three"]);
    assert_eq!(report(&arguments).2, (2, 4));
}

#[test]
fn a_state_that_is_none_is_not_written_over() {
    let folder = repository(&[("b.py", "b = 1\n")]);
    let arguments = ["check", "git:.@--all", "--state", "state"];
    write(&folder, "state", "{}");
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!(code, 2);
    assert!(
        err.contains("is no state of a history, and is not written over"),
        "{err}"
    );
    // An empty one is one to be.
    write(&folder, "state", "");
    assert_eq!(run(folder.path(), &arguments).0, 0);
    let path = folder.path().join("state");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!(code, 0);
    assert!(
        err.contains("it is damaged, so all of the history is searched"),
        "{err}"
    );
    // Mended. With nothing new to search, something was searched all the same.
    let (code, _, err) = run(folder.path(), &arguments);
    assert_eq!(code, 0);
    assert!(err.contains("searched by earlier runs"), "{err}");
    let (code, _, err) = run(folder.path(), &["check", "--state", "state"]);
    assert_eq!(code, 2);
    assert!(err.contains("about a whole history"), "{err}");
    let link = folder.path().join("nowhere/state");
    let arguments = ["check", "git:.@--all", "--state", link.to_str().unwrap()];
    assert_eq!(run(folder.path(), &arguments).0, 2);
}

/// The permissions of a file.
fn mode(folder: &TempDir, path: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(folder.path().join(path)).unwrap();
    metadata.permissions().mode() & 0o777
}

#[test]
fn what_is_staged_is_judged_as_it_is_staged() {
    let folder = repository(&[("a.py", "a = 1\n"), ("b.py", "b = 1\n")]);
    assert_eq!(run(folder.path(), &["check", "--staged"]).0, 0);
    write(&folder, "a.py", &format!("a = '{}'\n", token()));
    write(&folder, "b.py", &format!("b = '{}'\n", token()));
    git(&folder, &["add", "a.py"]);
    // Mended on disk, and still in the index.
    write(&folder, "a.py", "a = 1\n");
    let told = told(&folder, &["check", "--staged"]);
    assert_eq!(told, ["secret-in-file a.py:1 new"]);
}

#[test]
fn a_key_keeps_its_fingerprint_when_its_file_moves() {
    let text = format!("a = '{}'\n", token());
    let folder = repository(&[("a.py", &text)]);
    let (_, _, _) = run(folder.path(), &["check", "--write-baseline", "known.json"]);
    git(&folder, &["mv", "a.py", "moved.py"]);
    let told = told(&folder, &["check", "--baseline", "known.json"]);
    assert_eq!(told, ["secret-in-file moved.py:1 known"]);
}

#[test]
fn fingerprints_are_under_the_key_of_the_baseline() {
    let text = format!("a = '{}'\n", token());
    let first = repository(&[("a.py", &text)]);
    let second = repository(&[("b.py", &text)]);
    let print = |folder: &TempDir, arguments: &[&str]| {
        let arguments = [&["check", "--format", "json"], arguments].concat();
        let (_, out, _) = run(folder.path(), &arguments);
        let report: Value = serde_json::from_str(&out).unwrap();
        report["findings"][0]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // Without a baseline the same on every machine, wherever the key stands.
    assert_eq!(print(&first, &[]), print(&second, &[]));
    // With one its own, in the run that writes it and in those that read it.
    let write = ["--write-baseline", "known.json"];
    let read = ["--baseline", "known.json"];
    let (one, other) = (print(&first, &write), print(&second, &write));
    assert_ne!(one, other);
    assert_ne!(one, print(&first, &[]));
    assert_eq!(one, print(&first, &read));
    // Written over, it keeps its key.
    assert_eq!(one, print(&first, &write));
    // One of before keeps its own fingerprints.
    let baseline = std::fs::read_to_string(first.path().join("known.json")).unwrap();
    assert!(baseline.contains("\"key\": \"") && !baseline.contains("16C7e42F292c"));
    write_keyless(&first);
    assert_eq!(print(&first, &read), print(&first, &[]));
}

fn write_keyless(folder: &TempDir) {
    let keyless = "{\"schema\": \"plimsoll/baseline/1\", \"findings\": []}";
    write(folder, "known.json", keyless);
}

#[test]
fn a_password_has_no_digest_that_could_be_tried() {
    let text = "DB_URL = 'postgres://app:k29sQ7x-Gh1x@db.internal/app'\n";
    let other = "DB_URL = 'postgres://app:zz8Q-p20qLw4@db.internal/app'\n";
    let print = |text: &str| {
        let folder = repository(&[("a.py", text)]);
        let (_, out, _) = run(folder.path(), &["check", "--format", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        report["findings"][0]["fingerprint"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(print(text), print(other));
}

#[test]
fn values_are_revealed_on_a_terminal_alone() {
    let folder = repository(&[(".env", &format!("A=1\nT={}\n", token()))]);
    for (arguments, expected) in [
        (&["--reveal"][..], "on a terminal only"),
        (&["--reveal", "--submitted"], "what a stranger wrote"),
        (&["--reveal", "--format", "json"], "`--format text` alone"),
        (&["--reveal", "--format", "sarif"], "`--format text` alone"),
        (&["--reveal", "--format", "github"], "`--format text` alone"),
    ] {
        let (code, out, err) = run(folder.path(), &[&["check"], arguments].concat());
        assert_eq!(code, 2);
        assert_eq!(out, "");
        assert!(err.contains(expected), "{err}");
    }
    let Some((shown, code)) = on_terminal(&folder, "check --reveal") else {
        return println!("skipped: there is no `script`");
    };
    assert_eq!(code, 1);
    assert_eq!(shown.matches("16C7e42F292c").count(), 1, "{shown}");
    assert!(shown.contains("T=****"), "{shown}");
    let (shown, _) = on_terminal(&folder, "check").unwrap();
    assert!(!shown.contains("16C7e42F292c"), "{shown}");
    // Not into what is written besides.
    let (_, code) = on_terminal(&folder, "check --reveal --write-baseline known.json").unwrap();
    assert_eq!(code, 1);
    let written = std::fs::read_to_string(folder.path().join("known.json")).unwrap();
    assert!(!written.contains("16C7e42F292c"));
}

/// What a run prints on a pseudo terminal, and its exit code; `None` where none can be had.
fn on_terminal(folder: &TempDir, arguments: &str) -> Option<(String, i32)> {
    let mut command = Command::new("script");
    let program = env!("CARGO_BIN_EXE_plimsoll");
    command
        .args([
            "-q",
            "-e",
            "-c",
            &format!("{program} --color never {arguments}"),
        ])
        .arg("/dev/null")
        .current_dir(folder.path())
        .stdin(std::process::Stdio::null());
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some((text, output.status.code()?))
}

#[test]
fn credentials_are_summed_up_by_issuer_and_holder() {
    let token = token();
    let folder = repository(&[
        ("a.py", &format!("a = '{token}'\n")),
        (".env", &format!("T={token}\n")),
        (
            "Dockerfile",
            &format!("FROM scratch\nENV GH_TOKEN={token}\n"),
        ),
    ]);
    let (_, out, _) = run(folder.path(), &["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let holders = serde_json::json!({"source": 1, "env-file": 1, "dockerfile": 1});
    let expected = serde_json::json!({
        "credentials": 1,
        "places": 3,
        "by_holder": holders,
        "by_provider": {"GitHub": holders},
    });
    assert_eq!(report["secrets"], expected);
    let (_, out, _) = run(folder.path(), &["check", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(sarif["runs"][0]["properties"]["secrets"], expected);
    let (_, out, _) = run(folder.path(), &["check"]);
    assert!(out.contains("1 credential in 3 places\n"), "{out}");
    // What does not count is not counted.
    let (_, _, _) = run(folder.path(), &["check", "--write-baseline", "known.json"]);
    let (_, out, _) = run(
        folder.path(),
        &["check", "--baseline", "known.json", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&out).unwrap();
    assert!(report.get("secrets").is_none());
}

/// Whether a Docker engine answers; where `PLIMSOLL_REQUIRE` names it, it has to.
fn has_engine() -> bool {
    let version = Command::new("docker").arg("version").output();
    let answers = version.is_ok_and(|output| output.status.success());
    if !answers {
        let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|tool| tool == "docker"));
        println!("skipped: no Docker engine answers (run: cargo xtask setup)");
    }
    answers
}

/// An image of a test, removed behind it.
struct Image(String);

impl Image {
    fn build(folder: &TempDir) -> Image {
        let image = Image(format!("plimsoll-test-credentials-{}", std::process::id()));
        let mut command = Command::new("docker");
        command.args(["build", "-q", "-t", &image.0, "."]);
        let output = command
            .env("DOCKER_BUILDKIT", "0")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        image
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rmi", "-f", &self.0]).output();
    }
}

#[test]
fn a_key_that_a_later_layer_deletes_is_found_in_the_image() {
    let shells = ["/bin/busybox", "/usr/bin/busybox"];
    let Some(shell) = shells.iter().find(|path| Path::new(path).exists()) else {
        return println!("skipped: no static shell (run: cargo xtask setup)");
    };
    if !has_engine() {
        return;
    }
    let folder = TempDir::new().unwrap();
    std::fs::copy(shell, folder.path().join("busybox")).unwrap();
    write(
        &folder,
        "npmrc",
        &format!("//npm.example.com/:_authToken={}\n", token()),
    );
    write(
        &folder,
        "Dockerfile",
        "FROM scratch\nCOPY busybox /bin/\nCOPY npmrc /root/.npmrc\nRUN [\"/bin/busybox\", \"rm\", \"/root/.npmrc\"]\n",
    );
    let image = Image::build(&folder);
    let target = format!("image:{}", image.0);
    assert_eq!(
        told(&folder, &["check", &target]),
        [format!("secret-in-image-layer {target}/root/.npmrc:1 new")]
    );
    let (code, out, err) = run(folder.path(), &["check", &target]);
    assert_eq!(code, 1);
    assert!(err.contains("comes from the engine"), "{err}");
    for part in [
        "Layer 2",
        "COPY file:",
        "in /root/.npmrc",
        "A later layer removes the file",
    ] {
        let words: Vec<&str> = out.split_whitespace().collect();
        assert!(words.join(" ").contains(part), "{part}: {out}");
    }
    let saved = folder.path().join("image.tar");
    let save = Command::new("docker")
        .args(["save", "-o"])
        .arg(&saved)
        .arg(&image.0)
        .status();
    assert!(save.unwrap().success());
    assert_eq!(
        told(&folder, &["check", "archive:image.tar"]),
        ["secret-in-image-layer archive:image.tar/root/.npmrc:1 new"]
    );
}

/// A tar with one file, compressed.
fn packed(name: &str, text: &str) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    write(&folder, name, text);
    let mut tar = Command::new("tar");
    let output = tar.args(["-cz", name]).current_dir(folder.path()).output();
    output.unwrap().stdout
}

#[test]
fn archives_are_looked_into_wherever_files_are() {
    let text = format!("x\ntoken = {}\n", token());
    let folder = repository(&[("README", "a")]);
    let archive = packed("config/prod.properties", &text);
    std::fs::write(folder.path().join("app.tgz"), &archive).unwrap();
    git(&folder, &["add", "-A"]);
    let check = |arguments: &[&str]| {
        let (code, out, _) = run(folder.path(), &[arguments, &["--format", "json"]].concat());
        assert_eq!(code, 1, "{arguments:?}: {out}");
        let report: Value = serde_json::from_str(&out).unwrap();
        let finding = report["findings"][0].clone();
        let location = &finding["location"];
        assert_eq!(location["path"], "app.tgz", "{arguments:?}");
        assert_eq!(location["member"], "config/prod.properties");
        assert_eq!(location["start"]["line"], 2);
        let message = finding["message"].as_str().unwrap();
        assert!(
            message.contains("`app.tgz!/config/prod.properties`"),
            "{message}"
        );
        assert!(!out.contains(&token()[8..]));
        finding["fingerprint"].clone()
    };
    let first = check(&["check", "."]);
    assert_eq!(check(&["check", "--staged"]), first);
    git(&folder, &["commit", "-q", "-m", "two"]);
    assert_eq!(check(&["check", "git:.@HEAD"]), first);
    assert_eq!(check(&["check", "git:.@--all"]), first);
    git(&folder, &["rm", "-q", "app.tgz"]);
    git(&folder, &["commit", "-q", "-m", "three"]);
    assert_eq!(check(&["check", "git:.@--all"]), first);
    let (_, out, _) = run(folder.path(), &["check", "git:.@--all"]);
    assert!(out.contains("app.tgz!/config/prod.properties:2:9"), "{out}");
}

#[test]
fn what_of_an_archive_is_not_searched_is_told() {
    let folder = repository(&[("a.jar", "PK\u{3}\u{4}no zip"), ("README", "a")]);
    let told = |target: &str| {
        let (_, out, _) = run(folder.path(), &["check", target, "--format", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let skipped = report["coverage"]["skipped"][0].clone();
        assert_eq!(skipped["path"], "a.jar", "{target}");
        assert_eq!(skipped["reason"], "unreadable", "{target}");
    };
    told(".");
    told("git:.@HEAD");
    told("git:.@--all");
}
