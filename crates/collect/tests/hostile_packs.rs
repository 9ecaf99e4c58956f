//! Packs that git would never write: read as far as they go, in bounded memory.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use plimsoll_collect::history::{History, HistoryOptions, HistoryRepository, scan};

const BLOB: u8 = 3;
const BEFORE: u8 = 6;
const NAMED: u8 = 7;
const MEBIBYTE: usize = 1 << 20;

/// A pack as it grows, and the offset of each entry.
#[derive(Default)]
struct Pack {
    bytes: Vec<u8>,
    offsets: Vec<u64>,
    /// The data deflated last, and how: many entries have the same.
    last: (Vec<u8>, Vec<u8>),
}

/// Entry `at` is called by its number.
fn name(at: usize) -> [u8; 20] {
    let mut name = [0; 20];
    name[..8].copy_from_slice(&(at as u64).to_be_bytes());
    name[19] = 1;
    name
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A number as deltas begin with.
fn little(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

/// A distance as an entry names its base.
fn distance(mut number: u64) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(number & 0x7f).unwrap()];
    while number > 0x7f {
        number = (number >> 7) - 1;
        bytes.insert(0, u8::try_from(number & 0x7f).unwrap() | 0x80);
    }
    bytes
}

/// A delta that turns `size` equal bytes into as many.
fn copy_all(size: usize) -> Vec<u8> {
    let mut delta = [little(size as u64), little(size as u64)].concat();
    // 65536 bytes from the start, as often as they fit in.
    delta.extend(std::iter::repeat_n(0x80, size / 0x10000));
    for _ in 0..size % 0x10000 {
        delta.extend([0x90, 1]);
    }
    delta
}

impl Pack {
    /// Adds an entry that says it has `size` bytes.
    fn raw(&mut self, kind: u8, size: u64, base: &[u8], data: &[u8]) -> usize {
        if self.bytes.is_empty() {
            self.bytes.extend(b"PACK\0\0\0\x02\0\0\0\0");
        }
        self.offsets.push(self.bytes.len() as u64);
        let low = u8::try_from(size & 0xf).unwrap();
        let more = if size > 0xf { 0x80 } else { 0 };
        self.bytes.push(more | kind << 4 | low);
        if size > 0xf {
            self.bytes.extend(little(size >> 4));
        }
        self.bytes.extend(base);
        if self.last.1.is_empty() || self.last.0 != data {
            self.last = (data.to_vec(), deflate(data));
        }
        self.bytes.extend(&self.last.1);
        self.offsets.len() - 1
    }

    fn blob(&mut self, data: &[u8]) -> usize {
        self.raw(BLOB, data.len() as u64, b"", data)
    }

    fn delta(&mut self, base: usize, delta: &[u8]) -> usize {
        let before = self.bytes.len() as u64 - self.offsets[base];
        self.raw(BEFORE, delta.len() as u64, &distance(before), delta)
    }

    fn index(&self) -> Vec<u8> {
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        let count = u32::try_from(self.offsets.len()).unwrap();
        index.extend([count.to_be_bytes(); 256].concat());
        (0..self.offsets.len()).for_each(|at| index.extend(name(at)));
        index.extend(vec![0; 4 * self.offsets.len()]);
        for offset in &self.offsets {
            index.extend(u32::try_from(*offset).unwrap().to_be_bytes());
        }
        index.extend([0; 40]);
        index
    }

    /// Puts it into a repository and scans that. How many bytes were seen comes with it.
    fn scan(self, max_object_bytes: u64) -> (History, u64) {
        self.scan_with(HistoryOptions {
            max_object_bytes,
            ..HistoryOptions::default()
        })
    }

    fn scan_with(mut self, options: HistoryOptions) -> (History, u64) {
        let repository = tempfile::tempdir().unwrap();
        let index = self.index();
        self.bytes.extend([0; 20]);
        let folder = repository.path().join("objects/pack");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::create_dir(repository.path().join("refs")).unwrap();
        std::fs::write(repository.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(folder.join("pack-a.idx"), index).unwrap();
        std::fs::write(folder.join("pack-a.pack"), &self.bytes).unwrap();
        let seen = AtomicU64::new(0);
        let found = HistoryRepository::find(repository.path()).unwrap();
        let history = scan(&found, &options, &|object| {
            seen.fetch_add(object.bytes.len() as u64, Ordering::Relaxed);
            false
        });
        (history, seen.into_inner())
    }
}

fn details(history: &History) -> Vec<&str> {
    history.gaps.iter().map(|gap| gap.detail.as_str()).collect()
}

#[test]
fn a_chain_of_a_hundred_thousand_differences_is_followed() {
    let mut pack = Pack::default();
    let mut last = pack.blob(b"0123456789");
    for _ in 0..100_000 {
        last = pack.delta(last, b"\x0a\x0a\x90\x0a");
    }
    let (history, seen) = pack.scan(1 << 20);
    assert_eq!((history.blobs, seen), (100_001, 1_000_010));
    assert_eq!(history.gaps, []);
}

#[test]
fn a_comb_of_large_objects_holds_few_of_them() {
    let mut pack = Pack::default();
    let delta = copy_all(MEBIBYTE);
    let mut last = pack.blob(&vec![b'x'; MEBIBYTE]);
    for _ in 0..300 {
        pack.delta(last, &delta);
        last = pack.delta(last, &delta);
    }
    // Three objects may be held; nothing is put off and nothing lost.
    let (history, _) = pack.scan(MEBIBYTE as u64);
    assert_eq!(history.blobs, 601);
    assert_eq!(history.gaps, []);
}

#[test]
fn a_tree_of_large_objects_is_read_whole_though_few_may_be_held() {
    let mut pack = Pack::default();
    let delta = copy_all(MEBIBYTE);
    let mut level = vec![pack.blob(&vec![b'x'; MEBIBYTE])];
    for _ in 0..8 {
        let bases = std::mem::take(&mut level);
        for base in bases {
            level.extend([pack.delta(base, &delta), pack.delta(base, &delta)]);
        }
    }
    let (history, seen) = pack.scan(MEBIBYTE as u64);
    assert_eq!(history.blobs, 511);
    assert_eq!(seen, 511 << 20);
    assert_eq!(history.gaps, []);
}

#[test]
fn sizes_beyond_reason_are_told_and_never_taken() {
    const HUGE: u64 = 100 << 30;
    let mut pack = Pack::default();
    pack.raw(BLOB, HUGE, b"", b"little");
    let base = pack.blob(b"0123456789");
    let delta = [little(10), little(HUGE), vec![0x80]].concat();
    let huge = pack.delta(base, &delta);
    pack.delta(huge, b"\x0a\x0a\x90\x0a");
    let (history, seen) = pack.scan(1 << 20);
    assert_eq!((history.blobs, seen), (1, 10));
    assert_eq!(
        details(&history),
        [
            format!("blob of {HUGE} bytes"),
            format!("blob of {HUGE} bytes"),
            "blob: it is stored as a difference to an object larger than the bound".to_owned(),
        ]
    );
}

#[test]
fn what_inflates_to_more_or_less_than_it_says_is_damaged() {
    let mut pack = Pack::default();
    pack.raw(BLOB, 10, b"", &vec![0; 10 * MEBIBYTE]);
    pack.raw(BLOB, 10, b"", b"123");
    pack.raw(5, 3, b"", b"123");
    let (history, _) = pack.scan(1 << 20);
    assert_eq!(history.blobs, 0);
    let details = details(&history);
    assert!(details[0].contains("longer than it says"), "{details:?}");
    assert!(details[1].contains("not as long as it says"), "{details:?}");
    assert_eq!(details.len(), 3, "{details:?}");
}

#[test]
fn differences_that_lead_in_a_circle_end() {
    let mut pack = Pack::default();
    let delta = b"\x0a\x0a\x90\x0a";
    pack.raw(NAMED, 4, &name(1), delta);
    pack.raw(NAMED, 4, &name(0), delta);
    pack.raw(NAMED, 4, &name(2), delta);
    pack.raw(NAMED, 4, &name(99), delta);
    let last = pack.blob(b"0123456789");
    pack.raw(NAMED, 4, &name(last), delta);
    let (history, seen) = pack.scan(1 << 20);
    assert_eq!((history.blobs, seen), (2, 20));
    assert_eq!(history.gaps.len(), 4, "{:?}", history.gaps);
}

#[test]
fn a_small_pack_of_large_objects_ends_at_a_bound() {
    const SIZE: usize = 8 * MEBIBYTE;
    const RESTORED: u64 = 64 << 20;
    let mut pack = Pack::default();
    let delta = copy_all(SIZE);
    let mut last = pack.blob(&vec![b'x'; SIZE]);
    // Eight times a hundred mebibytes.
    for _ in 0..100 {
        last = pack.delta(last, &delta);
    }
    let stored = pack.bytes.len() as u64;
    let (history, seen) = pack.scan_with(HistoryOptions {
        max_restored_bytes: RESTORED,
        ..HistoryOptions::default()
    });
    let bound = RESTORED + 500 * stored;
    assert!(seen >= RESTORED / 2 && seen <= bound, "{seen} {stored}");
    assert!(history.blobs < 101);
    assert!(details(&history)[0].contains("far more than their packs hold"));
    assert!(history.gaps[0].error.is_some());
    assert_eq!(history.gaps.len(), 1);
}
