//! All that was read below one root.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use plimsoll_model::{
    Artifact, ErrorKind, Inventory, Kind, Origin, ReportError, RootPath, Skipped,
    percent_encode_path,
};

use crate::further::FurtherFiles;
use crate::object_database::Gitlink;
use crate::place::Place;
use crate::walk::Note;
use crate::work_tree::WorkTree;

/// A target as it stands below its root.
#[derive(Clone, Debug)]
pub struct CollectedTarget {
    /// As typed; for a root found below a target, its path as shown.
    pub typed: String,
    /// What shown paths begin with.
    pub(crate) base: String,
    /// The target below its root.
    pub inner: RootPath,
    /// Whether it is a file.
    pub is_file: bool,
    /// Whether it is a repository found below a named target.
    pub is_nested: bool,
    /// The kind to take a file for.
    pub(crate) kind: Option<Kind>,
    pub(crate) place: Place,
}

impl CollectedTarget {
    fn covers(&self, path: &RootPath) -> bool {
        path.starts_with(&self.inner)
    }

    /// `path` as this target shows it.
    fn display(&self, path: &RootPath) -> String {
        if self.is_file && *path == self.inner {
            return normalise(&self.base);
        }
        let (base, folder) = if self.is_file {
            (format!("{}/..", self.base), self.inner.parent())
        } else {
            (self.base.clone(), self.inner.clone())
        };
        normalise(&format!("{base}/{}", path.relative_to(&folder)))
    }
}

/// Normalises a path lexically: no `.`, no `//`, `..` only in front.
fn normalise(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// All that was read below one root.
#[derive(Debug)]
pub struct Collection {
    /// The root as shown: relative where the first target was.
    pub root: Arc<str>,
    /// The root's absolute path; `None` for standard input.
    pub absolute: Option<PathBuf>,
    /// The git work tree the root is or lies in.
    pub work_tree: Option<WorkTree>,
    /// Where it was all read from.
    pub origin: Origin,
    /// The targets judged against this root, in the order typed.
    pub targets: Vec<CollectedTarget>,
    /// Every entry below the root. Empty for standard input, of whose surroundings nothing is known.
    pub inventory: Inventory,
    /// What was read, sorted by path: all of a known kind below the root, under a target or not.
    pub artifacts: Vec<Artifact>,
    /// Files read by name from the root folder, such as a config.
    pub named_files: Vec<NamedFile>,
    /// What was passed over under a target.
    pub skipped: Vec<Skipped>,
    /// What was asked for and is of no kind that has rules of its own: images, objects of a history, files by their
    /// names.
    pub others: BTreeMap<&'static str, u64>,
    /// How many files and objects were searched for credentials.
    pub searched: u64,
    /// What went wrong.
    pub errors: Vec<ReportError>,
    /// For a repository found below another: where each records the next, from the outermost in.
    pub(crate) enclosing: Vec<Gitlink>,
    /// Where further files are read from; `None` where nothing more can be.
    pub(crate) further: Option<FurtherFiles>,
    covered: BTreeSet<String>,
}

/// A file read by name.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// Where it stands.
    pub path: RootPath,
    /// What it holds.
    pub text: Arc<str>,
}

impl Collection {
    /// A collection that holds nothing yet.
    pub(crate) fn empty(targets: Vec<CollectedTarget>, origin: Origin) -> Collection {
        let covered = targets.iter().map(|one| one.inner.as_str().to_owned());
        let mut collection = Collection {
            covered: covered.collect(),
            enclosing: Vec::new(),
            further: None,
            root: Arc::from("."),
            absolute: None,
            work_tree: None,
            origin,
            targets,
            inventory: Inventory::default(),
            artifacts: Vec::new(),
            named_files: Vec::new(),
            skipped: Vec::new(),
            others: BTreeMap::new(),
            searched: 0,
            errors: Vec::new(),
        };
        collection.root = collection.display(&RootPath::root()).into();
        collection
    }

    /// Whether `path` is or lies under a target.
    pub fn is_under_target(&self, path: &RootPath) -> bool {
        if self.covered.is_empty() {
            return false;
        }
        let path = path.as_str();
        let ancestors = path.match_indices('/').map(|(at, _)| at);
        self.covered.contains("")
            || self.covered.contains(path)
            || ancestors
                .filter_map(|at| path.get(..at))
                .any(|ancestor| self.covered.contains(ancestor))
    }

    /// Whether what surrounds the artifacts is known: not so for standard input.
    pub fn is_tree_known(&self) -> bool {
        self.origin != Origin::Stdin
    }

    /// `path` as reports show it: joined to the target it lies under, else to the first.
    pub fn display(&self, path: &RootPath) -> String {
        let covering = self.targets.iter().find(|target| target.covers(path));
        match covering.or_else(|| self.targets.first()) {
            Some(target) => percent_encode_path(&target.display(path)),
            None => percent_encode_path(&path.to_string()),
        }
    }

    /// Adds what was passed over, as far as it concerns a target.
    pub(crate) fn note(&mut self, notes: impl IntoIterator<Item = Note>) {
        for note in notes {
            if note.path.is_root() || self.is_under_target(&note.path) {
                let path = self.display(&note.path);
                self.skipped.push(Skipped {
                    path,
                    reason: note.reason,
                    detail: note.detail,
                });
            }
        }
    }

    pub(crate) fn fail(&mut self, kind: ErrorKind, path: &RootPath, message: impl Into<String>) {
        self.errors.push(ReportError {
            kind,
            rule: None,
            path: Some(self.display(path)),
            message: message.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_target_as_typed() {
        let cases = [
            (".", "", false, "a/b", "a/b"),
            (
                "examples/x",
                "examples/x",
                false,
                "examples/x/s",
                "examples/x/s",
            ),
            ("examples/x/", "examples/x", false, "s", "s"),
            (".", "sub", false, "top", "../top"),
            ("..", "", false, "a", "../a"),
            ("/w/r/sub", "sub", false, "top", "/w/r/top"),
            ("sub/file", "sub/file", true, "sub/file", "sub/file"),
            ("link", "sub/file", true, "sub/other", "other"),
            ("./sub/file", "sub/file", true, "top", "top"),
            (".", "", false, "", "."),
            (".", "a/b", false, "", "../.."),
            ("-", "-", true, "-", "-"),
        ];
        for (base, inner, is_file, path, expected) in cases {
            let target = CollectedTarget {
                typed: base.to_owned(),
                base: base.to_owned(),
                inner: RootPath::new(inner).unwrap(),
                is_file,
                is_nested: false,
                kind: None,
                place: Place::root(),
            };
            let path = RootPath::new(path).unwrap();
            assert_eq!(target.display(&path), expected, "{base} {path}");
        }
    }
}
