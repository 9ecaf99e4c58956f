//! What a file is, told by its first bytes alone.

use crate::image::tar_header::{BLOCK, Header};

/// How much of a file is looked at.
pub(super) const HEAD: usize = BLOCK;

/// An archive, or a compressed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Zip,
    Tar,
    /// One file, which may be a tar, by gzip or Zstandard.
    Compressed,
    /// Something that is not read.
    Unread(&'static str),
}

impl Form {
    pub(super) fn of(head: &[u8]) -> Option<Form> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Form::Zip),
            // The method deflate, and no flag that means nothing.
            [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Some(Form::Compressed),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Form::Compressed),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Form::Unread("xz")),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => {
                Some(Form::Unread("bzip2"))
            }
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Some(Form::Unread("7z")),
            [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Form::Unread("rar")),
            _ => Header::new(head).map(|_| Form::Tar),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_their_first_bytes() {
        let check = |head: &[u8], expected| assert_eq!(Form::of(head), expected, "{head:?}");
        check(b"PK\x03\x04rest", Some(Form::Zip));
        check(b"PK\x05\x06", Some(Form::Zip));
        check(b"PK and text", None);
        check(b"\x1f\x8b\x08\x00rest", Some(Form::Compressed));
        check(b"\x1f\x8b\x08\xff", None);
        check(b"\x28\xb5\x2f\xfd", Some(Form::Compressed));
        check(b"\xfd7zXZ\0", Some(Form::Unread("xz")));
        check(b"BZh91AY&SY", Some(Form::Unread("bzip2")));
        check(b"BZh is a word", None);
        check(b"7z\xbc\xaf\x27\x1c", Some(Form::Unread("7z")));
        check(b"Rar!\x1a\x07", Some(Form::Unread("rar")));
        check(&[0; HEAD], None);
        check(&[b' '; HEAD], None);
        check(b"", None);
    }
}
