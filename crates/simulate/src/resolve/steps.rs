//! Walking a path component by component, following links.

use plimsoll_model::{Entry, EntryKind, Inventory, RootPath};

/// As many links as Go's and BuildKit's own resolution follow before they report a loop.
pub(super) const MOST_LINKS: usize = 255;

/// As many links as the kernel follows.
const MOST_LINKS_OF_KERNEL: usize = 40;

/// One link that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStep {
    /// Where the link stands.
    pub link: RootPath,
    /// What it holds, as stored.
    pub target: String,
}

/// A place reached on the way: at or below the root, or outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside(RootPath),
    /// So many folders above the root, then down these names.
    Above(u32, Vec<String>),
    Absolute(String),
}

/// Why a walk cannot say where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    Loop,
    /// The contents of this folder were not recorded, so a link in it would not be seen.
    Unlisted(RootPath),
    /// A path goes on behind what is no folder, at which the kernel stops.
    NoFolder(RootPath),
}

/// What happens to `..` and absolute link targets at the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Border<'a> {
    /// They lead outside.
    Open,
    /// They lead back to this folder.
    Scope(&'a RootPath),
    /// The same, walked by the kernel itself: every folder on the way has to be there.
    Chroot(&'a RootPath),
}

impl Border<'_> {
    fn scope(&self) -> Option<&RootPath> {
        match self {
            Border::Open => None,
            Border::Scope(scope) | Border::Chroot(scope) => Some(scope),
        }
    }

    fn most_links(&self) -> usize {
        match self {
            Border::Open | Border::Scope(_) => MOST_LINKS,
            Border::Chroot(_) => MOST_LINKS_OF_KERNEL,
        }
    }
}

/// A finished walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) place: Place,
    pub(super) links: Vec<LinkStep>,
    /// Whether the border turned the path back somewhere.
    pub(super) turned_back: bool,
}

/// Whether a link in the last component is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    Follow,
    Keep,
}

/// Walks from `base` along `path`; `..` is taken after links are followed, as the kernel does.
pub(super) fn walk(
    inventory: &Inventory,
    base: &RootPath,
    path: &str,
    border: Border<'_>,
    last: Last,
) -> Result<Walked, Stuck> {
    let mut walk = Walk {
        inventory,
        border,
        place: Place::Inside(base.clone()),
        links: Vec::new(),
        turned_back: false,
    };
    if path.starts_with('/') {
        walk.go_absolute();
    }
    // The components still to go, the next one last.
    let mut ahead: Vec<String> = components_backwards(path);
    while let Some(name) = ahead.pop() {
        if let Some(target) = walk.step(&name, ahead.is_empty() && last == Last::Keep)? {
            if target.starts_with('/') {
                walk.turned_back |= border.scope().is_some();
                walk.go_absolute();
            }
            ahead.extend(components_backwards(&target));
        }
    }
    Ok(Walked {
        place: walk.place,
        links: walk.links,
        turned_back: walk.turned_back,
    })
}

pub(super) fn components_backwards(path: &str) -> Vec<String> {
    let names = path.rsplit('/').filter(|name| !matches!(*name, "" | "."));
    names.map(str::to_owned).collect()
}

struct Walk<'a> {
    inventory: &'a Inventory,
    border: Border<'a>,
    place: Place,
    links: Vec<LinkStep>,
    turned_back: bool,
}

impl Walk<'_> {
    /// Goes to where an absolute path starts.
    fn go_absolute(&mut self) {
        self.place = match self.border.scope() {
            None => Place::Absolute(String::new()),
            Some(scope) => Place::Inside(scope.clone()),
        };
    }

    /// Takes one component; returns the target of a link that has to be followed.
    fn step(&mut self, name: &str, keep_link: bool) -> Result<Option<String>, Stuck> {
        if let (Border::Chroot(_), Place::Inside(at)) = (self.border, &self.place)
            && !self.inventory.is_directory(at)
        {
            return Err(Stuck::NoFolder(at.clone()));
        }
        if name == ".." {
            self.up();
            return Ok(None);
        }
        match &mut self.place {
            Place::Above(_, names) => names.push(name.to_owned()),
            Place::Absolute(path) => {
                path.push('/');
                path.push_str(name);
            }
            Place::Inside(at) => {
                let Some(next) = at.join(name) else {
                    return Ok(None);
                };
                let entry = self.inventory.get(&next);
                if let Some(target) = entry.and_then(link_target)
                    && !keep_link
                {
                    self.links.push(LinkStep {
                        link: next,
                        target: target.to_owned(),
                    });
                    if self.links.len() > self.border.most_links() {
                        return Err(Stuck::Loop);
                    }
                    return Ok(Some(target.to_owned()));
                }
                if entry.is_none() && is_unlisted(self.inventory, at) {
                    return Err(Stuck::Unlisted(at.clone()));
                }
                *at = next;
            }
        }
        Ok(None)
    }

    fn up(&mut self) {
        let place = std::mem::replace(&mut self.place, Place::Inside(RootPath::root()));
        self.place = match place {
            Place::Inside(at) if self.border.scope() == Some(&at) => {
                self.turned_back = true;
                Place::Inside(at)
            }
            Place::Inside(at) if at.is_root() => Place::Above(1, Vec::new()),
            Place::Inside(at) => Place::Inside(at.parent()),
            Place::Above(levels, mut names) => match names.pop() {
                Some(_) => Place::Above(levels, names),
                None => Place::Above(levels.saturating_add(1), names),
            },
            Place::Absolute(path) => {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                Place::Absolute(parent.to_owned())
            }
        };
    }
}

pub(super) fn link_target(entry: &Entry) -> Option<&str> {
    match entry.kind {
        EntryKind::Symlink => entry.link_target.as_deref(),
        _ => None,
    }
}

/// Whether the folder, or one above it, was recorded without its contents.
fn is_unlisted(inventory: &Inventory, folder: &RootPath) -> bool {
    let mut at = folder.clone();
    while !at.is_root() {
        if let Some(entry) = inventory.get(&at) {
            return !entry.listed;
        }
        at = at.parent();
    }
    false
}
