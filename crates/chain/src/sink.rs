//! Where a build argument lands inside one Dockerfile: the summary that is valid for any caller.

use plimsoll_model::{Span, WitnessKind};

/// One way of one argument into one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentSink {
    /// The argument.
    pub argument: String,
    /// Where it is declared (its name in the ARG that the flow starts at).
    pub declaration: Span,
    /// The stage in which the sink stands, by index.
    pub stage: usize,
    /// The sink's instruction, as an index into the file's.
    pub index: usize,
    /// What happens to the value between declaration and sink, in order.
    pub steps: Vec<Step>,
    /// What the value reaches.
    pub kind: SinkKind,
    /// The word it lands in.
    pub word: Span,
    /// The instruction that holds the word.
    pub instruction: Span,
    /// A concrete value that an attacker would give.
    pub input: String,
    /// What the word becomes with that value, resolved as far as the kind allows.
    pub resolves_to: String,
    /// The check that the value cannot pass, where one stands before the sink.
    pub guard: Option<Guard>,
}

/// A step of a value inside a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What happens.
    pub message: String,
}

/// A check that the value cannot pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The check.
    pub span: Span,
    /// What it lets pass, in words.
    pub lets_pass: String,
}

/// What a value reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkKind {
    /// The source of a COPY or ADD from the context.
    CopySource,
    /// The destination of a COPY or ADD.
    CopyDestination,
    /// WORKDIR.
    Workdir,
    /// The source of a bind or cache mount.
    MountSource,
    /// The name under which a builder keeps a cache mount.
    CacheName,
    /// Which of the secrets or agent sockets given to the build a mount shows.
    Secret,
    /// Where a mount shows a secret or agent socket.
    SecretTarget,
    /// The image of a FROM, COPY --from or mount. `fixed` names the part that the text before the value fixes.
    BaseImage {
        /// The literal text before the value, where it fixes the repository.
        fixed: Option<String>,
    },
    /// The address of an ADD, or of a command that fetches.
    Download {
        /// What fetches it, as a clause.
        reason: String,
        /// The literal text before the value, where it fixes the host.
        fixed: Option<String>,
    },
    /// Parsed as code by a shell or an interpreter.
    Command {
        /// Which and why, as a clause: "`eval` parses it as shell code".
        reason: String,
    },
    /// May become an option of a command whose options run, read, write or fetch.
    Option {
        /// The command.
        command: String,
        /// Why, as a clause.
        reason: String,
    },
    /// Unquoted in a command whose options we know nothing of.
    UnquotedWord {
        /// The command.
        command: String,
    },
    /// A file written to by a redirection.
    WrittenFile,
    /// The address or code fetched by a command (`curl "$URL" | sh`).
    FetchedCode {
        /// As a clause.
        reason: String,
    },
    /// A variable that programs read by themselves (`LD_PRELOAD`, `PIP_INDEX_URL`).
    ProgramVariable {
        /// Its name.
        name: String,
        /// What reading it means.
        effect: &'static str,
        /// The kind of witness it makes.
        witness: WitnessKind,
    },
    /// Parsed by the shell of an ENTRYPOINT or CMD when a container starts.
    Entrypoint {
        /// As a clause.
        reason: String,
    },
}

impl SinkKind {
    /// The kind of witness such a sink makes.
    pub fn witness_kind(&self) -> WitnessKind {
        match self {
            SinkKind::CopySource
            | SinkKind::CopyDestination
            | SinkKind::Workdir
            | SinkKind::MountSource
            | SinkKind::CacheName
            | SinkKind::WrittenFile => WitnessKind::PathChoice,
            SinkKind::Secret | SinkKind::SecretTarget => WitnessKind::SecretExposure,
            SinkKind::BaseImage { .. } => WitnessKind::ImageChoice,
            SinkKind::Download { .. } => WitnessKind::UrlChoice,
            SinkKind::Command { .. }
            | SinkKind::Entrypoint { .. }
            | SinkKind::FetchedCode { .. } => WitnessKind::CommandInjection,
            SinkKind::Option { .. } | SinkKind::UnquotedWord { .. } => WitnessKind::OptionInjection,
            SinkKind::ProgramVariable { witness, .. } => *witness,
        }
    }
}

/// A check of a variable by a RUN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The variable checked.
    pub variable: String,
    /// The arguments its value comes from.
    pub arguments: Vec<String>,
    /// The check.
    pub span: Span,
    /// The stage in which it stands.
    pub stage: usize,
    /// The instruction, as an index into the file's.
    pub instruction: usize,
    /// What it lets pass, in words.
    pub lets_pass: String,
    /// What is wrong with it by itself; nothing for a check that stops a value.
    pub fault: Option<ValidationFault>,
}

/// What is wrong with a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationFault {
    /// The build goes on whatever the value is.
    CannotFail,
    /// The build ends whatever the value is.
    CannotPass,
    /// It lets values pass that harm; no finding by itself, but no guard either.
    Weak,
}
