//! What a scan gives: redacted matches.

use std::fmt;
use std::ops::Range;

use plimsoll_model::{Confidence, Severity};

use crate::fingerprint::ValueHash;
use crate::rule::Rule;

/// A credential found. It does not hold the secret: only where it stands, how it begins, how long it is, and its keyed
/// hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// What it is.
    pub rule: &'static Rule,
    /// Where the secret stands, in bytes of the input; where it was encoded, the encoded run.
    pub span: Range<u64>,
    /// All that may not be shown of the place: the secret and what weaker claims on some of its bytes cover.
    pub covers: Range<u64>,
    /// What may be shown: the fixed characters its kind begins with, and the length.
    pub shown: String,
    /// By which it is known again.
    pub value_hash: ValueHash,
    /// The rule's, or what the form of this one says.
    pub severity: Severity,
    /// High where a checksum or a form of its own says so, low where only circumstances do.
    pub confidence: Confidence,
    /// What it says of itself: never secret.
    pub facts: Vec<Fact>,
    /// The other parts of the same credential.
    pub parts: Vec<MatchedPart>,
    /// How it was encoded, from the outside in.
    pub encodings: Vec<Encoding>,
    /// Why it is held to be no credential.
    pub suppressed: Option<Reason>,
}

/// Something a credential says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What is said, as `expires` or `account`.
    pub name: &'static str,
    /// Printable text.
    pub value: String,
}

/// Another part of a credential.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedPart {
    /// What it is.
    pub rule: &'static Rule,
    /// Where it stands.
    pub span: Range<u64>,
    /// What may be shown: an id as it is, a secret redacted.
    pub shown: String,
}

/// How bytes were encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// Base64, of either alphabet.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// `%41`.
    Percent,
    /// `\u0041`, `\x41`.
    Escapes,
    /// Two bytes a character.
    Utf16,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Encoding::Base64 => "base64",
            Encoding::Hex => "hexadecimal",
            Encoding::Percent => "percent-encoding",
            Encoding::Escapes => "character escapes",
            Encoding::Utf16 => "UTF-16",
        })
    }
}

/// Why something that looks like a credential is held to be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No value.
    Empty,
    /// Taken from a variable.
    Variable,
    /// Filled in by a template.
    Template,
    /// A word that stands for a value, such as `changeme` or `<your key>`.
    StandIn,
    /// One character again and again.
    RunOfOne,
    /// Characters in the order of the alphabet or of the keyboard.
    Sequence,
    /// A short text again and again.
    Repetition,
    /// Too few different characters for a value made by chance.
    LowEntropy,
    /// The issuer's own example.
    DocumentedExample,
    /// Computed: a call, a look-up, an expression.
    Expression,
    /// A type, not a value.
    TypeName,
    /// Words as people write them.
    Words,
    /// The name of the setting once more.
    SameAsName,
    /// A path.
    Path,
    /// An address without a user.
    Address,
    /// A UUID.
    Uuid,
    /// A digest of something public.
    Digest,
    /// A public key or certificate.
    Public,
    /// A setting of something that is called as credentials are.
    Setting,
    /// An id whose secret is not near.
    IdAlone,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Empty => "there is no value",
            Reason::Variable => "the value comes from a variable",
            Reason::Template => "the value is filled in by a template",
            Reason::StandIn => "the value only stands in for one",
            Reason::RunOfOne => "the value is one character repeated",
            Reason::Sequence => "the value runs through the alphabet or the digits",
            Reason::Repetition => "the value repeats a short text",
            Reason::LowEntropy => "the value has too few different characters to be random",
            Reason::DocumentedExample => "the value is an example of its issuer's documentation",
            Reason::Expression => "the value is computed",
            Reason::TypeName => "the value is the name of a type",
            Reason::Words => "the value is made of ordinary words",
            Reason::SameAsName => "the value repeats its name",
            Reason::Path => "the value is a path",
            Reason::Address => "the value is an address without a user",
            Reason::Uuid => "the value is a UUID",
            Reason::Digest => "the value is a digest",
            Reason::Public => "the value is public",
            Reason::Setting => "the value is a setting",
            Reason::IdAlone => "an id without its secret opens nothing",
        })
    }
}
