//! Whole trees and git revisions, read as an audit reads them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_collect::{
    Bounds, Collected, Collection, GitRules, NamedTarget, Narrowing, OpenRoot, Options,
    WalkOptions, collect, collect_at_revision, walk,
};
use plimsoll_model::{EntryKind, ErrorKind, Kind, Origin, RootPath, SkipReason};

/// A folder to build trees in, gone afterwards.
struct Ground(tempfile::TempDir);

impl Ground {
    fn new() -> Ground {
        Ground(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) -> &Ground {
        self.write_raw(Path::new(path), text)
    }

    fn write_raw(&self, path: &Path, text: &str) -> &Ground {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn link(&self, path: &str, target: &str) -> &Ground {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> &Ground {
        let folder = self.path(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(&folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        self
    }

    fn commit(&self, folder: &str, message: &str) -> &Ground {
        self.git(folder, &["add", "-A"])
            .git(folder, &["commit", "-q", "--no-verify", "-m", message])
    }

    fn commit_nothing(&self, folder: &str) -> &Ground {
        self.git(folder, &["commit", "-q", "--allow-empty", "-m", "nothing"])
    }

    fn collect(&self, targets: &[&str]) -> Collected {
        self.collect_with(targets, &Options::default())
    }

    fn collect_with(&self, targets: &[&str], options: &Options) -> Collected {
        collect(&self.targets(targets), options)
    }

    fn targets(&self, targets: &[&str]) -> Vec<NamedTarget> {
        let base = self.0.path().to_str().unwrap();
        let parse = |target: &&str| {
            let spelled = match target.strip_prefix("git:") {
                Some(rest) => format!("git:{base}/{rest}"),
                None => format!("{base}/{target}"),
            };
            NamedTarget::parse(OsStr::new(&spelled), None).unwrap()
        };
        targets.iter().map(parse).collect()
    }

    /// A path of a report, relative to this folder.
    fn shown(&self, path: &str) -> String {
        let base = self.0.path().to_str().unwrap();
        path.strip_prefix(base)
            .unwrap_or(path)
            .trim_start_matches('/')
            .to_owned()
    }
}

fn path(path: &str) -> RootPath {
    RootPath::new(path).unwrap()
}

fn artifacts(collection: &Collection) -> Vec<&str> {
    let artifacts = collection.artifacts.iter();
    artifacts.map(|artifact| artifact.path.as_str()).collect()
}

fn skipped(ground: &Ground, collection: &Collection) -> Vec<(String, SkipReason)> {
    let skipped = collection.skipped.iter();
    skipped
        .map(|one| (ground.shown(&one.path), one.reason))
        .collect()
}

#[track_caller]
fn one(collected: &Collected) -> &Collection {
    assert_eq!(collected.errors, []);
    assert_eq!(collected.collections.len(), 1, "{collected:?}");
    &collected.collections[0]
}

#[test]
fn links_are_recorded_and_never_followed() {
    let ground = Ground::new();
    ground
        .write("t/a/Dockerfile", "FROM x")
        .link("t/a/loop", "..")
        .link("t/out", "/etc")
        .link("t/up", "../../..")
        .link("t/smithery.yaml", "a/Dockerfile")
        .link("t/dangling", "nowhere");
    let collected = ground.collect(&["t"]);
    let collection = one(&collected);
    let target = |name: &str| {
        let entry = collection.inventory.get(&path(name)).unwrap();
        assert_eq!(entry.kind, EntryKind::Symlink);
        entry.link_target.clone().unwrap()
    };
    assert_eq!(artifacts(collection), ["a/Dockerfile"]);
    assert_eq!(&*target("a/loop"), "..");
    assert_eq!(&*target("out"), "/etc");
    assert_eq!(&*target("smithery.yaml"), "a/Dockerfile");
    assert_eq!(collection.inventory.entries().len(), 7);
}

#[test]
fn the_streaming_walk_lists_what_the_inventory_holds() {
    let ground = Ground::new();
    for name in ["a/x", "a-b", "a.c/d/e", "ab", "b/c", "b/c.d/e", "z"] {
        ground.write(&format!("{name}/file"), "x");
    }
    let collected = ground.collect(&["."]);
    let root = OpenRoot::open(&ground.path("")).unwrap();
    let mut listed = Vec::new();
    walk(&root, &WalkOptions::default(), &mut |entry| {
        listed.push(entry)
    });
    assert_eq!(listed, one(&collected).inventory.entries());
}

#[test]
fn names_that_are_not_text_are_read_all_the_same() {
    let ground = Ground::new();
    let mut name = OsString::from_vec(b"caf\xe9".to_vec());
    name.push("/Dockerfile");
    ground.write_raw(Path::new(&name), "FROM x\n# \u{e9}");
    ground.write("caf\u{e9}/Dockerfile", "FROM y");
    let collected = ground.collect(&["."]);
    let collection = one(&collected);
    assert_eq!(
        artifacts(collection),
        ["caf%E9/Dockerfile", "caf\u{e9}/Dockerfile"]
    );
    assert_eq!(&*collection.artifacts[0].text, "FROM x\n# \u{e9}");
}

#[test]
fn a_name_shown_like_another_is_told() {
    let ground = Ground::new();
    ground.write("caf%E9/Dockerfile", "FROM x");
    ground.write_raw(
        &Path::new(&OsString::from_vec(b"caf\xe9".to_vec())).join("Dockerfile"),
        "FROM y",
    );
    let collected = ground.collect(&["."]);
    let collection = one(&collected);
    assert_eq!(artifacts(collection), ["caf%E9/Dockerfile"]);
    assert_eq!(
        skipped(&ground, collection),
        [("caf%E9".to_owned(), SkipReason::Unreadable)]
    );
}

#[test]
fn what_is_no_regular_text_is_told() {
    let ground = Ground::new();
    ground
        .write("Dockerfile", "FROM x")
        .write("big.Dockerfile", &"#".repeat(100))
        .write("binary.Dockerfile", "FROM\0x");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        ground.path("fifo.Dockerfile"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let options = Options {
        bounds: Bounds {
            max_artifact_bytes: 99,
            ..Bounds::default()
        },
        ..Options::default()
    };
    let collected = ground.collect_with(&["."], &options);
    let collection = one(&collected);
    assert_eq!(artifacts(collection), ["Dockerfile"]);
    assert_eq!(
        skipped(&ground, collection),
        [
            ("big.Dockerfile".to_owned(), SkipReason::TooLarge),
            ("binary.Dockerfile".to_owned(), SkipReason::Unreadable),
        ]
    );
    let fifo = collection.inventory.get(&path("fifo.Dockerfile")).unwrap();
    assert_eq!(fifo.kind, EntryKind::Other);
}

#[test]
fn depth_and_entries_are_bounded_and_told() {
    let ground = Ground::new();
    ground.write(&format!("{}Dockerfile", "d/".repeat(20)), "FROM x");
    for number in 0..30 {
        ground.write(&format!("wide/{number}"), "x");
    }
    let options = |max_depth, max_entries| Options {
        bounds: Bounds {
            max_depth,
            max_entries,
            ..Bounds::default()
        },
        ..Options::default()
    };
    let deep = ground.collect_with(&["."], &options(5, 1000));
    let deepest = path("d/d/d/d/d");
    assert_eq!(
        skipped(&ground, one(&deep)),
        [("d/d/d/d/d".to_owned(), SkipReason::Bound)]
    );
    assert!(!one(&deep).inventory.get(&deepest).unwrap().listed);
    let wide = ground.collect_with(&["."], &options(255, 30));
    let collection = one(&wide);
    assert_eq!(
        skipped(&ground, collection),
        [(String::new(), SkipReason::Bound)]
    );
    assert!(collection.inventory.entries().len() <= 30);
    assert!(!collection.inventory.get(&path("wide")).unwrap().listed);
    assert_eq!(
        artifacts(collection),
        [format!("{}Dockerfile", "d/".repeat(20))]
    );
}

#[test]
fn the_root_is_the_enclosing_work_tree() {
    let ground = Ground::new();
    ground
        .write("r/smithery.yaml", "x: 1")
        .write("r/sub/deep/Dockerfile", "FROM x")
        .git("r", &["init", "-q"]);
    let collected = ground.collect(&["r/sub/deep", "r/sub/deep/Dockerfile"]);
    let collection = one(&collected);
    assert_eq!(
        artifacts(collection),
        ["smithery.yaml", "sub/deep/Dockerfile"]
    );
    assert_eq!(ground.shown(&collection.root), "r");
    assert!(collection.is_under_target(&path("sub/deep/Dockerfile")));
    assert!(!collection.is_under_target(&path("smithery.yaml")));
    assert_eq!(
        ground.shown(&collection.display(&path("smithery.yaml"))),
        "r/smithery.yaml"
    );
    let git = collection.inventory.get(&path(".git")).unwrap();
    assert!(!git.listed);
}

#[test]
fn a_planted_git_folder_makes_no_root() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/sub/.git/config", "")
        .write("r/sub/.git/Dockerfile", "FROM hidden")
        .write("r/link/.git", "gitdir: ../../elsewhere")
        .write("r/sub/Dockerfile", "FROM x");
    for target in ["r/sub", "r/link"] {
        let collected = ground.collect(&[target]);
        assert_eq!(ground.shown(&one(&collected).root), "r", "{target}");
    }
    let collected = ground.collect(&["r"]);
    assert_eq!(
        artifacts(one(&collected)),
        ["sub/.git/Dockerfile", "sub/Dockerfile"]
    );
}

#[test]
fn a_submitted_target_is_its_own_root_and_hides_nothing() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .git("r/sub", &["init", "-q"])
        .git("r/sub/nested", &["init", "-q"])
        .write("r/sub/.gitignore", "ignored/\n")
        .write("r/sub/ignored/Dockerfile", "FROM x")
        .write("r/sub/nested/Dockerfile", "FROM x")
        .write("r/sub/.git/x/Dockerfile", "FROM x");
    let options = Options {
        submitted: true,
        ..Options::default()
    };
    let collected = ground.collect_with(&["r/sub"], &options);
    let collection = one(&collected);
    assert_eq!(ground.shown(&collection.root), "r/sub");
    assert_eq!(
        artifacts(collection),
        [
            ".git/x/Dockerfile",
            "ignored/Dockerfile",
            "nested/Dockerfile"
        ]
    );
    assert_eq!(
        skipped(&ground, collection),
        [("r/sub/.gitignore".to_owned(), SkipReason::NotHonoured)]
    );
}

#[test]
fn repositories_below_are_roots_of_their_own() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/Dockerfile", "FROM x")
        .git("r/nested", &["init", "-q"])
        .write("r/nested/Dockerfile", "FROM x")
        .git("origin", &["init", "-q"])
        .write("origin/Dockerfile", "FROM x")
        .commit("origin", "one")
        .git("r", &["submodule", "--quiet", "add", "../origin", "module"]);
    let collected = ground.collect(&["r"]);
    let roots: Vec<_> = collected
        .collections
        .iter()
        .map(|collection| (ground.shown(&collection.root), artifacts(collection)))
        .collect();
    assert_eq!(
        roots,
        [
            ("r".to_owned(), vec!["Dockerfile"]),
            ("r/module".to_owned(), vec!["Dockerfile"]),
            ("r/nested".to_owned(), vec!["Dockerfile"]),
        ]
    );
    let nested = collected.collections[0].inventory.get(&path("nested"));
    assert!(!nested.unwrap().listed);
    let module = &collected.collections[1];
    assert_eq!(
        ground.shown(&module.display(&path("Dockerfile"))),
        "r/module/Dockerfile"
    );
    let alone = ground.collect(&["r/module"]);
    assert_eq!(ground.shown(&one(&alone).root), "r/module");
}

#[test]
fn a_linked_work_tree_is_a_root() {
    let ground = Ground::new();
    ground
        .git("main", &["init", "-q"])
        .write("main/a/Dockerfile", "FROM x")
        .commit("main", "one")
        .git("main", &["worktree", "add", "-q", "../beside"]);
    let collected = ground.collect(&["beside/a"]);
    let collection = one(&collected);
    assert_eq!(ground.shown(&collection.root), "beside");
    let before = collect_at_revision(collection, "HEAD", &Options::default());
    assert_eq!(artifacts(&before), ["a/Dockerfile"]);
}

#[test]
fn folders_git_ignores_are_not_listed_but_files_are() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/.gitignore", "dist/\n*.Dockerfile\n")
        .write("r/.git/info/exclude", "excluded\n")
        .write("r/dist/Dockerfile", "FROM x")
        .write("r/excluded/Dockerfile", "FROM x")
        .write("r/sub/.gitignore", "!dist/\n")
        .write("r/sub/dist/Dockerfile", "FROM x")
        .write("r/local.Dockerfile", "FROM x");
    let collected = ground.collect(&["r"]);
    let collection = one(&collected);
    assert_eq!(
        artifacts(collection),
        ["local.Dockerfile", "sub/dist/Dockerfile"]
    );
    assert_eq!(
        skipped(&ground, collection),
        [
            ("r/dist".to_owned(), SkipReason::Ignored),
            ("r/excluded".to_owned(), SkipReason::Ignored),
        ]
    );
    let named = ground.collect(&["r/dist"]);
    assert!(artifacts(one(&named)).contains(&"dist/Dockerfile"));
    let options = Options {
        no_ignore: true,
        ..Options::default()
    };
    let all = ground.collect_with(&["r"], &options);
    assert_eq!(artifacts(one(&all)).len(), 4);
}

#[test]
fn a_narrowing_file_makes_the_root_its_folder_never_a_wider_one() {
    let narrowing = Narrowing {
        file_name: "plimsoll.toml",
        narrows: |bytes| bytes == b"root = true",
    };
    let options = Options {
        narrowing: Some(narrowing),
        named_files: vec!["plimsoll.toml"],
        ..Options::default()
    };
    let ground = Ground::new();
    ground
        .write("plimsoll.toml", "root = true")
        .git("r", &["init", "-q"])
        .write("r/sub/plimsoll.toml", "root = true")
        .write("r/sub/a/Dockerfile", "FROM x")
        .write("r/other/Dockerfile", "FROM x")
        .write("plain/Dockerfile", "FROM x");
    for (target, root) in [("r/sub/a", "r/sub"), ("r/other", "r"), ("plain", "plain")] {
        let collected = ground.collect_with(&[target], &options);
        let collection = one(&collected);
        assert_eq!(ground.shown(&collection.root), root, "{target}");
        let named = collection.named_files.len();
        assert_eq!(named, usize::from(root == "r/sub"), "{target}");
    }
}

#[test]
fn a_revision_has_the_roots_it_had_then() {
    let narrowing = Narrowing {
        file_name: "plimsoll.toml",
        narrows: |bytes| bytes == b"root = true",
    };
    let options = |submitted| Options {
        submitted,
        narrowing: Some(narrowing),
        named_files: vec!["plimsoll.toml"],
        ..Options::default()
    };
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/sub/a/Dockerfile", "FROM x")
        .commit("r", "one")
        .write("r/sub/plimsoll.toml", "root = true")
        .commit("r", "two");
    let cases = [
        ("git:r/sub/a@HEAD~1", false, "r", 0),
        ("git:r/sub/a@HEAD", false, "r/sub", 1),
        ("git:r/sub/a@HEAD", true, "r/sub/a", 0),
        ("git:r/sub/a/Dockerfile@HEAD", true, "r/sub/a", 0),
    ];
    for (target, submitted, root, named) in cases {
        let collected = ground.collect_with(&[target], &options(submitted));
        let collection = one(&collected);
        assert_eq!(collection.errors, []);
        assert_eq!(ground.shown(&collection.root), root, "{target}");
        assert_eq!(collection.named_files.len(), named, "{target}");
        assert_eq!(collection.artifacts.len(), 1, "{target}");
    }
}

#[test]
fn the_operator_may_name_the_root() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/a/b/Dockerfile", "FROM x");
    let options = Options {
        root: Some(ground.path("r/a")),
        ..Options::default()
    };
    let collected = ground.collect_with(&["r/a/b"], &options);
    assert_eq!(artifacts(one(&collected)), ["b/Dockerfile"]);
    let outside = ground.collect_with(&["r"], &options);
    assert_eq!(outside.errors[0].kind, ErrorKind::TargetUnreadable);
    assert!(outside.errors[0].message.contains("outside the root"));
}

#[test]
fn targets_that_cannot_be_read_are_errors_and_the_rest_goes_on() {
    let ground = Ground::new();
    ground
        .write("a/Dockerfile", "FROM x")
        .write("a/notes", "x")
        .write("a/binary.Dockerfile", "\0");
    let collected = ground.collect(&["gone", "a/Dockerfile"]);
    assert_eq!(collected.errors.len(), 1);
    assert_eq!(
        ground.shown(collected.errors[0].path.as_deref().unwrap()),
        "gone"
    );
    assert_eq!(collected.collections.len(), 1);
    let notes = ground.collect(&["a/notes"]);
    assert_eq!(
        skipped(&ground, one(&notes)),
        [("a/notes".to_owned(), SkipReason::UnknownKind)]
    );
    let binary = ground.collect(&["a/binary.Dockerfile"]);
    let errors = &one(&binary).errors;
    assert_eq!(errors[0].kind, ErrorKind::TargetUnreadable);
}

#[test]
fn a_file_is_what_the_operator_says() {
    let ground = Ground::new();
    ground.write("a/notes", "FROM x");
    let spelled = ground.path("a/notes");
    let target = NamedTarget::parse(spelled.as_os_str(), Some(Kind::Dockerfile)).unwrap();
    let collected = collect(&[target], &Options::default());
    let artifact = &one(&collected).artifacts[0];
    assert_eq!(
        (artifact.path.as_str(), artifact.kind),
        ("notes", Kind::Dockerfile)
    );
}

#[test]
fn many_targets_share_their_roots() {
    let ground = Ground::new();
    ground.git("r", &["init", "-q"]);
    let names: Vec<String> = (0..50)
        .flat_map(|number| [format!("r/{number}"), format!("plain/{number}")])
        .collect();
    for name in &names {
        ground.write(&format!("{name}/Dockerfile"), "FROM x");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let collected = ground.collect(&names);
    assert_eq!(collected.collections.len(), 51);
    assert_eq!(collected.collections[0].targets.len(), 50);
}

#[test]
fn a_revision_is_read_as_it_was() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/Dockerfile", "FROM one")
        .write("r/sub/smithery.yaml", "a: 1")
        .link("r/link", "sub/../..")
        .commit("r", "one")
        .git("r", &["tag", "v1"])
        .write("r/Dockerfile", "FROM two")
        .commit("r", "two");
    let collected = ground.collect(&["git:r@v1"]);
    let collection = one(&collected);
    assert_eq!(collection.errors, []);
    assert_eq!(artifacts(collection), ["Dockerfile", "sub/smithery.yaml"]);
    assert_eq!(&*collection.artifacts[0].text, "FROM one");
    assert!(matches!(&collection.origin, Origin::Git { commit } if commit.len() == 40));
    let link = collection.inventory.get(&path("link")).unwrap();
    assert_eq!(link.link_target.as_deref(), Some("sub/../.."));
    let file = collection.inventory.get(&path("Dockerfile")).unwrap();
    assert_eq!(file.size, 8);
    assert_eq!(
        ground.shown(&collection.display(&path("sub/smithery.yaml"))),
        "r/sub/smithery.yaml"
    );

    let sub = ground.collect(&["git:r/sub@v1"]);
    assert!(!one(&sub).is_under_target(&path("Dockerfile")));
    let file = ground.collect(&["git:r/Dockerfile@v1"]);
    assert!(one(&file).targets[0].is_file);

    let now = ground.collect(&["r"]);
    let before = collect_at_revision(one(&now), "HEAD~1", &Options::default());
    assert_eq!(&*before.artifacts[0].text, "FROM one");
    assert_eq!(before.artifacts[0].path, one(&now).artifacts[0].path);
}

#[test]
fn wanted_texts_are_read_from_trees_and_revisions() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/.env", "A=old")
        .write("r/Dockerfile", "FROM scratch")
        .commit("r", "one")
        .write("r/.env", "A=new")
        .write("r/b/.env", "\0binary")
        .write("r/c/.env", &"A=b\n".repeat(20_000))
        .link("r/d/.env", "../.env");
    let options = Options {
        wanted_texts: Some(|path: &RootPath| path.file_name() == ".env"),
        ..Options::default()
    };
    let now = ground.collect_with(&["r"], &options);
    let inventory = &one(&now).inventory;
    assert_eq!(inventory.text(&path(".env")), Some("A=new"));
    for other in ["b/.env", "c/.env", "d/.env", "Dockerfile"] {
        assert_eq!(inventory.text(&path(other)), None, "{other}");
    }
    let before = collect_at_revision(one(&now), "HEAD", &options);
    assert_eq!(before.inventory.text(&path(".env")), Some("A=old"));
}

#[test]
fn a_bare_repository_is_read_too() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/Dockerfile", "FROM one")
        .commit("r", "one")
        .git(".", &["clone", "-q", "--bare", "r", "bare.git"]);
    let collected = ground.collect(&["git:bare.git@HEAD"]);
    assert_eq!(artifacts(one(&collected)), ["Dockerfile"]);
}

#[test]
fn what_a_repository_lacks_is_an_error_and_the_rest_goes_on() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/a/Dockerfile", "FROM lost")
        .write("r/b/Dockerfile", "FROM kept")
        .commit("r", "one");
    let id = Command::new("git")
        .args(["rev-parse", "HEAD:a/Dockerfile"])
        .current_dir(ground.path("r"))
        .output()
        .unwrap();
    let id = String::from_utf8(id.stdout).unwrap();
    let object = format!("r/.git/objects/{}/{}", &id[..2], id[2..].trim());
    std::fs::remove_file(ground.path(&object)).unwrap();
    let collected = ground.collect(&["git:r@HEAD"]);
    let collection = one(&collected);
    assert_eq!(artifacts(collection), ["b/Dockerfile"]);
    let errors: Vec<_> = collection
        .errors
        .iter()
        .map(|error| (error.kind, ground.shown(error.path.as_deref().unwrap())))
        .collect();
    assert_eq!(
        errors,
        [(ErrorKind::ObjectMissing, "r/a/Dockerfile".to_owned())]
    );
    for (target, says) in [
        ("git:r@nope", "no revision `nope`"),
        ("git:r/gone@HEAD", "not there at `HEAD`"),
    ] {
        let collected = ground.collect(&[target]);
        let error = &one(&collected).errors;
        assert!(
            error.iter().any(|error| error.message.contains(says)),
            "{error:?}"
        );
    }
}

#[test]
fn a_submodule_at_a_revision_is_an_unlisted_folder() {
    let ground = Ground::new();
    ground
        .git("origin", &["init", "-q"])
        .write("origin/Dockerfile", "FROM x")
        .commit("origin", "one")
        .git("r", &["init", "-q"])
        .git("r", &["submodule", "--quiet", "add", "../origin", "module"])
        .commit("r", "two");
    let collected = ground.collect(&["git:r@HEAD"]);
    let module = one(&collected).inventory.get(&path("module")).unwrap();
    assert_eq!((module.kind, module.listed), (EntryKind::Directory, false));
}

#[test]
fn a_submodule_below_a_target_is_compared_with_the_commit_recorded_then() {
    let ground = Ground::new();
    ground
        .git("origin", &["init", "-q"])
        .write("origin/Dockerfile", "FROM one")
        .commit("origin", "one")
        .git("r", &["init", "-q"])
        .commit_nothing("r")
        .git("r", &["submodule", "--quiet", "add", "../origin", "module"])
        .commit("r", "with module")
        .write("r/module/Dockerfile", "FROM two")
        .commit("r/module", "two")
        .commit("r", "module moved");
    let now = ground.collect(&["r"]);
    let module = &now.collections[1];
    assert_eq!(&*module.artifacts[0].text, "FROM two");
    for (revision, expected) in [("HEAD~1", vec!["FROM one"]), ("HEAD~2", vec![])] {
        let before = collect_at_revision(module, revision, &Options::default());
        assert_eq!(before.errors, []);
        let texts: Vec<_> = before.artifacts.iter().map(|one| &*one.text).collect();
        assert_eq!(texts, expected, "{revision}");
    }
}

#[test]
fn context_walks_disregard_git() {
    let ground = Ground::new();
    ground
        .git("r", &["init", "-q"])
        .write("r/.gitignore", "dist\n")
        .write("r/dist/file", "x");
    let root = OpenRoot::open(&ground.path("r")).unwrap();
    let options = WalkOptions {
        git: GitRules::Disregard,
        ..WalkOptions::default()
    };
    let mut seen = Vec::new();
    walk(&root, &options, &mut |entry| seen.push(entry.path));
    assert!(seen.contains(&path("dist/file")));
    assert!(seen.contains(&path(".git/HEAD")));
}
