//! Tables of paths on small trees with links.

use super::*;
use plimsoll_model::{Builder, BuilderOutcome, Entry, EntryKind, Inventory, RootPath};
use proptest::prelude::*;

/// Names that end in `/` are folders, `a -> b` is a link, the rest are files.
fn tree(names: &[&str]) -> Inventory {
    let entry = |name: &&str| {
        let (path, target) = match name.split_once(" -> ") {
            Some((path, target)) => (path, Some(target)),
            None => (*name, None),
        };
        let kind = match target {
            Some(_) => EntryKind::Symlink,
            None if path.ends_with('/') => EntryKind::Directory,
            None => EntryKind::File,
        };
        Entry {
            path: RootPath::new(path).unwrap(),
            kind,
            size: 1,
            link_target: target.map(Into::into),
            listed: true,
        }
    };
    Inventory::new(names.iter().map(entry).collect())
}

fn at(path: &str) -> RootPath {
    RootPath::new(path).unwrap()
}

/// A short spelling: `in a`, `out 2 ../..`, `abs /etc`, `home ~/x`, `loop`, `nul`, `remote`, `unlisted`.
fn spell(resolution: &HostResolution) -> String {
    match resolution {
        HostResolution::Inside { path, .. } => format!("in {path}"),
        HostResolution::Outside {
            levels,
            resolves_to,
            ..
        } => format!("out {levels} {resolves_to}"),
        HostResolution::Home(path) => format!("home {path}"),
        HostResolution::Absolute { resolves_to, .. } => format!("abs {resolves_to}"),
        HostResolution::Unknown(Uncertainty::LinkLoop) => "loop".to_owned(),
        HostResolution::Unknown(Uncertainty::Nul) => "nul".to_owned(),
        HostResolution::Unknown(Uncertainty::Remote) => "remote".to_owned(),
        HostResolution::Unknown(Uncertainty::Unlisted(_)) => "unlisted".to_owned(),
    }
}

fn repository() -> Inventory {
    tree(&[
        "src/",
        "src/app/",
        "src/app/Dockerfile",
        "up -> ..",
        "src/up -> ../..",
        "src/inside -> ../src/app",
        "etc -> /etc",
        "one -> two",
        "two -> src/up",
        "loop -> pool",
        "pool -> loop",
        "src/deep -> ../one/x",
    ])
}

#[test]
fn host_paths_lead_where_a_client_goes() {
    let tree = repository();
    let check = |base: &str, input: &str, expected: &str| {
        let got = spell(&resolve_host_path(&tree, &at(base), input));
        assert_eq!(got, expected, "{input} from {base}");
    };
    check("", ".", "in .");
    check("", "", "in .");
    check("src/app", "../..", "in .");
    check("src/app", "../../..", "out 1 ..");
    check("src", "../../sibling/x", "out 1 ../sibling/x");
    check("", "../../..", "out 3 ../../..");
    check("", "a/../../b", "out 1 ../b");
    check("", "up", "out 1 ..");
    check("", "up/x", "out 1 ../x");
    check("", "up/..", "in .");
    check("", "src/up", "out 1 ..");
    check("", "src/inside/Dockerfile", "in src/app/Dockerfile");
    check("", "one/..", "in .");
    check("", "two", "out 1 ..");
    check("src", "deep", "out 1 ../x");
    check("", "etc/passwd", "abs /etc/passwd");
    check("", "/etc/../root", "abs /root");
    check("", "file:///etc", "abs /etc");
    check("", "file://../x", "out 1 ../x");
    check("", "~", "home ~");
    check("", "~/.ssh/../x", "home ~/x");
    check("", "C:\\Users", "abs C:\\Users");
    check("", "loop", "loop");
    check("", "a\0b", "nul");
    check("", "https://github.com/a/b.git", "remote");
    check("", "git@github.com:a/b", "remote");
    check("", "missing/x", "in missing/x");
}

#[test]
fn the_kernel_takes_dot_dot_behind_the_link() {
    let tree = repository();
    let check = |input: &str, expected: &str| {
        let got = resolve_host_path_as(&tree, &RootPath::root(), input, DotDot::Physical);
        assert_eq!(spell(&got), expected, "{input}");
    };
    check("src/inside/..", "in src");
    check("src/inside/../..", "in .");
    check("src/up/..", "out 2 ../..");
    check("etc/..", "abs /");
}

#[test]
fn chains_of_links_are_told() {
    let tree = repository();
    let HostResolution::Outside { via_links, .. } = resolve_host_path(&tree, &at(""), "one") else {
        panic!("one leads outside");
    };
    let links: Vec<&str> = via_links.iter().map(|step| step.link.as_str()).collect();
    assert_eq!(links, ["one", "two", "src/up"]);
}

#[test]
fn unlisted_folders_are_not_guessed_at() {
    let mut entries = tree(&["vendor/", "a/"]).entries().to_vec();
    entries[1].listed = false;
    let tree = Inventory::new(entries);
    assert_eq!(
        spell(&resolve_host_path(&tree, &at(""), "vendor/x")),
        "unlisted"
    );
    assert_eq!(spell(&resolve_host_path(&tree, &at(""), "a/x")), "in a/x");
}

fn context_tree() -> Inventory {
    tree(&[
        "secret",
        "app/",
        "app/x",
        "app/dir/",
        "app/dir/f",
        "app/dir/g.txt",
        "app/out -> ../../x",
        "app/abs -> /x",
        "app/passwd -> /etc/passwd",
        "app/to-dir -> dir",
        "app/to-file -> dir/f",
        "app/Dockerfile -> ../secret",
    ])
}

type Expected = (BuilderOutcome, &'static [&'static str]);

fn all(outcome: BuilderOutcome, paths: &'static [&'static str]) -> [Expected; 4] {
    [(outcome, paths); 4]
}

#[test]
fn builders_differ_in_what_a_source_may_name() {
    use BuilderOutcome::*;
    let tree = context_tree();
    let context = at("app");
    let check = |input: &str, expected: [Expected; 4]| {
        let builders = [
            Builder::Buildkit,
            Builder::Classic,
            Builder::Buildah,
            Builder::Kaniko,
        ];
        for (builder, (outcome, paths)) in builders.into_iter().zip(expected) {
            let got = resolve_in_context(&tree, &context, input, builder, ContextUse::CopySource);
            let got_paths: Vec<&str> = got.paths.iter().map(|path| path.as_str()).collect();
            assert_eq!(
                (got.outcome, &got_paths[..]),
                (outcome, paths),
                "{input} {builder:?}"
            );
        }
    };
    check(".", all(Reaches, &["app"]));
    check("/", all(Reaches, &["app"]));
    check("dir/f", all(Reaches, &["app/dir/f"]));
    check("/dir/./f", all(Reaches, &["app/dir/f"]));
    check("dir/*.txt", all(Reaches, &["app/dir/g.txt"]));
    let f: &'static [&'static str] = &["app/dir/f"];
    let x: &'static [&'static str] = &["app/x"];
    let none: &'static [&'static str] = &[];
    check(
        "to-file",
        [
            (Reaches, f),
            (Reaches, f),
            (Reaches, f),
            (Reaches, &["app/to-file"]),
        ],
    );
    check("to-dir/f", all(Reaches, &["app/dir/f"]));
    check(
        "to-dir/*.txt",
        [
            (Reaches, &["app/dir/g.txt"]),
            (Refuses, none),
            (Reaches, &["app/dir/g.txt"]),
            (Unknown, none),
        ],
    );
    check(
        "../secret",
        [
            (Clamps, none),
            (Refuses, none),
            (Clamps, none),
            (Reaches, &["secret"]),
        ],
    );
    check(
        "../../x",
        [(Clamps, x), (Refuses, none), (Clamps, x), (Escapes, none)],
    );
    check(
        "dir/../../x",
        [(Clamps, x), (Refuses, none), (Clamps, x), (Unknown, none)],
    );
    check(
        "out",
        [
            (Clamps, x),
            (Clamps, x),
            (Clamps, x),
            (Reaches, &["app/out"]),
        ],
    );
    check(
        "abs",
        [
            (Clamps, x),
            (Clamps, x),
            (Clamps, x),
            (Reaches, &["app/abs"]),
        ],
    );
    check(
        "passwd",
        [
            (Clamps, none),
            (Clamps, none),
            (Clamps, none),
            (Reaches, &["app/passwd"]),
        ],
    );
    check("a\0", all(Refuses, &[]));
    check("missing", all(Unknown, &[]));
}

#[test]
fn other_uses_have_their_own_rules() {
    use BuilderOutcome::*;
    let tree = context_tree();
    let check = |input: &str, builder, used_as, expected| {
        let got = resolve_in_context(&tree, &at("app"), input, builder, used_as);
        assert_eq!(got.outcome, expected, "{input} {builder:?} {used_as:?}");
    };
    check(
        "Dockerfile",
        Builder::Buildkit,
        ContextUse::Dockerfile,
        Clamps,
    );
    check(
        "Dockerfile",
        Builder::Classic,
        ContextUse::Dockerfile,
        Reaches,
    );
    check(
        "../secret",
        Builder::Buildkit,
        ContextUse::Dockerfile,
        Reaches,
    );
    check(
        "../../D",
        Builder::Buildkit,
        ContextUse::Dockerfile,
        Escapes,
    );
    check("passwd", Builder::Classic, ContextUse::IgnoreFile, Escapes);
    check("passwd", Builder::Buildkit, ContextUse::IgnoreFile, Clamps);
    check("..", Builder::Buildkit, ContextUse::GitSubdirectory, Clamps);
    check(
        "to-dir",
        Builder::Buildkit,
        ContextUse::GitSubdirectory,
        Refuses,
    );
    check("..", Builder::Classic, ContextUse::GitSubdirectory, Refuses);
    check(
        "../..",
        Builder::Kaniko,
        ContextUse::GitSubdirectory,
        Escapes,
    );
    check("dir", Builder::Classic, ContextUse::BindMount, Refuses);
    check("out", Builder::Buildkit, ContextUse::BindMount, Clamps);
}

#[test]
fn disguises_are_undone_one_at_a_time() {
    let readings = |input: &str| -> Vec<(String, Disguise)> {
        let readings = other_readings(input).into_iter();
        readings
            .map(|reading| (reading.path, reading.disguise))
            .collect()
    };
    assert_eq!(readings("../x"), []);
    assert_eq!(
        readings("..\\x"),
        [("../x".to_owned(), Disguise::Backslash)]
    );
    assert_eq!(
        readings("%2e%2E%2fx"),
        [("../x".to_owned(), Disguise::PercentEncoding)]
    );
    assert_eq!(
        readings(".. "),
        [("..".to_owned(), Disguise::SurroundingBlanks)]
    );
    assert_eq!(readings("100%"), []);
    assert_eq!(readings("%ff"), []);
}

proptest! {
    #[test]
    fn nothing_panics_and_scoped_paths_stay(input in "[a-d./~*\\\\%0-9 \u{0}]{0,14}|.*", base in "(app|app/dir|)") {
        let tree = context_tree();
        resolve_host_path(&tree, &at(&base), &input);
        resolve_host_path_as(&tree, &at(&base), &input, DotDot::Physical);
        other_readings(&input);
        let uses = [
            ContextUse::CopySource, ContextUse::AddSource, ContextUse::BindMount,
            ContextUse::Dockerfile, ContextUse::IgnoreFile, ContextUse::GitSubdirectory,
        ];
        for builder in [Builder::Buildkit, Builder::Classic, Builder::Buildah, Builder::Kaniko] {
            for used_as in uses {
                let got = resolve_in_context(&tree, &at(&base), &input, builder, used_as);
                if used_as == ContextUse::CopySource && builder != Builder::Kaniko {
                    prop_assert!(got.paths.iter().all(|path| path.starts_with(&at(&base))));
                }
            }
        }
    }
}
