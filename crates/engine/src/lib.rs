//! The client of a Docker engine: blocking calls over its Unix socket.
//!
//! [`EngineReader`] only asks; [`Engine`] also builds, loads, tags and removes. Both speak to the socket and to nothing
//! else: no registry, no credentials of the caller. Nothing of the asynchronous machinery underneath is seen outside.

mod address;
mod build;
mod engine;
mod error;
mod http;
mod json_stream;
mod name;
mod random;
mod reader;
mod session;
mod trace;
mod transfer;
mod types;

pub use address::EngineAddress;
pub use build::{
    BuildError, BuildEvent, BuildLimits, BuildOutcome, BuildRequest, EngineBuilder, LogStream,
    Secret,
};
pub use engine::{ContainerRequest, Engine};
pub use error::EngineError;
pub use name::is_image_name;
pub use random::random_hex;
pub use reader::{ByteStream, EngineReader};
pub use types::{
    Change, ChangeKind, ContainerInspect, ContainerSummary, EngineVersion, HistoryEntry,
    ImageConfig, ImageInspect, ImageSummary,
};
