//! Handing the sealed context to the engine, and what came of it.

use jiff::Timestamp;
use plimsoll_collect::Cancel;
use plimsoll_engine::{
    BuildError, BuildEvent, BuildLimits, BuildOutcome, BuildRequest, Engine, EngineBuilder,
    EngineError, LogStream, Secret,
};
use plimsoll_model::Builder;

use crate::policy::{Network, Pull};
use crate::prepare::Prepared;
use crate::refusal::{Reason, Refusal, masked};
use crate::secret_words::Mask;

/// An image the build stands on, as the engine has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseImage {
    /// As the Dockerfile names it.
    pub name: String,
    /// The digest of its configuration; `None` where the engine fetched it for the build.
    pub id: Option<String>,
    /// What registries call it.
    pub digests: Vec<String>,
}

/// A build that was done.
#[derive(Clone, Debug)]
pub struct Built {
    /// What the engine says of it.
    pub outcome: BuildOutcome,
    /// The images it stands on.
    pub bases: Vec<BaseImage>,
    /// The engine's version.
    pub engine: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was done.
    pub finished: Timestamp,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is refused after all.
    #[error("the build is refused")]
    Refused(Vec<Refusal>),
    /// The builder failed, or was stopped.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The sealed context cannot be read again.
    #[error("the sealed context: {0}")]
    Archive(std::io::Error),
}

impl From<EngineError> for RunError {
    fn from(error: EngineError) -> RunError {
        RunError::Build(BuildError::Engine(error))
    }
}

impl Prepared {
    /// Builds it. `tell` hears what the builder says, with secrets taken out.
    ///
    /// The engine is given the sealed context and nothing else: no credentials of registries, no agent, no folder.
    pub fn build(
        &self,
        engine: &Engine,
        tag: Option<&str>,
        secrets: &[Secret],
        tell: &mut dyn FnMut(BuildEvent),
        cancel: &Cancel,
    ) -> Result<Built, RunError> {
        let version = engine.reader().version().version.clone();
        let bases = self.bases(engine, secrets)?;
        let arguments = self.engine_arguments();
        let context = self
            .archive()
            .map_err(|error| RunError::Archive(masked_io(&error, &self.mask(secrets))))?;
        let context = Box::new(context);
        let mut request = BuildRequest::new(self.engine_builder(), context);
        request.dockerfile = self.dockerfile.as_str();
        request.tag = tag;
        request.target = self.plan.target.as_deref();
        request.args = &arguments;
        request.secrets = secrets;
        request.network = match self.policy.network {
            Network::None => Some("none"),
            Network::Default => None,
        };
        request.limits = BuildLimits {
            memory: self.policy.memory,
            milli_cpus: self.policy.milli_cpus,
            cgroup_parent: self.policy.cgroup_parent.as_deref(),
        };
        request.time_limit = self.policy.time_limit;
        request.output_limit = self.policy.output_limit;
        let mut mask = self.mask(secrets);
        let started = Timestamp::now();
        let mut masked = |event| tell(without_secrets(&mut mask, event));
        let outcome = engine.build(request, &mut masked, &|| cancel.is_cancelled());
        for (step, is_error, text) in mask.rest() {
            tell(log(step, is_error, text));
        }
        Ok(Built {
            outcome: outcome.map_err(|error| self.without_secrets(error, secrets))?,
            bases,
            engine: version,
            started,
            finished: Timestamp::now(),
        })
    }

    /// Which of the engine's builders is asked.
    pub fn engine_builder(&self) -> EngineBuilder {
        match self.builder {
            Builder::Buildkit => EngineBuilder::BuildKit,
            _ => EngineBuilder::Classic,
        }
    }

    /// The policy's limits that the builder does not keep, by their keys.
    pub fn unkept_limits(&self) -> Vec<&'static str> {
        if self.engine_builder().keeps_limits() {
            return Vec::new();
        }
        let policy = &self.policy;
        let set = [
            ("memory", policy.memory.is_some()),
            ("milli-cpus", policy.milli_cpus.is_some()),
            ("cgroup-parent", policy.cgroup_parent.is_some()),
        ];
        let unkept = set.into_iter().filter(|(_, is_set)| *is_set);
        unkept.map(|(key, _)| key).collect()
    }

    fn mask(&self, secrets: &[Secret]) -> Mask {
        let given = secrets.iter().map(|secret| secret.value.as_slice());
        Mask::of_arguments(&self.plan.arguments, given)
    }

    fn without_secrets(&self, error: BuildError, secrets: &[Secret]) -> BuildError {
        let mask = self.mask(secrets);
        match error {
            BuildError::Refused { step, message } => BuildError::Refused {
                step: step.map(|step| mask.text(&step)),
                message: mask.text(&message),
            },
            BuildError::Engine(error) => BuildError::Engine(masked_error(error, &mask)),
            BuildError::Unsupported(_)
            | BuildError::TimedOut(_)
            | BuildError::OutputLimit(_)
            | BuildError::Cancelled => error,
        }
    }

    /// The base images, which the engine must have unless the policy fetches them.
    fn bases(&self, engine: &Engine, secrets: &[Secret]) -> Result<Vec<BaseImage>, RunError> {
        let mut bases = Vec::new();
        let mut refusals = Vec::new();
        for (name, written) in &self.images {
            match engine.reader().image(name) {
                Ok(image) => bases.push(BaseImage {
                    name: written.clone(),
                    id: Some(image.id),
                    digests: image.repo_digests,
                }),
                Err(EngineError::NotFound(_)) if self.policy.pull == Pull::Missing => {
                    bases.push(BaseImage {
                        name: written.clone(),
                        id: None,
                        digests: Vec::new(),
                    });
                }
                Err(EngineError::NotFound(_)) => {
                    refusals.push(Refusal::new("image", written.clone(), Reason::AbsentImage));
                }
                Err(error) => {
                    return Err(self.without_secrets(error.into(), secrets).into());
                }
            }
        }
        match refusals.is_empty() {
            true => Ok(bases),
            false => Err(RunError::Refused(masked(refusals, &self.mask(secrets)))),
        }
    }
}

fn masked_error(error: EngineError, mask: &Mask) -> EngineError {
    match error {
        EngineError::Address(text) => EngineError::Address(mask.text(&text)),
        EngineError::Name(text) => EngineError::Name(mask.text(&text)),
        EngineError::Away(text) => EngineError::Away(mask.text(&text)),
        EngineError::NotFound(text) => EngineError::NotFound(mask.text(&text)),
        EngineError::Conflict(text) => EngineError::Conflict(mask.text(&text)),
        EngineError::Answer(text) => EngineError::Answer(mask.text(&text)),
        EngineError::Refused { status, message } => EngineError::Refused {
            status,
            message: mask.text(&message),
        },
        EngineError::Input(error) => EngineError::Input(masked_io(&error, mask)),
        EngineError::TimedOut(_) => error,
    }
}

fn masked_io(error: &std::io::Error, mask: &Mask) -> std::io::Error {
    std::io::Error::new(error.kind(), mask.text(&error.to_string()))
}

fn log(step: u32, is_error: bool, text: String) -> BuildEvent {
    let stream = match is_error {
        true => LogStream::Error,
        false => LogStream::Out,
    };
    BuildEvent::Log { step, stream, text }
}

fn without_secrets(mask: &mut Mask, event: BuildEvent) -> BuildEvent {
    match event {
        BuildEvent::StepStarted { step, name } => BuildEvent::StepStarted {
            step,
            name: mask.text(&name),
        },
        BuildEvent::StepCached { step } => BuildEvent::StepCached { step },
        BuildEvent::StepEnded { step, error } => BuildEvent::StepEnded {
            step,
            error: error.map(|error| mask.text(&error)),
        },
        BuildEvent::Log { step, stream, text } => {
            let is_error = stream == LogStream::Error;
            let text = mask.piece(step, is_error, &text);
            BuildEvent::Log { step, stream, text }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_engine_is_masked() {
        let mask = Mask::new([&b"hunter22"[..]]);
        let said = || "x hunter22".to_owned();
        for error in [
            EngineError::Address(said()),
            EngineError::Name(said()),
            EngineError::Away(said()),
            EngineError::NotFound(said()),
            EngineError::Conflict(said()),
            EngineError::Answer(said()),
            EngineError::Refused {
                status: 500,
                message: said(),
            },
            EngineError::Input(std::io::Error::other(said())),
        ] {
            let shown = masked_error(error, &mask).to_string();
            assert!(
                shown.contains("x ***") && !shown.contains("hunter22"),
                "{shown}"
            );
        }
    }
}
