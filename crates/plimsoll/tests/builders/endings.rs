//! How `plimsoll build` ends when the build, the engine or the disk does not let it finish, and what is left then: nothing.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::build::build;
use crate::fixture::{Base, Proxy, SmallDisk, containers, names, running, signal, soon, unique};
use crate::scene::{shown, tree};

const BUILDERS: [&str; 2] = ["buildkit", "classic"];

/// A build of one instruction that holds a marker.
struct Endless<'b> {
    base: &'b Base,
    builder: &'static str,
    marker: String,
    folder: TempDir,
    temporary: TempDir,
}

impl<'b> Endless<'b> {
    /// `MARKER` in the instruction is a word of this build.
    fn new(base: &'b Base, builder: &'static str, instruction: &str, policy: &str) -> Endless<'b> {
        let marker = unique("endless");
        let dockerfile = base.dockerfile(&instruction.replace("MARKER", &marker));
        let files = [("repo/Dockerfile", &*dockerfile), ("policy.toml", policy)];
        Endless {
            base,
            builder,
            marker,
            folder: tree(&files),
            temporary: TempDir::new().unwrap(),
        }
    }

    /// Starts `command` and waits until its step runs.
    fn started(&self, command: &mut Command) -> Child {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        assert!(soon(|| running(&self.marker) > 1), "the step never ran");
        child
    }

    fn command(&self) -> Command {
        let builder = self.builder;
        let marker = &self.marker;
        let arguments = format!(
            "repo --builder {builder} --policy policy.toml -t {marker} --log log --facts facts"
        );
        let mut command = build(self.folder.path(), &arguments);
        command.env("TMPDIR", self.temporary.path());
        command
    }

    /// It failed, said `expected`, and nothing of it is left.
    #[track_caller]
    fn check(&self, output: &Output, expected: &[&str]) {
        let told = shown(output);
        let end = &told[told.len().saturating_sub(2000)..];
        let builder = self.builder;
        assert_eq!(output.status.code(), Some(2), "{builder}: {end}");
        let is_told = expected.iter().any(|expected| told.contains(expected));
        assert!(is_told, "{builder}: {end}");
        assert!(output.stdout.is_empty(), "{builder}: {end}");
        let marker = &self.marker;
        assert!(soon(|| running(marker) == 0), "{builder}: a process runs");
        let engine = &self.base.engine;
        assert!(
            soon(|| containers(engine, marker) == 0),
            "{builder}: a container is left"
        );
        let images = || self.base.built();
        assert!(soon(|| images().is_empty()), "{builder}: {:?}", images());
        let left = names(self.temporary.path());
        assert!(left.is_empty(), "{builder}: {left:?}");
        let mut written = names(self.folder.path());
        written.sort();
        assert_eq!(written, ["log", "policy.toml", "repo"], "{builder}");
    }
}

/// Steps that end by themselves, badly or never. Those that fork are bounded.
#[test]
fn builds_that_do_not_end() {
    const FORKS: &str =
        "RUN i=0; while [ $i -lt 50 ]; do sh -c 'sleep 1000; : MARKER' & i=$((i+1)); done; wait";
    let Some(base) = Base::make() else {
        return;
    };
    for builder in BUILDERS {
        for (instruction, policy, expected) in [
            (
                "RUN sleep 600; : MARKER",
                "time-limit = 3",
                "took longer than 3 seconds",
            ),
            (FORKS, "time-limit = 6", "took longer than 6 seconds"),
            // What is left to itself does not outlive its step.
            (
                "RUN (trap '' TERM HUP; sleep 1000; : MARKER) & exit 1",
                "",
                "MARKER",
            ),
            (
                "RUN yes MARKER",
                "output-limit = 100000",
                "wrote more than 100000 bytes",
            ),
            ("RUN sleep 0 && false", "", "false"),
        ] {
            let endless = Endless::new(&base, builder, instruction, policy);
            let output = endless.command().output().unwrap();
            let expected = expected.replace("MARKER", &endless.marker);
            endless.check(&output, &[&expected]);
        }
    }
}

/// BuildKit drops what a step says beyond its own bounds, so that there the time ends it.
#[test]
fn output_without_end_is_bounded_in_the_log() {
    let Some(base) = Base::make() else {
        return;
    };
    let policy = "output-limit = 3000000\ntime-limit = 8";
    for builder in BUILDERS {
        let endless = Endless::new(&base, builder, "RUN yes MARKER", policy);
        let output = endless.command().arg("-q").output().unwrap();
        let expected = [
            "wrote more than 3000000 bytes",
            "took longer than 8 seconds",
        ];
        endless.check(&output, &expected);
        let log = std::fs::metadata(endless.folder.path().join("log")).unwrap();
        assert!(log.len() < 6_000_000, "{builder}: {}", log.len());
    }
}

#[test]
fn an_interrupt_stops_a_build() {
    let Some(base) = Base::make() else {
        return;
    };
    for builder in BUILDERS {
        let endless = Endless::new(&base, builder, "RUN sleep 601; : MARKER", "");
        let mut command = endless.command();
        let child = endless.started(&mut command);
        signal(&child, "INT");
        let output = child.wait_with_output().unwrap();
        endless.check(&output, &["cancelled", "stopped"]);
    }
}

#[test]
fn an_engine_that_goes_away_while_a_step_runs() {
    let Some(base) = Base::make() else {
        return;
    };
    for builder in BUILDERS {
        let endless = Endless::new(&base, builder, "RUN sleep 602; : MARKER", "");
        let socket = TempDir::new().unwrap();
        let proxy = Proxy::listen(socket.path(), None);
        let mut command = endless.command();
        command.env("DOCKER_HOST", &proxy.host);
        let child = endless.started(&mut command);
        proxy.leave();
        let output = child.wait_with_output().unwrap();
        endless.check(&output, &["the engine is away"]);
    }
}

#[test]
fn an_engine_that_goes_away_before_it_builds() {
    let Some(base) = Base::make() else {
        return;
    };
    for builder in BUILDERS {
        let endless = Endless::new(&base, builder, "RUN true", "");
        let socket = TempDir::new().unwrap();
        let proxy = Proxy::listen(socket.path(), Some("/build?"));
        let output = endless.command().env("DOCKER_HOST", &proxy.host).output();
        endless.check(&output.unwrap(), &["the engine is away"]);
    }
}

/// Runs `command`, which has to fail for want of room.
#[track_caller]
fn check_no_room(command: &mut Command, disk: &Path) {
    let output = command.output().unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    let left = names(disk);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = tree(&[
        ("repo/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("repo/large", &"x".repeat(4 << 20)),
    ]);
    let sealed = disk.path().join("sealed.tar");
    let sealed = sealed.to_str().unwrap();
    check_no_room(
        build(folder.path(), "repo").env("TMPDIR", disk.path()),
        disk.path(),
    );
    let arguments = format!("repo --print --seal {sealed}");
    check_no_room(&mut build(folder.path(), &arguments), disk.path());
    let mut context = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    context.args(["context", "repo", "--seal", sealed]);
    check_no_room(context.current_dir(folder.path()), disk.path());
}

#[test]
fn a_revision_that_finds_no_room_leaves_nothing_behind() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = tree(&[
        ("repo/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("repo/large", &"x".repeat(4 << 20)),
    ]);
    let script = "git init -q && git add -A && git -c user.name=a -c user.email=a@example.org commit -qm one";
    let mut git = Command::new("sh");
    git.args(["-ec", script])
        .current_dir(folder.path().join("repo"));
    assert!(git.status().unwrap().success());
    check_no_room(
        build(folder.path(), "git:repo@HEAD").env("TMPDIR", disk.path()),
        disk.path(),
    );
}

/// The disk of the log is full: the build is done, but its facts would tell of a log that is not whole.
#[test]
fn a_log_that_finds_no_room_is_a_failure() {
    let Some(base) = Base::make() else {
        return;
    };
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = tree(&[(
        "repo/Dockerfile",
        &base.dockerfile("RUN yes plimsoll | head -c 4000000"),
    )]);
    let arguments = format!(
        "repo --builder classic -q --facts facts --log {}/log",
        disk.path().display()
    );
    let output = build(folder.path(), &arguments).output().unwrap();
    let told = shown(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(names(folder.path()), ["repo"]);
}
