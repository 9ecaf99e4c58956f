//! Findings tried on real builders, in a disposable copy with canaries.
//!
//! A witness says what a builder would do. [`prove`] has the builder do it: the root is copied beneath a fresh folder,
//! canaries are put where the witness leads, and the call is made that a platform without checks would make. What
//! counts as a proof is only what is found in the image afterwards.

mod attack;
mod attempt;
mod base;
mod builders;
mod context_tar;
mod copy;
mod evidence;
mod observe;
mod probe;
mod repeat;
mod report;
mod run;
mod scene;
mod sweep;
mod text;
mod workshop;

pub use observe::Observer;
pub use report::{
    Attempt, BuilderInfo, Evidence, EvidenceKind, Outcome, Proof, ProofReport, ProofVerdict,
};
pub use run::{ProveError, Settings, prove};
pub use text::text;
