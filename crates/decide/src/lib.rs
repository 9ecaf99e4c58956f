//! Config, ignores, baseline and thresholds to a verdict.
//!
//! One root at a time: [`decide`] takes what the rules found below a root, gives every finding its fingerprint and
//! its status, and adds what is wrong with the ignores themselves. [`verdict`] then weighs the findings of all roots.
//! The date is an input; nothing here reads a clock, a file or the environment.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod baseline;
mod comment;
mod config;
mod config_reader;
mod decision;
mod directive;
mod fingerprint;
mod ignore;
mod ignore_index;
mod remark;
mod rule_table;
mod rules;
mod settings;
mod verdict;

pub use baseline::{Baseline, BaselineEntry, BaselineError, BaselineKey};
pub use config::{
    Config, ConfigError, IgnoreEntry, Override, PathPatterns, RuleLevel, RuleSetting, Trust,
};
pub use decision::{ArtifactView, CommentSite, Decided, DecidedFinding, NotHonoured, decide};
pub use rule_table::{RuleTable, nearest};
pub use rules::{
    EXPIRED_IGNORE, IGNORE_WITHOUT_REASON, RULES, STALE_IGNORE, UNKNOWN_RULE_IN_IGNORE,
};
pub use settings::{Known, Settings};
pub use verdict::{Thresholds, verdict};
