//! Attempts in the fields that name the context, the Dockerfile and the ignore file.

use super::case::Naive::{Builds, Leaks, Refuses, Untried};
use super::case::Thing::{Fifo, File, Link};
use super::case::{Case, Variant, case, context, dockerfile, plain};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = contexts();
    cases.extend(disguises());
    cases.extend(context_links());
    cases.extend(dockerfiles());
    cases.extend(ignore_files());
    cases
}

fn contexts() -> Vec<Case> {
    vec![
        case(
            "context `..`",
            "outside-root",
            Leaks,
            context(".."),
            context("."),
        ),
        case(
            "context `../`",
            "outside-root",
            Leaks,
            context("../"),
            context("./"),
        ),
        case(
            "context `./..`",
            "outside-root",
            Leaks,
            context("./.."),
            context("./a"),
        ),
        case(
            "context `a/../..`",
            "outside-root",
            Leaks,
            context("a/../.."),
            context("a/.."),
        ),
        case(
            "context `a/b/../../..`",
            "outside-root",
            Leaks,
            context("a/b/../../.."),
            context("a/b/../.."),
        ),
        case(
            "context `..//`",
            "outside-root",
            Leaks,
            context("..//"),
            context("a//b"),
        ),
        case(
            "context `../outside`, beside the repository",
            "outside-root",
            Leaks,
            context("../outside"),
            context("a/../a"),
        ),
        case(
            "context: an absolute path",
            "absolute",
            Leaks,
            context("{T}/outside"),
            context("a"),
        ),
        case(
            "context: the repository by its absolute path",
            "absolute",
            Builds,
            context("{T}/repo"),
            context("."),
        ),
        case("context `~`", "home", Refuses, context("~"), context("a/b")),
        case(
            "context `~/x`",
            "home",
            Refuses,
            context("~/x"),
            context("a/b/c"),
        ),
        case(
            "context `$HOME`",
            "environment",
            Refuses,
            context("$HOME"),
            context("a"),
        ),
        case(
            "context `${HOME}/x`",
            "environment",
            Refuses,
            context("${HOME}/x"),
            context("a"),
        ),
        case(
            "context that is not there",
            "missing",
            Refuses,
            context("gone"),
            context("a"),
        ),
        case(
            "context that is a file",
            "not-a-folder",
            Refuses,
            context("app.txt"),
            context("a"),
        ),
    ]
}

fn disguises() -> Vec<Case> {
    vec![
        case(
            "context `%2e%2e`, encoded",
            "ambiguous",
            Refuses,
            context("%2e%2e"),
            context("a"),
        ),
        case(
            "context `..%2foutside`, half encoded",
            "ambiguous",
            Refuses,
            context("..%2foutside"),
            context("a"),
        ),
        case(
            "context with backslashes",
            "ambiguous",
            Refuses,
            context("..\\\\outside"),
            context("a"),
        ),
        case(
            "context with a blank behind it",
            "ambiguous",
            Refuses,
            context(".. "),
            context("a"),
        ),
        case(
            "context with a blank before it",
            "ambiguous",
            Refuses,
            context(" .."),
            context("a"),
        ),
        case(
            "context with NUL behind it",
            "control-character",
            Refuses,
            context("..\\0"),
            context("a"),
        ),
        case(
            "context with a newline behind it",
            "control-character",
            Refuses,
            context("..\\n"),
            context("a"),
        ),
        case(
            "context `file://…`",
            "remote",
            Refuses,
            context("file://{T}/outside"),
            context("a"),
        ),
        case(
            "context: an address",
            "remote",
            Untried,
            context("https://example.invalid/x.tar"),
            context("a"),
        ),
        case(
            "context: a git address with `#main:../..`",
            "remote",
            Untried,
            context("https://example.invalid/x.git#main:../.."),
            context("a"),
        ),
        case(
            "context `git@host:x`",
            "remote",
            Untried,
            context("git@example.invalid:x"),
            context("a"),
        ),
        case(
            "context with a drive letter",
            "absolute",
            Refuses,
            context("C:/"),
            context("a"),
        ),
    ]
}

fn context_links() -> Vec<Case> {
    let inside = || context("ctx").with(&[Link("ctx", "a")]);
    vec![
        case(
            "context: a link to `..`",
            "link-out",
            Leaks,
            context("ctx").with(&[Link("ctx", "..")]),
            inside(),
        ),
        case(
            "context: a link to an absolute path",
            "link-out",
            Leaks,
            context("ctx").with(&[Link("ctx", "{T}/outside")]),
            inside(),
        ),
        case(
            "context: a chain of links",
            "link-out",
            Leaks,
            context("one").with(&[
                Link("one", "a/two"),
                Link("a/two", "../three"),
                Link("three", "../outside"),
            ]),
            context("one").with(&[Link("one", "two"), Link("two", "a")]),
        ),
        case(
            "context: a folder on the way is a link",
            "link-out",
            Leaks,
            context("up/outside").with(&[Link("up", "..")]),
            context("up/b").with(&[Link("up", "a")]),
        ),
        case(
            "context: links in a circle",
            "link-loop",
            Refuses,
            context("one").with(&[Link("one", "two"), Link("two", "one")]),
            inside(),
        ),
        case(
            "context: `..` behind a link",
            "ambiguous-links",
            Builds,
            context("deep/..").with(&[Link("deep", "a/b")]),
            context("a/b/.."),
        ),
        case(
            "context: a link and `..` together lead out",
            "link-out",
            Refuses,
            context("a/up/../outside").with(&[Link("a/up", "..")]),
            context("a/up/b").with(&[Link("a/up", ".")]),
        ),
    ]
}

fn dockerfiles() -> Vec<Case> {
    let inside =
        || dockerfile("a/Dockerfile").with(&[File("a/Dockerfile", "FROM {BASE}\nCOPY . /ctx\n")]);
    vec![
        case(
            "Dockerfile `../outside/Dockerfile`",
            "outside-root",
            Leaks,
            dockerfile("../outside/Dockerfile"),
            inside(),
        ),
        case(
            "Dockerfile: an absolute path",
            "absolute",
            Leaks,
            dockerfile("{T}/outside/Dockerfile"),
            inside(),
        ),
        case(
            "Dockerfile `~/Dockerfile`",
            "home",
            Refuses,
            dockerfile("~/Dockerfile"),
            left_out(),
        ),
        case(
            "Dockerfile `$HOME/Dockerfile`",
            "environment",
            Refuses,
            dockerfile("$HOME/Dockerfile"),
            inside(),
        ),
        case(
            "Dockerfile: an address",
            "remote",
            Untried,
            dockerfile("https://example.invalid/Dockerfile"),
            inside(),
        ),
        case(
            "Dockerfile `%2e%2e/outside/Dockerfile`",
            "ambiguous",
            Refuses,
            dockerfile("%2e%2e/outside/Dockerfile"),
            inside(),
        ),
        case(
            "Dockerfile: a link out",
            "link-out",
            Leaks,
            plain().with(&[Link("Dockerfile", "../outside/Dockerfile")]),
            plain().with(&[
                File("real", "FROM {BASE}\nCOPY . /ctx\n"),
                Link("Dockerfile", "real"),
            ]),
        ),
        case(
            "Dockerfile: an absolute link out",
            "link-out",
            Leaks,
            plain().with(&[Link("Dockerfile", "{T}/outside/Dockerfile")]),
            inside(),
        ),
        case(
            "Dockerfile: its folder is a link out",
            "link-out",
            Leaks,
            dockerfile("d/Dockerfile").with(&[Link("d", "../outside")]),
            dockerfile("d/Dockerfile")
                .with(&[File("a/Dockerfile", "FROM {BASE}\n"), Link("d", "a")]),
        ),
        case(
            "Dockerfile: a chain of links",
            "link-out",
            Leaks,
            plain().with(&[
                Link("Dockerfile", "a/one"),
                Link("a/one", "../two"),
                Link("two", "../outside/Dockerfile"),
            ]),
            inside(),
        ),
        case(
            "Dockerfile: a link to itself",
            "link-loop",
            Refuses,
            plain().with(&[Link("Dockerfile", "Dockerfile")]),
            inside(),
        ),
        case(
            "Dockerfile: a FIFO",
            "not-a-file",
            Untried,
            dockerfile("pipe").with(&[Fifo("pipe")]),
            inside(),
        ),
        case(
            "Dockerfile: a folder",
            "not-a-file",
            Refuses,
            dockerfile("a"),
            left_out(),
        ),
    ]
}

/// A Dockerfile in a folder that the ignore file leaves out whole.
fn left_out() -> Variant {
    dockerfile("docker/Dockerfile").with(&[
        File("docker/Dockerfile", "FROM {BASE}\nCOPY app.txt /\n"),
        File(".dockerignore", "docker\n"),
    ])
}

fn ignore_files() -> Vec<Case> {
    vec![
        case(
            "ignore file: a link out",
            "link-out",
            Builds,
            plain().with(&[Link(".dockerignore", "../outside/ignore")]),
            plain().with(&[File("ignore", "*.log\n"), Link(".dockerignore", "ignore")]),
        ),
        case(
            "ignore file: an absolute link out",
            "link-out",
            Builds,
            plain().with(&[Link(".dockerignore", "{T}/outside/ignore")]),
            plain().with(&[File(".dockerignore", "a\n!a/b\n")]),
        ),
        case(
            "ignore file of the Dockerfile: a link out",
            "link-out",
            Builds,
            plain().with(&[Link("Dockerfile.dockerignore", "../outside/ignore")]),
            plain().with(&[File("Dockerfile.dockerignore", "*.log\n")]),
        ),
        case(
            "ignore file: a FIFO",
            "not-a-file",
            Untried,
            plain().with(&[Fifo(".dockerignore")]),
            plain().with(&[File(".dockerignore", "Dockerfile\n.dockerignore\n")]),
        ),
    ]
}
