//! An image as a target: an archive of one, or a stream from an engine. Every layer is searched, with the files that later
//! layers delete, and the configuration. Nothing is unpacked to disk.

mod archive;
mod inflate;
mod layer;
mod manifest;
mod tar_entries;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{
    ErrorKind, ImagePlace, Inventory, Origin, RootPath, SkipReason, Storage, StoredSighting,
};

use self::archive::Contents;
use self::layer::LayerScan;
use self::manifest::{HISTORY, ImageDocument, images};
use crate::collection::{CollectedTarget, Collection};
use crate::plan::Options;
use crate::visit::FileVisitor;
use crate::walk::Note;

/// Where images come from that are no file: an engine, a registry.
pub trait ImageStore: Debug + Send + Sync {
    /// The image named `reference` as an archive, in the form of `docker save` or of the OCI image layout.
    fn open(&self, reference: &str) -> io::Result<Box<dyn Read + Send>>;
}

/// Searches the archive at `path`.
pub(crate) fn collect_archive(
    path: &Path,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let name = path.display().to_string();
    let contents = options.visitor.as_deref().map(|visitor| {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return archive::read_folder(path, visitor);
        }
        archive::read(file, visitor)
    });
    of_contents(&name, contents, targets, options)
}

/// Searches the image of that name in the store of `options`.
pub(crate) fn collect_named(
    reference: &str,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let store = options.images.as_ref();
    let none = || io::Error::other("no engine to ask for images");
    let contents = options.visitor.as_deref().map(|visitor| {
        let source = store.ok_or_else(none)?.open(reference)?;
        archive::read(source, visitor)
    });
    of_contents(reference, contents, targets, options)
}

/// What `contents` hold, as a collection; `None` where nobody looks for anything.
fn of_contents(
    name: &str,
    contents: Option<io::Result<Contents>>,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let origin = Origin::ImageConfig {
        image: name.to_owned(),
    };
    let mut collection = Collection::empty(targets, origin);
    match (contents, options.visitor.as_deref()) {
        (Some(Ok(contents)), Some(visitor)) => gather(&mut collection, name, &contents, visitor),
        (Some(Err(error)), _) => fail(&mut collection, &error.to_string()),
        _ => fail(&mut collection, "nothing to look for in an image"),
    }
    collection
}

fn fail(collection: &mut Collection, message: &str) {
    collection.fail(ErrorKind::TargetUnreadable, &RootPath::root(), message);
}

fn gather(collection: &mut Collection, name: &str, contents: &Contents, visitor: &dyn FileVisitor) {
    let (images, failed) = images(&contents.documents);
    for message in failed.iter().chain(&contents.broken) {
        fail(collection, message);
    }
    if images.is_empty() {
        fail(
            collection,
            "no image: neither `manifest.json` nor `index.json` names one",
        );
    }
    let is_single = images.len() == 1;
    let mut stored = Vec::new();
    for image in &images {
        let named = image.names.first().filter(|_| !is_single);
        let name = named.map_or_else(|| name.to_owned(), |own| format!("{name} ({own})"));
        let reading = ImageReading {
            name,
            image,
            contents,
            visitor,
        };
        reading.search_layers(collection, &mut stored);
        reading.search_config(&mut stored);
        *collection.others.entry("image").or_insert(0) += 1;
    }
    let inventory = std::mem::take(&mut collection.inventory);
    collection.inventory = Inventory::with_stored_sightings(inventory, stored);
}

struct ImageReading<'a> {
    name: String,
    image: &'a ImageDocument,
    contents: &'a Contents,
    visitor: &'a dyn FileVisitor,
}

impl ImageReading<'_> {
    fn search_layers(&self, collection: &mut Collection, stored: &mut Vec<StoredSighting>) {
        let scans: Vec<Option<&LayerScan>> = self
            .image
            .layers
            .iter()
            .map(|path| self.contents.layer(path))
            .collect();
        let instructions = self.image.config.instructions();
        for (at, (path, scan)) in self.image.layers.iter().zip(&scans).enumerate() {
            let Some(scan) = scan else {
                fail(
                    collection,
                    &format!("layer {} (`{path}`) is missing", at + 1),
                );
                continue;
            };
            self.note(collection, at, scan);
            let above = scans.get(at + 1..).unwrap_or_default();
            let created_by = instructions.get(at).copied().flatten();
            for (file, sightings) in &scan.seen {
                let hidden = above.iter().flatten().any(|layer| layer.hides(file));
                let place = ImagePlace {
                    image: self.name.clone(),
                    layer: Some(digest(path)),
                    layer_number: u32::try_from(at + 1).ok(),
                    created_by: created_by.map(|text| self.instruction(text)),
                    removed_later: hidden,
                };
                let origin = Origin::Layer {
                    image: self.name.clone(),
                    digest: digest(path),
                };
                let one = |sighting: &plimsoll_model::Sighting| StoredSighting {
                    path: file.clone(),
                    origin: origin.clone(),
                    sighting: Arc::new(sighting.clone()),
                    storage: Storage::Image(place.clone()),
                };
                stored.extend(sightings.iter().map(one));
            }
        }
    }

    fn note(&self, collection: &mut Collection, at: usize, scan: &LayerScan) {
        *collection.others.entry("image-layer").or_insert(0) += 1;
        collection.searched += scan.files;
        if let Some(reason) = &scan.broken {
            let kept = scan.files;
            fail(
                collection,
                &format!("layer {} broke off behind {kept} files: {reason}", at + 1),
            );
        }
        if scan.leaving > 0 {
            let detail = format!(
                "layer {}: {} names lead out of the layer and were taken as if they did not",
                at + 1,
                scan.leaving
            );
            collection.note([Note::new(&RootPath::root(), SkipReason::Bound, detail)]);
        }
    }

    fn search_config(&self, stored: &mut Vec<StoredSighting>) {
        let mut told: BTreeSet<String> = BTreeSet::new();
        for (field, text) in &self.image.config.texts {
            let field = *field;
            let Some(path) = RootPath::new(field) else {
                continue;
            };
            for sighting in self.visitor.visit(&path, text.as_bytes()) {
                // The history repeats what the fields say, and comes behind them.
                let is_new = sighting
                    .digest
                    .clone()
                    .is_none_or(|digest| told.insert(digest));
                if field == HISTORY && !is_new {
                    continue;
                }
                let created_by = self.behind(field, text, &sighting);
                stored.push(StoredSighting {
                    path: path.clone(),
                    origin: Origin::ImageConfig {
                        image: self.name.clone(),
                    },
                    sighting: Arc::new(sighting),
                    storage: Storage::Image(ImagePlace {
                        image: self.name.clone(),
                        created_by,
                        ..ImagePlace::default()
                    }),
                });
            }
        }
    }

    /// The instruction that set a variable or label: the last of the history that names it.
    fn behind(
        &self,
        field: &str,
        text: &str,
        sighting: &plimsoll_model::Sighting,
    ) -> Option<String> {
        let keyword = match field {
            "Env" => "ENV",
            "Labels" => "LABEL",
            _ => return None,
        };
        let line = text
            .lines()
            .nth(sighting.start.line.checked_sub(1)? as usize)?;
        let name = line.split('=').next()?;
        let mut made = self.image.config.backwards();
        let made = made.find(|made| made.contains(keyword) && made.contains(name))?;
        Some(self.instruction(made))
    }

    /// An instruction of the history, short and masked.
    fn instruction(&self, text: &str) -> String {
        const SHOWN: usize = 120;
        let text = text.trim_start_matches("/bin/sh -c #(nop) ").trim();
        let masked = self.visitor.masked(text);
        let mut shown: String = masked.chars().take(SHOWN).collect();
        if masked.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        shown
    }
}

/// The digest in a blob's path, else the path.
fn digest(path: &str) -> String {
    match path
        .strip_prefix("blobs/")
        .and_then(|rest| rest.split_once('/'))
    {
        Some((algorithm, encoded)) => format!("{algorithm}:{encoded}"),
        None => path.trim_end_matches("/layer.tar").to_owned(),
    }
}

#[cfg(test)]
mod tests;
