//! The history of repositories made with git: everything is seen once, and its origin is told.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;

use plimsoll_collect::history::{
    FoundObject, History, HistoryOptions, HistoryRepository, HistoryState, ObjectKind, Since, scan,
};
use plimsoll_model::{ErrorKind, RootPath};
use proptest::prelude::*;
use repository::Repository;

/// What is looked for.
const WORD: &[u8] = b"hush-hush";

fn scan_with(repository: &Repository, folder: &str, options: &HistoryOptions) -> History {
    let found = HistoryRepository::find(&repository.path(folder)).unwrap();
    scan(&found, options, &|object| {
        object
            .bytes
            .windows(WORD.len())
            .any(|window| window == WORD)
    })
}

fn history(repository: &Repository) -> History {
    scan_with(repository, "", &HistoryOptions::default())
}

fn dangling() -> HistoryOptions {
    HistoryOptions {
        dangling: true,
        ..HistoryOptions::default()
    }
}

/// Everything the visitor is given. Twice the same fails.
fn visited(repository: &Repository) -> BTreeMap<(ObjectKind, String), Vec<u8>> {
    let seen = Mutex::new(BTreeMap::new());
    let found = HistoryRepository::find(&repository.path("")).unwrap();
    let history = scan(&found, &HistoryOptions::default(), &|object| {
        let key = (object.kind, object.id.to_string());
        let before = seen.lock().unwrap().insert(key, object.bytes.to_vec());
        assert_eq!(before, None, "{} is given twice", object.id);
        false
    });
    assert_eq!(history.gaps, [], "nothing is missing");
    seen.into_inner().unwrap()
}

/// Everything git lists, as the visitor should be given it.
fn listed(repository: &Repository) -> BTreeMap<(ObjectKind, String), Vec<u8>> {
    let arguments = ["cat-file", "--batch-all-objects", "--batch"];
    let output = repository.output("", &arguments);
    let mut rest = output.as_slice();
    let mut listed = BTreeMap::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        let [id, kind, size] = head.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{head}");
        };
        let (bytes, after) = rest[end + 1..].split_at(size.parse().unwrap());
        rest = &after[1..];
        let message = || {
            let start = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
            bytes[start + 2..].to_vec()
        };
        let (kind, bytes) = match kind {
            "blob" => (ObjectKind::Blob, bytes.to_vec()),
            "commit" => (ObjectKind::CommitMessage, message()),
            "tag" => (ObjectKind::TagMessage, message()),
            _ => continue,
        };
        listed.insert((kind, id.to_owned()), bytes);
    }
    listed
}

#[track_caller]
fn check_same(repository: &Repository) {
    let (visited, listed) = (visited(repository), listed(repository));
    let keys = |map: &BTreeMap<(ObjectKind, String), _>| map.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&visited), keys(&listed));
    assert!(visited == listed, "contents differ");
}

fn one(history: &History) -> &FoundObject {
    let [found] = &history.found[..] else {
        panic!("{:#?}", history.found);
    };
    found
}

fn first_path(found: &FoundObject) -> &str {
    let first = found.first.as_ref().unwrap();
    first.path.as_ref().map_or("", |path| path.as_str())
}

fn errors(history: &History) -> Vec<(Option<String>, ErrorKind)> {
    let gaps = history.gaps.iter();
    gaps.filter_map(|gap| Some((gap.object.map(|id| id.to_string()), gap.error?)))
        .collect()
}

fn details(history: &History) -> String {
    let details: Vec<&str> = history.gaps.iter().map(|gap| gap.detail.as_str()).collect();
    details.join("\n")
}

/// A text long enough to be stored as a difference, in its `version`.
fn text(version: usize) -> String {
    let line = |at: usize| {
        format!(
            "line {at} of {}\n",
            if at == version % 50 { version } else { 0 }
        )
    };
    (0..200).map(line).collect()
}

#[test]
fn loose_packed_and_delta_objects_are_each_seen_once() {
    let repository = Repository::new();
    for version in 0..30 {
        repository
            .write("a", &text(version))
            .write("dir/b", &text(version + 3));
        repository.commit(&format!("version {version}"));
        if version == 10 {
            repository.git("", &["repack", "-adq"]);
        }
        if version == 20 {
            repository.git("", &["repack", "-dq"]);
        }
    }
    repository.write("c", "later").commit("loose");
    check_same(&repository);
    repository.git("", &["repack", "-adq", "--depth=200", "--window=100"]);
    check_same(&repository);
    repository.git("", &["-c", "pack.indexVersion=1", "repack", "-adFq"]);
    check_same(&repository);
    repository.git(
        "",
        &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adFq"],
    );
    check_same(&repository);
}

#[test]
fn an_object_in_several_packs_is_seen_once() {
    let repository = Repository::new();
    repository.write("a", &text(1)).commit("one");
    repository.git("", &["repack", "-adq"]);
    repository.write("a", &text(2)).commit("two");
    repository.git("", &["repack", "-aq"]);
    check_same(&repository);
}

#[test]
fn a_deleted_file_is_found_with_its_first_commit() {
    let repository = Repository::new();
    repository.write("a", "nothing").commit("one");
    repository.write("conf/key", "hush-hush").commit("two");
    repository.write("a", "more").commit("three");
    repository.git("", &["mv", "conf", "other"]).commit("four");
    let moved = history(&repository);
    let found = one(&moved);
    assert_eq!(first_path(found), "conf/key");
    assert_eq!(found.head_paths[0].as_str(), "other/key");
    let first = found.first.as_ref().unwrap();
    assert_eq!(first.commit.to_string(), repository.revision("HEAD~2"));
    assert_eq!(first.author.name, "A. Author");
    assert_eq!(first.author.seconds, 1_700_000_002);
    assert_eq!(first.author.offset_minutes, 60);
    repository.git("", &["rm", "-rq", "other"]).commit("five");
    repository.git("", &["repack", "-adq"]);
    let removed = history(&repository);
    let found = one(&removed);
    assert_eq!(first_path(found), "conf/key");
    assert!(found.head_paths.is_empty());
    assert_eq!(found.other_paths[0].as_str(), "other/key");
    assert_eq!(found.refs, ["refs/heads/main", "HEAD"]);
    assert!(!found.is_dangling);
}

#[test]
fn every_source_is_read() {
    type Setup = fn(&Repository);
    let cases: [(&str, Setup, ObjectKind, &str, &str); 8] = [
        (
            "a commit message",
            |repository| {
                repository.write("b", "b").commit("the hush-hush");
            },
            ObjectKind::CommitMessage,
            "refs/heads/main",
            "",
        ),
        (
            "a tag message",
            |repository| {
                repository.git("", &["tag", "-a", "v1", "-m", "the hush-hush"]);
            },
            ObjectKind::TagMessage,
            "refs/tags/v1",
            "-",
        ),
        (
            "a tag of a tag",
            |repository| {
                repository.git("", &["tag", "-a", "v1", "-m", "the hush-hush"]);
                repository.git("", &["tag", "-a", "v2", "v1", "-m", "outer"]);
                repository.git("", &["tag", "-d", "v1"]);
            },
            ObjectKind::TagMessage,
            "refs/tags/v2",
            "-",
        ),
        (
            "a note",
            |repository| {
                repository.git("", &["notes", "add", "-m", "hush-hush"]);
            },
            ObjectKind::Blob,
            "refs/notes/commits",
            "?",
        ),
        (
            "an older stash",
            |repository| {
                repository.write("a", "hush-hush").git("", &["stash", "-q"]);
                repository.write("a", "other").git("", &["stash", "-q"]);
            },
            ObjectKind::Blob,
            "refs/stash@{1}",
            "a",
        ),
        (
            "another branch",
            |repository| {
                repository.git("", &["checkout", "-qb", "side"]);
                repository.write("s", "hush-hush").commit("side");
                repository.git("", &["checkout", "-q", "main"]);
            },
            ObjectKind::Blob,
            "refs/heads/side",
            "s",
        ),
        (
            "a tag of a blob",
            |repository| {
                repository.write("t", "hush-hush");
                let id = repository.text("", &["hash-object", "-w", "t"]);
                repository.git("", &["tag", "blob", id.trim()]);
            },
            ObjectKind::Blob,
            "refs/tags/blob",
            "-",
        ),
        (
            "a tag of a tree",
            |repository| {
                repository.write("d/t", "hush-hush").git("", &["add", "."]);
                let id = repository.text("", &["write-tree"]);
                repository
                    .git("", &["tag", "tree", id.trim()])
                    .git("", &["reset", "-q", "--hard"]);
            },
            ObjectKind::Blob,
            "refs/tags/tree",
            "-",
        ),
    ];
    for (name, setup, kind, reference, path) in cases {
        for packed in [false, true] {
            let repository = Repository::new();
            repository.write("a", "a").commit("first");
            setup(&repository);
            if packed {
                repository
                    .git("", &["pack-refs", "--all"])
                    .git("", &["repack", "-adkq"]);
            }
            let history = history(&repository);
            let found = one(&history);
            assert_eq!(found.kind, kind, "{name}");
            assert_eq!(
                found.refs.first().map(String::as_str),
                Some(reference),
                "{name}"
            );
            assert!(!found.is_dangling, "{name}");
            match path {
                "-" => assert_eq!(found.first, None, "{name}"),
                "?" => assert!(found.first.is_some(), "{name}"),
                path => assert_eq!(first_path(found), path, "{name}"),
            }
            assert_eq!(errors(&history), [], "{name}");
        }
    }
}

#[test]
fn what_no_ref_reaches_is_told_only_when_asked_for() {
    let repository = Repository::new();
    repository.write("a", "a").commit("one");
    repository.write("key", "hush-hush").commit("two");
    repository.git("", &["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(history(&repository).found, []);
    let asked = scan_with(&repository, "", &dangling());
    let found = one(&asked);
    assert!(found.is_dangling);
    assert_eq!(first_path(found), "key");
    assert_eq!(found.ref_count, 0);
}

#[test]
fn a_cherry_picked_file_is_told_with_all_branches_that_have_it() {
    let repository = Repository::new();
    repository.write("a", "a").commit("one");
    repository.git("", &["checkout", "-qb", "side"]);
    repository.write("key", "hush-hush").commit("side");
    repository.git("", &["checkout", "-q", "main"]);
    repository.write("b", "b").commit("main");
    repository
        .write("key", "hush-hush")
        .commit("the same by another commit");
    repository.git("", &["rm", "-q", "key"]).commit("gone");
    let history = history(&repository);
    let found = one(&history);
    assert_eq!(found.refs, ["refs/heads/main", "refs/heads/side", "HEAD"]);
    let first = found.first.as_ref().unwrap().commit.to_string();
    assert_eq!(first, repository.revision("side"));
}

/// The only file of `objects/pack` with this ending.
fn pack_file(repository: &Repository, ending: &str) -> PathBuf {
    let folder = std::fs::read_dir(repository.path(".git/objects/pack")).unwrap();
    let mut files = folder.map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| path.extension().is_some_and(|one| one == ending);
    files.find(is_it).unwrap()
}

/// Unpacks a pack into the repository in `folder`.
fn unpack(repository: &Repository, folder: &str, pack: &Path) {
    let input = std::fs::File::open(pack).unwrap();
    let mut command = repository.command(folder, &["unpack-objects", "-q"]);
    let status = command.stdin(Stdio::from(input)).status().unwrap();
    assert!(status.success());
}

/// Writes over a file that git made read-only.
fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The loose file of an object.
fn loose_file(repository: &Repository, revision: &str) -> PathBuf {
    let id = repository.revision(revision);
    repository.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

#[test]
fn what_is_missing_is_an_error_and_the_rest_is_read() {
    let cases = ["HEAD~1:a", "HEAD~1^{tree}", "HEAD~1"];
    for revision in cases {
        let repository = Repository::new();
        repository.write("a", "one").commit("one");
        repository.write("a", "two").commit("two");
        repository.write("a", "hush-hush").commit("three");
        let id = repository.revision(revision);
        std::fs::remove_file(loose_file(&repository, revision)).unwrap();
        let history = history(&repository);
        assert_eq!(history.found.len(), 1, "{revision}");
        assert_eq!(
            errors(&history),
            [(Some(id), ErrorKind::ObjectMissing)],
            "{revision}"
        );
    }
}

#[test]
fn a_damaged_loose_object_is_an_error_and_the_rest_is_read() {
    for cut in [0, 1, 10] {
        let repository = Repository::new();
        repository.write("a", &text(1)).commit("one");
        repository.write("b", "hush-hush").commit("two");
        let file = loose_file(&repository, "HEAD~1:a");
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &bytes[..cut]).unwrap();
        let history = history(&repository);
        assert_eq!(history.found.len(), 1);
        let id = repository.revision("HEAD~1:a");
        assert_eq!(errors(&history), [(Some(id), ErrorKind::ObjectMissing)]);
    }
}

#[test]
fn a_damaged_copy_is_read_from_another_pack() {
    let repository = Repository::new();
    repository.write("a", "hush-hush").commit("one");
    repository.git("", &["repack", "-adkq"]);
    let file = loose_file(&repository, "HEAD:a");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    // The packed copy comes first; damage it and leave a good loose one.
    let pack = pack_file(&repository, "pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    let copy = repository.path("copy.pack");
    std::fs::write(&copy, &bytes).unwrap();
    repository.git("", &["init", "-q", "aside"]);
    unpack(&repository, "aside", &copy);
    let id = repository.revision("HEAD:a");
    let aside = repository.path(&format!("aside/.git/objects/{}/{}", &id[..2], &id[2..]));
    std::fs::copy(aside, &file).unwrap();
    let length = bytes.len();
    for byte in &mut bytes[12..length - 20] {
        *byte ^= 0x55;
    }
    overwrite(&pack, &bytes);
    // The commit is lost, so it cannot be said that no ref reaches the file.
    let history = history(&repository);
    assert!(one(&history).is_dangling);
    assert!(!errors(&history).is_empty());
}

#[test]
fn any_damage_to_a_pack_leaves_the_rest_readable() {
    let repository = Repository::new();
    for version in 0..6 {
        repository.write("a", &text(version)).commit("more");
    }
    repository.git("", &["repack", "-adq"]);
    repository.write("b", "hush-hush").commit("loose");
    for ending in ["pack", "idx"] {
        let file = pack_file(&repository, ending);
        let good = std::fs::read(&file).unwrap();
        for at in (0..good.len()).step_by(good.len() / 60) {
            let mut bytes = good.clone();
            bytes[at] ^= 0xff;
            overwrite(&file, &bytes);
            assert_eq!(history(&repository).found.len(), 1, "{ending} at {at}");
            overwrite(&file, &good[..at]);
            let cut = history(&repository);
            assert_eq!(cut.found.len(), 1, "{ending} cut at {at}");
            assert_ne!(errors(&cut), [], "{ending} cut at {at}");
        }
        overwrite(&file, &good);
    }
    assert_eq!(errors(&history(&repository)), []);
}

#[test]
fn an_object_beyond_the_bound_is_told_and_not_read() {
    let repository = Repository::new();
    repository
        .write("large", &"x".repeat(5000))
        .write("b", "hush-hush")
        .commit("one");
    for packed in [false, true] {
        if packed {
            repository.git("", &["repack", "-adq"]);
        }
        let options = HistoryOptions {
            max_object_bytes: 4096,
            ..HistoryOptions::default()
        };
        let history = scan_with(&repository, "", &options);
        assert_eq!(history.found.len(), 1);
        assert_eq!(errors(&history), []);
        let [gap] = &history.gaps[..] else {
            panic!("{:?}", history.gaps);
        };
        let id = repository.revision("HEAD:large");
        assert_eq!(gap.object.map(|id| id.to_string()), Some(id));
        assert!(gap.detail.contains("5000 bytes"), "{}", gap.detail);
    }
}

#[test]
fn partial_and_shallow_clones_say_so() {
    let repository = Repository::new();
    repository.git("", &["init", "-q", "o"]);
    repository.git("o", &["config", "uploadpack.allowFilter", "true"]);
    for version in ["one", "two", "hush-hush"] {
        repository.write("o/a", version).commit_in("o", version);
    }
    let origin = format!("file://{}", repository.path("o").display());
    let clone = [
        "clone",
        "-q",
        "--bare",
        "--filter=blob:none",
        &origin,
        "partial",
    ];
    repository.git("", &clone);
    let partial = scan_with(&repository, "partial", &HistoryOptions::default());
    assert!(
        details(&partial).contains("a partial clone: 3 objects"),
        "{}",
        details(&partial)
    );
    assert_eq!(errors(&partial), [(None, ErrorKind::ObjectMissing)]);
    repository.git("", &["clone", "-q", "--depth=1", &origin, "shallow"]);
    let shallow = scan_with(&repository, "shallow", &HistoryOptions::default());
    assert_eq!(errors(&shallow), []);
    assert!(details(&shallow).contains("a shallow clone"));
    assert_eq!(shallow.found.len(), 2, "the file and the message");
}

#[test]
fn borrowed_objects_are_read_unless_a_stranger_says_so() {
    let repository = Repository::new();
    repository.git("", &["init", "-q", "o"]);
    repository.write("o/a", "hush-hush").commit_in("o", "one");
    repository.git("", &["clone", "-q", "--shared", "o", "borrower"]);
    let trusted = scan_with(&repository, "borrower", &HistoryOptions::default());
    assert_eq!((trusted.found.len(), errors(&trusted)), (1, vec![]));
    let options = HistoryOptions {
        submitted: true,
        ..HistoryOptions::default()
    };
    let submitted = scan_with(&repository, "borrower", &options);
    assert_eq!(submitted.found, []);
    assert!(
        details(&submitted).contains("alternates"),
        "{}",
        details(&submitted)
    );
    assert_ne!(errors(&submitted), []);
}

#[test]
fn linked_work_trees_and_submodules_are_found() {
    let repository = Repository::new();
    repository.write("a", "hush-hush").commit("one");
    repository.git("", &["worktree", "add", "-q", "--detach", "linked"]);
    repository
        .write("linked/b", "more")
        .commit_in("linked", "two");
    let linked = scan_with(&repository, "linked", &HistoryOptions::default());
    assert_eq!(one(&linked).head_paths[0].as_str(), "a");
    assert_eq!(linked.blobs, 2);
    let main = history(&repository);
    assert_eq!(
        one(&main).refs,
        ["refs/heads/main", "HEAD", "worktrees/linked/HEAD"]
    );
    let sub = Repository::new();
    sub.git(
        "",
        &[
            "submodule",
            "add",
            "-q",
            &repository.path("").display().to_string(),
            "m",
        ],
    );
    sub.commit("outer");
    assert_eq!(
        scan_with(&sub, "m", &HistoryOptions::default()).found.len(),
        1
    );
    let outer = history(&sub);
    assert_eq!((outer.found.len(), errors(&outer)), (0, vec![]));
}

#[test]
fn other_forms_of_repository_are_refused_by_name() {
    let repository = Repository::new();
    repository.git("", &["init", "-q", "--object-format=sha256", "long"]);
    let long = scan_with(&repository, "long", &HistoryOptions::default());
    assert!(details(&long).contains("`sha256`"));
    assert_eq!(errors(&long), [(None, ErrorKind::TargetUnreadable)]);
}

#[test]
fn broken_refs_are_told_and_the_rest_is_followed() {
    let repository = Repository::new();
    repository.write("a", "hush-hush").commit("one");
    let id = repository.revision("HEAD");
    repository.write(".git/refs/heads/bad", "nonsense");
    repository.write(".git/refs/heads/gone", &"1".repeat(40));
    let packed = format!("# pack-refs\n{id} refs/tags/fine\nnonsense\n^{id}\nzz{id}\n");
    repository.write(".git/packed-refs", &packed);
    repository.write(".git/config", "[core\nrubbish");
    let history = history(&repository);
    assert_eq!(
        one(&history).refs,
        ["refs/heads/main", "refs/tags/fine", "HEAD"]
    );
    let details = details(&history);
    for part in [
        "refs/heads/bad",
        "refs/heads/gone",
        "2 lines of its `packed-refs`",
        "`config`",
    ] {
        assert!(details.contains(part), "{part}: {details}");
    }
}

#[test]
fn an_empty_repository_has_nothing_and_lacks_nothing() {
    let history = history(&Repository::new());
    assert_eq!((history.blobs, history.gaps), (0, vec![]));
}

#[test]
fn only_what_a_ref_reaches_is_told() {
    let repository = Repository::new();
    for version in 0..8 {
        let branch = format!("b{version}");
        repository.git("", &["checkout", "-q", "-B", &branch]);
        repository.write(
            &format!("f{}", version % 3),
            &format!("hush-hush {version}"),
        );
        repository.commit("more");
    }
    repository.git("", &["checkout", "-q", "b4"]);
    for gone in ["b5", "b6", "b7"] {
        repository.git("", &["branch", "-qD", gone]);
    }
    let listed = repository.text("", &["rev-list", "--objects", "--all"]);
    let listed: BTreeSet<&str> = listed.lines().filter_map(|line| line.get(..40)).collect();
    let history = history(&repository);
    let found: BTreeSet<String> = history.found.iter().map(|one| one.id.to_string()).collect();
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|id| listed.contains(id.as_str())));
}

#[test]
fn only_what_new_commits_brought_is_visited() {
    let repository = Repository::new();
    repository
        .write("d/old", "hush-hush old")
        .write("e/x", &text(1))
        .commit("old hush-hush");
    let old = repository.revision("HEAD");
    repository.write("d/beside", "plain").commit("more");
    repository.git("", &["checkout", "-qb", "side", &old]);
    repository.write("e/y", "hush-hush side").commit("side");
    repository.git("", &["checkout", "-q", "main"]);
    repository.git("", &["merge", "-q", "--no-edit", "side"]);
    repository.git("", &["tag", "-am", "new hush-hush", "v1"]);
    repository.git("", &["tag", "-am", "old hush-hush", "v0", &old]);
    repository.git("", &["mv", "d", "f"]).commit("moved");
    let contents = |history: &History| {
        let of = |found: &FoundObject| (found.kind, first_path_or_none(found));
        let mut contents: Vec<_> = history.found.iter().map(of).collect();
        contents.sort();
        contents
    };
    let since = |since: Since| {
        let options = HistoryOptions {
            since: Some(since),
            ..HistoryOptions::default()
        };
        scan_with(&repository, "", &options)
    };
    let expected = vec![
        // Moving a file brings it again.
        (ObjectKind::Blob, "d/old".to_owned()),
        (ObjectKind::Blob, "e/y".to_owned()),
        (ObjectKind::TagMessage, String::new()),
    ];
    for packed in [false, true] {
        if packed {
            repository.git("", &["repack", "-adkq"]);
        }
        let by_revision = since(Since::Revision(old.clone()));
        assert_eq!(contents(&by_revision), expected);
        assert_eq!((by_revision.blobs, errors(&by_revision)), (3, vec![]));
        let by_date = since(Since::Seconds(1_700_000_001));
        assert_eq!(contents(&by_date), expected);
        let all = since(Since::Seconds(0));
        assert_eq!(all.blobs, history(&repository).blobs);
        let nothing = since(Since::Revision("HEAD".to_owned()));
        assert_eq!((nothing.blobs, nothing.messages), (0, 0));
    }
    let unknown = since(Since::Revision("nowhere".to_owned()));
    assert_eq!(errors(&unknown), [(None, ErrorKind::TargetUnreadable)]);
}

fn first_path_or_none(found: &FoundObject) -> String {
    let first = found.first.as_ref();
    let path = first.and_then(|first| first.path.as_ref());
    path.map_or(String::new(), |path| path.as_str().to_owned())
}

#[test]
fn a_state_spares_what_was_seen_and_repeats_what_was_found() {
    let repository = Repository::new();
    let keep = |known: HistoryState| HistoryOptions {
        known,
        keep_state: true,
        ..HistoryOptions::default()
    };
    repository
        .write("a", "plain")
        .write("key", "hush-hush")
        .commit("one");
    let first = scan_with(&repository, "", &keep(HistoryState::default()));
    assert_eq!((first.blobs, first.messages, first.found.len()), (2, 1, 1));
    let bytes = first.state.unwrap().to_bytes("rules");
    repository.write("b", "plain too").commit("two");
    repository.git("", &["gc", "-q"]);
    let known = HistoryState::from_bytes(&bytes, "rules").unwrap();
    let second = scan_with(&repository, "", &keep(known));
    assert_eq!(
        (second.blobs, second.messages),
        (2, 1),
        "the new and the found"
    );
    assert_eq!(second.found, history(&repository).found);
    let third = scan_with(&repository, "", &keep(second.state.unwrap()));
    assert_eq!((third.blobs, third.messages, third.found.len()), (1, 0, 1));
}

#[test]
fn a_scan_that_was_stopped_goes_on_where_it_stopped() {
    let repository = Repository::new();
    for number in 0..300 {
        repository.write(&format!("f{number}"), &format!("plain {number}"));
    }
    repository.write("key", "hush-hush").commit("one");
    repository.git("", &["gc", "-q"]);
    let found = HistoryRepository::find(&repository.path("")).unwrap();
    let seen = Mutex::new(BTreeMap::new());
    let interrupted = Mutex::new(BTreeSet::new());
    let run = |known: HistoryState, most: usize| {
        let options = HistoryOptions {
            known,
            keep_state: true,
            ..HistoryOptions::default()
        };
        scan(&found, &options, &|object| {
            let mut seen = seen.lock().unwrap();
            *seen.entry(object.id).or_insert(0) += 1;
            if seen.len() >= most {
                options.cancel.cancel();
                interrupted.lock().unwrap().insert(object.id);
            }
            object.bytes == WORD
        })
    };
    let first = run(HistoryState::default(), 100);
    assert_eq!(errors(&first), [(None, ErrorKind::Deadline)]);
    let known = first.state.unwrap();
    let second = run(known.clone(), usize::MAX);
    assert_eq!(second.gaps, []);
    // All was seen, what had been searched to its end not again, and what holds something is told of.
    assert_eq!(second.known, known.len() as u64);
    assert_eq!(second.blobs + second.messages + second.known, 302);
    assert_eq!(second.found.len(), 1);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 302);
    let key = second.found[0].id;
    let interrupted = interrupted.lock().unwrap();
    assert!(interrupted.iter().all(|id| seen[id] == 2 || *id == key));
    let is_once = |id| !interrupted.contains(id) && *id != key;
    assert!(seen.iter().all(|(id, times)| *times == 1 || !is_once(id)));
}

/// One thing that happens to a repository.
#[derive(Clone, Debug)]
enum Step {
    Write(u8, u16),
    Branch(u8),
    Tag(u8),
    Repack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..6u8, 0..300u16).prop_map(|(file, version)| Step::Write(file, version)),
        1 => (0..3u8).prop_map(Step::Branch),
        1 => (0..3u8).prop_map(Step::Tag),
        1 => Just(Step::Repack),
    ];
    proptest::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn the_visitor_sees_what_git_lists(steps in steps()) {
        let repository = Repository::new();
        repository.write("first", "first").commit("first");
        for step in steps {
            match step {
                Step::Write(file, version) => {
                    let path = format!("d{}/f{file}", file % 2);
                    repository.write(&path, &text(usize::from(version)));
                    repository.commit("more");
                }
                Step::Branch(name) => {
                    repository.git("", &["checkout", "-q", "-B", &format!("b{name}")]);
                }
                Step::Tag(name) => {
                    repository.git("", &["tag", "-f", "-a", &format!("t{name}"), "-m", "tag"]);
                }
                Step::Repack => {
                    repository.git("", &["repack", "-dq"]);
                }
            }
        }
        check_same(&repository);
    }
}

#[test]
fn a_folder_has_what_ever_stood_below_it() {
    let repository = Repository::new();
    repository.write("a/key", "hush-hush 1");
    repository.write("sub/deep/other", "x");
    repository.write("key", "hush-hush 2");
    repository.commit("hush-hush");
    // What was elsewhere before, too, by the commit that brought it here.
    repository.write("sub/deep/moved", "hush-hush 2");
    repository.write("sub/key", "hush-hush 3");
    repository.commit("two");
    repository.git("", &["rm", "-qr", "sub"]);
    repository.commit("three");
    let check = |below: &str, expected: &[&str]| {
        let options = HistoryOptions {
            below: RootPath::new(below).unwrap(),
            ..HistoryOptions::default()
        };
        let history = scan_with(&repository, "", &options);
        let mut paths: Vec<&str> = history.found.iter().map(first_path).collect();
        paths.sort_unstable();
        assert_eq!(paths, expected, "{below}");
        history
    };
    check("", &["", "a/key", "key", "sub/key"]);
    check("a", &["a/key"]);
    check("sub", &["sub/deep/moved", "sub/key"]);
    check("sub/deep", &["sub/deep/moved"]);
    let nowhere = check("sub/none", &[]);
    assert!(details(&nowhere).contains("`sub/none` is a folder in no commit"));
    assert_eq!(errors(&nowhere).len(), 1);
}
