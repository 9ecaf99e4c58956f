//! What a build is given from outside.

use std::collections::{BTreeMap, BTreeSet};

use super::PROXY_ARGS;
use crate::expand::Value;

/// What is given to a build from outside.
#[derive(Clone, Debug, Default)]
pub struct BuildInput {
    /// The build arguments; one that is [`Value::Unset`] counts as not given.
    pub args: BTreeMap<String, Value>,
    /// What is known of the platform arguments; the others are unknown.
    pub platform: BTreeMap<String, String>,
    /// The stage asked for; the last one where nothing is said.
    pub target: Option<String>,
    /// The names of additional build contexts, which replace stages and images so called.
    pub contexts: BTreeSet<String>,
}

impl BuildInput {
    /// The build argument `name`, if given.
    pub fn arg(&self, name: &str) -> Option<&Value> {
        self.args.get(name).filter(|value| **value != Value::Unset)
    }

    /// The proxy variables that every RUN sees, each in both spellings (`llb.ProxyEnv`).
    pub fn proxies(&self) -> BTreeMap<String, Value> {
        let given = self.args.iter().filter(|(name, value)| {
            let known = PROXY_ARGS
                .iter()
                .any(|proxy| proxy.eq_ignore_ascii_case(name));
            known && **value != Value::Unset
        });
        given
            .flat_map(|(name, value)| {
                let spellings = [name.to_ascii_uppercase(), name.to_ascii_lowercase()];
                spellings.map(|name| (name, value.clone()))
            })
            .collect()
    }
}
