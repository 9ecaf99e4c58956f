//! Walking a tree: every entry in one fixed order, links recorded and never followed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use plimsoll_model::{Entry, EntryKind, RootPath, SkipReason};
use rustix::fs::{AtFlags, FileType};

use crate::git_ignore::IgnoreRules;
use crate::names::Names;
use crate::place::Place;
use crate::root::Root;
use crate::work_tree::{WorkTree, nested_work_tree};

/// What git says about a tree, and what we make of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GitRules {
    /// Folders git ignores, git directories and nested work trees are recorded, not listed.
    #[default]
    Honour,
    /// As `Honour`, but folders git ignores are listed.
    ListIgnored,
    /// A `.git` or an ignore file means nothing: everything is listed.
    Disregard,
}

/// How far a walk goes.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// What git has to say.
    pub git: GitRules,
    /// Entries recorded before the walk stops.
    pub max_entries: usize,
    /// Components of the deepest folder listed.
    pub max_depth: usize,
    /// Folders listed whatever git ignores: those asked for by name, and all on the way to them.
    pub named: BTreeSet<RootPath>,
}

impl Default for WalkOptions {
    fn default() -> WalkOptions {
        WalkOptions {
            git: GitRules::Honour,
            max_entries: 1_000_000,
            max_depth: 255,
            named: BTreeSet::new(),
        }
    }
}

/// Something passed over below a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub path: RootPath,
    /// Why.
    pub reason: SkipReason,
    /// In words.
    pub detail: String,
}

impl Note {
    pub(crate) fn new(path: &RootPath, reason: SkipReason, detail: impl Into<String>) -> Note {
        Note {
            path: path.clone(),
            reason,
            detail: detail.into(),
        }
    }
}

/// A root that is open, and where it stands.
#[derive(Debug)]
pub struct OpenRoot {
    /// The capability.
    pub root: Root,
    /// The absolute path, links resolved.
    pub absolute: PathBuf,
    /// The git work tree it is or lies in.
    pub work_tree: Option<WorkTree>,
}

impl OpenRoot {
    /// Opens the folder at `path` as a root that knows of no git work tree around it.
    pub fn open(path: &Path) -> io::Result<OpenRoot> {
        let absolute = std::fs::canonicalize(path)?;
        Ok(OpenRoot {
            root: Root::open(&absolute)?,
            absolute,
            work_tree: None,
        })
    }
}

/// A folder to be listed.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) place: Place,
    rules: IgnoreRules,
}

impl Folder {
    /// The root folder, with the ignore rules that hold in all of it.
    pub(crate) fn root(ground: &OpenRoot, options: &WalkOptions) -> Folder {
        let mut rules = IgnoreRules::default();
        let is_top = |tree: &WorkTree| tree.top == ground.absolute;
        if honours_ignores(ground, options) && ground.work_tree.as_ref().is_some_and(is_top) {
            let file = Path::new(".git/info/exclude");
            rules = rules.with_file(&ground.root, &RootPath::root(), file);
        }
        Folder {
            place: Place::root(),
            rules,
        }
    }

    /// Reads the names of this folder, at most `limit`, and the ignore file among them.
    pub(crate) fn open(
        &mut self,
        ground: &OpenRoot,
        options: &WalkOptions,
        limit: usize,
    ) -> io::Result<Names> {
        let directory = ground.root.open_directory(self.place.raw())?;
        let names = Names::read(directory, limit)?;
        if honours_ignores(ground, options) && names.contains(b".gitignore") {
            let file = self.place.raw().join(".gitignore");
            let rules = std::mem::take(&mut self.rules);
            self.rules = rules.with_file(&ground.root, &self.place.path, &file);
        }
        Ok(names)
    }
}

/// Ignore files mean something inside a work tree only, as they do to git.
fn honours_ignores(ground: &OpenRoot, options: &WalkOptions) -> bool {
    options.git == GitRules::Honour && ground.work_tree.is_some()
}

/// One name, looked at.
pub(crate) struct Observed {
    pub(crate) entry: Entry,
    pub(crate) place: Place,
    /// The folder to list, where this is one that should be.
    pub(crate) folder: Option<Folder>,
    pub(crate) note: Option<Note>,
    /// The work tree this folder is the top of.
    pub(crate) nested: Option<WorkTree>,
}

/// Looks at name number `at` of `folder`; `None` where it has gone meanwhile.
pub(crate) fn observe(
    ground: &OpenRoot,
    options: &WalkOptions,
    folder: &Folder,
    names: &Names,
    at: usize,
) -> Option<Observed> {
    let (name, listed_as) = names.get(at)?;
    let place = folder.place.child(name)?;
    let directory = names.directory().ok()?;
    let (kind, size) = kind_and_size(directory, name, listed_as)?;
    let mut observed = Observed {
        entry: Entry {
            path: place.path.clone(),
            kind,
            size,
            link_target: None,
            listed: true,
        },
        place,
        folder: None,
        note: None,
        nested: None,
    };
    match kind {
        EntryKind::Symlink => observed.entry.link_target = Some(read_link(directory, name)?),
        EntryKind::Directory => observe_folder(ground, options, folder, name, &mut observed),
        EntryKind::File | EntryKind::Other => {}
    }
    Some(observed)
}

fn observe_folder(
    ground: &OpenRoot,
    options: &WalkOptions,
    parent: &Folder,
    name: &[u8],
    observed: &mut Observed,
) {
    let path = &observed.place.path;
    let is_named = options.named.contains(path);
    let git = options.git != GitRules::Disregard;
    observed.entry.listed = false;
    if path.depth() >= options.max_depth {
        let detail = format!("more than {} folders deep", options.max_depth);
        observed.note = Some(Note::new(path, SkipReason::Bound, detail));
        return;
    }
    if git && !is_named && name == b".git" && is_real_git_directory(ground, &observed.place) {
        return;
    }
    if git {
        let (absolute, tree) = (&ground.absolute, ground.work_tree.as_ref());
        observed.nested = nested_work_tree(&ground.root, absolute, observed.place.raw(), tree);
        if observed.nested.is_some() {
            return;
        }
    }
    if !is_named && parent.rules.ignores_folder(path) {
        observed.note = Some(Note::new(path, SkipReason::Ignored, "ignored by git"));
        return;
    }
    observed.entry.listed = true;
    observed.folder = Some(Folder {
        place: observed.place.clone(),
        rules: parent.rules.clone(),
    });
}

fn is_real_git_directory(ground: &OpenRoot, place: &Place) -> bool {
    crate::work_tree::is_git_directory(&ground.root, place.raw())
}

fn kind_and_size(
    directory: BorrowedFd<'_>,
    name: &[u8],
    listed_as: FileType,
) -> Option<(EntryKind, u64)> {
    match listed_as {
        FileType::Directory => Some((EntryKind::Directory, 0)),
        FileType::Symlink => Some((EntryKind::Symlink, 0)),
        FileType::RegularFile | FileType::Unknown => {
            let name = OsStr::from_bytes(name);
            let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let kind = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Directory,
                FileType::Symlink => EntryKind::Symlink,
                _ => EntryKind::Other,
            };
            let is_file = kind == EntryKind::File;
            let size = u64::try_from(stat.st_size).ok().filter(|_| is_file);
            Some((kind, size.unwrap_or(0)))
        }
        _ => Some((EntryKind::Other, 0)),
    }
}

fn read_link(directory: BorrowedFd<'_>, name: &[u8]) -> Option<Box<str>> {
    let target = rustix::fs::readlinkat(directory, OsStr::from_bytes(name), Vec::new()).ok()?;
    Some(crate::place::encode_name(target.to_bytes()).into())
}

/// What a walk leaves to be told.
#[derive(Debug, Default)]
pub struct Walked {
    /// What was passed over.
    pub notes: Vec<Note>,
    /// Folders that are work trees of their own, recorded and not listed.
    pub nested: Vec<(RootPath, WorkTree)>,
}

struct Level {
    folder: Folder,
    names: Names,
    next: usize,
}

/// Visits every entry below `ground` in the order an [`Inventory`](plimsoll_model::Inventory) lists them,
/// holding only the names of one folder per level.
pub fn walk(ground: &OpenRoot, options: &WalkOptions, visit: &mut dyn FnMut(Entry)) -> Walked {
    let mut walked = Walked::default();
    let mut stack = Vec::new();
    let root = Folder::root(ground, options);
    enter(
        ground,
        options,
        root,
        options.max_entries,
        &mut stack,
        &mut walked,
    );
    let mut left = options.max_entries;
    while let Some(level) = stack.last_mut() {
        let at = level.next;
        level.next += 1;
        if at >= level.names.len() {
            stack.pop();
            continue;
        }
        let Some(mut observed) = observe(ground, options, &level.folder, &level.names, at) else {
            continue;
        };
        if left == 0 {
            walked.notes.push(entries_bound(options));
            break;
        }
        left -= 1;
        walked.notes.extend(observed.note.take());
        if let Some(tree) = observed.nested.take() {
            walked.nested.push((observed.entry.path.clone(), tree));
        }
        if let Some(folder) = observed.folder.take() {
            observed.entry.listed = enter(
                ground,
                options,
                folder,
                left.max(1),
                &mut stack,
                &mut walked,
            );
        }
        visit(observed.entry);
    }
    walked
}

fn enter(
    ground: &OpenRoot,
    options: &WalkOptions,
    mut folder: Folder,
    limit: usize,
    stack: &mut Vec<Level>,
    walked: &mut Walked,
) -> bool {
    match folder.open(ground, options, limit) {
        Ok(names) => {
            if names.cut {
                walked.notes.push(entries_bound(options));
            }
            stack.push(Level {
                folder,
                names,
                next: 0,
            });
            true
        }
        Err(error) => {
            walked.notes.push(unreadable(&folder.place.path, &error));
            false
        }
    }
}

pub(crate) fn entries_bound(options: &WalkOptions) -> Note {
    let detail = format!(
        "more than {} entries; the rest was not listed",
        options.max_entries
    );
    Note::new(&RootPath::root(), SkipReason::Bound, detail)
}

pub(crate) fn unreadable(path: &RootPath, error: &io::Error) -> Note {
    Note::new(path, SkipReason::Unreadable, error.to_string())
}
