//! Objects that are stored each in a file of its own.

use std::io;
use std::path::{Path, PathBuf};

use super::inflate::Inflater;
use super::object_id::ObjectId;
use super::pack::Lost;
use super::parse::Kind;
use crate::names::Names;
use crate::root::{Bytes, Root};

/// `blob 18446744073709551615` and a zero byte fit in.
const MAX_HEADER: usize = 32;

/// The names of all loose objects below `objects`, at most `limit`, and whether there were more.
pub(crate) fn list(objects: &Root, limit: usize) -> io::Result<(Vec<ObjectId>, bool)> {
    let mut ids = Vec::new();
    for first in 0..=u8::MAX {
        let prefix = format!("{first:02x}");
        let Ok(folder) = objects.open_directory(Path::new(&prefix)) else {
            continue;
        };
        let names = Names::read(folder, limit.saturating_sub(ids.len()))?;
        let whole = |name: &[u8]| ObjectId::from_hex(&[prefix.as_bytes(), name].concat());
        let found = (0..names.len()).filter_map(|at| whole(names.get(at)?.0));
        ids.extend(found);
        if names.cut {
            return Ok((ids, true));
        }
    }
    Ok((ids, false))
}

fn path(id: ObjectId) -> PathBuf {
    let hex = id.to_string();
    let (folder, name) = hex.split_at(2);
    Path::new(folder).join(name)
}

/// Reads the object `id` below `objects`, of at most `limit` bytes.
pub(crate) fn read(
    objects: &Root,
    id: ObjectId,
    limit: u64,
    inflater: &mut Inflater,
) -> Result<(Kind, Vec<u8>), (Option<Kind>, Lost)> {
    const DAMAGED: Lost = Lost::Damaged("its header is damaged");
    let most = limit.saturating_mul(2).saturating_add(1 << 16);
    let compressed = match objects.read(&path(id), most) {
        Ok(Bytes::Whole(bytes)) => bytes,
        Ok(Bytes::TooLarge) => return Err((None, Lost::TooLarge(most))),
        Err(_) => return Err((None, Lost::Damaged("its file cannot be read"))),
    };
    let mut start = [0; MAX_HEADER];
    let got = inflater
        .beginning(&compressed, &mut start)
        .map_err(|damage| (None, Lost::Damaged(damage)))?;
    let (kind, size, length) = start.get(..got).and_then(header).ok_or((None, DAMAGED))?;
    if size > limit {
        return Err((Some(kind), Lost::TooLarge(size)));
    }
    let total = usize::try_from(size).unwrap_or(0) + length;
    let mut bytes = Vec::new();
    inflater
        .whole(&compressed, total, &mut bytes)
        .map_err(|damage| (Some(kind), Lost::Damaged(damage)))?;
    bytes.drain(..length);
    Ok((kind, bytes))
}

/// Kind, size, and how long the header itself is.
fn header(start: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = start.iter().position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(start.get(..end)?).ok()?;
    let (kind, size) = text.split_once(' ')?;
    Some((
        Kind::from_name(kind.as_bytes())?,
        size.parse().ok()?,
        end + 1,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        assert_eq!(header(b"blob 12\0abc"), Some((Kind::Blob, 12, 8)));
        assert_eq!(header(b"blob 12"), None);
        assert_eq!(header(b"nonsense 12\0"), None);
        assert_eq!(header(b"blob -1\0"), None);
    }
}
