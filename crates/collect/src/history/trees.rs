//! Which trees hold which, and which of them hold what was found.

use super::bits::Bits;
use super::graph::group;
use super::pack::NONE;

/// What one task saw of trees, by object numbers.
#[derive(Debug, Default)]
pub(crate) struct TreeLinks {
    /// Tree and the trees in it.
    pub(crate) children: Vec<(u32, u32)>,
    /// Tree and what was found in it.
    pub(crate) found: Vec<(u32, u32)>,
    /// Where one folder is asked for: the number of a component of its path, a tree, and the tree of that name in it.
    pub(crate) named: Vec<(u32, u32, u32)>,
    /// Trees with an entry that is not there.
    pub(crate) lacking: Vec<u32>,
    /// Trees whose end is damaged.
    pub(crate) damaged: Vec<u32>,
}

/// All trees and what is in them.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    starts: Vec<u32>,
    children: Vec<u32>,
    /// Sorted: what was found, and the tree it is in.
    found: Vec<(u32, u32)>,
    /// Sorted, as [`TreeLinks::named`].
    named: Vec<(u32, u32, u32)>,
    pub(crate) lacking: Vec<u32>,
    pub(crate) damaged: Vec<u32>,
}

impl Trees {
    /// `numbers` is how many object numbers there are.
    pub(crate) fn new(numbers: usize, gathered: Vec<TreeLinks>) -> Trees {
        let mut trees = Trees::default();
        let total = gathered.iter().map(|one| one.children.len()).sum();
        let mut pairs = Vec::with_capacity(total);
        for mut one in gathered {
            pairs.append(&mut one.children);
            let reversed = one.found.iter().map(|(tree, found)| (*found, *tree));
            trees.found.extend(reversed);
            trees.named.append(&mut one.named);
            trees.lacking.append(&mut one.lacking);
            trees.damaged.append(&mut one.damaged);
        }
        pairs.sort_unstable();
        pairs.dedup();
        (trees.starts, trees.children) = group(numbers, &pairs);
        trees.found.sort_unstable();
        trees.found.dedup();
        trees.named.sort_unstable();
        trees.lacking.sort_unstable();
        trees.damaged.sort_unstable();
        trees
    }

    fn children(&self, tree: u32) -> &[u32] {
        match self.starts.get(tree as usize..tree as usize + 2) {
            Some([start, end]) => {
                let range = *start as usize..*end as usize;
                self.children.get(range).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The folder that is asked for, `depth` below `tree`.
    pub(crate) fn below(&self, tree: u32, depth: usize) -> Option<u32> {
        (0u32..).take(depth).try_fold(tree, |tree, level| {
            let from = self
                .named
                .partition_point(|(at, of, _)| (*at, *of) < (level, tree));
            let (at, of, inner) = self.named.get(from)?;
            ((*at, *of) == (level, tree)).then_some(*inner)
        })
    }

    /// All trees that `roots` lead to.
    pub(crate) fn reached_from(&self, roots: impl IntoIterator<Item = u32>) -> Bits {
        let mut reached = Bits::new(self.starts.len());
        let mut stack: Vec<u32> = roots.into_iter().collect();
        while let Some(tree) = stack.pop() {
            if reached.insert(tree) {
                stack.extend(self.children(tree));
            }
        }
        reached
    }

    /// The trees below `roots`, each after all that are in it.
    fn children_first(&self, roots: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let mut seen = Bits::new(self.starts.len());
        let mut order = Vec::new();
        let mut stack: Vec<(u32, usize)> = Vec::new();
        for root in roots {
            if root != NONE && seen.insert(root) {
                stack.push((root, 0));
            }
            while let Some((tree, next)) = stack.last_mut() {
                match self.children(*tree).get(*next) {
                    Some(child) => {
                        *next += 1;
                        if seen.insert(*child) {
                            stack.push((*child, 0));
                        }
                    }
                    None => {
                        order.push(*tree);
                        stack.pop();
                    }
                }
            }
        }
        order
    }

    /// The trees below `roots` that hold something found.
    pub(crate) fn holders(&self, roots: impl IntoIterator<Item = u32>) -> Holders {
        let mut holds = Bits::new(self.starts.len());
        for (_, tree) in &self.found {
            holds.insert(*tree);
        }
        let mut trees = self.children_first(roots);
        for tree in &trees {
            if self
                .children(*tree)
                .iter()
                .any(|child| holds.contains(*child))
            {
                holds.insert(*tree);
            }
        }
        trees.retain(|tree| holds.contains(*tree));
        let mut places: Vec<(u32, u32)> = trees.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let mut holders = Holders {
            trees,
            places,
            starts: Vec::new(),
            children: Vec::new(),
            found: Vec::new(),
        };
        let mut pairs = Vec::new();
        for (place, tree) in (0u32..).zip(&holders.trees) {
            let children = self.children(*tree).iter();
            let inner = children.filter_map(|child| holders.place(*child));
            pairs.extend(inner.map(|child| (place, child)));
        }
        (holders.starts, holders.children) = group(holders.trees.len(), &pairs);
        let placed = |(found, tree): &(u32, u32)| Some((*found, holders.place(*tree)?));
        holders.found = self.found.iter().filter_map(placed).collect();
        holders
    }
}

/// Only the trees that hold something found; each has a place, children before those they are in.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    trees: Vec<u32>,
    places: Vec<(u32, u32)>,
    starts: Vec<u32>,
    children: Vec<u32>,
    /// Sorted: what was found, and the place of the tree it is in.
    found: Vec<(u32, u32)>,
}

impl Holders {
    /// The place of a tree, if it holds anything.
    pub(crate) fn place(&self, tree: u32) -> Option<u32> {
        let at = self.places.binary_search_by_key(&tree, |(tree, _)| *tree);
        self.places.get(at.ok()?).map(|(_, place)| *place)
    }

    /// The object number of the tree at `place`.
    pub(crate) fn tree(&self, place: u32) -> Option<u32> {
        self.trees.get(place as usize).copied()
    }

    fn children(&self, place: u32) -> &[u32] {
        match self.starts.get(place as usize..place as usize + 2) {
            Some([start, end]) => {
                let range = *start as usize..*end as usize;
                self.children.get(range).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Which of up to 64 `wanted` each tree holds, as bits.
    pub(crate) fn masks(&self, wanted: &[u32]) -> Vec<u64> {
        let mut masks = vec![0u64; self.trees.len()];
        for (bit, wanted) in wanted.iter().enumerate().take(64) {
            let start = self.found.partition_point(|(found, _)| found < wanted);
            let rest = self.found.get(start..).unwrap_or_default();
            for (_, place) in rest.iter().take_while(|(found, _)| found == wanted) {
                if let Some(mask) = masks.get_mut(*place as usize) {
                    *mask |= 1 << bit;
                }
            }
        }
        for place in 0..u32::try_from(masks.len()).unwrap_or(0) {
            let below = self
                .children(place)
                .iter()
                .filter_map(|child| masks.get(*child as usize))
                .fold(0, |all, mask| all | mask);
            if let Some(mask) = masks.get_mut(place as usize) {
                *mask |= below;
            }
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_something_is_found_through_all_trees_above() {
        // 1 holds 2 and 3, 3 holds 4 and blob 9, 5 stands alone.
        let links = TreeLinks {
            children: vec![(1, 2), (1, 3), (3, 4)],
            found: vec![(3, 9), (5, 8)],
            ..TreeLinks::default()
        };
        let trees = Trees::new(10, vec![links]);
        let holders = trees.holders([1, NONE, 5]);
        let masks = holders.masks(&[8, 9]);
        let mask = |tree| holders.place(tree).map(|place| masks[place as usize]);
        assert_eq!(
            [mask(1), mask(2), mask(3), mask(4), mask(5)],
            [Some(2), None, Some(2), None, Some(1)]
        );
    }

    #[test]
    fn a_circle_ends() {
        let links = TreeLinks {
            children: vec![(1, 2), (2, 1)],
            found: vec![(2, 9)],
            ..TreeLinks::default()
        };
        let trees = Trees::new(10, vec![links]);
        assert!(trees.holders([1]).place(1).is_some());
        assert!(trees.reached_from([1]).contains(2));
    }
}
