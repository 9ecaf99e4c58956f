//! `plimsoll prove` against the engine of the machine: what is proved, what is not run, and that nothing is left behind.

use std::process::{Child, Command, Output, Stdio};

use plimsoll_engine::EngineReader;
use tempfile::TempDir;

use crate::fixture::{Proxy, SmallDisk, engine, has_shell, names, signal, soon, unique};
use crate::scene::tree;

const LABEL: &str = "plimsoll.prove.run";
const MANIFEST: &str = "runtime: container\nbuild:\n  dockerBuildPath: ../..\n";
const DOCKERFILE: &str = "FROM node:22\nWORKDIR /app\nRUN npm ci\nCOPY . .\n";
const TRUST: &str = "[trust]\nargs = { X = \"anyone\" }\n";
/// A step that never ends, behind a command that an argument chooses.
const ENDLESS: &str = "FROM node:22\nARG X=true\nRUN eval \"$X\"; sleep 1000000\n";

/// A folder to prove, and one for the folders of runs.
struct Stage {
    target: TempDir,
    temporary: TempDir,
}

impl Stage {
    fn new(files: &[(&str, &str)]) -> Stage {
        let target = tree(files);
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
        let names = names(self.temporary.path()).into_iter();
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

/// What a `smithery.yaml` names leads to one of our canaries, through whatever links the copy holds, and never to what
/// is not ours.
#[test]
fn a_context_leads_to_a_canary_whatever_its_way() {
    use std::os::unix::fs::symlink;

    let Some(_) = engine() else { return };
    let secret = tree(&[("keys", "what no image may hold")]);
    let elsewhere = format!("a folder of ours stands for `{}`", secret.path().display());
    let (etc, home) = (
        "a folder of ours stands for `/etc`",
        "a folder of ours stands for `~`",
    );
    for (link, value, ending, note) in [
        (None, "..", "-1", None),
        (None, "./a/../..", "-1", None),
        (None, "../..", "-2", None),
        (None, "../sibling", "-beside", None),
        (Some("../.."), "a/link", "-1", None),
        (Some("../../sibling"), "a/link", "-beside", None),
        (None, "/etc", "-elsewhere", Some(etc)),
        (None, "~", "-elsewhere", Some(home)),
        (
            secret.path().to_str(),
            "a/link",
            "-elsewhere",
            Some(&*elsewhere),
        ),
    ] {
        let manifest = format!("runtime: container\nbuild:\n  dockerBuildPath: \"{value}\"\n");
        let stage = Stage::new(&[
            ("smithery.yaml", &manifest),
            ("Dockerfile", DOCKERFILE),
            ("a/file", "x"),
        ]);
        if let Some(link) = link {
            symlink(link, stage.target.path().join("a/link")).unwrap();
        }
        let report = json(&stage.run("--submitted --builder classic --format json"));
        let about = format!("{value} {link:?}: {report:#}");
        assert!(
            !report.to_string().contains("what no image may hold"),
            "{about}"
        );
        let attempt = &report["proofs"][0]["attempts"][0];
        assert_eq!(attempt["outcome"], "proved", "{about}");
        let token = attempt["evidence"][0]["token"].as_str().unwrap();
        assert!(token.ends_with(ending), "{about}");
        let notes = attempt["changed"].to_string();
        assert!(note.is_none_or(|note| notes.contains(note)), "{about}");
    }
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
    if !has_shell() {
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
    if !has_shell() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let mut child = stage.start("--yes --builder classic,buildkit --timeout 6");
    assert!(soon(|| !stage.runs().is_empty()));
    let run = stage.runs()[0].clone();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(soon(|| stage.is_clean(&engine, &run)));
}

/// Starts a run and sends it `name` once its step runs. Returns the exit code, `None` where the signal ended it, and the
/// run's id.
fn signalled(stage: &Stage, engine: &EngineReader, name: &str) -> (Option<i32>, String) {
    let mut child = stage.start("--yes --builder classic --timeout 60");
    let is_sleeping = || stage.runs().first().is_some_and(|run| sleeps(run, engine));
    assert!(soon(is_sleeping));
    let run = stage.runs()[0].clone();
    signal(&child, name);
    (child.wait().unwrap().code(), run)
}

#[test]
fn a_run_that_is_terminated_cleans_up() {
    let Some(engine) = engine() else { return };
    if !has_shell() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let (code, run) = signalled(&stage, &engine, "TERM");
    assert_eq!(code, Some(2));
    assert!(soon(|| stage.is_clean(&engine, &run)));
}

#[test]
fn what_a_killed_run_leaves_is_swept_by_the_next() {
    let Some(engine) = engine() else { return };
    if !has_shell() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let (_, run) = signalled(&stage, &engine, "KILL");
    assert_eq!(stage.runs(), [run.as_str()], "nobody could clean up");
    // The engine stops the step by itself, because the connection is gone.
    assert!(soon(|| !sleeps(&run, &engine)));
    let honest = Stage {
        target: tree(&[("Dockerfile", "FROM scratch\n")]),
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
    let proxy = Proxy::listen(stage.target.path(), Some("/build?"));
    let mut command = stage.command("--submitted --builder classic --format json");
    let output = command.env("DOCKER_HOST", &proxy.host).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let attempt = &json(&output)["proofs"][0]["attempts"][0];
    assert_eq!(attempt["outcome"], "failed");
    let reason = attempt["reason"].as_str().unwrap();
    assert!(reason.contains("away"), "{attempt}");
    assert!(stage.runs().is_empty());
}

#[test]
fn an_engine_that_goes_away_while_a_step_runs() {
    let Some(engine) = engine() else { return };
    if !has_shell() {
        return;
    }
    let stage = Stage::new(&[("Dockerfile", ENDLESS), ("plimsoll.toml", TRUST)]);
    let proxy = Proxy::listen(stage.target.path(), None);
    let mut command = stage.command("--yes --builder classic --timeout 60 --format json");
    command.env("DOCKER_HOST", &proxy.host);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let is_sleeping = || stage.runs().first().is_some_and(|run| sleeps(run, &engine));
    assert!(soon(is_sleeping));
    let run = stage.runs()[0].clone();
    proxy.leave();
    let output = child.unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let attempt = &json(&output)["proofs"][0]["attempts"][0];
    assert_eq!(attempt["outcome"], "failed", "{attempt}");
    assert!(stage.runs().is_empty());
    // The engine stops the step and removes its container; the images it had made are swept by the next run.
    assert!(soon(|| !sleeps(&run, &engine)));
    let output = stage.run("--builder classic --only copies-secret-file");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(soon(|| stage.is_clean(&engine, &run)));
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let Some(_) = engine() else { return };
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let large = "x".repeat(700 << 10);
    for (files, said) in [
        // The copy itself has no room.
        (["large", "larger"], "the disposable copy could not be made"),
        // The copy has, what is sent has not.
        (["large", "small"], "No space left on device"),
    ] {
        let stage = Stage::new(&[
            ("smithery.yaml", MANIFEST),
            ("Dockerfile", DOCKERFILE),
            (files[0], &large),
            (files[1], if files[1] == "larger" { &large } else { "x" }),
        ]);
        for builder in ["classic", "buildkit", "buildah"] {
            let mut command = stage.command(&format!("--submitted --builder {builder}"));
            let output = command.env("TMPDIR", disk.path()).output().unwrap();
            let told = crate::scene::shown(&output);
            assert_eq!(output.status.code(), Some(2), "{builder}: {told}");
            assert!(told.contains(said), "{builder}: {told}");
            assert!(names(disk.path()).is_empty(), "{builder}: {told}");
        }
    }
}

/// The text with what differs between runs and machines taken out: tokens, names, versions.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    for line in text.lines() {
        let mut line = line.to_owned();
        for (before, length) in [("plimsoll-canary-", 16), ("/checkout-", 8)] {
            let parts: Vec<&str> = line.split(before).collect();
            let is_random = |part: &&str| part.bytes().take(length).all(|b| b.is_ascii_hexdigit());
            let joined =
                parts
                    .iter()
                    .enumerate()
                    .map(|(at, part)| match at > 0 && is_random(part) {
                        true => part.get(length..).unwrap_or_default(),
                        false => part,
                    });
            line = joined.collect::<Vec<_>>().join(before);
        }
        if let (Some(open), Some(close)) = (line.find(" ("), line.find("): proved")) {
            line.replace_range(open..=close, "");
        }
        settled.push_str(&line);
        settled.push('\n');
    }
    settled
}

/// The page shows what is printed, and what is printed can be pasted.
#[test]
fn the_page_shows_what_is_printed_and_it_can_be_repeated() {
    let Some(_) = engine() else { return };
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stage = Stage::new(&[]);
    let prove = |arguments: &str| {
        let mut command = stage.command("examples/smithery-incident");
        command.args(arguments.split_whitespace());
        // Buildah is found by it.
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.current_dir(&repository).output().unwrap()
    };
    let printed = String::from_utf8(prove("").stdout).unwrap();
    if printed.contains("buildah") {
        let page = include_str!("../../../../docs/src/prove.md");
        let (_, sample) = page.split_once("```text\n").unwrap();
        let (sample, _) = sample.split_once("```\n").unwrap();
        assert_eq!(settled(sample), settled(printed.trim_end()), "{printed}");
    } else {
        println!("the page is not compared: buildah is not installed (run: cargo xtask setup)");
    }
    let (_, repeat) = printed.split_once("to repeat it:\n").unwrap();
    // The image's name is this test's, and nothing of it stays.
    let image = unique("repeat");
    let script = format!("{repeat}\nrm -rf \"$work\"").replace("plimsoll-proof", &image);
    for shell in ["sh", "bash"] {
        let mut command = Command::new(shell);
        command.args(["-c", &script]).current_dir(&repository);
        let output = command.env("TMPDIR", stage.temporary.path()).output();
        let told = crate::scene::shown(&output.unwrap());
        let _ = Command::new("docker").args(["rmi", &image]).output();
        let leak = "/image/tmp/context/.docker/config.json:";
        assert!(told.contains(leak), "{shell}: {told}");
        assert!(names(stage.temporary.path()).is_empty(), "{shell}: {told}");
    }
}
