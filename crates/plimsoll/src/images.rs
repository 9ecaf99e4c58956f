//! Images that targets name, from the engine that `DOCKER_HOST` names, else from the one of this machine.

use std::io::{self, Read};

use plimsoll_audit::ImageStore;
use plimsoll_engine::{EngineAddress, EngineReader};

/// The engine, connected to when an image is asked for.
#[derive(Debug)]
pub(crate) struct EngineImages;

impl ImageStore for EngineImages {
    fn open(&self, reference: &str) -> io::Result<Box<dyn Read + Send>> {
        let host = std::env::var("DOCKER_HOST").ok();
        let address = EngineAddress::from_docker_host(host.as_deref()).map_err(io::Error::other)?;
        let engine = EngineReader::connect(&address).map_err(io::Error::other)?;
        if !engine.has_image(reference).map_err(io::Error::other)? {
            let next = format!("the engine has no image `{reference}`: pull it first");
            return Err(io::Error::other(next));
        }
        let saved = engine.save(&[reference]).map_err(io::Error::other)?;
        Ok(Box::new(saved))
    }
}
