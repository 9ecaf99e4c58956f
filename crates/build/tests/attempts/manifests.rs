//! Attempts by how a manifest is written, and by git.

use super::case::Naive::{Builds, Leaks, Untried};
use super::case::Thing::Link;
use super::case::{Case, Variant, case, manifest, plain};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = yaml();
    cases.extend(compose());
    cases.extend(git());
    cases
}

fn smithery(text: &'static str, context: &'static str) -> Variant {
    Variant {
        context,
        ..manifest("smithery.yaml", text)
    }
}

fn yaml() -> Vec<Case> {
    vec![
        case(
            "manifest: the context by an anchor",
            "outside-root",
            Leaks,
            smithery("x: &up \"..\"\nbuild:\n  dockerBuildPath: *up\n", ".."),
            smithery("x: &here \"a\"\nbuild:\n  dockerBuildPath: *here\n", "a"),
        ),
        case(
            "manifest: the context by a merge key",
            "outside-root",
            Leaks,
            smithery(
                "x: &up\n  dockerBuildPath: \"..\"\nbuild:\n  <<: *up\n",
                "..",
            ),
            smithery(
                "x: &here\n  dockerBuildPath: \"a\"\nbuild:\n  <<: *here\n",
                "a",
            ),
        ),
        case(
            "manifest: a key twice",
            "invalid",
            Leaks,
            smithery(
                "build:\n  dockerBuildPath: \".\"\n  dockerBuildPath: \"..\"\n",
                "..",
            ),
            smithery(
                "build:\n  dockerBuildPath: \".\"\n  dockerfile: \"Dockerfile\"\n",
                ".",
            ),
        ),
        case(
            "manifest: a second document",
            "invalid",
            Leaks,
            smithery(
                "build:\n  dockerBuildPath: \".\"\n---\nbuild:\n  dockerBuildPath: \"..\"\n",
                "..",
            ),
            smithery("---\nbuild:\n  dockerBuildPath: \".\"\n", "."),
        ),
        case(
            "manifest: escapes in quotes",
            "outside-root",
            Leaks,
            smithery("build:\n  dockerBuildPath: \"\\x2e\\u002e\"\n", ".."),
            smithery("build:\n  dockerBuildPath: \"\\x61\"\n", "a"),
        ),
        case(
            "manifest: a block of several lines",
            "control-character",
            Untried,
            smithery("build:\n  dockerBuildPath: |\n    ..\n    x\n", ".."),
            smithery("build:\n  dockerBuildPath: >-\n    a\n", "a"),
        ),
        case(
            "manifest: a link out",
            "link-out",
            Untried,
            plain().with(&[Link("smithery.yaml", "../outside/smithery.yaml")]),
            plain(),
        ),
        case(
            "manifest `../outside/smithery.yaml`",
            "outside-root",
            Untried,
            manifest("../outside/smithery.yaml", "runtime: container\n"),
            manifest(
                "a/smithery.yaml",
                "build:\n  dockerBuildPath: \"..\"\n  dockerfile: \"../Dockerfile\"\n",
            ),
        ),
    ]
}

fn compose() -> Vec<Case> {
    let good = "services:\n  web:\n    build:\n      context: .\n";
    let with = |text| manifest("compose.yaml", text);
    vec![
        case(
            "Compose: `context: ..`",
            "outside-root",
            Leaks,
            Variant {
                context: "..",
                ..with("services:\n  web:\n    build:\n      context: ..\n")
            },
            with(good),
        ),
        case(
            "Compose: the context from the environment",
            "environment",
            Untried,
            with("services:\n  web:\n    build:\n      context: ${CTX:-.}\n"),
            with(good),
        ),
        case(
            "Compose: a further context",
            "named-context",
            Untried,
            with(
                "services:\n  web:\n    build:\n      context: .\n      additional_contexts:\n        host: ..\n",
            ),
            with(good),
        ),
        case(
            "Compose: a build secret from a file",
            "repository-secret",
            Untried,
            with(
                "services:\n  web:\n    build:\n      context: .\n      secrets: [s]\nsecrets:\n  s:\n    file: ../secret.txt\n",
            ),
            with(good),
        ),
        case(
            "Compose: the host's network",
            "host-access",
            Untried,
            with("services:\n  web:\n    build:\n      context: .\n      network: host\n"),
            with(good),
        ),
        case(
            "Compose: an argument from the environment",
            "environment",
            Untried,
            with("services:\n  web:\n    build:\n      context: .\n      args: [TOKEN]\n"),
            with(good),
        ),
        case(
            "Compose: a git context with a subdirectory",
            "remote",
            Untried,
            with(
                "services:\n  web:\n    build:\n      context: https://example.invalid/x.git#main:../..\n",
            ),
            with(good),
        ),
        case(
            "Compose: several builds, none named",
            "several-builds",
            Untried,
            with("services:\n  web:\n    build: .\n  worker:\n    build: a\n"),
            with(good),
        ),
    ]
}

fn git() -> Vec<Case> {
    let revision = |context| Variant {
        context,
        revision: true,
        ..plain()
    };
    vec![
        case(
            "git: the context is a submodule",
            "submodule",
            Untried,
            revision("submodule"),
            revision("a"),
        ),
        case(
            "git: the context of a revision is `..`",
            "outside-root",
            Leaks,
            revision(".."),
            revision("a/.."),
        ),
        case(
            "git: a link out in a revision",
            "context-link-out",
            Builds,
            revision(".").with(&[Link("leak", "../secret.txt")]),
            revision(".").with(&[Link("link", "app.txt")]),
        ),
        case(
            "git: a link into the checkout's `.git`",
            "context-link-out",
            Builds,
            revision(".").with(&[Link("leak", "../repo/.git/config")]),
            revision(".").with(&[Link("link", "a/b")]),
        ),
    ]
}
