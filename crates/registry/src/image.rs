//! An image of a registry as the members of an OCI image layout.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use serde_json::json;

use crate::blob::{Blob, Expected};
use crate::client::Registry;
use crate::digest::Digest;
use crate::error::RegistryError;
use crate::manifest::{Descriptor, Manifest, choose, platform_of};
use crate::platform::Platform;

/// Bytes of a configuration that is looked into for its platform.
const MAX_CONFIG: u64 = 8 << 20;

/// One image: its documents are here, its blobs are asked for when they are opened.
pub struct Image {
    registry: Arc<Registry>,
    digest: Digest,
    /// Names of the members, in the order in which they are to be read.
    order: Vec<String>,
    parts: BTreeMap<String, Part>,
}

enum Part {
    Document(Arc<[u8]>),
    Blob {
        expected: Expected,
        /// What it is, to be told.
        label: String,
        is_foreign: bool,
    },
}

/// A manifest as it came.
struct Document {
    bytes: Vec<u8>,
    digest: Digest,
}

impl Image {
    /// The image that the registry was connected to for. Of an index, the one for `platform`; without one, for Linux on
    /// this machine.
    pub(crate) fn find(
        registry: &Arc<Registry>,
        platform: Option<&Platform>,
    ) -> Result<Image, RegistryError> {
        let failed =
            |why: &str| RegistryError::Failed(format!("`{}`: {why}", registry.reference()));
        let version = registry.reference().version();
        let digest = registry.reference().digest().map(|digest| {
            Digest::parse(digest)
                .ok_or_else(|| failed("its digest is of an algorithm that is not known"))
        });
        let top = fetched(registry, version, digest.transpose()?, None)?;
        let parse = |document: &Document| Manifest::parse(&document.bytes).map_err(failed);
        let (document, config, layers) = match parse(&top)? {
            Manifest::Image { config, layers } => {
                let image = (top, config, layers);
                if let Some(platform) = platform {
                    holds(registry, &image.1, platform)?;
                }
                image
            }
            Manifest::Index(index) => {
                let machine = Platform::of_this_machine();
                let chosen =
                    choose(&index, platform.unwrap_or(&machine)).map_err(|why| failed(&why))?;
                let digest = chosen
                    .parsed_digest()
                    .ok_or_else(|| failed("its index names no digest"))?;
                let inner = fetched(registry, &chosen.digest, Some(digest), Some(chosen.size))?;
                match parse(&inner)? {
                    Manifest::Image { config, layers } => (inner, config, layers),
                    Manifest::Index(_) => return Err(failed("its index names another index")),
                }
            }
        };
        Ok(Image::new(registry, document, &config, &layers))
    }

    fn new(
        registry: &Arc<Registry>,
        document: Document,
        config: &Descriptor,
        layers: &[Descriptor],
    ) -> Image {
        let index = json!({
            "schemaVersion": 2,
            "manifests": [{"digest": document.digest.to_string(), "size": document.bytes.len()}],
        });
        let mut image = Image {
            registry: Arc::clone(registry),
            digest: document.digest.clone(),
            order: Vec::new(),
            parts: BTreeMap::new(),
        };
        image.add(
            "index.json".to_owned(),
            Part::Document(index.to_string().into_bytes().into()),
        );
        image.add(
            document.digest.layout_path(),
            Part::Document(document.bytes.into()),
        );
        image.add_blob(config, "the configuration".to_owned());
        for (at, layer) in layers.iter().enumerate() {
            image.add_blob(layer, format!("layer {}", at + 1));
        }
        image
    }

    /// What has no digest that can be computed is left out, and so will be missed.
    fn add_blob(&mut self, descriptor: &Descriptor, label: String) {
        if let Some(digest) = descriptor.parsed_digest() {
            let path = digest.layout_path();
            let part = Part::Blob {
                expected: Expected {
                    digest,
                    size: descriptor.size,
                },
                label,
                is_foreign: descriptor.is_foreign(),
            };
            self.add(path, part);
        }
    }

    /// Of what is named twice the first counts.
    fn add(&mut self, path: String, part: Part) {
        if !self.parts.contains_key(&path) {
            self.order.push(path.clone());
            self.parts.insert(path, part);
        }
    }

    /// The digest of its manifest.
    pub fn digest(&self) -> String {
        self.digest.to_string()
    }

    /// The names of its members in an OCI image layout: the documents, then the layers, the lowest first.
    pub fn members(&self) -> &[String] {
        &self.order
    }

    /// The size of a member, and its bytes. A member that does not have them ends with an error.
    pub fn open(&self, member: &str) -> io::Result<(u64, Box<dyn Read + Send>)> {
        match self.parts.get(member) {
            None => Err(io::Error::new(io::ErrorKind::NotFound, "no such member")),
            Some(Part::Document(bytes)) => {
                Ok((bytes.len() as u64, Box::new(Cursor::new(Arc::clone(bytes)))))
            }
            Some(Part::Blob {
                expected,
                label,
                is_foreign,
            }) => {
                let body = self
                    .registry
                    .blob(expected, 0)
                    .map_err(|error| match error {
                        RegistryError::Absent(_) if *is_foreign => io::Error::new(
                            io::ErrorKind::NotFound,
                            format!(
                                "{label} is kept at an address of its own, which is not contacted"
                            ),
                        ),
                        error => io::Error::other(format!("{label}: {error}")),
                    })?;
                let blob = Blob::new(&self.registry, expected.clone(), body);
                Ok((expected.size, Box::new(blob)))
            }
        }
    }
}

/// The manifest of that tag or digest, held against what is known of it.
fn fetched(
    registry: &Registry,
    version: &str,
    digest: Option<Digest>,
    size: Option<u64>,
) -> Result<Document, RegistryError> {
    let failed = |why: &str| RegistryError::Failed(format!("`{}`: {why}", registry.reference()));
    let bytes = registry.manifest(version)?;
    if size.is_some_and(|size| size != bytes.len() as u64) {
        return Err(failed("a manifest has another size than its index says"));
    }
    if let Some(digest) = digest {
        return match digest.is_of(&bytes) {
            true => Ok(Document { bytes, digest }),
            false => Err(failed(
                "a manifest has another digest than the one it was asked for by",
            )),
        };
    }
    let digest = Digest::of(&bytes);
    Ok(Document { bytes, digest })
}

/// Whether an image that is in no index is one for `platform`.
fn holds(
    registry: &Arc<Registry>,
    config: &Descriptor,
    platform: &Platform,
) -> Result<(), RegistryError> {
    let failed = |why: String| RegistryError::Failed(format!("`{}`: {why}", registry.reference()));
    let digest = config.parsed_digest().filter(|_| config.size <= MAX_CONFIG);
    let Some(digest) = digest else {
        return Err(failed("its configuration names no platform".to_owned()));
    };
    let expected = Expected {
        digest,
        size: config.size,
    };
    let body = registry.blob(&expected, 0)?;
    let mut bytes = Vec::new();
    let read = Blob::new(registry, expected, body).read_to_end(&mut bytes);
    read.map_err(|error| failed(format!("its configuration is not read: {error}")))?;
    match platform_of(&bytes) {
        Some(own) if platform.runs(&own) => Ok(()),
        Some(own) => Err(failed(format!(
            "it has no image for {platform}; there is {own}"
        ))),
        None => Err(failed("its configuration names no platform".to_owned())),
    }
}
