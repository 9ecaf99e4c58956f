//! Every example of the rule data is found by its rule and by no other, and no look-alike is.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll_secrets::{HashKey, Match, Reason, Scanner};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Rule {
    id: String,
    examples: Vec<Vec<String>>,
    look_alikes: Vec<Vec<String>>,
}

/// The rules of every data file, by file. `PLIMSOLL_SECRETS_ONLY` names one to look at alone.
fn files() -> BTreeMap<String, File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let only = std::env::var("PLIMSOLL_SECRETS_ONLY").ok();
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_none_or(|only| *only == stem) {
            let file = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            files.insert(stem, file);
        }
    }
    files
}

fn scan(text: &str) -> Vec<Match> {
    Scanner::new(HashKey::new(b"test"))
        .with_suppressed()
        .scan(text.as_bytes())
}

/// What is said of a text: the ids found, and an id of a part that lacks its secret.
fn found(text: &str) -> Vec<&'static str> {
    let matches = scan(text);
    let counts =
        |found: &&Match| found.suppressed.is_none() || found.suppressed == Some(Reason::IdAlone);
    matches
        .iter()
        .filter(counts)
        .map(|found| found.rule.id)
        .collect()
}

fn explained(text: &str) -> String {
    scan(text)
        .iter()
        .map(|found| {
            format!(
                "\n      {} {:?} {:?} {}",
                found.rule.id, found.span, found.suppressed, found.shown
            )
        })
        .collect()
}

/// Fails with every text of every rule of which `is_wrong` says so, given the rule's id and the ids found.
fn check(
    what: &str,
    texts: impl Fn(&Rule) -> &[Vec<String>],
    is_wrong: impl Fn(&str, &[&str]) -> bool,
) {
    let mut wrong = Vec::new();
    for (stem, file) in files() {
        for rule in file.rule {
            for parts in texts(&rule) {
                let text = parts.concat();
                if is_wrong(&rule.id, &found(&text)) {
                    wrong.push(format!(
                        "{stem}: {}: {text:?}\n    gives{}",
                        rule.id,
                        explained(&text)
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} {what}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn examples_are_found_by_their_rule_alone() {
    check(
        "examples",
        |rule| &rule.examples,
        |id, found| found.is_empty() || found.iter().any(|one| *one != id),
    );
}

#[test]
fn look_alikes_are_not_found() {
    check(
        "look-alikes",
        |rule| &rule.look_alikes,
        |id, found| found.contains(&id),
    );
}

#[test]
fn no_match_shows_its_secret() {
    for file in files().into_values() {
        for parts in file.rule.iter().flat_map(|rule| &rule.examples) {
            let text = parts.concat();
            for found in scan(&text) {
                let start = usize::try_from(found.span.start).unwrap();
                let end = usize::try_from(found.span.end).unwrap();
                let value = String::from_utf8_lossy(&text.as_bytes()[start..end]).into_owned();
                let is_id = found.suppressed == Some(Reason::IdAlone);
                assert!(is_id || !format!("{found:?}").contains(&value), "{found:?}");
            }
        }
    }
}
