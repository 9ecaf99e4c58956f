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
    // A busy engine refuses a build now and then: what fails once is asked again.
    let judge = |case: &_| match engine.judge(case) {
        complaints if complaints.is_empty() => complaints,
        _ => engine.judge(case),
    };
    let wrong = engine::in_parallel(&cases, judge);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A Dockerfile that puts a secret argument where it is refused is told the word, not the value.
#[test]
fn refusals_never_show_the_values_of_secret_arguments() {
    const SECRET: &str = "../hunter22-and-more";
    for text in [
        "FROM {BASE}\nARG NPM_TOKEN\nADD https://example.invalid/$NPM_TOKEN /\n",
        "FROM {BASE}\nARG NPM_TOKEN\nADD https://user:pw-of-mine@example.invalid/x /\n",
        "FROM {BASE}\nARG NPM_TOKEN\nCOPY $NPM_TOKEN /\n",
        "FROM {BASE}\nARG NPM_TOKEN\nWORKDIR /proc/self/$NPM_TOKEN\n",
        "FROM {BASE}\nARG NPM_TOKEN\nRUN --mount=type=bind,source=$NPM_TOKEN,target=/t true\n",
        "ARG NPM_TOKEN\nFROM $NPM_TOKEN\n",
        "ARG NPM_TOKEN\nFROM example.invalid/x/$NPM_TOKEN\n",
    ] {
        let variant = case::text(text)
            .argument("NPM_TOKEN", SECRET)
            .policy("images = [\"{BASE}\"]\n[arguments.NPM_TOKEN]\npattern = \".*\"\n");
        let ground = Ground::make(&variant, "base:1").unwrap();
        let found = refusals(&ground, &variant);
        assert!(!found.is_empty(), "{text}");
        for (_, shown) in &found {
            let leaks = shown.contains("hunter22") || shown.contains("pw-of-mine");
            assert!(!leaks, "{text}: {shown}");
        }
    }
}

#[test]
fn what_goes_into_the_head_of_a_request_is_bounded() {
    let policy = "[arguments.V]\npattern = \".*\"\n";
    for (length, count, expected) in [
        (32 << 10, 1, None),
        ((32 << 10) + 1, 1, Some("too-large")),
        (32 << 10, 9, Some("too-large")),
    ] {
        let variant = case::plain().policy(policy);
        let ground = Ground::make(&variant, "base:1").unwrap();
        let mut request = ground.request(&variant, Builder::Buildkit);
        request.asked.arguments = vec![("V".to_owned(), "x".repeat(length)); count];
        let code = match prepare(&request, &Cancel::new()) {
            Err(PrepareError::Refused(refusals)) => Some(refusals[0].reason.code()),
            other => other.map(|_| None).unwrap(),
        };
        assert_eq!(code, expected, "{count} times {length}");
    }
}

/// Ends the swapping thread, however its test ends.
struct Stop<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
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
        let _ends = Stop(&stop);
        let (mut sealed, mut refused) = (0, 0);
        for _ in 0..60 {
            let request = ground.request(&variant, Builder::Buildkit);
            match prepare(&request, &Cancel::new()) {
                Ok(prepared) => {
                    let mut bytes = Vec::new();
                    std::io::copy(&mut prepared.archive().unwrap(), &mut bytes).unwrap();
                    assert!(!case::holds_canary(&bytes));
                    sealed += 1;
                }
                Err(PrepareError::Refused(refusals)) => {
                    let shown = refusals.iter().map(ToString::to_string);
                    assert!(!shown.collect::<String>().contains(case::CANARY));
                    refused += 1;
                }
                // The folder was away between being listed and being opened.
                Err(error) => println!("{error}"),
            }
        }
        println!("{sealed} sealed, {refused} refused");
        assert!(sealed > 0, "none of 60 was sealed, {refused} were refused");
        assert!(refused > 0, "none of 60 was refused, {sealed} were sealed");
    });
}
