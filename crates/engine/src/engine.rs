//! Making an engine do something: build, load, tag, run for evidence, remove.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::build::{self, BuildError, BuildEvent, BuildOutcome, BuildRequest};
use crate::http::{self, CALL_LIMIT};
use crate::json_stream::JsonLines;
use crate::name::{container_path, image_path};
use crate::reader::parsed;
use crate::transfer;
use crate::types::ImageSummary;
use crate::{EngineAddress, EngineError, EngineReader};

/// How long loading an image may take.
const LOAD_LIMIT: Duration = Duration::from_secs(600);

/// An engine that is told to do things.
#[derive(Clone, Debug)]
pub struct Engine {
    reader: EngineReader,
}

/// A container to be created; it gets no network, no capabilities and no way to new privileges.
#[derive(Clone, Debug, Default)]
pub struct ContainerRequest<'a> {
    /// The image.
    pub image: &'a str,
    /// The name; one is made up where it is absent.
    pub name: Option<&'a str>,
    /// What runs instead of the image's entrypoint; empty for the image's own.
    pub entrypoint: &'a [&'a str],
    /// Its arguments; empty for the image's own.
    pub command: &'a [&'a str],
    /// Labels.
    pub labels: &'a [(String, String)],
    /// Bytes of memory, swap included.
    pub memory: Option<u64>,
    /// How many processes it may have.
    pub processes: Option<u32>,
}

impl Engine {
    /// Asks who is there and agrees on a version.
    pub fn connect(address: &EngineAddress) -> Result<Engine, EngineError> {
        EngineReader::connect(address).map(|reader| Engine { reader })
    }

    /// The same engine, only asked.
    pub fn reader(&self) -> &EngineReader {
        &self.reader
    }

    /// Builds an image. `tell` hears of it meanwhile; `is_cancelled` is asked several times a second.
    ///
    /// However it ends early (time, output, cancelled, this process killed), the engine stops the build, because the
    /// connection closes. What a failed build of the classic builder left untagged is removed.
    pub fn build(
        &self,
        request: BuildRequest<'_>,
        tell: &mut dyn FnMut(BuildEvent),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<BuildOutcome, BuildError> {
        build::build(&self.reader, request, tell, is_cancelled)
    }

    /// Loads images from a tar in the form of `docker save`. Returns what the engine says it loaded.
    pub fn load(&self, tar: &mut (dyn Read + Send)) -> Result<Vec<String>, EngineError> {
        let said = self.upload("/images/load", &[("quiet", "1".to_owned())], tar)?;
        let streams = said
            .iter()
            .filter_map(|value| value.get("stream")?.as_str());
        let loaded = streams.flat_map(str::lines).filter_map(|line| {
            let line = line.trim();
            let named = line.strip_prefix("Loaded image: ");
            named.or_else(|| line.strip_prefix("Loaded image ID: "))
        });
        Ok(loaded.map(str::to_owned).collect())
    }

    /// Makes an image of one layer from a tar of its files. `changes` are Dockerfile instructions such as
    /// `ENV PATH=/bin`. Returns its id.
    pub fn import(
        &self,
        tar: &mut (dyn Read + Send),
        tag: &str,
        changes: &[&str],
    ) -> Result<String, EngineError> {
        let (repository, tag) = tag.rsplit_once(':').unwrap_or((tag, "latest"));
        let mut pairs = vec![
            ("fromSrc", "-".to_owned()),
            ("repo", repository.to_owned()),
            ("tag", tag.to_owned()),
        ];
        pairs.extend(
            changes
                .iter()
                .map(|change| ("changes", (*change).to_owned())),
        );
        let said = self.upload("/images/create", &pairs, tar)?;
        let status = said
            .iter()
            .rev()
            .find_map(|value| value.get("status")?.as_str());
        let id = status.filter(|status| status.starts_with("sha256:"));
        id.map(str::to_owned)
            .ok_or_else(|| EngineError::Answer("the import has no id".to_owned()))
    }

    /// Gives an image another name.
    pub fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let pairs = [("repo", repository.to_owned()), ("tag", tag.to_owned())];
        self.post(&image_path(image, "/tag")?, &pairs, "").map(drop)
    }

    /// Removes a name of an image, and the image and its untagged parents with the last one. With `force` also where
    /// stopped containers use it.
    pub fn remove_image(&self, name: &str, force: bool) -> Result<(), EngineError> {
        let pairs = [("force", u8::from(force).to_string())];
        self.delete(&image_path(name, "")?, &pairs)
    }

    /// Creates a container and returns its id. It is not started.
    pub fn create_container(&self, request: &ContainerRequest<'_>) -> Result<String, EngineError> {
        let labels: BTreeMap<&String, &String> = request
            .labels
            .iter()
            .map(|(name, value)| (name, value))
            .collect();
        let mut host = json!({
            "NetworkMode": "none",
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        });
        if let Some(memory) = request.memory {
            host["Memory"] = json!(memory);
            host["MemorySwap"] = json!(memory);
        }
        if let Some(processes) = request.processes {
            host["PidsLimit"] = json!(processes);
        }
        let mut body = json!({"Image": request.image, "Labels": labels, "HostConfig": host});
        if !request.entrypoint.is_empty() {
            body["Entrypoint"] = json!(request.entrypoint);
        }
        if !request.command.is_empty() {
            body["Cmd"] = json!(request.command);
        }
        let name: Vec<_> = request
            .name
            .iter()
            .map(|name| ("name", (*name).to_owned()))
            .collect();
        let answer: Value = parsed(&self.post("/containers/create", &name, &body.to_string())?)?;
        let id = answer.get("Id").and_then(Value::as_str);
        id.map(str::to_owned)
            .ok_or_else(|| EngineError::Answer("the container has no id".to_owned()))
    }

    /// Starts a container.
    pub fn start(&self, id: &str) -> Result<(), EngineError> {
        self.post(&container_path(id, "/start")?, &[], "").map(drop)
    }

    /// Waits until a container ends, at most `limit` long, and returns its exit code.
    pub fn wait(&self, id: &str, limit: Duration) -> Result<i64, EngineError> {
        let target = self.reader.target(&container_path(id, "/wait")?, &[]);
        let request = http::request(Method::POST, &target, "text/plain", http::whole(""))?;
        let answer: Value = parsed(&http::call(&self.reader.address, request, limit)?)?;
        let code = answer.get("StatusCode").and_then(Value::as_i64);
        code.ok_or_else(|| EngineError::Answer("the container has no exit code".to_owned()))
    }

    /// Ends a container at once.
    pub fn kill(&self, id: &str) -> Result<(), EngineError> {
        self.post(&container_path(id, "/kill")?, &[], "").map(drop)
    }

    /// Removes a container and its volumes, running or not.
    pub fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let pairs = [("force", "1".to_owned()), ("v", "1".to_owned())];
        self.delete(&container_path(id, "")?, &pairs)
    }

    fn post(&self, path: &str, pairs: &[(&str, String)], body: &str) -> Result<Bytes, EngineError> {
        let target = self.reader.target(path, pairs);
        let body = http::whole(body.to_owned());
        let request = http::request(Method::POST, &target, "application/json", body)?;
        http::call(&self.reader.address, request, CALL_LIMIT)
    }

    fn delete(&self, path: &str, pairs: &[(&str, String)]) -> Result<(), EngineError> {
        let target = self.reader.target(path, pairs);
        let request = http::request(Method::DELETE, &target, "text/plain", http::whole(""))?;
        http::call(&self.reader.address, request, CALL_LIMIT).map(drop)
    }

    /// Sends a tar and returns the messages the engine answers with.
    fn upload(
        &self,
        path: &str,
        pairs: &[(&str, String)],
        tar: &mut (dyn Read + Send),
    ) -> Result<Vec<Value>, EngineError> {
        let target = self.reader.target(path, pairs);
        let (body, pump, failure) = transfer::body();
        let request = http::request(Method::POST, &target, "application/x-tar", body)?;
        let answer = std::thread::scope(|scope| {
            scope.spawn(move || pump.run(tar));
            let runtime = http::runtime()?;
            let asked = async {
                let response = http::send(&self.reader.address, request).await?;
                let mut body = http::succeeded(response).await?.into_body();
                messages(&mut body).await
            };
            runtime.block_on(async {
                let answer = tokio::time::timeout(LOAD_LIMIT, asked).await;
                answer.unwrap_or(Err(EngineError::TimedOut(LOAD_LIMIT.as_secs())))
            })
        });
        match failure.take() {
            Some(error) => Err(EngineError::Input(error)),
            None => answer,
        }
    }
}

/// The messages of an upload, or the error among them.
async fn messages(body: &mut hyper::body::Incoming) -> Result<Vec<Value>, EngineError> {
    let mut lines = JsonLines::default();
    let mut said = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(http::broken)?.into_data() {
            let values = lines.push(&data);
            said.extend(values.map_err(|_| EngineError::Answer("a line without end".to_owned()))?);
        }
    }
    said.extend(lines.take());
    match said.iter().find_map(|value| value.get("error")?.as_str()) {
        Some(error) => Err(EngineError::Refused {
            status: StatusCode::OK.as_u16(),
            message: error.to_owned(),
        }),
        None => Ok(said),
    }
}

/// Removes what a build that failed left: the untagged images it says it made, newest first. What it says can be
/// written by the Dockerfile, so an image goes only if it was not there `before`, has no name, and nothing needs it.
pub(crate) fn remove_unfinished(reader: &EngineReader, before: &[ImageSummary], made: &[String]) {
    /// Images a build that failed may have made; one with more leaves some.
    const MOST: usize = 1000;
    let engine = Engine {
        reader: reader.clone(),
    };
    let was_there = |id: &str| before.iter().any(|image| image.id == id);
    for id in made.iter().rev().take(MOST) {
        if let Ok(image) = reader.image(id)
            && image.repo_tags.is_empty()
            && image.repo_digests.is_empty()
            && !was_there(&image.id)
        {
            remove_once_free(&engine, &image.id);
        }
    }
}

/// Removes an image that the container of a stopped step may hold for another moment. What stays in use is somebody
/// else's to remove.
fn remove_once_free(engine: &Engine, id: &str) {
    for _ in 0..20 {
        match engine.remove_image(id, false) {
            Err(EngineError::Conflict(_)) => std::thread::sleep(Duration::from_millis(250)),
            _ => return,
        }
    }
}
