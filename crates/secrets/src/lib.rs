//! The pattern engine for credentials: bytes to redacted matches.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod name;
mod placeholder;
mod value;

pub use name::is_credential_name;
pub use placeholder::is_placeholder;
pub use value::{SecretMatch, find_values, redacted};
