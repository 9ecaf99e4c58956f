//! Which entries of a context a builder sends.

use crate::ignore_file::{IgnoreFile, Walk};
use plimsoll_model::{Builder, Entry, EntryKind, RootPath};

/// What decides which entries are sent.
#[derive(Clone, Debug)]
pub struct ContextSettings<'a> {
    /// The context's root.
    pub root: RootPath,
    /// The Dockerfile, where it lies below the inventory's root.
    pub dockerfile: Option<RootPath>,
    /// Where `ignore` was read from.
    pub ignore_file: Option<RootPath>,
    /// The rules that apply; see [`crate::ignore_file::applying`].
    pub ignore: &'a IgnoreFile,
    /// Who builds.
    pub builder: Builder,
    /// What the instructions name, as patterns: BuildKit asks for nothing else. None where everything is asked for.
    pub needed: Option<&'a IgnoreFile>,
}

/// What becomes of one entry of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Sent, and there for COPY.
    Sent,
    /// Left out by the rule of that index (none: beneath a folder whose rule is told with the folder).
    LeftOut {
        /// An index into the ignore file's rules.
        rule: Option<usize>,
        /// Whether the builder looks at nothing beneath it.
        skips: bool,
    },
    /// The Dockerfile or the ignore file, left out but read by the builder all the same; COPY does not see it.
    ReadOnly,
    /// Not left out, but no instruction names it, so BuildKit does not ask for it.
    NotNeeded,
}

/// Tells each entry's fate, a folder before what it holds.
#[derive(Clone, Debug)]
pub struct Selector<'a> {
    settings: ContextSettings<'a>,
    ignore: Walk<'a>,
    needed: Option<Walk<'a>>,
}

impl<'a> Selector<'a> {
    /// A selector that has seen nothing.
    pub fn new(settings: ContextSettings<'a>) -> Selector<'a> {
        Selector {
            ignore: Walk::new(settings.ignore, settings.builder),
            // What matches a needed path is taken whole, as what matches an ignore rule is left out whole.
            needed: settings
                .needed
                .map(|needed| Walk::new(needed, Builder::Buildkit)),
            settings,
        }
    }

    /// The next entry's fate; none where it is the context's root itself or does not lie below it.
    pub fn visit(&mut self, entry: &Entry) -> Option<Fate> {
        let path = entry.path.strip_prefix(&self.settings.root)?;
        if path.is_empty() {
            return None;
        }
        let is_folder = entry.kind == EntryKind::Directory;
        let visit = self.ignore.visit(path, is_folder);
        if visit.decision.excluded {
            let read = [&self.settings.dockerfile, &self.settings.ignore_file];
            if read.into_iter().flatten().any(|read| *read == entry.path) {
                return Some(Fate::ReadOnly);
            }
            return Some(Fate::LeftOut {
                rule: visit.decision.rule,
                skips: visit.skips,
            });
        }
        let needed = self
            .needed
            .as_mut()
            .is_none_or(|needed| needed.visit(path, is_folder).decision.excluded);
        Some(if needed { Fate::Sent } else { Fate::NotNeeded })
    }

    /// The settings it works by.
    pub fn settings(&self) -> &ContextSettings<'a> {
        &self.settings
    }
}
