//! What a build would send, what its COPY instructions take, and what of that is secret-looking or needless.
//!
//! [`ContextAccount`] is fed entry by entry, a folder before what it holds, and keeps sums and bounded lists only, so a
//! million files cost no more memory than ten. [`account`] feeds it from an inventory, [`take`] needs one.

mod account;
mod copies;
mod largest;
mod needed;
mod selector;
mod summary;
mod take;

#[cfg(test)]
mod tests;

pub use account::{ContextAccount, account};
pub use copies::{CopyAccount, CopyTally};
pub use needed::needed_by_sources;
pub use selector::{ContextSettings, Fate, Selector};
pub use summary::{
    ContextSummary, FoundLink, FoundSensitive, LinkLeads, NeedlessGroup, SizedPath, Tally,
};
pub use take::{CopyRequest, SourceTake, TakenEntry, take};
