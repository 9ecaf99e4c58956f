//! Adding up a context entry by entry.

use super::largest::Largest;
use super::selector::{ContextSettings, Fate, Selector};
use super::summary::{
    ContextSummary, FoundLink, FoundSensitive, LinkLeads, NeedlessGroup, SizedPath, Tally,
};
use crate::sensitive::{Needless, Sensitive, needless, sensitive};
use plimsoll_model::{Confidence, Entry, EntryKind, Inventory, RootPath};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// How many of each list are kept.
const MOST_LISTED: usize = 64;
/// How many secret-looking files are kept, links that lead out likewise.
const MOST_FOUND: usize = 256;

/// Adds up what a build would send. Feed every entry of the context in tree order, then [`finish`](Self::finish).
#[derive(Debug)]
pub struct ContextAccount<'a> {
    selector: Selector<'a>,
    summary: ContextSummary,
    /// The folders that hold the next entry, outermost first.
    open: Vec<OpenFolder>,
    largest_folders: Largest<Weighed>,
    largest_files: Largest<Weighed>,
    needless: Largest<(u64, Reverse<RootPath>, usize, u64)>,
    needless_kinds: Vec<Needless>,
    sensitive: [Vec<FoundSensitive>; 3],
    rules: BTreeSet<String>,
}

/// Bytes first, so that it sorts by weight; then the earlier path is the larger; then files, folders, links.
type Weighed = (u64, Reverse<RootPath>, u64, u64, u64);

#[derive(Debug)]
struct OpenFolder {
    path: RootPath,
    tally: Tally,
    /// Set where this folder is needless and none above it is.
    needless: Option<Needless>,
}

impl<'a> ContextAccount<'a> {
    /// An account of nothing yet.
    pub fn new(settings: ContextSettings<'a>) -> ContextAccount<'a> {
        ContextAccount {
            selector: Selector::new(settings),
            summary: ContextSummary::default(),
            open: Vec::new(),
            largest_folders: Largest::new(MOST_LISTED),
            largest_files: Largest::new(MOST_LISTED),
            needless: Largest::new(MOST_LISTED),
            needless_kinds: Vec::new(),
            sensitive: [Vec::new(), Vec::new(), Vec::new()],
            rules: BTreeSet::new(),
        }
    }

    /// Counts the next entry and tells its fate, so that a walk may leave a folder that is skipped.
    pub fn visit(&mut self, entry: &Entry) -> Option<Fate> {
        self.close_until(&entry.path);
        let fate = self.selector.visit(entry)?;
        let tally = weigh(entry);
        match fate {
            Fate::Sent | Fate::ReadOnly => self.send(entry, tally),
            Fate::NotNeeded => self.summary.not_needed.add(tally),
            Fate::LeftOut { skips, rule } => {
                self.summary.left_out.add(tally);
                // Beneath a skipped folder the rule is not told again.
                self.summary.skipped_folders +=
                    u64::from(skips && rule.is_some() && tally.folders > 0);
            }
        }
        Some(fate)
    }

    /// The figures.
    pub fn finish(mut self) -> ContextSummary {
        while let Some(folder) = self.open.pop() {
            self.close(folder);
        }
        let mut summary = self.summary;
        summary.largest_folders = self.largest_folders.into_descending().map(sized).collect();
        summary.largest_files = self.largest_files.into_descending().map(sized).collect();
        let kinds = self.needless_kinds;
        let groups = self.needless.into_descending();
        summary.needless = groups
            .filter_map(|(bytes, Reverse(path), kind, files)| {
                let needless = *kinds.get(kind)?;
                let tally = Tally {
                    files,
                    bytes,
                    ..Tally::default()
                };
                Some(NeedlessGroup {
                    path,
                    needless,
                    tally,
                })
            })
            .collect();
        let [low, medium, high] = self.sensitive;
        summary.sensitive = high.into_iter().chain(medium).chain(low).collect();
        summary.suggested_rules = self.rules.into_iter().collect();
        summary
    }

    fn send(&mut self, entry: &Entry, tally: Tally) {
        self.summary.sent.add(tally);
        if let Some(parent) = self.open.last_mut() {
            parent.tally.add(tally);
        }
        let inside = self.open.iter().find_map(|folder| folder.needless);
        let is_folder = entry.kind == EntryKind::Directory;
        let own = match inside {
            Some(_) => None,
            None => needless(self.relative(&entry.path), is_folder),
        };
        if is_folder {
            self.open_folder(entry, own);
            return;
        }
        if let Some(own) = own {
            self.count_needless(&entry.path, own, tally);
        }
        if entry.kind == EntryKind::Symlink {
            self.find_link(entry);
            return;
        }
        if self.largest_files.would_keep(|least| least.0 < entry.size) {
            self.largest_files.offer(weighed(&entry.path, tally));
        }
        self.find_sensitive(entry, inside, own.is_some());
    }

    fn relative<'p>(&self, path: &'p RootPath) -> &'p str {
        path.strip_prefix(&self.selector.settings().root)
            .unwrap_or("")
    }

    fn open_folder(&mut self, entry: &Entry, needless: Option<Needless>) {
        if !entry.listed {
            self.summary.unlisted_count += 1;
            if self.summary.unlisted.len() < MOST_LISTED {
                self.summary.unlisted.push(entry.path.clone());
            }
        }
        self.open.push(OpenFolder {
            path: entry.path.clone(),
            tally: Tally::default(),
            needless,
        });
    }

    /// Closes the folders that do not hold `next`.
    fn close_until(&mut self, next: &RootPath) {
        while let Some(folder) = self.open.pop_if(|folder| !next.starts_with(&folder.path)) {
            self.close(folder);
        }
    }

    fn close(&mut self, folder: OpenFolder) {
        if let Some(parent) = self.open.last_mut() {
            parent.tally.add(folder.tally);
        }
        if let Some(needless) = folder.needless {
            self.count_needless(&folder.path, needless, folder.tally);
        }
        if self
            .largest_folders
            .would_keep(|least| least.0 < folder.tally.bytes)
        {
            self.largest_folders
                .offer(weighed(&folder.path, folder.tally));
        }
    }

    fn count_needless(&mut self, path: &RootPath, needless: Needless, tally: Tally) {
        let known = self
            .needless_kinds
            .iter()
            .position(|kind| *kind == needless);
        let kind = known.unwrap_or_else(|| {
            self.needless_kinds.push(needless);
            self.needless_kinds.len() - 1
        });
        if self.needless.would_keep(|least| least.0 < tally.bytes) {
            let path = Reverse(path.clone());
            self.needless.offer((tally.bytes, path, kind, tally.files));
        }
        if needless.certainty >= Confidence::Medium {
            self.summary.saving.add(tally);
            self.rules.insert(needless.pattern.to_owned());
        }
    }

    /// Among installed packages and caches only the surest names count: they are full of test keys.
    fn find_sensitive(&mut self, entry: &Entry, inside: Option<Needless>, is_needless: bool) {
        let Some(found) = sensitive(self.relative(&entry.path)) else {
            return;
        };
        if inside.is_some() && found.certainty < Confidence::High {
            return;
        }
        self.summary.sensitive_count += 1;
        if found.certainty == Confidence::High && inside.is_none() {
            if self.rules.len() < MOST_FOUND {
                self.rules
                    .insert(rule_for(self.relative(&entry.path), found));
            }
            if !is_needless {
                self.summary.saving.add(weigh(entry));
            }
        }
        if let Some(list) = self.sensitive.get_mut(found.certainty as usize)
            && list.len() < MOST_FOUND
        {
            list.push(FoundSensitive {
                path: entry.path.clone(),
                sensitive: found,
                bytes: entry.size,
            });
        }
    }

    fn find_link(&mut self, entry: &Entry) {
        let target = entry.link_target.as_deref().unwrap_or("");
        let leads = link_leads(&self.selector.settings().root, &entry.path, target);
        if leads == LinkLeads::Inside {
            return;
        }
        self.summary.links_out_count += 1;
        if self.summary.links_out.len() < MOST_FOUND {
            self.summary.links_out.push(FoundLink {
                path: entry.path.clone(),
                target: target.to_owned(),
                leads,
            });
        }
    }
}

/// Where a link at `link` leads, by its text alone.
pub(super) fn link_leads(context: &RootPath, link: &RootPath, target: &str) -> LinkLeads {
    if target.starts_with('/') {
        return LinkLeads::Absolute;
    }
    match link.parent().join(target) {
        None => LinkLeads::OutsideRoot,
        Some(place) if place.starts_with(context) => LinkLeads::Inside,
        Some(_) => LinkLeads::OutsideContext,
    }
}

/// The pattern that leaves out a secret-looking file: its own path, or every variant of an environment file.
fn rule_for(path: &str, found: Sensitive) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    match found.class {
        crate::sensitive::SensitiveClass::Environment if name.starts_with(".env") => {
            format!("**/{}", escaped(name))
        }
        _ => escaped(path),
    }
}

/// The path as a pattern that matches it alone.
fn escaped(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\' | '^') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

pub(super) fn weigh(entry: &Entry) -> Tally {
    match entry.kind {
        EntryKind::Directory => Tally {
            folders: 1,
            ..Tally::default()
        },
        EntryKind::Symlink => Tally {
            links: 1,
            ..Tally::default()
        },
        EntryKind::File | EntryKind::Other => Tally {
            files: 1,
            bytes: entry.size,
            ..Tally::default()
        },
    }
}

fn weighed(path: &RootPath, tally: Tally) -> Weighed {
    let path = Reverse(path.clone());
    (tally.bytes, path, tally.files, tally.folders, tally.links)
}

fn sized((bytes, Reverse(path), files, folders, links): Weighed) -> SizedPath {
    let tally = Tally {
        files,
        bytes,
        folders,
        links,
    };
    SizedPath { path, tally }
}

/// Adds up what a build would send from an inventory.
pub fn account(inventory: &Inventory, settings: ContextSettings<'_>) -> ContextSummary {
    let root = settings.root.clone();
    let mut account = ContextAccount::new(settings);
    for entry in inventory.below(&root) {
        account.visit(entry);
    }
    account.finish()
}
