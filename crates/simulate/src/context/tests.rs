//! Small contexts with everything that matters in them.

use super::*;
use crate::ignore_file::IgnoreFile;
use plimsoll_model::{Builder, BuilderOutcome, Entry, EntryKind, Inventory, RootPath};
use proptest::prelude::*;

/// `a/` is a folder, `a -> b` a link, `a 12` a file of 12 bytes.
fn tree(names: &[&str]) -> Inventory {
    let entry = |name: &&str| {
        let (path, target, size) = match (name.split_once(" -> "), name.split_once(' ')) {
            (Some((path, target)), _) => (path, Some(target), 0),
            (None, Some((path, size))) => (path, None, size.parse().unwrap()),
            (None, None) => (*name, None, 1),
        };
        let kind = match target {
            Some(_) => EntryKind::Symlink,
            None if path.ends_with('/') => EntryKind::Directory,
            None => EntryKind::File,
        };
        Entry {
            path: RootPath::new(path).unwrap(),
            kind,
            size: if kind == EntryKind::File { size } else { 0 },
            link_target: target.map(Into::into),
            listed: true,
        }
    };
    Inventory::new(names.iter().map(entry).collect())
}

fn at(path: &str) -> RootPath {
    RootPath::new(path).unwrap()
}

fn settings<'a>(ignore: &'a IgnoreFile, builder: Builder) -> ContextSettings<'a> {
    ContextSettings {
        root: at("app"),
        dockerfile: Some(at("app/Dockerfile")),
        ignore_file: Some(at("app/.dockerignore")),
        ignore,
        builder,
        needed: None,
    }
}

fn project() -> Inventory {
    tree(&[
        "secret 9",
        "app/",
        "app/.dockerignore 5",
        "app/.env 7",
        "app/.env.example 7",
        "app/.git/",
        "app/.git/config 3",
        "app/.git/objects/",
        "app/.git/objects/pack 1000",
        "app/Dockerfile 4",
        "app/link -> ../secret",
        "app/node_modules/",
        "app/node_modules/a/",
        "app/node_modules/a/index.js 50",
        "app/node_modules/a/test.pem 2",
        "app/src/",
        "app/src/inner -> main.rs",
        "app/src/main.rs 20",
        "app/src/x.log 6",
    ])
}

#[test]
fn a_summary_tells_what_matters() {
    let (ignore, _) = IgnoreFile::parse("src/*.log\nDockerfile\n");
    let summary = account(&project(), settings(&ignore, Builder::Buildkit));
    let sent = Tally {
        files: 9,
        bytes: 1098,
        folders: 5,
        links: 2,
    };
    assert_eq!(summary.sent, sent);
    assert_eq!(
        summary.left_out,
        Tally {
            files: 1,
            bytes: 6,
            ..Tally::default()
        }
    );
    let paths = |list: &[SizedPath]| -> Vec<String> {
        list.iter()
            .map(|sized| format!("{} {}", sized.path, sized.tally.bytes))
            .collect()
    };
    assert_eq!(
        paths(&summary.largest_folders)[..2],
        ["app/.git 1003", "app/.git/objects 1000"]
    );
    assert_eq!(
        paths(&summary.largest_files)[..2],
        [
            "app/.git/objects/pack 1000",
            "app/node_modules/a/index.js 50"
        ]
    );
    let secrets: Vec<&str> = summary
        .sensitive
        .iter()
        .map(|found| found.path.as_str())
        .collect();
    assert_eq!(secrets, ["app/.env"]);
    assert_eq!(summary.links_out.len(), 1);
    assert_eq!(summary.links_out[0].leads, LinkLeads::OutsideContext);
    let groups: Vec<String> = summary
        .needless
        .iter()
        .map(|group| format!("{} {}", group.path, group.tally.bytes))
        .collect();
    assert_eq!(groups, ["app/.git 1003", "app/node_modules 52"]);
    assert_eq!(
        summary.suggested_rules,
        ["**/.env", "**/.git", "**/node_modules"]
    );
    assert_eq!(summary.saving.bytes, 1003 + 52 + 7);
}

#[test]
fn what_is_suggested_saves_what_is_promised() {
    let before = account(
        &project(),
        settings(&IgnoreFile::default(), Builder::Buildkit),
    );
    let (ignore, errors) = IgnoreFile::parse(&before.suggested_rules.join("\n"));
    assert_eq!(errors, []);
    let mut settings = settings(&ignore, Builder::Buildkit);
    settings.ignore_file = None;
    let after = account(&project(), settings);
    assert_eq!(before.sent.bytes - after.sent.bytes, before.saving.bytes);
}

#[test]
fn only_what_is_named_is_asked_for() {
    let tree = project();
    let needed = |sources: &[&str]| needed_by_sources(&tree, &at("app"), sources);
    assert!(needed(&["src", "."]).is_none());
    let needed = needed(&["./src/*.rs", "/.env"]).unwrap();
    let ignore = IgnoreFile::default();
    let mut settings = settings(&ignore, Builder::Buildkit);
    settings.needed = Some(&needed);
    let summary = account(&tree, settings);
    assert_eq!(summary.sent.bytes, 20 + 7);
}

#[track_caller]
fn check_take(ignore: &str, builder: Builder, request: CopyRequest<'_>, expected: &[&[&str]]) {
    let (ignore, errors) = IgnoreFile::parse_for(ignore, builder);
    assert_eq!(errors, []);
    let takes = take(&project(), &settings(&ignore, builder), request);
    let got: Vec<Vec<&str>> = takes
        .iter()
        .map(|take| take.entries.iter().map(|entry| entry.to.as_str()).collect())
        .collect();
    assert_eq!(got, expected, "{builder:?}");
}

#[test]
fn copies_take_what_was_sent() {
    let all = [
        Builder::Buildkit,
        Builder::Classic,
        Builder::Buildah,
        Builder::Kaniko,
    ];
    for builder in all {
        let sources = |sources: &'static [&'static str]| CopyRequest {
            sources,
            ..CopyRequest::default()
        };
        check_take(
            "",
            builder,
            sources(&["src"]),
            &[&["inner", "main.rs", "x.log"]],
        );
        check_take(
            "**/*.log",
            builder,
            sources(&["src", ".env"]),
            &[&["inner", "main.rs"], &[".env"]],
        );
        check_take(
            "*\n!src/main.rs",
            builder,
            sources(&["."]),
            &[match builder {
                Builder::Buildkit | Builder::Classic => &["src", "src/main.rs"],
                Builder::Buildah | Builder::Kaniko => &["src/main.rs"],
            }],
        );
        check_take("", builder, sources(&["src/*.rs"]), &[&["main.rs"]]);
    }
}

#[test]
fn buildah_follows_links_on_their_text_and_asks_the_ignore_file_first() {
    let tree = tree(&[
        "app/",
        "app/a/",
        "app/a/..d/",
        "app/a/..d/b.txt",
        "app/a/own -> ../a",
        "app/f",
        "app/lost -> nowhere",
        "app/through -> f/../a",
        "app/turn -> turn",
    ]);
    let check = |text: &str, source: &str, expected: &[&str]| {
        let (ignore, _) = IgnoreFile::parse_for(text, Builder::Buildah);
        let settings = settings(&ignore, Builder::Buildah);
        let request = CopyRequest {
            sources: &[source],
            ..CopyRequest::default()
        };
        let takes = take(&tree, &settings, request);
        let entries = takes.iter().flat_map(|take| &take.entries);
        let got: Vec<&str> = entries.map(|entry| entry.to.as_str()).collect();
        assert_eq!(got, expected, "{text:?} {source:?}");
    };
    check("", "a", &["..d", "..d/b.txt", "own"]);
    check("", "a/own", &["..d", "..d/b.txt", "own"]);
    // `a/own/own` is joined to `a/a`, which is not there.
    check("", "a/own/own", &[]);
    // Joined on the text `f/../a` is `a`; on the way to something the kernel stops at the file.
    check("", "through", &["..d", "..d/b.txt", "own"]);
    check("", "through/*", &[]);
    check("", "[fl]*", &[]);
    check("lost", "[fl]*", &["f"]);
    // A circle is noticed before.
    check("turn", "[ft]*", &[]);
    check("turn\nthrough", "f*", &["f"]);
    check("a\n!a/*", "a", &["..d", "..d/b.txt", "own"]);
    check("a\n!a*/own", "a", &[]);
}

#[test]
fn buildah_tells_what_matches_nothing_from_what_is_ignored() {
    let tree = tree(&["app/", "app/d/", "app/d/[x]", "app/d/a"]);
    let check = |text: &str, source: &str, expected: BuilderOutcome| {
        let (ignore, _) = IgnoreFile::parse_for(text, Builder::Buildah);
        let settings = settings(&ignore, Builder::Buildah);
        let request = CopyRequest {
            sources: &[source],
            ..CopyRequest::default()
        };
        let takes = take(&tree, &settings, request);
        assert_eq!(takes[0].outcome, expected, "{text:?} {source:?}");
    };
    check("", "d/a*", BuilderOutcome::Reaches);
    check("", "d/b*", BuilderOutcome::Unknown);
    check("", "../d/b*", BuilderOutcome::Clamps);
    check("d/*", "../d/*", BuilderOutcome::Refuses);
    // What is found is taken for a wildcard once more.
    check("", "d/?x*", BuilderOutcome::Refuses);
}

#[test]
fn a_link_named_as_source_keeps_its_name() {
    let ignore = IgnoreFile::default();
    let settings = settings(&ignore, Builder::Buildkit);
    let request = CopyRequest {
        sources: &["src/inner", "link"],
        ..CopyRequest::default()
    };
    let takes = take(&project(), &settings, request);
    assert_eq!(
        takes[0].entries,
        [TakenEntry {
            from: at("app/src/main.rs"),
            to: "inner".to_owned()
        }]
    );
    assert_eq!(takes[1].outcome, BuilderOutcome::Clamps);
    assert_eq!(takes[1].entries, []);
}

#[test]
fn excludes_and_parents_narrow_and_keep() {
    let request = CopyRequest {
        sources: &["src"],
        excludes: &["*.log"],
        parents: false,
    };
    check_take("", Builder::Buildkit, request, &[&["inner", "main.rs"]]);
    let request = CopyRequest {
        sources: &["./src/*.rs", "node_modules/./a"],
        excludes: &["**/*.pem"],
        parents: true,
    };
    check_take(
        "",
        Builder::Buildkit,
        request,
        &[&["src/main.rs"], &["a", "a/index.js"]],
    );
}

proptest! {
    #[test]
    fn sums_add_up(rules in prop::collection::vec("(!?(app|src|\\*|\\*\\*/x|node_modules|\\.[a-z]{1,3}|\\*\\.log))", 0..4)) {
        let (ignore, _) = IgnoreFile::parse(&rules.join("\n"));
        let tree = project();
        for builder in [Builder::Buildkit, Builder::Classic, Builder::Buildah, Builder::Kaniko] {
            let summary = account(&tree, settings(&ignore, builder));
            let files = summary.sent.files + summary.left_out.files + summary.not_needed.files;
            prop_assert_eq!(files, 10);
            let takes = take(&tree, &settings(&ignore, builder), CopyRequest { sources: &["."], ..CopyRequest::default() });
            prop_assert!(takes[0].tally.bytes <= summary.sent.bytes);
        }
    }
}
