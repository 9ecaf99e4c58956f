//! What is needed to see a build end: an engine, a base image, a small disk, and a look at what is left.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use plimsoll_engine::{Engine, EngineAddress, EngineReader};
use tempfile::TempDir;

use crate::scene::tree;

/// The engine, or `None` where there is none and none is required.
pub(crate) fn engine() -> Option<EngineReader> {
    let address = EngineAddress::from_docker_host(None).unwrap();
    match EngineReader::connect(&address) {
        Ok(engine) => Some(engine),
        Err(error) => {
            let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
            assert!(
                !required.split(',').any(|tool| tool.trim() == "docker"),
                "docker does not answer, but PLIMSOLL_REQUIRE names it: {error}"
            );
            println!("skipped: docker does not answer (run: cargo xtask setup)");
            None
        }
    }
}

/// Whether there is a static shell, so that steps can run.
pub(crate) fn has_shell() -> bool {
    let is_there = Path::new("/bin/busybox").exists();
    if !is_there {
        println!("skipped: no static shell at /bin/busybox (run: cargo xtask setup)");
    }
    is_there
}

/// A word that nothing else on the machine holds.
pub(crate) fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("plimsoll-test-{what}-{}-{count}", std::process::id())
}

/// An image of a static shell in the engine, where there is one.
pub(crate) struct Base {
    name: String,
    pub(crate) engine: EngineReader,
}

impl Base {
    pub(crate) fn make() -> Option<Base> {
        let engine = engine()?;
        if !has_shell() {
            return None;
        }
        let name = format!("{}:1", unique("base"));
        // What is built on it has the label, too.
        let script = format!(
            "cp /bin/busybox bin/busybox && for name in sh cat head sleep yes true; do ln -s busybox bin/$name; done && \
             tar c bin | docker import --change 'ENV PATH=/bin' --change 'LABEL plimsoll.test={name}' - {name}"
        );
        let folder = tree(&[]);
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        let mut make = Command::new("sh");
        make.args(["-ec", &script]).current_dir(folder.path());
        let output = make.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Some(Base { name, engine })
    }

    pub(crate) fn dockerfile(&self, instructions: &str) -> String {
        format!("FROM {}\n{instructions}\n", self.name)
    }

    /// Images that were built on it and are still there.
    pub(crate) fn built(&self) -> Vec<String> {
        let label = format!("plimsoll.test={}", self.name);
        let images = self.engine.images(Some(&label)).unwrap();
        let is_base = |tags: &[String]| tags.contains(&self.name);
        let built = images.iter().filter(|image| !is_base(&image.repo_tags));
        built.map(|image| image.id.clone()).collect()
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let engine = Engine::connect(&EngineAddress::from_docker_host(None).unwrap());
        if let Ok(engine) = engine {
            for image in self.built() {
                let _ = engine.remove_image(&image, true);
            }
            let _ = engine.remove_image(&self.name, true);
        }
    }
}

/// Waits until `holds`, at most 40 seconds.
pub(crate) fn soon(holds: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > Duration::from_secs(40) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    true
}

/// How many processes of the machine have `marker` among their arguments.
pub(crate) fn running(marker: &str) -> usize {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = folders.filter_map(|folder| std::fs::read(folder.path().join("cmdline")).ok());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(marker))
        .count()
}

/// Containers, running or not, with `marker` in their command.
pub(crate) fn containers(engine: &EngineReader, marker: &str) -> usize {
    let containers = engine.containers(None).unwrap();
    let marked = containers.iter().filter(|one| one.command.contains(marker));
    marked.count()
}

/// The names in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status();
    assert!(sent.unwrap().success());
}

/// A file system of one mebibyte, where this process may mount one.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    pub(crate) fn mount() -> Option<SmallDisk> {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
        mount.arg(folder.path()).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            println!("skipped: no right to mount a small file system");
        }
        mounted.then_some(SmallDisk(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// A socket before the engine, which can go away.
pub(crate) struct Proxy {
    /// For `DOCKER_HOST`.
    pub(crate) host: String,
    connections: Arc<Connections>,
}

struct Connections {
    /// What a request says at which the engine is gone.
    word: Option<&'static str>,
    is_gone: AtomicBool,
    open: Mutex<Vec<UnixStream>>,
}

impl Proxy {
    /// Listens in `folder`. Where a request says `word`, the engine is gone.
    pub(crate) fn listen(folder: &Path, word: Option<&'static str>) -> Proxy {
        let socket = folder.join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let connections = Arc::new(Connections {
            word,
            is_gone: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let shared = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.forward(&client));
            }
        });
        let host = format!("unix://{}", socket.display());
        Proxy { host, connections }
    }

    /// The engine is gone.
    pub(crate) fn leave(&self) {
        self.connections.leave();
    }
}

impl Connections {
    fn leave(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn forward(&self, client: &UnixStream) {
        if self.is_gone.load(Ordering::Relaxed) {
            return;
        }
        let engine = UnixStream::connect("/var/run/docker.sock").unwrap();
        let both = [client, &engine].map(|stream| stream.try_clone().unwrap());
        self.open.lock().unwrap().extend(both);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                self.requests(client, &engine);
                let _ = engine.shutdown(Shutdown::Both);
            });
            let _ = std::io::copy(&mut &engine, &mut &*client);
            let _ = client.shutdown(Shutdown::Both);
        });
    }

    fn requests(&self, mut client: &UnixStream, mut engine: &UnixStream) {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let chunk = &buffer[..length];
            let text = String::from_utf8_lossy(chunk);
            if self.word.is_some_and(|word| text.contains(word)) {
                return self.leave();
            }
            if engine.write_all(chunk).is_err() {
                return;
            }
        }
    }
}
