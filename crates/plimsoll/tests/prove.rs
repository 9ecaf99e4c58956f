//! `plimsoll prove` against the engine of the machine: what is proved, what is not run, and that nothing is left behind.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use plimsoll_engine::{EngineAddress, EngineReader};
use tempfile::TempDir;

const LABEL: &str = "plimsoll.prove.run";
const MANIFEST: &str = "runtime: container\nbuild:\n  dockerBuildPath: ../..\n";
const DOCKERFILE: &str = "FROM node:22\nWORKDIR /app\nRUN npm ci\nCOPY . .\n";
const TRUST: &str = "[trust]\nargs = { X = \"anyone\" }\n";
/// A step that never ends, behind a command that an argument chooses.
const ENDLESS: &str = "FROM node:22\nARG X=true\nRUN eval \"$X\"; sleep 1000000\n";

/// The engine, or `None` where there is none and none is required.
fn engine() -> Option<EngineReader> {
    let address = EngineAddress::from_docker_host(None).unwrap();
    let engine = EngineReader::connect(&address);
    if engine.is_err() {
        let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
        let is_required = required.split(',').any(|tool| tool.trim() == "docker");
        assert!(
            !is_required,
            "docker does not answer, but PLIMSOLL_REQUIRE names it"
        );
        println!("skipped: docker does not answer (run: cargo xtask setup)");
    }
    engine.ok()
}

/// A folder to prove, and one for the folders of runs.
struct Stage {
    target: TempDir,
    temporary: TempDir,
}

impl Stage {
    fn new(files: &[(&str, &str)]) -> Stage {
        let target = TempDir::new().unwrap();
        for (path, text) in files {
            std::fs::write(target.path().join(path), text).unwrap();
        }
        let temporary = TempDir::new().unwrap();
        Stage { target, temporary }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command
            .arg("prove")
            .args(arguments.split_whitespace())
            .current_dir(self.target.path())
            .env_clear()
            .env("LC_ALL", "C")
            .env("TMPDIR", self.temporary.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn start(&self, arguments: &str) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The labels of runs that have their folder here.
    fn runs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter_map(|name| name.strip_prefix("plimsoll-prove-").map(str::to_owned))
            .collect()
    }

    /// Whether anything is left: a folder here, or what carries the label of `run`.
    fn is_clean(&self, engine: &EngineReader, run: &str) -> bool {
        let label = format!("{LABEL}={run}");
        self.runs().is_empty()
            && engine.images(Some(&label)).unwrap().is_empty()
            && engine.containers(Some(&label)).unwrap().is_empty()
    }
}

fn soon(holds: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > Duration::from_secs(40) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    true
}

/// Whether some process of the machine sleeps as `ENDLESS` does, in a build.
fn sleeps(run: &str, engine: &EngineReader) -> bool {
    let label = format!("{LABEL}={run}");
    let containers = engine.containers(Some(&label)).unwrap();
    containers
        .iter()
        .any(|container| container.state == "running")
}

fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The run's id, from the label in what it built.
fn label_of(report: &serde_json::Value) -> String {
    let token = report["proofs"][0]["attempts"][0]["evidence"][0]["token"]
        .as_str()
        .unwrap();
    token.split('-').nth(2).unwrap().to_owned()
}

#[test]
fn a_context_outside_the_repository_is_proved_on_both_builders() {
    let Some(engine) = engine() else { return };
    let stage = Stage::new(&[("smithery.yaml", MANIFEST), ("Dockerfile", DOCKERFILE)]);
    let before = std::fs::read_dir(stage.target.path()).unwrap().count();
    let output =
        stage.run("--submitted --builder classic,buildkit --format json --output kept.json");
    assert_eq!(output.status.code(), Some(1));
    let report = json(&output);
    assert_eq!(report["schema"], "plimsoll/proof/1");
    let proof = &report["proofs"][0];
    assert_eq!(proof["finding"]["rule"], "context-escapes-repository");
    assert_eq!(proof["finding"]["confidence"], "high");
    for (at, builder) in ["classic", "buildkit"].into_iter().enumerate() {
        let attempt = &proof["attempts"][at];
        assert_eq!(attempt["builder"], builder);
        assert_eq!(attempt["outcome"], "proved");
        assert_eq!(attempt["evidence"][0]["path"], "/app/.docker/config.json");
        // Two levels up, not one.
        let token = attempt["evidence"][0]["token"].as_str().unwrap();
        assert!(token.ends_with("-2"), "{token}");
    }
    let kept = std::fs::read(stage.target.path().join("kept.json")).unwrap();
    assert_eq!(kept, output.stdout);
    assert_eq!(
        std::fs::read_dir(stage.target.path()).unwrap().count(),
        before + 1
    );
    let run = label_of(&report);
    let images = engine.images(Some(LABEL)).unwrap();
    assert!(
        !images
            .iter()
            .any(|image| image.labels[LABEL].ends_with(&run))
    );
    assert!(stage.runs().is_empty());
}

#[test]
fn honest_folders_prove_nothing() {
    let Some(_) = engine() else { return };
    let inside = "runtime: container\nbuild:\n  dockerBuildPath: .\n";
    let stage = Stage::new(&[
        ("smithery.yaml", inside),
        ("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"),
    ]);
    let output = stage.run("--submitted --builder classic");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
}

#[test]
fn what_a_builder_refuses_is_told_in_its_words() {
    let Some(_) = engine() else { return };
    // The file is left out, so that no builder can copy it.
    let stage = Stage::new(&[
        (
            "Dockerfile",
            "FROM node:22\nARG X=file\nCOPY a/${X} /srv/\n",
        ),
        (".dockerignore", "*\n"),
        ("plimsoll.toml", TRUST),
    ]);
    let output =
        stage.run("--builder classic,buildkit --format json --only argument-chooses-copy-source");
    let report = json(&output);
    let attempts = report["proofs"][0]["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    for attempt in attempts {
        let outcome = attempt["outcome"].as_str().unwrap();
        assert!(outcome == "refused" || outcome == "proved", "{attempt}");
    }
}

#[test]
fn an_absolute_context_is_stood_in_for() {
    let Some(_) = engine() else { return };
    let manifest = "runtime: container\nbuild:\n  dockerBuildPath: /etc\n";
    let stage = Stage::new(&[("smithery.yaml", manifest), ("Dockerfile", DOCKERFILE)]);
    let output = stage.run("--submitted --builder buildkit --format json");
    let report = json(&output);
    let attempt = &report["proofs"][0]["attempts"][0];
    assert_eq!(attempt["outcome"], "proved", "{attempt}");
    assert_eq!(attempt["changed"][0], "a folder of ours stands for `/etc`");
    let token = attempt["evidence"][0]["token"].as_str().unwrap();
    assert!(token.ends_with("-elsewhere"), "{token}");
}

#[test]
fn commands_run_only_when_allowed() {
    let Some(_) = engine() else { return };
    let dockerfile = "FROM node:22\nARG X\nRUN eval \"$X\"\n";
    let stage = Stage::new(&[("Dockerfile", dockerfile), ("plimsoll.toml", TRUST)]);
    let output = stage.run("--builder classic,buildkit --format json");
    assert_eq!(output.status.code(), Some(0));
    let attempt = &json(&output)["proofs"][0]["attempts"][0];
    assert_eq!(attempt["outcome"], "not-reproducible");
    assert!(attempt["reason"].as_str().unwrap().contains("--yes"));
    if !Path::new("/bin/busybox").exists() {
        println!("skipped: no static shell (run: cargo xtask setup)");
        return;
    }
    let output = stage.run("--yes --builder classic,buildkit --format json");
    let report = json(&output);
    for attempt in report["proofs"][0]["attempts"].as_array().unwrap() {
        assert_eq!(attempt["outcome"], "proved", "{attempt}");
        assert_eq!(attempt["evidence"][0]["kind"], "executed");
    }
}

#[test]
fn a_replaced_file_shows_by_its_digest() {
    let Some(_) = engine() else { return };
    let dockerfile = "FROM node:22\nARG X=/srv/\nCOPY file.txt ${X}\n";
    let stage = Stage::new(&[
        ("Dockerfile", dockerfile),
        ("file.txt", "x"),
        ("plimsoll.toml", TRUST),
    ]);
    let report = json(&stage.run("--builder classic,buildkit --format json"));
    for attempt in report["proofs"][0]["attempts"].as_array().unwrap() {
        assert_eq!(attempt["outcome"], "proved", "{attempt}");
        let evidence = &attempt["evidence"][0];
        assert_eq!(evidence["kind"], "replaced");
        assert_ne!(evidence["before"], evidence["after"]);
    }
}

#[test]
fn without_an_engine_that_is_said() {
    let stage = Stage::new(&[("smithery.yaml", MANIFEST), ("Dockerfile", DOCKERFILE)]);
    for (host, said) in [
        ("unix:///nonexistent/engine.sock", "the engine is away"),
        ("tcp://127.0.0.1:1", "is not a Unix socket"),
    ] {
        let mut command = stage.command("--submitted --builder classic");
        let output = command.env("DOCKER_HOST", host).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(said), "{text}");
        assert!(stage.runs().is_empty());
    }
}

#[test]
fn a_build_without_end_fails_and_leaves_nothing() {
    let Some(engine) = engine() else { return };
    if !Path::new("/bin/busybox").exists() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let mut child = stage.start("--yes --builder classic,buildkit --timeout 6");
    assert!(soon(|| !stage.runs().is_empty()));
    let run = stage.runs()[0].clone();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(soon(|| stage.is_clean(&engine, &run)));
}

#[test]
fn a_run_that_is_terminated_cleans_up() {
    let Some(engine) = engine() else { return };
    if !Path::new("/bin/busybox").exists() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let mut child = stage.start("--yes --builder classic --timeout 60");
    assert!(soon(|| stage
        .runs()
        .first()
        .is_some_and(|run| sleeps(run, &engine))));
    let run = stage.runs()[0].clone();
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(soon(|| stage.is_clean(&engine, &run)));
}

#[test]
fn what_a_killed_run_leaves_is_swept_by_the_next() {
    let Some(engine) = engine() else { return };
    if !Path::new("/bin/busybox").exists() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let mut child = stage.start("--yes --builder classic --timeout 60");
    assert!(soon(|| stage
        .runs()
        .first()
        .is_some_and(|run| sleeps(run, &engine))));
    let run = stage.runs()[0].clone();
    signal(&child, "KILL");
    child.wait().unwrap();
    assert_eq!(stage.runs(), [run.as_str()], "nobody could clean up");
    // The engine stops the step by itself, because the connection is gone.
    assert!(soon(|| !sleeps(&run, &engine)));
    let honest = Stage {
        target: Stage::new(&[("Dockerfile", "FROM scratch\n")]).target,
        temporary: stage.temporary,
    };
    let output = honest.run("--builder classic");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(honest.is_clean(&engine, &run));
}

#[test]
fn an_engine_that_goes_away_is_a_failure() {
    let Some(_) = engine() else { return };
    let stage = Stage::new(&[("smithery.yaml", MANIFEST), ("Dockerfile", DOCKERFILE)]);
    let socket = stage.target.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let connection = connection.unwrap();
            std::thread::spawn(move || forward(connection));
        }
    });
    let mut command = stage.command("--submitted --builder classic --format json");
    let host = format!("unix://{}", socket.display());
    let output = command.env("DOCKER_HOST", host).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let attempt = &json(&output)["proofs"][0]["attempts"][0];
    assert_eq!(attempt["outcome"], "failed");
    assert!(
        attempt["reason"].as_str().unwrap().contains("away"),
        "{attempt}"
    );
    assert!(stage.runs().is_empty());
}

/// Hands a connection on to the engine, and drops it when a build is asked for.
fn forward(mut client: UnixStream) {
    let mut engine = UnixStream::connect("/var/run/docker.sock").unwrap();
    let mut back = engine.try_clone().unwrap();
    let mut answers = client.try_clone().unwrap();
    std::thread::spawn(move || std::io::copy(&mut back, &mut answers));
    let mut buffer = [0; 4096];
    while let Ok(length) = client.read(&mut buffer) {
        let chunk = &buffer[..length];
        let is_build = String::from_utf8_lossy(chunk).contains("/build?");
        if length == 0 || is_build || engine.write_all(chunk).is_err() {
            let _ = client.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let status = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .unwrap();
    assert!(status.success());
}
