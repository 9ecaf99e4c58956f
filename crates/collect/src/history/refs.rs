//! Every ref of a repository: loose and packed, `HEAD`s, and the entries of the stash.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use plimsoll_model::{ErrorKind, SkipReason};
use rustix::fs::FileType;

use super::gap::Gaps;
use super::ground::Ground;
use super::object_id::ObjectId;
use crate::names::Names;
use crate::place::encode_name;
use crate::root::{Bytes, Root};

const MAX_REFS: usize = 1 << 20;
const MAX_REF_DEPTH: usize = 64;
const MAX_REF_FILE: u64 = 4 << 10;
const MAX_PACKED_REFS: u64 = 256 << 20;
const MAX_STASH_LOG: u64 = 16 << 20;

/// A name and the object it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) name: String,
    pub(crate) id: ObjectId,
}

/// All refs, those that say most to a reader first.
#[derive(Debug, Default)]
pub(crate) struct Refs {
    pub(crate) list: Vec<Ref>,
    /// What `HEAD` is at.
    pub(crate) head: Option<ObjectId>,
}

/// Reads all refs. What is damaged is told and passed over.
pub(crate) fn read(ground: &Ground, gaps: &mut Gaps) -> Refs {
    let mut reading = Reading {
        known: packed(&ground.common, gaps),
        gaps,
    };
    reading.loose(&ground.common);
    let head = reading.head(&ground.own, Path::new("HEAD"));
    reading.work_trees(&ground.common);
    let mut list: Vec<Ref> = reading
        .known
        .into_iter()
        .map(|(name, id)| Ref {
            name: encode_name(&name).into_owned(),
            id,
        })
        .collect();
    list.extend(head.map(|id| Ref {
        name: "HEAD".to_owned(),
        id,
    }));
    list.extend(stash(&ground.common));
    list.sort_by(|a, b| (rank(&a.name), &a.name).cmp(&(rank(&b.name), &b.name)));
    Refs { list, head }
}

/// Which refs are named first.
fn rank(name: &str) -> u8 {
    const ORDER: [&str; 6] = [
        "refs/heads/",
        "refs/stash",
        "refs/notes/",
        "refs/tags/",
        "refs/remotes/",
        "HEAD",
    ];
    let at = ORDER.iter().position(|start| name.starts_with(start));
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
}

/// The lines of `packed-refs`.
fn packed(common: &Root, gaps: &mut Gaps) -> BTreeMap<Vec<u8>, ObjectId> {
    let mut known = BTreeMap::new();
    let bytes = match common.read(Path::new("packed-refs"), MAX_PACKED_REFS) {
        Ok(Bytes::Whole(bytes)) => bytes,
        Ok(Bytes::TooLarge) => {
            gaps.fail(ErrorKind::ObjectMissing, "its `packed-refs` are too large");
            return known;
        }
        Err(_) => return known,
    };
    let mut damaged = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b"^") {
            continue;
        }
        let parts = line.split_at_checked(2 * ObjectId::BYTES);
        let read = parts.and_then(|(id, name)| {
            let name = name.strip_prefix(b" ").filter(|name| !name.is_empty())?;
            Some((name.to_vec(), ObjectId::from_hex(id)?))
        });
        match read {
            Some((name, id)) if known.len() < MAX_REFS => {
                known.insert(name, id);
            }
            _ => damaged += 1,
        }
    }
    if damaged > 0 {
        let text = format!("{damaged} lines of its `packed-refs` were passed over");
        gaps.fail(ErrorKind::ObjectMissing, text);
    }
    known
}

/// What a ref's file holds.
enum Content {
    Object(ObjectId),
    /// The name of another ref.
    Symbolic(Vec<u8>),
    Damaged,
}

fn content(root: &Root, path: &Path) -> Content {
    let Ok(Bytes::Whole(bytes)) = root.read(path, MAX_REF_FILE) else {
        return Content::Damaged;
    };
    let text = bytes.trim_ascii();
    if let Some(name) = text.strip_prefix(b"ref:") {
        return Content::Symbolic(name.trim_ascii().to_vec());
    }
    ObjectId::from_hex(text).map_or(Content::Damaged, Content::Object)
}

struct Reading<'a> {
    known: BTreeMap<Vec<u8>, ObjectId>,
    gaps: &'a mut Gaps,
}

impl Reading<'_> {
    /// The files below `refs`, which win over packed ones.
    fn loose(&mut self, common: &Root) {
        let mut stack = vec![PathBuf::from("refs")];
        let mut symbolic = Vec::new();
        while let Some(folder) = stack.pop() {
            let names = common
                .open_directory(&folder)
                .and_then(|open| Names::read(open, MAX_REFS));
            let names = match names {
                Ok(names) => names,
                Err(error) => {
                    self.damaged(&folder, &error.to_string());
                    continue;
                }
            };
            for (name, kind) in (0..names.len()).filter_map(|at| names.get(at)) {
                let path = folder.join(OsStr::from_bytes(name));
                let is_deep = path.components().count() > MAX_REF_DEPTH;
                if self.known.len() > MAX_REFS || is_deep {
                    self.damaged(&path, "more refs than are read");
                    return;
                }
                match kind {
                    FileType::Directory => stack.push(path),
                    // Left behind by a git that was interrupted.
                    _ if name.ends_with(b".lock") => {}
                    _ => self.file(common, path, &mut symbolic),
                }
            }
        }
        for (name, target) in symbolic {
            if let Some(id) = self.known.get(&target).copied() {
                self.known.insert(name, id);
            }
        }
    }

    fn file(&mut self, common: &Root, path: PathBuf, symbolic: &mut Vec<(Vec<u8>, Vec<u8>)>) {
        let read = content(common, &path);
        let name = path.into_os_string().into_encoded_bytes();
        match read {
            Content::Object(id) => {
                self.known.insert(name, id);
            }
            Content::Symbolic(target) => symbolic.push((name, target)),
            Content::Damaged => self.damaged(Path::new(OsStr::from_bytes(&name)), "it is damaged"),
        }
    }

    fn damaged(&mut self, path: &Path, what: &str) {
        let shown = encode_name(path.as_os_str().as_bytes()).into_owned();
        let text = format!("the ref `{shown}`: {what}");
        self.gaps.fail(ErrorKind::ObjectMissing, text);
    }

    /// The commit of a `HEAD`; `None` where nothing is committed yet.
    fn head(&mut self, root: &Root, path: &Path) -> Option<ObjectId> {
        match content(root, path) {
            Content::Object(id) => Some(id),
            Content::Symbolic(name) => self.known.get(&name).copied(),
            Content::Damaged => {
                self.damaged(path, "it is damaged");
                None
            }
        }
    }

    /// The `HEAD` of each linked work tree.
    fn work_trees(&mut self, common: &Root) {
        const MOST: usize = 1024;
        let open = common.open_directory(Path::new("worktrees"));
        let Ok(names) = open.and_then(|open| Names::read(open, MOST)) else {
            return;
        };
        if names.cut {
            let text = format!("it has more than {MOST} linked work trees");
            self.gaps.note(SkipReason::Bound, text);
        }
        for (name, _) in (0..names.len()).filter_map(|at| names.get(at)) {
            let path = Path::new("worktrees").join(OsStr::from_bytes(name));
            let path = path.join("HEAD");
            if common.file_type(&path).is_none() {
                continue;
            }
            if let Some(id) = self.head(common, &path) {
                self.known
                    .insert(path.into_os_string().into_encoded_bytes(), id);
            }
        }
    }
}

/// The stash is a ref whose log holds all but the newest of its entries.
fn stash(common: &Root) -> Vec<Ref> {
    let Ok(Bytes::Whole(bytes)) = common.read(Path::new("logs/refs/stash"), MAX_STASH_LOG) else {
        return Vec::new();
    };
    let new = |line: &[u8]| {
        let start = 2 * ObjectId::BYTES + 1;
        ObjectId::from_hex(line.get(start..start + 2 * ObjectId::BYTES)?)
    };
    let entries = bytes.rsplit(|byte| *byte == b'\n').filter_map(new);
    let name = |(at, id)| Ref {
        name: format!("refs/stash@{{{at}}}"),
        id,
    };
    entries.enumerate().map(name).collect()
}
