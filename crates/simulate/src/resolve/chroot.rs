//! How buildah finds the sources of COPY and ADD: Go's `filepath.Glob` in a `chroot`, and links followed on the text.
//!
//! `by-source`: buildah 1.28 `copier/copier.go`.

use std::collections::BTreeMap;

use super::context_path::leaves_lexically;
use super::steps::{
    Border, Last, LinkStep, Place, Walked, components_backwards, link_target, walk,
};
use crate::ignore_file::filepath::{Glob, clean};
use plimsoll_model::{EntryKind, Inventory, RootPath};

/// A context that is its own root. Names in it are relative to it, the empty one is the context itself.
pub(crate) struct Chroot<'a> {
    inventory: &'a Inventory,
    context: &'a RootPath,
}

/// What one name leads to, the links in its last component followed.
#[derive(Debug)]
pub(crate) struct Chased {
    /// What is there; none at a dead end.
    pub(crate) path: Option<RootPath>,
    /// The name that was asked for.
    pub(crate) called: String,
    /// The name arrived at, which is held against the ignore file.
    pub(crate) place: String,
    /// The links followed.
    pub(crate) via_links: Vec<LinkStep>,
    /// Whether a link led out and was turned back.
    pub(crate) turned_back: bool,
}

/// So many paths a wildcard may match before it is cut off.
const MOST_MATCHES: usize = 100_000;

/// As many links as are looked at in a last component before they count as a circle.
const MOST_CHASED: usize = 16;

/// As many links as are followed in a whole path.
const MOST_RESOLVED: usize = 64;

impl<'a> Chroot<'a> {
    pub(crate) fn new(inventory: &'a Inventory, context: &'a RootPath) -> Chroot<'a> {
        Chroot { inventory, context }
    }

    /// The names that match a source.
    pub(crate) fn matches(&self, source: &str) -> Vec<String> {
        let cleaned = clean(&format!("/{source}"));
        let pattern = cleaned.trim_start_matches('/');
        match is_glob(pattern) {
            true => self.glob(pattern),
            false => Vec::from_iter(self.exists(pattern).then(|| pattern.to_owned())),
        }
    }

    /// What a matched name leads to, where what it holds is taken for a wildcard once more. None where the build fails: a
    /// circle of links, or no match any more.
    pub(crate) fn follow(&self, name: &str) -> Option<Vec<Chased>> {
        self.resolved(name)?;
        let again = match is_glob(name) {
            true => self.glob(name),
            false => vec![name.to_owned()],
        };
        let items: Vec<Chased> = again.into_iter().map(|name| self.chase(name)).collect();
        (!items.is_empty()).then_some(items)
    }

    /// What stands at a name, all links followed.
    pub(crate) fn kind(&self, name: &str) -> Option<EntryKind> {
        let path = self.resolved(name)?;
        match path == *self.context {
            true => Some(EntryKind::Directory),
            false => self.inventory.get(&path).map(|entry| entry.kind),
        }
    }

    /// The names that match a pattern, component by component, through links to folders.
    fn glob(&self, pattern: &str) -> Vec<String> {
        let mut so_far = vec![String::new()];
        for component in pattern.split('/') {
            let Ok(glob) = Glob::new(component) else {
                return Vec::new();
            };
            // Many links may lead to one folder, which is listed once.
            let mut listed = BTreeMap::new();
            let mut next = Vec::new();
            for folder in &so_far {
                if next.len() > MOST_MATCHES {
                    break;
                }
                match is_glob(component) {
                    true => next.extend(self.names_in(folder, &glob, &mut listed)),
                    false => next.push(joined(folder, component)),
                }
            }
            so_far = next;
        }
        // A plain component behind a wildcard has to exist.
        so_far.retain(|name| self.exists(name));
        so_far
    }

    /// The names in a folder that match; `listed` has those of folders that were asked for before.
    fn names_in(
        &self,
        folder: &str,
        glob: &Glob,
        listed: &mut BTreeMap<RootPath, Vec<&'a str>>,
    ) -> Vec<String> {
        let walked = self.walk(folder, Last::Follow);
        let Some(Place::Inside(at)) = walked.map(|walked| walked.place) else {
            return Vec::new();
        };
        let inventory = self.inventory;
        let names = listed.entry(at).or_insert_with_key(|at| {
            let depth = at.depth() + 1;
            let entries = inventory.below(at).iter();
            let names = entries
                .filter(|entry| entry.path.depth() == depth)
                .map(|entry| entry.path.file_name());
            names.filter(|name| glob.matches(name)).collect()
        });
        names.iter().map(|name| joined(folder, name)).collect()
    }

    fn exists(&self, name: &str) -> bool {
        let walked = self.walk(name, Last::Keep);
        matches!(walked, Some(Walked { place: Place::Inside(path), .. }) if self.is_there(&path))
    }

    fn is_there(&self, path: &RootPath) -> bool {
        path == self.context || self.inventory.get(path).is_some()
    }

    fn walk(&self, name: &str, last: Last) -> Option<Walked> {
        let border = Border::Chroot(self.context);
        walk(self.inventory, self.context, name, border, last).ok()
    }

    /// Follows the links in the last component: each target is joined to the folder on the text, while the folders on the
    /// way are left to the kernel.
    fn chase(&self, called: String) -> Chased {
        let mut chased = Chased {
            path: None,
            place: called.clone(),
            called,
            via_links: Vec::new(),
            turned_back: false,
        };
        for _ in 0..MOST_CHASED {
            let Some(walked) = self.walk(&chased.place, Last::Keep) else {
                break;
            };
            chased.via_links.extend(walked.links);
            chased.turned_back |= walked.turned_back;
            let Place::Inside(path) = walked.place else {
                break;
            };
            let Some(target) = self.inventory.get(&path).and_then(link_target) else {
                chased.path = self.is_there(&path).then_some(path);
                break;
            };
            let (next, turned_back) = target_on_text(&chased.place, target);
            chased.place = next;
            chased.turned_back |= turned_back;
            chased.via_links.push(LinkStep {
                link: path,
                target: target.to_owned(),
            });
        }
        chased
    }

    /// Where a name leads, every link followed; none in a circle. A path that is not there is gone along all the same.
    pub(crate) fn resolved(&self, name: &str) -> Option<RootPath> {
        let mut at = self.context.clone();
        let mut ahead = components_backwards(name);
        let mut followed = 0;
        while let Some(component) = ahead.pop() {
            if component == ".." {
                at = if at == *self.context { at } else { at.parent() };
                continue;
            }
            let next = at.join(&component)?;
            let Some(target) = self.inventory.get(&next).and_then(link_target) else {
                at = next;
                continue;
            };
            followed += 1;
            if followed > MOST_RESOLVED {
                return None;
            }
            let below = next.strip_prefix(self.context).unwrap_or("");
            let (target, _) = target_on_text(below, target);
            at = self.context.clone();
            ahead.extend(components_backwards(&target));
        }
        Some(at)
    }
}

/// Where the link at `name` leads, by its text alone, and whether that was cut back.
fn target_on_text(name: &str, target: &str) -> (String, bool) {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (joined, turned_back) = match target.starts_with('/') {
        true => (target.to_owned(), true),
        false => {
            let joined = format!("{folder}/{target}");
            let leaves = leaves_lexically(&joined);
            (joined, leaves)
        }
    };
    let cleaned = clean(&format!("/{joined}"));
    (cleaned.trim_start_matches('/').to_owned(), turned_back)
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Whether Go's `filepath.Glob` looks for matches; an escaped character counts too.
pub(super) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', '\\'])
}
