//! A credential that was seen in a file, described without the credential itself.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Confidence, Excerpt, Origin, Position, RootPath, Severity, Span};

/// A credential seen at one place. It tells what was seen and never holds the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The form that was recognised, such as `github-fine-grained-token`.
    pub form: &'static str,
    /// Who issued it, as the issuer writes its name.
    pub provider: &'static str,
    /// What it is, in words: `GitHub fine-grained personal access token`.
    pub name: &'static str,
    /// What its holder can do, as one clause; empty where nothing is known.
    pub grants: &'static str,
    /// Where in an archive it stands, where the file is one; places are those of the file inside.
    pub inside: Option<RootPath>,
    /// Where it stands in the file.
    pub span: Span,
    /// The place of its first byte.
    pub start: Position,
    /// The place behind its last byte.
    pub end: Position,
    /// Prefix and length, for people.
    pub shown: String,
    /// A digest of the value, hex, the same wherever the value stands; `None` where the value is too easily guessed for a
    /// digest to hide it.
    pub digest: Option<String>,
    /// How bad it is in a stranger's hands.
    pub severity: Severity,
    /// How sure we are that it is a credential that works or worked.
    pub confidence: Confidence,
    /// What the value says about itself: account, scope, expiry.
    pub facts: Vec<Fact>,
    /// The lines around it, masked.
    pub excerpt: Option<Excerpt>,
    /// Why it is taken for no credential that counts, where it is.
    pub suppressed: Option<String>,
    /// A comment at the place that asks to let it be, ours or another tool's, from its marker on.
    pub remark: Option<String>,
    /// Other tools' ids for this form.
    pub aliases: &'static [&'static str],
    /// By which a run that is to reveal values finds this one; `None` in every other.
    pub raw: Option<RawTicket>,
}

impl Sighting {
    /// The file it stands in, seen in the file at `path`: that, or what is inside of it.
    pub fn place(&self, path: &RootPath) -> RootPath {
        match &self.inside {
            Some(inside) => path.member(inside),
            None => path.clone(),
        }
    }
}

/// What a value is found by where values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawTicket(pub u32);

/// Something a credential says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// What it is about: `account`, `scope`, `expires`.
    pub name: String,
    /// What it says. Never secret.
    pub value: String,
}

/// A credential in a place that is no file of the tree: a commit, a layer of an image, an image's configuration.
#[derive(Clone, Debug)]
pub struct StoredSighting {
    /// The file, or for a message or a configuration field its name.
    pub path: RootPath,
    /// The place it stands in.
    pub origin: Origin,
    /// What was seen.
    pub sighting: Arc<Sighting>,
    /// What is known about how it is stored.
    pub storage: Storage,
}

/// How a credential is stored, beyond the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In the history of a git repository.
    History(HistoryPlace),
    /// In a layer or the configuration of an image.
    Image(ImagePlace),
}

/// What of a history holds a credential.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryHolder {
    /// A file.
    #[default]
    File,
    /// The message of a commit: there is no file, and no path.
    CommitMessage,
    /// The message of an annotated tag.
    TagMessage,
}

/// Where in a history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPlace {
    /// What of it: a file, or a message, which has no path.
    pub holder: HistoryHolder,
    /// The oldest commit that holds it; `None` for an object that no commit reaches.
    pub commit: Option<String>,
    /// When that commit was written, RFC 3339.
    pub date: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// The blob, tag or commit that holds the bytes.
    pub object: String,
    /// Whether HEAD's tree still holds it.
    pub at_head: bool,
    /// Refs from which it is reached, at most a few.
    pub refs: Vec<String>,
}

/// Where in an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImagePlace {
    /// The image as named.
    pub image: String,
    /// The layer's digest; `None` for the configuration.
    pub layer: Option<String>,
    /// The number of the layer, from 1.
    pub layer_number: Option<u32>,
    /// The instruction that made the layer or set the field, as the history records it, masked.
    pub created_by: Option<String>,
    /// Whether a later layer deletes or replaces the file: it is gone from a running container, not from the image.
    pub removed_later: bool,
}

/// How git stands to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitStanding {
    /// The index names it.
    Tracked,
    /// Nothing keeps it out of the next commit.
    Untracked,
    /// Git is told to leave it out.
    Ignored,
}

/// Who holds a credential: the kind of place it lies in, which decides what to do about it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// Program text or configuration of the repository.
    Source,
    /// A file of environment variables.
    EnvFile,
    /// A file a program keeps credentials in: `.npmrc`, `.netrc`, a key store, a private key.
    CredentialFile,
    /// The configuration of an MCP client or server.
    McpConfiguration,
    /// A pipeline's configuration.
    Ci,
    /// A Dockerfile.
    Dockerfile,
    /// A manifest that builds or runs containers.
    Deployment,
    /// A commit that is no longer, or not only, at HEAD.
    History,
    /// A layer of an image.
    ImageLayer,
    /// The configuration of an image: environment, labels, history.
    ImageConfiguration,
}

/// What a finding about a credential says beyond its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretFacts {
    /// The form that was recognised.
    pub form: String,
    /// Who issued it.
    pub provider: String,
    /// What it is, in words.
    pub name: String,
    /// Prefix and length.
    pub shown: String,
    /// The kind of place it lies in.
    pub holder: Holder,
    /// Whether git tracks the file; null where nothing is known.
    pub tracked: Option<bool>,
    /// What it says about itself.
    pub facts: Vec<Fact>,
    /// Where in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPlace>,
    /// Where in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImagePlace>,
}
