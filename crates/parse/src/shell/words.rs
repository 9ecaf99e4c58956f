//! Words: quotes, escapes, substitutions, here-document texts.

use super::parser::{Parser, is_meta, is_space};
use super::word::{PartKind, Word, WordPart};
use crate::SourceText;

/// What ends the text being read as parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A blank or an operator.
    Word,
    /// A blank outside parentheses.
    Regex,
    /// `"`
    DoubleQuote,
    /// Nothing but the end.
    HereDocument,
    /// `}`; whether the expansion stands within double quotes.
    Brace {
        /// Within double quotes.
        quoted: bool,
    },
    /// `]`
    Bracket,
    /// `)` outside parentheses
    Arithmetic,
}

impl Stop {
    /// Whether a backslash protects only what has a meaning within double quotes.
    fn is_quoted(self) -> bool {
        matches!(
            self,
            Stop::DoubleQuote
                | Stop::HereDocument
                | Stop::Brace { quoted: true }
                | Stop::Arithmetic
        )
    }

    /// Whether `'` quotes.
    fn has_single_quotes(self) -> bool {
        !self.is_quoted()
    }

    /// Whether `"` quotes.
    fn has_double_quotes(self) -> bool {
        !matches!(self, Stop::DoubleQuote | Stop::HereDocument)
    }

    /// Whether a byte opens or closes something that the end must lie outside of.
    fn nests(self, byte: u8) -> Option<bool> {
        match (self, byte) {
            (Stop::Word | Stop::Regex | Stop::Arithmetic, b'(') => Some(true),
            (Stop::Word | Stop::Regex | Stop::Arithmetic, b')') => Some(false),
            (Stop::Bracket, b'[') => Some(true),
            (Stop::Bracket, b']') => Some(false),
            _ => None,
        }
    }

    /// Whether a byte outside any nesting is the end.
    fn ends_at(self, byte: u8) -> bool {
        match self {
            Stop::Word => is_meta(byte),
            Stop::Regex => is_space(byte) || byte == b')',
            Stop::DoubleQuote => byte == b'"',
            Stop::HereDocument => false,
            Stop::Brace { .. } => byte == b'}',
            Stop::Bracket => byte == b']',
            Stop::Arithmetic => byte == b')',
        }
    }
}

impl Parser<'_> {
    /// A word, where one comes next.
    pub(super) fn word(&mut self) -> Option<Word> {
        let word = self.expression(Stop::Word);
        (!word.parts.is_empty()).then_some(word)
    }

    /// The parts up to `stop`, which is not taken.
    pub(super) fn expression(&mut self, stop: Stop) -> Word {
        let start = self.at;
        let parts = self.parts(stop);
        Word {
            span: self.span(start, self.at),
            parts,
        }
    }

    fn parts(&mut self, stop: Stop) -> Vec<WordPart> {
        let mut parts: Vec<WordPart> = Vec::new();
        let mut nesting = 0usize;
        while let Some(byte) = self.peek() {
            let start = self.at;
            if nesting == 0 && stop.ends_at(byte) {
                if !(stop == Stop::Word && self.goes_on_with(byte, &parts)) {
                    break;
                }
            } else if stop == Stop::Word && nesting > 0 && is_space(byte) {
                break;
            }
            if !self.count_node() {
                break;
            }
            if let Some(kind) = self.special(byte, stop) {
                self.push_part(&mut parts, start, kind);
                continue;
            }
            match stop.nests(byte) {
                Some(true) => nesting += 1,
                Some(false) => nesting = nesting.saturating_sub(1),
                None => {}
            }
            self.bump();
            self.take_while(|byte| !is_special(byte) && !is_meta(byte) && !is_bracket(byte));
            let text = self.slice(start, self.at).to_owned();
            self.push_part(&mut parts, start, PartKind::Literal(text));
        }
        parts
    }

    /// Whether an operator's byte belongs to the word: a process substitution, or an extended pattern.
    fn goes_on_with(&self, byte: u8, parts: &[WordPart]) -> bool {
        match byte {
            b'<' | b'>' => self.peek_at(1) == Some(b'('),
            b'(' => match parts.last().map(|part| &part.kind) {
                Some(PartKind::Literal(text)) => {
                    text.ends_with(['?', '*', '+', '@', '!']) && self.peek_at(1) != Some(b')')
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn push_part(&self, parts: &mut Vec<WordPart>, start: usize, kind: PartKind) {
        let span = self.span(start, self.at);
        if let PartKind::Literal(text) = &kind
            && let Some(WordPart {
                span: last_span,
                kind: PartKind::Literal(last),
            }) = parts.last_mut()
        {
            last.push_str(text);
            *last_span = last_span.cover(span);
            return;
        }
        if !matches!(&kind, PartKind::Literal(text) if text.is_empty()) {
            parts.push(WordPart { span, kind });
        }
    }

    /// A part that begins with `byte` and is more than text.
    fn special(&mut self, byte: u8, stop: Stop) -> Option<PartKind> {
        match byte {
            b'\\' => Some(self.escape(stop)),
            b'\'' if stop.has_single_quotes() => Some(self.single_quoted()),
            b'"' if stop.has_double_quotes() => Some(self.double_quoted(1)),
            b'`' => Some(self.backquoted(stop)),
            b'$' => self.dollar(stop),
            b'<' | b'>' if stop == Stop::Word && self.peek_at(1) == Some(b'(') => {
                Some(self.process_substitution())
            }
            _ => None,
        }
    }

    fn escape(&mut self, stop: Stop) -> PartKind {
        self.at += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return PartKind::Literal(String::new());
        }
        let protects = match self.peek() {
            None => false,
            Some(b'"') => stop != Stop::HereDocument,
            Some(byte) => !stop.is_quoted() || matches!(byte, b'$' | b'`' | b'\\' | b'}'),
        };
        if !protects {
            return PartKind::Literal("\\".to_owned());
        }
        PartKind::Escaped(self.bump().map(String::from).unwrap_or_default())
    }

    fn single_quoted(&mut self) -> PartKind {
        let start = self.at;
        self.at += 1;
        let text = self.take_while(|byte| byte != b'\'').to_owned();
        if !self.eat("'") {
            self.error(start, start + 1, "this quote is not closed");
        }
        PartKind::SingleQuoted(text)
    }

    /// `"…"` behind `prefix` bytes, of which the last is the quote.
    fn double_quoted(&mut self, prefix: usize) -> PartKind {
        let start = self.at;
        self.at += prefix;
        let Some(parts) = self.nested(|parser| parser.parts(Stop::DoubleQuote)) else {
            return PartKind::Opaque;
        };
        if !self.eat("\"") {
            self.error(start, start + prefix, "this quote is not closed");
        }
        PartKind::DoubleQuoted(parts)
    }

    fn process_substitution(&mut self) -> PartKind {
        let start = self.at;
        self.at += 2;
        let list = self.nested(|parser| parser.substituted_list(start));
        list.map_or(PartKind::Opaque, PartKind::ProcessSubstitution)
    }

    fn backquoted(&mut self, stop: Stop) -> PartKind {
        let start = self.at;
        self.at += 1;
        let mut inner = SourceText::new();
        loop {
            let run = self.at;
            self.take_while(|byte| !matches!(byte, b'`' | b'\\'));
            self.push_run(&mut inner, run);
            match self.peek() {
                Some(b'\\') => self.push_unescaped(&mut inner, stop),
                _ => break,
            }
        }
        if !self.eat("`") {
            self.error(start, start + 1, "this backquote is not closed");
        }
        self.unescaped_list(&inner)
            .map_or(PartKind::Opaque, PartKind::CommandSubstitution)
    }

    /// Appends the text from `start` to here.
    fn push_run(&self, inner: &mut SourceText, start: usize) {
        let text = self.slice(start, self.at);
        let written = self.span(start, self.at);
        if written.len() == text.len() {
            inner.push_as(text, written);
            return;
        }
        let mut at = start;
        for character in text.chars() {
            let end = at + character.len_utf8();
            inner.push_as(self.slice(at, end), self.span(at, end));
            at = end;
        }
    }

    /// Appends what a backslash between backquotes and the character behind it mean there.
    fn push_unescaped(&mut self, inner: &mut SourceText, stop: Stop) {
        let start = self.at;
        self.at += 1;
        let escaped = match self.peek() {
            Some(b'`' | b'\\' | b'$') => true,
            Some(b'"') => stop == Stop::DoubleQuote,
            _ => false,
        };
        if escaped {
            let text = self.slice(self.at, self.at + 1);
            self.at += 1;
            inner.push_as(text, self.span(start, self.at));
        } else {
            self.push_run(inner, start);
        }
    }

    /// The text of a here-document.
    pub(super) fn here_body(&mut self, start: usize, end: usize, quoted: bool) -> Word {
        let span = self.span(start, end);
        if quoted {
            let text = self.slice(start, end).to_owned();
            let kind = PartKind::Literal(text);
            let parts = if span.is_empty() {
                Vec::new()
            } else {
                vec![WordPart { span, kind }]
            };
            return Word { span, parts };
        }
        let (at, outer_end) = (self.at, self.end);
        (self.at, self.end) = (start, end);
        let parts = self
            .nested(|parser| parser.parts(Stop::HereDocument))
            .unwrap_or_default();
        (self.at, self.end) = (at, outer_end);
        Word { span, parts }
    }

    /// `$"…"`, with the cursor on the `$`.
    pub(super) fn translated(&mut self) -> PartKind {
        self.double_quoted(2)
    }
}

/// Whether a byte can begin a part that is more than text.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'\'' | b'"' | b'`' | b'$' | b'}')
}

fn is_bracket(byte: u8) -> bool {
    matches!(byte, b'[' | b']')
}
