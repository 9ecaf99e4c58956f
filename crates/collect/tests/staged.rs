//! What the next commit would change, in repositories made with git.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod repository;

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use plimsoll_collect::history::{HistoryOptions, HistoryRepository, Staged, staged};
use plimsoll_collect::{FileVisitor, NamedTarget, Options, collect};
use plimsoll_model::{ErrorKind, RootPath, Sighting};
use repository::Repository;

/// Notes the files it is shown.
#[derive(Debug, Default)]
struct Paths(Mutex<Vec<String>>);

impl FileVisitor for Paths {
    fn visit(&self, path: &RootPath, _: &[u8]) -> Vec<Sighting> {
        self.0.lock().unwrap().push(path.as_str().to_owned());
        Vec::new()
    }

    fn placed(&self, _: &RootPath, seen: Vec<Sighting>) -> Vec<Sighting> {
        seen
    }

    fn masked(&self, text: &str) -> String {
        text.to_owned()
    }

    fn visit_large(&self, _: &RootPath, _: &mut dyn Read) -> io::Result<Vec<Sighting>> {
        Ok(Vec::new())
    }
}

type Files = Vec<(String, String)>;

fn staged_with(repository: &Repository, options: &HistoryOptions) -> (Files, Staged) {
    let found = HistoryRepository::find(&repository.path("")).unwrap();
    let mut files = Vec::new();
    let outcome = staged(&found, options, &mut |file| {
        let text = String::from_utf8_lossy(file.bytes).into_owned();
        files.push((file.path.as_str().to_owned(), text));
    });
    assert_eq!(outcome.files, files.len() as u64);
    (files, outcome)
}

#[track_caller]
fn check(repository: &Repository, expected: &[(&str, &str)]) {
    let (files, outcome) = staged_with(repository, &HistoryOptions::default());
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(files, expected);
    assert_eq!(outcome.gaps, []);
}

fn changed() -> Repository {
    let repository = Repository::new();
    repository
        .write("kept", "kept")
        .write("d/changed", "before")
        .write("gone", "gone");
    repository.write("moved", "moved").commit("one");
    repository
        .write("d/changed", "after")
        .write("d/new", "new")
        .write("unstaged", "unstaged");
    repository
        .git("", &["add", "d"])
        .git("", &["mv", "moved", "elsewhere"]);
    repository.git("", &["rm", "-q", "gone"]);
    // What is staged counts, not what lies in the folder by now.
    repository
        .write("d/new", "newer")
        .write("kept", "changed, not staged");
    repository
}

const EXPECTED: [(&str, &str); 3] = [
    ("d/changed", "after"),
    ("d/new", "new"),
    ("elsewhere", "moved"),
];

#[test]
fn changed_and_new_files_are_given_in_every_version_of_the_index() {
    for version in ["2", "3", "4"] {
        let repository = changed();
        repository.git("", &["update-index", "--index-version", version]);
        check(&repository, &EXPECTED);
        repository.git("", &["add", "-N", "unstaged"]);
        check(&repository, &EXPECTED);
        repository.git("", &["repack", "-adq"]);
        check(&repository, &EXPECTED);
    }
}

/// The tree as an audit sees it: paths, texts of known kinds, errors.
fn audited(repository: &Repository, below: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let options = Options {
        staged: true,
        ..Options::default()
    };
    let path = repository.path(below);
    let target = NamedTarget::parse(path.as_os_str(), None).unwrap();
    let collected = collect(&[target], &options);
    assert_eq!(collected.errors.len(), 0, "{:?}", collected.errors);
    let [collection] = &collected.collections[..] else {
        panic!("{:?}", collected.collections);
    };
    let inventory = &collection.inventory;
    let paths = inventory.entries().iter();
    let paths = paths.map(|entry| entry.path.as_str().to_owned()).collect();
    let artifacts = collection.artifacts.iter();
    let artifacts = artifacts.map(|one| one.text.to_string()).collect();
    let errors = collection.errors.iter().map(|one| one.message.clone());
    (paths, artifacts, errors.collect())
}

#[test]
fn an_audit_sees_the_tree_of_the_next_commit() {
    let repository = changed();
    repository
        .write("d/e/Dockerfile", "FROM a\n")
        .write("f/Dockerfile", "FROM b\n");
    repository
        .git("", &["add", "d/e/Dockerfile"])
        .write("d/e/Dockerfile", "FROM c\n");
    let (paths, artifacts, errors) = audited(&repository, "");
    let expected = [
        "d",
        "d/changed",
        "d/e",
        "d/e/Dockerfile",
        "d/new",
        "elsewhere",
        "kept",
    ];
    assert_eq!(paths, expected);
    assert_eq!(artifacts, ["FROM a\n"]);
    assert_eq!(errors, [] as [&str; 0]);
    assert_eq!(audited(&repository, "d").0, expected);
    assert_eq!(audited(&repository, "f").2, ["not in the index"]);
    repository
        .commit("all")
        .write("g", "g")
        .git("", &["add", "g"]);
    assert_eq!(audited(&repository, "").1, ["FROM c\n", "FROM b\n"]);
}

#[test]
fn credentials_are_looked_for_only_in_what_changes() {
    let repository = changed();
    let options = |visitor: &Arc<Paths>| Options {
        staged: true,
        visitor: Some(Arc::<Paths>::clone(visitor)),
        ..Options::default()
    };
    let visitor = Arc::new(Paths::default());
    let path = repository.path("");
    let target = NamedTarget::parse(path.as_os_str(), None).unwrap();
    let options = options(&visitor);
    collect(&[target], &options);
    let mut seen = visitor.0.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["d/changed", "d/new", "elsewhere"]);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let repository = Repository::new();
    check(&repository, &[]);
    repository
        .write("a", "a")
        .write("b/c", "c")
        .git("", &["add", "."]);
    check(&repository, &[("a", "a"), ("b/c", "c")]);
}

#[test]
fn links_and_submodules_are_told_apart() {
    let repository = Repository::new();
    std::os::unix::fs::symlink("over/there", repository.path("link")).unwrap();
    repository.git("", &["init", "-q", "module"]);
    repository.write("module/a", "a").commit_in("module", "one");
    repository.git("", &["add", "."]);
    check(&repository, &[("link", "over/there")]);
    repository.commit("one");
    check(&repository, &[]);
    std::fs::remove_file(repository.path("link")).unwrap();
    repository
        .write("link", "over/there")
        .git("", &["add", "link"]);
    check(&repository, &[("link", "over/there")]);
}

#[test]
fn a_replaced_object_is_read_as_it_will_be_committed() {
    let repository = Repository::new();
    repository
        .write("a", "real")
        .write("b", "shown")
        .git("", &["add", "."]);
    let (real, shown) = (repository.revision(":a"), repository.revision(":b"));
    repository.git("", &["replace", &real, &shown]);
    check(&repository, &[("a", "real"), ("b", "shown")]);
}

#[test]
fn a_damaged_index_is_an_error_and_never_a_panic() {
    let repository = changed();
    let file = repository.path(".git/index");
    let good = std::fs::read(&file).unwrap();
    for cut in [0, 3, 12, 40, 100] {
        std::fs::write(&file, &good[..cut]).unwrap();
        let (_, outcome) = staged_with(&repository, &HistoryOptions::default());
        let is_error = |kind| outcome.gaps.iter().any(|gap| gap.error == Some(kind));
        assert!(
            cut == 0 || is_error(ErrorKind::TargetUnreadable),
            "cut at {cut}"
        );
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&file, &bytes).unwrap();
        staged_with(&repository, &HistoryOptions::default());
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let repository = changed();
    let id = repository.revision(":d/new");
    let file = repository.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    std::fs::remove_file(file).unwrap();
    let options = HistoryOptions {
        max_object_bytes: 4,
        ..HistoryOptions::default()
    };
    let (files, outcome) = staged_with(&repository, &options);
    assert_eq!(files, []);
    let details: Vec<&str> = outcome.gaps.iter().map(|gap| gap.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "`d/changed` of 5 bytes",
            "`d/new`: its blob is missing",
            "`elsewhere` of 5 bytes"
        ]
    );
    let split = changed();
    split.git("", &["update-index", "--split-index"]);
    let (_, outcome) = staged_with(&split, &HistoryOptions::default());
    assert!(
        outcome
            .gaps
            .iter()
            .any(|gap| gap.detail.contains("--no-split-index"))
    );
}
