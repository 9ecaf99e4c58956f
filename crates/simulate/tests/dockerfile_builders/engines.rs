//! The builders that are asked, each through its own command line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tools::{is_available, succeed};
use serde_json::Value;

/// A builder that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oracle {
    /// The BuildKit inside the engine, with the frontend it came with.
    BuildKit,
    /// The engine's older builder.
    Classic,
    /// Buildah.
    Buildah,
}

impl Oracle {
    /// The version whose differences are written down; another may have overcome them.
    fn version_compared(self) -> &'static str {
        match self {
            Oracle::BuildKit | Oracle::Classic => "20.10.",
            Oracle::Buildah => "1.28.",
        }
    }

    /// The tool as `PLIMSOLL_REQUIRE` has it.
    pub(crate) fn tool(self) -> &'static str {
        match self {
            Oracle::BuildKit => "buildkit",
            Oracle::Classic => "docker",
            Oracle::Buildah => "buildah",
        }
    }
}

/// What is built.
#[derive(Clone, Debug, Default)]
pub(crate) struct Build {
    pub(crate) text: String,
    pub(crate) args: Vec<(String, String)>,
    pub(crate) target: Option<String>,
}

/// What an image says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) workdir: String,
    pub(crate) user: String,
    pub(crate) cmd: Vec<String>,
    pub(crate) entrypoint: Vec<String>,
    pub(crate) ports: BTreeSet<String>,
    pub(crate) volumes: BTreeSet<String>,
    pub(crate) stop_signal: String,
    pub(crate) healthcheck: Vec<String>,
    pub(crate) onbuild: Vec<String>,
}

/// The `PATH` that builders add by themselves.
pub(crate) const DEFAULT_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The label that makes every image one of its own, so that it can be removed.
const LABEL: &str = "plimsoll-oracle";

static BUILDS: AtomicUsize = AtomicUsize::new(0);

/// A builder ready to build.
pub(crate) struct Engine {
    pub(crate) oracle: Oracle,
    program: PathBuf,
}

impl Engine {
    /// The builder, where it is installed and answers.
    pub(crate) fn find(oracle: Oracle) -> Option<Engine> {
        let with = |program: PathBuf| Engine { oracle, program };
        let engine = match oracle {
            Oracle::BuildKit => {
                let found = programs("docker").map(with).find(Engine::is_buildkit);
                found.unwrap_or_else(|| with(PathBuf::from("docker-with-buildkit")))
            }
            Oracle::Classic => with(PathBuf::from("docker")),
            Oracle::Buildah => with(PathBuf::from("buildah")),
        };
        is_available(oracle.tool(), engine.command(Path::new("")).arg("version")).then_some(engine)
    }

    /// Whether this is the version whose differences are written down.
    pub(crate) fn is_version_compared(&self) -> bool {
        let ask: &[&str] = match self.oracle {
            Oracle::Buildah => &["--version"],
            _ => &["version", "--format={{.Server.Version}}"],
        };
        let output = succeed(Command::new(&self.program).args(ask));
        let said = text_of(&output.stdout);
        let version = said.trim_start_matches("buildah version ");
        version.starts_with(self.oracle.version_compared())
    }

    /// Newer command lines without their plug-in fall back to the older builder or refuse.
    fn is_buildkit(&self) -> bool {
        let build = Build {
            text: "FROM scratch\nLABEL probe=1\n".to_owned(),
            ..Build::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let Ok(images) = self.build_images(folder.path(), &build) else {
            return false;
        };
        let said = self.inspect(folder.path(), &images[0]);
        self.remove(&images);
        text(&said["Comment"]).contains("buildkit")
    }

    fn inspect(&self, folder: &Path, image: &str) -> Value {
        let inspect: &[&str] = match self.oracle {
            Oracle::Buildah => &["inspect", "--type=image"],
            _ => &["image", "inspect", "--format={{json .}}"],
        };
        let output = succeed(self.command(folder).args(inspect).arg(image));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The command; buildah keeps everything in `folder`, for concurrent builds disturb each other in one store.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        match self.oracle {
            Oracle::BuildKit => {
                command.env("DOCKER_BUILDKIT", "1");
            }
            Oracle::Classic => {
                command.env("DOCKER_BUILDKIT", "0");
            }
            Oracle::Buildah => {
                command.arg("--storage-driver=vfs");
                command.arg("--root").arg(folder.join("root"));
                command.arg("--runroot").arg(folder.join("run"));
            }
        }
        command
    }

    /// What the image says that comes out; or why none does.
    pub(crate) fn build(&self, build: &Build) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let images = self.build_images(folder.path(), build)?;
        let said = self.inspect(folder.path(), &images[0]);
        self.remove(&images);
        Ok(match self.oracle {
            Oracle::Buildah => config(&said["Docker"]["config"]),
            _ => config(&said["Config"]),
        })
    }

    /// The image that comes out, then what else the build leaves in the engine.
    fn build_images(&self, folder: &Path, build: &Build) -> Result<Vec<String>, String> {
        let id = folder.join("id");
        let context = folder.join("context");
        fs::create_dir(&context).unwrap();
        fs::write(context.join("Dockerfile"), &build.text).unwrap();
        let mut command = self.build_command(folder, &id);
        for (name, value) in &build.args {
            command.arg(format!("--build-arg={name}={value}"));
        }
        command.args(build.target.iter().map(|name| format!("--target={name}")));
        let output = command.arg(&context).output().unwrap();
        let mut images = self.steps(&output);
        if output.status.success() {
            let image = fs::read_to_string(&id).unwrap();
            images.insert(0, image.trim().trim_start_matches("sha256:").to_owned());
            return Ok(images);
        }
        self.remove(&images);
        Err(last_line(&output))
    }

    fn build_command(&self, folder: &Path, id: &Path) -> Command {
        let mut command = self.command(folder);
        command.arg("build").arg("--iidfile").arg(id);
        let number = BUILDS.fetch_add(1, Ordering::Relaxed);
        let label = format!("--label={LABEL}={}-{number}", std::process::id());
        match self.oracle {
            Oracle::BuildKit => command.args(["--network=none", "--progress=plain", &label]),
            Oracle::Classic => command.args(["--network=none", "--no-cache", "--force-rm"]),
            Oracle::Buildah => command.args(["--isolation=chroot", "--format=docker"]),
        };
        command
    }

    /// Removes images from the engine; buildah's go with its folder. Removing one removes those below it too, so some
    /// are gone already.
    pub(crate) fn remove(&self, images: &[String]) {
        if self.oracle != Oracle::Buildah && !images.is_empty() {
            let mut command = Command::new(&self.program);
            command.args(["rmi", "--force"]).args(images);
            command.output().unwrap();
        }
    }

    /// The images of every step, the last first: the older builder leaves those of other stages and of failed builds.
    pub(crate) fn steps(&self, output: &Output) -> Vec<String> {
        if self.oracle != Oracle::Classic {
            return Vec::new();
        }
        let said = text_of(&output.stdout);
        let is_id = |id: &&str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let steps = said.lines().filter_map(|line| line.strip_prefix(" ---> "));
        steps.filter(is_id).map(str::to_owned).rev().collect()
    }
}

/// Every program so called on the search path.
fn programs(name: &'static str) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = folders.into_iter().map(move |folder| folder.join(name));
    places.filter(|place| place.is_file())
}

fn text_of(said: &[u8]) -> String {
    String::from_utf8_lossy(said).into_owned()
}

fn last_line(output: &Output) -> String {
    let said = text_of(&output.stderr);
    let mut lines = said.lines().rev();
    let line = lines.find(|line| !line.trim().is_empty());
    line.unwrap_or("").to_owned()
}

fn config(said: &Value) -> Config {
    Config {
        env: environment(&said["Env"]),
        labels: labels(&said["Labels"]),
        workdir: directory(&text(&said["WorkingDir"])),
        user: text(&said["User"]),
        cmd: texts(&said["Cmd"]),
        entrypoint: texts(&said["Entrypoint"]),
        ports: names(&said["ExposedPorts"]),
        volumes: names(&said["Volumes"]),
        stop_signal: text(&said["StopSignal"]),
        healthcheck: texts(&said["Healthcheck"]["Test"]),
        onbuild: texts(&said["OnBuild"]),
    }
}

/// Older builders keep the slashes of an absolute path as written, and none at all is the top.
fn directory(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    format!("/{}", parts.join("/"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn names(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

fn environment(value: &Value) -> BTreeMap<String, String> {
    let pairs = texts(value).into_iter();
    let pairs = pairs.map(|pair| match pair.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (pair, String::new()),
    });
    pairs
        .filter(|(name, value)| (name.as_str(), value.as_str()) != ("PATH", DEFAULT_PATH))
        .collect()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .filter(|(name, _)| *name != LABEL && *name != "io.buildah.version")
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}
