//! What the next commit would change, in repositories made with git.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod repository;

use plimsoll_collect::history::{HistoryOptions, HistoryRepository, Staged, staged};
use plimsoll_model::ErrorKind;
use repository::Repository;

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
