//! Bytes that may be compressed, as they are: told by their first bytes, bounded.

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const XZ: [u8; 4] = [0xfd, b'7', b'z', b'X'];
const BZIP2: [u8; 3] = *b"BZh";

/// Whether bytes that begin with `head` are compressed in a way that [`inflated`] reads.
pub(crate) fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(&GZIP) || head.starts_with(&ZSTD)
}

/// `source` decompressed where it is compressed. Behind `limit` bytes it fails: no image is that large but one made to
/// exhaust.
pub(crate) fn inflated<'a>(
    mut source: impl Read + 'a,
    limit: u64,
) -> io::Result<Limited<Box<dyn Read + 'a>>> {
    let mut head = Vec::with_capacity(4);
    source.by_ref().take(4).read_to_end(&mut head)?;
    let kind: [u8; 4] = [0, 1, 2, 3].map(|at| head.get(at).copied().unwrap_or(0));
    let whole = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(source));
    let inner: Box<dyn Read + 'a> = if kind.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(whole))
    } else if kind == ZSTD {
        Box::new(StreamingDecoder::new(whole).map_err(io::Error::other)?)
    } else if kind == XZ || kind.starts_with(&BZIP2) {
        return Err(io::Error::other(
            "compressed by xz or bzip2, which is not read",
        ));
    } else {
        Box::new(whole)
    };
    Ok(Limited { inner, left: limit })
}

/// A reader that fails behind its limit instead of pretending to be at its end.
#[derive(Debug)]
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let count = read as u64;
        if count > self.left {
            return Err(io::Error::other("larger unpacked than is read"));
        }
        self.left -= count;
        Ok(read)
    }
}
