//! Repositories made with git, with clocks that stand still.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;

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

    /// A git that has not run yet.
    pub(crate) fn command(&self, folder: &str, arguments: &[&str]) -> Command {
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
}
