//! What buildah copies, against what is predicted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod oracle;

use oracle::{
    compare, compare_contexts, hard_cases, hard_sources, is_available, random_case, read_archive,
    sample,
};
use plimsoll_model::Builder;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn has_buildah() -> bool {
    is_available("buildah", Command::new("buildah").arg("version"))
}

/// Builds the context at `root` and lists what came to `/ctx`; none where the build fails.
fn build(storage: &Path, root: &Path) -> Option<BTreeSet<String>> {
    build_from(storage, root, ".")
}

fn build_from(storage: &Path, folder: &Path, context: &str) -> Option<BTreeSet<String>> {
    let scratch = tempfile::tempdir().unwrap();
    let archive = scratch.path().join("image.tar");
    let mut buildah = Command::new("buildah");
    buildah.arg("--storage-driver=vfs");
    buildah.arg("--root").arg(storage.join("root"));
    buildah.arg("--runroot").arg(storage.join("run"));
    buildah.args(["build", "--quiet", "--isolation=chroot", "--output"]);
    buildah
        .arg(format!("type=tar,dest={}", archive.display()))
        .arg(context);
    buildah.current_dir(folder);
    let output = buildah.output().unwrap();
    output.status.success().then(|| read_archive(&archive))
}

#[test]
fn hard_ignore_files() {
    if has_buildah() {
        let storage = tempfile::tempdir().unwrap();
        compare(sample("buildah", hard_cases()), Builder::Buildah, |root| {
            build(storage.path(), root)
        });
    }
}

#[test]
fn random_ignore_files() {
    if has_buildah() {
        let storage = tempfile::tempdir().unwrap();
        compare(
            sample("buildah", (0..60).map(random_case).collect()),
            Builder::Buildah,
            |root| build(storage.path(), root),
        );
    }
}

#[test]
fn hard_sources_and_links() {
    if has_buildah() {
        let storage = tempfile::tempdir().unwrap();
        compare(
            sample("buildah", hard_sources()),
            Builder::Buildah,
            |root| build(storage.path(), root),
        );
    }
}

#[test]
fn contexts_behind_links() {
    if has_buildah() {
        let storage = tempfile::tempdir().unwrap();
        compare_contexts(|folder, context| build_from(storage.path(), folder, context));
    }
}
