//! Tars made here, read as Go reads them.

use super::*;
use proptest::prelude::*;

#[test]
fn names_stay_below_the_top() {
    let check = |name: &str, expected: &str, leaves: bool| {
        let (path, left) = inner_path(name.as_bytes());
        assert_eq!((path.as_str(), left), (expected, leaves), "{name}");
    };
    check("./etc/passwd", "etc/passwd", false);
    check("/etc/passwd", "etc/passwd", true);
    check("a/../../b", "b", true);
    check("a/../b", "b", false);
}

#[test]
fn records_are_read_by_their_length() {
    let mut rest: &[u8] = b"12 path=abc\n9 size=1\n999 path=x\n";
    assert_eq!(next_record(&mut rest), Some((&b"path"[..], &b"abc"[..])));
    assert_eq!(next_record(&mut rest), Some((&b"size"[..], &b"1"[..])));
    assert_eq!(next_record(&mut rest), None);
}

fn header(flag: u8, name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).unwrap();
    // Not by `EntryType`, which makes a zero of a NUL.
    header.as_mut_bytes()[156] = flag;
    header.set_size(size);
    header.set_cksum();
    header
}

/// A header and its bytes, filled up to whole blocks.
fn entry(flag: u8, name: &str, bytes: &str) -> Vec<u8> {
    sized(header(flag, name, bytes.len() as u64), bytes)
}

fn sized(header: tar::Header, bytes: &str) -> Vec<u8> {
    let mut entry = header.as_bytes().to_vec();
    entry.extend(bytes.as_bytes());
    entry.resize(entry.len().next_multiple_of(BLOCK), 0);
    entry
}

/// An extended header with one record for each of `records`.
fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let record = |(key, value): &(&str, &str)| {
        let rest = format!(" {key}={value}\n");
        let length = (rest.len() + 1..).find(|all| all.to_string().len() + rest.len() == *all);
        format!("{}{rest}", length.unwrap())
    };
    let text: String = records.iter().map(record).collect();
    entry(b'x', "pax", &text)
}

/// `name member bytes` of each entry, and the error behind them.
fn read(tar: &[u8]) -> (Vec<String>, String) {
    let mut seen = Vec::new();
    let result = for_each_entry(tar, |entry, source| {
        let mut bytes = String::new();
        source.read_to_string(&mut bytes)?;
        let name = String::from_utf8_lossy(&entry.name);
        seen.push(format!("{name} {:?} {bytes}", entry.member));
        Ok(())
    });
    (
        seen,
        result.map_or_else(|error| error.to_string(), |()| String::new()),
    )
}

#[track_caller]
fn check(parts: &[Vec<u8>], expected: &[&str], error: &str) {
    let (seen, told) = read(&parts.concat());
    assert_eq!(seen, expected);
    assert!(
        told.contains(error) && told.is_empty() == error.is_empty(),
        "{told}"
    );
}

#[test]
fn the_size_of_an_extended_header_counts() {
    let small = || sized(header(b'0', "a", 0), "KEY");
    let next = || entry(b'0', "b", "x");
    check(
        &[pax(&[("size", "3")]), small(), next()],
        &["a File KEY", "b File x"],
        "",
    );
    check(
        &[pax(&[("size", "0")]), entry(b'0', "a", ""), next()],
        &["a File ", "b File x"],
        "",
    );
    check(&[pax(&[("size", "")]), next()], &["b File x"], "");
    for size in ["-1", "1x", "9223372036854775808"] {
        check(&[pax(&[("size", size)]), next()], &[], "size is no number");
    }
}

#[test]
fn links_and_folders_store_nothing_whatever_their_size() {
    let sized = |flag, name| header(flag, name, 512).as_bytes().to_vec();
    let file = || entry(b'0', "f", "KEY");
    for (flag, name, expected) in [
        (b'5', "a", "a Folder "),
        (b'1', "a", "a HardLink([]) "),
        (b'2', "a", "a SymbolicLink([]) "),
        (b'3', "a", "a Other "),
        (b'6', "a", "a Other "),
        (0, "a/", "a/ Folder "),
    ] {
        check(&[sized(flag, name), file()], &[expected, "f File KEY"], "");
        let pax = pax(&[("size", "512")]);
        check(
            &[pax, sized(flag, name), file()],
            &[expected, "f File KEY"],
            "",
        );
    }
    check(&[entry(b'Z', "a", "KEY")], &["a File KEY"], "");
}

#[test]
fn names_are_taken_from_where_go_takes_them() {
    let file = || entry(b'0', "plain", "");
    let long = |name: &str| entry(b'L', "l", name);
    check(
        &[pax(&[("path", "a"), ("path", "b")]), file()],
        &["b File "],
        "",
    );
    check(&[pax(&[("path", "")]), file()], &["plain File "], "");
    check(
        &[long("c\0d"), pax(&[("path", "b")]), file()],
        &["c File "],
        "",
    );
    check(
        &[pax(&[("path", "b")]), pax(&[]), file()],
        &["plain File "],
        "",
    );
    check(
        &[pax(&[("path", "b")]), entry(b'g', "all", ""), file()],
        &["all Other ", "plain File "],
        "",
    );
    let sparse = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "s"),
    ];
    check(&[pax(&sparse), file()], &["s File "], "");
    check(&[pax(&sparse[2..]), file()], &["plain File "], "");
    check(
        &[entry(b'x', "pax", "99 path=x\n"), file()],
        &[],
        "cannot be read",
    );
}

#[test]
fn maps_of_sparse_files_are_skipped() {
    let mut header = tar::Header::new_gnu();
    header.set_path("s").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(3);
    header.as_mut_bytes()[482] = 1;
    header.set_cksum();
    let mut map = vec![0; BLOCK];
    map[504] = 1;
    let parts = [
        header.as_bytes().to_vec(),
        map,
        vec![0; BLOCK],
        sized_body("KEY"),
    ];
    check(&parts, &["s File KEY"], "");
    check(&parts[..2], &[], "map of a sparse file is missing");
}

fn sized_body(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(BLOCK, 0);
    bytes
}

#[test]
fn a_tar_ends_where_go_ends_it() {
    let file = || entry(b'0', "f", "KEY");
    let zeros = |blocks: usize| vec![0; BLOCK * blocks];
    let seen = &["f File KEY"];
    for blocks in [0, 1, 2, 20] {
        check(&[file(), zeros(blocks)], seen, "");
    }
    check(&[file()[..BLOCK + 3].to_vec()], seen, "");
    check(&[file()[..BLOCK + 2].to_vec()], &["f File KE"], "missing");
    check(&[file()[..BLOCK - 1].to_vec()], &[], "missing");
    check(&[file(), zeros(1), file()], seen, "zeros among the entries");
    check(&[file(), zeros(2), file()], seen, "behind the end");
    check(
        &[file(), vec![b'x'; BLOCK]],
        seen,
        "where a header should stand",
    );
    check(&[], &[], "");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_headers_make_it_panic(blocks in proptest::collection::vec(any::<[u8; 32]>(), 0..8), flag: u8) {
        let tar: Vec<u8> = blocks.iter().flat_map(|noise| {
            let mut header = header(flag, "n", 0);
            header.as_mut_bytes()[124..136].copy_from_slice(&noise[..12]);
            header.as_mut_bytes()[257..265].copy_from_slice(&noise[12..20]);
            header.as_mut_bytes()[345..357].copy_from_slice(&noise[20..]);
            header.set_cksum();
            header.as_bytes().to_vec()
        }).collect();
        let _ = read(&tar);
    }
}
