//! The rule data as static tables, written by the build script.
#![expect(
    clippy::unreadable_literal,
    reason = "sets of characters are written as numbers"
)]

use plimsoll_model::Severity;

use crate::rule::*;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// What changes whenever data or code of the engine do, and so perhaps what it finds.
pub fn engine_version() -> &'static str {
    ENGINE
}

/// All rules, by provider in the order of their names.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// All providers in the order of their ids.
pub fn providers() -> &'static [Provider] {
    &PROVIDERS
}
