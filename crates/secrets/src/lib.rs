//! The pattern engine for credentials: bytes to redacted matches.

mod name;
mod placeholder;
mod value;

pub use name::is_credential_name;
pub use placeholder::is_placeholder;
pub use value::{SecretMatch, find_values, redacted};
