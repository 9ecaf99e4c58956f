//! A value a front end is still taking apart: its pieces, each with its bytes.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::SourceText;

use crate::invocation::{FieldPiece, FieldValue, PathField};

/// A value in pieces, to be cut at `=`, `,`, `#` and the like before it becomes a [`FieldValue`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Argument {
    parts: Vec<Part>,
    span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    piece: FieldPiece,
    /// As written, unescaped.
    written: String,
    span: Span,
}

impl Argument {
    /// A value of no pieces that stands at `span`.
    pub(super) fn new(span: Span) -> Argument {
        let parts = Vec::new();
        Argument { parts, span }
    }

    /// Text that stands for itself.
    pub(super) fn literal(text: &str, span: Span) -> Argument {
        let mut argument = Argument::new(span);
        argument.push_literal(text, span);
        argument
    }

    /// The part `range` of a text, as it is.
    pub(super) fn slice(text: &SourceText, range: std::ops::Range<usize>) -> Argument {
        let written = text.as_str().get(range.clone()).unwrap_or("");
        Argument::literal(written, text.source_span(Span::new(range.start, range.end)))
    }

    /// Appends text that stands for itself.
    pub(super) fn push_literal(&mut self, text: &str, span: Span) {
        self.push(FieldPiece::Literal(text.to_owned()), text, span);
    }

    /// Appends a piece that was written as `written` at `span`.
    pub(super) fn push(&mut self, piece: FieldPiece, written: &str, span: Span) {
        if piece == FieldPiece::Literal(String::new()) {
            return;
        }
        if let (FieldPiece::Literal(text), Some(last)) = (&piece, self.parts.last_mut())
            && let FieldPiece::Literal(before) = &mut last.piece
            && last.span.end == span.start
            && last.span.len() == last.written.len()
            && text == written
            && before == &last.written
        {
            before.push_str(text);
            last.written.push_str(written);
            last.span = last.span.cover(span);
            return;
        }
        let written = written.to_owned();
        self.parts.push(Part {
            piece,
            written,
            span,
        });
    }

    /// Appends all of `other`.
    pub(super) fn append(&mut self, other: Argument) {
        for part in other.parts {
            self.push(part.piece, &part.written, part.span);
        }
    }

    /// The same value, written as `raw` at `span`, for one whose pieces come from elsewhere.
    pub(super) fn written_as(mut self, raw: &str, span: Span) -> Argument {
        for part in &mut self.parts {
            part.written.clear();
            part.span = span;
        }
        if let Some(first) = self.parts.first_mut() {
            raw.clone_into(&mut first.written);
        }
        self
    }

    /// This value below the folder `first`, which is not written here.
    pub(super) fn below(&self, first: &Argument) -> Argument {
        let span = Span {
            start: self.span().start,
            end: self.span().start,
        };
        let separator = FieldPiece::Literal("/".to_owned());
        let pieces = first.parts.iter().map(|part| part.piece.clone());
        let unwritten = pieces.chain([separator]).map(|piece| Part {
            piece,
            written: String::new(),
            span,
        });
        let parts = unwritten.chain(self.parts.iter().cloned()).collect();
        Argument { parts, span }
    }

    /// The bytes of the value; of the whole where it has no pieces.
    pub(super) fn span(&self) -> Span {
        let spans = self.parts.iter().map(|part| part.span);
        spans.reduce(Span::cover).unwrap_or(self.span)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The value with the pieces that `known` knows the text of as text, still written as they are.
    pub(super) fn with_known(&self, known: impl Fn(&FieldPiece) -> Option<String>) -> Argument {
        let mut value = self.clone();
        for part in &mut value.parts {
            if let Some(text) = known(&part.piece) {
                part.piece = FieldPiece::Literal(text);
            }
        }
        value
    }

    /// The whole as a field's value.
    pub(super) fn value(&self) -> FieldValue {
        let mut pieces: Vec<FieldPiece> = Vec::new();
        for part in &self.parts {
            match (&part.piece, pieces.last_mut()) {
                (FieldPiece::Literal(text), Some(FieldPiece::Literal(before))) => {
                    before.push_str(text);
                }
                (piece, _) => pieces.push(piece.clone()),
            }
        }
        let written: Vec<&str> = self.parts.iter().map(|part| &*part.written).collect();
        FieldValue {
            span: self.span(),
            raw: written.concat(),
            pieces,
        }
    }

    /// The whole as a field that names a path below `base`.
    pub(super) fn path(&self, name: impl Into<String>, base: &RootPath) -> PathField {
        PathField {
            name: name.into(),
            value: self.value(),
            base: base.clone(),
            assumption: None,
        }
    }

    /// The text, where nothing in it is variable.
    pub(super) fn constant(&self) -> Option<String> {
        let texts = self.parts.iter().map(|part| match &part.piece {
            FieldPiece::Literal(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The text ahead of the first piece that is variable.
    pub(super) fn head(&self) -> String {
        let texts = self.parts.iter().map_while(|part| match &part.piece {
            FieldPiece::Literal(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The rest behind `prefix`, where the value starts with it.
    pub(super) fn strip_prefix(&self, prefix: &str) -> Option<Argument> {
        self.head().starts_with(prefix).then_some(())?;
        let mut left = prefix.len();
        let mut rest = Argument::new(Span {
            start: self.span.end,
            end: self.span.end,
        });
        for part in &self.parts {
            let length = match &part.piece {
                FieldPiece::Literal(text) => text.len(),
                _ => 0,
            };
            let cut = left.min(length);
            left -= cut;
            if cut == 0 {
                rest.parts.push(part.clone());
            } else if cut < length {
                rest.parts.push(part.cut(cut, length));
            }
        }
        Some(rest)
    }

    /// The value before and behind the first `separator` in its text.
    pub(super) fn split_once(&self, separator: char) -> Option<(Argument, Argument)> {
        let found = |part: &Part| part.literal()?.find(separator);
        let (at, offset) = self
            .parts
            .iter()
            .enumerate()
            .find_map(|(at, part)| Some((at, found(part)?)))?;
        Some(self.split_at(at, offset, separator.len_utf8()))
    }

    /// The value before and behind the last `separator` in its text.
    pub(super) fn rsplit_once(&self, separator: char) -> Option<(Argument, Argument)> {
        let found = |part: &Part| part.literal()?.rfind(separator);
        let (at, offset) = self
            .parts
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, part)| Some((at, found(part)?)))?;
        Some(self.split_at(at, offset, separator.len_utf8()))
    }

    /// The values between all `separator`s in its text.
    pub(super) fn split(&self, separator: char) -> Vec<Argument> {
        let start = self.span().start;
        let mut values = vec![Argument::new(Span { start, end: start })];
        for part in &self.parts {
            let Some(text) = part.literal() else {
                if let Some(last) = values.last_mut() {
                    last.parts.push(part.clone());
                }
                continue;
            };
            let mut at = 0;
            for (index, piece) in text.split(separator).enumerate() {
                let cut = part.cut(at, at + piece.len());
                if index > 0 {
                    values.push(Argument::new(cut.span));
                }
                if let Some(last) = values.last_mut().filter(|_| !piece.is_empty()) {
                    last.parts.push(cut);
                }
                at += piece.len() + separator.len_utf8();
            }
        }
        values
    }

    fn split_at(&self, at: usize, offset: usize, width: usize) -> (Argument, Argument) {
        let (first, second) = self.parts.split_at(at);
        let mut before = first.to_vec();
        let mut behind = Vec::new();
        let mut middle = self.span;
        if let Some((part, rest)) = second.split_first() {
            let length = part.literal().map_or(0, str::len);
            middle = part.cut(offset, offset + width).span;
            if offset > 0 {
                before.push(part.cut(0, offset));
            }
            if offset + width < length {
                behind.push(part.cut(offset + width, length));
            }
            behind.extend_from_slice(rest);
        }
        let at = |offset| Span {
            start: offset,
            end: offset,
        };
        let before = Argument {
            parts: before,
            span: at(middle.start),
        };
        let behind = Argument {
            parts: behind,
            span: at(middle.end),
        };
        (before, behind)
    }
}

impl Part {
    fn literal(&self) -> Option<&str> {
        match &self.piece {
            FieldPiece::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// A part of a literal. Its bytes are known where the literal is written as it is.
    fn cut(&self, start: usize, end: usize) -> Part {
        let text = self.literal().and_then(|text| text.get(start..end));
        let text = text.unwrap_or("").to_owned();
        let literal = self.literal().unwrap_or("");
        let verbatim = self.written == literal && self.span.len() == literal.len();
        let span = match verbatim {
            true => Span::new(start, end).shifted(self.span.start as usize),
            false => self.span,
        };
        Part {
            piece: FieldPiece::Literal(text.clone()),
            written: text,
            span,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> FieldPiece {
        FieldPiece::Variable {
            name: name.to_owned(),
            default: None,
        }
    }

    /// `--file=$A/x,y` as words of a script have it.
    fn sample() -> (&'static str, Argument) {
        let text = "--file=$A/x,y";
        let mut argument = Argument::new(Span::new(0, text.len()));
        argument.push_literal("--file=", Span::new(0, 7));
        argument.push(variable("A"), "$A", Span::new(7, 9));
        argument.push_literal("/x,y", Span::new(9, 13));
        (text, argument)
    }

    #[test]
    fn cuts_keep_their_bytes() {
        let (text, argument) = sample();
        let file = argument.strip_prefix("--file=").unwrap();
        assert_eq!(file.span().slice(text), "$A/x,y");
        let parts = file.split(',');
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].value().raw, "$A/x");
        assert_eq!(parts[1].span().slice(text), "y");
        let (folder, name) = parts[0].rsplit_once('/').unwrap();
        assert_eq!(folder.span().slice(text), "$A");
        assert_eq!(name.constant().as_deref(), Some("x"));
    }

    #[test]
    fn variables_are_not_cut() {
        let (_, argument) = sample();
        assert_eq!(argument.head(), "--file=");
        assert_eq!(argument.constant(), None);
        assert_eq!(argument.strip_prefix("--file=$A"), None);
        let empty = Argument::literal("a=", Span::new(3, 5));
        let (_, behind) = empty.split_once('=').unwrap();
        assert!(behind.is_empty());
        assert_eq!(behind.span(), Span::new(5, 5));
    }
}
