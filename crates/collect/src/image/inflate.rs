//! Bytes that may be compressed, as they are: told by their first bytes.

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const XZ: [u8; 4] = [0xfd, b'7', b'z', b'X'];
const BZIP2: [u8; 3] = *b"BZh";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstandard,
    /// xz or bzip2, which engines read and we do not.
    Other,
}

impl Compression {
    fn of(head: &[u8]) -> Option<Compression> {
        let magic = head.first_chunk().copied().unwrap_or_default();
        if head.starts_with(&GZIP) {
            Some(Compression::Gzip)
        } else if magic == ZSTD || is_skippable(magic) {
            Some(Compression::Zstandard)
        } else if magic == XZ || head.starts_with(&BZIP2) {
            Some(Compression::Other)
        } else {
            None
        }
    }
}

/// Whether a Zstandard frame that holds no data begins so (RFC 8878, 3.1.2).
fn is_skippable(magic: [u8; 4]) -> bool {
    u32::from_le_bytes(magic) & 0xffff_fff0 == 0x184d_2a50
}

/// Whether bytes that begin with `head` are compressed.
pub(crate) fn is_compressed(head: &[u8]) -> bool {
    Compression::of(head).is_some()
}

/// `source` decompressed where it is compressed.
pub(crate) fn inflated<'a>(mut source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut head = Vec::with_capacity(4);
    source.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = BufReader::with_capacity(64 << 10, Cursor::new(head).chain(source));
    match compression {
        None => Ok(Box::new(whole)),
        Some(Compression::Gzip) => Ok(Box::new(MultiGzDecoder::new(whole))),
        Some(Compression::Zstandard) => Ok(Box::new(Frames {
            source: whole,
            decoder: FrameDecoder::new(),
        })),
        Some(Compression::Other) => Err(io::Error::other(
            "compressed by xz or bzip2, which is not read",
        )),
    }
}

/// Zstandard frames one behind the other, as one stream: builders write seekable layers in many, and ruzstd reads one.
struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: Read> Frames<R> {
    /// Goes to the next frame that has data; whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let mut magic = Vec::with_capacity(4);
            self.source.by_ref().take(4).read_to_end(&mut magic)?;
            match magic.first_chunk() {
                None if magic.is_empty() => return Ok(false),
                Some(kind) if is_skippable(*kind) => self.skip()?,
                Some(kind) if *kind == ZSTD => {
                    let frame = Cursor::new(ZSTD).chain(&mut self.source);
                    self.decoder.reset(frame).map_err(io::Error::other)?;
                    return Ok(true);
                }
                _ => return Err(io::Error::other("something else behind a Zstandard frame")),
            }
        }
    }

    fn skip(&mut self) -> io::Result<()> {
        let mut size = [0; 4];
        self.source.read_exact(&mut size)?;
        let size = u64::from(u32::from_le_bytes(size));
        let mut frame = self.source.by_ref().take(size);
        io::copy(&mut frame, &mut io::sink())?;
        if frame.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 {
            if !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                let decoded = self.decoder.decode_blocks(&mut self.source, one);
                decoded.map_err(io::Error::other)?;
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
        self.decoder.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    fn frame(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn skippable(kind: u8, bytes: &[u8]) -> Vec<u8> {
        let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        [&[kind, 0x2a, 0x4d, 0x18], &size[..], bytes].concat()
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        io::read_to_string(inflated(bytes)?)
    }

    #[test]
    fn all_frames_are_read_and_skippable_ones_skipped() {
        let check = |parts: &[Vec<u8>], expected: Option<&str>| {
            assert_eq!(read(&parts.concat()).ok().as_deref(), expected, "{parts:?}");
        };
        let whole = || frame(b"abc");
        check(&[whole()], Some("abc"));
        check(&[whole(), frame(b""), frame(b"def")], Some("abcdef"));
        check(
            &[
                skippable(0x50, b"x"),
                whole(),
                skippable(0x5f, b""),
                whole(),
            ],
            Some("abcabc"),
        );
        check(&[skippable(0x50, b"")], Some(""));
        check(&[whole(), b"abc".to_vec()], None);
        check(&[whole(), b"junk".to_vec()], None);
        check(&[whole()[..whole().len() - 1].to_vec()], None);
        check(&[whole(), skippable(0x51, b"abc")[..9].to_vec()], None);
    }

    #[test]
    fn long_frames_are_read_whole() {
        let text = "0123456789abcdef".repeat(1 << 16);
        let frames = [frame(text.as_bytes()), frame(b"end")].concat();
        assert_eq!(read(&frames).unwrap(), format!("{text}end"));
    }

    #[test]
    fn what_is_compressed_is_known_by_its_beginning() {
        for head in [
            &b"\x1f\x8b"[..],
            b"\x28\xb5\x2f\xfd",
            b"\x5a\x2a\x4d\x18",
            b"BZh9",
        ] {
            assert!(is_compressed(head), "{head:?}");
        }
        assert!(!is_compressed(b"{\"a"));
        assert!(read(b"BZh9").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, start in 0..3_usize) {
            let magic: [&[u8]; 3] = [b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08", b"\x50\x2a\x4d\x18"];
            let _ = read(&[magic[start], &bytes].concat());
        }
    }
}
