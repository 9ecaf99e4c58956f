//! Reading the files worth auditing: each once, in parallel, within counted bounds.

use std::sync::Arc;

use plimsoll_model::{Artifact, Kind, Origin, RootPath, SkipReason};
use rayon::prelude::*;

use crate::cancel::Cancel;
use crate::gather::Candidate;
use crate::root::{Bytes, Root};
use crate::walk::{Note, unreadable};

/// How much is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Entries recorded per root.
    pub max_entries: usize,
    /// Components of the deepest folder listed.
    pub max_depth: usize,
    /// Bytes of one artifact.
    pub max_artifact_bytes: u64,
    /// Artifacts per root.
    pub max_artifacts: usize,
    /// Bytes of all artifacts of a root together.
    pub max_total_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            max_entries: 1_000_000,
            max_depth: 255,
            max_artifact_bytes: 8 << 20,
            max_artifacts: 50_000,
            max_total_bytes: 1 << 30,
        }
    }
}

/// Keeps the candidates that fit the bounds: those asked for first, then by path.
pub(crate) fn within_bounds(
    candidates: Vec<Candidate>,
    bounds: &Bounds,
    asked_for: impl Fn(&RootPath) -> bool,
) -> (Vec<Candidate>, Vec<Note>) {
    let mut notes = Vec::new();
    let (mut first, rest): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|candidate| asked_for(&candidate.place.path));
    first.extend(rest);
    let mut kept: Vec<Candidate> = Vec::with_capacity(first.len());
    let mut left_bytes = bounds.max_total_bytes;
    let mut dropped = 0_usize;
    for candidate in first {
        if candidate.size > bounds.max_artifact_bytes {
            notes.push(too_large(&candidate.place.path, bounds));
        } else if kept.len() >= bounds.max_artifacts || candidate.size > left_bytes {
            dropped += 1;
        } else {
            left_bytes -= candidate.size;
            kept.push(candidate);
        }
    }
    if dropped > 0 {
        let detail = format!(
            "{dropped} files were not read: at most {} files and {} bytes are",
            bounds.max_artifacts, bounds.max_total_bytes
        );
        notes.push(Note::new(&RootPath::root(), SkipReason::Bound, detail));
    }
    (kept, notes)
}

/// Reads `candidates` beneath `root`.
pub(crate) fn load(
    root: &Root,
    candidates: &[Candidate],
    bounds: &Bounds,
    cancel: &Cancel,
) -> (Vec<Artifact>, Vec<Note>) {
    let load_one = |candidate: &Candidate| {
        if cancel.is_cancelled() {
            return None;
        }
        let path = &candidate.place.path;
        Some(
            match root.read(candidate.place.raw(), bounds.max_artifact_bytes) {
                Ok(Bytes::Whole(bytes)) => artifact(path, candidate.kind, Origin::File, bytes),
                Ok(Bytes::TooLarge) => Err(too_large(path, bounds)),
                Err(error) => Err(unreadable(path, &error)),
            },
        )
    };
    collect_results(candidates.par_iter().filter_map(load_one).collect())
}

/// Sorts what was read from what was not.
pub(crate) fn collect_results(results: Vec<Result<Artifact, Note>>) -> (Vec<Artifact>, Vec<Note>) {
    let mut artifacts = Vec::with_capacity(results.len());
    let mut notes = Vec::new();
    for result in results {
        match result {
            Ok(artifact) => artifacts.push(artifact),
            Err(note) => notes.push(note),
        }
    }
    artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    (artifacts, notes)
}

pub(crate) fn too_large(path: &RootPath, bounds: &Bounds) -> Note {
    let detail = format!("larger than {} bytes", bounds.max_artifact_bytes);
    Note::new(path, SkipReason::TooLarge, detail)
}

/// Whether `bytes` begin as no text does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    const SNIFFED: usize = 8 << 10;
    bytes.iter().take(SNIFFED).any(|byte| *byte == 0)
}

/// The artifact that `bytes` are, unless they are no text.
pub(crate) fn artifact(
    path: &RootPath,
    kind: Kind,
    origin: Origin,
    bytes: Vec<u8>,
) -> Result<Artifact, Note> {
    if is_binary(&bytes) {
        return Err(Note::new(path, SkipReason::Unreadable, "binary"));
    }
    Ok(Artifact::new(path.clone(), kind, origin, text(bytes)))
}

/// The text of `bytes`, byte for byte: each one that is not UTF-8 becomes U+001A, so that offsets stay.
pub fn text(bytes: Vec<u8>) -> Arc<str> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text.into(),
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{1a}'));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_that_are_not_text_keep_their_places() {
        assert_eq!(&*text(b"a\xff\xc3b\xe9".to_vec()), "a\u{1a}\u{1a}b\u{1a}");
        assert_eq!(&*text("caf\u{e9}".into()), "caf\u{e9}");
    }

    proptest! {
        #[test]
        fn text_is_as_long_as_its_bytes(bytes: Vec<u8>) {
            prop_assert_eq!(text(bytes.clone()).len(), bytes.len());
        }
    }

    #[test]
    fn asked_for_files_are_read_before_the_bound() {
        let candidate = |path: &str, size| Candidate {
            place: crate::place::Place::from_raw(std::path::Path::new(path)).unwrap(),
            kind: Kind::Dockerfile,
            size,
        };
        let candidates = vec![candidate("a", 4), candidate("b", 4), candidate("c", 99)];
        let bounds = Bounds {
            max_artifacts: 1,
            max_artifact_bytes: 10,
            ..Bounds::default()
        };
        let (kept, notes) = within_bounds(candidates, &bounds, |path| path.as_str() == "b");
        let kept: Vec<_> = kept.iter().map(|one| one.place.path.as_str()).collect();
        let reasons: Vec<_> = notes.iter().map(|note| note.reason).collect();
        assert_eq!(kept, ["b"]);
        assert_eq!(reasons, [SkipReason::TooLarge, SkipReason::Bound]);
    }
}
