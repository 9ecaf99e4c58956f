//! The rule data as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) provider: String,
    pub(crate) name: String,
    #[serde(rename = "rule")]
    pub(crate) rules: Vec<Rule>,
}

/// One form of credential.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) keywords: Vec<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) detector: Option<String>,
    #[serde(default)]
    pub(crate) any_name: bool,
    pub(crate) severity: Option<String>,
    pub(crate) grants: String,
    pub(crate) entropy: Option<f32>,
    pub(crate) checksum: Option<String>,
    pub(crate) structure: Option<String>,
    pub(crate) part_of: Option<String>,
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) aliases: Vec<String>,
    pub(crate) examples: Vec<Vec<String>>,
    pub(crate) look_alikes: Vec<Vec<String>>,
    pub(crate) verify: Option<Verify>,
    pub(crate) revoke: Option<Revoke>,
}

/// How the provider is asked whether a credential works.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Verify {
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) valid: Vec<u16>,
    #[serde(default)]
    pub(crate) invalid: Vec<u16>,
    pub(crate) tells: Option<String>,
}

/// How the holder ends a credential.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Revoke {
    #[serde(default)]
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) done: Vec<u16>,
    pub(crate) by: String,
}
