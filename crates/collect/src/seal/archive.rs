//! The blocks of a tar archive: the older form where it suffices, extended headers where a name or size needs them.

use std::io::Write as _;

/// Tar's unit.
const BLOCK: usize = 512;
/// When everything in a sealed context was last changed: the first second that every archive format can hold.
pub const SEALED_TIME: u64 = 315_532_800;
/// The largest size that eleven octal digits hold.
const MOST_OCTAL: u64 = 0o77_777_777_777;
/// What ends an archive.
pub(super) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// A block that no reader takes for a header: its checksum is wrong. It ends an archive that must not be used.
pub(super) const POISON: [u8; BLOCK] = [b'!'; BLOCK];

/// What a header says.
pub(super) struct Header<'a> {
    /// The path, without a slash at its end.
    pub(super) path: &'a str,
    /// What it is.
    pub(super) form: Form<'a>,
}

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    Folder,
    File { size: u64, executable: bool },
    Link { target: &'a str },
}

impl Form<'_> {
    pub(super) fn mode(self) -> u32 {
        match self {
            Form::Folder
            | Form::File {
                executable: true, ..
            } => 0o755,
            Form::File {
                executable: false, ..
            } => 0o644,
            Form::Link { .. } => 0o777,
        }
    }
}

impl Header<'_> {
    /// Appends the header, with an extended one before it where it is needed.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut path = self.path.to_owned();
        if matches!(self.form, Form::Folder) {
            path.push('/');
        }
        let (kind, size, target) = match self.form {
            Form::Folder => (b'5', 0, ""),
            Form::File { size, .. } => (b'0', size, ""),
            Form::Link { target } => (b'2', 0, target),
        };
        let mut records = Vec::new();
        for (key, text) in [("path", path.as_str()), ("linkpath", target)] {
            if !fits(text) {
                record(&mut records, key, text);
            }
        }
        if size > MOST_OCTAL {
            record(&mut records, "size", &size.to_string());
        }
        if !records.is_empty() {
            block(out, "PaxHeader", "", b'x', 0o644, records.len() as u64);
            out.extend_from_slice(&records);
            pad(out, records.len() as u64);
        }
        block(out, &path, target, kind, self.form.mode(), size);
    }
}

/// Whether a header's field holds the text.
fn fits(text: &str) -> bool {
    text.len() <= 100 && text.is_ascii()
}

/// A record of an extended header. Its length counts its own digits.
fn record(out: &mut Vec<u8>, key: &str, text: &str) {
    let rest = key.len() + text.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    // Writing to a vector does not fail.
    let _ = writeln!(out, "{length} {key}={text}");
}

/// Fills up to a whole block after `size` bytes of content.
pub(super) fn pad(out: &mut Vec<u8>, size: u64) {
    out.resize(out.len() + padding(size), 0);
}

/// How many bytes fill the last block of `size` bytes.
pub(super) fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

fn block(out: &mut Vec<u8>, path: &str, target: &str, kind: u8, mode: u32, size: u64) {
    let mut block = [0_u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8], most: usize| {
        let bytes = bytes.get(..bytes.len().min(most)).unwrap_or_default();
        if let Some(place) = block.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    put(0, path.as_bytes(), 100);
    put(100, format!("{mode:07o}").as_bytes(), 8);
    put(108, b"0000000", 8);
    put(116, b"0000000", 8);
    put(124, format!("{:011o}", size.min(MOST_OCTAL)).as_bytes(), 12);
    put(136, format!("{SEALED_TIME:011o}").as_bytes(), 12);
    put(148, b"        ", 8);
    put(156, &[kind], 1);
    put(157, target.as_bytes(), 100);
    put(257, b"ustar\x0000", 8);
    put(329, b"0000000", 8);
    put(337, b"0000000", 8);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(place) = block.get_mut(148..156) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    out.extend_from_slice(&block);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_their_own_length() {
        for (length, expected) in [
            (1, "9 path=x\n"),
            (89, "98 path="),
            (90, "99 path="),
            (91, "101 path="),
        ] {
            let mut out = Vec::new();
            record(&mut out, "path", &"x".repeat(length));
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with(expected), "{text}");
            let said: usize = text.split(' ').next().unwrap().parse().unwrap();
            assert_eq!(said, text.len());
        }
    }

    #[test]
    fn blocks_are_whole() {
        for size in [0, 1, 511, 512, 513] {
            assert_eq!((size as usize + padding(size)) % BLOCK, 0);
        }
    }
}
