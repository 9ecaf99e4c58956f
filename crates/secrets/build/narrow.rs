//! How little a pattern leaves open: of two rules that match the same bytes, the narrower one knows better.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Nothing is told apart above this.
const MOST: u32 = 1 << 16;

/// How improbable it is that random ASCII matches, in bits, for the shortest match.
pub(crate) fn bits(hir: &Hir) -> u32 {
    let bits = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => 7 * u32::try_from(literal.0.len()).unwrap_or(MOST),
        HirKind::Class(class) => 7_u32.saturating_sub(size(class).max(1).ilog2()),
        HirKind::Capture(capture) => bits(&capture.sub),
        HirKind::Repetition(repetition) => bits(&repetition.sub).saturating_mul(repetition.min),
        HirKind::Concat(parts) => parts.iter().map(bits).fold(0, u32::saturating_add),
        HirKind::Alternation(parts) => parts.iter().map(bits).min().unwrap_or(0),
    };
    bits.min(MOST)
}

/// How much a pattern leaves open, in bits, for the shortest match: what whoever knows the pattern has to guess.
pub(crate) fn open(hir: &Hir) -> u32 {
    let bits = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => 0,
        // Up to the next whole bit, so that sixteen characters of 36 are more than of 32.
        HirKind::Class(class) => size(class).max(1).next_power_of_two().ilog2(),
        HirKind::Capture(capture) => open(&capture.sub),
        HirKind::Repetition(repetition) => open(&repetition.sub).saturating_mul(repetition.min),
        HirKind::Concat(parts) => parts.iter().map(open).fold(0, u32::saturating_add),
        HirKind::Alternation(parts) => parts.iter().map(open).min().unwrap_or(0),
    };
    bits.min(MOST)
}

/// How many characters a class has.
fn size(class: &Class) -> u32 {
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .map(|range| (u32::from(range.end()) - u32::from(range.start())).saturating_add(1))
            .fold(0, u32::saturating_add),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .map(|range| u32::from(range.end()) - u32::from(range.start()) + 1)
            .sum(),
    }
}
