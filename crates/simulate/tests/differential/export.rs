//! Builds whose files are looked at: a builder's command line in, the image's tree out.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use plimsoll_model::{EntryKind, Inventory};

use crate::engines::{Engine, Oracle};
use crate::outcome::Tree;
use crate::tools::succeed;
use crate::tree::read_tree;

/// The folders of an image, unpacked.
pub(crate) struct Image {
    folder: tempfile::TempDir,
}

impl Image {
    /// What stands in the image's folder of that name.
    pub(crate) fn tree(&self, name: &str) -> Tree {
        let root = self.folder.path().join(name);
        match root.is_dir() {
            true => tree_of(&root, &read_tree(&root)),
            false => Tree::new(),
        }
    }
}

/// An inventory's entries with their contents.
pub(crate) fn tree_of(root: &Path, inventory: &Inventory) -> Tree {
    let entries = inventory.entries().iter();
    let described = entries.map(|entry| {
        let what = match entry.kind {
            EntryKind::Directory => "folder".to_owned(),
            EntryKind::Symlink => format!("link {}", entry.link_target.as_deref().unwrap_or("")),
            _ => format!("file {}", contents(&root.join(entry.path.as_str()))),
        };
        (entry.path.to_string(), what)
    });
    described.collect()
}

/// A file's text; Dockerfiles differ from build to build.
fn contents(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    match text.starts_with("FROM scratch") {
        true => "Dockerfile".to_owned(),
        false => text,
    }
}

/// Runs `build` with `arguments` in `folder`; what the builder said where it fails.
pub(crate) fn export(engine: &Engine, folder: &Path, arguments: &[&str]) -> Result<Image, String> {
    let scratch = tempfile::tempdir().unwrap();
    let archive = scratch.path().join("image.tar");
    let destination = format!("type=tar,dest={}", archive.display());
    let id = scratch.path().join("id");
    let mut command = engine.command(scratch.path());
    command.current_dir(folder).arg("build");
    match engine.oracle {
        Oracle::BuildKit => {
            command.args(["--network=none", "--no-cache", "--progress=plain"]);
            command.args(["--output", &destination]);
        }
        Oracle::Classic => {
            command.args(["--network=none", "--no-cache", "--force-rm", "--iidfile"]);
            command.arg(&id);
        }
        Oracle::Buildah => {
            command.args(["--quiet", "--isolation=chroot", "--output", &destination]);
        }
    }
    let output = command.args(arguments).output().unwrap();
    let images = engine.steps(&output);
    let exported = match (output.status.success(), engine.oracle) {
        (false, _) => Err(said(&output)),
        (true, Oracle::Classic) => {
            export_image(engine, &fs::read_to_string(&id).unwrap(), &archive)
        }
        (true, _) => Ok(()),
    };
    engine.remove(&images);
    exported.map(|()| unpack(&archive))
}

/// An image of the engine is exported by way of a container that never runs; it cannot be made where the working
/// directory has become a file.
fn export_image(engine: &Engine, image: &str, archive: &Path) -> Result<(), String> {
    let docker = || engine.command(Path::new(""));
    let output = docker()
        .args(["create", image.trim(), "none"])
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(said(&output));
    }
    let container = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    succeed(
        docker()
            .args(["export", "--output"])
            .arg(archive)
            .arg(&container),
    );
    succeed(docker().args(["rm", &container]));
    Ok(())
}

fn unpack(archive: &Path) -> Image {
    let folder = tempfile::tempdir().unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(archive).arg("-C").arg(folder.path());
    succeed(&mut tar);
    Image { folder }
}

fn said(output: &Output) -> String {
    let said =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    said.concat()
}
