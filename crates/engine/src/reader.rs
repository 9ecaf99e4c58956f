//! Asking an engine, changing nothing.

use std::io::Read;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::http::{self, CALL_LIMIT};
use crate::name::{container_path, image_path};
use crate::types::{
    Change, ContainerInspect, ContainerSummary, EngineVersion, HistoryEntry, ImageInspect,
    ImageSummary,
};
use crate::{EngineAddress, EngineError};

/// The newest minor version of the interface that we speak.
const NEWEST: u32 = 47;
/// The oldest: that of engine 20.10.
const OLDEST: u32 = 41;
/// How long a stream may be silent.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);

/// An engine that is only asked. Clones are cheap; each call opens a connection of its own.
#[derive(Clone, Debug)]
pub struct EngineReader {
    pub(crate) address: EngineAddress,
    minor: u32,
    version: EngineVersion,
}

impl EngineReader {
    /// Asks who is there and agrees on a version.
    pub fn connect(address: &EngineAddress) -> Result<EngineReader, EngineError> {
        let request = http::request(Method::GET, "/version", "text/plain", http::whole(""))?;
        let answer = http::call(address, request, Duration::from_secs(10))?;
        let version: EngineVersion = parsed(&answer)?;
        let newest = minor(&version.api_version).unwrap_or(OLDEST);
        let oldest = minor(&version.min_api_version).unwrap_or_default();
        let minor = newest.min(NEWEST).max(oldest);
        if newest < OLDEST {
            return Err(EngineError::Answer(format!(
                "its interface is version {}, older than 1.{OLDEST}",
                version.api_version
            )));
        }
        Ok(EngineReader {
            address: address.clone(),
            minor,
            version,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &EngineAddress {
        &self.address
    }

    /// What it said of itself.
    pub fn version(&self) -> &EngineVersion {
        &self.version
    }

    /// Whether it still answers.
    pub fn ping(&self) -> Result<(), EngineError> {
        self.get("/_ping", &[]).map(drop)
    }

    /// All images, untagged ones too, or those with the label `name` or `name=value`.
    pub fn images(&self, label: Option<&str>) -> Result<Vec<ImageSummary>, EngineError> {
        let mut pairs = vec![("all", "1".to_owned())];
        pairs.extend(label_filter(label));
        self.json("/images/json", &pairs)
    }

    /// An image by name or id.
    pub fn image(&self, name: &str) -> Result<ImageInspect, EngineError> {
        let raw: Value = self.json(&image_path(name, "/json")?, &[])?;
        Ok(ImageInspect::from(raw))
    }

    /// Whether the engine has the image.
    pub fn has_image(&self, name: &str) -> Result<bool, EngineError> {
        match self.image(name) {
            Ok(_) => Ok(true),
            Err(EngineError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How an image came to be, newest first.
    pub fn image_history(&self, name: &str) -> Result<Vec<HistoryEntry>, EngineError> {
        self.json(&image_path(name, "/history")?, &[])
    }

    /// Images as a tar, in the form of `docker save`.
    pub fn save(&self, names: &[&str]) -> Result<ByteStream, EngineError> {
        let pairs: Vec<_> = names
            .iter()
            .map(|name| ("names", (*name).to_owned()))
            .collect();
        self.stream("/images/get", &pairs)
    }

    /// All containers, stopped ones too, or those with the label `name` or `name=value`.
    pub fn containers(&self, label: Option<&str>) -> Result<Vec<ContainerSummary>, EngineError> {
        let mut pairs = vec![("all", "1".to_owned())];
        pairs.extend(label_filter(label));
        self.json("/containers/json", &pairs)
    }

    /// A container by name or id.
    pub fn container(&self, id: &str) -> Result<ContainerInspect, EngineError> {
        let raw: Value = self.json(&container_path(id, "/json")?, &[])?;
        Ok(ContainerInspect::from(raw))
    }

    /// The paths a container changed.
    pub fn changes(&self, id: &str) -> Result<Vec<Change>, EngineError> {
        let changes: Option<Vec<Value>> = self.json(&container_path(id, "/changes")?, &[])?;
        let changes = changes.unwrap_or_default();
        Ok(changes.iter().filter_map(Change::of).collect())
    }

    /// A path of a container as a tar.
    pub fn archive(&self, id: &str, path: &str) -> Result<ByteStream, EngineError> {
        self.stream(
            &container_path(id, "/archive")?,
            &[("path", path.to_owned())],
        )
    }

    /// The target of a request: the version, the path and its query.
    pub(crate) fn target(&self, path: &str, pairs: &[(&str, String)]) -> String {
        http::target(&format!("/v1.{}{path}", self.minor), pairs)
    }

    fn get(&self, path: &str, pairs: &[(&str, String)]) -> Result<Bytes, EngineError> {
        let target = self.target(path, pairs);
        let request = http::request(Method::GET, &target, "text/plain", http::whole(""))?;
        http::call(&self.address, request, CALL_LIMIT)
    }

    fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        pairs: &[(&str, String)],
    ) -> Result<T, EngineError> {
        parsed(&self.get(path, pairs)?)
    }

    fn stream(&self, path: &str, pairs: &[(&str, String)]) -> Result<ByteStream, EngineError> {
        let target = self.target(path, pairs);
        let request = http::request(Method::GET, &target, "text/plain", http::whole(""))?;
        let runtime = http::runtime()?;
        let response = runtime.block_on(async {
            let asked = async { http::succeeded(http::send(&self.address, request).await?).await };
            let answer = tokio::time::timeout(SILENCE_LIMIT, asked).await;
            answer.unwrap_or(Err(EngineError::TimedOut(SILENCE_LIMIT.as_secs())))
        })?;
        Ok(ByteStream {
            body: response.into_body(),
            rest: Bytes::new(),
            runtime,
        })
    }
}

/// The minor version of `1.41`.
fn minor(version: &str) -> Option<u32> {
    version.strip_prefix("1.")?.parse().ok()
}

fn label_filter(label: Option<&str>) -> Option<(&'static str, String)> {
    label.map(|label| ("filters", json!({"label": [label]}).to_string()))
}

/// An answer as what it should be.
pub(crate) fn parsed<T: DeserializeOwned>(answer: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(answer).map_err(|error| EngineError::Answer(error.to_string()))
}

/// Bytes the engine sends, as they come. Dropping it closes the connection.
pub struct ByteStream {
    body: Incoming,
    rest: Bytes,
    runtime: Runtime,
}

impl Read for ByteStream {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.is_empty() {
            let next = self
                .runtime
                .block_on(async { tokio::time::timeout(SILENCE_LIMIT, self.body.frame()).await });
            match next {
                Err(_) => return Err(std::io::ErrorKind::TimedOut.into()),
                Ok(None) => return Ok(0),
                Ok(Some(Err(error))) => return Err(std::io::Error::other(error)),
                Ok(Some(Ok(frame))) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        let length = self.rest.len().min(buffer.len());
        let Some(place) = buffer.get_mut(..length) else {
            return Ok(0);
        };
        self.rest.copy_to_slice(place);
        Ok(length)
    }
}
