//! Where keywords stand: one pass over the bytes that finds all keywords of all rules, ignoring ASCII case.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::rarity::pair_bits;
use crate::scan::ESCAPES;
use crate::tables::KEYWORDS;

/// The table says for three bytes, by their hash, which fourth bytes may follow in a keyword, by their lowest three bits.
const HASH_BITS: u32 = 15;

/// The size of the table: it stays in the nearest cache.
const SIZE: usize = 1 << HASH_BITS;

/// Lists of entries; small enough to stay in the nearest cache.
const BUCKETS: usize = 1 << 12;

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
    table: Box<[u8; SIZE]>,
    /// Where each bucket's entries begin in `entries`, and one more.
    starts: Vec<u16>,
    entries: Vec<Entry>,
    /// Lower-case keywords.
    texts: Vec<&'static [u8]>,
}

/// A keyword whose `back`-th byte is the first of four, or of three.
#[derive(Clone, Copy)]
struct Entry {
    gram: u32,
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
        let mut table = Box::new([0_u8; SIZE]);
        let mut placed: Vec<(usize, Entry)> = Vec::new();
        for (text, keyword) in texts.iter().zip(0_u16..) {
            let (gram, back) = rarest(text, &uses).unwrap_or(((little(text) | FOLD) & THREE, 0));
            let fourths = if text.len() < 4 {
                0xff
            } else {
                1 << (gram >> 24 & 7)
            };
            if let Some(mask) = table.get_mut(hash(gram & THREE, HASH_BITS)) {
                *mask |= fourths;
            }
            placed.push((
                bucket(gram),
                Entry {
                    gram,
                    keyword,
                    back,
                },
            ));
        }
        placed.sort_by_key(|(bucket, entry)| (*bucket, entry.keyword));
        let starts = (0..=BUCKETS)
            .map(|bucket| placed.partition_point(|(of, _)| *of < bucket))
            .map(|start| u16::try_from(start).unwrap_or(u16::MAX))
            .collect();
        let entries = placed.into_iter().map(|(_, entry)| entry).collect();
        Prefilter {
            table,
            starts,
            entries,
            texts,
        }
    }

    /// Calls `found` for each keyword whose looked-up bytes begin in `from..to`, in order of those bytes.
    pub(crate) fn find(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(Hit)) {
        let whole = to.min(bytes.len().saturating_sub(3)).max(from);
        let mut at = from;
        while let Some(ahead) = self.next(
            bytes
                .get(at..(whole + 3).min(bytes.len()))
                .unwrap_or_default(),
        ) {
            at += ahead;
            let gram = little(bytes.get(at..).unwrap_or_default()) | FOLD;
            self.compare(bytes, at, gram, &mut found);
            // Every fourth byte fits only behind a keyword of three.
            if self.mask(gram) == 0xff {
                self.compare(bytes, at, gram & THREE, &mut found);
            }
            at += 1;
        }
        // The last three bytes, with nothing behind them.
        for at in whole..to.min(bytes.len()) {
            let three = little(bytes.get(at..).unwrap_or_default());
            self.compare(bytes, at, (three | FOLD) & THREE, &mut found);
        }
    }

    /// The first place where four bytes may belong to a keyword: the loop that sees every byte of the input.
    #[inline(never)]
    fn next(&self, bytes: &[u8]) -> Option<usize> {
        bytes.array_windows::<4>().position(|four| {
            let gram = u32::from_le_bytes(*four) | FOLD;
            self.mask(gram) >> (gram >> 24 & 7) & 1 == 1
        })
    }

    fn mask(&self, gram: u32) -> u8 {
        let hash = hash(gram & THREE, HASH_BITS);
        self.table.get(hash).copied().unwrap_or(0)
    }

    fn compare(&self, bytes: &[u8], at: usize, gram: u32, found: &mut impl FnMut(Hit)) {
        let bucket = bucket(gram);
        let start = self
            .starts
            .get(bucket)
            .map_or(0, |start| usize::from(*start));
        let end = self
            .starts
            .get(bucket + 1)
            .map_or(0, |end| usize::from(*end));
        for entry in self.entries.get(start..end).unwrap_or_default() {
            if entry.gram != gram {
                continue;
            }
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

fn hash(gram: u32, bits: u32) -> usize {
    (gram.wrapping_mul(MIX) >> (32 - bits)) as usize
}

fn bucket(gram: u32) -> usize {
    hash(gram, 12) & (BUCKETS - 1)
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
