//! What a manifest or a command line asks a builder to do: context, Dockerfile, arguments, and who says so.
//!
//! Front ends make these; the chain resolves them against the inventory. A front end states what is written and the
//! base folder the format's documentation names; it never looks whether a file exists.

use std::collections::BTreeSet;

use plimsoll_model::{Builder, Label, RootPath, Span};
use plimsoll_parse::SourceText;

/// One build that a file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInvocation {
    /// The bytes that ask for it (the service, the target, the command), for messages about the whole build.
    pub span: Span,
    /// What the file calls it: a service, a bake target, a job.
    pub name: Option<String>,
    /// What runs the build.
    pub tool: Tool,
    /// What is sent to the builder.
    pub context: ContextField,
    /// Which Dockerfile.
    pub dockerfile: DockerfileField,
    /// The stage asked for, last stage if none.
    pub target: Option<FieldValue>,
    /// Build arguments passed.
    pub arguments: Vec<BuildArgument>,
    /// Further contexts by name (`additional_contexts`, `contexts`, `--build-context`).
    pub named_contexts: Vec<NamedContext>,
    /// Files given to the build as secrets or read for it by the client (`secrets`, `--secret src=`).
    pub secret_files: Vec<PathField>,
    /// What of the builder's host the build is given (`--network=host`, `privileged`).
    pub host_access: Vec<HostAccess>,
}

/// A part of the host that a build is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAccess {
    /// The bytes that give it.
    pub span: Span,
    /// Which part.
    pub what: HostPart,
    /// The option or field and its value, as a user writes them.
    pub written: String,
}

/// Which part of the host a build is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPart {
    /// Its network, loopback included.
    Network,
    /// All capabilities and devices, without the sandbox.
    Insecure,
}

/// What runs a build, as far as the file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `docker build`, Compose or a platform that does not say: BuildKit or the classic builder.
    Docker,
    /// Buildx, bake, `docker/build-push-action`: BuildKit.
    Buildx,
    /// Kaniko's executor.
    Kaniko,
    /// Buildah or Podman.
    Buildah,
}

impl Tool {
    /// The builders that may run it; severity counts these.
    pub const fn builders(self) -> &'static [Builder] {
        match self {
            Tool::Docker => &[Builder::Buildkit, Builder::Classic],
            Tool::Buildx => &[Builder::Buildkit],
            Tool::Kaniko => &[Builder::Kaniko],
            Tool::Buildah => &[Builder::Buildah],
        }
    }
}

/// What is sent to the builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextField {
    /// A folder named by a field.
    Path(PathField),
    /// No field says so; the format's default folder.
    Default(RootPath),
    /// A git repository; the builder checks it out itself.
    Git {
        /// The field, with the address as written.
        field: PathField,
        /// The subdirectory of the checkout (`#ref:subdir`) with its bytes, where one is written.
        subdirectory: Option<(String, Span)>,
    },
    /// A remote archive or another address.
    Url(PathField),
    /// Another build's result (`target:`, `service:`), an image (`docker-image://`), standard input, or nothing.
    Other,
}

/// Which Dockerfile a build uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DockerfileField {
    /// No field says so: `Dockerfile` in the context (or `Containerfile` first, for Buildah).
    Default,
    /// A field names a path. `bases` are the folders it may be relative to, the documented one first; the chain
    /// takes the first under which the file exists and mentions it when that is not the documented one.
    Path {
        /// The field.
        field: PathField,
        /// Candidate bases.
        bases: Vec<DockerfileBase>,
    },
    /// A field names an address to fetch.
    Url(PathField),
    /// The Dockerfile's text stands in the manifest.
    Inline(SourceText),
    /// There is none (an image is only pulled, buildpacks build).
    None,
}

/// What a Dockerfile path is relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DockerfileBase {
    /// The build's context.
    Context,
    /// A fixed folder.
    Folder(RootPath),
}

/// A field that names a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathField {
    /// The field's name as its documentation writes it, e.g. `build.dockerBuildPath`, `services.api.build.context`.
    pub name: String,
    /// What is written.
    pub value: FieldValue,
    /// The folder it is relative to.
    pub base: RootPath,
    /// Where the base is not fixed by the file itself, what was assumed, as a clause for messages
    /// ("bake reads paths from its working directory, taken to be the folder of this file").
    pub assumption: Option<&'static str>,
}

/// A field's value with its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldValue {
    /// The value's bytes, quotes excluded.
    pub span: Span,
    /// As written, unescaped.
    pub raw: String,
    /// The pieces, in order. A constant is one `Literal` (none for the empty string).
    pub pieces: Vec<FieldPiece>,
}

/// A piece of a field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldPiece {
    /// Text that stands there.
    Literal(String),
    /// A variable of the environment the tool runs in (`${CTX:-..}`), or of the file itself with its default.
    Variable {
        /// Its name.
        name: String,
        /// What it is where nobody sets it.
        default: Option<String>,
    },
    /// A variable that a file of the project sets where the environment does not (Compose's `.env`).
    Set {
        /// Its name.
        name: String,
        /// What the file sets it to.
        value: String,
        /// Where.
        at: Label,
    },
    /// Something else computes it (`${{ … }}`, a function call); the text as written.
    Expression(String),
}

/// What a value comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Nothing but literal text.
    Constant(String),
    /// The text when every variable that has a default keeps it; names of those variables.
    Defaults(String, Vec<String>),
    /// Some piece has no default; names or texts of those pieces.
    Unknown(Vec<String>),
}

impl FieldValue {
    /// A constant.
    pub fn constant(text: impl Into<String>, span: Span) -> FieldValue {
        let raw = text.into();
        let pieces = if raw.is_empty() {
            Vec::new()
        } else {
            vec![FieldPiece::Literal(raw.clone())]
        };
        FieldValue { span, raw, pieces }
    }

    /// The text, as far as the file fixes it.
    pub fn resolve(&self) -> Resolved {
        let mut text = String::new();
        let mut defaulted = Vec::new();
        let mut unknown = Vec::new();
        for piece in &self.pieces {
            match piece {
                FieldPiece::Literal(literal) => text.push_str(literal),
                FieldPiece::Variable {
                    name,
                    default: Some(default),
                } => {
                    text.push_str(default);
                    defaulted.push(name.clone());
                }
                FieldPiece::Set { name, value, .. } => {
                    text.push_str(value);
                    defaulted.push(name.clone());
                }
                FieldPiece::Variable {
                    name,
                    default: None,
                } => unknown.push(name.clone()),
                FieldPiece::Expression(written) => unknown.push(written.clone()),
            }
        }
        if !unknown.is_empty() {
            Resolved::Unknown(unknown)
        } else if defaulted.is_empty() {
            Resolved::Constant(text)
        } else {
            Resolved::Defaults(text, defaulted)
        }
    }

    /// The text where it is constant or all defaults.
    pub fn text(&self) -> Option<String> {
        match self.resolve() {
            Resolved::Constant(text) | Resolved::Defaults(text, _) => Some(text),
            Resolved::Unknown(_) => None,
        }
    }
}

/// A build argument passed to a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildArgument {
    /// Its name.
    pub name: String,
    /// The bytes of the whole entry.
    pub span: Span,
    /// What is passed; `None` where it is taken from the variable of that name in the tool's environment.
    pub value: Option<FieldValue>,
}

/// A further context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedContext {
    /// The name Dockerfiles use in `--from=` and `FROM`.
    pub name: String,
    /// What it stands for.
    pub context: ContextField,
}

/// A file that a manifest has its tool read from the host, other than for a build's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    /// What it is read for.
    pub purpose: FilePurpose,
    /// The path.
    pub field: PathField,
    /// What the paths in a manifest that is named are relative to.
    pub project: Project,
}

/// What the paths in a Compose file are relative to, as the file or command says that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Project {
    /// Its own folder.
    OwnFolder,
    /// A folder (`include[].project_directory`, `--project-directory`).
    Folder(PathField),
    /// The folder of another Compose file, the first of several.
    FolderOf(PathField),
}

/// What a referenced file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePurpose {
    /// Another manifest whose content becomes part of this one (`include`, `extends.file`, `dockerComposeFile`).
    Manifest,
    /// A file of `docker buildx bake`, whose form its name tells.
    BakeFile,
    /// Variables (`env_file`).
    Environment,
    /// What is copied into a running container as it changes (`develop.watch[].path`).
    Watched,
    /// A secret or config given to a container (`secrets.*.file`, `configs.*.file`).
    SecretOrConfig,
    /// A file copied into the result (`assets`, `[[files]]`).
    Asset,
    /// The rules that say what the build leaves out (`ignorefile`).
    IgnoreFile,
    /// Whatever the paths of an included manifest name; a folder (`include[].project_directory`).
    ProjectDirectory,
    /// A secret given to a build (`--secret id=x,src=…`).
    BuildSecret,
}

/// All that a front end reads from one manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The builds it asks for.
    pub invocations: Vec<BuildInvocation>,
    /// The files it has the tool read.
    pub references: Vec<FileReference>,
    /// The bounds that were reached, in words.
    pub cut: BTreeSet<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_resolve_as_far_as_the_file_fixes_them() {
        let span = Span::new(0, 1);
        assert_eq!(
            FieldValue::constant("..", span).resolve(),
            Resolved::Constant("..".to_owned())
        );
        let variable = |default: Option<&str>| FieldPiece::Variable {
            name: "CTX".to_owned(),
            default: default.map(str::to_owned),
        };
        let value = |pieces| FieldValue {
            span,
            raw: String::new(),
            pieces,
        };
        assert_eq!(
            value(vec![
                variable(Some("..")),
                FieldPiece::Literal("/x".to_owned())
            ])
            .resolve(),
            Resolved::Defaults("../x".to_owned(), vec!["CTX".to_owned()])
        );
        assert_eq!(
            value(vec![variable(None)]).resolve(),
            Resolved::Unknown(vec!["CTX".to_owned()])
        );
    }
}
