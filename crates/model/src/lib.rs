//! What flows through the pipeline: artifacts, spans, findings, witnesses, rule metadata, the report.
//!
//! Pure data: no IO, no clock, no environment. Every other crate speaks these types.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod artifact;
mod control;
mod escape;
mod finding;
mod inventory;
mod kind;
mod path;
mod raw;
mod report;
mod rule;
mod secret_summary;
mod sighting;
mod span;

pub use artifact::{Artifact, FileToRead, Origin};
pub use control::{Confidence, Control, Level, Severity, Stage, Status};
pub use escape::{escape_text, is_hostile, percent_encode_path};
pub use finding::{
    Access, Builder, BuilderOutcome, Edit, Finding, Fix, FlowStep, Label, Reach, ReachedThing,
    Related, Safety, SeenSecret, Witness, WitnessKind,
};
pub use inventory::{Entry, EntryKind, Inventory};
pub use kind::Kind;
pub use path::RootPath;
pub use raw::RawSecret;
pub use report::{
    Coverage, ErrorKind, Excerpt, Location, Report, ReportError, ReportFinding, ReportFlowStep,
    ReportRelated, ReportedEdit, ReportedFix, SkipReason, Skipped, Target, ToolInfo, Verdict,
};
pub use rule::RuleInfo;
pub use secret_summary::SecretSummary;
pub use sighting::{
    Fact, GitStanding, HistoryHolder, HistoryPlace, Holder, ImagePlace, RawTicket, SecretFacts,
    Sighting, Storage, StoredSighting,
};
pub use span::{LineIndex, Position, Span};
