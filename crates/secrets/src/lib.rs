//! The pattern engine for credentials: bytes to redacted matches.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod name;
mod named;
mod placeholder;
mod value;

pub use name::{is_credential_name, is_setting};
pub use named::{holds_credential, named_values};
pub use placeholder::{is_path, is_placeholder, is_stand_in_text};
pub use value::{SecretMatch, find_values, redacted};
