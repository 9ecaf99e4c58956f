//! Trees to measure on, each made once and the same every time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::dockerfiles;

/// Of the trees made here: raised when they change, so that older ones are made anew.
const GENERATION: &str = "2";

/// Makes a tree in `folder` unless it is there already. A half-made or older one is made anew.
fn once(folder: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    // Beside the tree, not in it: it would be measured too.
    let marker = folder.with_extension("made");
    if fs::read_to_string(&marker).ok().as_deref() != Some(GENERATION) {
        println!("making {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        make(folder)?;
        fs::write(marker, GENERATION)?;
    }
    Ok(folder.to_path_buf())
}

/// A folder of `count` services, each a Dockerfile with the file it copies.
pub(super) fn dockerfiles(folder: &Path, count: usize) -> Result<PathBuf> {
    once(folder, |folder| {
        for number in 0..count {
            let service = folder.join(format!("service-{number:03}"));
            fs::create_dir_all(&service)?;
            fs::write(service.join("Dockerfile"), dockerfiles::text(number))?;
        }
        init(folder)
    })
}

/// A git repository of `files` files, of which `services` are Dockerfiles; every second stands beside a Compose file,
/// every fourth is built by a workflow.
pub(super) fn repository(folder: &Path, files: usize, services: usize) -> Result<PathBuf> {
    once(folder, |folder| {
        let per_service = files / services;
        for number in 0..services {
            let service = folder.join(format!("packages/service-{number:03}"));
            fs::create_dir_all(service.join("src"))?;
            fs::write(service.join("Dockerfile"), dockerfiles::text(number))?;
            fs::write(service.join(".dockerignore"), "node_modules\n*.log\n")?;
            if number % 2 == 0 {
                fs::write(service.join("compose.yaml"), compose(number))?;
            }
            if number % 4 == 0 {
                let workflows = folder.join(".github/workflows");
                fs::create_dir_all(&workflows)?;
                let file = workflows.join(format!("build-{number:03}.yml"));
                fs::write(file, workflow(number))?;
            }
            for file in 3..per_service {
                fs::write(
                    service.join(format!("src/module_{file:02}.js")),
                    module(number, file),
                )?;
            }
        }
        init(folder)
    })
}

/// `count` git repositories of three files each.
pub(super) fn targets(folder: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let folder = once(folder, |folder| {
        for number in 0..count {
            let target = folder.join(format!("{number:04}"));
            fs::create_dir_all(&target)?;
            fs::write(target.join("Dockerfile"), dockerfiles::text(number))?;
            fs::write(
                target.join("smithery.yaml"),
                "build:\n  dockerBuildPath: .\n",
            )?;
            fs::write(target.join("main.js"), module(number, 0))?;
            init(&target)?;
        }
        Ok(())
    })?;
    Ok((0..count)
        .map(|number| folder.join(format!("{number:04}")))
        .collect())
}

/// A context of `count` empty files, a thousand to a folder.
pub(super) fn many_files(folder: &Path, count: usize) -> Result<PathBuf> {
    once(folder, |folder| {
        fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY . /\n")?;
        fs::write(folder.join(".dockerignore"), "**/*7.txt\n!**/77.txt\n")?;
        for group in 0..count / 1_000 {
            let group = folder.join(format!("group-{group:04}"));
            fs::create_dir_all(&group)?;
            for file in 0..1_000 {
                fs::write(group.join(format!("{file}.txt")), "")?;
            }
        }
        Ok(())
    })
}

/// A folder of `count` files of 200 bytes to 20 kB, a hundred to a folder.
pub(super) fn sources(folder: &Path, count: usize) -> Result<PathBuf> {
    const SIZES: [usize; 5] = [200, 900, 3_000, 8_000, 20_000];
    once(folder, |folder| {
        for group in 0..count / 100 {
            let group = folder.join(format!("part-{}/group-{group:04}", group / 100));
            fs::create_dir_all(&group)?;
            for (file, size) in (0..100).zip(SIZES.iter().cycle()) {
                let text = format!("{}/{file}:", group.display()).repeat(size / 10);
                fs::write(
                    group.join(format!("{file}.js")),
                    text.get(..*size).unwrap_or(""),
                )?;
            }
        }
        Ok(())
    })
}

/// A folder with one small program.
pub(super) fn one_file(folder: &Path) -> Result<PathBuf> {
    once(folder, |folder| {
        fs::write(folder.join("main.js"), module(0, 0))?;
        init(folder)
    })
}

/// A copy of sources that cargo has unpacked, crate by crate in the order of their names, of about `bytes`.
pub(super) fn crates(folder: &Path, bytes: u64) -> Result<PathBuf> {
    once(folder, |folder| {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let sources = home.context("no home folder")?.join("registry/src");
        let mut left = bytes;
        for registry in sorted(&sources)? {
            for source in sorted(&registry)? {
                let into = folder.join(source.file_name().unwrap_or_default());
                left = left.saturating_sub(copy(&source, &into, left)?);
            }
        }
        init(folder)
    })
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// Copies files up to `most` bytes; how many they came to.
fn copy(from: &Path, to: &Path, most: u64) -> Result<u64> {
    let mut copied = 0;
    for entry in sorted(from)? {
        if copied >= most {
            break;
        }
        let into = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copied += copy(&entry, &into, most - copied)?;
        } else {
            fs::create_dir_all(to)?;
            copied += fs::copy(&entry, into)?;
        }
    }
    Ok(copied)
}

/// Makes a folder the root of a repository without history.
fn init(folder: &Path) -> Result<()> {
    let git = folder.join(".git");
    fs::create_dir_all(git.join("objects"))?;
    fs::create_dir_all(git.join("refs"))?;
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n")?;
    Ok(())
}

fn compose(number: usize) -> String {
    include_str!("templates/compose.txt").replace("{n}", &number.to_string())
}

fn workflow(number: usize) -> String {
    let name = format!("service-{number:03}");
    include_str!("templates/workflow.txt").replace("{service}", &name)
}

fn module(number: usize, file: usize) -> String {
    let line = format!(
        "export const value_{number}_{file} = \"{}\";\n",
        "abcdefgh".repeat(8)
    );
    line.repeat(20)
}
