//! Other ways a path may be read than the way it is written.

/// What hides a path's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disguise {
    /// `\` is a separator on Windows and part of a name elsewhere.
    Backslash,
    /// `%2e%2e%2f`: some reader decodes it.
    PercentEncoding,
    /// Blanks at an end, which many readers trim.
    SurroundingBlanks,
}

/// The path as another reader takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The path then.
    pub path: String,
    /// What had to be undone.
    pub disguise: Disguise,
}

/// The readings of `input` that differ from `input` itself, each with one disguise undone.
pub fn other_readings(input: &str) -> Vec<Reading> {
    let candidates = [
        (Disguise::SurroundingBlanks, input.trim().to_owned()),
        (Disguise::Backslash, input.replace('\\', "/")),
        (Disguise::PercentEncoding, percent_decoded(input)),
    ];
    let differing = candidates.into_iter().filter(|(_, path)| path != input);
    differing
        .map(|(disguise, path)| Reading { path, disguise })
        .collect()
}

/// Decodes `%XX`; where the result is not UTF-8, the input as it is.
fn percent_decoded(input: &str) -> String {
    let mut bytes = Vec::with_capacity(input.len());
    let mut rest = input.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let decoded = match (first, digits) {
            (b'%', Some(digits)) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u8::from_str_radix(digits, 16).ok()
            }
            _ => None,
        };
        bytes.push(decoded.unwrap_or(first));
        rest = behind
            .get(if decoded.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    String::from_utf8(bytes).unwrap_or_else(|_| input.to_owned())
}
