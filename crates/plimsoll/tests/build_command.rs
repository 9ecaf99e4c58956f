//! Whole runs of `plimsoll build`: what it refuses, what it prints, how it ends when the engine or the disk does.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of `files`.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn build(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .arg("build")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("TMPDIR")
        .env("LC_ALL", "C");
    command
}

fn shown(output: &Output) -> String {
    let code = output.status.code().unwrap();
    let out = String::from_utf8(output.stdout.clone()).unwrap();
    let err = String::from_utf8(output.stderr.clone()).unwrap();
    format!("exit {code}\n----- stdout\n{out}----- stderr\n{err}")
}

fn run(folder: &Path, arguments: &str) -> String {
    shown(&build(folder, arguments).output().unwrap())
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

#[test]
fn the_incident_is_refused_with_the_reason() {
    insta::assert_snapshot!(run(&examples(), "smithery-incident"), @r"
    exit 1
    ----- stdout
    ----- stderr
    refused[outside-root]: build.dockerBuildPath: `..` leads out of the repository
    ");
}

#[test]
fn an_honest_monorepo_is_allowed() {
    let arguments = "monorepo --manifest packages/notes/smithery.yaml -t notes --print";
    insta::assert_snapshot!(run(&examples(), arguments), @r"
    exit 0
    ----- stdout
    DOCKER_BUILDKIT=1 docker build --network=none --file packages/notes/Dockerfile --tag notes - < sealed.tar
    ----- stderr
    ");
}

#[test]
fn every_reason_is_told() {
    let folder = tree(&[(
        "Dockerfile",
        "# syntax=evil/frontend\nFROM scratch\nCOPY ../x /\nRUN --network=host id\n",
    )]);
    insta::assert_snapshot!(run(folder.path(), ". --build-arg A=1"), @r"
    exit 1
    ----- stdout
    ----- stderr
    refused[undeclared-argument]: argument: `A` is a build argument that the policy does not declare
    refused[foreign-frontend]: Dockerfile:1 # syntax: `evil/frontend` hands the build to a foreign frontend
    refused[leaves-context]: Dockerfile:3 COPY: `../x` reads outside the context
    refused[host-access]: Dockerfile:4 RUN: `--network=host` takes a part of the builder's host
    refused[finding]: audit: the audit found foreign-frontend (high) at Dockerfile:1: The Dockerfile chooses a foreign frontend
    ");
}

#[track_caller]
fn check_mistake(arguments: &str, expected: &str) {
    let folder = tree(&[
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        ("policy.toml", "netwrok = \"none\"\n"),
        ("secret", "x"),
    ]);
    let output = build(folder.path(), arguments).output().unwrap();
    let shown = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.contains(expected), "{arguments}: {shown}");
    assert!(!shown.contains("hunter22"), "{shown}");
}

#[test]
fn a_limit_that_nobody_keeps_is_told() {
    let folder = tree(&[
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
        (
            "policy.toml",
            "milli-cpus = 500\ncgroup-parent = \"/builds\"\n",
        ),
    ]);
    for (builder, expected) in [("buildkit", true), ("classic", false)] {
        let arguments = format!(". --policy policy.toml --print --builder {builder}");
        let told = run(folder.path(), &arguments);
        let warning = "warning: BuildKit does not keep `milli-cpus`, `cgroup-parent` of the policy";
        assert_eq!(told.contains(warning), expected, "{told}");
        let kept = told.contains(" --cpu-quota 50000 --cgroup-parent /builds ");
        assert_eq!(kept, !expected, "{told}");
    }
}

#[test]
fn a_failure_shows_no_secret_argument() {
    let folder = tree(&[("Dockerfile", "FROM scratch\n")]);
    let arguments = "./hunter22/gone --build-arg API_TOKEN=hunter22";
    let told = run(folder.path(), arguments);
    assert!(told.starts_with("exit 2"), "{told}");
    assert!(told.contains("./***/gone"), "{told}");
}

#[test]
fn mistakes_of_the_operator_are_told() {
    check_mistake(". --policy policy.toml", "unknown field `netwrok`");
    check_mistake(". --policy gone.toml", "gone.toml");
    check_mistake(
        ". --build-arg A=1 --build-arg hunter22",
        "--build-arg number 2: write NAME=VALUE",
    );
    check_mistake(
        ". --secret id=x,hunter22",
        "--secret number 1: write id=NAME,src=FILE",
    );
    check_mistake(". --secret hunter22=x", "write id=NAME,src=FILE");
    check_mistake(". --timeout 0", "0 is not in 1..");
    check_mistake(". -t UPPER/../x", "no name of an image");
    check_mistake("git:.@main", "no git repository");
    check_mistake("gone", "gone");
    check_mistake("-", "standard input");
    check_mistake(". --builder kaniko", "kaniko");
}

/// An engine that says its version and then goes away.
#[test]
fn an_engine_that_goes_away() {
    let folder = tree(&[("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")]);
    let socket = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            let count = stream.read(&mut request).unwrap_or(0);
            if String::from_utf8_lossy(&request[..count]).contains("/version") {
                let body = r#"{"Version":"20.10","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#;
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
                let _ = write!(stream, "{head} {}\r\n\r\n{body}", body.len());
            }
        }
    });
    std::fs::write(folder.path().join(".dockerignore"), "*.sock\n").unwrap();
    let output = build(folder.path(), ".")
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .output()
        .unwrap();
    let shown = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(shown.contains("the engine is away"), "{shown}");
}

/// A file system of one mebibyte, where this process may mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
        mount.arg(folder.path()).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        mounted.then_some(SmallDisk(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let Some(disk) = SmallDisk::mount() else {
        println!("skipped: no right to mount a small file system");
        return;
    };
    let folder = tree(&[
        ("Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("large", &"x".repeat(4 << 20)),
    ]);
    let output = build(folder.path(), ".")
        .env("TMPDIR", disk.0.path())
        .output()
        .unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(std::fs::read_dir(disk.0.path()).unwrap().count(), 0);
    let sealed = disk.0.path().join("sealed.tar");
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["context", ".", "--seal"])
        .arg(&sealed)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert_eq!(std::fs::read_dir(disk.0.path()).unwrap().count(), 0);
}

/// An image of a static shell in the engine, where there is one.
struct Base(String);

impl Base {
    fn make(test: &str) -> Option<Base> {
        let name = format!("plimsoll-test-build-{test}-{}:1", std::process::id());
        let script = format!(
            "cp /bin/busybox bin/busybox && for name in sh cat sleep yes true; do ln -s busybox bin/$name; done && \
             tar c bin | docker import --change 'ENV PATH=/bin' - {name}"
        );
        let folder = tree(&[]);
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let mut make = Command::new("sh");
        make.args(["-ec", &script]).current_dir(folder.path());
        if make.output().is_ok_and(|output| output.status.success()) {
            return Some(Base(name));
        }
        let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|tool| tool.trim() == "docker"),
            "docker does not answer, but PLIMSOLL_REQUIRE names it"
        );
        println!("skipped: docker does not answer (run: cargo xtask setup)");
        None
    }

    fn dockerfile(&self, instructions: &str) -> String {
        format!("FROM {}\n{instructions}\n", self.0)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(image: &str) {
    let _ = Command::new("docker").args(["rmi", "-f", image]).output();
}

fn exists(image: &str) -> bool {
    let mut inspect = Command::new("docker");
    let inspect = inspect.args(["image", "inspect", image]).output();
    inspect.is_ok_and(|output| output.status.success())
}

#[test]
fn what_was_built_from_what() {
    let Some(base) = Base::make("facts") else {
        return;
    };
    let tag = format!("plimsoll-test-build-facts-image-{}", std::process::id());
    let instructions = "ARG VERSION\nARG API_TOKEN\nCOPY . /app\nRUN --mount=type=secret,id=key cat /run/secrets/key";
    let folder = tree(&[
        (
            "repo/smithery.yaml",
            "build:\n  dockerBuildPath: \"a/..\"\n",
        ),
        ("repo/a/file", "x"),
        ("repo/Dockerfile", &base.dockerfile(instructions)),
        ("key", "correct-horse-battery\n"),
        (
            "policy.toml",
            "memory = 67108864\n[arguments.VERSION]\nvalues = [\"7\"]\n[arguments.API_TOKEN]\npattern = \".*\"\n",
        ),
    ]);
    let arguments = format!(
        "repo --policy policy.toml -t {tag} --build-arg VERSION=7 --build-arg API_TOKEN=hunter2222 \
         --secret id=key,src=key --log log.txt --facts facts.json"
    );
    let output = build(folder.path(), &arguments).output().unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let image = String::from_utf8(output.stdout).unwrap();
    let log = std::fs::read_to_string(folder.path().join("log.txt")).unwrap();
    let facts = std::fs::read_to_string(folder.path().join("facts.json")).unwrap();
    for text in [&told, &log, &facts] {
        assert!(
            !text.contains("correct-horse") && !text.contains("hunter2222"),
            "{text}"
        );
    }
    assert!(log.contains("***") && log.contains("COPY . /app"), "{log}");
    let facts: Value = serde_json::from_str(&facts).unwrap();
    let at = |pointer: &str| {
        facts
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned()
    };
    let digest = image.trim().trim_start_matches("sha256:");
    assert_eq!(at("/subject/0/digest/sha256"), digest);
    let external = "/buildDefinition/externalParameters";
    assert_eq!(at(&format!("{external}/context/asked")), "a/..");
    assert_eq!(at(&format!("{external}/context/resolved")), ".");
    assert_eq!(at(&format!("{external}/arguments/VERSION/value")), "7");
    // A digest of what could be guessed would tell it.
    let token = facts.pointer(&format!("{external}/arguments/API_TOKEN"));
    assert_eq!(token, Some(&serde_json::json!({"secret": true})));
    let limits = "/buildDefinition/internalParameters/limits";
    let memory = facts.pointer(&format!("{limits}/memoryBytes"));
    assert_eq!(memory, Some(&serde_json::json!(64 << 20)));
    let unkept = facts.pointer(&format!("{limits}/notKept"));
    assert_eq!(unkept, Some(&serde_json::json!(["memory"])));
    let byproducts = facts.pointer("/runDetails/byproducts").unwrap();
    assert_eq!(
        byproducts[1]["digest"]["sha256"],
        plimsoll_build::sha256(log.as_bytes())
    );
    assert_eq!(
        at("/buildDefinition/resolvedDependencies/0/name"),
        "context"
    );
    assert!(facts.to_string().contains("base-image"));
    remove(&tag);
}

#[test]
fn builds_that_do_not_end() {
    let Some(base) = Base::make("ends") else {
        return;
    };
    let tag = format!("plimsoll-test-build-ends-image-{}", std::process::id());
    for builder in ["buildkit", "classic"] {
        for (instruction, policy, expected) in [
            (
                "RUN sleep 600",
                "time-limit = 3",
                "took longer than 3 seconds",
            ),
            (
                "RUN yes plimsoll",
                "output-limit = 100000",
                "wrote more than 100000 bytes",
            ),
            ("RUN sleep 0 && false", "", "false"),
        ] {
            let folder = tree(&[
                ("repo/Dockerfile", &base.dockerfile(instruction)),
                ("policy.toml", policy),
            ]);
            let arguments = format!("repo --builder {builder} --policy policy.toml -q -t {tag}");
            let output = build(folder.path(), &arguments).output().unwrap();
            let told = shown(&output);
            assert_eq!(output.status.code(), Some(2), "{told}");
            assert!(told.contains(expected), "{builder} {instruction}: {told}");
            assert!(!exists(&tag));
        }
    }
}

#[test]
fn an_interrupt_stops_a_build() {
    let Some(base) = Base::make("stop") else {
        return;
    };
    let folder = tree(&[("Dockerfile", &base.dockerfile("RUN sleep 601"))]);
    let child = build(folder.path(), ".")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("cancelled") || told.contains("stopped"),
        "{told}"
    );
}
