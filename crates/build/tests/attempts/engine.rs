//! The attempts and their twins on the engine of the machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "only tests use this module"
)]

use std::process::{Command, Stdio};

use plimsoll_build::{Cancel, prepare};
use plimsoll_engine::{Engine, EngineAddress, Secret};
use plimsoll_model::Builder;

use super::case::{Case, Ground, Naive, Variant, holds_canary};

/// Whether the engine must be there.
pub(crate) fn is_required() -> bool {
    let required = std::env::var("PLIMSOLL_REQUIRE").unwrap_or_default();
    required.split(',').any(|tool| tool.trim() == "docker")
}

/// Every fifth case, or all of them where the engine is required.
pub(crate) fn sample(cases: Vec<Case>) -> Vec<Case> {
    let step = if is_required() { 1 } else { 5 };
    cases.into_iter().step_by(step).collect()
}

/// Judges every case, several at once.
pub(crate) fn in_parallel(
    cases: &[Case],
    judge: impl Fn(&Case) -> Vec<String> + Sync,
) -> Vec<String> {
    let share = cases.len().div_ceil(3).max(1);
    std::thread::scope(|scope| {
        let judge = &judge;
        let workers: Vec<_> = cases
            .chunks(share)
            .map(|cases| scope.spawn(move || cases.iter().flat_map(judge).collect::<Vec<_>>()))
            .collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap());
        done.flatten().collect()
    })
}

/// An engine with a base image of a static shell, which goes away with this.
pub(crate) struct Base {
    pub(crate) engine: Engine,
    pub(crate) name: String,
}

impl Base {
    pub(crate) fn make() -> Option<Base> {
        let host = std::env::var("DOCKER_HOST").ok();
        let address = EngineAddress::from_docker_host(host.as_deref()).unwrap();
        let engine = match Engine::connect(&address) {
            Ok(engine) => engine,
            Err(error) => {
                assert!(
                    !is_required(),
                    "docker does not answer, but PLIMSOLL_REQUIRE names it: {error}"
                );
                println!("skipped: docker does not answer (run: cargo xtask setup)");
                return None;
            }
        };
        let Ok(shell) = std::fs::read("/bin/busybox") else {
            assert!(!is_required(), "there is no static shell at /bin/busybox");
            println!("skipped: no static shell at /bin/busybox (run: cargo xtask setup)");
            return None;
        };
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("plimsoll-test-build-base-{}-{count}:1", std::process::id());
        let bytes = archive(&shell);
        // What is built on it has the label, too.
        let label = format!("LABEL plimsoll.test={name}");
        engine
            .import(&mut &*bytes, &name, &["ENV PATH=/bin", &label])
            .unwrap();
        Some(Base { engine, name })
    }

    /// What is wrong about a case.
    pub(crate) fn judge(&self, case: &Case) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Err(error) = self.twin(&case.good, case.name) {
            wrong.push(format!("{}: its twin does not build: {error}", case.name));
        }
        if case.naive != Naive::Untried
            && let Some(ground) = Ground::make(&case.bad, &self.name)
        {
            let found = naive(&ground, &case.bad, self);
            if found != case.naive {
                wrong.push(format!("{}: a naive builder {found:?}", case.name));
            }
        }
        wrong
    }

    /// Builds a twin, by BuildKit or by either builder in turn.
    fn twin(&self, variant: &Variant, name: &str) -> Result<(), String> {
        let ground = Ground::make(variant, &self.name).unwrap();
        let builder = match variant.buildkit || name.len().is_multiple_of(2) {
            true => Builder::Buildkit,
            false => Builder::Classic,
        };
        let prepared = prepare(&ground.request(variant, builder), &Cancel::new())
            .map_err(|error| format!("{error:?}"))?;
        let secrets: Vec<Secret> = variant
            .secrets
            .iter()
            .map(|id| Secret {
                id: (*id).to_owned(),
                value: b"secret value".to_vec(),
            })
            .collect();
        let tag = unique("twin");
        let mut said = String::new();
        let built = prepared.build(
            &self.engine,
            Some(&tag),
            &secrets,
            &mut |event| said.push_str(&format!("{event:?}\n")),
            &Cancel::new(),
        );
        let _ = self.engine.remove_image(&tag, true);
        built
            .map(drop)
            .map_err(|error| format!("{error:?}\n{said}"))
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // The docker command leaves the untagged images of a classic build that failed.
        let label = format!("plimsoll.test={}", self.name);
        for image in self
            .engine
            .reader()
            .images(Some(&label))
            .unwrap_or_default()
        {
            let _ = self.engine.remove_image(&image.id, true);
        }
    }
}

pub(crate) fn unique(what: &str) -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("plimsoll-test-build-{what}-{}-{count}", std::process::id())
}

/// What a builder does that joins the paths and asks nothing.
fn naive(ground: &Ground, variant: &Variant, base: &Base) -> Naive {
    let (context, dockerfile) = ground.joined(variant);
    let tag = unique("naive");
    let mut command = Command::new("timeout");
    command
        .args([
            "60",
            "docker",
            "build",
            "-q",
            "--network=none",
            "-t",
            &tag,
            "-f",
        ])
        .arg(dockerfile);
    for (name, value) in &variant.arguments {
        command
            .arg("--build-arg")
            .arg(format!("{name}={}", ground.filled(value)));
    }
    if let Some(target) = variant.target {
        command.arg(format!("--target={target}"));
    }
    command.arg("--").arg(context);
    command.env("DOCKER_BUILDKIT", "0").stdin(Stdio::null());
    // A path with NUL cannot even be handed over.
    let built = command.output().is_ok_and(|output| output.status.success());
    if !built {
        return Naive::Refuses;
    }
    let saved = Command::new("docker")
        .args(["save", &tag])
        .output()
        .unwrap();
    let _ = base.engine.remove_image(&tag, true);
    match holds_canary(&saved.stdout) {
        true => Naive::Leaks,
        false => Naive::Builds,
    }
}

/// A tar of a static shell and its names.
fn archive(shell: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(shell.len() as u64);
    header.set_mode(0o755);
    header.set_cksum();
    tar.append_data(&mut header, "bin/busybox", shell).unwrap();
    for applet in ["sh", "echo", "sleep", "cat", "yes", "true"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox")
            .unwrap();
    }
    tar.into_inner().unwrap()
}
