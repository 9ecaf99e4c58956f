//! Buildah, with a store of its own in the run's folder.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use plimsoll_model::Builder;

use super::engine::packed;
use super::{Bench, Bounds, Failure, Job, OUTPUT_LIMIT, build_args};
use crate::evidence::Search;
use crate::report::BuilderInfo;
use crate::workshop::Workshop;

/// Bytes of a refusal that are kept.
const SAID: u64 = 64 << 10;

/// The installed buildah.
pub(crate) struct Buildah<'a> {
    bounds: Bounds<'a>,
    folder: PathBuf,
    version: String,
    short: String,
    count: u32,
}

impl<'a> Buildah<'a> {
    /// The installed one; `None` where there is none.
    pub(crate) fn find(workshop: &Workshop, bounds: Bounds<'a>) -> Option<Buildah<'a>> {
        let output = Command::new("buildah").arg("--version").output().ok()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = said
            .split_whitespace()
            .nth(2)
            .unwrap_or_default()
            .to_owned();
        Some(Buildah {
            bounds,
            folder: workshop.path().join("buildah"),
            version,
            short: workshop.short().to_owned(),
            count: 0,
        })
    }

    /// The program with nothing of the user's: no credentials, no configuration, no store. As root it gets namespaces of
    /// its own for processes and mounts, which end with it, whatever a step started; and it ends with this process.
    fn program(&self) -> Command {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args([
                "--pdeathsig",
                "KILL",
                "unshare",
                "--pid",
                "--mount",
                "--fork",
            ]);
            command.args(["--mount-proc", "--kill-child=KILL", "buildah"]);
            command
        } else {
            Command::new("buildah")
        };
        command
            .arg("--storage-driver=vfs")
            .arg("--root")
            .arg(self.folder.join("root"))
            .arg("--runroot")
            .arg(self.folder.join("run"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("TMPDIR", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0);
        command
    }

    fn run(&self, command: &mut Command) -> Result<(), Failure> {
        let log = self.folder.join("log");
        let written = File::create(&log)?;
        let mut child = command.stderr(written).spawn()?;
        let start = std::time::Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                return Err(Failure::Refused(said(&log)));
            }
            let size = std::fs::metadata(&log).map_or(0, |metadata| metadata.len());
            let stopped = if (self.bounds.is_cancelled)() {
                Failure::Interrupted
            } else if start.elapsed() > self.bounds.time_limit {
                let seconds = self.bounds.time_limit.as_secs();
                let why = format!("the build took longer than {seconds} seconds and was stopped");
                Failure::Stopped(why)
            } else if size > OUTPUT_LIMIT {
                let why = format!("the build wrote more than {OUTPUT_LIMIT} bytes and was stopped");
                Failure::Stopped(why)
            } else {
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            end(&mut child);
            return Err(stopped);
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Ends a process and all it started.
fn end(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        let _ = kill_process_group(group, Signal::TERM);
        std::thread::sleep(Duration::from_millis(500));
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

/// The last line of what was said that is no progress.
fn said(log: &Path) -> String {
    let text = tail(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let kept: Vec<&str> = lines.filter(|line| !line.starts_with("STEP ")).collect();
    kept.last()
        .map_or_else(String::new, |line| (*line).to_owned())
}

/// The end of a log.
fn tail(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SAID)))?;
    let mut bytes = Vec::new();
    file.take(SAID).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Bench for Buildah<'_> {
    fn builder(&self) -> Builder {
        Builder::Buildah
    }

    fn info(&self) -> BuilderInfo {
        BuilderInfo {
            builder: Builder::Buildah,
            version: self.version.clone(),
            bounds: format!(
                "{} s and {} MiB of output; it is given no limit of memory or processes",
                self.bounds.time_limit.as_secs(),
                OUTPUT_LIMIT >> 20
            ),
        }
    }

    fn has_image(&self, _: &str) -> bool {
        // Its store is empty.
        false
    }

    fn build(&mut self, job: &Job<'_>, search: &mut Search) -> Result<(), Failure> {
        if job.start {
            let why = "running a container is tried with the engine only";
            return Err(Failure::Untried(why));
        }
        if job.runs && !is_root() {
            let why = "what a step starts can be ended for sure only by root";
            return Err(Failure::Untried(why));
        }
        self.count += 1;
        std::fs::create_dir_all(&self.folder)?;
        let name = format!(".plimsoll-{}.Dockerfile", self.short);
        let tar = packed(&self.folder, job, &name)?;
        let context = self.folder.join(format!("context-{}", self.count));
        tar::Archive::new(tar).unpack(&context)?;
        let image = self.folder.join("image.tar");
        let mut command = self.program();
        command
            .args(["build", "--pull-never", "--no-cache", "--network=none"])
            .args(["--isolation=oci", "--output"])
            .arg(format!("type=tar,dest={}", image.display()))
            .arg("--file")
            .arg(context.join(name));
        for (argument, value) in job.args {
            command.arg(format!("--build-arg={argument}={value}"));
        }
        let built = self.run(command.arg(&context));
        let looked = built.and_then(|()| Ok(search.tar(File::open(&image)?)?));
        let _ = std::fs::remove_file(&image);
        let _ = std::fs::remove_dir_all(&context);
        looked
    }

    fn make_image(&mut self, _: &str, _: &str, _: &[u8]) -> Option<Result<(), Failure>> {
        None
    }

    fn remove_image(&mut self, _: &str) {}

    fn command(&self, context: &str, dockerfile: &str, args: &[(String, String)]) -> Vec<String> {
        let (context, dockerfile) = (
            crate::repeat::quoted_path(context),
            crate::repeat::quoted_path(dockerfile),
        );
        vec![
            format!(
                "buildah build --pull-never --no-cache --network=none --output type=tar,dest=\"$work\"/image.tar{} -f {dockerfile} {context}",
                build_args(args)
            ),
            "tar -x -C \"$work\" --one-top-level=image -f \"$work\"/image.tar".to_owned(),
        ]
    }
}
