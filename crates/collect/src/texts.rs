//! The texts of small files that rules judge by what they hold, read beside the artifacts.

use std::sync::Arc;

use plimsoll_model::{Entry, EntryKind, Inventory, RootPath, SkipReason};
use rayon::prelude::*;

use crate::load::{is_binary, text};
use crate::plan::Options;
use crate::walk::Note;

/// Bytes of one such file; a larger one is judged by its name.
const MAX_TEXT_BYTES: u64 = 64 << 10;
/// Files per root; further ones are judged by their names.
const MAX_TEXTS: usize = 4096;

/// `inventory` with the texts that `options` want. `read` yields at most the given number of bytes of a file.
pub(crate) fn with_texts(
    inventory: Inventory,
    options: &Options,
    read: impl Fn(&RootPath, u64) -> Option<Vec<u8>> + Sync,
) -> (Inventory, Option<Note>) {
    let Some(is_wanted) = options.wanted_texts else {
        return (inventory, None);
    };
    let is_candidate = |entry: &&Entry| {
        entry.kind == EntryKind::File
            && (1..=MAX_TEXT_BYTES).contains(&entry.size)
            && is_wanted(&entry.path)
    };
    let mut wanted: Vec<&Entry> = inventory.entries().iter().filter(is_candidate).collect();
    let over = wanted.len().saturating_sub(MAX_TEXTS);
    wanted.truncate(MAX_TEXTS);
    let read_one = |entry: &&Entry| {
        let bytes = read(&entry.path, MAX_TEXT_BYTES)?;
        let whole = !options.cancel.is_cancelled() && !is_binary(&bytes);
        whole.then(|| (entry.path.clone(), text(bytes)))
    };
    let texts: Vec<(RootPath, Arc<str>)> = wanted.par_iter().filter_map(read_one).collect();
    let note = (over > 0).then(|| {
        let detail = format!("{over} files with secret-looking names were judged by name alone");
        Note::new(&RootPath::root(), SkipReason::Bound, detail)
    });
    (inventory.with_texts(texts), note)
}
