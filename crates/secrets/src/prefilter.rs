//! Where keywords stand: one pass over the bytes that finds all keywords of all rules, ignoring ASCII case.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::rarity::pair_bits;
use crate::scan::ESCAPES;
use crate::tables::KEYWORDS;

/// Bits of the table that says whether four bytes may belong to a keyword.
const HASH_BITS: u32 = 17;

/// The same in words.
const WORDS: usize = 1 << (HASH_BITS - 6);

/// An odd number of well mixed bits.
const MIX: u32 = 0x9E37_79B1;

/// Lower case for letters. Other bytes are mixed up with few others, which the comparison afterwards tells apart.
const FOLD: u32 = 0x2020_2020;

/// The first three of four bytes.
const THREE: u32 = 0x00ff_ffff;

/// The table of this run, made on first use in a few microseconds.
pub(crate) static PREFILTER: LazyLock<Prefilter> =
    LazyLock::new(|| Prefilter::new(KEYWORDS.iter().map(|keyword| keyword.text).chain(ESCAPES)));

/// Four bytes of each keyword, the rarest of it, looked up at every byte of the text.
pub(crate) struct Prefilter {
    bits: Box<[u64; WORDS]>,
    /// The same for the keywords of three bytes.
    short_bits: Box<[u64; WORDS]>,
    /// Where each hash's entries begin in `entries`, and one more.
    starts: Vec<u32>,
    entries: Vec<Entry>,
    /// Lower-case keywords.
    texts: Vec<&'static [u8]>,
}

/// A keyword whose `back`-th byte is the first of four.
#[derive(Clone, Copy)]
struct Entry {
    keyword: u16,
    back: u8,
}

/// A keyword found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place in the table; beyond it one of [`ESCAPES`].
    pub(crate) keyword: usize,
    /// Its first byte.
    pub(crate) start: usize,
}

impl Prefilter {
    fn new(keywords: impl Iterator<Item = &'static str>) -> Prefilter {
        let texts: Vec<&'static [u8]> = keywords.map(str::as_bytes).collect();
        let mut uses: BTreeMap<u32, u32> = BTreeMap::new();
        for window in texts.iter().flat_map(|text| text.windows(4)) {
            *uses.entry(little(window) | FOLD).or_default() += 1;
        }
        let mut bits = Box::new([0_u64; WORDS]);
        let mut short_bits = Box::new([0_u64; WORDS]);
        let mut placed: Vec<(usize, Entry)> = Vec::new();
        for (text, keyword) in texts.iter().zip(0_u16..) {
            let (hash, back) = match rarest(text, &uses) {
                Some((gram, back)) => (hash(gram), back),
                None => (hash((little(text) | FOLD) & THREE), 0),
            };
            let bits = if text.len() < 4 {
                &mut short_bits
            } else {
                &mut bits
            };
            if let Some(word) = bits.get_mut(hash >> 6) {
                *word |= 1 << (hash & 63);
            }
            placed.push((hash, Entry { keyword, back }));
        }
        placed.sort_by_key(|(hash, entry)| (*hash, entry.keyword));
        let mut starts = vec![0_u32; (1 << HASH_BITS) + 1];
        for (hash, _) in &placed {
            if let Some(start) = starts.get_mut(hash + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let entries = placed.into_iter().map(|(_, entry)| entry).collect();
        Prefilter {
            bits,
            short_bits,
            starts,
            entries,
            texts,
        }
    }

    /// Calls `found` for each keyword whose looked-up bytes begin in `from..to`, in order of those bytes.
    pub(crate) fn find(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(Hit)) {
        let whole = to.min(bytes.len().saturating_sub(3)).max(from);
        let fours = bytes.get(from..).unwrap_or_default().array_windows::<4>();
        for (at, four) in (from..whole).zip(fours) {
            let gram = u32::from_le_bytes(*four) | FOLD;
            let (long, short) = (hash(gram), hash(gram & THREE));
            if holds(&self.bits, long) | holds(&self.short_bits, short) {
                self.compare(bytes, at, long, &mut found);
                if short != long {
                    self.compare(bytes, at, short, &mut found);
                }
            }
        }
        // The last three bytes, with nothing behind them.
        for at in whole..to.min(bytes.len()) {
            let three = little(bytes.get(at..).unwrap_or_default());
            self.compare(bytes, at, hash((three | FOLD) & THREE), &mut found);
        }
    }

    #[inline(never)]
    fn compare(&self, bytes: &[u8], at: usize, hash: usize, found: &mut impl FnMut(Hit)) {
        let start = self.starts.get(hash).map_or(0, |start| *start as usize);
        let end = self.starts.get(hash + 1).map_or(0, |end| *end as usize);
        for entry in self.entries.get(start..end).unwrap_or_default() {
            let Some(start) = at.checked_sub(usize::from(entry.back)) else {
                continue;
            };
            let keyword = usize::from(entry.keyword);
            let text = self.texts.get(keyword).copied().unwrap_or_default();
            let there = bytes.get(start..start + text.len());
            if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                found(Hit { keyword, start });
            }
        }
    }
}

fn hash(gram: u32) -> usize {
    (gram.wrapping_mul(MIX) >> (32 - HASH_BITS)) as usize
}

fn holds(bits: &[u64; WORDS], hash: usize) -> bool {
    bits.get(hash >> 6)
        .is_some_and(|word| word >> (hash & 63) & 1 == 1)
}

/// The four bytes of a keyword that are rarest in source text, and where they stand; none of a keyword of three. What
/// many keywords share is compared with all of them, so that it counts as commoner.
fn rarest(text: &[u8], uses: &BTreeMap<u32, u32>) -> Option<(u32, u8)> {
    let grams = text.windows(4).zip(0_u8..=u8::MAX);
    grams
        .map(|(window, back)| (little(window) | FOLD, back, pair_bits(window)))
        .max_by_key(|(gram, _, bits)| {
            let shared = uses.get(gram).copied().unwrap_or(1).max(1);
            // Sixteenths of a bit, as the rarity is.
            bits.saturating_sub(16 * shared.ilog2())
        })
        .map(|(gram, back, _)| (gram, back))
}

fn little(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .zip([0, 8, 16, 24])
        .map(|(byte, shift)| u32::from(*byte) << shift)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(words: &[&'static str], text: &[u8]) -> Vec<(usize, usize)> {
        let filter = Prefilter::new(words.iter().copied());
        let mut hits = Vec::new();
        filter.find(text, 0, text.len(), |hit| {
            hits.push((hit.start, hit.keyword))
        });
        hits.sort_unstable();
        hits
    }

    #[test]
    fn keywords_are_found_whatever_their_case_and_place() {
        let words = ["sk-", "ghp_", "secret"];
        assert_eq!(found(&words, b"sk-"), [(0, 0)]);
        assert_eq!(
            found(&words, b"a SK-ghp_x SeCrEt"),
            [(2, 0), (5, 1), (11, 2)]
        );
        assert_eq!(found(&words, b"sk"), []);
        assert_eq!(found(&words, b""), []);
    }

    proptest! {
        #[test]
        fn all_are_found(text in "[aAbBkKsS_-]{0,60}", from in 0_usize..60) {
            let words = ["ab_k", "sk-", "-ab-ks", "bbb"];
            let bytes = text.as_bytes();
            let mut expected = Vec::new();
            for start in 0..bytes.len() {
                for (keyword, word) in words.iter().enumerate() {
                    let there = bytes.get(start..start + word.len());
                    if there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes())) {
                        expected.push((start, keyword));
                    }
                }
            }
            prop_assert_eq!(found(&words, bytes), expected.clone());
            let from = from.min(bytes.len());
            let filter = Prefilter::new(words.iter().copied());
            let mut hits = Vec::new();
            filter.find(bytes, 0, from, |hit| hits.push((hit.start, hit.keyword)));
            filter.find(bytes, from, bytes.len(), |hit| hits.push((hit.start, hit.keyword)));
            hits.sort_unstable();
            prop_assert_eq!(hits, expected);
        }
    }
}
