//! What an image's own documents say: which layers, made by which instruction, with which configuration.
//!
//! Reads the `manifest.json` of `docker save` and the `index.json` of the OCI image layout, whose documents name each
//! other by digest. Shapes: OCI image specification 1.1 and Docker image specification 1.2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

/// Indexes may name indexes; nobody nests them deeper.
const MAX_DEPTH: usize = 4;
/// Descriptors of manifests that are looked at, in all indexes together.
const MAX_DESCRIPTORS: usize = 4096;
/// Images of one archive that are looked at.
const MAX_IMAGES: usize = 256;
/// Layers of one image that are looked at.
const MAX_LAYERS: usize = 1024;
/// Instructions of one history that are looked at.
const MAX_HISTORY: usize = 4096;
/// Messages about what could not be followed; further ones are not told one by one.
const MAX_FAILED: usize = 100;
/// Characters of a name that are kept.
const MAX_NAME: usize = 256;

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
    /// Its configuration, which other images may share.
    pub(crate) config: Arc<Config>,
}

/// What is searched of a configuration: its texts, and not the document, which takes many times the memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// The parts that hold text, each under the name users know it by.
    pub(crate) texts: Vec<(&'static str, String)>,
    /// The history: the instruction, and whether it made a layer.
    made: Vec<(Option<String>, bool)>,
}

impl Config {
    /// The instruction that made each layer, as the history tells it.
    pub(crate) fn instructions(&self) -> Vec<Option<&str>> {
        let layers = self.made.iter().filter(|(_, is_layer)| *is_layer);
        layers.map(|(by, _)| by.as_deref()).collect()
    }

    /// Every instruction, the last first.
    pub(crate) fn backwards(&self) -> impl Iterator<Item = &str> {
        self.made.iter().rev().filter_map(|(by, _)| by.as_deref())
    }

    fn new(document: &Value) -> Config {
        let entries = document.get("history").and_then(Value::as_array);
        let entries = entries.into_iter().flatten().take(MAX_HISTORY);
        let made = entries.map(|entry| {
            let by = entry.get("created_by").and_then(Value::as_str);
            let is_empty = entry.get("empty_layer").and_then(Value::as_bool) == Some(true);
            (by.map(str::to_owned), !is_empty)
        });
        Config {
            texts: texts(document),
            made: made.collect(),
        }
    }
}

fn texts(document: &Value) -> Vec<(&'static str, String)> {
    let config = document
        .get("config")
        .or_else(|| document.get("container_config"));
    let field = |name: &str| config.and_then(|config| config.get(name));
    let health = field("Healthcheck").and_then(|check| check.get("Test"));
    let mut texts = vec![
        ("Env", strings(field("Env"))),
        ("Labels", pairs(field("Labels"))),
        ("Entrypoint", strings(field("Entrypoint"))),
        ("Cmd", strings(field("Cmd"))),
        ("OnBuild", strings(field("OnBuild"))),
        ("Healthcheck", strings(health)),
        (HISTORY, history(document.get("history"))),
    ];
    texts.retain(|(_, text)| !text.is_empty());
    texts
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
        visited: BTreeSet::new(),
        configs: BTreeMap::new(),
        descriptors: 0,
        images: Vec::new(),
        failed: Vec::new(),
    };
    if let Some(Value::Array(manifests)) = reading.document("manifest.json") {
        for manifest in &manifests {
            if !reading.counts() {
                break;
            }
            reading.saved(manifest);
        }
    } else if let Some(index) = reading.document("index.json") {
        reading.index(&index, &[], MAX_DEPTH);
    }
    (reading.images, reading.failed)
}

struct Reading<'a> {
    documents: &'a Documents,
    /// Manifests and indexes that were followed.
    visited: BTreeSet<String>,
    /// Configurations that were read.
    configs: BTreeMap<String, Arc<Config>>,
    /// Descriptors that were looked at.
    descriptors: usize,
    images: Vec<ImageDocument>,
    failed: Vec<String>,
}

impl Reading<'_> {
    fn document(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(self.documents.get(path)?).ok()
    }

    /// Counts one more descriptor; whether it is still looked at.
    fn counts(&mut self) -> bool {
        self.descriptors += 1;
        if self.descriptors == MAX_DESCRIPTORS + 1 {
            self.failed
                .push(format!("more than {MAX_DESCRIPTORS} manifests are named"));
        }
        self.descriptors <= MAX_DESCRIPTORS && self.images.len() <= MAX_IMAGES
    }

    fn fail(&mut self, message: String) {
        match self.failed.len() {
            MAX_FAILED => self.failed.push("and more".to_owned()),
            0..MAX_FAILED => self.failed.push(message),
            _ => {}
        }
    }

    /// An image as `docker save` lists it.
    fn saved(&mut self, manifest: &Value) {
        let Some(path) = manifest.get("Config").and_then(Value::as_str) else {
            return self.fail("an image without a configuration".to_owned());
        };
        let config = self.config(path);
        self.add(ImageDocument {
            names: list(manifest.get("RepoTags"), 1)
                .map(|name| short(&name))
                .collect(),
            layers: list(manifest.get("Layers"), MAX_LAYERS + 1).collect(),
            config,
        });
    }

    /// The configuration at `path`; where there is none, that is told, and the layers are still looked at.
    fn config(&mut self, path: &str) -> Arc<Config> {
        if let Some(known) = self.configs.get(path) {
            return Arc::clone(known);
        }
        let document = self.required(path);
        let config = Arc::new(Config::new(&document));
        self.configs.insert(path.to_owned(), Arc::clone(&config));
        config
    }

    /// The document at `path`; where there is none, that is told.
    fn required(&mut self, path: &str) -> Value {
        self.document(path).unwrap_or_else(|| {
            self.fail(format!("`{}` is missing or no JSON", short(path)));
            Value::Null
        })
    }

    fn add(&mut self, mut image: ImageDocument) {
        if self.images.len() >= MAX_IMAGES {
            return self.fail(format!("more than {MAX_IMAGES} images"));
        }
        if image.layers.len() > MAX_LAYERS {
            self.fail(format!("more than {MAX_LAYERS} layers"));
            image.layers.truncate(MAX_LAYERS);
        }
        self.images.push(image);
    }

    /// An index, whose manifests may be indexes again. What several descriptors name is followed once, under the first name.
    fn index(&mut self, index: &Value, names: &[String], depth: usize) {
        if depth == 0 {
            return self.fail(format!("indexes nested more than {MAX_DEPTH} deep"));
        }
        let manifests = index.get("manifests").and_then(Value::as_array);
        for descriptor in manifests.into_iter().flatten() {
            if !self.counts() {
                return;
            }
            if is_attestation(descriptor) {
                continue;
            }
            let Some(path) = blob_path(descriptor) else {
                self.fail("a manifest without a digest".to_owned());
                continue;
            };
            let named = name_of(descriptor).map_or_else(|| names.to_vec(), |name| vec![name]);
            if self.visited.insert(path.clone()) {
                self.follow(&path, named, depth);
            }
        }
    }

    fn follow(&mut self, path: &str, names: Vec<String>, depth: usize) {
        let manifest = self.required(path);
        if manifest.get("manifests").is_some() {
            self.index(&manifest, &names, depth - 1);
        } else if !manifest.is_null() {
            self.manifest(&manifest, names);
        }
    }

    fn manifest(&mut self, manifest: &Value, names: Vec<String>) {
        let config = manifest.get("config").and_then(blob_path);
        let config = config.map_or_else(Arc::default, |path| self.config(&path));
        let layers = manifest.get("layers").and_then(Value::as_array);
        let layers = layers.into_iter().flatten().filter_map(blob_path);
        self.add(ImageDocument {
            names,
            layers: layers.take(MAX_LAYERS + 1).collect(),
            config,
        });
    }
}

fn list(value: Option<&Value>, most: usize) -> impl Iterator<Item = String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(Value::as_str)
        .take(most)
        .map(str::to_owned)
}

/// The beginning of a text that somebody else made as long as he liked.
fn short(text: &str) -> String {
    text.chars().take(MAX_NAME).collect()
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
    name?.as_str().map(short)
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
        assert_eq!(
            images[0].config.instructions(),
            [Some("ADD a"), Some("RUN b")]
        );
        let texts = &images[0].config.texts;
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
    fn an_index_that_names_itself_is_followed_once() {
        let own = json!({"manifests": vec![json!({"digest": "sha256:aa"}); 1000]});
        let documents = documents(&[("index.json", own.clone()), ("blobs/sha256/aa", own)]);
        assert_eq!(images(&documents), (Vec::new(), Vec::new()));
    }

    #[test]
    fn no_more_descriptors_than_counted_are_looked_at() {
        let named = |at: usize| {
            json!({"digest": "sha256:aa",
                "annotations": {"org.opencontainers.image.ref.name": at.to_string()}})
        };
        let own = json!({"manifests": (0..10_000).map(named).collect::<Vec<_>>()});
        let documents = documents(&[("index.json", own.clone()), ("blobs/sha256/aa", own)]);
        let (images, failed) = images(&documents);
        assert_eq!(images.len(), 0);
        assert_eq!(failed, ["more than 4096 manifests are named"]);
    }

    #[test]
    fn what_fails_is_told_a_hundred_times_at_most() {
        let gone = |at: usize| json!({"digest": format!("sha256:{at}")});
        let index = json!({"manifests": (0..3000).map(gone).collect::<Vec<_>>()});
        let (_, failed) = images(&documents(&[("index.json", index)]));
        assert_eq!(failed.len(), MAX_FAILED + 1);
        assert_eq!(failed.last().map(String::as_str), Some("and more"));
    }
}
