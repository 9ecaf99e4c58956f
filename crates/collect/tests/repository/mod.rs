//! Repositories made with git, with clocks that stand still.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository in a folder of its own.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
    seconds: Cell<i64>,
}

impl Repository {
    /// One without commits, on branch `main`.
    pub(crate) fn new() -> Repository {
        let repository = Repository {
            folder: tempfile::tempdir().unwrap(),
            seconds: Cell::new(1_700_000_000),
        };
        repository.git("", &["init", "-q"]);
        repository
    }

    /// A path in it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) -> &Repository {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn command(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        let date = format!("{} +0100", self.seconds.get());
        command
            .args(["-c", "user.name=A. Author", "-c", "user.email=a@b"])
            .args(["-c", "init.defaultBranch=main", "-c", "gc.auto=0"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.path(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date);
        command
    }

    /// Runs git and gives what it printed.
    pub(crate) fn output(&self, folder: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(folder, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        output.stdout
    }

    /// The same as text.
    pub(crate) fn text(&self, folder: &str, arguments: &[&str]) -> String {
        String::from_utf8(self.output(folder, arguments)).unwrap()
    }

    /// Runs git.
    pub(crate) fn git(&self, folder: &str, arguments: &[&str]) -> &Repository {
        self.output(folder, arguments);
        self
    }

    /// Commits everything, a second later than the last time.
    pub(crate) fn commit(&self, message: &str) -> &Repository {
        self.commit_in("", message)
    }

    /// The same in a folder.
    pub(crate) fn commit_in(&self, folder: &str, message: &str) -> &Repository {
        self.seconds.set(self.seconds.get() + 1);
        self.git(folder, &["add", "-A"]);
        self.git(
            folder,
            &[
                "commit",
                "-q",
                "--no-verify",
                "--allow-empty",
                "-m",
                message,
            ],
        )
    }

    /// The object a revision stands for.
    pub(crate) fn revision(&self, revision: &str) -> String {
        let text = self.text("", &["rev-parse", revision]);
        text.trim().to_owned()
    }

    /// The only file of its `objects/pack` with this ending.
    pub(crate) fn pack(&self, ending: &str) -> PathBuf {
        let folder = std::fs::read_dir(self.path(".git/objects/pack")).unwrap();
        let mut files = folder.map(|entry| entry.unwrap().path());
        let is_it = |path: &PathBuf| path.extension().is_some_and(|one| one == ending);
        files.find(is_it).unwrap()
    }

    /// Unpacks a pack into the repository in `folder`.
    pub(crate) fn unpack(&self, folder: &str, pack: &Path) {
        let input = std::fs::File::open(pack).unwrap();
        let mut command = self.command(folder, &["unpack-objects", "-q"]);
        let status = command.stdin(Stdio::from(input)).status().unwrap();
        assert!(status.success());
    }

    /// Writes over a file that git made read-only.
    pub(crate) fn overwrite(&self, path: &Path, bytes: &[u8]) {
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}
