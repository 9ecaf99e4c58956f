//! JSON as far as Dockerfiles use it: arrays of strings in the exec form, and an object that names a frontend.
//!
//! Strict like Go's `encoding/json`, since only a valid array is an exec form. Values that are not strings are skipped
//! with an explicit stack of bounded depth.

use plimsoll_model::Span;

use super::{Spanned, Word};
use crate::SourceText;

/// How deep arrays and objects may nest; Go stops at 10000 too.
const MAX_DEPTH: usize = 10_000;

/// What an argument text is, seen as JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Array {
    /// An array of strings.
    Strings(Vec<Word>),
    /// A valid array that holds something else.
    OtherValues,
    /// No valid array.
    Invalid,
}

/// Reads `span` of `source` as an array of strings.
pub(super) fn array(source: &SourceText, span: Span) -> Array {
    let text = span.slice(source.as_str());
    if !text.starts_with('[') {
        return Array::Invalid;
    }
    let mut reader = Reader { text, at: 1 };
    match reader.items(source, span.start as usize) {
        Some((words, only_strings)) if reader.is_at_end() => {
            if only_strings {
                Array::Strings(words)
            } else {
                Array::OtherValues
            }
        }
        _ => Array::Invalid,
    }
}

/// The string under `key` of the object that `text` is; `start` is its first byte in the file. The last of several wins.
pub(super) fn string_member(text: &str, start: usize, key: &str) -> Option<Spanned<String>> {
    let source = SourceText::verbatim(text, start);
    let mut reader = Reader { text, at: 0 };
    reader.blanks();
    reader.eat(b'{').then_some(())?;
    let mut found = None;
    let mut first = true;
    while !reader.closes(b'}', &mut first)? {
        reader.blanks();
        let name = reader.string(&source, 0)?;
        reader.blanks();
        reader.eat(b':').then_some(())?;
        reader.blanks();
        let value = match reader.peek() {
            Some(b'"') => Some(reader.string(&source, 0)?),
            _ => reader.skip_value().map(|()| None)?,
        };
        if name.as_str() == key {
            found = value.map(|word| Spanned {
                value: word.as_str().to_owned(),
                span: word.span,
            });
        }
    }
    reader.is_at_end().then_some(found).flatten()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.blanks();
        self.peek().is_none()
    }

    /// Whether the container closes here; else reads the comma that another item needs.
    fn closes(&mut self, close: u8, first: &mut bool) -> Option<bool> {
        self.blanks();
        if self.eat(close) {
            return Some(true);
        }
        if !std::mem::take(first) {
            self.eat(b',').then_some(())?;
            self.blanks();
            if self.peek() == Some(close) {
                return None;
            }
        }
        Some(false)
    }

    /// The items of the array that was opened, and whether all are strings.
    fn items(&mut self, source: &SourceText, base: usize) -> Option<(Vec<Word>, bool)> {
        let mut words = Vec::new();
        let mut only_strings = true;
        let mut first = true;
        while !self.closes(b']', &mut first)? {
            self.blanks();
            if self.peek() == Some(b'"') {
                words.push(self.string(source, base)?);
            } else {
                self.skip_value()?;
                only_strings = false;
            }
        }
        Some((words, only_strings))
    }

    /// A string at the cursor, decoded; `base` is where the reader's text stands in `source`.
    fn string(&mut self, source: &SourceText, base: usize) -> Option<Word> {
        self.eat(b'"').then_some(())?;
        let start = self.at;
        let mut raw = SourceText::new();
        let mut run = start;
        loop {
            let here = self.at;
            match self.peek()? {
                b'"' => {
                    raw.append(source, Span::new(base + run, base + here));
                    self.at += 1;
                    return Some(Word {
                        raw,
                        span: source.source_span(Span::new(base + start, base + here)),
                    });
                }
                b'\\' => {
                    raw.append(source, Span::new(base + run, base + here));
                    let decoded = self.escape()?;
                    let written = source.source_span(Span::new(base + here, base + self.at));
                    raw.push_as(decoded.encode_utf8(&mut [0; 4]), written);
                    run = self.at;
                }
                byte if byte < 0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    /// The character an escape stands for; a lone surrogate becomes the replacement character.
    fn escape(&mut self) -> Option<char> {
        self.at += 1;
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return None,
        })
    }

    fn unicode_escape(&mut self) -> Option<char> {
        let high = self.hex4()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Some(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if self.eat(b'\\') && self.eat(b'u') {
            let low = self.hex4()?;
            if (0xDC00..0xE000).contains(&low) {
                return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
        }
        self.at = before;
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// Passes over any value.
    fn skip_value(&mut self) -> Option<()> {
        // The closing byte of every open container, and whether it has an item yet.
        let mut open: Vec<(u8, bool)> = Vec::new();
        loop {
            self.blanks();
            self.skip_item(&mut open)?;
            while let Some((close, first)) = open.last_mut() {
                let close = *close;
                if !self.closes(close, first)? {
                    break;
                }
                open.pop();
            }
            if open.is_empty() {
                return Some(());
            }
            self.blanks();
            self.member_name(&open)?;
        }
    }

    /// Reads the `"name":` that precedes a value in an object.
    fn member_name(&mut self, open: &[(u8, bool)]) -> Option<()> {
        if open.last().is_some_and(|(close, _)| *close == b'}') {
            self.skip_string()?;
            self.blanks();
            self.eat(b':').then_some(())?;
        }
        Some(())
    }

    /// Passes over a scalar, or opens a container.
    fn skip_item(&mut self, open: &mut Vec<(u8, bool)>) -> Option<()> {
        match self.peek()? {
            b'"' => self.skip_string(),
            byte @ (b'[' | b'{') => {
                self.at += 1;
                // In ASCII each closing bracket stands two behind its opening one.
                open.push((byte + 2, true));
                (open.len() < MAX_DEPTH).then_some(())
            }
            b't' => self.skip_word("true"),
            b'f' => self.skip_word("false"),
            b'n' => self.skip_word("null"),
            _ => self.skip_number(),
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        self.eat(b'"').then_some(())?;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    self.escape()?;
                }
                byte if byte < 0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        let found = self.text.get(self.at..)?.starts_with(word);
        self.at += word.len();
        found.then_some(())
    }

    fn skip_number(&mut self) -> Option<()> {
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<String>> {
        let source = SourceText::verbatim(text, 10);
        match array(&source, Span::new(0, text.len())) {
            Array::Strings(words) => Some(words.iter().map(|w| w.as_str().to_owned()).collect()),
            _ => None,
        }
    }

    #[test]
    fn arrays_of_strings_are_read() {
        let check = |text, expected: &[&str]| {
            let expected: Vec<String> = expected.iter().map(|s| (*s).to_owned()).collect();
            assert_eq!(words(text), Some(expected), "{text}");
        };
        check("[]", &[]);
        check("[ ]  ", &[]);
        check(r#"["a","b c"]"#, &["a", "b c"]);
        check(
            r#"[ "a" , "\n\u0041\ud83d\ude00\ud800x\/" ]"#,
            &["a", "\nA\u{1f600}\u{fffd}x/"],
        );
    }

    #[test]
    fn what_go_rejects_is_no_array() {
        for text in [
            "[",
            "[\"a\"",
            "['a']",
            "[\"a\",]",
            "[,\"a\"]",
            "[\"a\" \"b\"]",
            "[\"a\"] x",
            "[\"\\x\"]",
            "[\"a\tb\"]",
            "[01]",
            "[1,]",
            "[{]}",
            "[{\"a\"}]",
            "[tru]",
            "[\"a\";]",
            "[-]",
            "[1.]",
            "a",
            "",
        ] {
            let source = SourceText::verbatim(text, 0);
            assert_eq!(
                array(&source, Span::new(0, text.len())),
                Array::Invalid,
                "{text}"
            );
        }
    }

    #[test]
    fn other_values_are_told_apart() {
        for text in [
            "[1]",
            "[\"a\", null]",
            "[[[]], {\"a\": [1, {}], \"b\": -0.5e+3}]",
            "[true,false]",
        ] {
            let source = SourceText::verbatim(text, 0);
            assert_eq!(
                array(&source, Span::new(0, text.len())),
                Array::OtherValues,
                "{text}"
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = format!("[{}", "[".repeat(50_000));
        let source = SourceText::verbatim(&text, 0);
        assert_eq!(array(&source, Span::new(0, text.len())), Array::Invalid);
    }

    #[test]
    fn members_are_found() {
        let text = r#"{"a": [1, {"syntax": "no"}], "syntax": "docker/x:1"}"#;
        let found = string_member(text, 0, "syntax").unwrap();
        assert_eq!(found.value, "docker/x:1");
        assert_eq!(found.span.slice(text), "docker/x:1");
        assert_eq!(string_member("{\"syntax\": 1}", 0, "syntax"), None);
        assert_eq!(string_member("{\"syntax\": \"x\"", 0, "syntax"), None);
    }
}
