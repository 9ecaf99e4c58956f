//! Building an image: what is asked, what is told meanwhile, how it can end.

mod account;
mod drive;
mod lines;
mod query;

use std::io::Read;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

pub(crate) use drive::build;

use crate::EngineError;

/// The two builders inside an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineBuilder {
    /// `POST /build?version=2`.
    BuildKit,
    /// `POST /build`, one container a step.
    Classic,
}

impl EngineBuilder {
    /// Whether [`BuildLimits`] bind the steps of a build. BuildKit inside engine 20.10 takes none of them, so there only
    /// the limits of time and output hold.
    pub const fn keeps_limits(self) -> bool {
        matches!(self, EngineBuilder::Classic)
    }

    /// Whether it takes build secrets.
    pub const fn takes_secrets(self) -> bool {
        matches!(self, EngineBuilder::BuildKit)
    }
}

/// What a step may use, where the builder keeps it. An engine takes zero for no limit, so zero is none of the values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildLimits<'a> {
    /// Bytes of memory, swap included.
    pub memory: Option<NonZeroU64>,
    /// Thousandths of a processor.
    pub milli_cpus: Option<NonZeroU32>,
    /// The control group that steps run beneath. What bounds it, such as its number of processes, bounds them.
    pub cgroup_parent: Option<&'a str>,
}

/// A build secret: given to steps that mount it, kept in no layer.
#[derive(Clone)]
pub struct Secret {
    /// The id that `RUN --mount=type=secret,id=…` names.
    pub id: String,
    /// Its bytes.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A build to be done.
pub struct BuildRequest<'a> {
    /// By whom.
    pub builder: EngineBuilder,
    /// The context, a plain tar. It is read once and never held in memory whole.
    pub context: Box<dyn Read + Send + 'a>,
    /// The Dockerfile's path inside the context.
    pub dockerfile: &'a str,
    /// The tag of the image, `None` for an image without one.
    pub tag: Option<&'a str>,
    /// The stage to stop at.
    pub target: Option<&'a str>,
    /// Build arguments.
    pub args: &'a [(String, String)],
    /// Labels of the image.
    pub labels: &'a [(String, String)],
    /// The network of `RUN` steps, `none` for none.
    pub network: Option<&'a str>,
    /// Build secrets; only BuildKit takes any.
    pub secrets: &'a [Secret],
    /// What steps may use.
    pub limits: BuildLimits<'a>,
    /// Whether steps are run although their results are known.
    pub no_cache: bool,
    /// Whether base images are fetched anew. Where one is absent the engine fetches it in any case.
    pub pull: bool,
    /// How long the build may take.
    pub time_limit: Duration,
    /// How many bytes it may write.
    pub output_limit: u64,
}

impl<'a> BuildRequest<'a> {
    /// A build with no network, no secrets, no arguments, ten minutes and 64 MiB of output.
    pub fn new(builder: EngineBuilder, context: Box<dyn Read + Send + 'a>) -> BuildRequest<'a> {
        BuildRequest {
            builder,
            context,
            dockerfile: "Dockerfile",
            tag: None,
            target: None,
            args: &[],
            labels: &[],
            network: Some("none"),
            secrets: &[],
            limits: BuildLimits::default(),
            no_cache: false,
            pull: false,
            time_limit: Duration::from_secs(600),
            output_limit: 64 << 20,
        }
    }
}

/// Which of a step's two outputs; the classic builder does not tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogStream {
    Out,
    Error,
}

/// What a build tells, in the same words for both builders. Steps are numbered from 1 in the order they are first heard
/// of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent {
    /// A step began.
    StepStarted {
        /// Its number.
        step: u32,
        /// What it does, as the builder says it.
        name: String,
    },
    /// A step's result was known already.
    StepCached {
        /// Its number.
        step: u32,
    },
    /// A step is done.
    StepEnded {
        /// Its number.
        step: u32,
        /// Why it failed.
        error: Option<String>,
    },
    /// A line of output, without its end; long lines come in pieces.
    Log {
        /// The number of the step it belongs to, 0 where it belongs to none.
        step: u32,
        /// Which output.
        stream: LogStream,
        /// The text, as it is: hostile.
        text: String,
    },
}

/// A build that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOutcome {
    /// The id of the image, `sha256:…`.
    pub image: String,
    /// How many steps there were.
    pub steps: u32,
    /// How many of them were known already.
    pub cached: u32,
    /// Bytes of output.
    pub output: u64,
}

/// How a build can fail.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The engine cannot be reached, went away, or says what we do not understand.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The builder said no, or a step failed.
    #[error("the builder refused: {message}")]
    Refused {
        /// The step, where one had begun.
        step: Option<String>,
        /// What the builder said.
        message: String,
    },
    /// The builder cannot do what is asked.
    #[error("{0}")]
    Unsupported(&'static str),
    /// It took too long and was stopped.
    #[error("the build took longer than {} seconds and was stopped", .0.as_secs())]
    TimedOut(Duration),
    /// It wrote too much and was stopped.
    #[error("the build wrote more than {0} bytes and was stopped")]
    OutputLimit(u64),
    /// It was stopped because the caller asked.
    #[error("the build was cancelled")]
    Cancelled,
}
