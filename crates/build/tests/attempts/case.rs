//! One attempt: what stands in the repository, what is asked, what should come of it.

#![expect(clippy::unwrap_used, reason = "only tests use this module")]

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_build::{Asked, Policy, Request, Source};
use plimsoll_model::Builder;
use rustix::fs::{CWD, FileType, Mode};
use tempfile::TempDir;

/// What lies outside of every repository and must never be in an image.
pub(crate) const CANARY: &str = "PLIMSOLL-CANARY-7f3a91";

/// What a builder does that joins the paths and builds with the classic builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naive {
    /// What lies outside is in the image.
    Leaks,
    /// It does as it is told, and nothing from outside is in the image.
    Builds,
    /// It fails.
    Refuses,
    /// Not tried: it would hang, needs the network to tell, or rests with another program than the builder (Compose, what
    /// reads the manifest).
    Untried,
}

impl Naive {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Naive::Leaks => "**leaks**",
            Naive::Builds => "builds",
            Naive::Refuses => "refuses",
            Naive::Untried => "–",
        }
    }
}

/// One attempt and its twin.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(crate) naive: Naive,
    pub(crate) bad: Variant,
    pub(crate) good: Variant,
}

pub(crate) fn case(
    name: &'static str,
    code: &'static str,
    naive: Naive,
    bad: Variant,
    good: Variant,
) -> Case {
    Case {
        name,
        code,
        naive,
        bad,
        good,
    }
}

/// Something in a repository. `{T}` stands for the folder above it, `{BASE}` for a base image.
#[derive(Clone)]
pub(crate) enum Thing {
    File(&'static str, &'static str),
    Link(&'static str, &'static str),
    Hard(&'static str, &'static str),
    Fifo(&'static str),
    Socket(&'static str),
    Device(&'static str),
    Raw(&'static [u8]),
    Deep(usize),
}

/// A repository and what is asked of it.
#[derive(Clone)]
pub(crate) struct Variant {
    /// `build.dockerBuildPath`, as YAML writes it between double quotes.
    pub(crate) context: &'static str,
    /// `build.dockerfile`, likewise.
    pub(crate) dockerfile: &'static str,
    /// The Dockerfile's text.
    pub(crate) text: &'static str,
    /// Another manifest than `smithery.yaml`, and its text.
    pub(crate) manifest: Option<(&'static str, &'static str)>,
    pub(crate) things: Vec<Thing>,
    pub(crate) policy: &'static str,
    pub(crate) arguments: Vec<(&'static str, &'static str)>,
    pub(crate) target: Option<&'static str>,
    pub(crate) secrets: Vec<&'static str>,
    /// Whether it is built from a git revision, where `submodule` is another repository.
    pub(crate) revision: bool,
    /// Whether only BuildKit can build it.
    pub(crate) buildkit: bool,
}

impl Default for Variant {
    fn default() -> Variant {
        Variant {
            context: ".",
            dockerfile: "Dockerfile",
            text: "FROM {BASE}\nCOPY . /ctx\n",
            manifest: None,
            things: Vec::new(),
            policy: "",
            arguments: Vec::new(),
            target: None,
            secrets: Vec::new(),
            revision: false,
            buildkit: false,
        }
    }
}

pub(crate) fn plain() -> Variant {
    Variant::default()
}

pub(crate) fn context(context: &'static str) -> Variant {
    Variant { context, ..plain() }
}

pub(crate) fn dockerfile(dockerfile: &'static str) -> Variant {
    Variant {
        dockerfile,
        ..plain()
    }
}

pub(crate) fn text(text: &'static str) -> Variant {
    Variant { text, ..plain() }
}

pub(crate) fn manifest(path: &'static str, text: &'static str) -> Variant {
    Variant {
        manifest: Some((path, text)),
        ..plain()
    }
}

impl Variant {
    pub(crate) fn with(mut self, things: &[Thing]) -> Variant {
        self.things.extend(things.iter().cloned());
        self
    }

    pub(crate) fn policy(self, policy: &'static str) -> Variant {
        Variant { policy, ..self }
    }

    pub(crate) fn argument(mut self, name: &'static str, value: &'static str) -> Variant {
        self.arguments.push((name, value));
        self
    }

    pub(crate) fn buildkit(self) -> Variant {
        Variant {
            buildkit: true,
            ..self
        }
    }
}

/// A variant that stands on the disk.
pub(crate) struct Ground {
    folder: TempDir,
    base: String,
}

impl Ground {
    /// `None` where this process may not make what it needs.
    pub(crate) fn make(variant: &Variant, base: &str) -> Option<Ground> {
        let ground = Ground {
            folder: TempDir::new().unwrap(),
            base: base.to_owned(),
        };
        ground.outside();
        let smithery = format!(
            "runtime: container\nbuild:\n  dockerBuildPath: \"{}\"\n  dockerfile: \"{}\"\n",
            variant.context, variant.dockerfile
        );
        let (path, text) = variant.manifest.unwrap_or(("smithery.yaml", &smithery));
        ground.file("repo/Dockerfile", variant.text);
        ground.file("repo/app.txt", "the application\n");
        for folder in ["a/b/c", "submodule"] {
            ground.file(&format!("repo/{folder}/inner.txt"), "inner\n");
        }
        for thing in &variant.things {
            ground.thing(thing)?;
        }
        if !ground.repository().join(path).is_symlink() {
            ground.file(&format!("repo/{path}"), text);
        }
        if variant.revision {
            ground.commit();
        }
        Some(ground)
    }

    /// What a build must not reach.
    fn outside(&self) {
        let secret = format!("{CANARY}\n");
        self.file("secret.txt", &secret);
        self.file("outside/secret.txt", &secret);
        self.file("outside/ignore", "app.txt\n");
        let labelled = format!("FROM {{BASE}}\nLABEL leak=\"{CANARY}\"\n");
        self.file("outside/Dockerfile", &labelled);
        self.file("outside/smithery.yaml", "runtime: container\n");
    }

    pub(crate) fn repository(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// The text with what its stand-ins stand for.
    pub(crate) fn filled(&self, text: &str) -> String {
        let above = self.folder.path().to_str().unwrap();
        text.replace("{T}", above).replace("{BASE}", &self.base)
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // What a thing has put there stays.
        if !path.is_symlink() {
            std::fs::write(path, self.filled(text)).unwrap();
        }
    }

    fn thing(&self, thing: &Thing) -> Option<()> {
        let at = |path: &str| {
            let path = self.repository().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let _ = std::fs::remove_file(&path);
            path
        };
        match thing {
            Thing::File(path, text) => {
                at(path);
                self.file(&format!("repo/{path}"), text);
            }
            Thing::Link(path, target) => symlink(self.filled(target), at(path)).unwrap(),
            Thing::Hard(path, target) => {
                std::fs::hard_link(self.repository().join(target), at(path)).unwrap();
            }
            Thing::Fifo(path) => {
                rustix::fs::mknodat(CWD, at(path), FileType::Fifo, Mode::RUSR, 0).unwrap();
            }
            Thing::Socket(path) => {
                drop(std::os::unix::net::UnixListener::bind(at(path)).unwrap());
            }
            Thing::Device(path) => {
                let null = rustix::fs::makedev(1, 3);
                let kind = FileType::CharacterDevice;
                rustix::fs::mknodat(CWD, at(path), kind, Mode::RUSR, null).ok()?;
            }
            Thing::Raw(name) => {
                let path = self.repository().join(OsStr::from_bytes(name));
                std::fs::write(path, "odd\n").unwrap();
            }
            Thing::Deep(levels) => {
                let path = vec!["d"; *levels].join("/");
                let path = self.repository().join(path);
                std::fs::create_dir_all(&path).unwrap();
                std::fs::write(path.join("file"), "deep\n").unwrap();
            }
        }
        Some(())
    }

    /// Makes the repository a git one with one commit, in which `submodule` is another repository.
    fn commit(&self) {
        let git = |arguments: &[&str]| {
            let done = Command::new("git")
                .args(["-c", "user.name=x", "-c", "user.email=x@example.invalid"])
                .args([
                    "-c",
                    "init.defaultBranch=main",
                    "-c",
                    "core.hooksPath=/dev/null",
                ])
                .args(arguments)
                .current_dir(self.repository())
                .output()
                .unwrap();
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
        };
        std::fs::remove_dir_all(self.repository().join("submodule")).unwrap();
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        let gitlink = "160000,1234567890123456789012345678901234567890,submodule";
        git(&["update-index", "--add", "--cacheinfo", gitlink]);
        git(&["commit", "-q", "-m", "one"]);
    }

    /// What the operator asks for.
    pub(crate) fn request(&self, variant: &Variant, builder: Builder) -> Request {
        let pairs = variant.arguments.iter();
        Request {
            source: match variant.revision {
                false => Source::Folder(self.repository()),
                true => Source::Revision {
                    path: self.repository(),
                    revision: "main".to_owned(),
                },
            },
            asked: Asked {
                manifest: variant.manifest.map(|(path, _)| path.to_owned()),
                target: variant.target.map(str::to_owned),
                arguments: pairs
                    .map(|(name, value)| ((*name).to_owned(), self.filled(value)))
                    .collect(),
                ..Asked::default()
            },
            secrets: variant.secrets.iter().map(|id| (*id).to_owned()).collect(),
            builder,
            policy: Policy::parse(&self.filled(variant.policy)).unwrap(),
            today: jiff::civil::date(2026, 1, 1),
        }
    }

    /// The context and the Dockerfile as a naive platform joins them.
    pub(crate) fn joined(&self, variant: &Variant) -> (PathBuf, PathBuf) {
        let read = |written: &str| {
            let written = written.replace("\\\\", "\\").replace("\\n", "\n");
            self.filled(&written)
        };
        let at = |written: &str| Path::new(&self.repository()).join(read(written));
        (at(variant.context), at(variant.dockerfile))
    }
}

/// Whether what must stay outside is somewhere in `bytes`.
pub(crate) fn holds_canary(bytes: &[u8]) -> bool {
    let canary = CANARY.as_bytes();
    bytes.windows(canary.len()).any(|window| window == canary)
}

/// The table of the documentation.
pub(crate) fn table(cases: &[Case]) -> String {
    let mut out = String::from("| attempt | refused as | naive builder |\n| --- | --- | --- |\n");
    for case in cases {
        let (name, code, naive) = (case.name, case.code, case.naive.word());
        let _ = writeln!(out, "| {name} | `{code}` | {naive} |");
    }
    out
}
