//! What an engine says about itself, its images and its containers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// An engine's versions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub struct EngineVersion {
    /// The engine's own.
    pub version: String,
    /// The newest version of the interface it speaks.
    pub api_version: String,
    /// The oldest.
    #[serde(rename = "MinAPIVersion")]
    pub min_api_version: String,
    /// Its operating system, as images name it.
    pub os: String,
    /// Its architecture, as images name it.
    pub arch: String,
}

/// An image in a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageSummary {
    /// The digest of its configuration, `sha256:…`.
    pub id: String,
    /// The image it was built on, empty where that is not known.
    pub parent_id: String,
    /// Its tags.
    #[serde(deserialize_with = "null_is_empty")]
    pub repo_tags: Vec<String>,
    /// Its labels.
    #[serde(deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// An image.
#[derive(Clone, Debug)]
pub struct ImageInspect {
    /// The digest of its configuration, `sha256:…`.
    pub id: String,
    /// Its tags.
    pub repo_tags: Vec<String>,
    /// What registries call it.
    pub repo_digests: Vec<String>,
    /// The image it was built on, empty where that is not known.
    pub parent: String,
    /// Bytes of all layers.
    pub size: u64,
    /// When it was made, as the engine writes it.
    pub created: String,
    /// Its operating system.
    pub os: String,
    /// Its architecture.
    pub architecture: String,
    /// What a container of it starts with.
    pub config: ImageConfig,
    /// The digest of each layer's uncompressed tar.
    pub layers: Vec<String>,
    /// The whole answer.
    pub raw: Value,
}

/// What a container of an image starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfig {
    /// The user, empty for root.
    pub user: String,
    /// `NAME=value` each.
    #[serde(deserialize_with = "null_is_empty")]
    pub env: Vec<String>,
    /// The entrypoint.
    #[serde(deserialize_with = "null_is_empty")]
    pub entrypoint: Vec<String>,
    /// The command, or the entrypoint's arguments.
    #[serde(deserialize_with = "null_is_empty")]
    pub cmd: Vec<String>,
    /// The working directory.
    pub working_dir: String,
    /// Labels.
    #[serde(deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Ports, as `80/tcp`.
    #[serde(deserialize_with = "null_is_empty")]
    pub exposed_ports: BTreeMap<String, Value>,
    /// Paths that become volumes.
    #[serde(deserialize_with = "null_is_empty")]
    pub volumes: BTreeMap<String, Value>,
    /// What runs when an image is built on it.
    #[serde(deserialize_with = "null_is_empty")]
    pub on_build: Vec<String>,
}

/// One line of an image's history, oldest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HistoryEntry {
    /// The image's id where it is kept, else `<missing>`.
    pub id: String,
    /// Seconds since 1970.
    pub created: i64,
    /// What made it.
    pub created_by: String,
    /// Bytes it added.
    pub size: u64,
    /// What was noted about it.
    pub comment: String,
}

/// A container in a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerSummary {
    /// Its id.
    pub id: String,
    /// Its names, each with a leading slash.
    #[serde(deserialize_with = "null_is_empty")]
    pub names: Vec<String>,
    /// Its image as it was named.
    pub image: String,
    /// The id of its image.
    #[serde(rename = "ImageID")]
    pub image_id: String,
    /// The command.
    pub command: String,
    /// `running`, `exited` and so on.
    pub state: String,
    /// Its labels.
    #[serde(deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A container.
#[derive(Clone, Debug)]
pub struct ContainerInspect {
    /// Its id.
    pub id: String,
    /// Its name, with a leading slash.
    pub name: String,
    /// The id of its image.
    pub image: String,
    /// What it starts with.
    pub config: ImageConfig,
    /// `running`, `exited` and so on.
    pub status: String,
    /// The exit code of its last run.
    pub exit_code: i64,
    /// The whole answer, with its host configuration, mounts and networks.
    pub raw: Value,
}

/// A path a container changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub kind: ChangeKind,
    /// The path in the container.
    pub path: String,
}

/// How a path was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChangeKind {
    Modified,
    Added,
    Deleted,
}

/// The engine writes `null` for empty lists and maps.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn text(value: &Value, key: &str) -> String {
    let found = value.get(key).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn config(value: &Value) -> ImageConfig {
    let config = value.get("Config").cloned().unwrap_or_default();
    serde_json::from_value(config).unwrap_or_default()
}

impl From<Value> for ImageInspect {
    fn from(raw: Value) -> ImageInspect {
        ImageInspect {
            id: text(&raw, "Id"),
            repo_tags: texts(raw.get("RepoTags")),
            repo_digests: texts(raw.get("RepoDigests")),
            parent: text(&raw, "Parent"),
            size: raw.get("Size").and_then(Value::as_u64).unwrap_or_default(),
            created: text(&raw, "Created"),
            os: text(&raw, "Os"),
            architecture: text(&raw, "Architecture"),
            config: config(&raw),
            layers: texts(raw.pointer("/RootFS/Layers")),
            raw,
        }
    }
}

impl From<Value> for ContainerInspect {
    fn from(raw: Value) -> ContainerInspect {
        let state = raw.get("State").cloned().unwrap_or_default();
        ContainerInspect {
            id: text(&raw, "Id"),
            name: text(&raw, "Name"),
            image: text(&raw, "Image"),
            config: config(&raw),
            status: text(&state, "Status"),
            exit_code: state
                .get("ExitCode")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
            raw,
        }
    }
}

impl Change {
    pub(crate) fn of(value: &Value) -> Option<Change> {
        let kind = match value.get("Kind")?.as_u64()? {
            0 => ChangeKind::Modified,
            1 => ChangeKind::Added,
            2 => ChangeKind::Deleted,
            _ => return None,
        };
        Some(Change {
            kind,
            path: text(value, "Path"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nulls_and_absent_fields_are_empty() {
        let image = ImageInspect::from(
            json!({"Id": "sha256:1", "RepoTags": null, "Config": {"Env": null, "Cmd": ["a"]}}),
        );
        assert_eq!(image.id, "sha256:1");
        assert!(image.repo_tags.is_empty());
        assert_eq!(image.config.cmd, ["a"]);
        assert!(image.config.env.is_empty());
        let container =
            ContainerInspect::from(json!({"State": {"Status": "exited", "ExitCode": 137}}));
        assert_eq!(
            (container.status.as_str(), container.exit_code),
            ("exited", 137)
        );
    }
}
