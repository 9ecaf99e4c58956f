//! The index of a work tree: which blob stands at which path in the next commit.

use super::object_id::ObjectId;
use super::parse::EntryKind;

const SIGNATURE: &[u8] = b"DIRC";
/// Times, device, inode, mode, owner and size stand before an entry's name, of which we want the mode.
const STAT: usize = 40;
const MODE_AT: usize = 24;
/// Longer paths no system takes.
const MAX_PATH: usize = 1 << 16;

/// One file of the next commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    pub(crate) path: Vec<u8>,
    pub(crate) id: ObjectId,
    pub(crate) kind: EntryKind,
    pub(crate) is_link: bool,
    /// Whether a merge left it undecided.
    pub(crate) is_conflict: bool,
}

/// What an index says.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) entries: Vec<IndexEntry>,
    /// Why it is not all, where it is not.
    pub(crate) damage: Option<&'static str>,
}

/// Reads an index as far as it can be read.
pub(crate) fn read(bytes: &[u8]) -> Index {
    let mut index = Index::default();
    let mut reader = Reader { bytes, at: 0 };
    let Some((version, count)) = reader.header() else {
        index.damage = Some("the index is of no known version");
        return index;
    };
    let mut previous = Vec::new();
    for _ in 0..count {
        match reader.entry(version, &previous) {
            Some((entry, is_intended)) => {
                previous.clone_from(&entry.path);
                // `git add --intent-to-add` names a file without its contents.
                if !is_intended {
                    index.entries.push(entry);
                }
            }
            None => {
                index.damage = Some("the index is damaged");
                return index;
            }
        }
    }
    if reader.is_split() {
        index.damage =
            Some("the index is split in two files: run `git update-index --no-split-index`");
    }
    index
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// The version, and how many entries there are.
    fn header(&mut self) -> Option<(u32, u32)> {
        (self.take(4)? == SIGNATURE).then_some(())?;
        let version = self.number()?;
        let count = self.number()?;
        (2..=4).contains(&version).then_some((version, count))
    }

    /// An entry, and whether it only intends to add a file.
    fn entry(&mut self, version: u32, previous: &[u8]) -> Option<(IndexEntry, bool)> {
        const IS_EXTENDED: u16 = 0x4000;
        const IS_INTENDED: u16 = 0x2000;
        let start = self.at;
        let stat = self.take(STAT)?;
        let mode = stat.get(MODE_AT..MODE_AT + 4)?;
        let mode = u32::from_be_bytes(mode.try_into().ok()?);
        let id = ObjectId::from_bytes(self.take(ObjectId::BYTES)?)?;
        let flags = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
        let mut is_intended = false;
        if flags & IS_EXTENDED != 0 {
            let more = u16::from_be_bytes(self.take(2)?.try_into().ok()?);
            is_intended = more & IS_INTENDED != 0;
        }
        let path = if version == 4 {
            self.compressed_path(previous)?
        } else {
            let path = self.text()?.to_vec();
            let length = self.at - start;
            // Zeros up to a multiple of eight, of which the text took one already.
            self.take(length.next_multiple_of(8) - length)?;
            path
        };
        let kind = match mode & 0o170_000 {
            0o040_000 => EntryKind::Tree,
            0o160_000 => EntryKind::Submodule,
            _ => EntryKind::Blob,
        };
        let entry = IndexEntry {
            path,
            id,
            kind,
            is_link: mode & 0o170_000 == 0o120_000,
            is_conflict: flags & 0x3000 != 0,
        };
        Some((entry, is_intended))
    }

    /// Bytes up to a zero, which is taken too.
    fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().take(MAX_PATH).position(|byte| *byte == 0)?;
        let text = self.take(length)?;
        self.take(1)?;
        Some(text)
    }

    /// How much to cut from the path before, and what to append.
    fn compressed_path(&mut self, previous: &[u8]) -> Option<Vec<u8>> {
        let mut cut = 0usize;
        for _ in 0..5 {
            let byte = *self.take(1)?.first()?;
            cut = (cut << 7) | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                let kept = previous.get(..previous.len().checked_sub(cut)?)?;
                let path = [kept, self.text()?].concat();
                return (path.len() <= MAX_PATH).then_some(path);
            }
            cut = cut.checked_add(1)?;
        }
        None
    }

    /// Whether one of the extensions behind the entries says that most of them are in another file.
    fn is_split(&mut self) -> bool {
        loop {
            let Some(name) = self.take(4) else {
                return false;
            };
            let Some(length) = self.number() else {
                return false;
            };
            if name == b"link" {
                return true;
            }
            if self.take(length as usize).is_none() {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_panics(version in 2u32..5, tail in proptest::collection::vec(any::<u8>(), 0..300)) {
            let start = [SIGNATURE, &version.to_be_bytes(), &9u32.to_be_bytes()].concat();
            let _ = read(&[start, tail].concat());
        }
    }

    #[test]
    fn a_path_that_grows_without_end_is_damage() {
        let mut bytes = [SIGNATURE, &4u32.to_be_bytes(), &2000u32.to_be_bytes()].concat();
        for _ in 0..2000 {
            bytes.extend([0; STAT + ObjectId::BYTES + 2]);
            bytes.push(0);
            bytes.extend([b'x'; 1000]);
            bytes.push(0);
        }
        let index = read(&bytes);
        assert!(index.damage.is_some());
        assert!(index.entries.len() < 100);
    }
}
