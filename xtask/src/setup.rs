//! `cargo xtask setup`: the tools that the tests compare us with, from Debian's packages.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::engine;

/// A program the tests call and the Debian package that brings it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

const TOOLS: [Tool; 7] = [
    Tool {
        program: "git",
        package: "git",
    },
    Tool {
        program: "dockerd",
        package: "docker.io",
    },
    Tool {
        program: "iptables",
        package: "iptables",
    },
    Tool {
        program: "runc",
        package: "runc",
    },
    Tool {
        program: "buildah",
        package: "buildah",
    },
    Tool {
        program: "busybox",
        package: "busybox-static",
    },
    Tool {
        program: "docker-registry",
        package: "docker-registry",
    },
];

/// Installs what is missing and starts a Docker engine. What could not be done is said; it is an error only for a
/// tool named in `required`.
pub(crate) fn run(required: &[String]) -> Result<()> {
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| find_program(tool.program).is_none())
        .collect();
    if missing.is_empty() {
        println!("every tool is installed");
    } else if let Err(error) = install(&missing) {
        println!("could not install: {error:#}");
    }
    if let Err(error) = engine::ensure() {
        println!("no Docker engine: {error:#}");
    }
    report(required)
}

/// The names in the environment variable `PLIMSOLL_REQUIRE`, separated by commas.
pub(crate) fn required() -> Vec<String> {
    let value = env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
    let names = value.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where `program` lies: the search path, and the folders of administration that an ordinary user's lacks.
pub(crate) fn find_program(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// A command run as root: as it is when we are root, else through `sudo` without a prompt.
pub(crate) fn as_root(program: &Path) -> Result<Command> {
    if is_root() {
        return Ok(Command::new(program));
    }
    let sudo = find_program("sudo").context("not root, and sudo is not installed")?;
    let mut command = Command::new(sudo);
    command.arg("--non-interactive").arg(program);
    Ok(command)
}

/// Whether this process may administer the machine.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(missing: &[&Tool]) -> Result<()> {
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    let Some(apt_get) = find_program("apt-get") else {
        bail!(
            "this system has no apt-get; install the equivalents of {}",
            packages.join(", ")
        );
    };
    println!("installing {}", packages.join(", "));
    apt(&apt_get, &["update", "--quiet"])?;
    let options = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt(&apt_get, &[&options[..], &packages[..]].concat())
}

fn apt(apt_get: &Path, arguments: &[&str]) -> Result<()> {
    let status = as_root(Path::new("/usr/bin/env"))?
        .arg("DEBIAN_FRONTEND=noninteractive")
        .arg(apt_get)
        .args(arguments)
        .status()?;
    if !status.success() {
        bail!("apt-get {} ended with {status}", arguments.join(" "));
    }
    Ok(())
}

/// Says what the tests will find; a required tool that does not answer is an error.
fn report(required: &[String]) -> Result<()> {
    let available = [
        ("docker", engine::server_version()),
        ("buildah", first_line("buildah", &["--version"])),
        ("git", first_line("git", &["--version"])),
        (
            "docker-registry",
            first_line("docker-registry", &["--version"]),
        ),
    ];
    for (name, version) in &available {
        match version {
            Some(version) => println!("{name}: {version}"),
            None => println!("{name}: not available, its tests will be skipped"),
        }
    }
    for name in required {
        // BuildKit is inside the engine; its tests look for a client that speaks to it.
        let tool = if name == "buildkit" { "docker" } else { name };
        if !available
            .iter()
            .any(|(known, version)| *known == tool && version.is_some())
        {
            bail!("PLIMSOLL_REQUIRE names {name}, which is not available");
        }
    }
    Ok(())
}

/// The first line a program prints, when it ends well.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(find_program(program)?)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}
