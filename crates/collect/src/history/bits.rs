//! A set of small numbers, one bit each.

/// A set of numbers below a bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(length: usize) -> Bits {
        Bits {
            words: vec![0; length.div_ceil(64)],
        }
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        let ones = self.words.iter().map(|word| word.count_ones() as usize);
        ones.sum()
    }

    /// Adds `number`; whether it is new. One beyond the bound is not added.
    pub(crate) fn insert(&mut self, number: u32) -> bool {
        let Some(word) = self.words.get_mut(number as usize / 64) else {
            return false;
        };
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_once() {
        let mut bits = Bits::new(70);
        assert!(bits.insert(69));
        assert!(!bits.insert(69));
        assert!(!bits.insert(1000));
        assert!(bits.contains(69));
        assert_eq!(bits.len(), 1);
        assert!(!bits.contains(68));
        assert!(!bits.contains(1000));
    }
}
