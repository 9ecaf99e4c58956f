//! The pipeline as one library call.
//!
//! [`audit`] takes a [`Request`] and gives a report: it has every root read, parsed, linked, checked and decided about,
//! several side by side, and resolves what was found to lines, columns and masked excerpts. [`check`] is its pure
//! core, for trees that exist in memory only.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod assemble;
mod check;
mod comments;
mod conceal;
mod configuration;
mod locate;
mod mask;
mod request;
mod root;
mod rounds;
mod run;
mod sight;

pub use check::{Checked, Failure, check};
pub use configuration::{CONFIG_FILE, rule_table};
pub use mask::{masked_path, masked_text};
pub use plimsoll_collect::history::{HistoryState, Since, StateError};
pub use plimsoll_collect::{
    Bounds, Cancel, ImageHolder, ImageLayout, ImageSource, ImageStore, KeptState, NamedTarget,
    TargetError, TargetForm,
};
pub use request::{CheckedRoot, ConfigMistake, Progress, Request, Silent, UsageError};
pub use run::{Audit, audit, audit_revealing};
pub use sight::{scanner_name, sightings};
