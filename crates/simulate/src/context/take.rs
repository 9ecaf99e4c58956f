//! What each COPY and ADD takes from the context.

mod buildah;

use super::selector::{ContextSettings, Fate, Selector};
use super::summary::Tally;
use crate::ignore_file::filepath::clean;
use crate::ignore_file::{IgnoreFile, Walk};
use crate::resolve::{ContextResolution, ContextUse, LinkStep, resolve_in_context};
use plimsoll_model::{Builder, BuilderOutcome, Entry, EntryKind, Inventory, RootPath};

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
    /// What the source names: files, or the folders whose contents are taken. Where there is nothing a build fails, but
    /// BuildKit's does not where the outcome is `Reaches` or a wildcard is cut back.
    pub paths: Vec<RootPath>,
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
        if self.settings.builder == Builder::Buildah {
            return self.buildah_source(source);
        }
        let mut found = self.resolve(source);
        let mut taken = Vec::new();
        for (path, called) in found.paths.iter().zip(&found.called) {
            let before = taken.len();
            self.take_path(path, called, called, &mut taken);
            // The file itself is ignored.
            if taken.len() == before && !self.visible.is_directory(path) {
                found.paths.clear();
                return self.finish(found, Vec::new());
            }
        }
        self.finish(found, taken)
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

    /// Takes a file under the name it was called by, or what a folder holds. `place` is what is held against the ignore
    /// file by builders that apply it as they copy.
    fn take_path<'v>(
        &'v self,
        path: &RootPath,
        called: &str,
        place: &str,
        taken: &mut Vec<(&'v Entry, String)>,
    ) {
        let mut ignore = self.ignore_in_place();
        let mut is_left = |below: &str, is_folder| {
            let place = match (place.is_empty(), below.is_empty()) {
                (true, _) => below.to_owned(),
                (false, true) => place.to_owned(),
                (false, false) => format!("{place}/{below}"),
            };
            let ignore = ignore.as_mut();
            ignore.is_some_and(|ignore| ignore.visit(&place, is_folder).decision.excluded)
        };
        if self.visible.is_directory(path) {
            let mut excludes = Walk::new(&self.excludes, Builder::Buildkit);
            for entry in self.visible.below(path) {
                let to = entry.path.strip_prefix(path).unwrap_or("");
                let is_folder = entry.kind == EntryKind::Directory;
                let is_excluded = excludes.visit(to, is_folder).decision.excluded;
                if !is_left(to, is_folder) && !is_excluded {
                    taken.push((entry, to.to_owned()));
                }
            }
        } else if let Some(entry) = self.visible.get(path)
            && !is_left("", false)
        {
            // `--exclude` looks at what a folder holds only.
            let name = called.rsplit('/').next().unwrap_or("");
            taken.push((entry, name.to_owned()));
        }
    }

    /// The ignore file, for builders that apply it as they copy.
    fn ignore_in_place(&self) -> Option<Walk<'a>> {
        let builder = self.settings.builder;
        let in_place = matches!(builder, Builder::Buildah | Builder::Kaniko);
        in_place.then(|| Walk::new(self.settings.ignore, builder))
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
        self.finish(found, taken)
    }

    fn finish(&self, mut found: ContextResolution, taken: Vec<(&Entry, String)>) -> SourceTake {
        // Nothing but files, all left out: as good as not found.
        let has_folder = found
            .paths
            .iter()
            .any(|path| self.visible.is_directory(path));
        if taken.is_empty() && !has_folder {
            found.paths.clear();
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
            outcome: found.outcome,
            via_links: found.via_links,
            paths: found.paths,
            entries: entries.collect(),
            tally,
        }
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
