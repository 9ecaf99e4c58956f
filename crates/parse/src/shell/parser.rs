//! The position in a script under reading, and what all parts of the parser do with it.

use plimsoll_model::Span;

use super::tree::{HereDocument, List, Redirection, RedirectionKind, Script};
use super::word::Word;
use super::{MAXIMUM_DEPTH, MAXIMUM_NODES};
use crate::{SourceText, SyntaxError};

/// What ends the list being read.
#[derive(Clone, Copy)]
pub(super) struct Closer {
    /// The reserved words that do.
    pub(super) words: &'static [&'static str],
    /// Whether `)` does; nothing further out is looked for then.
    pub(super) parenthesis: bool,
    /// Whether `;;` does.
    pub(super) arm: bool,
}

/// A here-document that was read ahead of the line end before it.
struct ReadAhead {
    /// Where the line with its operator ends.
    line_end: usize,
    /// Where the text after it goes on.
    resume: usize,
}

/// Reads one text from front to back.
pub(super) struct Parser<'t> {
    text: &'t str,
    origin: &'t SourceText,
    /// The next byte.
    pub(super) at: usize,
    /// One past the last byte to read.
    pub(super) end: usize,
    depth: usize,
    nodes: usize,
    closers: Vec<Closer>,
    read_ahead: Option<ReadAhead>,
    errors: Vec<SyntaxError>,
    comments: Vec<Span>,
}

impl<'t> Parser<'t> {
    /// A parser of all of `origin`'s text, `depth` constructs deep.
    pub(super) fn new(origin: &'t SourceText, depth: usize) -> Parser<'t> {
        Parser {
            text: origin.as_str(),
            origin,
            at: 0,
            end: origin.as_str().len(),
            depth,
            nodes: 0,
            closers: Vec::new(),
            read_ahead: None,
            errors: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// Reads everything.
    pub(super) fn script(mut self) -> Script {
        Script {
            body: self.list(),
            comments: self.comments,
            errors: self.errors,
            cut: self.nodes > MAXIMUM_NODES,
        }
    }

    /// The source bytes of a range of the text.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.origin.source_span(Span::new(start, end))
    }

    /// The text of a range, empty where it does not fit.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    /// The byte `ahead` of the next one.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        (at < self.end).then(|| self.text.as_bytes().get(at).copied())?
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    /// Whether the text goes on with `expected`.
    pub(super) fn looking_at(&self, expected: &str) -> bool {
        self.slice(self.at, self.end).starts_with(expected)
    }

    /// Takes `expected` where the text goes on with it.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.looking_at(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Takes one character.
    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.slice(self.at, self.end).chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes bytes while `accept`; ASCII only decides, so characters stay whole.
    pub(super) fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'t str {
        let start = self.at;
        let rest = self
            .text
            .as_bytes()
            .get(start..self.end)
            .unwrap_or_default();
        self.at += rest
            .iter()
            .position(|byte| !accept(*byte))
            .unwrap_or(rest.len());
        self.slice(start, self.at)
    }

    /// Records an error over a range.
    pub(super) fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        if self.errors.len() < MAXIMUM_NODES {
            let span = self.span(start, end);
            self.errors.push(SyntaxError::new(span, message));
        }
    }

    /// Counts one command or part of a word; past the bound, passes over the rest of the text.
    pub(super) fn count_node(&mut self) -> bool {
        if self.nodes >= MAXIMUM_NODES {
            if self.nodes == MAXIMUM_NODES {
                self.nodes += 1;
                self.error(self.at, self.end, "too long to be read to its end");
            }
            self.at = self.end;
            return false;
        }
        self.nodes += 1;
        true
    }

    /// Runs `read` one level deeper; past the bound, passes over the rest of the text.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Parser<'t>) -> T) -> Option<T> {
        if self.depth >= MAXIMUM_DEPTH {
            let start = self.at;
            self.at = self.end;
            self.error(start, self.end, "nested too deep to be read");
            return None;
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        Some(result)
    }

    /// Reads a list up to one of `words`.
    pub(super) fn list_until(&mut self, words: &'static [&'static str]) -> List {
        self.list_with(Closer {
            words,
            parenthesis: false,
            arm: false,
        })
    }

    /// Reads a list up to what `closer` names.
    pub(super) fn list_with(&mut self, closer: Closer) -> List {
        self.closers.push(closer);
        let list = self.list();
        self.closers.pop();
        list
    }

    /// The closers that count here: from the innermost to the nearest parenthesis.
    fn open(&self) -> impl Iterator<Item = &Closer> {
        let inner = self
            .closers
            .iter()
            .rev()
            .position(|closer| closer.parenthesis);
        let count = inner.map_or(self.closers.len(), |at| at + 1);
        self.closers.iter().rev().take(count)
    }

    /// Whether what comes next ends a list that is being read.
    pub(super) fn at_closer(&self) -> bool {
        match self.peek() {
            Some(b')') => self.open().any(|closer| closer.parenthesis),
            Some(b';') => self.at_arm_end() && self.open().any(|closer| closer.arm),
            _ => {
                let word = self.plain_word();
                super::compound::is_closing_word(word)
                    && self.open().any(|closer| closer.words.contains(&word))
            }
        }
    }

    /// Whether `;;` or `;&` comes next.
    pub(super) fn at_arm_end(&self) -> bool {
        self.looking_at(";;") || self.looking_at(";&")
    }

    /// The coming word where it is short and nothing in it is quoted or expanded; else empty.
    pub(super) fn plain_word(&self) -> &'t str {
        const LONGEST_RESERVED: usize = 8;
        let rest = self
            .text
            .as_bytes()
            .get(self.at..self.end)
            .unwrap_or_default();
        let window = rest.get(..LONGEST_RESERVED + 1).unwrap_or(rest);
        let length = window
            .iter()
            .position(|byte| ends_plain_word(*byte))
            .unwrap_or(window.len());
        match rest.get(length) {
            Some(b'\'' | b'"' | b'\\' | b'$' | b'`') => "",
            _ if length > LONGEST_RESERVED => "",
            _ => self.slice(self.at, self.at + length),
        }
    }

    /// Takes the reserved word `word`.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.plain_word() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes the reserved word `word`, or says that it is missing.
    pub(super) fn expect_word(&mut self, word: &str) {
        if !self.eat_word(word) {
            self.error(self.at, self.at, format!("`{word}` is missing"));
        }
    }

    /// Takes blanks, joined lines and a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
            if self.looking_at("\\\n") {
                self.at += 2;
            } else if self.looking_at("\\\r\n") {
                self.at += 3;
            } else {
                break;
            }
        }
        if self.peek() == Some(b'#') {
            let start = self.at;
            self.take_while(|byte| byte != b'\n');
            let comment = self.span(start, self.at);
            self.comments.push(comment);
        }
    }

    /// Takes blanks and line ends.
    pub(super) fn skip_lines(&mut self) {
        self.skip_blanks();
        while self.eat_line_end() {
            self.skip_blanks();
        }
    }

    /// Takes one line end, and the here-documents behind it.
    pub(super) fn eat_line_end(&mut self) -> bool {
        if self.peek() != Some(b'\n') {
            return false;
        }
        if let Some(ahead) = self.read_ahead.take_if(|ahead| ahead.line_end <= self.at) {
            self.at = ahead.resume.max(self.at + 1).min(self.end);
        } else {
            self.at += 1;
        }
        true
    }

    /// Reads a list in text that had to be unescaped first, as between backquotes.
    pub(super) fn unescaped_list(&mut self, inner: &SourceText) -> Option<List> {
        self.nested(|parser| {
            let script = Parser::new(inner, parser.depth).script();
            parser.errors.extend(script.errors);
            parser.comments.extend(script.comments);
            script.body
        })
    }

    /// Reads the text of a here-document, which begins behind the current line.
    pub(super) fn here_document(&mut self, target: &Word, strips_tabs: bool) -> HereDocument {
        let raw = self.here_delimiter(target);
        let line_end = match &self.read_ahead {
            Some(ahead) if ahead.line_end >= self.at => ahead.line_end,
            _ => self.find_line_end(),
        };
        let start = match self.read_ahead.take() {
            Some(ahead) if ahead.line_end == line_end => ahead.resume,
            _ => (line_end + 1).min(self.end),
        };
        let (body_end, resume, closed) = self.find_delimiter(start, &raw, strips_tabs);
        if !closed {
            self.error(
                start,
                body_end,
                format!("the here-document lacks its end `{raw}`"),
            );
        }
        let quoted = target.has_quotes();
        let body = self.here_body(start, body_end, quoted);
        // Only now: a here-document inside the text has its own line ends.
        self.read_ahead = Some(ReadAhead { line_end, resume });
        HereDocument {
            delimiter: raw,
            quoted,
            strips_tabs,
            body,
        }
    }

    fn here_delimiter(&self, target: &Word) -> String {
        target.static_text().unwrap_or_else(|| {
            let length = target.span.len();
            self.slice(self.at.saturating_sub(length), self.at)
                .to_owned()
        })
    }

    /// Where the line ends that the operator of a here-document stands in.
    fn find_line_end(&self) -> usize {
        let bytes = self.text.as_bytes().get(..self.end).unwrap_or_default();
        let mut at = self.at;
        let mut quote = None;
        while let Some(byte) = bytes.get(at) {
            match (*byte, quote) {
                (b'\n', None) => return at,
                (b'\\', None | Some(b'"')) => at += 1,
                (b'\'' | b'"', None) => quote = Some(*byte),
                (byte, Some(open)) if byte == open => quote = None,
                (b'#', None) if at > 0 && matches!(bytes.get(at - 1), Some(b' ' | b'\t')) => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    return at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                _ => {}
            }
            at += 1;
        }
        self.end
    }

    /// The end of a here-document's text from `start`, where reading goes on, and whether the delimiter was there.
    fn find_delimiter(&self, start: usize, delimiter: &str, tabs: bool) -> (usize, usize, bool) {
        let mut at = start;
        while at < self.end {
            let rest = self.slice(at, self.end);
            let line = rest.split('\n').next().unwrap_or("");
            let next = (at + line.len() + 1).min(self.end);
            let content = if tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if content.trim_end_matches('\r') == delimiter {
                return (at, next, true);
            }
            if next <= at {
                break;
            }
            at = next;
        }
        (self.end, self.end, false)
    }

    /// Reads the here-document that a redirection announces, if it does.
    pub(super) fn attach_here_document(
        &mut self,
        redirection: &mut Redirection,
        strips_tabs: bool,
    ) {
        if redirection.kind == RedirectionKind::HereDocument {
            let document = self.here_document(&redirection.target, strips_tabs);
            redirection.here_document = Some(document);
        }
    }
}

/// Whether a byte ends a word.
pub(super) fn is_meta(byte: u8) -> bool {
    matches!(byte, b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') || is_space(byte)
}

/// Blank or line end.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether a byte can begin a variable's name.
pub(super) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Whether a byte can go on with a variable's name.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn ends_plain_word(byte: u8) -> bool {
    is_meta(byte) || matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`')
}
