//! Text as a reader means it, with the way back to the bytes it was written as.
//!
//! Joined continuation lines, unescaped strings and YAML block scalars all differ from the bytes in the file;
//! parsers that work on such text (a shell tree, a word) map their spans back through this.

use plimsoll_model::Span;

/// A text assembled from runs of a source, with a map from its own offsets to the source's.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceText {
    text: String,
    /// `(offset in text, offset in source)`, ascending; each holds until the next.
    runs: Vec<(u32, u32)>,
    /// One past the last source byte that was taken.
    source_end: u32,
}

impl SourceText {
    /// An empty text.
    pub fn new() -> SourceText {
        SourceText::default()
    }

    /// A text that stands in the source exactly as it is, from byte `start` on.
    pub fn verbatim(text: &str, start: usize) -> SourceText {
        let mut source = SourceText::new();
        source.push(text, start);
        source
    }

    /// Appends `text`, which stands at byte `start` of the source as it is.
    pub fn push(&mut self, text: &str, start: usize) {
        self.push_as(text, Span::new(start, start + text.len()));
    }

    /// Appends `text`, which the source writes as the bytes of `written` (an escape, a folded newline).
    pub fn push_as(&mut self, text: &str, written: Span) {
        let at = self.text.len() as u32;
        let continues = self.runs.last().is_some_and(|(logical, source)| {
            written.start.checked_sub(*source) == Some(at - logical)
        });
        if !continues || self.source_end != written.start {
            self.runs.push((at, written.start));
        }
        self.text.push_str(text);
        self.source_end = written.end;
    }

    /// The part under `span`, with its own way back; empty where `span` does not fall between characters.
    pub fn slice(&self, span: Span) -> SourceText {
        let mut out = SourceText::new();
        out.append(self, span);
        out
    }

    /// Appends what stands under `span` in `other`.
    pub fn append(&mut self, other: &SourceText, span: Span) {
        let first = other
            .runs
            .partition_point(|(logical, _)| *logical <= span.start);
        let mut at = span.start;
        for index in first.saturating_sub(1)..other.runs.len() {
            let Some((logical, source)) = other.runs.get(index).copied() else {
                break;
            };
            if logical >= span.end {
                break;
            }
            let next = other.runs.get(index + 1).map(|(logical, _)| *logical);
            let end = next.unwrap_or(other.text.len() as u32).min(span.end);
            let Some(text) = other.text.get(at as usize..end as usize) else {
                break;
            };
            self.push(text, (source + (at - logical)) as usize);
            at = end;
        }
        if self.text.is_empty() {
            self.source_end = other.source_offset(span.start);
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The source byte that `offset` of the text came from.
    pub fn source_offset(&self, offset: u32) -> u32 {
        if offset as usize >= self.text.len() {
            return self.source_end;
        }
        let at = self.runs.partition_point(|(logical, _)| *logical <= offset);
        match self.runs.get(at.saturating_sub(1)) {
            Some((logical, source)) => (source + (offset - logical)).min(self.source_end),
            None => offset,
        }
    }

    /// The source bytes that `span` of the text came from.
    pub fn source_span(&self, span: Span) -> Span {
        if span.is_empty() {
            let at = self.source_offset(span.start);
            return Span { start: at, end: at };
        }
        let start = self.source_offset(span.start);
        let end = if span.end as usize >= self.text.len() {
            self.source_end
        } else {
            self.source_offset(span.end - 1) + 1
        };
        Span {
            start,
            end: end.max(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_lines_map_back() {
        let source = "RUN a \\\n  b";
        let mut text = SourceText::new();
        text.push("a ", 4);
        text.push("  b", 8);
        assert_eq!(text.as_str(), "a   b");
        let b = text.source_span(Span::new(4, 5));
        assert_eq!(b.slice(source), "b");
        assert_eq!(text.source_span(Span::new(0, 5)), Span::new(4, 11));
    }

    #[test]
    fn slices_keep_their_way_back() {
        let source = "RUN a \\\n  b";
        let mut text = SourceText::new();
        text.push("a ", 4);
        text.push("  b", 8);
        let slice = text.slice(Span::new(1, 5));
        assert_eq!(slice.as_str(), "   b");
        assert_eq!(slice.source_span(Span::new(3, 4)).slice(source), "b");
        assert_eq!(text.slice(Span::new(5, 5)).source_offset(0), 11);
    }

    #[test]
    fn escapes_map_to_what_was_written() {
        let mut text = SourceText::new();
        text.push("x", 1);
        text.push_as("\n", Span::new(2, 4));
        text.push("y", 4);
        assert_eq!(text.source_span(Span::new(2, 3)), Span::new(4, 5));
        assert_eq!(text.source_span(Span::new(1, 2)).start, 2);
    }
}
