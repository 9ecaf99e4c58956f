//! Check digits of credentials.

use crate::rule::Checksum;

/// Whether a value's check digits fit.
pub(crate) fn holds(checksum: Checksum, value: &[u8]) -> bool {
    match checksum {
        Checksum::GithubCrc32 => base62_holds(value),
        Checksum::CloudflareCrc32 => hexadecimal_holds(value),
    }
}

/// The last six characters are the CRC-32 of the thirty before them, or of all between the last `_` and them.
fn base62_holds(value: &[u8]) -> bool {
    let Some((body, digits)) = value
        .len()
        .checked_sub(6)
        .and_then(|at| value.split_at_checked(at))
    else {
        return false;
    };
    let start = body
        .iter()
        .rposition(|byte| *byte == b'_')
        .map_or(0, |at| at + 1);
    let random = body.get(start..).unwrap_or_default();
    base62(crc32(random)) == digits || base62(crc32(body)) == digits
}

fn base62(number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = number as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS.get(rest % 62).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits
}

/// The last eight characters are the CRC-32 of all between the first `_` and them.
fn hexadecimal_holds(value: &[u8]) -> bool {
    let Some((body, digits)) = value
        .len()
        .checked_sub(8)
        .and_then(|at| value.split_at_checked(at))
    else {
        return false;
    };
    let start = body
        .iter()
        .position(|byte| *byte == b'_')
        .map_or(0, |at| at + 1);
    let random = body.get(start..).unwrap_or_default();
    let fits = |text: &[u8]| {
        format!("{:08x}", crc32(text))
            .as_bytes()
            .eq_ignore_ascii_case(digits)
    };
    fits(random) || fits(body)
}

/// CRC-32 as in zip and PNG.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
    }

    #[test]
    fn made_tokens_hold_and_changed_ones_do_not() {
        let random = b"Zk3vQ8sT1wXy5bN7mR2pL9cD4fG6hJ";
        let mut token = b"ghp_".to_vec();
        token.extend_from_slice(random);
        token.extend_from_slice(&base62(crc32(random)));
        assert!(holds(Checksum::GithubCrc32, &token));
        token[5] = b'z';
        assert!(!holds(Checksum::GithubCrc32, &token));
        assert!(!holds(Checksum::GithubCrc32, b"abc"));
        let random = b"Zk3vQ8sT1wXy5bN7mR2pL9cD4fG6hJkM1nP5qR8s";
        let mut token = b"cfut_".to_vec();
        token.extend_from_slice(random);
        token.extend_from_slice(format!("{:08x}", crc32(random)).as_bytes());
        assert!(holds(Checksum::CloudflareCrc32, &token));
    }
}
