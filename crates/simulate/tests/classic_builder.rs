//! What the classic builder copies, against what is predicted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod oracle;

use oracle::{
    compare, compare_contexts, hard_cases, hard_sources, is_available, random_case, read_archive,
    sample, succeed,
};
use plimsoll_model::Builder;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn docker() -> Command {
    let mut docker = Command::new("docker");
    docker.env("DOCKER_BUILDKIT", "0");
    docker
}

fn has_engine() -> bool {
    is_available("docker", docker().arg("version"))
}

/// Builds the context at `root` and lists what came to `/ctx`; none where the build fails.
fn build(root: &Path) -> Option<BTreeSet<String>> {
    build_from(root, ".")
}

fn build_from(folder: &Path, context: &str) -> Option<BTreeSet<String>> {
    let build = [
        "build",
        "--quiet",
        "--force-rm",
        "--no-cache",
        "--network=none",
    ];
    let output = docker()
        .current_dir(folder)
        .args(build)
        .arg(context)
        .output()
        .unwrap();
    if !output.status.success() {
        return None;
    }
    let image = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let output = succeed(docker().args(["create", &image, "none"]));
    let container = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let scratch = tempfile::tempdir().unwrap();
    let archive = scratch.path().join("image.tar");
    succeed(
        docker()
            .args(["export", "--output"])
            .arg(&archive)
            .arg(&container),
    );
    succeed(docker().args(["rm", &container]));
    succeed(docker().args(["rmi", "--force", &image]));
    Some(read_archive(&archive))
}

#[test]
fn hard_ignore_files() {
    if has_engine() {
        compare(sample("docker", hard_cases()), Builder::Classic, build);
    }
}

#[test]
fn random_ignore_files() {
    if has_engine() {
        compare(
            sample("docker", (0..100).map(random_case).collect()),
            Builder::Classic,
            build,
        );
    }
}

#[test]
fn hard_sources_and_links() {
    if has_engine() {
        compare(sample("docker", hard_sources()), Builder::Classic, build);
    }
}

#[test]
fn contexts_behind_links() {
    if has_engine() {
        compare_contexts(build_from);
    }
}
