//! Whether a value is a credential or only looks like one.

use crate::found::Reason;
use crate::placeholder;
use crate::rule::Rule;

/// A value longer than this may hold any short word by chance.
const LONGEST_WITH_WORDS: usize = 128;

/// Why a value of a credential's own form is none. `body` is what follows the fixed beginning.
pub(crate) fn of_form(rule: &Rule, value: &[u8], body: &[u8]) -> Option<Reason> {
    documented(value).or_else(|| shape(body)).or_else(|| {
        let least = rule.entropy.unwrap_or_else(|| least_entropy(body.len()));
        (entropy(body) < least).then_some(Reason::LowEntropy)
    })
}

fn documented(value: &[u8]) -> Option<Reason> {
    let is_example = DOCUMENTED.iter().any(|parts| is_joined(value, parts));
    is_example.then_some(Reason::DocumentedExample)
}

/// Why a value is none by its characters alone.
pub(crate) fn shape(value: &[u8]) -> Option<Reason> {
    if let Some(reason) = documented(value) {
        return Some(reason);
    }
    if value.is_empty() {
        return Some(Reason::Empty);
    }
    if value.iter().all(|byte| Some(byte) == value.first()) {
        return Some(Reason::RunOfOne);
    }
    if has_long_run(value) {
        return Some(Reason::StandIn);
    }
    if is_repetition(value) {
        return Some(Reason::Repetition);
    }
    if is_sequence(value) {
        return Some(Reason::Sequence);
    }
    if value.len() <= LONGEST_WITH_WORDS
        && let Ok(text) = std::str::from_utf8(value)
        && placeholder::is_placeholder(text)
    {
        return Some(Reason::StandIn);
    }
    None
}

/// `xxxxxxxx`, `........`, `********` within a value: a blank to be filled in.
fn has_long_run(value: &[u8]) -> bool {
    const LONGEST_BY_CHANCE: usize = 6;
    let mut run = 0;
    let mut last = None;
    for byte in value {
        run = if Some(byte) == last { run + 1 } else { 1 };
        last = Some(byte);
        if run > LONGEST_BY_CHANCE && value.len() < 256 {
            return true;
        }
    }
    false
}

/// Whether most characters follow their neighbour, or the one before it, as in the alphabet or a count.
fn is_sequence(value: &[u8]) -> bool {
    if value.len() < 6 {
        return false;
    }
    let steps = |stride: usize| {
        value
            .iter()
            .zip(value.iter().skip(stride))
            .filter(|(one, next)| {
                let up = next
                    .to_ascii_lowercase()
                    .wrapping_sub(one.to_ascii_lowercase());
                up == 1 || up == 255 || (**one == b'9' && **next == b'0')
            })
            .count()
            * 100
            / (value.len() - stride)
    };
    steps(1) >= 60 || steps(2) >= 60
}

/// Whether the value is a text of at most sixteen characters, again and again.
fn is_repetition(value: &[u8]) -> bool {
    (2..=16).any(|period| {
        value.len() >= period * 3
            && value
                .iter()
                .zip(value.iter().skip(period))
                .all(|(one, next)| one == next)
    })
}

/// What chance does not fall below, for a value of this length.
fn least_entropy(length: usize) -> f32 {
    match length {
        0..=7 => 0.0,
        8..=15 => 1.8,
        16..=31 => 2.4,
        _ => 2.7,
    }
}

/// Shannon entropy in bits per character.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f32 / total;
            -share * share.log2()
        })
        .sum()
}

fn is_joined(value: &[u8], parts: &[&str]) -> bool {
    let mut rest = value;
    parts
        .iter()
        .all(|part| match rest.strip_prefix(part.as_bytes()) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        })
        && rest.is_empty()
}

/// Examples of the issuers' documentation, in parts, so that no scanner takes them for keys here.
const DOCUMENTED: [&[&str]; 11] = [
    &["AKIA", "IOSFODNN7", "EXAMPLE"],
    &["wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY"],
    &["sk_test_", "4eC39HqLyjWD", "arjtT1zdp7dc"],
    &["sk_test_", "BQokikJOvBiI2", "HlWgH4olfQ2"],
    // Of RFC 6749, 6750 and 7636, which every library of OAuth repeats.
    &["2YotnFZFEjr1", "zCsicMWpAA"],
    &["tGzv3JOkF0XG", "5Qx2TlKWIA"],
    &["SplxlOBeZQQY", "bYS6WxSbIA"],
    &["gX1f", "Bat3bV"],
    &["7Fjfp0ZBr1Kt", "DRbnfVdmIw"],
    &["czZCaGRSa3F0", "MzpnWDFmQmF0M2JW"],
    &["dBjftJeZ4CVP-mB92K27uh", "bUJU1p1r_wW1gFWFOEjXk"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Option<Reason>) {
        assert_eq!(shape(value.as_bytes()), expected, "{value}");
    }

    #[test]
    fn stand_ins_are_told_by_their_shape() {
        check("", Some(Reason::Empty));
        check("aaaaaaaa", Some(Reason::RunOfOne));
        check("abcdefghijklmnopqrstuvwxyz012345", Some(Reason::Sequence));
        check("0123456789abcdef0123456789abcdef", Some(Reason::Sequence));
        check("a1b2c3d4e5f6g7h8i9j0", Some(Reason::Sequence));
        check("abcxyzabcxyzabcxyz", Some(Reason::Repetition));
        check("11AAAAAAAAAAAAAAAA0kF3", Some(Reason::StandIn));
        check("your_token_goes_here", Some(Reason::StandIn));
        check("Zk3vQ8sT1wXy5bN7mR2p", None);
        check("0f3e9a7bd1c248560f7e2d9c4b1a8365", None);
    }

    #[test]
    fn entropy_is_in_bits_per_character() {
        assert!(entropy(b"") < 0.01);
        assert!((entropy(b"abcd") - 2.0).abs() < 0.01);
        assert!((entropy(b"aabb") - 1.0).abs() < 0.01);
    }
}
