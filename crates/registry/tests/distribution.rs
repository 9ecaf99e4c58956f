//! Images read from the registry of distribution.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

mod servers;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use plimsoll_parse::ImageReference;
use plimsoll_registry::{CredentialFiles, Image, Patience, Platform, Registry, RegistryError};
use serde_json::json;
use tempfile::TempDir;

use self::servers::{
    AUTH, Distribution, INDEX, MANIFEST, PASSWORD, USER, digest, for_platform, manifest,
};

fn image(
    name: &str,
    files: &CredentialFiles,
    platform: Option<&str>,
) -> Result<Image, RegistryError> {
    let reference = ImageReference::parse(name).unwrap();
    let platform: Option<Platform> = platform.map(|text| text.parse().unwrap());
    Registry::connect(&reference, files, Patience::default())?.image(platform.as_ref())
}

fn anonymously(name: &str) -> Result<Image, RegistryError> {
    image(name, &CredentialFiles::default(), None)
}

/// What the members hold, or why they do not, the index of the layout aside.
fn told(image: Result<Image, RegistryError>) -> Vec<String> {
    let image = match image {
        Ok(image) => image,
        Err(error) => return vec![error.to_string()],
    };
    let read = |member: &String| {
        let (size, mut bytes) = match image.open(member) {
            Ok(opened) => opened,
            Err(error) => return error.to_string(),
        };
        let mut text = String::new();
        match bytes.read_to_string(&mut text) {
            Ok(count) => assert_eq!(count as u64, size),
            Err(error) => return error.to_string(),
        }
        text
    };
    image.members().iter().skip(1).map(read).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_image_is_read_by_tag_and_by_digest() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let manifest = registry.push("a/b", "v1", b"{}", &[b"one", b"two", b"one"]);
    let expected = [
        text(&manifest),
        "{}".to_owned(),
        "one".to_owned(),
        "two".to_owned(),
    ];
    assert_eq!(told(anonymously(&registry.name("a/b:v1"))), expected);
    let by_digest = registry.name(&format!("a/b:other@{}", digest(&manifest)));
    assert_eq!(told(anonymously(&by_digest)), expected);
    let found = anonymously(&by_digest).unwrap();
    assert_eq!(found.digest(), digest(&manifest));
    let layer = format!("blobs/{}", digest(b"one").replace(':', "/"));
    assert_eq!(
        (found.members()[0].as_str(), &found.members()[3]),
        ("index.json", &layer)
    );
}

#[test]
fn what_is_not_there_is_told() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    registry.push("a/b", "v1", b"{}", &[b"one", b"two"]);
    let absent = |name: &str| {
        let error = anonymously(&registry.name(name)).map(|_| ()).unwrap_err();
        assert!(matches!(error, RegistryError::Absent(_)), "{error:?}");
    };
    absent("a/b:gone");
    absent("gone");
    absent(&format!("a/b@{}", digest(b"gone")));
    registry.lose(b"one");
    let told = told(anonymously(&registry.name("a/b:v1")));
    assert!(
        told[2].contains("layer 1: ") && told[2].contains("BLOB_UNKNOWN"),
        "{told:?}"
    );
    assert_eq!(told[3], "two");
}

#[test]
fn of_an_index_the_image_for_the_platform_is_taken() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let config =
        |architecture: &str| json!({"os": "linux", "architecture": architecture}).to_string();
    let push = |architecture: &str, layer: &[u8]| {
        registry.push(
            "multi",
            architecture,
            config(architecture).as_bytes(),
            &[layer],
        )
    };
    let (amd64, arm64) = (push("amd64", b"for amd64"), push("arm64", b"for arm64"));
    let entries = [
        for_platform(&amd64, "linux/amd64"),
        for_platform(&arm64, "linux/arm64"),
    ];
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string();
    registry.push_manifest("multi", "latest", INDEX, index.as_bytes());
    let name = registry.name("multi");
    let layer = |name: &str, platform: Option<&str>| {
        told(image(name, &CredentialFiles::default(), platform))
            .pop()
            .unwrap()
    };
    for architecture in ["amd64", "arm64"] {
        let platform = format!("linux/{architecture}");
        let expected = format!("for {architecture}");
        assert_eq!(layer(&name, Some(&platform)), expected);
        // An image that is in no index.
        assert_eq!(
            layer(
                &registry.name(&format!("multi:{architecture}")),
                Some(&platform)
            ),
            expected
        );
    }
    if cfg!(target_arch = "x86_64") {
        assert_eq!(layer(&name, None), "for amd64");
    }
    let error = layer(&name, Some("linux/s390x"));
    assert!(
        error.ends_with("it has no image for linux/s390x; there is linux/amd64, linux/arm64"),
        "{error}"
    );
    let error = layer(&registry.name("multi:amd64"), Some("linux/s390x"));
    assert!(
        error.ends_with("it has no image for linux/s390x; there is linux/amd64"),
        "{error}"
    );
}

/// A folder with a file of credentials.
fn folder(config: &serde_json::Value) -> (TempDir, CredentialFiles) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, config.to_string()).unwrap();
    let gone = PathBuf::from("/nonexistent/config.json");
    let files = CredentialFiles::new(vec![gone, path], folder.path().into());
    (folder, files)
}

#[test]
fn a_closed_registry_is_shown_who_asks() {
    let Some(registry) = Distribution::closed() else {
        return;
    };
    registry.push("a", "latest", b"{}", &[b"one"]);
    let (name, host) = (registry.name("a"), registry.name("").replace('/', ""));
    let read = |config: serde_json::Value| {
        let (_folder, files) = folder(&config);
        told(image(&name, &files, None))
    };
    let check = |config: serde_json::Value, expected: &str| {
        let told = read(config).pop().unwrap();
        assert!(
            told.contains(expected) && !told.contains(PASSWORD),
            "{told}"
        );
    };
    check(json!({"auths": {&host: {"auth": AUTH}}}), "one");
    check(
        json!({"auths": {&host: {"username": USER, "password": PASSWORD}}}),
        "one",
    );
    check(
        json!({}),
        &format!("there are no credentials for {host} (`docker login {host}`)"),
    );
    check(
        json!({"auths": {"127.0.0.1:1": {"auth": AUTH}}}),
        "there are no credentials",
    );
    check(
        json!({"auths": {&host: {"username": USER, "password": "wrong"}}}),
        "do not let it be read",
    );
    check(
        json!({"credsStore": "none"}),
        "`docker-credential-none` is not in the search path",
    );
    check(json!({"auths": 7}), "is not understood at line 1");
}

#[test]
fn a_helper_is_asked() {
    let Some(registry) = Distribution::closed() else {
        return;
    };
    registry.push("a", "latest", b"{}", &[b"one"]);
    let host = registry.name("").replace('/', "");
    for config in [
        json!({"credHelpers": {&host: "stub"}}),
        json!({"credsStore": "stub"}),
    ] {
        let (folder, files) = folder(&config);
        let program = folder.path().join("docker-credential-stub");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {host} ] || exit 1\n\
             echo '{{\"ServerURL\": \"\", \"Username\": \"{USER}\", \"Secret\": \"{PASSWORD}\"}}'\n"
        );
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(
            told(image(&registry.name("a"), &files, None))
                .pop()
                .unwrap(),
            "one"
        );
    }
}

#[test]
fn layers_at_other_addresses_are_not_fetched() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    registry.push_blob("a", b"{}");
    registry.push_blob("a", b"here");
    let mut document: serde_json::Value =
        serde_json::from_slice(&manifest(b"{}", &[b"away", b"here"])).unwrap();
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    document["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
    document["config"]["mediaType"] = json!("application/vnd.docker.container.image.v1+json");
    document["layers"][0]["mediaType"] = json!(foreign);
    document["layers"][0]["urls"] = json!(["https://layers.example.com/away"]);
    document["layers"][1]["mediaType"] = json!("application/vnd.docker.image.rootfs.diff.tar.gzip");
    let kind = document["mediaType"].as_str().unwrap().to_owned();
    registry.push_manifest("a", "latest", &kind, document.to_string().as_bytes());
    let told = told(anonymously(&registry.name("a")));
    assert_eq!(
        told[2],
        "layer 1 is kept at an address of its own, which is not contacted"
    );
    assert_eq!(told[3], "here");
    assert_ne!(kind, MANIFEST);
}

#[test]
fn a_large_blob_is_read_whole() {
    let Some(registry) = Distribution::open() else {
        return;
    };
    let large: Vec<u8> = (0..3_000_000_u32)
        .map(|at| b'a' + (at % 23) as u8)
        .collect();
    registry.push("a", "latest", b"{}", &[&large]);
    assert_eq!(
        told(anonymously(&registry.name("a"))).pop().unwrap().len(),
        large.len()
    );
}
