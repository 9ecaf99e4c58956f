//! The largest few of many, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the `most` largest values it was offered.
#[derive(Clone, Debug)]
pub(super) struct Largest<T: Ord> {
    most: usize,
    kept: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Largest<T> {
    pub(super) fn new(most: usize) -> Largest<T> {
        Largest {
            most,
            kept: BinaryHeap::new(),
        }
    }

    /// Whether a value this large would be kept.
    pub(super) fn would_keep(&self, is_larger: impl FnOnce(&T) -> bool) -> bool {
        self.kept.len() < self.most || self.kept.peek().is_some_and(|least| is_larger(&least.0))
    }

    pub(super) fn offer(&mut self, value: T) {
        self.kept.push(Reverse(value));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
    }

    /// The values, largest first.
    pub(super) fn into_descending(self) -> impl Iterator<Item = T> {
        // Ascending by `Reverse` is descending by value.
        self.kept.into_sorted_vec().into_iter().map(|kept| kept.0)
    }
}
