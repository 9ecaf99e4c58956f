//! Every check; one rule is one source file and one page.
//!
//! Folders are the stages of the chain. A rule is a `static RULE` beside a page of the same name whose examples are
//! its tests. [`ALL`] lists them, sorted by id.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod build;
mod deploy;
mod held_secret;
mod image;
mod page;
mod registry;
mod rule;
mod source;

pub use build::secret_files::is_judged_by_text;
pub use held_secret::HeldSecret;
pub use page::{Example, Expectation, Fence, Page, parse_page};
pub use registry::{ALL, find, infos};
pub use rule::{Check, Findings, Rule, World, run};
