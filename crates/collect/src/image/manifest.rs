//! What an image's own documents say: which layers, made by which instruction, with which configuration.
//!
//! Reads the `manifest.json` of `docker save` and the `index.json` of the OCI image layout, whose documents name each
//! other by digest. Shapes: OCI image specification 1.1 and Docker image specification 1.2.

use std::collections::BTreeMap;

use serde_json::Value;

/// Indexes may name indexes; nobody nests them deeper.
const MAX_DEPTH: usize = 4;
/// Images of one archive that are looked at.
const MAX_IMAGES: usize = 256;
/// Layers of one image that are looked at.
const MAX_LAYERS: usize = 1024;

/// The name of the instructions that made an image, as a text.
pub(crate) const HISTORY: &str = "history";

/// The small documents of an archive by their path.
pub(crate) type Documents = BTreeMap<String, Vec<u8>>;

/// One image of an archive.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ImageDocument {
    /// Its names, as the archive has them.
    pub(crate) names: Vec<String>,
    /// Paths of the layers in the archive, the lowest first.
    pub(crate) layers: Vec<String>,
    /// Its configuration.
    pub(crate) config: Value,
}

impl ImageDocument {
    /// The instruction that made each layer, as the history tells it.
    pub(crate) fn instructions(&self) -> Vec<Option<&str>> {
        let history = self.config.get("history").and_then(Value::as_array);
        let entries = history.into_iter().flatten();
        entries
            .filter(|entry| entry.get("empty_layer").and_then(Value::as_bool) != Some(true))
            .map(|entry| entry.get("created_by").and_then(Value::as_str))
            .collect()
    }

    /// The parts of the configuration that hold text, each under the name users know it by.
    pub(crate) fn texts(&self) -> Vec<(&'static str, String)> {
        let config = self
            .config
            .get("config")
            .or_else(|| self.config.get("container_config"));
        let field = |name: &str| config.and_then(|config| config.get(name));
        let mut texts = vec![
            ("Env", strings(field("Env"))),
            ("Labels", pairs(field("Labels"))),
            ("Entrypoint", strings(field("Entrypoint"))),
            ("Cmd", strings(field("Cmd"))),
            ("OnBuild", strings(field("OnBuild"))),
            (
                "Healthcheck",
                strings(field("Healthcheck").and_then(|check| check.get("Test"))),
            ),
            (HISTORY, history(self.config.get("history"))),
        ];
        texts.retain(|(_, text)| !text.is_empty());
        texts
    }
}

/// A list of strings, or one string, a line each.
fn strings(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => format!("{text}\n"),
        Some(Value::Array(items)) => {
            let items = items.iter().filter_map(Value::as_str);
            items.map(|item| format!("{item}\n")).collect()
        }
        _ => String::new(),
    }
}

fn pairs(value: Option<&Value>) -> String {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs
        .filter_map(|(name, value)| Some(format!("{name}={}\n", value.as_str()?)))
        .collect()
}

fn history(value: Option<&Value>) -> String {
    let entries = value.and_then(Value::as_array).into_iter().flatten();
    entries
        .filter_map(|entry| Some(format!("{}\n", entry.get("created_by")?.as_str()?)))
        .collect()
}

/// The images that `documents` describe. The second part says what could not be followed.
pub(crate) fn images(documents: &Documents) -> (Vec<ImageDocument>, Vec<String>) {
    let mut reading = Reading {
        documents,
        images: Vec::new(),
        failed: Vec::new(),
    };
    if let Some(Value::Array(manifests)) = reading.document("manifest.json") {
        manifests
            .iter()
            .for_each(|manifest| reading.saved(manifest));
    } else if let Some(index) = reading.document("index.json") {
        reading.index(&index, &[], MAX_DEPTH);
    }
    (reading.images, reading.failed)
}

struct Reading<'a> {
    documents: &'a Documents,
    images: Vec<ImageDocument>,
    failed: Vec<String>,
}

impl Reading<'_> {
    fn document(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(self.documents.get(path)?).ok()
    }

    /// An image as `docker save` lists it.
    fn saved(&mut self, manifest: &Value) {
        let Some(path) = manifest.get("Config").and_then(Value::as_str) else {
            return self
                .failed
                .push("an image without a configuration".to_owned());
        };
        let config = self.required(path);
        self.add(ImageDocument {
            names: list(manifest.get("RepoTags")),
            layers: list(manifest.get("Layers")),
            config,
        });
    }

    /// The document at `path`; where there is none, that is told, and the layers are still looked at.
    fn required(&mut self, path: &str) -> Value {
        self.document(path).unwrap_or_else(|| {
            self.failed.push(format!("`{path}` is missing or no JSON"));
            Value::Null
        })
    }

    fn add(&mut self, mut image: ImageDocument) {
        if self.images.len() >= MAX_IMAGES {
            return self.failed.push(format!("more than {MAX_IMAGES} images"));
        }
        if image.layers.len() > MAX_LAYERS {
            self.failed.push(format!("more than {MAX_LAYERS} layers"));
            image.layers.truncate(MAX_LAYERS);
        }
        self.images.push(image);
    }

    /// An index, whose manifests may be indexes again.
    fn index(&mut self, index: &Value, names: &[String], depth: usize) {
        if depth == 0 {
            return self
                .failed
                .push(format!("indexes nested more than {MAX_DEPTH} deep"));
        }
        let manifests = index.get("manifests").and_then(Value::as_array);
        for descriptor in manifests.into_iter().flatten() {
            if is_attestation(descriptor) || self.images.len() > MAX_IMAGES {
                continue;
            }
            let Some(path) = blob_path(descriptor) else {
                self.failed.push("a manifest without a digest".to_owned());
                continue;
            };
            let named = name_of(descriptor).map_or_else(|| names.to_vec(), |name| vec![name]);
            let manifest = self.required(&path);
            if manifest.get("manifests").is_some() {
                self.index(&manifest, &named, depth - 1);
            } else if !manifest.is_null() {
                self.manifest(&manifest, named);
            }
        }
    }

    fn manifest(&mut self, manifest: &Value, names: Vec<String>) {
        let config = manifest.get("config").and_then(blob_path);
        let config = config.map_or(Value::Null, |path| self.required(&path));
        let layers = manifest.get("layers").and_then(Value::as_array);
        let layers = layers.into_iter().flatten().filter_map(blob_path);
        self.add(ImageDocument {
            names,
            layers: layers.collect(),
            config,
        });
    }
}

fn list(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What BuildKit stores beside an image about its making is no image.
fn is_attestation(descriptor: &Value) -> bool {
    descriptor
        .pointer("/annotations/vnd.docker.reference.type")
        .is_some()
}

fn name_of(descriptor: &Value) -> Option<String> {
    let annotations = descriptor.get("annotations")?;
    let names = [
        "io.containerd.image.name",
        "org.opencontainers.image.ref.name",
    ];
    let name = names.iter().find_map(|name| annotations.get(*name));
    name?.as_str().map(str::to_owned)
}

/// Where a layout keeps what a descriptor names.
fn blob_path(descriptor: &Value) -> Option<String> {
    let digest = descriptor.get("digest")?.as_str()?;
    let (algorithm, encoded) = digest.split_once(':')?;
    Some(format!("blobs/{algorithm}/{encoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn documents(entries: &[(&str, Value)]) -> Documents {
        let bytes = |(path, value): &(&str, Value)| ((*path).to_owned(), value.to_string().into());
        entries.iter().map(bytes).collect()
    }

    #[test]
    fn a_saved_image_is_read() {
        let config = json!({
            "config": {"Env": ["A=1"], "Labels": {"x": "y"}, "Cmd": ["sh"]},
            "history": [
                {"created_by": "ADD a"}, {"created_by": "ENV A=1", "empty_layer": true}, {"created_by": "RUN b"}
            ],
        });
        let documents = documents(&[
            (
                "manifest.json",
                json!([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["a/layer.tar", "b/layer.tar"]}]),
            ),
            ("c.json", config),
        ]);
        let (images, failed) = images(&documents);
        assert_eq!(failed, Vec::<String>::new());
        assert_eq!(images[0].names, ["x:1"]);
        assert_eq!(images[0].layers, ["a/layer.tar", "b/layer.tar"]);
        assert_eq!(images[0].instructions(), [Some("ADD a"), Some("RUN b")]);
        let texts = images[0].texts();
        assert_eq!(texts[0], ("Env", "A=1\n".to_owned()));
        assert_eq!(texts[1], ("Labels", "x=y\n".to_owned()));
    }

    #[test]
    fn a_layout_is_followed_through_its_indexes() {
        let descriptor = |hex: &str| json!({"digest": format!("sha256:{hex}")});
        let documents = documents(&[
            (
                "index.json",
                json!({"manifests": [{"digest": "sha256:aa", "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}),
            ),
            (
                "blobs/sha256/aa",
                json!({"manifests": [
                    descriptor("bb"),
                    {"digest": "sha256:zz", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
                    descriptor("gone"),
                ]}),
            ),
            (
                "blobs/sha256/bb",
                json!({"config": descriptor("cc"), "layers": [descriptor("dd")]}),
            ),
            ("blobs/sha256/cc", json!({"config": {}})),
        ]);
        let (images, failed) = images(&documents);
        assert_eq!(images.len(), 1);
        assert_eq!(
            (images[0].names[0].as_str(), images[0].layers[0].as_str()),
            ("v1", "blobs/sha256/dd")
        );
        assert_eq!(failed, ["`blobs/sha256/gone` is missing or no JSON"]);
    }

    #[test]
    fn an_index_that_names_itself_ends() {
        let own = json!({"manifests": [{"digest": "sha256:aa"}]});
        let documents = documents(&[("index.json", own.clone()), ("blobs/sha256/aa", own)]);
        assert!(images(&documents).1[0].contains("nested"));
    }
}
