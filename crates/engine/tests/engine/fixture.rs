//! The engine to test with, a base image from a static shell, and contexts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "only tests use this module"
)]

use std::io::Cursor;
use std::sync::OnceLock;
use std::time::Duration;

use plimsoll_engine::{
    BuildError, BuildEvent, BuildOutcome, BuildRequest, Engine, EngineAddress, EngineBuilder,
};

/// What everything these tests make is labelled with.
pub(crate) const LABEL: &str = "plimsoll.test=engine";

pub(crate) const BUILDERS: [EngineBuilder; 2] = [EngineBuilder::Classic, EngineBuilder::BuildKit];

/// The engine, or `None` where there is none and none is required.
pub(crate) fn engine() -> Option<Engine> {
    let host = std::env::var("DOCKER_HOST").ok();
    let address = EngineAddress::from_docker_host(host.as_deref()).unwrap();
    match Engine::connect(&address) {
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

/// A name that no other run uses.
pub(crate) fn unique(what: &str) -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("plimsoll-test-engine-{what}-{}-{count}", std::process::id())
}

/// An image that goes away with this.
pub(crate) struct Image<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) name: String,
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        let _ = self.engine.remove_image(&self.name, true);
    }
}

/// A tar of `files`.
pub(crate) fn tar(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes, mode) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        header.set_cksum();
        tar.append_data(&mut header, path, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Statics are never dropped, so a run's base stays until the next run.
fn remove_bases_of_ended_runs(engine: &Engine) {
    let images = engine.reader().images(Some(LABEL)).unwrap();
    let tags = images.iter().flat_map(|image| &image.repo_tags);
    for tag in tags {
        let process = tag
            .strip_prefix("plimsoll-test-engine-base-")
            .and_then(|rest| rest.strip_suffix(":1"));
        let is_over = |process| !std::path::Path::new("/proc").join(process).exists();
        if process.is_some_and(is_over) {
            let _ = engine.remove_image(tag, true);
        }
    }
}

/// A base image of a static shell, one for each process; `None` where there is no static shell.
pub(crate) fn base(engine: &Engine) -> Option<&'static str> {
    static BASE: OnceLock<Option<String>> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        remove_bases_of_ended_runs(engine);
        let shell = std::fs::read("/bin/busybox").ok()?;
        let name = format!("plimsoll-test-engine-base-{}:1", std::process::id());
        let applets = ["sh", "echo", "sleep", "cat", "yes", "touch", "true"];
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(shell.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        tar.append_data(&mut header, "bin/busybox", &*shell)
            .unwrap();
        for applet in applets {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            tar.append_link(&mut header, format!("bin/{applet}"), "busybox")
                .unwrap();
        }
        let bytes = tar.into_inner().unwrap();
        engine
            .import(
                &mut &*bytes,
                &name,
                &["ENV PATH=/bin", "LABEL plimsoll.test=engine"],
            )
            .unwrap();
        Some(name)
    });
    if base.is_none() {
        println!("skipped: no static shell at /bin/busybox (run: cargo xtask setup)");
    }
    base.as_deref()
}

/// Builds one Dockerfile and returns how it ended and what was told.
pub(crate) fn build<'a>(
    engine: &Engine,
    builder: EngineBuilder,
    dockerfile: &str,
    change: impl FnOnce(&mut BuildRequest<'a>),
) -> (Result<BuildOutcome, BuildError>, Vec<BuildEvent>) {
    let context = tar(&[
        ("Dockerfile", dockerfile.as_bytes(), 0o644),
        ("file", b"content\n", 0o644),
    ]);
    let mut request = BuildRequest::new(builder, Box::new(Cursor::new(context)));
    request.time_limit = Duration::from_secs(120);
    request.no_cache = true;
    change(&mut request);
    let mut events = Vec::new();
    let ended = engine.build(request, &mut |event| events.push(event), &|| false);
    (ended, events)
}

/// The lines of output among `events`.
pub(crate) fn output(events: &[BuildEvent]) -> Vec<&str> {
    let texts = events.iter().filter_map(|event| match event {
        BuildEvent::Log { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
