//! Archives made here, searched for a word that stands for a credential.

use std::io::Write;

use plimsoll_model::{RootPath, SkipReason};
use proptest::prelude::*;

use super::{Looking, MAX_UNPACKED, Seen, side_by_side};
use crate::cancel::Cancel;
use crate::image::tests::{Word, gzip, tar, zstd};

/// One member of a zip, written as somebody who means no good could.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    /// What the local header calls it.
    local_name: String,
    method: u16,
    flags: u16,
    stored: Vec<u8>,
    size: u32,
    crc: u32,
    is_zip64: bool,
    /// Another member's header is listed for it.
    same_as: Option<usize>,
}

impl Part {
    fn new(name: &str, bytes: &[u8], method: u16) -> Part {
        let stored = match method {
            8 => deflated(bytes),
            93 => zstd(bytes),
            _ => bytes.to_vec(),
        };
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Part {
            name: name.to_owned(),
            local_name: name.to_owned(),
            method,
            flags: 0,
            stored,
            size: bytes.len() as u32,
            crc: crc.sum(),
            is_zip64: false,
            same_as: None,
        }
    }

    /// The fields that local and central headers share.
    fn fields(&self, name: &str, extra: &[u8]) -> Vec<u8> {
        let (packed, size) = match self.is_zip64 {
            true => (u32::MAX, u32::MAX),
            false => (self.stored.len() as u32, self.size),
        };
        let mut out = Vec::new();
        for number in [45, self.flags, self.method, 0, 0] {
            out.extend(number.to_le_bytes());
        }
        for number in [self.crc, packed, size] {
            out.extend(number.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((extra.len() as u16).to_le_bytes());
        out
    }

    fn extra(&self) -> Vec<u8> {
        if !self.is_zip64 {
            return Vec::new();
        }
        let sizes = [u64::from(self.size), self.stored.len() as u64];
        let sizes = sizes.map(u64::to_le_bytes).concat();
        [&1_u16.to_le_bytes()[..], &16_u16.to_le_bytes(), &sizes].concat()
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut offsets: Vec<u32> = Vec::new();
    for part in parts {
        if let Some(other) = part.same_as {
            offsets.push(offsets[other]);
            continue;
        }
        offsets.push(out.len() as u32);
        let extra = part.extra();
        out.extend(b"PK\x03\x04");
        out.extend(part.fields(&part.local_name, &extra));
        out.extend(part.local_name.as_bytes());
        out.extend(&extra);
        out.extend(&part.stored);
    }
    let start = out.len() as u32;
    for (part, offset) in parts.iter().zip(&offsets) {
        let extra = part.extra();
        out.extend(b"PK\x01\x02\x2d\x00");
        out.extend(part.fields(&part.name, &extra));
        out.extend([0; 10]);
        out.extend(offset.to_le_bytes());
        out.extend(part.name.as_bytes());
        out.extend(&extra);
    }
    let size = out.len() as u32 - start;
    let count = (parts.len() as u16).to_le_bytes();
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].concat());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let parts = files.iter().map(|(name, bytes)| Part::new(name, bytes, 8));
    zip_of(&parts.collect::<Vec<_>>())
}

fn look_with(name: &str, bytes: &[u8], left: u64) -> Seen {
    let cancel = Cancel::new();
    let looking = Looking {
        visitor: &Word,
        cancel: &cancel,
        left,
    };
    let path = RootPath::new(name).unwrap();
    let seen = looking.bytes(&path, bytes);
    // However it is read, the same is seen.
    let streamed = looking.source(&path, bytes.len() as u64, &mut &*bytes);
    if seen.gap.is_none() {
        assert_eq!(told(&streamed.unwrap()), told(&seen), "{name}");
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let open = || std::fs::File::open(file.path());
    let read = looking.file(&path, 1 << 40, open).unwrap();
    assert_eq!(told(&read), told(&seen), "{name}");
    assert_eq!(read.gap.is_some(), seen.gap.is_some());
    seen
}

fn look(name: &str, bytes: &[u8]) -> Seen {
    look_with(name, bytes, MAX_UNPACKED)
}

/// What was seen: the path inside and the line.
fn told(seen: &Seen) -> Vec<String> {
    let told = seen.sightings.iter().map(|one| {
        let inside = one.inside.as_ref().map_or("", RootPath::as_str);
        format!("{inside}:{}", one.start.line)
    });
    told.collect()
}

fn gap(seen: &Seen) -> &str {
    seen.gap.as_ref().map_or("", |gap| gap.detail.as_str())
}

#[test]
fn every_form_is_looked_into() {
    let check = |name: &str, bytes: &[u8], expected: &[&str]| {
        let seen = look(name, bytes);
        assert_eq!(told(&seen), expected, "{name}");
        assert_eq!(gap(&seen), "", "{name}");
    };
    let files: &[(&str, &[u8])] = &[("a/b.txt", b"x\nKEY"), ("c", b"none"), ("d", b"KEY KEY")];
    let inner = ["a/b.txt:2", "d:1", "d:1"];
    check("plain", b"KEY", &[":1"]);
    check("a.jar", &zip(files), &inner);
    check("a.tar", &tar(files), &inner);
    check("a.tgz", &gzip(&tar(files)), &inner);
    check("a.tar.zst", &zstd(&tar(files)), &inner);
    check("deep/config.json.gz", &gzip(b"\n\nKEY"), &["config.json:3"]);
    check("config.zst", &zstd(b"KEY"), &["config:1"]);
    for method in [0, 93] {
        let part = Part::new("m", b"KEY", method);
        check("a.zip", &zip_of(&[part]), &["m:1"]);
    }
    let mut large = Part::new("m", b"KEY", 8);
    large.is_zip64 = true;
    check("a.zip", &zip_of(&[large]), &["m:1"]);
    check("empty.zip", &zip(&[]), &[]);
}

#[test]
fn what_a_zip_does_not_list_is_searched_too() {
    let jar = zip(&[("m", b"none")]);
    let with_comment = |jar: &[u8]| {
        let (before, _) = jar.split_at(jar.len() - 2);
        [before, &3_u16.to_le_bytes(), b"KEY"].concat()
    };
    for zip in [with_comment(&jar), with_comment(&zip(&[]))] {
        let seen = look("a.jar", &zip);
        assert_eq!((told(&seen), gap(&seen)), (vec![":1".to_owned()], ""));
    }
    // What a member holds is told once, there.
    let stored = zip_of(&[Part::new("m", b"KEY", 0)]);
    assert_eq!(told(&look("a.jar", &with_comment(&stored))), ["m:1"]);
}

#[test]
fn archives_side_by_side_share_what_is_left() {
    const LEAST: u64 = 64 << 20;
    let check = |sizes: &[u64], left: u64, expected: usize| {
        let count = side_by_side(sizes.iter().copied(), left);
        assert_eq!(count, expected, "{sizes:?} {left}");
    };
    check(&[0, 0, 0], 3 * LEAST, 3);
    check(&[0, 0, 0], 3 * LEAST - 1, 2);
    check(&[u64::MAX, u64::MAX, u64::MAX], MAX_UNPACKED, 2);
    check(&[u64::MAX, 0], 1, 1);
    check(&[0, 0], 0, 1);
}

#[test]
fn archives_in_archives_are_looked_into() {
    let check = |bytes: &[u8], expected: &[&str]| assert_eq!(told(&look("o", bytes)), expected);
    let jar = zip(&[("p.properties", b"KEY")]);
    check(&zip(&[("lib/x.jar", &jar)]), &["lib/x.jar!/p.properties:1"]);
    check(
        &gzip(&tar(&[("l.jar", &jar), ("n.gz", &gzip(b"KEY"))])),
        &["l.jar!/p.properties:1", "n.gz!/n:1"],
    );
    check(&gzip(&jar), &["o!/p.properties:1"]);
    let mut nested = b"KEY".to_vec();
    for _ in 0..4 {
        nested = zip(&[("n", &nested)]);
    }
    check(&nested, &["n!/n!/n!/n:1"]);
    // One too many: what is stored uncompressed is still found.
    nested = zip(&[("n", &nested)]);
    let seen = look("o", &nested);
    assert_eq!(told(&seen), [] as [&str; 0]);
    assert!(
        gap(&seen).contains("`n!/n!/n!/n`: in more than 4 archives"),
        "{}",
        gap(&seen)
    );
}

#[test]
fn what_is_not_searched_is_told_and_the_rest_is() {
    let check = |parts: &[Part], expected: &[&str], why: &str| {
        let seen = look("a.zip", &zip_of(parts));
        assert_eq!(told(&seen), expected, "{why}");
        assert!(gap(&seen).contains(why), "{why}: {}", gap(&seen));
        let reason = seen.gap.map(|gap| gap.reason);
        assert_eq!(reason, Some(SkipReason::Unreadable));
    };
    let good = Part::new("good", b"KEY", 8);
    let bad = Part::new("bad", b"x", 8);
    let with = |change: fn(&mut Part)| {
        let mut bad = bad.clone();
        change(&mut bad);
        [bad, good.clone()]
    };
    check(&with(|bad| bad.flags = 1), &["good:1"], "`bad`: encrypted");
    check(
        &with(|bad| bad.method = 12),
        &["good:1"],
        "by a method that is not read",
    );
    check(
        &with(|bad| bad.crc = 1),
        &["good:1"],
        "`bad`: it is not read to its end",
    );
    check(
        &with(|bad| bad.size = 9),
        &["good:1"],
        "`bad`: it is not read to its end",
    );
    check(&with(|bad| bad.stored.truncate(1)), &["good:1"], "`bad`");
    let two = [&with(|bad| bad.flags = 1)[..], &with(|bad| bad.flags = 1)].concat();
    check(
        &two,
        &["good:1", "good:1"],
        "2 files, first `bad`: encrypted",
    );
}

#[test]
fn the_directory_counts_where_local_headers_say_otherwise() {
    let mut part = Part::new("listed", b"KEY", 8);
    part.local_name = "../../other".to_owned();
    assert_eq!(told(&look("a.zip", &zip_of(&[part.clone()]))), ["listed:1"]);
    part.name = "../../etc/x".to_owned();
    assert_eq!(told(&look("a.zip", &zip_of(&[part]))), ["etc/x:1"]);
}

#[test]
fn what_breaks_off_is_told() {
    let whole = zip_of(&[Part::new("m", b"KEY", 0)]);
    let seen = look("a.zip", &whole[..whole.len() - 30]);
    // Without a directory it is no zip, and searched as it stands.
    assert_eq!(told(&seen), [":1"]);
    assert!(
        gap(&seen).contains("cannot be read as a zip"),
        "{}",
        gap(&seen)
    );
    let tar = tar(&[("a", b"KEY"), ("b", &[b'x'; 3000])]);
    let seen = look("a.tar", &tar[..2000]);
    assert_eq!(told(&seen), ["a:1"]);
    assert!(gap(&seen).contains("not read to its end"), "{}", gap(&seen));
    for name in ["xz", "bzip2", "7z"] {
        let bytes: &[u8] = match name {
            "xz" => b"\xfd7zXZ\0rest",
            "bzip2" => b"BZh91AY&SY",
            _ => b"7z\xbc\xaf\x27\x1c",
        };
        let seen = look("a", bytes);
        assert!(gap(&seen).contains(&format!("packed by {name}")));
    }
}

#[test]
fn a_bomb_ends_at_its_bound() {
    let check = |bytes: &[u8], left: u64| {
        let seen = look_with("bomb", bytes, left);
        assert_eq!(seen.unpacked, left);
        let gap = seen.gap.unwrap();
        assert_eq!(gap.reason, SkipReason::Bound);
        assert_eq!(gap.path.as_str(), "bomb");
        let said = format!("unpacks to more than {left} bytes");
        assert!(gap.detail.contains(&said), "{}", gap.detail);
    };
    let zeros = vec![0; 4 << 20];
    check(&zip(&[("zeros", &zeros)]), 1 << 20);
    check(&gzip(&zeros), 1 << 20);
    // Zips of zips of zeros.
    let mut nested = zip(&[("zeros", &zeros)]);
    for _ in 0..2 {
        let copies: Vec<(&str, &[u8])> = vec![("z", &nested); 16];
        nested = zip(&copies);
    }
    check(&nested, 8 << 20);
    // Many members that are all the same bytes.
    let first = Part::new("m", &zeros, 8);
    let mut parts = vec![first.clone()];
    parts.extend((0..1000).map(|_| Part {
        same_as: Some(0),
        ..first.clone()
    }));
    check(&zip_of(&parts), 9 << 20);
}

#[test]
fn a_file_may_unpack_to_a_multiple_of_its_size() {
    use super::allowance::Allowance;
    let limit = |size, left| {
        let allowance = Allowance::new(size, left);
        let cancel = Cancel::new();
        let mut zeros = allowance.unpacking(std::io::repeat(0), &cancel);
        let mut buffer = vec![0; 64 << 20];
        while std::io::Read::read(&mut zeros, &mut buffer).is_ok() {}
        allowance.used()
    };
    assert_eq!(limit(0, MAX_UNPACKED), 64 << 20);
    assert_eq!(limit(1 << 20, MAX_UNPACKED), 164 << 20);
    assert_eq!(limit(1 << 20, 5), 5);
}

#[test]
fn no_more_members_than_counted_are_read() {
    let first = Part::new("m", b"", 0);
    let tars: Vec<(&str, &[u8])> = vec![("m", b""); 60_000];
    let inner = tar(&tars);
    let seen = look_with("t", &tar(&[("1", &inner), ("2", &inner)]), MAX_UNPACKED);
    assert!(
        gap(&seen).contains("more than 100000 members"),
        "{}",
        gap(&seen)
    );
    drop(first);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, form in 0..5_usize) {
        let magic: [&[u8]; 5] = [b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd", b"", b"PK\x05\x06"];
        look("a", &[magic[form], &bytes].concat());
    }

    #[test]
    fn no_change_to_a_zip_makes_it_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        is_zip64: bool,
    ) {
        let mut part = Part::new("name", b"KEY and more text", 8);
        part.is_zip64 = is_zip64;
        let mut bytes = zip_of(&[part.clone(), Part::new("n", &zip_of(&[part]), 0)]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let seen = look("a", &bytes);
        prop_assert!(seen.sightings.len() < 100);
    }
}
