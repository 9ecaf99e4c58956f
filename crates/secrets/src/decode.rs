//! Encodings in which credentials are carried: read leniently, never past a bound.

/// Marks what is no digit of base64.
const NONE: u8 = 0xff;

/// The values of the characters of base64, of either alphabet.
static DIGITS: [u8; 256] = {
    let mut digits = [NONE; 256];
    let mut at = 0;
    while at < 26 {
        digits[b'A' as usize + at] = at as u8;
        digits[b'a' as usize + at] = at as u8 + 26;
        at += 1;
    }
    at = 0;
    while at < 10 {
        digits[b'0' as usize + at] = at as u8 + 52;
        at += 1;
    }
    digits[b'+' as usize] = 62;
    digits[b'-' as usize] = 62;
    digits[b'/' as usize] = 63;
    digits[b'_' as usize] = 63;
    digits
};

/// The value of a character of base64, of either alphabet.
pub(crate) fn base64_digit(byte: u8) -> Option<u8> {
    let digit = DIGITS.get(usize::from(byte)).copied().unwrap_or(NONE);
    (digit != NONE).then_some(digit)
}

/// The six bytes of the first eight characters, if they are base64.
pub(crate) fn first_six(text: &[u8]) -> Option<[u8; 6]> {
    let mut sum = 0_u64;
    for byte in text.first_chunk::<8>()? {
        sum = sum << 6 | u64::from(base64_digit(*byte)?);
    }
    let [_, _, six @ ..] = sum.to_be_bytes();
    Some(six)
}

/// Base64 of either alphabet, with or without padding, broken into lines or not; up to the first other character.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut held = 0_u32;
    let mut bits = 0;
    for byte in text {
        let Some(digit) = base64_digit(*byte) else {
            if matches!(byte, b'\n' | b'\r') {
                continue;
            }
            break;
        };
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    out
}

/// Pairs of hexadecimal digits, up to the first other character.
pub(crate) fn hexadecimal(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.chunks_exact(2)
        .map_while(|pair| match pair {
            [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
            _ => None,
        })
        .filter_map(|byte| u8::try_from(byte).ok())
        .collect()
}

/// `%41`, `\x41`, `\u0041`, `\u{41}` as the characters they stand for; all else stays.
pub(crate) fn escapes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (bytes, length) = match first {
            b'%' => (number(rest, 1, 2), 3),
            b'\\' if rest.get(1) == Some(&b'x') => (number(rest, 2, 2), 4),
            b'\\' if rest.get(1) == Some(&b'u') && rest.get(2) == Some(&b'{') => braced(rest),
            b'\\' if rest.get(1) == Some(&b'u') => (number(rest, 2, 4), 6),
            _ => (None, 1),
        };
        match bytes.and_then(char::from_u32) {
            Some(character) => {
                let mut buffer = [0; 4];
                out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out
}

fn braced(rest: &[u8]) -> (Option<u32>, usize) {
    let digits = rest
        .iter()
        .skip(3)
        .take(6)
        .take_while(|byte| **byte != b'}')
        .count();
    (number(rest, 3, digits), digits + 4)
}

fn number(text: &[u8], at: usize, length: usize) -> Option<u32> {
    let digits = text.get(at..at + length)?;
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |sum, byte| {
        Some(sum << 4 | char::from(*byte).to_digit(16)?)
    })
}

/// Whether decoded bytes are text, by their beginning.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let looked = bytes.get(..24).unwrap_or(bytes);
    looked.len() >= 6 && looked.iter().all(|byte| is_text_byte(*byte))
}

pub(crate) fn is_text_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')
}

/// UTF-16 as one byte a character, others as `?`, so that the place in the text is half the place in the bytes.
pub(crate) fn narrowed(units: &[u8], little: bool) -> Vec<u8> {
    units
        .chunks_exact(2)
        .map(|unit| {
            let (low, high) = match unit {
                [first, second] if little => (*first, *second),
                [first, second] => (*second, *first),
                _ => (0, 0),
            };
            if high == 0 && low < 0x80 { low } else { b'?' }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encodings_are_read() {
        assert_eq!(base64(b"aGVsbG8gd29ybGQ="), b"hello world");
        assert_eq!(base64(b"aGVs\nbG8"), b"hello");
        assert_eq!(base64(b"_-8"), base64(b"/+8"));
        assert_eq!(hexadecimal(b"68656c6C6f"), b"hello");
        assert_eq!(escapes(br"%67hp\x5f\u0041\u{42}%zz\q"), br"ghp_AB%zz\q");
        assert_eq!(narrowed(b"g\0h\0\x26\x26", true), b"gh?");
        assert_eq!(narrowed(b"\0g\0h", false), b"gh");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = base64(&bytes);
            let _ = hexadecimal(&bytes);
            prop_assert!(escapes(&bytes).len() <= bytes.len() * 2);
            let _ = narrowed(&bytes, true);
        }
    }
}
