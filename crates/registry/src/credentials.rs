//! What shows a registry who asks, and where users keep it: as Docker and Podman do.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plimsoll_parse::ImageReference;
use zeroize::Zeroizing;

use crate::config_file::ConfigFile;
use crate::helper;

/// Bytes of a file of credentials.
const MAX_FILE: u64 = 1 << 20;
/// The name under which Docker keeps the credentials of the default registry.
const DEFAULT_KEY: &str = "https://index.docker.io/v1/";

/// A text that must not be seen: it cannot be printed, and its memory is overwritten.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// To send it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// What a user has for a registry.
#[derive(Clone)]
pub(crate) enum Credentials {
    Password {
        user: String,
        password: Secret,
    },
    /// What a token service gives tokens for.
    Identity(Secret),
    /// A token as the registry takes it.
    Registry(Secret),
}

impl Credentials {
    /// As the header of HTTP's basic authentication has them.
    pub(crate) fn basic(&self) -> Option<Secret> {
        let Credentials::Password { user, password } = self else {
            return None;
        };
        let pair = Zeroizing::new(format!("{user}:{}", password.reveal()));
        Some(Secret::new(format!(
            "Basic {}",
            STANDARD.encode(pair.as_bytes())
        )))
    }
}

/// What was found for a registry, and what stood in the way of finding it.
pub(crate) struct Login {
    pub(crate) credentials: Option<Credentials>,
    pub(crate) problems: Vec<String>,
}

/// Names that credentials for one image may be kept under.
pub(crate) struct Keys {
    /// What the registry is called, and what helpers are asked for.
    pub(crate) server: String,
    /// The repository, the folders above it and the registry: whoever names more of the path is meant.
    pub(crate) names: Vec<String>,
}

impl Keys {
    pub(crate) fn of(reference: &ImageReference) -> Keys {
        let whole = format!("{}/{}", reference.domain(), reference.path());
        let slashes = whole
            .rmatch_indices('/')
            .filter_map(|(at, _)| whole.get(..at));
        let names = std::iter::once(whole.as_str()).chain(slashes);
        let server = match reference.is_of_default_registry() {
            true => DEFAULT_KEY,
            false => reference.domain(),
        };
        Keys {
            server: server.to_owned(),
            names: names.map(str::to_owned).collect(),
        }
    }
}

/// Files with a user's credentials, in the order in which they are asked, and where helpers lie.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    files: Vec<PathBuf>,
    search_path: OsString,
}

impl CredentialFiles {
    /// Those of the user who runs us: `REGISTRY_AUTH_FILE`, `config.json` in `DOCKER_CONFIG` or `~/.docker`, and
    /// `containers/auth.json` in `XDG_RUNTIME_DIR`.
    pub fn of_user() -> CredentialFiles {
        let folder = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let docker = folder("DOCKER_CONFIG").or_else(|| Some(folder("HOME")?.join(".docker")));
        let files = [
            folder("REGISTRY_AUTH_FILE"),
            docker.map(|folder| folder.join("config.json")),
            folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        ];
        CredentialFiles {
            files: files.into_iter().flatten().collect(),
            search_path: env::var_os("PATH").unwrap_or_default(),
        }
    }

    /// These files, with helpers in the folders of `search_path`.
    pub fn new(files: Vec<PathBuf>, search_path: OsString) -> CredentialFiles {
        CredentialFiles { files, search_path }
    }

    /// What the first file that knows the registry has for it.
    pub(crate) fn login(&self, reference: &ImageReference) -> Login {
        let keys = Keys::of(reference);
        let mut problems = Vec::new();
        for path in &self.files {
            match self.look(path, &keys, &mut problems) {
                Ok(None) => {}
                Ok(credentials) => {
                    return Login {
                        credentials,
                        problems,
                    };
                }
                Err(problem) => problems.push(problem),
            }
        }
        Login {
            credentials: None,
            problems,
        }
    }

    fn look(
        &self,
        path: &Path,
        keys: &Keys,
        problems: &mut Vec<String>,
    ) -> Result<Option<Credentials>, String> {
        let shown = path.display();
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("`{shown}` is not read: {error}")),
        };
        // The message of the parser would show what it read.
        let file = ConfigFile::parse(&bytes)
            .map_err(|line| format!("`{shown}` is not understood at line {line}"))?;
        if let Some(name) = file.helper(keys) {
            match helper::ask(name, &keys.server, &self.search_path, helper::LIMIT) {
                Ok(None) => {}
                Ok(credentials) => return Ok(credentials),
                Err(problem) => problems.push(problem),
            }
        }
        file.credentials(keys)
            .map_err(|problem| format!("`{shown}`: {problem}"))
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it has more than 1 MiB"));
    }
    Ok(bytes)
}
