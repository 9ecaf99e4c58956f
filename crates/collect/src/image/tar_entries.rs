//! The entries of a tar that somebody else wrote: names with every extension, bounded, nothing written.

use std::io::{self, Read};

use plimsoll_model::RootPath;
use tar::{Archive, Entry, EntryType};

use crate::place::encode_name;

/// Bytes of one extended header; a longer one is no header but an attack.
const MAX_EXTENSION: u64 = 1 << 20;
/// Components of a name that are kept.
const MAX_COMPONENTS: usize = 4096;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// A regular file with its bytes.
    File,
    /// A link, hard or symbolic, and where it leads as written.
    Link(Vec<u8>),
    /// A folder, device or FIFO.
    Other,
}

/// The names that extended headers gave to the entry that follows them.
#[derive(Debug, Default)]
struct Extension {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    has_large_size: bool,
}

/// Gives each entry of the tar in `source` to `each`, with its name as written. A tar that breaks off is an error, after
/// all that came before was given.
pub(crate) fn for_each_entry<R: Read>(
    source: R,
    mut each: impl FnMut(&[u8], Member, u64, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut archive = Archive::new(source);
    let mut extension = Extension::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::XHeader => extension.read_pax(&mut entry)?,
            EntryType::GNULongName => extension.name = Some(read_name(&mut entry)?),
            EntryType::GNULongLink => extension.link = Some(read_name(&mut entry)?),
            EntryType::XGlobalHeader => {}
            kind => {
                let extended = std::mem::take(&mut extension);
                if extended.has_large_size {
                    return Err(io::Error::other("an entry of more than 8 GiB"));
                }
                let name = extended
                    .name
                    .unwrap_or_else(|| entry.path_bytes().into_owned());
                let link = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
                let member = member(kind, extended.link.or(link));
                let size = entry.size();
                each(&name, member, size, &mut entry)?;
            }
        }
    }
    Ok(())
}

fn member(kind: EntryType, link: Option<Vec<u8>>) -> Member {
    match kind {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Member::File,
        EntryType::Link | EntryType::Symlink => Member::Link(link.unwrap_or_default()),
        _ => Member::Other,
    }
}

impl Extension {
    /// Records are `LENGTH KEY=VALUE\n`; one whose length is wrong ends what is believed.
    fn read_pax(&mut self, entry: &mut Entry<'_, impl Read>) -> io::Result<()> {
        let bytes = read_extension(entry)?;
        let mut rest = bytes.as_slice();
        while let Some(record) = next_record(&mut rest) {
            match record {
                (b"path", value) => self.name = Some(value.to_vec()),
                (b"linkpath", value) => self.link = Some(value.to_vec()),
                // Sizes that the plain header cannot hold.
                (b"size", value) => self.has_large_size = value.len() > 10,
                _ => {}
            }
        }
        Ok(())
    }
}

fn next_record<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let blank = rest.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(rest.get(..blank)?).ok()?.parse().ok()?;
    let record = rest.get(blank + 1..length)?.strip_suffix(b"\n")?;
    *rest = rest.get(length..)?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((record.get(..equals)?, record.get(equals + 1..)?))
}

fn read_extension(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    if entry.size() > MAX_EXTENSION {
        return Err(io::Error::other(
            "an extended header of more than a mebibyte",
        ));
    }
    let mut bytes = Vec::new();
    entry.take(MAX_EXTENSION).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_name(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    let mut name = read_extension(entry)?;
    while name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

/// A name as a path below the archive's top: absolute names and `..` lead no further than there. The second part tells
/// whether it tried to.
pub(crate) fn inner_path(name: &[u8]) -> Option<(RootPath, bool)> {
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
    Some((RootPath::new(&parts.join("/"))?, leaves))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stay_below_the_top() {
        let check = |name: &str, expected: &str, leaves: bool| {
            let (path, left) = inner_path(name.as_bytes()).unwrap();
            assert_eq!((path.as_str(), left), (expected, leaves), "{name}");
        };
        check("./etc/passwd", "etc/passwd", false);
        check("/etc/passwd", "etc/passwd", true);
        check("a/../../b", "b", true);
        check("a/../b", "b", false);
    }

    #[test]
    fn records_are_read_by_their_length() {
        let mut rest: &[u8] = b"12 path=abc\n9 size=1\n999 path=x\n";
        assert_eq!(next_record(&mut rest), Some((&b"path"[..], &b"abc"[..])));
        assert_eq!(next_record(&mut rest), Some((&b"size"[..], &b"1"[..])));
        assert_eq!(next_record(&mut rest), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = for_each_entry(bytes.as_slice(), |name, _, _, source| {
                let _ = inner_path(name);
                io::copy(source, &mut io::sink()).map(|_| ())
            });
        }
    }
}
