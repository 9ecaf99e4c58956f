//! The documents that say what an image consists of: an index of images, or one image's manifest.

use serde::Deserialize;
use serde_json::Value;

use crate::digest::Digest;
use crate::platform::Platform;

/// What we understand, for the header `Accept`. Schema 1 is asked for to be told apart from what is not there.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1";

/// Layers of one image that are looked at, as many as the reader of images takes.
const MAX_LAYERS: usize = 1024;
/// Platforms of an index that a message shows.
const MAX_SHOWN: usize = 40;

/// What a document says of another one.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    urls: Option<Vec<String>>,
    platform: Option<OfferedPlatform>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OfferedPlatform {
    os: String,
    architecture: String,
    variant: String,
}

impl OfferedPlatform {
    /// `None` for what is spelled as no platform is.
    fn platform(&self) -> Option<Platform> {
        let OfferedPlatform {
            os,
            architecture,
            variant,
        } = self;
        let spelled = match variant.as_str() {
            "" => format!("{os}/{architecture}"),
            variant => format!("{os}/{architecture}/{variant}"),
        };
        spelled.parse().ok()
    }
}

impl Descriptor {
    pub(crate) fn parsed_digest(&self) -> Option<Digest> {
        Digest::parse(&self.digest)
    }

    /// Whether it is kept elsewhere, or may be.
    pub(crate) fn is_foreign(&self) -> bool {
        let named = ["foreign", "nondistributable"];
        let has_addresses = self.urls.as_ref().is_some_and(|urls| !urls.is_empty());
        has_addresses || named.iter().any(|word| self.media_type.contains(word))
    }
}

/// A document as what it is.
pub(crate) enum Manifest {
    Index(Vec<Descriptor>),
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct ImageManifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl Manifest {
    /// Reads a document. The error says why it is none.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Manifest, &'static str> {
        const NOT_UNDERSTOOD: &str = "its manifest is not understood";
        let value: Value = serde_json::from_slice(bytes).map_err(|_| NOT_UNDERSTOOD)?;
        let has = |field: &str| value.get(field).is_some_and(|field| !field.is_null());
        let version = value.get("schemaVersion").and_then(Value::as_u64);
        if version == Some(1) || has("fsLayers") {
            return Err(
                "its manifest is of schema 1, which is not read: push it again with a newer program",
            );
        }
        match (has("manifests"), has("layers") || has("config")) {
            // What one program takes for an index another would take for an image.
            (true, true) => Err("its manifest is both an index and an image"),
            (true, false) => {
                let index: Index = serde_json::from_slice(bytes).map_err(|_| NOT_UNDERSTOOD)?;
                Ok(Manifest::Index(index.manifests))
            }
            (false, _) => {
                let manifest: ImageManifest =
                    serde_json::from_slice(bytes).map_err(|_| NOT_UNDERSTOOD)?;
                let mut layers = manifest.layers;
                layers.truncate(MAX_LAYERS);
                Ok(Manifest::Image {
                    config: manifest.config,
                    layers,
                })
            }
        }
    }
}

/// The descriptor in an index of the best image for `wanted`. The error lists what there is.
pub(crate) fn choose<'a>(
    index: &'a [Descriptor],
    wanted: &Platform,
) -> Result<&'a Descriptor, String> {
    let platform = |one: &Descriptor| one.platform.as_ref().and_then(OfferedPlatform::platform);
    let offered: Vec<Option<Platform>> = index.iter().map(platform).collect();
    if let Some(chosen) = wanted.choose(offered.iter().map(Option::as_ref)) {
        return index.get(chosen).ok_or_else(String::new);
    }
    if let [only] = index
        && only.platform.is_none()
    {
        return Ok(only);
    }
    Err(format!(
        "it has no image for {wanted}; there is {}",
        listed(&offered)
    ))
}

fn listed(offered: &[Option<Platform>]) -> String {
    let mut names: Vec<String> = offered.iter().flatten().map(Platform::to_string).collect();
    names.retain(|name| name != "unknown/unknown");
    names.sort();
    names.dedup();
    let more = names.len().saturating_sub(MAX_SHOWN);
    names.truncate(MAX_SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => names.join(", "),
        (false, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// The platform that an image's configuration names.
pub(crate) fn platform_of(config: &[u8]) -> Option<Platform> {
    let offered: OfferedPlatform = serde_json::from_slice(config).ok()?;
    offered.platform()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> String {
        match Manifest::parse(text.as_bytes()) {
            Ok(Manifest::Index(entries)) => format!("index of {}", entries.len()),
            Ok(Manifest::Image { layers, .. }) => {
                let foreign = layers.iter().filter(|layer| layer.is_foreign());
                format!("{} layers, {} foreign", layers.len(), foreign.count())
            }
            Err(error) => error.to_owned(),
        }
    }

    #[test]
    fn documents_are_told_apart() {
        let check = |text: &str, expected: &str| {
            assert!(told(text).contains(expected), "{text}: {}", told(text))
        };
        check(
            r#"{"schemaVersion": 2, "manifests": [{"digest": "x", "size": 1}]}"#,
            "index of 1",
        );
        check(
            r#"{"config": {}, "layers": [{"digest": "x"}, {}]}"#,
            "2 layers, 0 foreign",
        );
        check(
            r#"{"config": {}, "layers": [{"urls": ["https://x"]}, {"urls": null}, {"urls": []}]}"#,
            "3 layers, 1 foreign",
        );
        check(
            r#"{"config": {}, "layers": [{"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"},
                {"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar"}]}"#,
            "2 foreign",
        );
        check(r#"{"schemaVersion": 1, "fsLayers": []}"#, "schema 1");
        check(r#"{"manifests": [], "layers": []}"#, "both");
        check(
            r#"{"config": {}, "layers": [{"size": -1}]}"#,
            "not understood",
        );
        check(r#"{"layers": []}"#, "not understood");
        check("[]", "not understood");
        check("", "not understood");
    }

    #[test]
    fn what_an_index_has_is_listed() {
        let index = |platforms: &[&str]| {
            let entry = |platform: &&str| format!(r#"{{"digest": "x", "platform": {platform}}}"#);
            let entries: Vec<String> = platforms.iter().map(entry).collect();
            let text = format!(r#"{{"manifests": [{}]}}"#, entries.join(","));
            match Manifest::parse(text.as_bytes()) {
                Ok(Manifest::Index(index)) => index,
                _ => panic!("{text}"),
            }
        };
        let amd64 = r#"{"os": "linux", "architecture": "amd64"}"#;
        let arm = r#"{"os": "linux", "architecture": "arm", "variant": "v7"}"#;
        let unknown = r#"{"os": "unknown", "architecture": "unknown"}"#;
        let odd = r#"{"os": "\u001b[2J", "architecture": "x"}"#;
        let wanted: Platform = "linux/s390x".parse().unwrap();
        let error =
            |platforms: &[&str]| choose(&index(platforms), &wanted).map(|_| ()).unwrap_err();
        assert_eq!(
            error(&[arm, unknown, amd64, odd]),
            "it has no image for linux/s390x; there is linux/amd64, linux/arm/v7"
        );
        assert_eq!(error(&[]), "it has no image for linux/s390x; there is none");
        assert!(choose(&index(&["null"]), &wanted).is_ok());
        assert!(choose(&index(&["null", "null"]), &wanted).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Manifest::parse(&bytes);
            let _ = platform_of(&bytes);
        }
    }
}
