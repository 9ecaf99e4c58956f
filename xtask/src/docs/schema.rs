//! The JSON schema of a report, from the types that are written.

use anyhow::Result;

pub(super) fn text() -> Result<String> {
    let schema = schemars::schema_for!(plimsoll_model::Report);
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
