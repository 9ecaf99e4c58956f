//! What can go wrong when asking a registry. No message holds a credential, or what a server wrote freely.

/// Why a registry did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It has no such image or blob.
    #[error("{0}")]
    Absent(String),
    /// It does not let us.
    #[error("{0}")]
    Denied(String),
    /// It is away, busy, or answers what no registry answers.
    #[error("{0}")]
    Failed(String),
}
