//! One pass over an archive of images: layers are searched where they stand, small documents kept for later.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use super::ImageLayout;
use super::budget::{Budget, unread};
use super::inflate::{inflated, is_compressed};
use super::layer::{LayerScan, scan};
use super::manifest::Documents;
use super::tar_entries::{Member, TarEntry, for_each_entry, inner_path};
use super::tar_header::{BLOCK, Header};
use crate::names::Names;
use crate::root::Root;
use crate::visit::FileVisitor;

/// Bytes of one document.
const MAX_DOCUMENT: u64 = 8 << 20;
/// Bytes of all documents together.
const MAX_DOCUMENTS: u64 = 64 << 20;
/// Layers of an archive that are searched.
const MAX_LAYERS: usize = 4096;
/// Members of a layout in a folder.
const MAX_BLOBS: usize = 100_000;
/// Bytes of the name of a member, or of the one a link leads to; layouts have names of a hundred.
const MAX_NAME: usize = 4096;

/// What an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) documents: Documents,
    layers: BTreeMap<String, LayerScan>,
    /// Members that stand for another member: old archives save a layer that occurs twice as a link.
    links: BTreeMap<String, String>,
    /// Members that could not be opened, which was told.
    unread: BTreeSet<String>,
}

impl Contents {
    /// Whether it was told why the member at `path` is not there.
    pub(crate) fn is_unread(&self, path: &str) -> bool {
        self.unread.contains(path)
    }

    /// The layer at `path`, with the path of its own.
    pub(crate) fn layer(&self, path: &str) -> Option<(&str, &LayerScan)> {
        let path = self.links.get(path).map_or(path, String::as_str);
        let (path, scan) = self.layers.get_key_value(path)?;
        Some((path, scan))
    }
}

/// Reads the archive in `source`. One that breaks off gives what came before, and says so.
pub(crate) fn read(source: impl Read, visitor: &dyn FileVisitor, budget: &Budget<'_>) -> Contents {
    let mut reading = Reading::new(visitor, budget);
    let source = BufReader::with_capacity(256 << 10, budget.source(source));
    let read = inflated(source).and_then(|source| {
        for_each_entry(budget.archive(source), |entry, bytes| {
            reading.entry(entry, bytes)
        })
    });
    if let Err(error) = read {
        budget.fail(unread("the archive", &error));
    }
    reading.contents
}

/// Reads an OCI image layout that lies unpacked in the folder at `path`, through no link.
pub(crate) fn read_folder(
    path: &Path,
    visitor: &dyn FileVisitor,
    budget: &Budget<'_>,
) -> io::Result<Contents> {
    let root = Root::open(path)?;
    let members = member_names(&root, budget);
    let layout = Folder { root, members };
    Ok(read_layout(&layout, visitor, budget))
}

/// Reads an OCI image layout member by member.
pub(crate) fn read_layout(
    layout: &dyn ImageLayout,
    visitor: &dyn FileVisitor,
    budget: &Budget<'_>,
) -> Contents {
    let mut reading = Reading::new(visitor, budget);
    for name in layout.members() {
        if budget.is_cancelled() {
            break;
        }
        let read = match layout.open(&name) {
            Ok((size, bytes)) => reading.file(&name, size, &mut budget.source(bytes)),
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            budget.fail(format!("`{name}`: {error}"));
            reading.contents.unread.insert(name);
        }
    }
    reading.contents
}

/// A layout in a folder.
struct Folder {
    root: Root,
    members: Vec<String>,
}

impl ImageLayout for Folder {
    fn members(&self) -> Vec<String> {
        self.members.clone()
    }

    fn open(&self, member: &str) -> io::Result<(u64, Box<dyn Read + '_>)> {
        let file = self.root.open_file(Path::new(member))?;
        Ok((file.metadata()?.len(), Box::new(file)))
    }
}

/// The members of a layout, which are all that it says where to look for.
fn member_names(root: &Root, budget: &Budget<'_>) -> Vec<String> {
    let mut members = vec!["index.json".to_owned()];
    for algorithm in ["sha256", "sha512"] {
        let folder = format!("blobs/{algorithm}");
        let open = root.open_directory(Path::new(&folder));
        let names = match open.and_then(|open| Names::read(open, MAX_BLOBS)) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                budget.fail(format!("`{folder}`: {error}"));
                continue;
            }
        };
        if names.cut {
            budget.fail(format!("`{folder}` has more than {MAX_BLOBS} members"));
        }
        let names = (0..names.len()).filter_map(|at| names.get(at));
        members
            .extend(names.map(|(name, _)| format!("{folder}/{}", String::from_utf8_lossy(name))));
    }
    members
}

struct Reading<'a> {
    contents: Contents,
    /// Bytes that documents may still take.
    left: u64,
    visitor: &'a dyn FileVisitor,
    budget: &'a Budget<'a>,
}

impl<'a> Reading<'a> {
    fn new(visitor: &'a dyn FileVisitor, budget: &'a Budget<'a>) -> Reading<'a> {
        Reading {
            contents: Contents::default(),
            left: MAX_DOCUMENTS,
            visitor,
            budget,
        }
    }

    fn entry(&mut self, entry: &TarEntry, bytes: &mut dyn Read) -> io::Result<()> {
        if !self.budget.members.take(1) {
            return Ok(());
        }
        let (path, _) = inner_path(&entry.name);
        let path = path.as_str();
        let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match &entry.member {
            Member::File => self.file(path, entry.size, bytes)?,
            Member::HardLink(target) => self.link(path, target),
            Member::SymbolicLink(target) => {
                self.link(path, &[beside.as_bytes(), b"/", target].concat());
            }
            Member::Folder | Member::Other => {}
        }
        Ok(())
    }

    /// Of members of one name engines see the last.
    fn forget(&mut self, path: &str) {
        self.contents.documents.remove(path);
        self.contents.layers.remove(path);
        self.contents.links.remove(path);
    }

    /// Whether a member is kept under names of so many bytes.
    fn keeps(&mut self, path: &str, length: usize) -> bool {
        self.forget(path);
        if length > MAX_NAME {
            self.budget.fail(format!(
                "a member with a name of more than {MAX_NAME} bytes"
            ));
            return false;
        }
        self.budget.name_bytes.take(length as u64)
    }

    fn file(&mut self, path: &str, size: u64, bytes: &mut dyn Read) -> io::Result<()> {
        if !self.keeps(path, path.len()) {
            return Ok(());
        }
        let mut head = Vec::with_capacity(BLOCK);
        bytes.take(BLOCK as u64).read_to_end(&mut head)?;
        if is_layer(path, &head) {
            self.layer(path, Cursor::new(head).chain(bytes));
            return Ok(());
        }
        if size > MAX_DOCUMENT.min(self.left) {
            self.budget.fail(format!(
                "`{path}` is neither a layer nor small enough for a document"
            ));
            return Ok(());
        }
        self.left -= size;
        bytes.take(MAX_DOCUMENT).read_to_end(&mut head)?;
        self.contents.documents.insert(path.to_owned(), head);
        Ok(())
    }

    fn layer(&mut self, path: &str, bytes: impl Read) {
        if self.contents.layers.len() >= MAX_LAYERS {
            self.budget
                .fail(format!("`{path}`: more than {MAX_LAYERS} layers"));
            return;
        }
        let scan = scan(bytes, self.visitor, self.budget);
        self.contents.layers.insert(path.to_owned(), scan);
    }

    fn link(&mut self, path: &str, target: &[u8]) {
        if self.keeps(path, path.len() + target.len()) {
            let (target, _) = inner_path(target);
            let target = target.as_str().to_owned();
            self.contents.links.insert(path.to_owned(), target);
        }
    }
}

/// Layers are tars, compressed or not; an empty one is nothing but zeros.
fn is_layer(path: &str, head: &[u8]) -> bool {
    let is_empty_tar = head.len() == BLOCK && head.iter().all(|byte| *byte == 0);
    is_empty_tar
        || Header::new(head).is_some()
        || is_compressed(head)
        || path.ends_with("/layer.tar")
}
