//! A build that cannot be led out of its repository.
//!
//! [`prepare`] reads what a repository asks for, as a stranger's word: it resolves context, Dockerfile and ignore file
//! beneath the root, holds the rest against the operator's [`Policy`], has the repository audited, and seals the context.
//! What it does not like it [refuses](Refusal), with the field, the value and the reason. [`Prepared::build`] hands the
//! sealed context, and nothing else, to an engine; [`Facts`] says what was built from what.
//!
//! ```no_run
//! use plimsoll_build::{Asked, Cancel, Policy, PrepareError, Request, Source, prepare};
//!
//! let request = Request {
//!     source: Source::Folder("submission".into()),
//!     asked: Asked::default(),
//!     secrets: Vec::new(),
//!     builder: plimsoll_model::Builder::Buildkit,
//!     policy: Policy::default(),
//!     today: jiff::civil::date(2026, 1, 1),
//! };
//! match prepare(&request, &Cancel::new()) {
//!     Ok(prepared) => println!("sealed as {}", prepared.sealed.digest),
//!     Err(PrepareError::Refused(refusals)) => {
//!         for refusal in refusals {
//!             println!("{}: {refusal}", refusal.reason.code());
//!         }
//!     }
//!     Err(error) => println!("{error}"),
//! }
//! ```

mod command;
mod credentials;
mod dockerfile;
mod facts;
mod judgement;
mod place;
mod plan;
mod policy;
mod prepare;
mod refusal;
mod run;
mod secret_words;

pub use command::SecretFile;
pub use facts::{About, BUILD_TYPE, BuildDefinition, Facts, Resource, RunDetails, SCHEMA, sha256};
pub use plan::{Asked, PlacedPath, Plan};
pub use plimsoll_collect::Cancel;
pub use policy::{
    ArgumentRule, AuditBar, AuditScope, Credentials, Names, Network, Policy, PolicyError, Pull,
};
pub use prepare::{PrepareError, Prepared, Request, Source, prepare};
pub use refusal::{Reason, Refusal};
pub use run::{BaseImage, Built, RunError};
pub use secret_words::{Mask, is_secret_argument};
