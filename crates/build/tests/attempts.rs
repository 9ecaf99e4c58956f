//! Attempts to lead a build out of its repository: each is refused for its reason, its legitimate twin builds, and the same
//! attempt is made on a builder that joins paths and asks nothing.

#[path = "attempts/case.rs"]
mod case;
#[path = "attempts/contents.rs"]
mod contents;
#[path = "attempts/engine.rs"]
mod engine;
#[path = "attempts/instructions.rs"]
mod instructions;
#[path = "attempts/manifests.rs"]
mod manifests;
#[path = "attempts/paths.rs"]
mod paths;

use plimsoll_build::{Cancel, PrepareError, prepare};
use plimsoll_model::Builder;

use case::{Case, Ground};

/// Every attempt, in the order of the documentation's table.
fn cases() -> Vec<Case> {
    let families = [
        paths::cases(),
        contents::cases(),
        instructions::cases(),
        manifests::cases(),
    ];
    families.into_iter().flatten().collect()
}

/// The reasons for which a variant is refused; none where it is not.
fn refusals(ground: &Ground, variant: &case::Variant) -> Vec<(&'static str, String)> {
    let request = ground.request(variant, Builder::Buildkit);
    match prepare(&request, &Cancel::new()) {
        Ok(_) => Vec::new(),
        Err(PrepareError::Refused(refusals)) => refusals
            .iter()
            .map(|refusal| (refusal.reason.code(), refusal.to_string()))
            .collect(),
        Err(error) => vec![("error", error.to_string())],
    }
}

#[test]
fn every_attempt_is_refused_for_its_reason() {
    let cases = cases();
    assert!(cases.len() >= 60, "{} attempts", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let Some(ground) = Ground::make(&case.bad, "base:1") else {
            println!(
                "skipped: {} needs the right to make device nodes",
                case.name
            );
            continue;
        };
        let found = refusals(&ground, &case.bad);
        if found.first().map(|(code, _)| *code) != Some(case.code) {
            wrong.push(format!(
                "{}: expected {}, found {found:?}",
                case.name, case.code
            ));
        }
        if found.iter().any(|(_, text)| text.contains(case::CANARY)) {
            wrong.push(format!("{}: the refusal shows what it kept in", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_twin_is_allowed() {
    let mut wrong = Vec::new();
    for case in &cases() {
        let ground = Ground::make(&case.good, "base:1").unwrap();
        let found = refusals(&ground, &case.good);
        if !found.is_empty() {
            wrong.push(format!("{}: {found:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_told_apart() {
    let mut names: Vec<&str> = cases().iter().map(|case| case.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The table in the book is made from the cases.
#[test]
fn the_documentation_lists_every_attempt() {
    let page = include_str!("../../../docs/src/build.md");
    let table = case::table(&cases());
    if !page.contains(&table) {
        panic!("docs/src/build.md: put this table in:\n{table}");
    }
}

#[test]
fn twins_build_and_naive_builders_do_as_recorded() {
    let Some(engine) = engine::Base::make() else {
        return;
    };
    let cases = engine::sample(cases());
    let wrong = engine::in_parallel(&cases, |case| engine.judge(case));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A thread swaps a folder of the context for a link while it is being sealed.
#[test]
fn a_link_swapped_in_while_sealing_is_refused_or_harmless() {
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};

    let variant = case::Variant::default();
    let ground = Ground::make(&variant, "base:1").unwrap();
    let folder = ground.repository().join("swapped");
    let spare = ground.repository().join("../spare");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("secret.txt"), "mine").unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = std::fs::rename(&folder, &spare);
                let _ = symlink("../outside", &folder);
                let _ = std::fs::remove_file(&folder);
                let _ = std::fs::rename(&spare, &folder);
            }
        });
        for _ in 0..60 {
            let request = ground.request(&variant, Builder::Buildkit);
            if let Ok(prepared) = prepare(&request, &Cancel::new()) {
                let mut bytes = Vec::new();
                std::io::copy(&mut prepared.archive().unwrap(), &mut bytes).unwrap();
                assert!(!case::holds_canary(&bytes));
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}
