//! What can go wrong when asking an engine, builds aside.

/// Why an engine did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// `DOCKER_HOST` names something other than a Unix socket.
    #[error(
        "the engine address `{0}` is not a Unix socket: only `unix:///path` is spoken, so that nothing leaves this machine"
    )]
    Address(String),
    /// What was asked for is no name of an image or container.
    #[error("`{0}` is no name of an image or container")]
    Name(String),
    /// Nobody answers at the socket, or the connection broke.
    #[error("the engine is away: {0}")]
    Away(String),
    /// The engine knows no such image or container.
    #[error("the engine knows no such thing: {0}")]
    NotFound(String),
    /// The engine is in a state that forbids it.
    #[error("the engine says it conflicts: {0}")]
    Conflict(String),
    /// The engine said no.
    #[error("the engine refused ({status}): {message}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The engine did not answer in time.
    #[error("the engine did not answer within {0} seconds")]
    TimedOut(u64),
    /// The engine's answer is more than we take, or not what its interface says.
    #[error("the engine's answer is not understood: {0}")]
    Answer(String),
    /// What was to be sent could not be read.
    #[error("what was to be sent could not be read: {0}")]
    Input(std::io::Error),
}
