//! The pattern engine for credentials: bytes to redacted matches.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod assign;
mod border;
mod decode;
mod fingerprint;
mod found;
mod hidden;
mod judge;
mod name;
mod named;
mod placeholder;
mod prefilter;
mod rarity;
mod rule;
mod scan;
mod structure;
mod tables;
mod value;

pub use fingerprint::{HashKey, ValueHash};
pub use found::{Encoding, Fact, Match, MatchedPart, Reason};
pub use hidden::{hidden_besides, hidden_forms, hidden_spans, masked, merged, redacted};
pub use name::{is_credential_name, is_setting};
pub use named::{holds_credential, named_values};
pub use placeholder::{is_path, is_placeholder, is_stand_in_text};
pub use rule::{Part, Provider, Revoke, RevokedBy, Role, Rule, Verify};
pub use scan::{Outcome, Scanner, Stream};
pub use tables::{engine_version, providers, rule, rules};
pub use value::{SecretMatch, find_values};
