//! Images and containers: asked, made, read, removed.

use std::io::Read;
use std::time::Duration;

use plimsoll_engine::{ContainerRequest, EngineError};

use crate::fixture::{self, Image, LABEL};

#[test]
fn images_come_and_go() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let reader = engine.reader();
    reader.ping().unwrap();
    assert!(!reader.version().api_version.is_empty());
    let name = format!("{}:1", fixture::unique("import"));
    let layer = fixture::tar(&[("hello", b"world", 0o644)]);
    let id = engine
        .import(
            &mut &*layer,
            &name,
            &["ENV A=b", "LABEL plimsoll.test=engine"],
        )
        .unwrap();
    let image = Image {
        engine: &engine,
        name: name.clone(),
    };
    let inspected = reader.image(&name).unwrap();
    assert_eq!(inspected.id, id);
    assert_eq!(inspected.config.env, ["A=b"]);
    assert_eq!(inspected.layers.len(), 1);
    assert!(
        reader
            .images(Some(LABEL))
            .unwrap()
            .iter()
            .any(|image| image.id == id)
    );
    assert_eq!(reader.image_history(&name).unwrap().len(), 1);
    let mut saved = Vec::new();
    reader
        .save(&[&name])
        .unwrap()
        .read_to_end(&mut saved)
        .unwrap();
    drop(image);
    assert!(!reader.has_image(&name).unwrap());
    assert_eq!(engine.load(&mut &*saved).unwrap(), [name.as_str()]);
    let _again = Image {
        engine: &engine,
        name: name.clone(),
    };
    assert!(reader.has_image(&name).unwrap());
}

#[test]
fn containers_run_without_network_and_are_read() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    let labels = [("plimsoll.test".to_owned(), "engine".to_owned())];
    let request = ContainerRequest {
        image: base,
        command: &["sh", "-c", "echo x > /made; exit 7"],
        labels: &labels,
        processes: Some(16),
        memory: Some(64 << 20),
        ..ContainerRequest::default()
    };
    let id = engine.create_container(&request).unwrap();
    engine.start(&id).unwrap();
    assert_eq!(engine.wait(&id, Duration::from_secs(30)).unwrap(), 7);
    let reader = engine.reader();
    assert!(
        reader
            .changes(&id)
            .unwrap()
            .iter()
            .any(|change| change.path == "/made")
    );
    let mut archive = Vec::new();
    reader
        .archive(&id, "/made")
        .unwrap()
        .read_to_end(&mut archive)
        .unwrap();
    assert!(archive.windows(4).any(|bytes| bytes == b"made"));
    let container = reader.container(&id).unwrap();
    assert_eq!(
        (container.status.as_str(), container.exit_code),
        ("exited", 7)
    );
    assert_eq!(container.raw["HostConfig"]["NetworkMode"], "none");
    engine.remove_container(&id).unwrap();
    assert!(matches!(
        reader.container(&id),
        Err(EngineError::NotFound(_))
    ));
}

#[test]
fn an_engine_that_is_not_there_is_away() {
    let address = plimsoll_engine::EngineAddress::socket("/nonexistent/engine.sock");
    let connected = plimsoll_engine::EngineReader::connect(&address);
    assert!(matches!(connected, Err(EngineError::Away(_))));
}

#[test]
fn a_source_that_breaks_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let Some(engine) = fixture::engine() else {
        return;
    };
    let loaded = engine.load(&mut Broken);
    assert!(matches!(loaded, Err(EngineError::Input(_))), "{loaded:?}");
}
