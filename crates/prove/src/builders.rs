//! The builders that attempts are made on.

mod buildah;
mod engine;

use std::time::Duration;

use plimsoll_model::Builder;

pub(crate) use buildah::Buildah;
pub(crate) use engine::EngineBench;

use crate::context_tar::Packing;
use crate::evidence::Search;
use crate::report::BuilderInfo;

/// Bytes of output a build may write.
pub(crate) const OUTPUT_LIMIT: u64 = 8 << 20;
/// Bytes of memory a step may use, where the builder heeds it.
pub(crate) const MEMORY_LIMIT: u64 = 512 << 20;

/// A build to be tried.
pub(crate) struct Job<'a> {
    /// What is sent.
    pub(crate) packing: Packing<'a>,
    /// The Dockerfile's text.
    pub(crate) probe: &'a str,
    pub(crate) args: &'a [(String, String)],
    /// Whether the Dockerfile runs commands.
    pub(crate) runs: bool,
    /// Whether a container of the image is run before it is looked through.
    pub(crate) start: bool,
}

/// Why a build gave no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The builder said no.
    Refused(String),
    /// It is not tried on this builder.
    Untried(&'static str),
    /// It took too long or wrote too much.
    Stopped(String),
    /// The builder is away, or the disk is full, or the like.
    Broken(String),
    /// The user asked to stop.
    Interrupted,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Broken(error.to_string())
    }
}

/// A builder that attempts are made on.
pub(crate) trait Bench {
    fn builder(&self) -> Builder;

    fn info(&self) -> BuilderInfo;

    /// Whether the builder has the image without fetching it.
    fn has_image(&self, name: &str) -> bool;

    /// Builds, looks through the image, and removes it.
    fn build(&mut self, job: &Job<'_>, search: &mut Search) -> Result<(), Failure>;

    /// Makes an image of one file under a name that an argument chooses; `None` where the builder cannot.
    fn make_image(&mut self, name: &str, path: &str, bytes: &[u8]) -> Option<Result<(), Failure>>;

    /// Removes such an image.
    fn remove_image(&mut self, name: &str);

    /// The command that makes the same build, with its Dockerfile at `dockerfile`.
    fn command(&self, context: &str, dockerfile: &str, args: &[(String, String)]) -> Vec<String>;
}

/// What a whole run shares: its limits and whether to stop.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'a> {
    /// How long one build may take.
    pub(crate) time_limit: Duration,
    pub(crate) is_cancelled: &'a dyn Fn() -> bool,
}

/// `--build-arg NAME=value` for each argument.
fn build_args(args: &[(String, String)]) -> String {
    let words = args.iter().map(|(name, value)| {
        let pair = crate::repeat::quoted(&format!("{name}={value}"));
        format!(" --build-arg {pair}")
    });
    words.collect()
}
