//! Images that targets name: from the engine that `DOCKER_HOST` names, else from the one of this machine, or from their
//! registry.

use std::fmt::{self, Debug};
use std::io::{self, Read};
use std::sync::Arc;

use plimsoll_audit::{ImageHolder, ImageLayout, ImageSource, ImageStore};
use plimsoll_engine::{EngineAddress, EngineReader};
use plimsoll_model::escape_text;
use plimsoll_parse::ImageReference;
use plimsoll_registry::{CredentialFiles, Image, Patience, Platform, Registry};

use crate::output::Output;
use crate::progress::Bar;

/// Who is asked for images, when one is named.
pub(crate) struct Images {
    /// The platform that is wanted, if it is said.
    platform: Option<Platform>,
    output: Output,
    bar: Option<Arc<Bar>>,
}

impl Images {
    pub(crate) fn new(
        platform: Option<Platform>,
        output: &Output,
        bar: Option<Arc<Bar>>,
    ) -> Images {
        Images {
            platform,
            output: output.clone(),
            bar,
        }
    }

    /// Says where an image comes from, beside the bar.
    fn tell(&self, text: &str) {
        let tell = || self.output.note(&escape_text(text));
        match &self.bar {
            Some(bar) => bar.beside(tell),
            None => tell(),
        }
    }

    /// The image as the engine has it; else why it does not come from there.
    fn saved(&self, reference: &str) -> Result<ImageSource, String> {
        let host = std::env::var("DOCKER_HOST").ok();
        let address =
            EngineAddress::from_docker_host(host.as_deref()).map_err(|error| error.to_string())?;
        let engine = EngineReader::connect(&address).map_err(|error| error.to_string())?;
        if !engine
            .has_image(reference)
            .map_err(|error| error.to_string())?
        {
            return Err("the engine does not have it".to_owned());
        }
        if let Some(wanted) = &self.platform {
            let image = engine.image(reference).map_err(|error| error.to_string())?;
            let own = format!("{}/{}", image.os, image.architecture);
            if !own.parse().is_ok_and(|own| wanted.runs(&own)) {
                return Err(format!("the engine has it for {own}"));
            }
        }
        let saved = engine
            .save(&[reference])
            .map_err(|error| error.to_string())?;
        Ok(ImageSource::Archive(Box::new(saved)))
    }

    fn pulled(&self, reference: &ImageReference) -> io::Result<Pulled> {
        let files = CredentialFiles::of_user();
        let found = Registry::connect(reference, &files, Patience::default())
            .and_then(|registry| registry.image(self.platform.as_ref()));
        let image = found.map_err(io::Error::other)?;
        Ok(Pulled {
            image,
            bar: self.bar.clone(),
        })
    }
}

impl Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Images")
            .field("platform", &self.platform)
            .finish_non_exhaustive()
    }
}

impl ImageStore for Images {
    fn open(&self, reference: &str, holder: ImageHolder) -> io::Result<ImageSource> {
        let not_saved = match holder {
            ImageHolder::Registry => None,
            ImageHolder::Any => match self.saved(reference) {
                Ok(source) => {
                    self.tell(&format!("`{reference}` comes from the engine"));
                    return Ok(source);
                }
                Err(why) => Some(why),
            },
        };
        let before = not_saved.map_or(String::new(), |why| format!("{why}; "));
        let parsed = ImageReference::parse(reference).map_err(|why| {
            io::Error::other(format!(
                "{before}no registry is asked for `{reference}`: {why}"
            ))
        })?;
        let from = format!(
            "{before}`{reference}` comes from the registry {}",
            parsed.domain()
        );
        let pulled = self
            .pulled(&parsed)
            .map_err(|error| io::Error::other(format!("{before}{error}")))?;
        self.tell(&format!("{from}, {}", pulled.image.digest()));
        Ok(ImageSource::Layout(Box::new(pulled)))
    }
}

/// An image of a registry.
struct Pulled {
    image: Image,
    bar: Option<Arc<Bar>>,
}

impl ImageLayout for Pulled {
    fn members(&self) -> Vec<String> {
        self.image.members().to_vec()
    }

    fn open(&self, member: &str) -> io::Result<(u64, Box<dyn Read + '_>)> {
        let (size, bytes) = self.image.open(member)?;
        let Some(bar) = &self.bar else {
            return Ok((size, bytes));
        };
        let members = self.image.members();
        let at = members
            .iter()
            .position(|one| one == member)
            .unwrap_or_default();
        let watched = Watched {
            bytes,
            bar,
            name: format!("blob {} of {}", at + 1, members.len()),
            count: 0,
            size,
        };
        Ok((size, Box::new(watched)))
    }
}

/// Bytes whose coming is shown.
struct Watched<'a> {
    bytes: Box<dyn Read + Send>,
    bar: &'a Bar,
    name: String,
    count: u64,
    size: u64,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.count += count as u64;
        self.bar.received(&self.name, self.count, self.size);
        Ok(count)
    }
}
