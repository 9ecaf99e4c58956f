//! What each COPY and ADD takes from the context.

use super::selector::{ContextSettings, Fate, Selector};
use super::summary::Tally;
use crate::ignore_file::filepath::clean;
use crate::ignore_file::{IgnoreFile, Walk};
use crate::resolve::{ContextResolution, ContextUse, LinkStep, resolve_in_context};
use plimsoll_model::{Builder, BuilderOutcome, Entry, EntryKind, Inventory, RootPath};
use std::collections::BTreeSet;

/// A COPY or ADD of local sources.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyRequest<'a> {
    /// The sources, with variables expanded.
    pub sources: &'a [&'a str],
    /// The values of `--exclude`.
    pub excludes: &'a [&'a str],
    /// Whether `--parents` is given.
    pub parents: bool,
}

/// One entry that a source takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenEntry {
    /// Where it stands below the inventory's root, links followed.
    pub from: RootPath,
    /// Where it goes below the destination.
    pub to: String,
}

/// What one source takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTake {
    /// What the builder does with the path.
    pub outcome: BuilderOutcome,
    /// The links followed to the source itself; links beneath a folder are copied as links.
    pub via_links: Vec<LinkStep>,
    /// All entries taken, folders included, in tree order.
    pub entries: Vec<TakenEntry>,
    /// How much that is.
    pub tally: Tally,
}

/// What each source of `request` takes, in the order of the sources.
pub fn take(
    inventory: &Inventory,
    settings: &ContextSettings<'_>,
    request: CopyRequest<'_>,
) -> Vec<SourceTake> {
    let taker = Taker::new(inventory, settings, request);
    let sources = request.sources.iter();
    sources.map(|source| taker.source(source)).collect()
}

struct Taker<'a> {
    settings: &'a ContextSettings<'a>,
    request: CopyRequest<'a>,
    /// Where sources are looked up: what was sent; for builders that read the context in place, all of it.
    visible: Inventory,
    excludes: IgnoreFile,
}

impl<'a> Taker<'a> {
    fn new(
        inventory: &Inventory,
        settings: &'a ContextSettings<'a>,
        request: CopyRequest<'a>,
    ) -> Taker<'a> {
        let visible = match settings.builder {
            Builder::Buildkit | Builder::Classic => sent(inventory, settings),
            Builder::Buildah | Builder::Kaniko => inventory.clone(),
        };
        let (excludes, _) = IgnoreFile::from_patterns(request.excludes.iter().copied());
        Taker {
            settings,
            request,
            visible,
            excludes,
        }
    }

    fn source(&self, source: &str) -> SourceTake {
        if self.request.parents {
            return self.source_with_parents(source);
        }
        let found = self.resolve(source);
        let mut taken = Vec::new();
        for (path, name) in found.paths.iter().zip(&found.names) {
            self.take_path(path, name, &mut taken);
        }
        self.finish(found.outcome, found.via_links, taken)
    }

    fn resolve(&self, source: &str) -> ContextResolution {
        let Self {
            settings, visible, ..
        } = self;
        resolve_in_context(
            visible,
            &settings.root,
            source,
            settings.builder,
            ContextUse::CopySource,
        )
    }

    /// Takes a file under the name it was called by, or what a folder holds.
    fn take_path<'v>(&'v self, path: &RootPath, name: &str, taken: &mut Vec<(&'v Entry, String)>) {
        if self.visible.is_directory(path) {
            let mut excludes = Walk::new(&self.excludes, Builder::Buildkit);
            for entry in self.visible.below(path) {
                let to = entry.path.strip_prefix(path).unwrap_or("");
                let is_folder = entry.kind == EntryKind::Directory;
                if !excludes.visit(to, is_folder).decision.excluded {
                    taken.push((entry, to.to_owned()));
                }
            }
        } else if let Some(entry) = self.visible.get(path) {
            // `--exclude` looks at what a folder holds only.
            taken.push((entry, name.to_owned()));
        }
    }

    /// `COPY --parents a/./b/*.c`: everything that matches behind the pivot, with its folders.
    fn source_with_parents(&self, source: &str) -> SourceTake {
        let (pivot, pattern) = source.split_once("/./").unwrap_or(("/", source));
        let found = self.resolve(pivot);
        let pattern = clean(&format!("/{pattern}"));
        let (wanted, _) = IgnoreFile::from_patterns([pattern.trim_start_matches('/')]);
        let mut taken = Vec::new();
        for start in &found.paths {
            let mut wanted = Walk::new(&wanted, Builder::Buildkit);
            let mut excludes = Walk::new(&self.excludes, Builder::Buildkit);
            for entry in self.visible.below(start) {
                let to = entry.path.strip_prefix(start).unwrap_or("");
                let is_folder = entry.kind == EntryKind::Directory;
                let is_wanted = wanted.visit(to, is_folder).decision.excluded;
                if !excludes.visit(to, is_folder).decision.excluded && is_wanted {
                    taken.push((entry, to.to_owned()));
                }
            }
        }
        self.finish(found.outcome, found.via_links, taken)
    }

    fn finish(
        &self,
        outcome: BuilderOutcome,
        via_links: Vec<LinkStep>,
        mut taken: Vec<(&Entry, String)>,
    ) -> SourceTake {
        if matches!(self.settings.builder, Builder::Buildah | Builder::Kaniko) {
            let left = self.left_in_place();
            taken.retain(|(entry, _)| !left.contains(&entry.path));
        }
        let mut tally = Tally::default();
        for (entry, _) in &taken {
            tally.add(super::account::weigh(entry));
        }
        let entries = taken.into_iter().map(|(entry, to)| TakenEntry {
            from: entry.path.clone(),
            to,
        });
        SourceTake {
            outcome,
            via_links,
            entries: entries.collect(),
            tally,
        }
    }

    /// What the ignore file leaves out, for builders that read the context in place.
    fn left_in_place(&self) -> BTreeSet<RootPath> {
        let mut selector = Selector::new(self.settings.clone());
        let below = self.visible.below(&self.settings.root).iter();
        below
            .filter(|entry| !matches!(selector.visit(entry), Some(Fate::Sent)))
            .map(|entry| entry.path.clone())
            .collect()
    }
}

/// The context as the builder has it: what was sent, and the folders on the way there.
fn sent(inventory: &Inventory, settings: &ContextSettings<'_>) -> Inventory {
    let mut selector = Selector::new(settings.clone());
    let mut entries: Vec<Entry> = inventory.get(&settings.root).cloned().into_iter().collect();
    // The folders on the way to the next entry that are not sent themselves.
    let mut pending: Vec<&Entry> = Vec::new();
    for entry in inventory.below(&settings.root) {
        pending.retain(|folder| entry.path.starts_with(&folder.path));
        if matches!(selector.visit(entry), Some(Fate::Sent)) {
            entries.extend(pending.drain(..).cloned());
            entries.push(entry.clone());
        } else if entry.kind == EntryKind::Directory {
            pending.push(entry);
        }
    }
    Inventory::new(entries)
}
