//! How many credentials were found, of whom, and who holds them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::Holder;

/// The credentials among the findings that count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SecretSummary {
    /// How many different ones, as far as that can be told: each is to be revoked once.
    pub credentials: u64,
    /// In how many places: each is a finding.
    pub places: u64,
    /// Places by the kind of place.
    pub by_holder: BTreeMap<Holder, u64>,
    /// Places by who issued the credential, and by the kind of place.
    pub by_provider: BTreeMap<String, BTreeMap<Holder, u64>>,
}

impl SecretSummary {
    /// Counts one more place of `provider`'s.
    pub fn add(&mut self, provider: &str, holder: Holder) {
        self.places += 1;
        *self.by_holder.entry(holder).or_default() += 1;
        let of_provider = self.by_provider.entry(provider.to_owned()).or_default();
        *of_provider.entry(holder).or_default() += 1;
    }
}
