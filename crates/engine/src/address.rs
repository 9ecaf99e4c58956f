//! Where an engine listens.

use std::path::{Path, PathBuf};

use crate::EngineError;

/// The socket of an engine where nothing else is said.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The Unix socket an engine listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineAddress(PathBuf);

impl EngineAddress {
    /// What the value of `DOCKER_HOST` means; the default socket where it is absent or empty. Engines behind TCP or SSH
    /// are refused: what is sent to them leaves the machine.
    pub fn from_docker_host(value: Option<&str>) -> Result<EngineAddress, EngineError> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Ok(EngineAddress(PathBuf::from(DEFAULT_SOCKET)));
        };
        match value.strip_prefix("unix://") {
            Some(path) if path.starts_with('/') => Ok(EngineAddress(PathBuf::from(path))),
            _ => Err(EngineError::Address(value.to_owned())),
        }
    }

    /// The socket at `path`.
    pub fn socket(path: impl Into<PathBuf>) -> EngineAddress {
        EngineAddress(path.into())
    }

    /// The path of the socket.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// As `DOCKER_HOST` writes it.
    pub fn to_docker_host(&self) -> String {
        format!("unix://{}", self.0.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_host_is_a_socket_or_refused() {
        for (value, path) in [
            (None, Some("/var/run/docker.sock")),
            (Some(""), Some("/var/run/docker.sock")),
            (Some("unix:///run/x.sock"), Some("/run/x.sock")),
            (Some("unix://relative.sock"), None),
            (Some("tcp://10.0.0.1:2375"), None),
            (Some("ssh://host"), None),
            (Some("/run/x.sock"), None),
        ] {
            let address = EngineAddress::from_docker_host(value).ok();
            let found = address.as_ref().map(|address| address.path());
            assert_eq!(found, path.map(Path::new), "{value:?}");
        }
    }
}
