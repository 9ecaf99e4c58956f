//! One pass over an archive of images: layers are searched where they stand, small documents kept for later.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read};

use std::path::Path;

use super::inflate::{inflated, is_compressed};
use super::layer::{LayerScan, scan};
use super::manifest::Documents;
use super::tar_entries::{Member, for_each_entry, inner_path};
use crate::root::Root;
use crate::visit::FileVisitor;

/// Bytes of one document.
const MAX_DOCUMENT: u64 = 8 << 20;
/// Bytes of all documents together.
const MAX_DOCUMENTS: u64 = 64 << 20;
/// Layers of an archive that are searched.
const MAX_LAYERS: usize = 4096;
/// Bytes of an archive, or of one layer, unpacked.
const MAX_UNPACKED: u64 = 64 << 30;
/// A tar's first header, by which it is known.
const HEADER: usize = 512;

/// What an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) documents: Documents,
    layers: BTreeMap<String, LayerScan>,
    /// Members that stand for another member: old archives save a layer that occurs twice as a link.
    links: BTreeMap<String, String>,
    held: u64,
    /// What was not read.
    pub(crate) broken: Vec<String>,
}

impl Contents {
    /// The layer at `path`.
    pub(crate) fn layer(&self, path: &str) -> Option<&LayerScan> {
        let direct = self.layers.get(path);
        direct.or_else(|| self.layers.get(self.links.get(path)?))
    }
}

/// Reads the archive in `source`. One that breaks off gives what came before, and says so.
pub(crate) fn read(source: impl Read, visitor: &dyn FileVisitor) -> io::Result<Contents> {
    let mut contents = Contents::default();
    let source = inflated(BufReader::with_capacity(256 << 10, source), MAX_UNPACKED)?;
    let read = for_each_entry(source, |name, member, size, bytes| {
        let Some((path, _)) = inner_path(name) else {
            return Ok(());
        };
        match member {
            Member::File => contents.file(path.as_str(), size, bytes, visitor),
            Member::Link(target) => {
                contents.link(path.as_str(), &target);
                Ok(())
            }
            Member::Other => Ok(()),
        }
    });
    if let Err(error) = read {
        if contents.documents.is_empty() && contents.layers.is_empty() {
            return Err(error);
        }
        contents
            .broken
            .push(format!("the archive breaks off: {error}"));
    }
    Ok(contents)
}

/// Reads an OCI image layout that lies unpacked in the folder at `path`, through no link.
pub(crate) fn read_folder(path: &Path, visitor: &dyn FileVisitor) -> io::Result<Contents> {
    let root = Root::open(path)?;
    let mut contents = Contents::default();
    for name in member_names(path)? {
        let file = root.open_file(Path::new(&name));
        let read = file.and_then(|mut file| {
            let size = file.metadata()?.len();
            contents.file(&name, size, &mut file, visitor)
        });
        if let Err(error) = read {
            contents.broken.push(format!("`{name}`: {error}"));
        }
    }
    Ok(contents)
}

/// The members of a layout, which are all that it says where to look for.
fn member_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = vec!["index.json".to_owned()];
    for algorithm in ["sha256", "sha512"] {
        let blobs = folder.join("blobs").join(algorithm);
        let Ok(entries) = std::fs::read_dir(&blobs) else {
            continue;
        };
        for entry in entries.take(MAX_LAYERS) {
            let name = entry?.file_name();
            names.push(format!("blobs/{algorithm}/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

impl Contents {
    fn file(
        &mut self,
        path: &str,
        size: u64,
        bytes: &mut dyn Read,
        visitor: &dyn FileVisitor,
    ) -> io::Result<()> {
        let mut head = Vec::with_capacity(HEADER);
        bytes.take(HEADER as u64).read_to_end(&mut head)?;
        if is_layer(path, &head) {
            if self.layers.len() >= MAX_LAYERS {
                self.broken
                    .push(format!("`{path}`: more than {MAX_LAYERS} layers"));
                return Ok(());
            }
            let scan = scan(Cursor::new(head).chain(bytes), visitor, MAX_UNPACKED);
            self.layers.insert(path.to_owned(), scan);
        } else if size <= MAX_DOCUMENT && self.held + size <= MAX_DOCUMENTS {
            self.held += size;
            bytes.take(MAX_DOCUMENT).read_to_end(&mut head)?;
            self.documents.insert(path.to_owned(), head);
        } else {
            self.broken.push(format!(
                "`{path}` is neither a layer nor small enough for a document"
            ));
        }
        Ok(())
    }

    fn link(&mut self, path: &str, target: &[u8]) {
        let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = String::from_utf8_lossy(target);
        let joined = inner_path(format!("{beside}/{target}").as_bytes());
        if let Some((target, _)) = joined
            && self.links.len() < MAX_LAYERS
        {
            self.links
                .insert(path.to_owned(), target.as_str().to_owned());
        }
    }
}

/// Layers are tars, compressed or not; an empty one is nothing but zeros.
fn is_layer(path: &str, head: &[u8]) -> bool {
    let is_tar = head.get(257..262) == Some(b"ustar");
    let is_empty_tar = head.len() == HEADER && head.iter().all(|byte| *byte == 0);
    is_tar || is_empty_tar || is_compressed(head) || path.ends_with("/layer.tar")
}
