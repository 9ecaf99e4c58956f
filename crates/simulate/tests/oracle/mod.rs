//! Contexts written to disk, built by a real builder, and compared with what is predicted.

#![expect(clippy::unwrap_used, reason = "only tests use this module")]

mod dice;
mod tools;
mod tree;

pub(crate) use dice::Dice;
pub(crate) use tools::{in_parallel, is_available, sample, succeed};
use tree::{read_tree, write_tree};

use plimsoll_model::{Builder, EntryKind, RootPath};
use plimsoll_simulate::context::{ContextSettings, CopyRequest, take};
use plimsoll_simulate::ignore_file::IgnoreFile;
use plimsoll_simulate::resolve::{HostResolution, resolve_host_path};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What `COPY sources /ctx/` is predicted to bring: files and links; none where the build is predicted to fail.
pub(crate) fn predict(root: &Path, builder: Builder, sources: &[&str]) -> Option<BTreeSet<String>> {
    let inventory = read_tree(root);
    let text = fs::read_to_string(root.join(".dockerignore")).unwrap_or_default();
    let (ignore, errors) = IgnoreFile::parse_for(&text, builder);
    if !errors.is_empty() {
        return None;
    }
    let settings = ContextSettings {
        root: RootPath::root(),
        dockerfile: RootPath::new("Dockerfile"),
        ignore_file: RootPath::new(".dockerignore"),
        ignore: &ignore,
        builder,
        needed: None,
    };
    let request = CopyRequest {
        sources,
        ..CopyRequest::default()
    };
    let mut brought = BTreeSet::new();
    for one in take(&inventory, &settings, request) {
        if one.paths.is_empty() {
            return None;
        }
        for entry in one.entries {
            if !inventory.is_directory(&entry.from) {
                brought.insert(entry.to);
            }
        }
    }
    Some(brought)
}

/// The files and links below `ctx` in a tar archive.
pub(crate) fn read_archive(archive: &Path) -> BTreeSet<String> {
    let unpacked = tempfile::tempdir().unwrap();
    let mut unpack = Command::new("tar");
    unpack
        .arg("-xf")
        .arg(archive)
        .arg("-C")
        .arg(unpacked.path());
    succeed(unpack.arg("ctx"));
    let tree = read_tree(&unpacked.path().join("ctx"));
    let entries = tree.entries().iter();
    let files = entries.filter(|entry| entry.kind != EntryKind::Directory);
    files.map(|entry| entry.path.to_string()).collect()
}

/// One context to build.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) tree: Vec<String>,
    pub(crate) ignore: String,
    /// The source of the one COPY.
    pub(crate) source: &'static str,
}

impl Case {
    /// Writes the context with its Dockerfile and ignore file.
    fn write(&self, root: &Path) {
        write_tree(root, &self.tree);
        // A word of a Dockerfile is unescaped once.
        let source = self.source.replace('\\', "\\\\");
        let copy = serde_json::to_string(&[&source, "/ctx/"]).unwrap();
        fs::write(
            root.join("Dockerfile"),
            format!("FROM scratch\nCOPY {copy}\n"),
        )
        .unwrap();
        if !self.ignore.is_empty() {
            fs::write(root.join(".dockerignore"), &self.ignore).unwrap();
        }
    }
}

/// Sources that are hard to get right, on a tree full of links.
pub(crate) fn hard_sources() -> Vec<Case> {
    let tree: Vec<String> = [
        "a",
        "b.txt",
        "c.txt",
        "x/a",
        "dir/a",
        "dir/b.txt",
        "dir/sub/a",
        "empty/",
        "star*",
        "back\\slash",
        "a b",
        "[x]",
        "link -> dir",
        "file-link -> dir/b.txt",
        "up-link -> ..",
        "dir/up -> ../a",
        "out-link -> ../../a",
        "abs-link -> /a",
        "abs-dir -> /dir",
        "etc-link -> /etc/passwd",
        "loop -> pool",
        "pool -> loop",
        "dangling -> nowhere",
        "chain -> chain2",
        "chain2 -> link/b.txt",
        "self -> .",
        "dir/deep -> ../../../dir/sub",
    ]
    .map(str::to_owned)
    .into();
    let sources = [
        ".",
        "/",
        "./",
        "a",
        "/a",
        "./a",
        "//a",
        "././a",
        "dir",
        "dir/",
        "/dir/.",
        "dir/..",
        "dir/../a",
        "../a",
        "../../a",
        "/../a",
        "dir/../../a",
        "../",
        "..",
        "*.txt",
        "./*.txt",
        "/*.txt",
        "dir/*",
        "dir/*.txt",
        "*",
        "?",
        "[ab]",
        "[^x]",
        "*/a",
        "*/*",
        "**/a",
        "dir/**",
        "link",
        "link/",
        "link/a",
        "link/*.txt",
        "file-link",
        "up-link",
        "up-link/a",
        "dir/up",
        "out-link",
        "abs-link",
        "abs-dir",
        "abs-dir/a",
        "abs-dir/*.txt",
        "etc-link",
        "loop",
        "loop/a",
        "dangling",
        "chain",
        "self/a",
        "self/self/dir",
        "dir/deep",
        "dir/deep/a",
        "*link",
        "missing",
        "missing*",
        "missing/a",
        "a/b",
        "star\\*",
        "star*",
        "star[*]",
        "back\\slash",
        "back\\\\slash",
        "a b",
        "[x]",
        "[[]x]",
        "\\[x]",
        "empty",
        "dir/../*.txt",
        "../*.txt",
    ];
    let mut cases = Vec::new();
    for source in sources {
        cases.push(Case {
            tree: tree.clone(),
            ignore: String::new(),
            source,
        });
    }
    for (ignore, source) in [
        ("dir/b.txt", "file-link"),
        ("dir/b.txt", "chain"),
        ("dir", "link"),
        ("dir", "link/a"),
        ("dir/*", "link"),
        ("a", "a"),
        ("a", "*"),
        ("*.txt", "*.txt"),
        ("*\n!dir/sub/a", "dir"),
        ("*\n!dir/sub/a", "dir/sub"),
        ("*\n!dir/sub/a", "*"),
    ] {
        cases.push(Case {
            tree: tree.clone(),
            ignore: ignore.to_owned(),
            source,
        });
    }
    cases
}

/// Ignore files that are hard to get right, each on one tree that has something for all of them.
pub(crate) fn hard_cases() -> Vec<Case> {
    let tree: Vec<String> = [
        "a",
        "b.txt",
        "foo",
        "foobar",
        "xfoo",
        "dir/a",
        "dir/b.txt",
        "dir/keep",
        "dir/sub/a",
        "dir/sub/keep",
        "dir/sub/deep/x.md",
        "dirt/a",
        "é/ü",
        "a b",
        "#x",
        "!x",
        "[x]",
        "x+y",
        "x.y",
        "xzy",
        "7",
        "d",
        "node_modules/p/i.js",
        "node_modules/p/keep.js",
        ".git/config",
        ".env",
        "empty/",
        "link -> dir",
        "dangling -> nowhere",
        "dir/up -> ../a",
        "README.md",
        "docs/README.md",
        "dir/foo/bar/foo",
        "back\\slash",
        "caret^x",
        "dash-x",
        "trail ",
    ]
    .map(str::to_owned)
    .into();
    let ignores = [
        "",
        "a",
        "/a",
        "a/",
        "./a",
        "dir",
        "dir/",
        "/dir/",
        "dir/*",
        "dir/**",
        "dir/sub/..",
        "*",
        "**",
        "*/*",
        "*/*/*",
        "**/a",
        "**/*.md",
        "**/sub",
        "**/sub/**",
        "**foo",
        "foo**",
        "**/foo/**/foo",
        "dir/**/a",
        "dir/**/*.md",
        "*.txt",
        "?",
        "??",
        "[ab]",
        "[!a]",
        "[^a]*",
        "[a-c].txt",
        "dir[^a]a",
        "\\#x",
        "#x",
        " #x",
        "\\!x",
        "!x",
        "!!x",
        "*\n!!x",
        "\\[x\\]",
        "x+y",
        "x.y",
        "\\d",
        "[x]",
        "back\\\\slash",
        "caret^x",
        "caret^*",
        "dash-?",
        "trail ",
        "a b",
        " a b ",
        "é",
        "é/*",
        "**/ü",
        "*\n!a",
        "*\n!dir",
        "*\n!dir/keep",
        "*\n!dir/sub/keep",
        "*\n!**/keep",
        "*\n!dir/**",
        "*\n!dir/*",
        "*\n!dir/*.txt",
        "dir\n!dir/keep",
        "dir\n!dir/sub\ndir/sub/a",
        "dir\n!dir/k*",
        "dir\n!d*/keep",
        "node_modules\n!**/keep.js",
        "node_modules\n!node_modules/p/keep.js",
        "**\n!foo",
        "**\n!**/*.md",
        "*.md\n!README.md",
        "**/*.md\n!README.md",
        "!a\na",
        "a\n!a\na",
        ".git",
        ".*",
        "*\n!.env",
        "Dockerfile",
        ".dockerignore",
        "Dockerfile\n.dockerignore",
        "D*",
        "link",
        "link/a",
        "dangling",
        "dir/up",
        "empty",
        "../a",
        "/../a",
        "a/../foo",
        "dir/../a",
        "\u{feff}a\nfoo",
        "a\r\nfoo\r\n",
        "a\n\n\n  \nfoo",
        "# comment\na",
        "!../../a",
        "*\n!../a",
        "/",
        ".",
        "*\n!.",
        "foo/bar\n!foo",
        "dir/sub\n!dir\n",
        "dir/foo\n!dir\ndir/*",
        "dir\n!dir/foo/bar\ndir/foo*",
        "[",
        "[a",
        "a[",
        "!",
        "!/",
        "! ",
        "a\\",
        "[b-a]",
        "[a-]",
        "[]a]",
        "\\y",
        "*\n! dir/keep",
    ];
    let case = |ignore: &str| Case {
        tree: tree.clone(),
        ignore: ignore.to_owned(),
        source: ".",
    };
    ignores.into_iter().map(case).collect()
}

/// A random tree with a random ignore file.
pub(crate) fn random_case(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let names = ["a", "b", "ab", "abc", "a.b", "x", "é", "a-b"];
    let mut tree = BTreeSet::new();
    for _ in 0..18 {
        let depth = 1 + dice.roll(4);
        let folders: Vec<&str> = (1..depth).map(|_| dice.pick(&names)).collect();
        // Folders end in `d`, so that no name is both.
        let mut path: String = folders.iter().map(|name| format!("{name}d/")).collect();
        path.push_str(dice.pick(&names));
        tree.insert(path);
    }
    let parts = [
        "a", "b", "ad", "abd", "xd", "*", "**", "?", "[ab]", "[^b]", "*d", "a*", "é", "b.", "a.b",
    ];
    let mut lines = Vec::new();
    for _ in 0..1 + dice.roll(6) {
        let mark = dice.pick(&["", "", "", "!", "!", "/", "!/"]);
        let count = 1 + dice.roll(4);
        let pattern: Vec<&str> = (0..count).map(|_| dice.pick(&parts)).collect();
        let joint = dice.pick(&["/", "/", "/", ""]);
        let end = dice.pick(&["", "", "", "/", "/**", "/.."]);
        lines.push(format!("{mark}{}{end}", pattern.join(joint)));
    }
    Case {
        tree: tree.into_iter().collect(),
        ignore: lines.join("\n"),
        source: ".",
    }
}

/// Compares every case and reports all that differ at once.
pub(crate) fn compare(
    cases: Vec<Case>,
    builder: Builder,
    build: impl Fn(&Path) -> Option<BTreeSet<String>> + Sync,
) {
    let compare_one = |case: &Case| {
        let folder = tempfile::tempdir().unwrap();
        case.write(folder.path());
        let predicted = predict(folder.path(), builder, &[case.source]);
        let built = build(folder.path());
        (predicted != built).then(|| difference(case, predicted.as_ref(), built.as_ref()))
    };
    let differences = in_parallel(&cases, compare_one);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn difference(
    case: &Case,
    predicted: Option<&BTreeSet<String>>,
    built: Option<&BTreeSet<String>>,
) -> String {
    let (Some(predicted), Some(built)) = (predicted, built) else {
        return format!(
            "{:?} {:?}: predicted {predicted:?}, built {built:?}",
            case.ignore, case.source
        );
    };
    let missing: Vec<_> = built.difference(predicted).collect();
    let surplus: Vec<_> = predicted.difference(built).collect();
    format!(
        "{:?} {:?}: came unpredicted {missing:?}, predicted in vain {surplus:?}",
        case.ignore, case.source
    )
}

/// Folders that each say where they are, and links between them; the working directory of the builds is `outer/root`.
pub(crate) fn write_landscape(top: &Path) {
    let entries = [
        "outer/is-outer",
        "outer/Dockerfile",
        "outer/sibling/is-sibling",
        "outer/sibling/Dockerfile",
        "outer/root/is-root",
        "outer/root/Dockerfile",
        "outer/root/sub/is-sub",
        "outer/root/sub/Dockerfile",
        "outer/root/up -> ..",
        "outer/root/sub/side -> ../../sibling",
        "outer/root/chain -> sub/side",
        "outer/root/loop -> loop",
        "outer/root/here -> .",
        "outer/root/sub/back -> ../here/sub",
    ];
    write_tree(top, &entries.map(str::to_owned));
    for folder in ["outer", "outer/sibling", "outer/root", "outer/root/sub"] {
        fs::write(
            top.join(folder).join("Dockerfile"),
            "FROM scratch\nCOPY . /ctx/\n",
        )
        .unwrap();
    }
}

/// Names of a build context, as typed on a command line in the root.
pub(crate) const CONTEXTS: [&str; 18] = [
    ".",
    "./",
    "sub",
    "sub/..",
    "sub/../..",
    "..",
    "../sibling",
    "up",
    "up/..",
    "up/../..",
    "up/sibling",
    "chain",
    "chain/..",
    "sub/side",
    "sub/side/..",
    "loop",
    "here/sub",
    "sub/back/../..",
];

/// Compares where each of [`CONTEXTS`] leads with what a build of it brings.
pub(crate) fn compare_contexts(build: impl Fn(&Path, &str) -> Option<BTreeSet<String>>) {
    let folder = tempfile::tempdir().unwrap();
    write_landscape(folder.path());
    let root = folder.path().join("outer/root");
    let inventory = read_tree(&root);
    for context in CONTEXTS {
        let predicted = match resolve_host_path(&inventory, &RootPath::root(), context) {
            HostResolution::Inside { path, .. } => Some(root.join(path.as_str())),
            HostResolution::Outside { resolves_to, .. } => Some(root.join(resolves_to)),
            _ => None,
        };
        let place = predicted.map(|place| fs::canonicalize(place).unwrap());
        let mark =
            place.map(|place| format!("is-{}", place.file_name().unwrap().to_str().unwrap()));
        let built = build(&root, context);
        let found = built.and_then(|names| names.into_iter().find(|name| name.starts_with("is-")));
        let outside = mark
            .as_deref()
            .is_some_and(|mark| !mark.contains("outer") && mark.starts_with("is-."));
        // Above `outer` there is no Dockerfile to build.
        let mark = if outside { None } else { mark };
        assert_eq!(found, mark, "{context}");
    }
}
