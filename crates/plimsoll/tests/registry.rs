//! Whole runs that search images of a registry.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

#[path = "../../registry/tests/servers/mod.rs"]
mod servers;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use self::servers::{
    AUTH, Distribution, INDEX, PASSWORD, StandIn, digest, for_platform, manifest, reply,
};

/// A token whose checksum is right, in two parts so that nobody takes this file for its leak.
fn key() -> Vec<u8> {
    let token = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    format!("//npm.example.com/:_authToken={token}\n").into_bytes()
}

fn layer(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn config(architecture: &str) -> Vec<u8> {
    let config = json!({
        "os": "linux",
        "architecture": architecture,
        "config": {"Env": ["PATH=/bin"]},
        "history": [{"created_by": "COPY npmrc /root/.npmrc"}, {"created_by": "RUN rm /root/.npmrc"}],
    });
    config.to_string().into_bytes()
}

/// What a run gave.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    /// `rule path` of each finding.
    fn findings(&self) -> Vec<String> {
        let report: Value = serde_json::from_str(&self.out).unwrap();
        let told = |one: &Value| {
            let (rule, path) = (&one["rule"], &one["location"]["path"]);
            format!("{} {}", rule.as_str().unwrap(), path.as_str().unwrap())
        };
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(told)
            .collect()
    }

    #[track_caller]
    fn says(&self, part: &str) {
        let words: Vec<&str> = self.err.split_whitespace().collect();
        assert!(words.join(" ").contains(part), "{part}: {}", self.err);
    }
}

/// A run for a user with this file of credentials, and without an engine.
fn run(credentials: &Value, arguments: &[&str]) -> Run {
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join("config.json"), credentials.to_string()).unwrap();
    run_in(home.path(), arguments)
}

fn run_in(home: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .args(["check", "--format", "json"])
        .args(arguments)
        .current_dir(home);
    for name in ["REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"] {
        command.env_remove(name);
    }
    let socket = format!("unix://{}", home.join("no.sock").display());
    command
        .env("DOCKER_CONFIG", home)
        .env("DOCKER_HOST", socket);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let run = Run {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    for secret in ["16C7e42F292c", PASSWORD, AUTH] {
        assert!(
            !run.out.contains(secret) && !run.err.contains(secret),
            "{}",
            run.err
        );
    }
    run
}

#[test]
fn a_key_that_a_later_layer_deletes_is_found_in_the_registry() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let layers = [
        layer(&[("root/.npmrc", &key())]),
        layer(&[("root/.wh..npmrc", b"")]),
    ];
    let pushed = registry.push("a/b", "v1", &config("amd64"), &[&layers[0], &layers[1]]);
    for (form, said) in [
        ("registry", "comes from the registry"),
        ("image", "the engine is away"),
    ] {
        let target = format!("{form}:{}", registry.name("a/b:v1"));
        let run = run(&json!({}), &[&target]);
        assert_eq!(
            run.findings(),
            [format!("secret-in-image-layer {target}/root/.npmrc")]
        );
        assert_eq!(run.code, 1, "{}", run.err);
        run.says(said);
        run.says(&format!(
            "the registry 127.0.0.1:{}, {}",
            registry.port,
            digest(&pushed)
        ));
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let image = &report["findings"][0]["secret"]["image"];
        assert_eq!(
            image["layer"].as_str(),
            Some(digest(&layers[0]).as_str()),
            "{report}"
        );
        assert_eq!(image["created_by"], "COPY npmrc /root/.npmrc");
        assert_eq!(image["removed_later"], true);
    }
}

#[test]
fn a_layer_that_is_lost_is_told_and_the_rest_searched() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let layers = [layer(&[("lost", b"x")]), layer(&[("root/.npmrc", &key())])];
    registry.push("a", "latest", &config("amd64"), &[&layers[0], &layers[1]]);
    registry.lose(&layers[0]);
    let target = format!("registry:{}", registry.name("a"));
    let run = run(&json!({}), &[&target]);
    assert_eq!(
        run.findings(),
        [format!("secret-in-image-layer {target}/root/.npmrc")]
    );
    assert_eq!(run.code, 2);
    run.says("layer 1: the registry 127.0.0.1:");
    assert_eq!(run.err.matches("layer 1").count(), 1, "{}", run.err);
}

#[test]
fn a_layer_that_is_another_is_told_and_the_rest_searched() {
    let (lower, upper) = (layer(&[("a", b"x")]), layer(&[("root/.npmrc", &key())]));
    let (config, mut forged) = (config("amd64"), lower.clone());
    forged[600] ^= 1;
    let manifest = manifest(&config, &[&lower, &upper]);
    let registry = StandIn::start(move |asked| {
        let part = |bytes: &[u8]| asked.target.ends_with(&digest(bytes));
        match asked.target.as_str() {
            "/v2/" => reply(200, &[], b""),
            target if target.contains("/manifests/") => reply(200, &[], &manifest),
            _ if part(&config) => reply(200, &[], &config),
            _ if part(&lower) => reply(200, &[], &forged),
            _ if part(&upper) => reply(200, &[], &upper),
            _ => reply(404, &[], b""),
        }
    });
    let run = run(
        &json!({}),
        &[&format!("registry:127.0.0.1:{}/a", registry.port)],
    );
    assert_eq!(run.findings().len(), 1);
    assert_eq!(run.code, 2);
    run.says("layer 1 is not read to its end: its digest is sha256:");
}

#[test]
fn the_image_of_the_platform_is_searched() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let push = |architecture: &str, file: &str| {
        let layer = layer(&[(file, &key())]);
        registry.push("a", architecture, &config(architecture), &[&layer])
    };
    let entries = [
        for_platform(&push("amd64", "amd64/.npmrc"), "linux/amd64"),
        for_platform(&push("arm64", "arm64/.npmrc"), "linux/arm64"),
    ];
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
    registry.push_manifest("a", "latest", INDEX, index.to_string().as_bytes());
    let target = format!("registry:{}", registry.name("a"));
    for architecture in ["amd64", "arm64"] {
        let run = run(
            &json!({}),
            &[&target, "--platform", &format!("linux/{architecture}")],
        );
        let expected = format!("secret-in-image-layer {target}/{architecture}/.npmrc");
        assert_eq!(run.findings(), [expected]);
    }
    let other = run(&json!({}), &[&target, "--platform", "linux/s390x"]);
    assert_eq!(other.code, 2);
    other.says("no image for linux/s390x; there is linux/amd64, linux/arm64");
    let useless = run(&json!({}), &[".", "--platform", "linux/amd64"]);
    assert_eq!(useless.code, 2);
    useless.says("`--platform` is about an image");
}

#[test]
fn credentials_of_the_user_are_shown_to_a_closed_registry() {
    let Some(registry) = Distribution::closed() else {
        return;
    };
    registry.push(
        "a",
        "latest",
        &config("amd64"),
        &[&layer(&[("root/.npmrc", &key())])],
    );
    let target = format!("registry:{}", registry.name("a"));
    let host = format!("127.0.0.1:{}", registry.port);
    let known = run(&json!({"auths": {&host: {"auth": AUTH}}}), &[&target]);
    assert_eq!(
        (known.findings().len(), known.code),
        (1, 1),
        "{}",
        known.err
    );
    let stranger = run(&json!({}), &[&target]);
    assert_eq!((stranger.findings().len(), stranger.code), (0, 2));
    stranger.says(&format!("there are no credentials for {host}"));
}

#[test]
fn what_is_no_name_is_asked_of_nobody() {
    let run = run(&json!({}), &["registry:127.0.0.1:1/../x"]);
    assert_eq!(run.code, 2);
    run.says("no registry is asked for");
}
