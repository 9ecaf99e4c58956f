//! What buildah takes: it reads the context in place, and holds each name against the ignore file before it looks there.
//!
//! `by-source`: buildah 1.28 `add.go`, `copier/copier.go`.

use super::{SourceTake, Taker};
use crate::resolve::{Chased, Chroot, ContextResolution, LinkStep, leaves_lexically};
use plimsoll_model::{BuilderOutcome, Entry, EntryKind, RootPath};

/// What was found for one source.
#[derive(Default)]
struct Gathered<'v> {
    paths: Vec<RootPath>,
    taken: Vec<(&'v Entry, String)>,
    via_links: Vec<LinkStep>,
    turned_back: bool,
    /// Whether some name is not left out, so that it is no failure where nothing lies there.
    has_name: bool,
    names_context: bool,
}

/// The build fails.
struct Fails;

impl Taker<'_> {
    pub(super) fn buildah_source(&self, source: &str) -> SourceTake {
        let chroot = Chroot::new(&self.visible, &self.settings.root);
        let names = chroot.matches(source);
        if names.is_empty() {
            return self.finish(self.resolve(source), Vec::new());
        }
        let mut gathered = Gathered {
            turned_back: leaves_lexically(source),
            ..Gathered::default()
        };
        let fails = names
            .iter()
            .any(|name| self.gather(&chroot, name, &mut gathered).is_err());
        // Where a single source begins with a file, the destination is not made for an empty folder.
        let begins_with_file =
            || names.first().and_then(|name| chroot.kind(name)) == Some(EntryKind::File);
        let may_be_empty = gathered.names_context
            || gathered.has_name && !(self.request.sources.len() == 1 && begins_with_file());
        if fails || gathered.taken.is_empty() && !may_be_empty {
            gathered.paths.clear();
            gathered.taken.clear();
        }
        let outcome = match (gathered.paths.is_empty(), gathered.turned_back) {
            (true, _) if gathered.via_links.is_empty() => BuilderOutcome::Refuses,
            (_, true) => BuilderOutcome::Clamps,
            (true, false) => BuilderOutcome::Refuses,
            (false, false) => BuilderOutcome::Reaches,
        };
        let found = ContextResolution {
            outcome,
            paths: gathered.paths,
            called: Vec::new(),
            via_links: gathered.via_links,
        };
        self.finish(found, gathered.taken)
    }

    /// Takes what one matched name leads to.
    fn gather<'v>(
        &'v self,
        chroot: &Chroot<'_>,
        name: &str,
        gathered: &mut Gathered<'v>,
    ) -> Result<(), Fails> {
        // A circle of links is noticed before the ignore file is asked.
        chroot.resolved(name).ok_or(Fails)?;
        let ignore = self.settings.ignore;
        let is_left_out = !name.is_empty() && ignore.decide_for_buildah(name).excluded;
        let is_folder = chroot.kind(name) == Some(EntryKind::Directory);
        if is_left_out && !(is_folder && ignore.reincludes_beneath(name)) {
            return Ok(());
        }
        gathered.has_name |= !is_left_out;
        gathered.names_context |= name.is_empty();
        let before = gathered.taken.len();
        let mut has_folder = false;
        for item in chroot.follow(name).ok_or(Fails)? {
            has_folder |= self.gather_item(item, is_left_out, gathered)?;
        }
        // What a link leads to is ignored: buildah gives up.
        let is_empty = gathered.taken.len() == before;
        if is_empty && !has_folder {
            return Err(Fails);
        }
        Ok(())
    }

    /// Takes a file or what a folder holds, and says whether it is a folder.
    fn gather_item<'v>(
        &'v self,
        item: Chased,
        is_left_out: bool,
        gathered: &mut Gathered<'v>,
    ) -> Result<bool, Fails> {
        gathered.via_links.extend(item.via_links);
        gathered.turned_back |= item.turned_back;
        let path = item.path.ok_or(Fails)?;
        let before = gathered.taken.len();
        self.take_path(&path, &item.called, &item.place, &mut gathered.taken);
        let is_folder = self.visible.is_directory(&path);
        let brings = gathered.taken.len() > before;
        if brings || is_folder && !is_left_out {
            gathered.paths.push(path);
        }
        Ok(is_folder)
    }
}
