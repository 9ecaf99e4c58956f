//! What credentials of the rule data say of themselves.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has failed"
)]

use std::fs;
use std::path::Path;

use plimsoll_secrets::{HashKey, Scanner};

/// The facts of the first finding in an example of a rule.
fn facts(file: &str, rule: &str, example: usize) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(file);
    let table: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let rules = table["rule"].as_array().unwrap();
    let rule = rules
        .iter()
        .find(|one| one["id"].as_str() == Some(rule))
        .unwrap();
    let parts = rule["examples"][example].as_array().unwrap();
    let text: String = parts.iter().map(|part| part.as_str().unwrap()).collect();
    let found = Scanner::new(HashKey::new(b"test")).scan(text.as_bytes());
    let facts = &found.first().unwrap().facts;
    facts
        .iter()
        .map(|fact| format!("{}: {}", fact.name, fact.value))
        .collect()
}

#[test]
fn macaroons_say_what_they_leave_open() {
    assert_eq!(
        facts("fly.toml", "fly-access-token", 0),
        [
            "location: https://api.fly.io/v1",
            "organization: 31337 (everything)",
            "expires: 2026-03-01",
            "needs-discharge-of: https://auth.fly.io/aaa/v1",
        ]
    );
    assert_eq!(
        facts("fly.toml", "fly-access-token", 1),
        [
            "location: https://api.fly.io/v1",
            "organization: 31337 (everything)",
            "apps: 8815 (everything)",
            "expires: 2045-02-24",
        ]
    );
    assert_eq!(
        facts("pypi.toml", "pypi-upload-token", 1),
        [
            "location: pypi.org",
            "token-id: 3f2b8f0e-7c1d-4a55-9a83-51e6c07d2b19",
            "projects: plimsoll-demo",
            "project-ids: 5e2c9d3b-0b7f-4d7e-a9c5-0a54b2f6a7c1",
            "expires: 2026-09-21",
        ]
    );
}

#[test]
fn checksums_are_told() {
    assert_eq!(
        facts("github.toml", "github-personal-access-token", 0),
        ["checksum: valid"]
    );
}
