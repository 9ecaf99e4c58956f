//! JSON, with comments and trailing commas, however it is cut off.

use jsonc_parser::errors::ParseError;
use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};
use plimsoll_model::Span;

use super::alignment::{Style, align};
use super::budget::{Budget, MAX_BYTES, MAX_DEPTH, MAX_ERRORS, too_large};
use super::{Document, Entry, Form, Node};
use crate::SourceText;

/// Parses JSON, JSONC and most of JSON5; never fails.
///
/// Every value that stands in the text is kept, whatever else is broken: brackets left open are closed at the
/// end, a string left open ends with its line. Where a key is written twice the last wins, as in the readers we
/// know, and both stay in the tree.
pub fn parse_json(text: &str) -> Document {
    if let Some(error) = too_large(text, MAX_BYTES) {
        let errors = vec![error];
        return Document {
            errors,
            ..Document::default()
        };
    }
    let mut builder = Builder::new(text);
    builder.run();
    builder.close_all();
    Document {
        roots: builder.root.into_iter().collect(),
        comments: builder.comments,
        errors: builder.budget.errors,
    }
}

/// An array or object whose end was not reached yet.
struct Frame {
    start: usize,
    content: Content,
}

enum Content {
    Array(Vec<Node>),
    Object { entries: Vec<Entry>, pending: Key },
}

/// What was read of the next entry of an object.
enum Key {
    None,
    Named(Node),
    /// With the colon.
    Expecting(Node),
}

struct Builder<'a> {
    text: &'a str,
    root: Option<Node>,
    comments: Vec<Span>,
    budget: Budget,
    open: Vec<Frame>,
    stopped: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Builder<'a> {
        Builder {
            text,
            root: None,
            comments: Vec::new(),
            budget: Budget::default(),
            open: Vec::new(),
            stopped: false,
        }
    }

    fn run(&mut self) {
        let mut start = self.text.len() - self.text.trim_start_matches('\u{feff}').len();
        while let Some(next) = self.tokens_from(start) {
            start = next;
        }
    }

    /// Reads tokens from byte `start` on; behind an error, the byte at which to go on.
    fn tokens_from(&mut self, start: usize) -> Option<usize> {
        let mut scanner = Scanner::new(self.text.get(start..)?, &ScannerOptions::default());
        loop {
            let token = scanner.scan();
            let span = Span::new(start + scanner.token_start(), start + scanner.token_end());
            match token {
                Ok(Some(token)) => self.token(&token, span),
                Ok(None) => return None,
                Err(error) => return self.scan_error(&error, span.start as usize),
            }
            if self.stopped || self.budget.is_exhausted() {
                return None;
            }
        }
    }

    /// Notes the scanner's error and keeps the rest of a broken string; the byte at which to go on.
    fn scan_error(&mut self, error: &ParseError, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let first = rest.chars().next()?;
        let end = match first {
            '"' | '\'' => at + broken_string_length(rest, first),
            _ => at + first.len_utf8(),
        };
        let message = error.kind().to_string();
        self.budget.error(Span::new(at, end), lower_first(&message));
        if matches!(first, '"' | '\'') {
            self.broken_string(Span::new(at, end), first);
        }
        (self.budget.errors.len() < MAX_ERRORS && !self.stopped).then_some(end.max(at + 1))
    }

    /// Keeps a string the scanner refused as it is written.
    fn broken_string(&mut self, span: Span, quote: char) {
        let written = span.slice(self.text);
        let inner = written.get(1..).unwrap_or("");
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        let text = SourceText::verbatim(inner, span.start as usize + 1);
        let span = Span::new(
            span.start as usize + 1,
            span.start as usize + 1 + inner.len(),
        );
        self.value(Node::scalar(span, text, Form::Quoted));
    }

    fn token(&mut self, token: &Token<'_>, span: Span) {
        match token {
            Token::CommentLine(_) | Token::CommentBlock(_) => self.comments.push(span),
            Token::OpenBrace => {
                let (entries, pending) = (Vec::new(), Key::None);
                self.begin(Content::Object { entries, pending }, span);
            }
            Token::OpenBracket => self.begin(Content::Array(Vec::new()), span),
            Token::CloseBrace => self.end(span, false),
            Token::CloseBracket => self.end(span, true),
            Token::Colon => self.colon(span),
            Token::Comma => self.comma(),
            Token::String(value) => {
                let inner = Span::new(
                    span.start as usize + 1,
                    (span.end as usize).saturating_sub(1),
                );
                let text = align(value, self.text, inner, Style::Escaped);
                self.value(Node::scalar(inner, text, Form::Quoted));
            }
            Token::Word(_) => {
                if !self.expects_key() {
                    self.budget.error(span, "a word without quotes");
                }
                self.value(Node::plain(self.text, span));
            }
            Token::Boolean(_) | Token::Number(_) | Token::Null => {
                self.value(Node::plain(self.text, span));
            }
        }
    }

    fn begin(&mut self, content: Content, span: Span) {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels; the rest is not read");
            self.budget.error(span, message);
            self.stopped = true;
            return;
        }
        self.budget.take(1, span);
        let start = span.start as usize;
        self.open.push(Frame { start, content });
    }

    fn end(&mut self, span: Span, array: bool) {
        let fits = |frame: &Frame| matches!(frame.content, Content::Array(_)) == array;
        let Some(at) = self.open.iter().rposition(fits) else {
            return self.budget.error(span, "nothing open that this closes");
        };
        if at + 1 < self.open.len() {
            self.budget
                .error(span, "closes what is not the innermost bracket");
        }
        while self.open.len() > at {
            self.close(span.end as usize);
        }
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.open.pop() else {
            return;
        };
        let span = Span::new(frame.start, end);
        let node = match frame.content {
            Content::Array(items) => Node::sequence(span, items),
            Content::Object {
                mut entries,
                pending,
            } => {
                if let Key::Named(key) | Key::Expecting(key) = pending {
                    let at = Span::new(key.span.end as usize, key.span.end as usize);
                    self.budget.error(at, "a key without a value");
                    entries.push(Entry::new(key, Node::plain(self.text, at)));
                }
                Node::mapping(span, entries)
            }
        };
        self.place(node);
    }

    fn close_all(&mut self) {
        let end = self.text.len();
        if !self.open.is_empty() && !self.stopped && !self.budget.is_exhausted() {
            let message = "the text ends before all brackets are closed";
            self.budget.error(Span::new(end, end), message);
        }
        while !self.open.is_empty() {
            self.close(end);
        }
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last().map(|frame| &frame.content),
            Some(Content::Object {
                pending: Key::None,
                ..
            })
        )
    }

    fn colon(&mut self, span: Span) {
        if let Some(Content::Object { pending, .. }) =
            self.open.last_mut().map(|frame| &mut frame.content)
            && let Key::Named(key) = std::mem::replace(pending, Key::None)
        {
            *pending = Key::Expecting(key);
            return;
        }
        self.budget
            .error(span, "a colon where no key stands before it");
    }

    fn comma(&mut self) {
        let Some(Content::Object { entries, pending }) =
            self.open.last_mut().map(|frame| &mut frame.content)
        else {
            return;
        };
        if let Key::Named(key) | Key::Expecting(key) = std::mem::replace(pending, Key::None) {
            let at = Span::new(key.span.end as usize, key.span.end as usize);
            self.budget.error(at, "a key without a value");
            entries.push(Entry::new(key, Node::plain(self.text, at)));
        }
    }

    /// A scalar, counted.
    fn value(&mut self, node: Node) {
        if self.budget.take(1, node.span) {
            self.place(node);
        }
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) {
        match self.open.last_mut().map(|frame| &mut frame.content) {
            Some(Content::Array(items)) => items.push(node),
            Some(Content::Object { entries, pending }) => {
                match std::mem::replace(pending, Key::None) {
                    Key::None => *pending = Key::Named(node),
                    Key::Expecting(key) => entries.push(Entry::new(key, node)),
                    Key::Named(key) => {
                        let at = Span::new(key.span.end as usize, key.span.end as usize);
                        self.budget.error(at, "a key without a colon");
                        entries.push(Entry::new(key, Node::plain(self.text, at)));
                        *pending = Key::Named(node);
                    }
                }
            }
            None if self.root.is_none() => self.root = Some(node),
            None => self
                .budget
                .error(node.span, "a second value behind the first"),
        }
    }
}

/// How many bytes of `rest` a string that the scanner refused takes: to its closing quote on the same line, else
/// to the end of the line.
fn broken_string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' | '\r' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn lower_first(message: &str) -> String {
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
