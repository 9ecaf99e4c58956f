//! What COPY and ADD are predicted to bring, at its place below the destination.

use std::fs;
use std::path::Path;

use plimsoll_model::{Builder, BuilderOutcome, EntryKind, Inventory, RootPath};
use plimsoll_simulate::context::{ContextSettings, CopyRequest, SourceTake, take};
use plimsoll_simulate::ignore_file::IgnoreFile;

use crate::client;
use crate::copies::{Destination, Group, Request};
use crate::engines::Oracle;
use crate::export::tree_of;
use crate::figures::Tally;
use crate::outcome::{Outcome, Tree, Why};
use crate::tree::read_tree;

/// The builder that simulates each oracle.
pub(crate) fn builder(oracle: Oracle) -> Builder {
    match oracle {
        Oracle::BuildKit => Builder::Buildkit,
        Oracle::Classic => Builder::Classic,
        Oracle::Buildah => Builder::Buildah,
    }
}

/// Predicts what instructions bring from one context.
pub(crate) struct Predictor {
    pub(crate) builder: Builder,
    inventory: Inventory,
    contents: Tree,
    ignore: IgnoreFile,
    ignore_is_broken: bool,
}

impl Predictor {
    pub(crate) fn new(oracle: Oracle, root: &Path) -> Predictor {
        let builder = builder(oracle);
        let inventory = read_tree(root);
        let text = fs::read_to_string(root.join(".dockerignore")).unwrap_or_default();
        let (ignore, errors) = IgnoreFile::parse_for(&text, builder);
        Predictor {
            builder,
            contents: tree_of(root, &inventory),
            inventory,
            ignore,
            ignore_is_broken: !errors.is_empty(),
        }
    }

    fn take(&self, ignore: &IgnoreFile, request: &Request) -> Vec<SourceTake> {
        let settings = self.settings(ignore);
        let sources: Vec<&str> = request.sources.iter().map(String::as_str).collect();
        let sources = CopyRequest {
            sources: &sources,
            ..CopyRequest::default()
        };
        take(&self.inventory, &settings, sources)
    }

    pub(crate) fn outcome(&self, request: &Request) -> Outcome {
        if self.ignore_is_broken {
            return Outcome::Refused(self.why_broken(request));
        }
        let mut taken = self.take(&self.ignore, request);
        let is_empty = |at: usize| {
            let passes = self.passes_empty(&request.sources[at], &taken[at]);
            taken[at].paths.is_empty() && !passes
        };
        let all = 0..taken.len();
        let is_lost = |at: &usize| {
            is_empty(*at) && !self.may_match_nothing(&request.sources[*at], &taken[*at])
        };
        let lost = all.clone().find(is_lost);
        if let Some(at) = lost.or_else(|| all.clone().find(|_| all.clone().all(is_empty))) {
            return Outcome::Refused(self.why(&request.sources[at]));
        }
        taken.retain(|one| !one.paths.is_empty());
        self.placed(request.destination, &taken)
    }

    /// Buildah looks for the sources before it reads the rules of the ignore file; wildcards may match nothing as long as
    /// there is another source (`copierHandlerStat` in its copier/copier.go).
    fn why_broken(&self, request: &Request) -> Why {
        let taken = self.take(&IgnoreFile::default(), request);
        let is_nothing = |one: &SourceTake| one.paths.is_empty() && one.via_links.is_empty();
        let mut sources = taken.iter().zip(&request.sources);
        let is_missing = sources.any(|(one, source)| is_nothing(one) && !is_globbed(source))
            || taken.iter().all(is_nothing);
        match self.builder == Builder::Buildah && is_missing {
            true => Why::Source,
            false => Why::Ignore,
        }
    }

    /// BuildKit goes on where a wildcard matches nothing.
    fn passes_empty(&self, source: &str, one: &SourceTake) -> bool {
        let is_clamped = one.outcome == BuilderOutcome::Clamps && one.via_links.is_empty();
        let passes = is_clamped && is_wildcard(source) || one.outcome == BuilderOutcome::Reaches;
        self.builder == Builder::Buildkit && passes && self.has_folder_of(source)
    }

    /// The prediction for what the client of engine 20.10 sends to BuildKit under its older ignore rules; `named` are the
    /// sources of the whole build, none where everything is sent.
    pub(crate) fn of_older_client(&self, request: &Request, named: &[&str]) -> Option<Outcome> {
        let sent = match client::sent(&self.inventory, &self.ignore, named)? {
            Ok(inventory) => inventory,
            Err(client::Fails) => return Some(Outcome::Refused(Why::Sender)),
        };
        let older = Predictor {
            inventory: sent,
            contents: self.contents.clone(),
            ignore: IgnoreFile::default(),
            ..*self
        };
        Some(older.outcome(request))
    }

    fn settings<'a>(&self, ignore: &'a IgnoreFile) -> ContextSettings<'a> {
        ContextSettings {
            root: RootPath::root(),
            dockerfile: RootPath::new("Dockerfile"),
            ignore_file: RootPath::new(".dockerignore"),
            ignore,
            builder: self.builder,
            needed: None,
        }
    }

    /// Whether the folder before the first wildcard is sent.
    fn has_folder_of(&self, source: &str) -> bool {
        let mut folder = RootPath::root();
        for part in source.split('/').take_while(|part| !is_wildcard(part)) {
            folder = match part {
                "" | "." => folder,
                ".." => folder.parent(),
                name => folder.join(name).unwrap_or_else(RootPath::root),
            };
        }
        let request = CopyRequest {
            sources: &[folder.as_str()],
            ..CopyRequest::default()
        };
        let settings = self.settings(&self.ignore);
        let sent = take(&self.inventory, &settings, request);
        folder.is_root() || sent.iter().any(|one| !one.paths.is_empty())
    }

    /// Whether a source that ends in `/.` or `/..` is a file.
    pub(crate) fn is_file_with_dots(&self, source: &str) -> bool {
        let request = CopyRequest {
            sources: &[source],
            ..CopyRequest::default()
        };
        let taken = take(&self.inventory, &self.settings(&self.ignore), request);
        let mut paths = taken.iter().flat_map(|one| &one.paths);
        (source.ends_with("/.") || source.ends_with("/.."))
            && paths.any(|path| !self.inventory.is_directory(path))
    }

    /// Where there is another source, a wildcard may match nothing; buildah fails where what it matches is ignored.
    fn may_match_nothing(&self, source: &str, one: &SourceTake) -> bool {
        let is_unknown = matches!(
            one.outcome,
            BuilderOutcome::Unknown | BuilderOutcome::Clamps
        );
        match self.builder {
            Builder::Classic => is_wildcard(source) && one.via_links.is_empty(),
            Builder::Buildah => is_globbed(source) && is_unknown && one.via_links.is_empty(),
            Builder::Buildkit | Builder::Kaniko => false,
        }
    }

    fn why(&self, source: &str) -> Why {
        let leaves = self.builder == Builder::Classic && !is_wildcard(source) && leaves(source);
        if leaves { Why::Outside } else { Why::Source }
    }

    /// Whether a builder's answer is the one predicted; of a path through a file some say that it leads outside.
    pub(crate) fn agrees(&self, request: &Request, predicted: &Outcome, built: &Outcome) -> bool {
        let is_file = |source: &str, at: usize| {
            let above = RootPath::new(source[..at].trim_start_matches('/'));
            let entry = above.and_then(|above| self.inventory.get(&above));
            entry.is_some_and(|entry| entry.kind != EntryKind::Directory)
        };
        let is_link = |source: &str| {
            let path = RootPath::new(source.trim_start_matches('/'));
            let entry = path.and_then(|path| self.inventory.get(&path));
            entry.is_some_and(|entry| entry.kind == EntryKind::Symlink)
        };
        let through_file = |source: &String| {
            let mut ends = source.match_indices('/');
            is_link(source) || ends.any(|(at, _)| is_file(source, at))
        };
        match (predicted, built) {
            (Outcome::Refused(Why::Source), Outcome::Refused(Why::Sender)) => true,
            (Outcome::Refused(Why::Source), Outcome::Refused(Why::Outside)) => {
                request.sources.iter().any(through_file)
            }
            _ => predicted == built,
        }
    }

    /// What is taken, at its place below the destination.
    fn placed(&self, destination: Destination, taken: &[SourceTake]) -> Outcome {
        let base = match destination {
            Destination::Folder | Destination::Here => "",
            Destination::Deep => "new/er/",
            Destination::Dotted => "y/",
            Destination::Named | Destination::NamedHere => "new/",
        };
        let is_named = base == "new/";
        let paths: Vec<&RootPath> = taken.iter().flat_map(|one| &one.paths).collect();
        let renames = is_named && matches!(paths[..], [path] if !self.inventory.is_directory(path));
        if is_named && paths.len() > 1 {
            return Outcome::Refused(Why::Destination);
        }
        let mut tree = Tree::new();
        if !paths.is_empty() {
            add_with_parents(&mut tree, base.trim_end_matches('/'), "folder");
        }
        for entry in taken.iter().flat_map(|one| &one.entries) {
            let what = self
                .contents
                .get(entry.from.as_str())
                .map_or("", String::as_str);
            let to = match renames {
                true => base.trim_end_matches('/').to_owned(),
                false => format!("{base}{}", entry.to),
            };
            let is_folder = what == "folder";
            let there = tree.get(&to).filter(|_| !renames);
            if there.is_some_and(|there| (there == "folder") != is_folder) {
                return Outcome::Refused(Why::Destination);
            }
            add_with_parents(&mut tree, &to, what);
        }
        Outcome::Brought(tree)
    }

    /// Counts what the case is good for.
    pub(crate) fn reach(
        &self,
        group: &Group,
        request: &Request,
        predicted: &Outcome,
        tally: &mut Tally,
    ) {
        let taken = match self.ignore_is_broken {
            true => Vec::new(),
            false => self.take(&self.ignore, request),
        };
        let has_source =
            |test: &dyn Fn(&str) -> bool| request.sources.iter().any(|source| test(source));
        let has_line = |test: &dyn Fn(&str) -> bool| group.ignore.lines().any(test);
        let has_entry = |kind: EntryKind| {
            let mut entries = taken.iter().flat_map(|one| &one.entries);
            entries.any(|entry| {
                self.inventory
                    .get(&entry.from)
                    .is_some_and(|entry| entry.kind == kind)
            })
        };
        let all = self.take(&IgnoreFile::default(), request);
        let marks = [
            (group.ignore.is_empty(), "no ignore file"),
            (
                has_line(&|line| line.trim().starts_with('!')),
                "ignore file with `!`",
            ),
            (
                has_line(&|line| line.contains("**")),
                "ignore file with `**`",
            ),
            (self.ignore_is_broken, "ignore file malformed"),
            (
                !self.ignore_is_broken && all != taken,
                "the ignore file changes what is taken",
            ),
            (
                taken.iter().any(|one| !one.via_links.is_empty()),
                "source through a link",
            ),
            (has_entry(EntryKind::Symlink), "a link is copied as a link"),
            (
                group
                    .landscape
                    .targets()
                    .any(|target| target.starts_with('/')),
                "absolute links in the tree",
            ),
            (
                group
                    .landscape
                    .targets()
                    .any(|target| target.starts_with("../")),
                "links upwards in the tree",
            ),
            (has_source(&is_wildcard), "source with a wildcard"),
            (
                has_source(&is_wildcard)
                    && taken.iter().any(|one| {
                        one.paths
                            .iter()
                            .any(|path| self.inventory.is_directory(path))
                    }),
                "a wildcard matches a folder",
            ),
            (
                has_source(&|source| source.contains("..")),
                "source with `..`",
            ),
            (
                has_source(&|source| source.starts_with('/')),
                "absolute source",
            ),
            (
                has_source(&|source| source.ends_with('/')),
                "source with a slash at its end",
            ),
            (
                has_source(&|source| source.contains('\\')),
                "source with a backslash",
            ),
            (request.sources.len() > 1, "several sources"),
            (request.keyword == "ADD", "ADD"),
            (request.is_json, "JSON form"),
            (
                matches!(predicted, Outcome::Brought(tree) if tree.values().all(|what| what == "folder")),
                "nothing but folders is copied",
            ),
            (
                matches!(predicted, Outcome::Refused(_)),
                "a refusal is predicted",
            ),
        ];
        for (_, what) in marks.iter().filter(|(is_reached, _)| *is_reached) {
            tally.reach(what);
        }
    }
}

/// Adds an entry and the folders above it.
fn add_with_parents(tree: &mut Tree, path: &str, what: &str) {
    for (at, _) in path.match_indices('/') {
        tree.entry(path[..at].to_owned())
            .or_insert_with(|| "folder".to_owned());
    }
    if !path.is_empty() {
        tree.insert(path.to_owned(), what.to_owned());
    }
}

/// Whether buildah takes a source for a wildcard: an escaped one counts, one that `..` takes back does not.
fn is_globbed(source: &str) -> bool {
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.iter().any(|part| part.contains(['*', '?', '[']))
}

/// Whether a source is more than one path; what stands behind a backslash does not make it so.
fn is_wildcard(source: &str) -> bool {
    let mut rest = source.chars();
    while let Some(character) = rest.next() {
        match character {
            '*' | '?' | '[' => return true,
            '\\' => {
                rest.next();
            }
            _ => {}
        }
    }
    false
}

/// Whether a path goes above where it starts.
fn leaves(path: &str) -> bool {
    let mut depth = 0;
    path.split('/').any(|part| {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        depth < 0
    })
}
