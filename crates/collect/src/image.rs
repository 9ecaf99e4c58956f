//! An image as a target: an archive of one, or a stream from an engine. Every layer is searched, with the files that later
//! layers delete, and the configuration. Nothing is unpacked to disk.

mod archive;
pub(crate) mod budget;
mod configuration;
pub(crate) mod inflate;
mod layer;
mod manifest;
pub(crate) mod tar_entries;
pub(crate) mod tar_header;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use plimsoll_model::{
    ImagePlace, Inventory, Origin, RootPath, Sighting, SkipReason, Storage, StoredSighting,
};

use self::archive::Contents;
use self::budget::{Budget, unread};
use self::configuration::FieldSighting;
use self::layer::{LayerScan, PathKeys};
use self::manifest::{Config, ImageDocument, images};
use crate::collection::{CollectedTarget, Collection};
use crate::plan::Options;
use crate::visit::FileVisitor;
use crate::walk::Note;

/// Where images come from that are no file: an engine, a registry.
pub trait ImageStore: Debug + Send + Sync {
    /// The image named `reference`, from `holder`.
    fn open(&self, reference: &str, holder: ImageHolder) -> io::Result<ImageSource>;
}

/// Who is asked for an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageHolder {
    /// The engine, and its registry where the engine does not have it.
    Any,
    /// Its registry.
    Registry,
}

/// An image as its store gives it.
pub enum ImageSource {
    /// An archive in the form of `docker save` or of the OCI image layout.
    Archive(Box<dyn Read + Send>),
    /// An OCI image layout, member by member.
    Layout(Box<dyn ImageLayout>),
}

/// The members of an OCI image layout, wherever they are kept.
pub trait ImageLayout {
    /// Their names, in the order in which they are read.
    fn members(&self) -> Vec<String>;

    /// The size of a member, and its bytes.
    fn open(&self, member: &str) -> io::Result<(u64, Box<dyn Read + '_>)>;
}

/// Searches the archive at `path`.
pub(crate) fn collect_archive(
    path: &Path,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let name = path.display().to_string();
    search(&name, targets, options, |visitor, budget| {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return archive::read_folder(path, visitor, budget);
        }
        Ok(archive::read(file, visitor, budget))
    })
}

/// Searches the image of that name in the store of `options`.
pub(crate) fn collect_named(
    reference: &str,
    holder: ImageHolder,
    targets: Vec<CollectedTarget>,
    options: &Options,
) -> Collection {
    let store = options.images.as_ref();
    let none = || io::Error::other("nobody to ask for images");
    search(reference, targets, options, |visitor, budget| {
        match store.ok_or_else(none)?.open(reference, holder)? {
            ImageSource::Archive(source) => Ok(archive::read(source, visitor, budget)),
            ImageSource::Layout(layout) => {
                Ok(archive::read_layout(layout.as_ref(), visitor, budget))
            }
        }
    })
}

fn search(
    name: &str,
    targets: Vec<CollectedTarget>,
    options: &Options,
    read: impl FnOnce(&dyn FileVisitor, &Budget<'_>) -> io::Result<Contents>,
) -> Collection {
    let origin = Origin::ImageConfig {
        image: name.to_owned(),
    };
    let mut collection = Collection::empty(targets, origin);
    let budget = Budget::new(&options.cancel);
    match options.visitor.as_deref() {
        Some(visitor) => match read(visitor, &budget) {
            Ok(contents) => gather(&mut collection, name, &contents, visitor, &budget),
            Err(error) => budget.fail(error.to_string()),
        },
        None => budget.fail("nothing to look for in an image".to_owned()),
    }
    budget.tell(&mut collection);
    collection
}

fn gather(
    collection: &mut Collection,
    name: &str,
    contents: &Contents,
    visitor: &dyn FileVisitor,
    budget: &Budget<'_>,
) {
    let (images, failed) = images(&contents.documents);
    for message in failed {
        budget.fail(message);
    }
    if images.is_empty() && !budget.has_failed() {
        budget.fail("no image: neither `manifest.json` nor `index.json` names one".to_owned());
    }
    let mut gathering = Gathering {
        contents,
        visitor,
        budget,
        noted: BTreeSet::new(),
        configs: Vec::new(),
        stored: Vec::new(),
    };
    let is_single = images.len() == 1;
    for image in &images {
        let named = image.names.first().filter(|_| !is_single);
        let name = named.map_or_else(|| name.to_owned(), |own| format!("{name} ({own})"));
        gathering.layers(collection, &name, image);
        gathering.config(&name, &image.config);
        *collection.others.entry("image").or_insert(0) += 1;
    }
    let inventory = std::mem::take(&mut collection.inventory);
    collection.inventory = Inventory::with_stored_sightings(inventory, gathering.stored);
}

/// Puts what was seen in an archive where its images say it stands.
struct Gathering<'a> {
    contents: &'a Contents,
    visitor: &'a dyn FileVisitor,
    budget: &'a Budget<'a>,
    /// Layers of which it was told how they were read.
    noted: BTreeSet<&'a str>,
    /// What was seen in the configurations, which images may share.
    configs: Vec<(Arc<Config>, Vec<FieldSighting>)>,
    stored: Vec<StoredSighting>,
}

impl<'a> Gathering<'a> {
    fn layers(&mut self, collection: &mut Collection, image: &str, document: &ImageDocument) {
        let contents = self.contents;
        let paths = document.layers.iter();
        let layers: Vec<_> = paths.map(|path| contents.layer(path)).collect();
        // A layer that comes again undoes what was removed in between, so it is told where it comes last.
        let numbered = layers.iter().enumerate();
        let last: BTreeMap<&str, usize> = numbered
            .filter_map(|(at, layer)| layer.map(|(blob, _)| (blob, at)))
            .collect();
        let instructions = document.config.instructions();
        for (at, (path, layer)) in document.layers.iter().zip(&layers).enumerate() {
            let Some((blob, scan)) = *layer else {
                // What could not be opened has told why.
                if !contents.is_unread(path) {
                    self.budget
                        .fail(format!("layer {} (`{path}`) is missing", at + 1));
                }
                continue;
            };
            self.note(collection, at, blob, scan);
            if last.get(blob) != Some(&at) || scan.seen.is_empty() {
                continue;
            }
            let made_by = instructions.get(at).copied().flatten();
            let place = ImagePlace {
                image: image.to_owned(),
                layer: Some(digest(path)),
                layer_number: u32::try_from(at + 1).ok(),
                created_by: made_by.map(|text| configuration::shown(text, self.visitor)),
                removed_later: false,
            };
            let above = layers.get(at + 1..).unwrap_or_default();
            let above: Vec<&LayerScan> = above.iter().flatten().map(|(_, scan)| *scan).collect();
            self.files(scan, &above, &place);
        }
    }

    /// What was seen in the files of a layer, with the layers `above` it.
    fn files(&mut self, scan: &LayerScan, above: &[&LayerScan], place: &ImagePlace) {
        let origin = Origin::Layer {
            image: place.image.clone(),
            digest: place.layer.clone().unwrap_or_default(),
        };
        for (file, sightings) in &scan.seen {
            if self.budget.places.was_exceeded() {
                return;
            }
            let keys = PathKeys::of(file);
            let steps = &self.budget.steps;
            let hidden = above
                .iter()
                .any(|layer| steps.take(keys.steps()) && layer.hides(&keys));
            let storage = Storage::Image(ImagePlace {
                removed_later: hidden,
                ..place.clone()
            });
            for sighting in sightings {
                self.store(file, &origin, sighting, &storage);
            }
        }
    }

    fn store(
        &mut self,
        path: &RootPath,
        origin: &Origin,
        sighting: &Arc<Sighting>,
        storage: &Storage,
    ) {
        if self.budget.places.take(1) {
            self.stored.push(StoredSighting {
                path: path.clone(),
                origin: origin.clone(),
                sighting: Arc::clone(sighting),
                storage: storage.clone(),
            });
        }
    }

    /// Tells how a layer was read, once however many images have it.
    fn note(&mut self, collection: &mut Collection, at: usize, blob: &'a str, scan: &LayerScan) {
        if !self.noted.insert(blob) {
            return;
        }
        let number = at + 1;
        *collection.others.entry("image-layer").or_insert(0) += 1;
        collection.searched += scan.files;
        if let Some(error) = &scan.broken {
            let unread = unread(&format!("layer {number}"), error);
            self.budget.fail(format!(
                "{unread}; {} files of it were searched",
                scan.files
            ));
        }
        for gap in &scan.gaps {
            let detail = format!("layer {number}: `{}`: {}", gap.path, gap.detail);
            collection.note([Note::new(&RootPath::root(), gap.reason, detail)]);
        }
        if scan.leaving > 0 {
            let detail = format!(
                "layer {number}: {} names lead out of the layer and were taken as if they did not",
                scan.leaving
            );
            collection.note([Note::new(&RootPath::root(), SkipReason::Bound, detail)]);
        }
    }

    fn config(&mut self, image: &str, config: &Arc<Config>) {
        let mut known = self.configs.iter();
        let known = known.position(|(known, _)| Arc::ptr_eq(known, config));
        let at = known.unwrap_or_else(|| {
            let seen = configuration::search(config, self.visitor, self.budget);
            self.configs.push((Arc::clone(config), seen));
            self.configs.len() - 1
        });
        let origin = Origin::ImageConfig {
            image: image.to_owned(),
        };
        let configs = std::mem::take(&mut self.configs);
        for seen in configs.get(at).iter().flat_map(|(_, seen)| seen) {
            let storage = Storage::Image(ImagePlace {
                image: image.to_owned(),
                created_by: seen.created_by.clone(),
                ..ImagePlace::default()
            });
            self.store(&seen.field, &origin, &seen.sighting, &storage);
        }
        self.configs = configs;
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
pub(crate) mod tests;
