//! Reading in rounds: what is parsed names further files, until nothing new is named.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_collect::{Collection, Options};
use plimsoll_model::{FileToRead, Kind, RootPath, SkipReason};

use crate::check::{ParsedFiles, linked};
use crate::root::count;

/// Manifests that name each other through more files than this are not followed further.
const MAX_ROUNDS: usize = 8;

/// Parses what was read, then what stands behind links of telling names, then what turns out to be a Dockerfile or a
/// manifest because another file names it.
pub(crate) fn parsed(
    collection: &mut Collection,
    options: &Options,
    audited: &mut BTreeMap<String, u64>,
) -> ParsedFiles {
    let artifacts = std::mem::take(&mut collection.artifacts);
    count(&artifacts, collection, audited);
    let mut rounds = Rounds {
        files: ParsedFiles::of(artifacts, &collection.inventory),
        known: BTreeSet::new(),
        collection,
        options,
        audited,
    };
    rounds.known = rounds.files.identities().collect();
    rounds.run();
    rounds.files
}

struct Rounds<'a> {
    files: ParsedFiles,
    known: BTreeSet<(RootPath, Kind)>,
    collection: &'a mut Collection,
    options: &'a Options,
    audited: &'a mut BTreeMap<String, u64>,
}

impl Rounds<'_> {
    fn run(&mut self) {
        let links = linked(&self.collection.inventory);
        for dead in links.dead {
            let reason = SkipReason::Unreadable;
            self.collection.pass_over(&dead.path, reason, dead.detail);
        }
        let behind_links = self.unknown(links.files);
        let read = self.read(behind_links);
        self.files.add(read);
        let named = self.files.named(&self.collection.inventory);
        let mut wanted = self.unknown(named);
        for _ in 0..MAX_ROUNDS {
            if wanted.is_empty() {
                return;
            }
            let read = self.read(wanted);
            let named = read.named(&self.collection.inventory);
            self.files.add(read);
            wanted = self.unknown(named);
        }
        for file in wanted {
            let detail = format!("named only through {MAX_ROUNDS} other files");
            let reason = SkipReason::Bound;
            self.collection.pass_over(&file.path, reason, detail);
        }
    }

    /// Those of `files` that were not read yet; from now on they are known.
    fn unknown(&mut self, mut files: BTreeSet<FileToRead>) -> BTreeSet<FileToRead> {
        files.retain(|one| {
            let is_new = self.known.insert((one.path.clone(), one.kind));
            if one.kind == Kind::Dockerfile {
                // Builds that name what a link leads to use what was read at the link.
                self.known.insert((one.file.clone(), one.kind));
            }
            is_new
        });
        files
    }

    /// Reads `files`; those at hand as another kind are only parsed again.
    fn read(&mut self, mut files: BTreeSet<FileToRead>) -> ParsedFiles {
        let mut artifacts = Vec::new();
        files.retain(|one| match self.files.artifact(&one.path) {
            Some(known) => {
                artifacts.push(known.read_as(one.kind));
                false
            }
            None => true,
        });
        artifacts.extend(self.collection.read_further(&files, self.options));
        count(&artifacts, self.collection, self.audited);
        ParsedFiles::of(artifacts, &self.collection.inventory)
    }
}
