//! One attack on one builder: what is built, and what counts as a proof.

mod argument;
mod escape;

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll_chain::{Chain, Unit};
use plimsoll_model::RootPath;

use crate::attack::Attack;
use crate::builders::{Bench, Failure, Job};
use crate::context_tar::{Extra, Packing};
use crate::evidence::Search;
use crate::repeat;
use crate::report::{Attempt, Evidence, Outcome};
use crate::scene::{Ground, Scene};
use crate::workshop::LABEL;

/// Everything an attempt works with.
pub(crate) struct Trial<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) bench: &'a mut dyn Bench,
    pub(crate) chain: &'a Chain,
    /// The run's id.
    pub(crate) run: &'a str,
    /// The root as the user names it, for commands.
    pub(crate) root: &'a str,
}

/// A build of an attempt.
struct Probe<'a> {
    ground: &'a Ground,
    /// The repository's Dockerfile, for the ignore file beside it.
    dockerfile: Option<&'a RootPath>,
    text: String,
    args: Vec<(String, String)>,
    extra: Vec<Extra>,
    replaced: BTreeMap<RootPath, Vec<u8>>,
    runs: bool,
    start: bool,
}

/// What an attempt that was made came to.
enum Ended {
    Proved {
        evidence: Vec<Evidence>,
        changed: Vec<String>,
        repeat: Vec<String>,
    },
    /// The builder did not do it, and why.
    Refused {
        reason: String,
        changed: Vec<String>,
    },
    /// It cannot be tried, and why.
    Impossible(String),
}

impl Trial<'_> {
    /// Tries `attack`.
    pub(crate) fn attempt(&mut self, attack: &Attack<'_>) -> Result<Attempt, Failure> {
        let ended = match attack {
            Attack::Nothing(why) => Ok(Ended::Impossible((*why).to_owned())),
            Attack::Context(escape) => self.context(escape),
            Attack::Dockerfile(escape) => self.dockerfile(escape),
            Attack::SecretFile {
                unit,
                context,
                file,
                at,
            } => self.secret_file(unit, context, file, *at),
            Attack::Argument { build, unit, sink } => self.argument(build, unit, sink),
        };
        let builder = self.bench.builder();
        let attempt = |outcome, reason| Attempt {
            builder,
            outcome,
            reason,
            changed: Vec::new(),
            evidence: Vec::new(),
            repeat: Vec::new(),
        };
        Ok(match ended {
            Ok(Ended::Proved {
                evidence,
                changed,
                repeat,
            }) => Attempt {
                changed,
                evidence,
                repeat,
                ..attempt(Outcome::Proved, None)
            },
            Ok(Ended::Refused { reason, changed }) => Attempt {
                changed,
                ..attempt(Outcome::Refused, Some(reason))
            },
            Ok(Ended::Impossible(why)) => attempt(Outcome::NotReproducible, Some(why)),
            Err(Failure::Untried(why)) => attempt(Outcome::NotReproducible, Some(why.to_owned())),
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(Failure::Refused(why) | Failure::Stopped(why) | Failure::Broken(why)) => {
                attempt(Outcome::Failed, Some(why))
            }
        })
    }

    /// The line that marks what an attempt builds as this run's.
    fn label(&self) -> String {
        format!("LABEL {LABEL}={}", self.run)
    }

    /// The folder in which files of ours lie in a context.
    fn own_folder(&self) -> String {
        let short = self.run.rsplit('-').next().unwrap_or_default();
        format!(".plimsoll-{short}")
    }

    /// Builds and looks for tokens and digests. A refusal is an answer, not an error.
    fn build(&mut self, probe: &Probe<'_>, wanted: &[String]) -> Result<Built, Failure> {
        let mut search = Search::new(self.scene.token(), wanted);
        let dockerfile = probe.dockerfile.and_then(|path| {
            let absolute = self.scene.root().join(path.as_str());
            below(&absolute, &probe.ground.path)
        });
        let job = Job {
            packing: Packing {
                context: &probe.ground.path,
                dockerfile,
                builder: self.bench.builder(),
                extra: &probe.extra,
                replaced: &probe.replaced,
            },
            probe: &probe.text,
            args: &probe.args,
            runs: probe.runs,
            start: probe.start,
        };
        match self.bench.build(&job, &mut search) {
            Ok(()) => Ok(Built::Image(search)),
            Err(Failure::Refused(why)) => Ok(Built::Refused(why)),
            Err(failure) => Err(failure),
        }
    }

    /// Commands that make a build again. What can be shown of the files sent besides is written as text.
    fn repeat(&self, probe: &Probe<'_>, look: &str) -> Vec<String> {
        let mut lines = self.scene.repeat(self.root);
        for extra in &probe.extra {
            let path = format!("{}/{}", probe.ground.written, extra.path);
            match std::str::from_utf8(&extra.bytes) {
                Ok(text) if !text.contains('\0') => {
                    if let Some((folder, _)) = path.rsplit_once('/') {
                        lines.push(format!("mkdir -p {}", repeat::quoted_path(folder)));
                    }
                    lines.push(repeat::write_file(&path, text));
                }
                _ => lines.extend(crate::base::repeat(&path)),
            }
        }
        for (file, bytes) in &probe.replaced {
            let path = format!("{}/{file}", probe.ground.written);
            lines.push(repeat::write_file(&path, &String::from_utf8_lossy(bytes)));
        }
        // Without the mark of this run: it would make a later run sweep away what is built again by hand.
        let text = probe.text.replace(&format!("{}\n", self.label()), "");
        lines.push(repeat::write_file("$work/Dockerfile", &text));
        let context = &probe.ground.written;
        let built = self.bench.command(context, "$work/Dockerfile", &probe.args);
        lines.extend(built);
        lines.push(look.to_owned());
        lines
    }

    /// The arguments that the repository's own build passes, as far as they are fixed.
    fn passed(&self, build: &plimsoll_chain::Build) -> Vec<(String, String)> {
        let unit = self.chain.unit(build.unit);
        let invocation = unit.and_then(|unit| unit.invocation(build.invocation?));
        let arguments = invocation.into_iter().flat_map(|one| &one.arguments);
        arguments
            .filter_map(|argument| {
                let value = argument.value.as_ref()?.text()?;
                Some((argument.name.clone(), value))
            })
            .collect()
    }
}

/// What a build gave.
enum Built {
    Image(Search),
    Refused(String),
}

/// `path` relative to `folder`.
fn below(path: &Path, folder: &Path) -> Option<RootPath> {
    let relative = path.strip_prefix(folder).ok()?;
    RootPath::new(relative.to_str()?)
}

/// How messages name a Dockerfile.
fn named(unit: &Unit) -> String {
    format!("`{}`", unit.artifact.path)
}

/// `line` as one line of a message.
fn one_line(line: &str) -> String {
    let first = line.lines().next().unwrap_or_default();
    let mut text: String = first.chars().take(120).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}
