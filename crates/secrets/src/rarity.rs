//! How rare a text is among the words of source code: what people name things is not, what chance makes is.

mod table;

use table::SIXTEENTHS;

/// Mean bits per pair of neighbours. Names and words have about four, random letters and digits eight to nine.
pub(crate) fn rarity(text: &[u8]) -> f32 {
    let pairs = text.len().saturating_sub(1);
    if pairs == 0 {
        return 0.0;
    }
    pair_bits(text) as f32 / 16.0 / pairs as f32
}

/// Sixteenths of a bit of all pairs of neighbours together.
pub(crate) fn pair_bits(text: &[u8]) -> u32 {
    text.iter()
        .zip(text.iter().skip(1))
        .map(|(first, second)| sixteenths(*first, *second))
        .sum()
}

/// Whether chance rather than somebody's language made the text.
pub(crate) fn is_rare(text: &[u8]) -> bool {
    // Below these lie 99 of 100 names of that length, above them 99 of 100 random texts.
    let least = match text.len() {
        0..=7 => return false,
        8..=11 => 6.7,
        12..=15 => 6.2,
        _ => 5.9,
    };
    rarity(text) >= least
}

fn sixteenths(first: u8, second: u8) -> u32 {
    match (place(first), place(second)) {
        (Some(row), Some(column)) => SIXTEENTHS
            .get(row)
            .and_then(|row| row.get(column))
            .map_or(0, |bits| u32::from(*bits)),
        // What is no letter, digit, `_` or `-` says nothing either way.
        _ => 16 * 6,
    }
}

fn place(byte: u8) -> Option<usize> {
    let at = match byte {
        b'a'..=b'z' => byte - b'a',
        b'A'..=b'Z' => byte - b'A' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'_' => 62,
        b'-' => 63,
        _ => return None,
    };
    Some(usize::from(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_chance() {
        for name in [
            "application_credentials",
            "getAccessToken",
            "X-Requested-With",
            "password-confirmation",
            "kubernetes-dashboard-token",
            "MAX_CONNECTIONS_PER_HOST",
            "user.settings.password",
            "sha256-fingerprint",
        ] {
            assert!(
                !is_rare(name.as_bytes()),
                "{name} {}",
                rarity(name.as_bytes())
            );
        }
        for value in [
            "Zk3vQ8sT1wXy5bN7mR2p",
            "6f0cbd58c65b9a9e6731e1a5ee04acf4",
            "x7Kp2mQz",
            "qvzkxwpjrmtbnxhg",
            "WMPnuFlmHGmGgbkdvbC3ye72VsPUZHOz",
        ] {
            assert!(
                is_rare(value.as_bytes()),
                "{value} {}",
                rarity(value.as_bytes())
            );
        }
    }
}
