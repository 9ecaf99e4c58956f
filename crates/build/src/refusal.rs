//! Why a build is refused: the field, its value, the reason.

use std::fmt;

use plimsoll_audit::masked_text;
use plimsoll_collect::SealReason;
use plimsoll_model::{RootPath, Severity, escape_text};
use plimsoll_simulate::resolve::Disguise;

use crate::secret_words::Mask;

/// One thing for which a build is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What said it: a manifest's field (`build.dockerBuildPath`), an option, a line of the Dockerfile.
    pub field: String,
    /// What it said; empty where there is nothing to show.
    pub value: String,
    /// Why that is refused.
    pub reason: Box<Reason>,
}

impl Refusal {
    pub(crate) fn new(
        field: impl Into<String>,
        value: impl Into<String>,
        reason: Reason,
    ) -> Refusal {
        Refusal {
            field: field.into(),
            value: value.into(),
            reason: Box::new(reason),
        }
    }
}

/// The refusals as they may be shown to whoever wrote the repository.
pub(crate) fn masked(mut refusals: Vec<Refusal>, mask: &Mask) -> Vec<Refusal> {
    let hide = |text: &mut String| *text = shown(text, mask);
    for refusal in &mut refusals {
        hide(&mut refusal.field);
        hide(&mut refusal.value);
        refusal.reason.texts().into_iter().for_each(hide);
    }
    refusals
}

/// A text as it may be shown to them.
pub(crate) fn shown(text: &str, mask: &Mask) -> String {
    masked_text(&without_userinfo(&mask.text(text)))
}

/// The text without what addresses in it hold before their host.
fn without_userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let ends = |c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace();
        let authority = behind.split(ends).next().unwrap_or_default();
        rest = match authority.rfind('@') {
            Some(at) => {
                out.push_str("***");
                behind.get(at..).unwrap_or_default()
            }
            None => behind,
        };
    }
    out.push_str(rest);
    out
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = escape_text(&self.field);
        if self.value.is_empty() {
            return write!(f, "{field}: {}", self.reason);
        }
        write!(f, "{field}: `{}` {}", escape_text(&self.value), self.reason)
    }
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Reason {
    #[error("leads out of the repository")]
    OutsideRoot,
    #[error("is an absolute path: only paths inside the repository are built")]
    Absolute,
    #[error("leads to a home directory: only paths inside the repository are built")]
    Home,
    #[error("depends on the builder's environment ({})", names(.0))]
    Environment(Vec<String>),
    #[error("leads out of the repository through the link `{}` to `{}`", escape_text(link.as_str()), escape_text(target))]
    LinkOut { link: RootPath, target: String },
    #[error("leads through links in a circle")]
    LinkLoop,
    #[error("holds a control character")]
    ControlCharacter,
    #[error("can be read as another path: {}", disguise(*.0))]
    Ambiguous(Disguise),
    #[error("is another place when `..` is taken after its links are followed")]
    AmbiguousLinks,
    #[error("is an address: only what the repository holds is built")]
    Remote,
    #[error("is no build context that can be sealed")]
    NotAFolderContext,
    #[error("is not there")]
    Missing,
    #[error("is not a folder")]
    NotAFolder,
    #[error("is not a regular file")]
    NotAFile,
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    #[error("lies in a submodule, which is another repository")]
    Submodule,
    #[error("is not valid: {0}")]
    Invalid(String),
    #[error("asks for no build of an image")]
    NoBuild,
    #[error("asks for several builds: name one of {}", names(.0))]
    SeveralBuilds(Vec<String>),
    #[error("hands the build to a foreign frontend")]
    ForeignFrontend,
    #[error("takes a part of the builder's host")]
    HostAccess,
    #[error("mounts an SSH agent: none is given to a build")]
    SshMount,
    #[error("mounts a secret that this build is not given")]
    UnknownSecret,
    #[error("mounts a cache that other builds share: set `cache-namespace` in the policy")]
    SharedCache,
    #[error("cannot be told before the build runs")]
    Unknown,
    #[error("reads outside the context")]
    LeavesContext,
    #[error("downloads from an address that the policy does not allow")]
    Download,
    #[error("is an image that the policy does not allow")]
    ForeignImage,
    #[error("is an image that the engine does not have, and the policy fetches none")]
    AbsentImage,
    #[error("is a further build context: only one is sealed")]
    NamedContext,
    #[error("is a secret named by the repository: secrets are the operator's to give")]
    RepositorySecret,
    #[error("is not a name that stages have")]
    NoSuchTarget,
    #[error("is a build argument that the policy does not declare")]
    UndeclaredArgument,
    #[error("is not among the values that the policy allows for it")]
    ArgumentValue,
    #[error(
        "is a file of credentials ({0}): leave it out with an ignore file, or give it as a build secret"
    )]
    CredentialFile(&'static str),
    #[error("{0}")]
    Seal(SealReason),
    #[error("the audit found {rule} ({severity}) at {place}: {title}")]
    Finding {
        rule: String,
        severity: Severity,
        place: String,
        title: String,
    },
    #[error("the audit could not be finished: {0}")]
    NotAudited(String),
}

impl Reason {
    /// The texts in it that somebody else wrote.
    fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Reason::Environment(texts) | Reason::SeveralBuilds(texts) => texts.iter_mut().collect(),
            Reason::LinkOut { target, .. } => vec![target],
            Reason::Invalid(text) | Reason::NotAudited(text) => vec![text],
            Reason::Finding { place, title, .. } => vec![place, title],
            _ => Vec::new(),
        }
    }

    /// A name for programs: kebab-case, never reused.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::OutsideRoot => "outside-root",
            Reason::Absolute => "absolute",
            Reason::Home => "home",
            Reason::Environment(_) => "environment",
            Reason::LinkOut { .. } => "link-out",
            Reason::LinkLoop => "link-loop",
            Reason::ControlCharacter => "control-character",
            Reason::Ambiguous(_) => "ambiguous",
            Reason::AmbiguousLinks => "ambiguous-links",
            Reason::Remote => "remote",
            Reason::NotAFolderContext => "no-folder-context",
            Reason::Missing => "missing",
            Reason::NotAFolder => "not-a-folder",
            Reason::NotAFile => "not-a-file",
            Reason::TooLarge(_) => "too-large",
            Reason::Submodule => "submodule",
            Reason::Invalid(_) => "invalid",
            Reason::NoBuild => "no-build",
            Reason::SeveralBuilds(_) => "several-builds",
            Reason::ForeignFrontend => "foreign-frontend",
            Reason::HostAccess => "host-access",
            Reason::SshMount => "ssh-mount",
            Reason::UnknownSecret => "unknown-secret",
            Reason::SharedCache => "shared-cache",
            Reason::Unknown => "unknown",
            Reason::LeavesContext => "leaves-context",
            Reason::Download => "download",
            Reason::ForeignImage => "foreign-image",
            Reason::AbsentImage => "absent-image",
            Reason::NamedContext => "named-context",
            Reason::RepositorySecret => "repository-secret",
            Reason::NoSuchTarget => "no-such-target",
            Reason::UndeclaredArgument => "undeclared-argument",
            Reason::ArgumentValue => "argument-value",
            Reason::CredentialFile(_) => "credential-file",
            Reason::Seal(reason) => seal_code(reason),
            Reason::Finding { .. } => "finding",
            Reason::NotAudited(_) => "not-audited",
        }
    }
}

fn seal_code(reason: &SealReason) -> &'static str {
    match reason {
        SealReason::LinkLeaves { .. } => "context-link-out",
        SealReason::LinkLoop => "context-link-loop",
        SealReason::Device => "context-device",
        SealReason::Fifo => "context-fifo",
        SealReason::Socket => "context-socket",
        SealReason::NameControl => "context-name-control",
        SealReason::NameNotText => "context-name-not-text",
        SealReason::SwappedForLink => "context-swapped-for-link",
        SealReason::Swapped => "context-swapped",
        SealReason::Changed => "context-changed",
        SealReason::HardLinkOutside { .. } => "context-hard-link-outside",
        SealReason::TooDeep { .. } => "context-too-deep",
        SealReason::TooManyEntries { .. } => "context-too-many-entries",
        SealReason::TooManyBytes { .. } => "context-too-many-bytes",
        SealReason::Reserved => "context-reserved-name",
        SealReason::Inspected(_) => "context-credential",
    }
}

fn disguise(disguise: Disguise) -> &'static str {
    match disguise {
        Disguise::SurroundingBlanks => "its blanks may be trimmed",
        Disguise::Backslash => "its backslashes may be separators",
        Disguise::PercentEncoding => "its percent signs may be decoded",
    }
}

fn names(names: &[String]) -> String {
    let quoted = names.iter().map(|name| format!("`{}`", escape_text(name)));
    quoted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refusals_show_is_masked() {
        let mask = Mask::new([&b"hunter22"[..]]);
        for (value, expected) in [
            ("../hunter22", "../***"),
            (
                "https://user:pw@example.invalid/x",
                "https://***@example.invalid/x",
            ),
            ("https://a@b:c@host/x@y", "https://***@host/x@y"),
            (
                "https://example.invalid/@scope",
                "https://example.invalid/@scope",
            ),
            ("$NPM_TOKEN", "$NPM_TOKEN"),
        ] {
            let reason = Reason::Invalid(format!("not {value}"));
            let all = masked(vec![Refusal::new("field", value, reason)], &mask);
            assert_eq!(all[0].value, expected);
            assert_eq!(*all[0].reason, Reason::Invalid(format!("not {expected}")));
        }
    }
}
