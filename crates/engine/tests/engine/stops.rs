//! Builds that must be stopped: endless ones, endless output, cancelled ones; nothing runs afterwards.

use std::time::{Duration, Instant};

use plimsoll_engine::{BuildError, Engine, EngineBuilder};

use crate::fixture::{self, BUILDERS, Image};

/// Whether some process of the machine has `marker` among its arguments.
fn runs(marker: &str) -> bool {
    let mut folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.any(|folder| {
        let line = std::fs::read(folder.path().join("cmdline")).unwrap_or_default();
        let first_is_test = folder.file_name().to_str() == Some(&std::process::id().to_string());
        !first_is_test && String::from_utf8_lossy(&line).contains(marker)
    })
}

/// Waits until `holds`, at most 20 seconds.
fn soon(holds: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > Duration::from_secs(20) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    true
}

/// Whether soon nothing with `marker` runs any more.
fn gone(marker: &str) -> bool {
    soon(|| !runs(marker))
}

/// Whether soon the engine has no container with `marker` in its command.
fn no_container(engine: &Engine, marker: &str) -> bool {
    soon(|| {
        let containers = engine.reader().containers(None).unwrap_or_default();
        !containers
            .iter()
            .any(|container| container.command.contains(marker))
    })
}

#[test]
fn a_build_without_end_is_stopped_in_the_engine() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let marker = fixture::unique("endless");
        let dockerfile =
            format!("FROM {base}\nLABEL made={marker}\nRUN sleep 1000000; : {marker}\n");
        let (ended, _) = fixture::build(&engine, builder, &dockerfile, |request| {
            request.time_limit = Duration::from_secs(6);
        });
        assert!(
            matches!(ended, Err(BuildError::TimedOut(_))),
            "{builder:?} {ended:?}"
        );
        assert!(gone(&marker), "{builder:?}: the step still runs");
        assert!(
            no_container(&engine, &marker),
            "{builder:?}: a container is left"
        );
        let label = format!("made={marker}");
        let left = engine.reader().images(Some(&label)).unwrap();
        assert!(left.is_empty(), "{builder:?}: {left:?}");
    }
}

#[test]
fn a_cancelled_build_is_stopped_in_the_engine() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let marker = fixture::unique("cancelled");
        let dockerfile = format!("FROM {base}\nRUN sleep 1000000; : {marker}\n");
        let context = fixture::tar(&[("Dockerfile", dockerfile.as_bytes(), 0o644)]);
        let request = plimsoll_engine::BuildRequest::new(builder, Box::new(&*context));
        let start = Instant::now();
        let cancelled = || runs(&marker) || start.elapsed() > Duration::from_secs(60);
        let ended = engine.build(request, &mut |_| {}, &cancelled);
        assert!(
            matches!(ended, Err(BuildError::Cancelled)),
            "{builder:?} {ended:?}"
        );
        assert!(gone(&marker), "{builder:?}: the step still runs");
    }
}

#[test]
fn output_without_end_is_stopped() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let marker = fixture::unique("output");
        let dockerfile = format!("FROM {base}\nRUN yes {marker}\n");
        let (ended, events) = fixture::build(&engine, builder, &dockerfile, |request| {
            request.output_limit = 1 << 20;
            request.time_limit = Duration::from_secs(20);
        });
        // BuildKit cuts a step's output off by itself and lets it run on, so there the time limit ends it.
        let stopped = matches!(
            ended,
            Err(BuildError::OutputLimit(_) | BuildError::TimedOut(_))
        );
        assert!(stopped, "{builder:?} {:?}", ended.err());
        let bytes: usize = fixture::output(&events).iter().map(|line| line.len()).sum();
        assert!(bytes < 4 << 20, "{builder:?} {bytes}");
        assert!(gone(&marker), "{builder:?}: the step still runs");
    }
}

#[test]
fn a_failed_classic_build_leaves_no_image() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    let marker = fixture::unique("left");
    // A hostile step that names an image of somebody else must not get it removed.
    let victim = format!("{}:1", fixture::unique("victim"));
    let layer = fixture::tar(&[("x", marker.as_bytes(), 0o644)]);
    let id = engine.import(&mut &*layer, &victim, &[]).unwrap();
    let _victim = Image {
        engine: &engine,
        name: victim.clone(),
    };
    let short = &id["sha256:".len()..][..12];
    let dockerfile =
        format!("FROM {base}\nLABEL made={marker}\nRUN echo ' ---> {short}'\nRUN exit 1\n");
    let (ended, _) = fixture::build(&engine, EngineBuilder::Classic, &dockerfile, |_| {});
    assert!(
        matches!(ended, Err(BuildError::Refused { .. })),
        "{ended:?}"
    );
    let left = engine
        .reader()
        .images(Some(&format!("made={marker}")))
        .unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert!(engine.reader().has_image(&victim).unwrap());
}
