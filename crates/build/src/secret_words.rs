//! Values that must not be read in a log, and taking them out of one.

use std::collections::BTreeMap;

use plimsoll_secrets::is_credential_name;

/// What stands for a secret.
const STAND_IN: &str = "***";
/// Shorter pieces of a secret are not told from ordinary text.
const SHORTEST: usize = 4;
/// A line this long may go on in the next piece.
const LONG_LINE: usize = 8 << 10;

/// Whether a build argument of that name holds a secret.
pub fn is_secret_argument(name: &str) -> bool {
    is_credential_name(name)
}

/// Takes secrets out of lines of output.
#[derive(Debug, Default)]
pub struct Mask {
    /// The longest first, so that a secret within another leaves nothing of it.
    words: Vec<String>,
    /// The end of each unfinished line, held back in case a secret goes on behind it.
    held: BTreeMap<(u32, bool), String>,
}

impl Mask {
    /// A mask of these secrets, and of each of their lines.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Mask {
        let mut words: Vec<String> = secrets
            .into_iter()
            .flat_map(|secret| {
                let text = String::from_utf8_lossy(secret).into_owned();
                let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
                lines
            })
            .filter(|word| word.len() >= SHORTEST)
            .collect();
        words.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        words.dedup();
        Mask {
            words,
            held: BTreeMap::new(),
        }
    }

    /// A mask of the arguments whose names tell of a secret, and of `further` secrets.
    pub(crate) fn of_arguments<'a>(
        arguments: &'a [(String, String)],
        further: impl IntoIterator<Item = &'a [u8]>,
    ) -> Mask {
        let named = arguments
            .iter()
            .filter(|(name, _)| is_secret_argument(name));
        let values = named.map(|(_, value)| value.as_bytes());
        Mask::new(values.chain(further))
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for word in &self.words {
            if text.contains(word.as_str()) {
                text = text.replace(word.as_str(), STAND_IN);
            }
        }
        text
    }

    /// A piece of a line of one output; long lines come in several. The end of a long piece is kept for the next one.
    pub fn piece(&mut self, step: u32, is_error: bool, text: &str) -> String {
        let mut whole = self.held.remove(&(step, is_error)).unwrap_or_default();
        whole.push_str(text);
        let masked = self.text(&whole);
        let longest = self.words.first().map_or(0, String::len);
        if text.len() < LONG_LINE || longest == 0 {
            return masked;
        }
        let mut cut = masked.len().saturating_sub(longest);
        while !masked.is_char_boundary(cut) {
            cut -= 1;
        }
        let (told, held) = masked.split_at(cut);
        self.held.insert((step, is_error), held.to_owned());
        told.to_owned()
    }

    /// What is still held back.
    pub fn rest(&mut self) -> Vec<(u32, bool, String)> {
        let held = std::mem::take(&mut self.held);
        let rest = held.into_iter();
        rest.map(|((step, is_error), text)| (step, is_error, self.text(&text)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out() {
        let mask = Mask::new([&b"hunter22\nsecond line\nab"[..], b"hunter22-and-more"]);
        for (text, expected) in [
            ("x hunter22 y", "x *** y"),
            ("hunter22-and-more", "***"),
            ("a second line b", "a *** b"),
            ("ab", "ab"),
        ] {
            assert_eq!(mask.text(text), expected);
        }
    }

    #[test]
    fn a_secret_cut_in_two_is_found() {
        let mut mask = Mask::new([&b"correct horse battery"[..]]);
        let first = format!("{}correct horse", "x".repeat(LONG_LINE));
        let mut shown = mask.piece(1, false, &first);
        shown.push_str(&mask.piece(1, false, " battery staple"));
        assert!(
            shown.ends_with("x*** staple"),
            "{}",
            &shown[shown.len() - 40..]
        );
        assert!(mask.rest().is_empty());
    }
}
