//! Tables of hard ignore files, and properties over all of them.

use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> IgnoreFile {
    let (file, errors) = IgnoreFile::parse(text);
    assert_eq!(errors, [], "{text}");
    file
}

#[track_caller]
fn check(text: &str, left_out: &[&str], sent: &[&str]) {
    let file = parse(text);
    for path in left_out {
        assert!(file.excludes(path), "{path} should be left out by {text:?}");
    }
    for path in sent {
        assert!(!file.excludes(path), "{path} should be sent by {text:?}");
    }
}

fn check_in_buildah(text: &str, left_out: &[&str], sent: &[&str]) {
    let (file, errors) = IgnoreFile::parse_for(text, Builder::Buildah);
    assert_eq!(errors, [], "{text:?}");
    for (paths, expected) in [(left_out, true), (sent, false)] {
        for path in paths {
            let decision = file.decide(path, Builder::Buildah);
            assert_eq!(decision.excluded, expected, "{text:?} {path:?}");
        }
    }
}

#[test]
fn buildah_takes_paths_back_that_begin_with_a_slash() {
    check_in_buildah("d/*\n!/d/a", &["d/b"], &["d/a"]);
    check_in_buildah("d\n!/d/**/.", &["d"], &["d/a", "d/a/b"]);
    check_in_buildah("*\n! x", &["x"], &[]);
    check_in_buildah("[[z]x]", &["[x]", "zx]"], &["x]", "[x"]);
    check_in_buildah("[[:digit:]&&]", &["1", "&"], &["12", "["]);
    check_in_buildah("d|e", &["d", "dx", "e", "xe", "xe/y"], &["x", "ex"]);
}

#[test]
fn plain_names_are_anchored_and_cover_what_they_hold() {
    check("foo", &["foo", "foo/a/b"], &["a/foo", "foobar", "fo"]);
    check("/foo/", &["foo", "foo/a"], &["a/foo"]);
    check("./a/../foo", &["foo/x"], &["a"]);
    check("a.b+(c){d}|$^e", &["a.b+(c){d}|$^e"], &["aXb+(c){d}|$^e"]);
}

#[test]
fn stars_stay_in_their_folder() {
    check(
        "*.log",
        &["a.log", ".log", "a.log/x"],
        &["a/b.log", "a.logs"],
    );
    check("*/*.log", &["a/b.log"], &["b.log", "a/b/c.log"]);
    check("a?c", &["abc", "aéc"], &["a/c", "ac"]);
    check("*", &["a", "a/b", ".git/x"], &[]);
}

#[test]
fn double_stars_cross_folders() {
    check("**", &["a", "a/b"], &[]);
    check("**/foo", &["foo", "a/foo", "a/foo/b"], &["afoo", "foob"]);
    check("**/*.py[co]", &["x.pyc", "a/b/x.pyo"], &["x.py", "x.pyd"]);
    check("a/**/b", &["a/b", "a/x/y/b", "a/b/c"], &["ab", "a"]);
    check("foo/**", &["foo/a", "foo/a/b"], &["foo", "foobar"]);
    // Not what the manual leads one to expect, but what moby does.
    check("**foo", &["foo", "barfoo", "a/xfoo"], &["foox"]);
    check("foo**", &["foo", "foobar", "foo/x"], &["xfoo"]);
    check("**/**", &["a", "a/b"], &[]);
}

#[test]
fn classes_and_escapes_are_those_of_the_translated_expression() {
    check("[a-c]x", &["ax", "cx"], &["dx"]);
    check("a[^b]c", &["axc", "a/c"], &["abc"]);
    check("[!a]x", &["!x", "ax"], &["bx"]);
    check(r"\*.txt", &["*.txt"], &["a.txt"]);
    check(r"\d", &["7"], &["d"]);
    check(r"\#x", &["#x"], &[r"\#x"]);
    check("[*]", &["/]", "[[]"], &["*"]);
    check("[[:digit:]]", &["1"], &[":", "d]"]);
    check("[&&b~~]", &["&", "b", "~"], &["c"]);
}

#[test]
fn the_last_rule_that_speaks_wins() {
    check("*\n!keep", &["a", "a/b"], &["keep", "keep/x"]);
    check("*\n!a/b", &["a/c", "x"], &["a/b", "a/b/c"]);
    check("!a\na", &["a"], &[]);
    check("a\n!a/b\na/b/c", &["a/x", "a/b/c"], &["a/b/d"]);
    check("**/*.md\n!README.md", &["a/README.md"], &["README.md"]);
    check(
        "node_modules\n!**/keep.js",
        &["node_modules/x"],
        &["node_modules/p/keep.js"],
    );
}

#[test]
fn lines_are_read_as_the_builder_reads_them() {
    check(
        "\u{feff}foo\r\n  bar \t\n# c\n\n",
        &["foo", "bar"],
        &["# c"],
    );
    check(" #foo", &["#foo"], &["foo"]);
    check("foo\n! foo/x", &["foo"], &["foo/x"]);
    check("foo\n!/foo/x", &["foo"], &["foo/x"]);
    check("../x\n/..", &[], &["x"]);
    check("/", &[], &["a"]);
    check(".", &[], &["a"]);
    // Cleaning eats the mark: the line now leaves `x` out.
    check("!../../x", &["x"], &[]);
    check("!!x", &[], &["x", "!x"]);
}

#[test]
fn what_fails_a_build_is_an_error_with_its_place() {
    for (text, written) in [
        ("a\n!\nb", "!"),
        ("!/", "!/"),
        ("a[", "a["),
        ("x\n  [a-]  ", "[a-]"),
        ("a\\", "a\\"),
        ("[b-a]x", "[b-a]x"),
        (r"\y", r"\y"),
        ("[[:nope:]]", "[[:nope:]]"),
    ] {
        let (_, errors) = IgnoreFile::parse(text);
        assert_eq!(errors.len(), 1, "{text}");
        assert_eq!(errors[0].span.slice(text), written);
    }
}

#[test]
fn hostile_patterns_cost_little() {
    let path = "a/".repeat(2000) + "a";
    for part in ["*", "**/", "?*", "*a", "[a-z]*", "\\b", "**a/", "a*/"] {
        let file = parse(&part.repeat(60_000 / part.len()));
        let decision = file.rules()[0].compiled.matches(&path);
        assert_eq!(decision, matches!(part, "**/" | "*"), "{part}");
    }
}

#[test]
fn a_decision_names_its_rule() {
    let text = "*.md\n# note\n!README*\n";
    let file = parse(text);
    let decision = file.decide("README.md", Builder::Buildkit);
    assert!(!decision.excluded);
    let rule = &file.rules()[decision.rule.unwrap()];
    assert_eq!(rule.span.slice(text), "!README*");
    assert!(rule.reincludes);
}

#[test]
fn builders_differ_in_which_folders_they_leave() {
    let check = |text: &str, path: &str, buildkit: bool, classic: bool| {
        let file = parse(text);
        assert_eq!(
            file.decide(path, Builder::Buildkit).excluded,
            buildkit,
            "{text:?}"
        );
        assert_eq!(
            file.decide(path, Builder::Classic).excluded,
            classic,
            "{text:?}"
        );
    };
    check("dir\n!**/keep", "dir/keep", false, true);
    check("dir\n!di[r]/keep", "dir/keep", false, true);
    check("dir\n!dir/*", "dir/keep", false, false);
    check("dir\n!dir/sub/**", "dir/sub/x", false, false);
    check("dir\n!dir/keep", "dir/keep", false, false);
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "b", "ab", "*", "**", "?", "/", "!", "[ab]", "[^a]", "\\", ".", "..", " ", "#", "é",
        "\\d", "[*]",
    ]);
    prop::collection::vec(part, 1..7).prop_map(|parts| parts.concat())
}

fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "ab", "abc", ".", "é", "7", "#"]);
    prop::collection::vec(name, 1..5).prop_map(|names| names.join("/"))
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>(), path in any::<String>()) {
        let (file, errors) = IgnoreFile::parse(&text);
        for span in file.rules().iter().map(|rule| rule.span).chain(errors.iter().map(|error| error.span)) {
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
        }
        file.excludes(&path);
        file.decide_alone(&path);
    }

    #[test]
    fn a_walk_agrees_with_each_path(
        lines in prop::collection::vec(pattern(), 0..6),
        mut paths in prop::collection::vec(path(), 1..12),
    ) {
        let (file, _) = IgnoreFile::parse(&lines.join("\n"));
        let mut folders: Vec<String> = Vec::new();
        for path in &paths {
            folders.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
        }
        paths.extend(folders);
        paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        paths.dedup();
        for builder in [Builder::Buildkit, Builder::Classic, Builder::Buildah, Builder::Kaniko] {
            let mut walk = Walk::new(&file, builder);
            for path in &paths {
                let visit = walk.visit(path, true);
                prop_assert_eq!(visit.decision, file.decide(path, builder), "{}", path);
            }
        }
    }

    #[test]
    fn without_reinclusion_walking_and_asking_alone_agree(
        lines in prop::collection::vec(pattern(), 0..6),
        path in path(),
    ) {
        let text = lines.join("\n").replace('!', "");
        let (file, _) = IgnoreFile::parse(&text);
        prop_assert_eq!(file.excludes(&path), file.decide_alone(&path).excluded);
    }

    #[test]
    fn globs_never_panic(pattern in any::<String>(), name in any::<String>()) {
        if let Ok(glob) = filepath::Glob::new(&pattern) {
            glob.matches(&name);
        }
    }
}
