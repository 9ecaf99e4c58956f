//! A Docker engine for the tests: the one that answers, or one that we start.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{setup, workspace};

/// How long one attempt may take until the engine answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is tried in turn: as it is, then without a network of its own (a container without the right to change packet
/// filters), then without overlay mounts too.
const ATTEMPTS: [&[&str]; 3] = [
    &[],
    &["--iptables=false", "--bridge=none"],
    &["--iptables=false", "--bridge=none", "--storage-driver=vfs"],
];

/// The version of the engine that answers, `None` where none does.
pub(crate) fn server_version() -> Option<String> {
    setup::first_line("docker", &["version", "--format", "{{.Server.Version}}"])
}

/// Makes sure that an engine answers.
pub(crate) fn ensure() -> Result<()> {
    if server_version().is_some() {
        return Ok(());
    }
    let dockerd = setup::find_program("dockerd").context("dockerd is not installed")?;
    let log = workspace::root().join("target/dockerd.log");
    fs::create_dir_all(workspace::root().join("target"))?;
    for options in ATTEMPTS {
        let output = File::create(&log)?;
        // A group of its own: an interrupted test run does not take the engine with it.
        let mut child = setup::as_root(&dockerd)?
            .args(options)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()?;
        if answers(&mut child)? {
            println!(
                "started {} {} as process {}",
                dockerd.display(),
                options.join(" "),
                child.id()
            );
            return Ok(());
        }
        println!("dockerd {} did not come up", options.join(" "));
    }
    bail!("every attempt to start dockerd failed, see target/dockerd.log")
}

/// Waits until the engine answers; false when its process ends first or our patience does, in which case it is ended.
fn answers(child: &mut Child) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if server_version().is_some() {
            return Ok(true);
        }
        if child.try_wait()?.is_some() {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(250));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}
