//! The order of a scan: all contents, then all trees, then the origin of what was found.

use std::collections::BTreeSet;
use std::sync::Arc;

use plimsoll_model::{ErrorKind, RootPath};

use super::bits::Bits;
use super::gap::Gaps;
use super::graph::{Graph, Links};
use super::ground::Ground;
use super::pack::NONE;
use super::parse::{self, EntryKind, Kind};
use super::provenance::{Provenance, Tip, tip};
use super::refs::{self, Refs};
use super::restore::{Limits, Restored, Work};
use super::since::{News, news};
use super::state::HistoryState;
use super::store::{Failed, Store};
use super::trees::{TreeLinks, Trees};
use super::{FoundObject, History, HistoryObject, HistoryOptions, ObjectId, ObjectKind, Since};
use crate::object_database;
use crate::place::encode_name;
use crate::work_tree::WorkTree;

type Visit<'a> = &'a (dyn Fn(&HistoryObject<'_>) -> bool + Sync);

/// What one task saw of blobs, commits and tags.
#[derive(Default)]
pub(crate) struct Seen {
    found: Vec<(u32, ObjectKind, u64)>,
    /// What was visited and holds nothing; only where a state is asked for.
    clean: Vec<u32>,
    links: Links,
    /// Tag and what it stands for, by object number.
    tags: Vec<(u32, u32)>,
    /// What a commit or tag names and is not there.
    pub(crate) missing: Vec<(u32, ObjectId)>,
    pub(crate) damaged: Vec<u32>,
    blobs: u64,
    messages: u64,
    bytes: u64,
}

pub(crate) fn run(
    ground: Ground,
    tree: &WorkTree,
    options: &HistoryOptions,
    visit: Visit<'_>,
    gaps: &mut Gaps,
) -> History {
    let refs = refs::read(&ground, gaps);
    let limits = Limits {
        work: Arc::new(Work::new(0)),
        object: options.max_object_bytes,
        held: usize::try_from(options.max_object_bytes.saturating_mul(3)).unwrap_or(usize::MAX),
    };
    let Ground {
        objects,
        shallow,
        is_partial,
        has_readable_refs,
        ..
    } = ground;
    let store = Store::open(objects, limits, options.max_restored_bytes, gaps);
    let mut scan = Scan {
        is_partial: is_partial || store.has_promises,
        store,
        options,
        refs,
        shallow,
        has_readable_refs,
        failed: Vec::new(),
    };
    scan.run(tree, visit, gaps)
}

pub(crate) struct Scan<'a> {
    pub(crate) store: Store,
    pub(crate) options: &'a HistoryOptions,
    refs: Refs,
    shallow: BTreeSet<ObjectId>,
    pub(crate) is_partial: bool,
    has_readable_refs: bool,
    pub(crate) failed: Vec<Failed>,
}

/// The commits and what leads to them.
pub(crate) struct Commits {
    pub(crate) graph: Graph,
    pub(crate) tips: Vec<Tip>,
    pub(crate) reached: Bits,
    head: Option<u32>,
    /// Sorted.
    tags: Vec<(u32, u32)>,
}

impl Commits {
    /// What refs name besides commits.
    pub(crate) fn of_tips(&self) -> impl Iterator<Item = u32> + '_ {
        self.tips.iter().flat_map(|tip| tip.through.iter().copied())
    }
}

/// What is given to the visitor.
struct Filter {
    /// What an earlier scan has seen.
    known: Bits,
    news: Option<News>,
}

impl Filter {
    fn is_new(&self, number: u32) -> bool {
        let news = self.news.as_ref().and_then(|news| news.objects.as_ref());
        news.is_none_or(|objects| objects.contains(number))
    }

    fn visits(&self, number: u32) -> bool {
        !self.known.contains(number) && self.is_new(number)
    }
}

impl Scan<'_> {
    fn run(&mut self, tree: &WorkTree, visit: Visit<'_>, gaps: &mut Gaps) -> History {
        let mut filter = Filter {
            known: self.known_before(),
            news: None,
        };
        let (mut seen, mut commits) = match &self.options.since {
            None => {
                let mut seen = self.contents(&filter, Some(visit));
                let commits = self.commits(&mut seen, gaps);
                (seen, commits)
            }
            Some(since) => {
                let mut before = self.contents(&filter, None);
                let commits = self.commits(&mut before, gaps);
                match self.news(tree, since, &commits) {
                    Ok(news) => filter.news = Some(news),
                    Err(message) => {
                        gaps.fail(ErrorKind::TargetUnreadable, message);
                        return History::default();
                    }
                }
                let mut seen = self.contents(&filter, Some(visit));
                seen.missing = before.missing;
                (seen, commits)
            }
        };
        seen.found.sort_unstable();
        let found: Vec<u32> = seen.found.iter().map(|(number, ..)| *number).collect();
        let trees = self.trees(&found);
        self.failed.sort_by_key(|failed| failed.number);
        self.failed.dedup_by_key(|failed| failed.number);
        let is_whole = self.tell_missing(&seen, &commits, &trees, gaps) == 0
            && self.failed.iter().all(|one| one.kind == Some(Kind::Blob))
            && !self.tell_spent(gaps);
        self.narrow(&mut commits, &trees, gaps);
        self.tell_failed(&seen, gaps);
        let mut history = History {
            blobs: seen.blobs,
            messages: seen.messages,
            bytes: seen.bytes,
            known: filter.known.len() as u64,
            commits: commits.graph.len() as u64,
            found: self.origins(&seen.found, &found, &commits, &trees),
            state: self.options.keep_state.then(|| self.state(&seen, &filter)),
            gaps: Vec::new(),
        };
        // Where a way is broken, what lies behind it may be reached all the same.
        if !self.options.dangling && is_whole {
            history.found.retain(|found| !found.is_dangling);
        }
        if !self.options.below.is_root() {
            let is_file = |found: &FoundObject| found.kind == ObjectKind::Blob;
            history
                .found
                .retain(|found| is_file(found) && found.first.is_some());
        }
        if let Some(news) = &filter.news {
            let is_news = |found: &FoundObject| self.is_news(found, news, &commits);
            history.found.retain(is_news);
        }
        history
    }

    /// Tells that not all was restored, if it was not.
    fn tell_spent(&self, gaps: &mut Gaps) -> bool {
        let is_spent = self.store.limits.work.is_spent();
        if is_spent {
            let work = self.store.work;
            let text = format!(
                "restoring all objects takes more than {work} bytes, far more than their packs hold: further ones were not \
                 searched"
            );
            gaps.fail(ErrorKind::TargetUnreadable, text);
        }
        is_spent
    }

    /// Where only one folder is asked for, that of each commit stands for the whole of the commit.
    fn narrow(&self, commits: &mut Commits, trees: &Trees, gaps: &mut Gaps) {
        let below = &self.options.below;
        if below.is_root() {
            return;
        }
        let depth = below.depth();
        let has_any = commits
            .graph
            .replace_trees(|tree| trees.below(tree, depth).unwrap_or(NONE));
        commits.tips.iter_mut().for_each(|tip| tip.through.clear());
        if !has_any {
            let text = format!(
                "`{below}` is a folder in no commit: name one, or the repository for all of its history"
            );
            gaps.fail(ErrorKind::TargetUnreadable, text);
        }
    }

    /// A path in the folder that is asked for, from the top of the repository.
    fn whole_path(&self, path: RootPath) -> RootPath {
        let below = &self.options.below;
        below.join(path.as_str()).unwrap_or(path)
    }

    /// What an earlier scan has seen, of what is here.
    fn known_before(&self) -> Bits {
        let mut known = Bits::new(self.store.len());
        let state = &self.options.known;
        if !state.is_empty() {
            for number in 0..u32::try_from(self.store.len()).unwrap_or(0) {
                let id = self.store.catalogue.id(number);
                if id.is_some_and(|id| state.contains(id)) {
                    known.insert(number);
                }
            }
        }
        known
    }

    fn state(&self, seen: &Seen, filter: &Filter) -> HistoryState {
        let all = 0..u32::try_from(self.store.len()).unwrap_or(0);
        let before = all.filter(|number| filter.known.contains(*number));
        let numbers = before.chain(seen.clean.iter().copied());
        HistoryState::new(numbers.filter_map(|number| self.store.catalogue.id(number)))
    }

    /// What the commits after `since` brought.
    fn news(&self, tree: &WorkTree, since: &Since, commits: &Commits) -> Result<News, String> {
        let graph = &commits.graph;
        let is_old: Box<dyn Fn(u32) -> bool> = match since {
            Since::Revision(revision) => {
                let repository = object_database::open(tree).map_err(|failure| failure.message)?;
                let commit = object_database::resolve(&repository.to_thread_local(), revision)
                    .map_err(|failure| failure.message)?;
                let index = ObjectId::from_bytes(commit.id.as_bytes())
                    .and_then(|id| self.store.catalogue.number(id))
                    .and_then(|number| graph.index(number));
                let index = index.ok_or_else(|| format!("`{revision}`: its commit is missing"))?;
                let old = graph.reached_from([index]);
                Box::new(move |index| old.contains(index))
            }
            Since::Seconds(seconds) => Box::new(move |index| {
                let commit = graph.get(index);
                commit.is_some_and(|commit| commit.time <= *seconds)
            }),
        };
        let mut new = Bits::new(graph.len());
        for index in 0..u32::try_from(graph.len()).unwrap_or(0) {
            let is_told = commits.reached.contains(index) || self.options.dangling;
            if is_told && !is_old(index) {
                new.insert(index);
            }
        }
        let mut news = news(&self.store, graph, new);
        if let Some(objects) = &mut news.objects {
            for (tag, target) in &commits.tags {
                let index = graph.index(*target);
                if index.is_some_and(|index| news.commits.contains(index)) {
                    objects.insert(*tag);
                }
            }
        }
        Ok(news)
    }

    /// Whether what was found came with a new commit. Only where there were too many to compare is there anything to drop.
    fn is_news(&self, found: &FoundObject, news: &News, commits: &Commits) -> bool {
        let is_new = |id: ObjectId| {
            let number = self.store.catalogue.number(id);
            let index = number.and_then(|number| commits.graph.index(number));
            index.is_some_and(|index| news.commits.contains(index))
        };
        news.objects.is_some()
            || match (found.kind, &found.first) {
                (ObjectKind::TagMessage, _) => {
                    let number = self.store.catalogue.number(found.id);
                    let tag = tip(String::new(), number, &commits.tags, &commits.graph);
                    let commit = tag.commit;
                    commit.is_some_and(|index| news.commits.contains(index))
                }
                (_, Some(first)) => is_new(first.commit),
                (_, None) => false,
            }
    }

    /// Everything but trees; without a visitor, commits and tags only.
    fn contents(&mut self, filter: &Filter, visit: Option<Visit<'_>>) -> Seen {
        let wanted = |number: u32, kind: Option<Kind>| match kind {
            Some(Kind::Tree) => false,
            Some(Kind::Blob) => visit.is_some() && filter.visits(number),
            // The kind of what is not in a pack shows only when it is read.
            Some(Kind::Commit | Kind::Tag) | None => true,
        };
        let (gathered, failed) = self.store.each(
            &wanted,
            &self.options.cancel,
            &|seen: &mut Seen, restored| {
                self.content(seen, &restored, filter, visit);
            },
        );
        // Loose trees are met again when trees are read.
        let is_content = |failed: &Failed| failed.kind != Some(Kind::Tree);
        self.failed.extend(failed.into_iter().filter(is_content));
        let mut all = Seen::default();
        for mut seen in gathered {
            all.found.append(&mut seen.found);
            all.clean.append(&mut seen.clean);
            all.links.append(seen.links);
            all.tags.append(&mut seen.tags);
            all.missing.append(&mut seen.missing);
            all.damaged.append(&mut seen.damaged);
            all.blobs += seen.blobs;
            all.messages += seen.messages;
            all.bytes += seen.bytes;
        }
        all
    }

    fn content(
        &self,
        seen: &mut Seen,
        restored: &Restored<'_>,
        filter: &Filter,
        visit: Option<Visit<'_>>,
    ) {
        let (Ok(bytes), Some(kind), Some(id)) = (
            restored.bytes,
            restored.kind,
            self.store.catalogue.id(restored.number),
        ) else {
            return;
        };
        let (kind, bytes) = match kind {
            Kind::Tree => return,
            Kind::Blob => (ObjectKind::Blob, bytes),
            Kind::Commit => match parse::commit(bytes) {
                Some(commit) => {
                    self.link(seen, restored.number, &commit);
                    (ObjectKind::CommitMessage, commit.message)
                }
                None => {
                    seen.damaged.push(restored.number);
                    (ObjectKind::CommitMessage, bytes)
                }
            },
            Kind::Tag => match parse::tag(bytes) {
                Some(tag) => {
                    let target = self.known(seen, restored.number, tag.target);
                    seen.tags.push((restored.number, target));
                    (ObjectKind::TagMessage, tag.message)
                }
                None => {
                    seen.damaged.push(restored.number);
                    (ObjectKind::TagMessage, bytes)
                }
            },
        };
        let Some(visit) = visit.filter(|_| filter.visits(restored.number)) else {
            return;
        };
        match kind {
            ObjectKind::Blob => seen.blobs += 1,
            _ => seen.messages += 1,
        }
        seen.bytes += bytes.len() as u64;
        if visit(&HistoryObject { id, kind, bytes }) {
            seen.found.push((restored.number, kind, bytes.len() as u64));
        } else if self.options.keep_state && !self.options.cancel.is_cancelled() {
            // A look into an archive that was stopped has seen a part of it.
            seen.clean.push(restored.number);
        }
    }

    fn link(&self, seen: &mut Seen, number: u32, commit: &parse::Commit<'_>) {
        let tree = self.known(seen, number, commit.tree);
        let is_cut = self
            .store
            .catalogue
            .id(number)
            .is_some_and(|id| self.shallow.contains(&id));
        let parents: Vec<u32> = commit
            .parents
            .iter()
            .map(|parent| match self.store.catalogue.number(*parent) {
                None if is_cut => NONE,
                _ => self.known(seen, number, *parent),
            })
            .collect();
        seen.links.push(number, tree, commit.committed, parents);
    }

    /// The number of `id`, which object `from` names.
    fn known(&self, seen: &mut Seen, from: u32, id: ObjectId) -> u32 {
        self.store.catalogue.number(id).unwrap_or_else(|| {
            seen.missing.push((from, id));
            NONE
        })
    }

    /// Which tree holds which, and which of `found`.
    fn trees(&mut self, found: &[u32]) -> Trees {
        let mut is_found = Bits::new(self.store.len());
        for number in found {
            is_found.insert(*number);
        }
        let wanted = |_: u32, kind: Option<Kind>| kind.is_none_or(|kind| kind == Kind::Tree);
        let each = |links: &mut TreeLinks, restored: Restored<'_>| {
            if let (Ok(bytes), Some(Kind::Tree)) = (restored.bytes, restored.kind) {
                self.tree(links, restored.number, bytes, &is_found);
            }
        };
        let (gathered, failed) = self.store.each(&wanted, &self.options.cancel, &each);
        let is_tree = |failed: &Failed| failed.kind == Some(Kind::Tree);
        self.failed.extend(failed.into_iter().filter(is_tree));
        Trees::new(self.store.len(), gathered)
    }

    fn tree(&self, links: &mut TreeLinks, number: u32, bytes: &[u8], is_found: &Bits) {
        let below = &self.options.below;
        let is_named = |raw: &[u8], name: &str| raw == name.as_bytes() || encode_name(raw) == name;
        let mut entries = parse::tree(bytes);
        let mut lacks = false;
        for entry in entries.by_ref() {
            if entry.kind == EntryKind::Submodule {
                continue;
            }
            let Some(inner) = self.store.catalogue.number(entry.id) else {
                lacks = true;
                continue;
            };
            if entry.kind == EntryKind::Tree {
                let levels = (0u32..).zip(below.components());
                let named = levels.filter(|(_, name)| is_named(entry.name, name));
                links
                    .named
                    .extend(named.map(|(level, _)| (level, number, inner)));
                links.children.push((number, inner));
            } else if is_found.contains(inner) {
                links.found.push((number, inner));
            }
        }
        if lacks {
            links.lacking.push(number);
        }
        if !entries.is_done() {
            links.damaged.push(number);
        }
    }

    fn commits(&self, seen: &mut Seen, gaps: &mut Gaps) -> Commits {
        let graph = Graph::new(std::mem::take(&mut seen.links));
        let mut tags = std::mem::take(&mut seen.tags);
        tags.sort_unstable();
        let mut tips = Vec::with_capacity(self.refs.list.len());
        for one in &self.refs.list {
            let number = self.store.catalogue.number(one.id);
            if number.is_none() && !self.is_partial {
                gaps.object(one.id, format!("what `{}` names is missing", one.name));
            }
            tips.push(tip(one.name.clone(), number, &tags, &graph));
        }
        let all = 0..u32::try_from(graph.len()).unwrap_or(0);
        let reached = if self.has_readable_refs {
            graph.reached_from(tips.iter().filter_map(|tip| tip.commit))
        } else {
            graph.reached_from(all)
        };
        let head = self.refs.head.and_then(|id| {
            let number = self.store.catalogue.number(id)?;
            tip(String::new(), Some(number), &tags, &graph).commit
        });
        Commits {
            graph,
            tips,
            reached,
            head,
            tags,
        }
    }

    fn origins(
        &self,
        found: &[(u32, ObjectKind, u64)],
        numbers: &[u32],
        commits: &Commits,
        trees: &Trees,
    ) -> Vec<FoundObject> {
        if found.is_empty() {
            return Vec::new();
        }
        let all = 0..u32::try_from(commits.graph.len()).unwrap_or(0);
        let of_commits = all.filter_map(|index| commits.graph.get(index).map(|commit| commit.tree));
        let holders = trees.holders(of_commits.chain(commits.of_tips()));
        let provenance = Provenance {
            store: &self.store,
            graph: &commits.graph,
            holders: &holders,
            tips: &commits.tips,
            reached: &commits.reached,
            head: commits.head,
        };
        let origins = provenance.of(numbers);
        let mut objects: Vec<FoundObject> = found
            .iter()
            .zip(origins)
            .filter_map(|((number, kind, size), mut origin)| {
                let paths = origin.head_paths.iter_mut().chain(&mut origin.other_paths);
                let first = origin.first.as_mut();
                let first = first.and_then(|first| first.path.as_mut());
                for path in paths.chain(first) {
                    *path = self.whole_path(path.clone());
                }
                Some(FoundObject {
                    id: self.store.catalogue.id(*number)?,
                    kind: *kind,
                    size: *size,
                    first: origin.first,
                    head_paths: origin.head_paths,
                    other_paths: origin.other_paths,
                    refs: origin.refs,
                    ref_count: origin.ref_count,
                    is_dangling: !origin.is_reached,
                })
            })
            .collect();
        objects.sort_by_key(|object| object.id);
        objects
    }
}
