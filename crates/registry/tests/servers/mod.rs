//! Registries for tests: distribution's own on a port of this machine, and stand-ins that say what it never would.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub(crate) const USER: &str = "ali";
pub(crate) const PASSWORD: &str = "open sesame";
/// The same by bcrypt, which is all that distribution takes.
const HTPASSWD: &str = "ali:$2b$04$mXsr4ceZbElqqKCYun6nweAtHw/RRVlcy3mWfz1Q/DrtufWmpWzrK\n";
/// The same as files of credentials have it.
pub(crate) const AUTH: &str = "YWxpOm9wZW4gc2VzYW1l";

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold("sha256:".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// What a document says of `bytes`.
pub(crate) fn descriptor(bytes: &[u8]) -> Value {
    json!({"mediaType": "application/octet-stream", "digest": digest(bytes), "size": bytes.len()})
}

/// The manifest of an image.
pub(crate) fn manifest(config: &[u8], layers: &[&[u8]]) -> Vec<u8> {
    let layers: Vec<Value> = layers.iter().map(|layer| descriptor(layer)).collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(config), "layers": layers,
    });
    manifest.to_string().into_bytes()
}

/// A descriptor with the platform that an index gives it.
pub(crate) fn for_platform(manifest: &[u8], platform: &str) -> Value {
    let mut one = descriptor(manifest);
    let (os, architecture) = platform.split_once('/').unwrap();
    one["mediaType"] = json!(MANIFEST);
    one["platform"] = json!({"os": os, "architecture": architecture});
    one
}

/// Whether distribution's registry is installed; where `PLIMSOLL_REQUIRE` names it, it has to be.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/bin")]);
    let found = folders
        .map(|folder| folder.join("docker-registry"))
        .find(|path| path.is_file());
    if found.is_none() {
        let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
        assert!(
            !required.split(',').any(|tool| tool == "docker-registry"),
            "docker-registry is not installed, but PLIMSOLL_REQUIRE names it"
        );
        println!("skipped: docker-registry is not installed (run: cargo xtask setup)");
    }
    found
}

/// A running registry that is gone when dropped.
pub(crate) struct Distribution {
    pub(crate) port: u16,
    folder: TempDir,
    child: Child,
    authorization: Option<String>,
}

impl Distribution {
    /// One that anybody may use.
    pub(crate) fn open() -> Option<Distribution> {
        Distribution::start(None)
    }

    /// One that only [`USER`] may use.
    pub(crate) fn closed() -> Option<Distribution> {
        Distribution::start(Some(format!("Basic {AUTH}")))
    }

    fn start(authorization: Option<String>) -> Option<Distribution> {
        let program = program()?;
        let folder = TempDir::new().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("htpasswd"), HTPASSWD).unwrap();
        let mut config = json!({
            "version": 0.1,
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": path("data")}, "delete": {"enabled": true}},
            "http": {"addr": format!("127.0.0.1:{port}")},
            "validation": {"manifests": {"urls": {"allow": ["^https://layers[.]example[.]com/"]}}},
        });
        if authorization.is_some() {
            config["auth"] = json!({"htpasswd": {"realm": "tests", "path": path("htpasswd")}});
        }
        std::fs::write(path("config.yml"), config.to_string()).unwrap();
        let mut command = Command::new(program);
        command.arg("serve").arg(path("config.yml"));
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Distribution {
            port,
            folder,
            child,
            authorization,
        };
        let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        for _ in 0..500 {
            if answers() {
                return Some(registry);
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("docker-registry does not answer");
    }

    /// The name of a repository of it.
    pub(crate) fn name(&self, rest: &str) -> String {
        format!("127.0.0.1:{}/{rest}", self.port)
    }

    /// Puts an image there: its blobs, and its manifest under `version`.
    pub(crate) fn push(
        &self,
        repository: &str,
        version: &str,
        config: &[u8],
        layers: &[&[u8]],
    ) -> Vec<u8> {
        for blob in layers.iter().chain([&config]) {
            self.push_blob(repository, blob);
        }
        let manifest = manifest(config, layers);
        self.push_manifest(repository, version, MANIFEST, &manifest);
        manifest
    }

    pub(crate) fn push_blob(&self, repository: &str, blob: &[u8]) {
        let (status, headers) = self.ask(
            "POST",
            &format!("/v2/{repository}/blobs/uploads/"),
            "x/x",
            b"",
        );
        assert_eq!(status, 202, "{headers}");
        let location = headers
            .lines()
            .find_map(|line| line.strip_prefix("location: "))
            .unwrap();
        let target = location.split_once("/v2/").unwrap().1;
        let target = format!("/v2/{target}&digest={}", digest(blob));
        let (status, headers) = self.ask("PUT", &target, "application/octet-stream", blob);
        assert_eq!(status, 201, "{headers}");
    }

    pub(crate) fn push_manifest(
        &self,
        repository: &str,
        version: &str,
        kind: &str,
        manifest: &[u8],
    ) {
        let target = format!("/v2/{repository}/manifests/{version}");
        let (status, headers) = self.ask("PUT", &target, kind, manifest);
        assert_eq!(status, 201, "{headers}");
    }

    /// Removes a blob from the disk, behind the registry's back.
    pub(crate) fn lose(&self, blob: &[u8]) {
        let digest = digest(blob);
        let digits = digest.strip_prefix("sha256:").unwrap();
        let data = self
            .folder
            .path()
            .join("data/docker/registry/v2/blobs/sha256");
        std::fs::remove_dir_all(data.join(&digits[..2]).join(digits)).unwrap();
    }

    /// The status and the head of the answer, in lower case.
    fn ask(&self, method: &str, target: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let authorization = self.authorization.as_ref();
        let authorization =
            authorization.map_or(String::new(), |value| format!("Authorization: {value}\r\n"));
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: {kind}\r\n{authorization}\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let head = answer.split("\r\n\r\n").next().unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let (first, rest) = head.split_once("\r\n").unwrap();
        let lower = |line: &str| match line.split_once(':') {
            Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
            None => line.to_owned(),
        };
        let lines: Vec<String> = rest.lines().map(lower).collect();
        (status, format!("{first}\n{}", lines.join("\n")))
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a stand-in was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    /// The lines of the head behind the first, in lower case up to the colon.
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.headers
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
    }
}

/// How a stand-in answers.
pub(crate) enum Reply {
    /// These bytes, and the connection ends.
    Bytes(Vec<u8>),
    /// These bytes, and then zeros for as long as somebody listens.
    Endless(Vec<u8>),
    /// These bytes, and then nothing for so long.
    Silence(Vec<u8>, Duration),
}

/// An answer with a status, headers and a body.
pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut head = format!(
        "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    Reply::Bytes([head.as_bytes(), b"\r\n", body].concat())
}

/// A head that promises `length` bytes.
pub(crate) fn promise(length: u64) -> Vec<u8> {
    format!("HTTP/1.1 200 x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

/// A server that answers as a test says, and remembers what it was asked.
pub(crate) struct StandIn {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = Arc::clone(&asked);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, remembered) = (Arc::clone(&answer), Arc::clone(&remembered));
                thread::spawn(move || serve(stream, &*answer, &remembered));
            }
        });
        StandIn { port, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(&Asked) -> Reply,
    remembered: &Mutex<Vec<Asked>>,
) -> Option<()> {
    let asked = heard(&mut stream).ok()??;
    remembered.lock().unwrap().push(asked.clone());
    match answer(&asked) {
        Reply::Bytes(bytes) => stream.write_all(&bytes).ok()?,
        Reply::Endless(bytes) => {
            stream.write_all(&bytes).ok()?;
            while stream.write_all(&[0; 64 << 10]).is_ok() {}
        }
        Reply::Silence(bytes, time) => {
            stream.write_all(&bytes).ok()?;
            thread::sleep(time);
        }
    }
    Some(())
}

/// One request; `None` for somebody who speaks TLS.
fn heard(stream: &mut TcpStream) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut one)? == 0 || one == [0x16] && bytes.is_empty() {
            return Ok(None);
        }
        bytes.extend(one);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let lower = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        format!("{}:{value}", name.to_ascii_lowercase())
    };
    let headers: Vec<String> = lines.map(lower).collect();
    let mut asked = Asked {
        method: word(),
        target: word(),
        headers: headers.join("\n"),
        body: String::new(),
    };
    let length: usize = asked
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(asked))
}
