//! Whole runs of `plimsoll build`: what it refuses, what it prints, what it writes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Base, unique};
use crate::scene::{shown, tree};

pub(crate) fn build(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .arg("build")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("TMPDIR")
        .env("LC_ALL", "C");
    command
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

#[test]
fn what_was_built_from_what() {
    let Some(base) = Base::make() else {
        return;
    };
    let tag = unique("facts");
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
}
