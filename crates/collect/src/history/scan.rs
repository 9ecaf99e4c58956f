//! The order of a scan: all contents, then all trees, then the origin of what was found.

use std::collections::BTreeSet;

use plimsoll_model::{ErrorKind, SkipReason};

use super::bits::Bits;
use super::gap::{Gap, Gaps};
use super::graph::{Graph, Links};
use super::ground::Ground;
use super::pack::{Lost, NONE};
use super::parse::{self, EntryKind, Kind};
use super::provenance::{Provenance, Tip, tip};
use super::refs::{self, Refs};
use super::restore::{Limits, Restored};
use super::store::{Failed, Store};
use super::trees::{TreeLinks, Trees};
use super::{FoundObject, History, HistoryObject, HistoryOptions, ObjectId, ObjectKind};

/// How many missing objects are named one by one.
const MAX_NAMED: usize = 20;
/// How many missing objects are told apart.
const MAX_MISSING: usize = 1 << 20;

type Visit<'a> = &'a (dyn Fn(&HistoryObject<'_>) -> bool + Sync);

/// What one task saw of blobs, commits and tags.
#[derive(Default)]
struct Seen {
    found: Vec<(u32, ObjectKind, u64)>,
    links: Links,
    /// Tag and what it stands for, by object number.
    tags: Vec<(u32, u32)>,
    /// What a commit or tag names and is not there.
    missing: Vec<(u32, ObjectId)>,
    damaged: Vec<u32>,
    blobs: u64,
    messages: u64,
    bytes: u64,
}

pub(crate) fn run(
    ground: Ground,
    options: &HistoryOptions,
    visit: Visit<'_>,
    gaps: &mut Gaps,
) -> History {
    let refs = refs::read(&ground, gaps);
    let limits = Limits {
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
    let store = Store::open(objects, limits, gaps);
    let mut scan = Scan {
        is_partial: is_partial || store.has_promises,
        store,
        options,
        refs,
        shallow,
        has_readable_refs,
        failed: Vec::new(),
    };
    scan.run(visit, gaps)
}

struct Scan<'a> {
    store: Store,
    options: &'a HistoryOptions,
    refs: Refs,
    shallow: BTreeSet<ObjectId>,
    is_partial: bool,
    has_readable_refs: bool,
    failed: Vec<Failed>,
}

/// Commits, refs and trees, joined.
struct Joined {
    graph: Graph,
    tips: Vec<Tip>,
    reached: Bits,
    head: Option<u32>,
    trees: Trees,
}

impl Scan<'_> {
    fn run(&mut self, visit: Visit<'_>, gaps: &mut Gaps) -> History {
        let mut seen = self.contents(visit);
        let mut history = History {
            blobs: seen.blobs,
            messages: seen.messages,
            bytes: seen.bytes,
            ..History::default()
        };
        seen.found.sort_unstable();
        let found: Vec<u32> = seen.found.iter().map(|(number, ..)| *number).collect();
        let trees = self.trees(&found);
        let links = std::mem::take(&mut seen.links);
        let joined = self.join(links, &mut seen.tags, trees, gaps);
        history.commits = joined.graph.len() as u64;
        let is_whole = self.tell_missing(&seen, &joined, gaps) == 0
            && self.failed.iter().all(|one| one.kind == Some(Kind::Blob));
        self.tell_failed(&seen, gaps);
        history.found = self.origins(&seen.found, &found, &joined);
        // Where a way is broken, what lies behind it may be reached all the same.
        if !self.options.dangling && is_whole {
            history.found.retain(|found| !found.is_dangling);
        }
        history
    }

    /// Everything but trees.
    fn contents(&mut self, visit: Visit<'_>) -> Seen {
        let wanted = |_: u32, kind: Option<Kind>| kind != Some(Kind::Tree);
        let (gathered, failed) = self.store.each(
            &wanted,
            &self.options.cancel,
            &|seen: &mut Seen, restored| {
                self.content(seen, &restored, visit);
            },
        );
        // Loose trees are met again when trees are read.
        let is_content = |failed: &Failed| failed.kind != Some(Kind::Tree);
        self.failed.extend(failed.into_iter().filter(is_content));
        let mut all = Seen::default();
        for mut seen in gathered {
            all.found.append(&mut seen.found);
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

    fn content(&self, seen: &mut Seen, restored: &Restored<'_>, visit: Visit<'_>) {
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
        match kind {
            ObjectKind::Blob => seen.blobs += 1,
            _ => seen.messages += 1,
        }
        seen.bytes += bytes.len() as u64;
        if visit(&HistoryObject { id, kind, bytes }) {
            seen.found.push((restored.number, kind, bytes.len() as u64));
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

    fn join(&self, links: Links, tags: &mut [(u32, u32)], trees: Trees, gaps: &mut Gaps) -> Joined {
        let graph = Graph::new(links);
        tags.sort_unstable();
        let mut tips = Vec::with_capacity(self.refs.list.len());
        for one in &self.refs.list {
            let number = self.store.catalogue.number(one.id);
            if number.is_none() && !self.is_partial {
                gaps.object(one.id, format!("what `{}` names is missing", one.name));
            }
            tips.push(tip(one.name.clone(), number, tags, &graph));
        }
        let all = 0..u32::try_from(graph.len()).unwrap_or(0);
        let reached = if self.has_readable_refs {
            graph.reached_from(tips.iter().filter_map(|tip| tip.commit))
        } else {
            graph.reached_from(all)
        };
        let head = self.refs.head.and_then(|id| {
            let number = self.store.catalogue.number(id)?;
            tip(String::new(), Some(number), tags, &graph).commit
        });
        Joined {
            graph,
            tips,
            reached,
            head,
            trees,
        }
    }

    /// Tells which objects are named by what a ref reaches, and are not there; how many they are.
    fn tell_missing(&self, seen: &Seen, joined: &Joined, gaps: &mut Gaps) -> usize {
        let mut missing: BTreeSet<ObjectId> = BTreeSet::new();
        let is_reached = |number: u32| {
            let commit = joined.graph.index(number);
            commit.is_none_or(|index| joined.reached.contains(index))
        };
        for (from, id) in &seen.missing {
            if is_reached(*from) {
                missing.insert(*id);
            }
        }
        let entries = self.missing_entries(joined).into_iter();
        missing.extend(entries.take(MAX_MISSING));
        let count = missing.len();
        if self.is_partial && count > 0 {
            let text = format!("a partial clone: {count} objects of its history are not here");
            gaps.fail(ErrorKind::ObjectMissing, text);
            return count;
        }
        for id in missing.iter().take(MAX_NAMED) {
            gaps.object(*id, "it is missing");
        }
        if count > MAX_NAMED {
            let text = format!("{} more objects are missing", count - MAX_NAMED);
            gaps.fail(ErrorKind::ObjectMissing, text);
        }
        count
    }

    /// The absent entries of trees that a ref reaches.
    fn missing_entries(&self, joined: &Joined) -> Vec<ObjectId> {
        if joined.trees.lacking.is_empty() {
            return Vec::new();
        }
        let reached = joined.trees.reached_from(self.reached_roots(joined));
        let is_lacking = |number: u32, kind: Option<Kind>| {
            kind.is_none_or(|kind| kind == Kind::Tree)
                && reached.contains(number)
                && joined.trees.lacking.binary_search(&number).is_ok()
        };
        let each = |missing: &mut BTreeSet<ObjectId>, restored: Restored<'_>| {
            let (Ok(bytes), Some(Kind::Tree)) = (restored.bytes, restored.kind) else {
                return;
            };
            for entry in parse::tree(bytes).filter(|one| one.kind != EntryKind::Submodule) {
                if self.store.catalogue.number(entry.id).is_none() && missing.len() < MAX_MISSING {
                    missing.insert(entry.id);
                }
            }
        };
        let (gathered, _) = self.store.each(&is_lacking, &self.options.cancel, &each);
        gathered.into_iter().flatten().collect()
    }

    /// The trees of all commits that a ref reaches, and those a ref names itself.
    fn reached_roots<'j>(&self, joined: &'j Joined) -> impl Iterator<Item = u32> + 'j {
        let of_commits = (0..u32::try_from(joined.graph.len()).unwrap_or(0))
            .filter(|index| joined.reached.contains(*index))
            .filter_map(|index| joined.graph.get(index).map(|commit| commit.tree));
        let of_tips = joined
            .tips
            .iter()
            .flat_map(|tip| tip.through.iter().copied());
        of_commits.chain(of_tips).filter(|tree| *tree != NONE)
    }

    fn tell_failed(&self, seen: &Seen, gaps: &mut Gaps) {
        for failed in &self.failed {
            let Some(id) = self.store.catalogue.id(failed.number) else {
                continue;
            };
            let what = failed.kind.map_or("object", Kind::as_str);
            match failed.lost {
                Lost::Damaged(damage) => gaps.object(id, format!("{what}: {damage}")),
                Lost::TooLarge(size) => gaps.push(Gap {
                    object: Some(id),
                    reason: SkipReason::TooLarge,
                    error: None,
                    detail: format!("{what} of {size} bytes"),
                }),
                Lost::Bound(bound) => gaps.push(Gap {
                    object: Some(id),
                    reason: SkipReason::Bound,
                    error: None,
                    detail: format!("{what}: {bound}"),
                }),
            }
        }
        for number in &seen.damaged {
            if let Some(id) = self.store.catalogue.id(*number) {
                gaps.object(id, "what it says about itself is damaged");
            }
        }
    }

    fn origins(
        &self,
        found: &[(u32, ObjectKind, u64)],
        numbers: &[u32],
        joined: &Joined,
    ) -> Vec<FoundObject> {
        if found.is_empty() {
            return Vec::new();
        }
        let all = 0..u32::try_from(joined.graph.len()).unwrap_or(0);
        let of_commits = all.filter_map(|index| joined.graph.get(index).map(|commit| commit.tree));
        let of_tips = joined
            .tips
            .iter()
            .flat_map(|tip| tip.through.iter().copied());
        let holders = joined.trees.holders(of_commits.chain(of_tips));
        let provenance = Provenance {
            store: &self.store,
            graph: &joined.graph,
            holders: &holders,
            tips: &joined.tips,
            reached: &joined.reached,
            head: joined.head,
        };
        let origins = provenance.of(numbers);
        let mut objects: Vec<FoundObject> = found
            .iter()
            .zip(origins)
            .filter_map(|((number, kind, size), origin)| {
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
