//! The commits of a repository: their order in time, and which of them a ref reaches.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bits::Bits;
use super::pack::NONE;

/// What a commit leads to, by object numbers; what is not there is `NONE`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitLink {
    pub(crate) number: u32,
    pub(crate) tree: u32,
    /// Seconds since 1970, when it was committed.
    pub(crate) time: i64,
    first_parent: u32,
    parents: u32,
}

/// Commits as they are met, in any order.
#[derive(Debug, Default)]
pub(crate) struct Links {
    commits: Vec<CommitLink>,
    parents: Vec<u32>,
}

impl Links {
    pub(crate) fn push(
        &mut self,
        number: u32,
        tree: u32,
        time: i64,
        parents: impl IntoIterator<Item = u32>,
    ) {
        let start = self.parents.len();
        self.parents.extend(parents);
        let added = self.parents.len() - start;
        self.commits.push(CommitLink {
            number,
            tree,
            time,
            first_parent: u32::try_from(start).unwrap_or(NONE),
            parents: u32::try_from(added).unwrap_or(0),
        });
    }

    pub(crate) fn append(&mut self, mut other: Links) {
        let moved = u32::try_from(self.parents.len()).unwrap_or(NONE);
        for commit in &mut other.commits {
            commit.first_parent = commit.first_parent.saturating_add(moved);
        }
        self.commits.append(&mut other.commits);
        self.parents.append(&mut other.parents);
    }
}

/// The commits, sorted by number; a commit's place in that order is its index.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    commits: Vec<CommitLink>,
    /// Indices, `NONE` for what is not there.
    parents: Vec<u32>,
    /// Every commit after all its parents, and the older first among those that could come next.
    pub(crate) oldest_first: Vec<u32>,
}

impl Graph {
    pub(crate) fn new(links: Links) -> Graph {
        let Links {
            mut commits,
            mut parents,
        } = links;
        commits.sort_unstable_by_key(|commit| commit.number);
        for parent in &mut parents {
            *parent = index_of(&commits, *parent).unwrap_or(NONE);
        }
        let mut graph = Graph {
            commits,
            parents,
            oldest_first: Vec::new(),
        };
        graph.oldest_first = graph.order();
        graph
    }

    pub(crate) fn len(&self) -> usize {
        self.commits.len()
    }

    /// Puts another tree in the place of each commit's; whether any is one.
    pub(crate) fn replace_trees(&mut self, other: impl Fn(u32) -> u32) -> bool {
        for commit in &mut self.commits {
            commit.tree = other(commit.tree);
        }
        self.commits.iter().any(|commit| commit.tree != NONE)
    }

    pub(crate) fn get(&self, index: u32) -> Option<&CommitLink> {
        self.commits.get(index as usize)
    }

    /// The index of the commit that is object `number`.
    pub(crate) fn index(&self, number: u32) -> Option<u32> {
        index_of(&self.commits, number)
    }

    /// The parents of a commit that are there.
    pub(crate) fn parents(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        self.all_parents(index).filter(|parent| *parent != NONE)
    }

    fn all_parents(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let range = self.get(index).map_or(0..0, |commit| {
            let start = commit.first_parent as usize;
            start..start.saturating_add(commit.parents as usize)
        });
        self.parents.get(range).unwrap_or_default().iter().copied()
    }

    /// All commits that `tips` reach, themselves included.
    pub(crate) fn reached_from(&self, tips: impl IntoIterator<Item = u32>) -> Bits {
        let mut reached = Bits::new(self.len());
        let mut stack: Vec<u32> = tips.into_iter().collect();
        while let Some(index) = stack.pop() {
            if reached.insert(index) {
                stack.extend(self.parents(index));
            }
        }
        reached
    }

    /// Parents before children. Commits that lead in a circle, which only a forged index can make, come last.
    fn order(&self) -> Vec<u32> {
        let all = 0..u32::try_from(self.len()).unwrap_or(0);
        let (starts, children) = self.children();
        let mut waiting: Vec<u32> = all
            .clone()
            .map(|index| u32::try_from(self.parents(index).count()).unwrap_or(NONE))
            .collect();
        let key = |index: u32| Reverse((self.get(index).map_or(0, |commit| commit.time), index));
        let is_free = |index: &u32| waiting.get(*index as usize) == Some(&0);
        let mut free: BinaryHeap<_> = all.clone().filter(is_free).map(key).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse((_, index))) = free.pop() {
            order.push(index);
            let range = starts.get(index as usize..index as usize + 2);
            let range = range.map_or(0..0, |pair| match pair {
                [start, end] => *start as usize..*end as usize,
                _ => 0..0,
            });
            for child in children.get(range).unwrap_or_default() {
                if let Some(left) = waiting.get_mut(*child as usize) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        free.push(key(*child));
                    }
                }
            }
        }
        if order.len() < self.len() {
            let is_left = |index: &u32| waiting.get(*index as usize).is_some_and(|left| *left > 0);
            order.extend(all.filter(is_left));
        }
        order
    }

    fn children(&self) -> (Vec<u32>, Vec<u32>) {
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(self.parents.len());
        for index in 0..u32::try_from(self.len()).unwrap_or(0) {
            pairs.extend(self.parents(index).map(|parent| (parent, index)));
        }
        pairs.sort_unstable();
        group(self.len(), &pairs)
    }
}

fn index_of(commits: &[CommitLink], number: u32) -> Option<u32> {
    let found = commits.binary_search_by_key(&number, |commit| commit.number);
    found.ok().and_then(|index| u32::try_from(index).ok())
}

/// Sorted pairs as the places where the seconds of each first begin, and the seconds.
pub(crate) fn group(firsts: usize, pairs: &[(u32, u32)]) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; firsts + 1];
    for (first, _) in pairs {
        if let Some(count) = starts.get_mut(*first as usize + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    (starts, pairs.iter().map(|(_, second)| *second).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(commits: &[(u32, i64, &[u32])]) -> Graph {
        let mut links = Links::default();
        for (number, time, parents) in commits {
            let mut more = Links::default();
            more.push(*number, NONE, *time, parents.iter().copied());
            links.append(more);
        }
        Graph::new(links)
    }

    #[test]
    fn parents_come_before_children_whatever_their_dates() {
        let graph = graph(&[
            (30, 1, &[20]),
            (20, 9, &[10, 99]),
            (10, 5, &[]),
            (40, 2, &[]),
        ]);
        let numbers: Vec<u32> = graph
            .oldest_first
            .iter()
            .map(|index| graph.get(*index).unwrap().number)
            .collect();
        assert_eq!(numbers, [40, 10, 20, 30]);
        let middle = graph.index(20).unwrap();
        let reached = graph.reached_from([middle]);
        assert!(reached.contains(graph.index(10).unwrap()));
        assert!(!reached.contains(graph.index(30).unwrap()));
    }

    #[test]
    fn a_circle_ends() {
        let graph = graph(&[(1, 1, &[2]), (2, 2, &[1]), (3, 3, &[])]);
        assert_eq!(graph.oldest_first.len(), 3);
    }
}
