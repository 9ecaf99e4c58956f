//! One header of a tar, understood as Go's archive/tar understands it, by which engines unpack layers
//! (src/archive/tar: `format.go`, `strconv.go`, `readHeader` of `reader.go`).

use std::io;

/// The unit of a tar.
pub(crate) const BLOCK: usize = 512;

/// A block whose checksum is right.
#[derive(Debug)]
pub(crate) struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    /// The header that `block` is; `None` where it is none.
    pub(crate) fn new(block: &'a [u8]) -> Option<Header<'a>> {
        const CHECKSUM: std::ops::Range<usize> = 148..156;
        let header = Header(block.get(..BLOCK)?);
        let stored = number(header.field(CHECKSUM.start, CHECKSUM.len()))?;
        let (mut unsigned, mut signed) = (0, 0);
        for (at, byte) in header.0.iter().enumerate() {
            let byte = if CHECKSUM.contains(&at) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        // Old tars added the bytes up as signed ones.
        let stored = i64::try_from(stored).ok()?;
        (stored == unsigned || stored == signed).then_some(header)
    }

    fn field(&self, start: usize, length: usize) -> &'a [u8] {
        self.0.get(start..start + length).unwrap_or_default()
    }

    pub(crate) fn flag(&self) -> u8 {
        self.field(156, 1).first().copied().unwrap_or(0)
    }

    pub(crate) fn size(&self) -> io::Result<u64> {
        let invalid = || io::Error::other("a header whose size is no number");
        number(self.field(124, 12)).ok_or_else(invalid)
    }

    pub(crate) fn link(&self) -> Vec<u8> {
        until_nul(self.field(157, 100)).to_vec()
    }

    /// The name with the prefix that some of the formats have.
    pub(crate) fn name(&self) -> Vec<u8> {
        let name = until_nul(self.field(0, 100));
        let prefix = until_nul(self.prefix());
        if prefix.is_empty() {
            return name.to_vec();
        }
        [prefix, b"/", name].concat()
    }

    fn prefix(&self) -> &'a [u8] {
        let is_posix = self.field(257, 6) == b"ustar\0";
        if is_posix && self.field(508, 4) == b"tar\0" {
            return self.field(345, 131);
        }
        let prefix = self.field(345, 155);
        // Go once wrote prefixes where GNU has times, and still reads them there.
        let has_time = |start| {
            let time = self.field(start, 12);
            time.first() == Some(&0) || is_number(time)
        };
        let is_mixed = self.is_gnu() && !(has_time(345) && has_time(357));
        if is_posix || is_mixed && until_nul(prefix).is_ascii() {
            return prefix;
        }
        b""
    }

    fn is_gnu(&self) -> bool {
        self.field(257, 8) == b"ustar  \0"
    }

    /// Whether blocks with more of a sparse file's map follow.
    pub(crate) fn has_longer_map(&self) -> io::Result<bool> {
        if !self.is_gnu() {
            return Err(io::Error::other("a sparse file that is not of GNU's form"));
        }
        Ok(self.field(482, 1) != [0])
    }
}

/// What stands before the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0);
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}

/// A number in octal, or in binary where the first bit is set; no negative one.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        // The second bit is the sign.
        if first & 0x40 != 0 {
            return None;
        }
        let start = u64::from(first & 0x3f);
        let add = |sum: u64, byte: &u8| Some(sum.checked_mul(256)? | u64::from(*byte));
        return rest.iter().try_fold(start, add);
    }
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(start) = field.iter().position(|byte| !is_padding(byte)) else {
        return Some(0);
    };
    let end = field.iter().rposition(|byte| !is_padding(byte))? + 1;
    let digits = until_nul(field.get(start..end)?);
    // `from_str_radix` takes a sign, and Go does not.
    let digits = digits
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| std::str::from_utf8(digits).ok())?;
    u64::from_str_radix(digits?, 8).ok()
}

/// Whether `field` holds a number, a negative one included.
fn is_number(field: &[u8]) -> bool {
    let is_negative = field.first().is_some_and(|first| first & 0xc0 == 0xc0);
    is_negative || number(field).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        let check = |field: &[u8], expected: Option<u64>| {
            assert_eq!(number(field), expected, "{field:?}");
        };
        check(b"0000644\0", Some(0o644));
        check(b" 644 \0 ", Some(0o644));
        check(b"\0\0", Some(0));
        check(b"64\x004", Some(0o64));
        check(b"+644", None);
        check(b"6 4", None);
        check(b"9", None);
        check(b"\x80\0\0\x01\x02", Some(0x102));
        check(b"\xff\xff\xff", None);
        check(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff", None);
    }

    #[test]
    fn prefixes_are_read_where_go_reads_them() {
        let check = |magic: &[u8], trailer: &[u8], time: &[u8], expected: &str| {
            let mut block = [0; BLOCK];
            block[..4].copy_from_slice(b"name");
            block[257..257 + magic.len()].copy_from_slice(magic);
            block[345..345 + time.len()].copy_from_slice(time);
            block[508..508 + trailer.len()].copy_from_slice(trailer);
            assert_eq!(Header(&block).name(), expected.as_bytes(), "{magic:?}");
        };
        check(b"ustar\x0000", b"", b"dir", "dir/name");
        check(b"ustar\0", b"", b"dir", "dir/name");
        check(b"ustar\0", b"tar\0", b"dir", "dir/name");
        check(b"ustar  \0", b"", b"123", "name");
        check(b"ustar  \0", b"", b"dir", "dir/name");
        check(b"", b"", b"dir", "name");
    }
}
