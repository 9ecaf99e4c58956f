//! A context as a client without checks sends it: everything that the ignore file does not leave out, as a tar.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use plimsoll_collect::{Bytes, GitRules, OpenRoot, WalkOptions, text, walk};
use plimsoll_model::{Builder, Entry, EntryKind, Inventory, RootPath};
use plimsoll_simulate::context::{ContextSettings, Fate, Selector};
use plimsoll_simulate::ignore_file::{IgnoreFile, applying};

/// Entries that are sent at most.
const MAX_ENTRIES: usize = 200_000;
/// Bytes of one file.
const MAX_FILE: u64 = 256 << 20;
/// Bytes of an ignore file.
const MAX_IGNORE: u64 = 4 << 20;

/// A file that is sent although the context does not hold it.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// Its path in the context.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: u32,
}

/// What to send.
pub(crate) struct Packing<'a> {
    /// The context's folder.
    pub(crate) context: &'a Path,
    /// The Dockerfile, relative to the context, where it lies in it.
    pub(crate) dockerfile: Option<RootPath>,
    pub(crate) builder: Builder,
    /// Files sent besides.
    pub(crate) extra: &'a [Extra],
    /// Files whose content is another one in the copy.
    pub(crate) replaced: &'a BTreeMap<RootPath, Vec<u8>>,
}

impl Packing<'_> {
    /// Writes the tar to `file` and rewinds it.
    pub(crate) fn write(&self, file: &mut File) -> io::Result<()> {
        let ground = OpenRoot::open(self.context)?;
        let (ignore_file, ignore) = self.ignore(&ground)?;
        let settings = ContextSettings {
            root: RootPath::root(),
            dockerfile: self.dockerfile.clone(),
            ignore_file,
            ignore: &ignore,
            builder: self.builder,
            needed: None,
        };
        let mut selector = Selector::new(settings);
        let options = WalkOptions {
            git: GitRules::Disregard,
            max_entries: MAX_ENTRIES,
            ..WalkOptions::default()
        };
        let mut tar = tar::Builder::new(io::BufWriter::new(&mut *file));
        let mut outcome = Ok(());
        walk(&ground, &options, &mut |entry| {
            let sent = matches!(selector.visit(&entry), Some(Fate::Sent | Fate::ReadOnly));
            if outcome.is_ok() && sent {
                outcome = self.entry(&mut tar, &ground, &entry);
            }
        });
        outcome?;
        for extra in self.extra {
            append(&mut tar, &extra.path, &extra.bytes, extra.mode)?;
        }
        tar.into_inner()?.flush()?;
        file.rewind()
    }

    fn entry<W: Write>(
        &self,
        tar: &mut tar::Builder<W>,
        ground: &OpenRoot,
        entry: &Entry,
    ) -> io::Result<()> {
        let path = entry.path.as_str();
        let mut header = tar::Header::new_gnu();
        match entry.kind {
            EntryKind::Directory => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_size(0);
                header.set_mode(0o755);
                tar.append_data(&mut header, format!("{path}/"), io::empty())
            }
            EntryKind::Symlink => {
                let Some(target) = &entry.link_target else {
                    return Ok(());
                };
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                header.set_mode(0o777);
                tar.append_link(&mut header, path, &**target)
            }
            EntryKind::File => {
                if let Some(bytes) = self.replaced.get(&entry.path) {
                    return append(tar, path, bytes, 0o644);
                }
                match ground.root.read(Path::new(path), MAX_FILE) {
                    Ok(Bytes::Whole(bytes)) => {
                        let metadata = std::fs::symlink_metadata(ground.absolute.join(path));
                        let mode = metadata.map_or(0o644, |found| found.permissions().mode());
                        append(tar, path, &bytes, mode & 0o7777)
                    }
                    // What cannot be read cannot be sent either.
                    Ok(Bytes::TooLarge) | Err(_) => Ok(()),
                }
            }
            EntryKind::Other => Ok(()),
        }
    }

    /// The ignore file that applies.
    fn ignore(&self, ground: &OpenRoot) -> io::Result<(Option<RootPath>, IgnoreFile)> {
        let read = |path: &RootPath| match ground.root.read(Path::new(path.as_str()), MAX_IGNORE) {
            Ok(Bytes::Whole(bytes)) => Some(text(bytes).to_string()),
            Ok(Bytes::TooLarge) | Err(_) => None,
        };
        let suffixes = [".dockerignore", ".containerignore"];
        let beside = self.dockerfile.iter().flat_map(|dockerfile| {
            let name = dockerfile.file_name();
            suffixes.map(|suffix| dockerfile.parent().join(&format!("{name}{suffix}")))
        });
        let candidates = beside.chain(suffixes.map(RootPath::new)).flatten();
        let present = candidates
            .filter(|path| read(path).is_some())
            .map(|path| Entry {
                path,
                kind: EntryKind::File,
                size: 0,
                link_target: None,
                listed: true,
            });
        let inventory = Inventory::new(present.collect());
        let root = RootPath::root();
        let path = applying(&inventory, &root, self.dockerfile.as_ref(), self.builder);
        let rules = path.as_ref().and_then(read).unwrap_or_default();
        Ok((path, IgnoreFile::parse(&rules).0))
    }
}

fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    path: &str,
    bytes: &[u8],
    mode: u32,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, bytes)
}
