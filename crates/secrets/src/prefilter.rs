//! Where keywords stand: one pass over the bytes that finds all keywords of all rules, ignoring ASCII case.

use std::sync::LazyLock;

use crate::scan::ESCAPES;
use crate::tables::KEYWORDS;

/// Bits of the table that says whether four bytes may belong to a keyword.
const HASH_BITS: u32 = 16;

/// The same in words.
const WORDS: usize = 1 << (HASH_BITS - 6);

/// An odd number of well mixed bits.
const MIX: u32 = 0x9E37_79B1;

/// Lower case for letters. Other bytes are mixed up with few others, which the comparison afterwards tells apart.
const FOLD: u32 = 0x2020_2020;

/// The table of this run, made on first use in a few microseconds.
pub(crate) static PREFILTER: LazyLock<Prefilter> =
    LazyLock::new(|| Prefilter::new(KEYWORDS.iter().map(|keyword| keyword.text).chain(ESCAPES)));

/// Four bytes of each keyword, the rarest of it, looked up at every byte of the text.
pub(crate) struct Prefilter {
    bits: Box<[u64; WORDS]>,
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
        let mut placed: Vec<(usize, Entry)> = Vec::new();
        for (keyword, text) in texts.iter().enumerate() {
            let Ok(keyword) = u16::try_from(keyword) else {
                continue;
            };
            placed.extend(grams(text).map(|(gram, back)| (hash(gram), Entry { keyword, back })));
        }
        placed.sort_by_key(|(hash, entry)| (*hash, entry.keyword));
        let mut bits = Box::new([0_u64; WORDS]);
        let mut starts = vec![0_u32; (1 << HASH_BITS) + 1];
        for (hash, _) in &placed {
            if let Some(word) = bits.get_mut(hash >> 6) {
                *word |= 1 << (hash & 63);
            }
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
            let hash = hash(u32::from_le_bytes(*four) | FOLD);
            if self.may_hold(hash) {
                self.compare(bytes, at, hash, &mut found);
            }
        }
        // The last three bytes, with nothing behind them.
        for at in whole..to.min(bytes.len()) {
            let mut four = [0_u8; 4];
            for (to, from) in four.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
                *to = *from;
            }
            self.compare(bytes, at, hash(u32::from_le_bytes(four) | FOLD), &mut found);
        }
    }

    fn may_hold(&self, hash: usize) -> bool {
        self.bits
            .get(hash >> 6)
            .is_some_and(|word| word >> (hash & 63) & 1 == 1)
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

/// The rarest four bytes of a keyword and where they stand; a keyword of three with every fourth byte.
fn grams(text: &[u8]) -> impl Iterator<Item = (u32, u8)> {
    let best = text
        .windows(4)
        .enumerate()
        .min_by_key(|(_, window)| window.iter().map(|byte| commonness(*byte)).sum::<u32>());
    let (back, gram) = match best {
        Some((back, window)) => (back, little(window) | FOLD),
        None => (0, little(text) | FOLD),
    };
    let short = text.len() < 4;
    let mut fourths: Vec<u32> = (0..=255_u32).map(|fourth| (fourth << 24) | FOLD).collect();
    fourths.sort_unstable();
    fourths.dedup();
    let count = if short { fourths.len() } else { 1 };
    let back = u8::try_from(back).unwrap_or(0);
    fourths
        .into_iter()
        .take(count)
        .map(move |fourth| (if short { gram | fourth } else { gram }, back))
}

fn little(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .zip([0, 8, 16, 24])
        .map(|(byte, shift)| u32::from(*byte) << shift)
        .sum()
}

/// Roughly how often a byte stands in source text, from the rarest to the commonest.
fn commonness(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b' ' | b'e' => 12,
        b't' | b'a' | b'r' | b'n' | b'i' | b'o' | b's' => 10,
        b'c' | b'l' | b'd' | b'u' | b'p' | b'm' => 7,
        b'f' | b'h' | b'g' | b'b' | b'y' => 5,
        b'_' | b'.' | b'-' | b'/' | b'"' | b'=' | b':' | b'0' | b'1' | b'2' => 4,
        b'w' | b'v' | b'k' => 3,
        _ => 1,
    }
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
