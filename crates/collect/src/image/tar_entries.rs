//! The entries of a tar that somebody else wrote, as engines see them: where we took other bytes for a header or a name
//! than they do, a file could hide. They read by Go's archive/tar (`next` of `reader.go`), so this does as that does, or
//! fails.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use plimsoll_model::RootPath;

use super::tar_header::{BLOCK, Header, until_nul};
use crate::place::encode_name;

/// Bytes of one extended header; Go reads no longer one.
const MAX_EXTENSION: u64 = 1 << 20;
/// Components of a name that are kept.
const MAX_COMPONENTS: usize = 4096;

/// One entry.
#[derive(Debug)]
pub(crate) struct TarEntry {
    /// The name as written.
    pub(crate) name: Vec<u8>,
    pub(crate) member: Member,
    /// The bytes that are stored for it.
    pub(crate) size: u64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// A regular file, or something unknown that has bytes like one.
    File,
    Folder,
    /// Another name of an entry, as that is written.
    HardLink(Vec<u8>),
    /// Where it leads, as written.
    SymbolicLink(Vec<u8>),
    /// A device, a FIFO, or a header for all entries.
    Other,
}

/// Gives each entry of the tar in `source` to `each`, with the bytes stored for it. Where bytes are missing, `each` sees
/// those that are there, and the error is of the kind `UnexpectedEof`.
pub(crate) fn for_each_entry<R: Read>(
    source: R,
    mut each: impl FnMut(&TarEntry, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut source = BufReader::with_capacity(64 << 10, source);
    let mut extension = Extension::default();
    while let Some(block) = next_block(&mut source)? {
        let header = Header::new(&block)
            .ok_or_else(|| io::Error::other("something else where a header should stand"))?;
        let size = header.size()?;
        match header.flag() {
            b'x' => extension.records = records(&read_extension(&mut source, size)?)?,
            b'L' => extension.name = until_nul(&read_extension(&mut source, size)?).to_vec(),
            b'K' => extension.link = until_nul(&read_extension(&mut source, size)?).to_vec(),
            flag => {
                let entry = std::mem::take(&mut extension).entry(&header, size)?;
                if flag == b'S' {
                    skip_map(&header, &mut source)?;
                }
                read_body(&mut source, entry.size, |bytes| each(&entry, bytes))?;
            }
        }
    }
    check_rest(&mut source)
}

/// The next block that is no end. Two blocks of zeros are one, or one block and nothing behind it, or nothing at all.
fn next_block(source: &mut impl Read) -> io::Result<Option<[u8; BLOCK]>> {
    match read_block(source)? {
        Some(block) if is_zero(&block) => match read_block(source)? {
            Some(second) if !is_zero(&second) => {
                Err(io::Error::other("a block of zeros among the entries"))
            }
            _ => Ok(None),
        },
        block => Ok(block),
    }
}

fn read_block(source: &mut impl Read) -> io::Result<Option<[u8; BLOCK]>> {
    let mut bytes = Vec::with_capacity(BLOCK);
    source.take(BLOCK as u64).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let block = bytes.first_chunk().copied();
    block.map(Some).ok_or_else(|| missing("a part of a block"))
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

fn missing(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("{what} is missing at its end"),
    )
}

/// Shows `size` bytes to `read`, and goes on behind them and what fills up their last block. That may be missing.
fn read_body<T>(
    source: &mut impl Read,
    size: u64,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
) -> io::Result<T> {
    let mut body = source.take(size);
    let result = read(&mut body)?;
    io::copy(&mut body, &mut io::sink())?;
    if body.limit() > 0 {
        return Err(missing("a part of a file"));
    }
    let padding = size.wrapping_neg() % BLOCK as u64;
    io::copy(&mut source.take(padding), &mut io::sink())?;
    Ok(result)
}

fn read_extension(source: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    if size > MAX_EXTENSION {
        return Err(io::Error::other(
            "an extended header of more than a mebibyte",
        ));
    }
    let mut bytes = Vec::new();
    read_body(source, size, |body| body.read_to_end(&mut bytes))?;
    Ok(bytes)
}

/// The map of a sparse file says where its parts lie; they are looked at one behind the other.
fn skip_map(header: &Header<'_>, source: &mut impl Read) -> io::Result<()> {
    const HAS_MORE: usize = 504;
    let mut has_more = header.has_longer_map()?;
    while has_more {
        let block = read_block(source)?.ok_or_else(|| missing("the map of a sparse file"))?;
        has_more = block.get(HAS_MORE) != Some(&0);
    }
    Ok(())
}

/// Engines read a stream to its end, if only to check its digest. A compressed one that is damaged there was not read
/// whole, and what stands behind the end of a tar is no file to them.
fn check_rest(source: &mut impl Read) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        if !is_zero(buffer.get(..count).unwrap_or_default()) {
            return Err(io::Error::other(
                "something stands behind the end of the tar",
            ));
        }
    }
}

/// What extended headers say of the entry that follows them.
#[derive(Debug, Default)]
struct Extension {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// GNU's long name and link, which count for more than a record; empty where there is none.
    name: Vec<u8>,
    link: Vec<u8>,
}

impl Extension {
    fn entry(self, header: &Header<'_>, size: u64) -> io::Result<TarEntry> {
        // A header for all entries is an entry to Go: it uses up what stood before it, and says nothing of the others.
        if header.flag() == b'g' {
            return Ok(TarEntry {
                name: header.name(),
                member: Member::Other,
                size,
            });
        }
        let mut name = self.record("path").unwrap_or_else(|| header.name());
        if !self.name.is_empty() {
            name.clone_from(&self.name);
        }
        let is_folder = name.ends_with(b"/");
        if let Some(sparse) = self.sparse_name() {
            name = sparse;
        }
        let member = match header.flag() {
            0 if is_folder => Member::Folder,
            b'1' => Member::HardLink(self.link_or(header)),
            b'2' => Member::SymbolicLink(self.link_or(header)),
            b'3' | b'4' | b'6' => Member::Other,
            b'5' => Member::Folder,
            _ => Member::File,
        };
        let size = match self.record("size") {
            Some(size) => parse_size(&size)?,
            None => size,
        };
        // Of links and folders nothing is stored, whatever the size says.
        let is_stored = member == Member::File;
        Ok(TarEntry {
            name,
            member,
            size: if is_stored { size } else { 0 },
        })
    }

    /// The value of a record; an empty one says nothing.
    fn record(&self, key: &str) -> Option<Vec<u8>> {
        let value = self.records.get(key.as_bytes())?;
        (!value.is_empty()).then(|| value.clone())
    }

    fn link_or(&self, header: &Header<'_>) -> Vec<u8> {
        if !self.link.is_empty() {
            return self.link.clone();
        }
        self.record("linkpath").unwrap_or_else(|| header.link())
    }

    /// A sparse file in GNU's later form has its own name in a record of its own.
    fn sparse_name(&self) -> Option<Vec<u8>> {
        let version = ["major", "minor"].map(|part| {
            let version = self.record(&format!("GNU.sparse.{part}"));
            version.unwrap_or_default()
        });
        let is_sparse = match version.each_ref().map(Vec::as_slice) {
            [b"0", b"0" | b"1"] | [b"1", b"0"] => true,
            [b"", b""] => ["map", "offset"]
                .iter()
                .any(|key| self.record(&format!("GNU.sparse.{key}")).is_some()),
            _ => false,
        };
        self.record("GNU.sparse.name").filter(|_| is_sparse)
    }
}

fn parse_size(size: &[u8]) -> io::Result<u64> {
    let size: Option<i64> = std::str::from_utf8(size)
        .ok()
        .and_then(|it| it.parse().ok());
    size.and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| io::Error::other("an extended header whose size is no number"))
}

/// The records of an extended header; of those with one key the last counts.
fn records(bytes: &[u8]) -> io::Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (key, value) = next_record(&mut rest)
            .ok_or_else(|| io::Error::other("an extended header that cannot be read"))?;
        records.insert(key.to_vec(), value.to_vec());
    }
    Ok(records)
}

/// Records are `LENGTH KEY=VALUE\n`.
fn next_record<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let blank = rest.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(rest.get(..blank)?).ok()?.parse().ok()?;
    let record = rest.get(blank + 1..length)?.strip_suffix(b"\n")?;
    *rest = rest.get(length..)?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (record.get(..equals)?, record.get(equals + 1..)?);
    let is_name = matches!(key, b"path" | b"linkpath");
    let has_nul = if is_name { value } else { key }.contains(&0);
    (!has_nul).then_some((key, value))
}

/// A name as a path below the archive's top: absolute names and `..` lead no further than there. The second part tells
/// whether it tried to.
pub(crate) fn inner_path(name: &[u8]) -> (RootPath, bool) {
    let encoded = encode_name(name);
    let mut parts: Vec<&str> = Vec::new();
    let mut leaves = encoded.starts_with('/');
    for part in encoded.split('/').take(MAX_COMPONENTS) {
        match part {
            "" | "." => {}
            ".." => leaves |= parts.pop().is_none(),
            part => parts.push(part),
        }
    }
    let path = RootPath::new(&parts.join("/"));
    (path.unwrap_or_else(RootPath::root), leaves)
}

#[cfg(test)]
mod tests;
