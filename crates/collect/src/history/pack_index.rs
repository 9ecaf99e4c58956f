//! The index of a pack: which objects it holds, and where.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::object_id::ObjectId;

const FANOUT: usize = 256;
const SIGNATURE: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// In an index of version 1 each name follows its offset.
const OLD_ENTRY: usize = 4 + ObjectId::BYTES;

/// What an index says.
#[derive(Debug, Default)]
pub(crate) struct PackIndex {
    /// Sorted as stored, 20 bytes each.
    pub(crate) names: Vec<u8>,
    /// The offset of each name's object.
    pub(crate) offsets: Vec<u64>,
}

fn damaged() -> io::Error {
    io::Error::other("the index of the pack is damaged")
}

/// Reads the index in `file`, of at most `limit` objects.
pub(crate) fn read(file: &File, limit: usize) -> io::Result<PackIndex> {
    let length = file.metadata()?.len();
    let mut signature = [0; 8];
    file.read_exact_at(&mut signature, 0)?;
    let is_old = signature.get(..4) != SIGNATURE.get(..4);
    if !is_old && signature != SIGNATURE {
        return Err(io::Error::other("an index of an unknown version"));
    }
    let start = if is_old { 0 } else { SIGNATURE.len() as u64 };
    let count = count(file, start)?;
    if count > limit {
        return Err(io::Error::other(format!("more than {limit} objects")));
    }
    let body = start + 4 * FANOUT as u64;
    let per_object = if is_old { OLD_ENTRY } else { OLD_ENTRY + 4 };
    let trailer = 2 * ObjectId::BYTES as u64;
    if body + (count * per_object) as u64 + trailer > length {
        return Err(damaged());
    }
    if is_old {
        read_old(file, body, count)
    } else {
        read_new(file, body, count, length - trailer)
    }
}

fn count(file: &File, start: u64) -> io::Result<usize> {
    let bytes = bytes_at(file, start, 4 * FANOUT)?;
    let fanout: Vec<u32> = bytes.chunks_exact(4).map(number).collect();
    let count = fanout.last().filter(|_| fanout.is_sorted());
    count.map(|count| *count as usize).ok_or_else(damaged)
}

fn bytes_at(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_be_bytes)
}

fn read_old(file: &File, body: u64, count: usize) -> io::Result<PackIndex> {
    let bytes = bytes_at(file, body, count * OLD_ENTRY)?;
    let mut index = PackIndex::default();
    for (offset, name) in bytes
        .chunks_exact(OLD_ENTRY)
        .filter_map(|one| one.split_at_checked(4))
    {
        index.names.extend_from_slice(name);
        index.offsets.push(u64::from(number(offset)));
    }
    Ok(index)
}

/// Names, then checksums, then offsets, then those that need 64 bits, which end before `end`.
fn read_new(file: &File, body: u64, count: usize, end: u64) -> io::Result<PackIndex> {
    const IS_LARGE: u32 = 1 << 31;
    let names = bytes_at(file, body, count * ObjectId::BYTES)?;
    let at = body + (count * (ObjectId::BYTES + 4)) as u64;
    let small = bytes_at(file, at, count * 4)?;
    let at = at + (count * 4) as u64;
    let room = usize::try_from(end.saturating_sub(at) / 8).unwrap_or(0);
    let is_large = |one: &[u8]| number(one) & IS_LARGE != 0;
    let larges = small.chunks_exact(4).filter(|one| is_large(one)).count();
    if larges > room {
        return Err(damaged());
    }
    let large = bytes_at(file, at, larges * 8)?;
    let offset = |one: &[u8]| {
        let small = number(one);
        if small & IS_LARGE == 0 {
            return Some(u64::from(small));
        }
        let at = (small & !IS_LARGE) as usize;
        let bytes = large.chunks_exact(8).nth(at)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    };
    let offsets: Option<Vec<u64>> = small.chunks_exact(4).map(offset).collect();
    Ok(PackIndex {
        names,
        offsets: offsets.ok_or_else(damaged)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn read_bytes(bytes: &[u8]) -> io::Result<PackIndex> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        read(&file, 1000)
    }

    fn fanout(count: u32) -> Vec<u8> {
        [count.to_be_bytes(); FANOUT].concat()
    }

    fn large_offset(which: u32) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(fanout(1));
        bytes.extend([9; 20]);
        bytes.extend([0; 4]);
        bytes.extend((1 << 31 | which).to_be_bytes());
        bytes.extend((1u64 << 33).to_be_bytes());
        bytes.extend([0; 40]);
        bytes
    }

    #[test]
    fn both_versions_are_read() {
        let index = read_bytes(&large_offset(0)).unwrap();
        assert_eq!(index.offsets, [1 << 33]);
        assert_eq!(index.names, [9; 20]);
        let mut old = fanout(1);
        old.extend(12u32.to_be_bytes());
        old.extend([8; 20]);
        old.extend([0; 40]);
        let index = read_bytes(&old).unwrap();
        assert_eq!((index.offsets, index.names), (vec![12], vec![8; 20]));
    }

    #[test]
    fn lies_are_refused() {
        assert!(read_bytes(&large_offset(1)).is_err());
        assert!(read_bytes(&fanout(u32::MAX)).is_err());
        assert!(read_bytes(b"").is_err());
        let mut unsorted = fanout(2);
        unsorted[3] = 200;
        unsorted.extend([0; 200]);
        assert!(read_bytes(&unsorted).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn nothing_panics(tail in proptest::collection::vec(any::<u8>(), 0..200), count in 0u32..9) {
            let mut bytes = SIGNATURE.to_vec();
            bytes.extend(fanout(count));
            bytes.extend(tail);
            let _ = read_bytes(&bytes);
        }
    }
}
