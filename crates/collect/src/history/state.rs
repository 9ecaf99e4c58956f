//! What earlier scans have seen and found nothing in, in a file that the operator names.

use std::fmt;

use sha2::{Digest, Sha256};

use super::object_id::ObjectId;

const SIGNATURE: &[u8] = b"plimsoll history state 1\n";
/// 128 bits of each name: nobody makes an object whose name begins like that of another.
const PREFIX: usize = 16;
const DIGEST: usize = 32;
/// What says which scanner it was.
const MAX_SCANNER: usize = 256;

/// The objects that earlier scans have seen and found nothing in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryState {
    /// Sorted.
    known: Vec<[u8; PREFIX]>,
}

/// Why a file is not taken for a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// It is something else: it should not be written over.
    Foreign,
    /// It was changed or cut off since it was written.
    Damaged,
    /// Another scanner wrote it, which may have missed what this one finds.
    OtherScanner,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StateError::Foreign => "it is no state of a history",
            StateError::Damaged => "it is damaged",
            StateError::OtherScanner => "it was written under other rules",
        })
    }
}

impl std::error::Error for StateError {}

impl HistoryState {
    /// Reads what [`HistoryState::to_bytes`] wrote for the same `scanner`: what names all that decides whether
    /// something is found, such as a version of the rules. Anything else is refused with the reason, and the next scan
    /// is a full one.
    pub fn from_bytes(bytes: &[u8], scanner: &str) -> Result<HistoryState, StateError> {
        const DAMAGED: StateError = StateError::Damaged;
        let rest = bytes.strip_prefix(SIGNATURE).ok_or(StateError::Foreign)?;
        let end = bytes.len().checked_sub(DIGEST).ok_or(DAMAGED)?;
        let (signed, digest) = bytes.split_at_checked(end).ok_or(DAMAGED)?;
        if Sha256::digest(signed).as_slice() != digest {
            return Err(DAMAGED);
        }
        let line = rest
            .iter()
            .take(MAX_SCANNER)
            .position(|byte| *byte == b'\n');
        let (name, names) = line
            .and_then(|end| rest.split_at_checked(end))
            .ok_or(DAMAGED)?;
        if name != scanner_line(scanner).as_bytes() {
            return Err(StateError::OtherScanner);
        }
        let names = names
            .get(1..)
            .and_then(|rest| rest.get(..rest.len().checked_sub(DIGEST)?));
        let (known, rest) = names.ok_or(DAMAGED)?.as_chunks::<PREFIX>();
        if !rest.is_empty() || !known.is_sorted() {
            return Err(DAMAGED);
        }
        Ok(HistoryState {
            known: known.to_vec(),
        })
    }

    /// As a file holds it.
    pub fn to_bytes(&self, scanner: &str) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend_from_slice(scanner_line(scanner).as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(self.known.as_flattened());
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// How many objects it knows.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows nothing.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn new(ids: impl Iterator<Item = ObjectId>) -> HistoryState {
        let mut known: Vec<[u8; PREFIX]> = ids.filter_map(prefix).collect();
        known.sort_unstable();
        known.dedup();
        HistoryState { known }
    }

    pub(crate) fn contains(&self, id: ObjectId) -> bool {
        prefix(id).is_some_and(|prefix| self.known.binary_search(&prefix).is_ok())
    }
}

/// The scanner's name in one line of bounded length.
fn scanner_line(scanner: &str) -> String {
    let line = scanner.chars().filter(|char| *char != '\n');
    line.take(MAX_SCANNER / 4 - 1).collect()
}

fn prefix(id: ObjectId) -> Option<[u8; PREFIX]> {
    id.as_bytes().first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(byte: u8) -> ObjectId {
        ObjectId::from_bytes(&[byte; 20]).unwrap()
    }

    #[test]
    fn a_state_is_read_back_whole_or_not_at_all() {
        let state = HistoryState::new([3, 1, 2, 1].into_iter().map(id));
        let bytes = state.to_bytes("rules 7");
        let read = HistoryState::from_bytes(&bytes, "rules 7").unwrap();
        assert_eq!(read, state);
        assert!(read.contains(id(2)) && !read.contains(id(4)));
        let other = HistoryState::from_bytes(&bytes, "rules 8");
        assert_eq!(other, Err(StateError::OtherScanner));
        let foreign = HistoryState::from_bytes(b"{}", "rules 7");
        assert_eq!(foreign, Err(StateError::Foreign));
        for at in 0..bytes.len() {
            assert!(HistoryState::from_bytes(&bytes[..at], "rules 7").is_err());
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(HistoryState::from_bytes(&changed, "rules 7").is_err());
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [SIGNATURE, &tail].concat();
            let _ = HistoryState::from_bytes(&bytes, "x");
            let digest = Sha256::digest(&bytes);
            let _ = HistoryState::from_bytes(&[bytes.as_slice(), &digest].concat(), "x");
        }
    }
}
