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
mod report;
mod rule;
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
pub use report::{
    Coverage, ErrorKind, Excerpt, Location, Report, ReportError, ReportFinding, ReportFlowStep,
    ReportRelated, ReportedEdit, ReportedFix, SkipReason, Skipped, Target, ToolInfo, Verdict,
};
pub use rule::RuleInfo;
pub use sighting::{
    Fact, GitStanding, HistoryHolder, HistoryPlace, Holder, ImagePlace, SecretFacts, Sighting,
    Storage, StoredSighting,
};
pub use span::{LineIndex, Position, Span};
