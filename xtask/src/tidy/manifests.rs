//! Crates: which may depend on which, and what every manifest says.

use anyhow::{Context, Result};
use toml::Table;

use super::Texts;

/// What each crate of the pipeline may depend on, dependencies for tests aside.
const DIRECTION: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("engine", &[]),
    ("registry", &["model", "parse"]),
    ("parse", &["model"]),
    ("secrets", &["model"]),
    ("simulate", &["model", "parse"]),
    ("chain", &["model", "parse", "secrets", "simulate"]),
    ("rules", &["model", "parse", "secrets", "simulate", "chain"]),
    ("decide", &["model"]),
    ("report", &["model"]),
    ("collect", &["model"]),
    (
        "audit",
        &[
            "model", "parse", "secrets", "simulate", "chain", "rules", "decide", "collect",
        ],
    ),
    (
        "build",
        &[
            "model", "parse", "secrets", "simulate", "chain", "collect", "audit", "engine",
        ],
    ),
    (
        "prove",
        &[
            "model", "parse", "simulate", "chain", "decide", "collect", "report", "audit", "engine",
        ],
    ),
];

/// The crates that may touch the world: one reads it, one speaks to an engine, one to registries, one builds, one makes disposable
/// copies.
const TOUCH_THE_WORLD: [&str; 5] = ["collect", "engine", "registry", "build", "prove"];

/// What every other crate of the pipeline says, so that `clippy.toml` holds in it.
const KEEPS_OUT: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

/// The crates at the end, which may depend on any other.
const ENDS: [&str; 1] = ["plimsoll"];

/// Parts only one crate may know: SARIF and HTML belong to `report`, arguments to the binary.
const ONLY_IN: [(&str, &str); 2] = [("clap", "plimsoll"), ("annotate-snippets", "report")];

pub(super) fn check(texts: &Texts, breaches: &mut Vec<String>) {
    for (path, text) in texts {
        let Some(name) = path
            .strip_prefix("crates/")
            .and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        match check_manifest(name, text) {
            Ok(found) => {
                breaches.extend(found.into_iter().map(|breach| format!("{path}: {breach}")))
            }
            Err(error) => breaches.push(format!("{path}: {error:#}")),
        }
    }
    for (name, _) in DIRECTION
        .iter()
        .filter(|(name, _)| !TOUCH_THE_WORLD.contains(name))
    {
        let library = format!("crates/{name}/src/lib.rs");
        if let Some((_, text)) = texts.iter().find(|(path, _)| *path == library)
            && !text.contains(KEEPS_OUT)
        {
            breaches.push(format!("{library}: does not say `{KEEPS_OUT}`"));
        }
    }
}

fn check_manifest(name: &str, text: &str) -> Result<Vec<String>> {
    let manifest: Table = text.parse().context("not a manifest")?;
    let mut breaches = Vec::new();
    let inherits = |table: Option<&toml::Value>| {
        table.and_then(|table| table.get("workspace")) == Some(&toml::Value::Boolean(true))
    };
    if !inherits(manifest.get("lints")) {
        breaches.push("does not inherit the workspace's lints".to_owned());
    }
    let package = manifest.get("package").and_then(toml::Value::as_table);
    for key in ["version", "edition", "rust-version", "license"] {
        if !inherits(package.and_then(|package| package.get(key))) {
            breaches.push(format!("`{key}` is not the workspace's"));
        }
    }
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    for dependency in dependencies.into_iter().flat_map(Table::keys) {
        breaches.extend(wrong_dependency(name, dependency));
    }
    if !ENDS.contains(&name) && !DIRECTION.iter().any(|(known, _)| *known == name) {
        breaches.push("has no place in the direction of crates".to_owned());
    }
    Ok(breaches)
}

fn wrong_dependency(name: &str, dependency: &str) -> Option<String> {
    if let Some((part, home)) = ONLY_IN.iter().find(|(part, _)| *part == dependency) {
        return (name != *home).then(|| format!("only `{home}` may know {part}"));
    }
    let ours = dependency.strip_prefix("plimsoll-")?;
    let (_, allowed) = DIRECTION.iter().find(|(known, _)| *known == name)?;
    (!allowed.contains(&ours)).then(|| format!("`{name}` may not depend on `{ours}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_go_one_way() {
        assert!(wrong_dependency("model", "plimsoll-parse").is_some());
        assert!(wrong_dependency("parse", "plimsoll-model").is_none());
        assert!(wrong_dependency("parse", "clap").is_some());
        assert!(wrong_dependency("plimsoll", "clap").is_none());
        assert!(wrong_dependency("plimsoll", "plimsoll-audit").is_none());
        assert!(wrong_dependency("parse", "serde").is_none());
    }

    #[test]
    fn pure_crates_keep_the_world_out() {
        let library =
            |name: &str, text: &str| (format!("crates/{name}/src/lib.rs"), text.to_owned());
        let mut breaches = Vec::new();
        check(
            &[
                library("parse", "//! x"),
                library("model", KEEPS_OUT),
                library("collect", ""),
            ],
            &mut breaches,
        );
        assert_eq!(breaches.len(), 1, "{breaches:?}");
    }

    #[test]
    fn a_manifest_must_inherit() {
        let breaches = check_manifest("model", "[package]\nversion.workspace = true\n").unwrap();
        assert_eq!(
            breaches,
            [
                "does not inherit the workspace's lints",
                "`edition` is not the workspace's",
                "`rust-version` is not the workspace's",
                "`license` is not the workspace's"
            ]
        );
    }
}
