//! Physical lines, and the logical line that continuations make of them.
//!
//! By source: `parser/parser.go` (`scanLines`, `trimContinuationCharacter`, `isComment`). Every byte is looked at a
//! fixed number of times, so the work is linear in the file however long a line is.

use plimsoll_model::Span;

use crate::SourceText;

/// One physical line as byte offsets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte before the newline and the carriage returns that precede it.
    pub(super) end: usize,
    /// Where the next line starts.
    pub(super) next: usize,
}

/// A cursor over the physical lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// Where the next line starts.
    pub(super) at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let line = rest.get(..length).unwrap_or(rest);
        self.at = start + length;
        Some(Line {
            start,
            end: start + line.trim_end_matches(['\r', '\n']).len(),
            next: self.at,
        })
    }
}

/// An instruction's lines joined.
pub(super) struct Logical {
    /// The text without continuation characters, comments and empty lines.
    pub(super) text: SourceText,
    /// One past the last byte of the last line that gave text.
    pub(super) end: usize,
}

impl Lines<'_> {
    /// The text of `line` without leading blanks, and where it starts.
    pub(super) fn stripped(&self, line: Line) -> (&str, usize) {
        let text = self.text.get(line.start..line.end).unwrap_or("");
        let stripped = text.trim_start();
        (stripped, line.end - stripped.len())
    }

    /// Joins the lines of the instruction that starts at byte `start` of `first`. Comments met on the way go to `comments`.
    pub(super) fn join(
        &mut self,
        first: Line,
        start: usize,
        escape: char,
        comments: &mut Vec<Span>,
    ) -> Logical {
        let mut text = SourceText::new();
        let mut end = first.end;
        let mut continued = self.append(&mut text, start, first.end, escape);
        while continued {
            let Some(line) = self.next() else { break };
            let (stripped, at) = self.stripped(line);
            if stripped.starts_with('#') {
                comments.push(Span::new(at, line.end));
            } else if !stripped.is_empty() {
                end = line.end;
                continued = self.append(&mut text, line.start, line.end, escape);
            }
        }
        Logical { text, end }
    }

    /// Appends one line without its continuation; returns whether it had one.
    fn append(&self, text: &mut SourceText, start: usize, end: usize, escape: char) -> bool {
        let line = self.text.get(start..end).unwrap_or("");
        let kept = before_continuation(line, escape);
        text.push(kept.unwrap_or(line), start);
        kept.is_some()
    }
}

/// What precedes the continuation character that ends `line`: the escape character with nothing but blanks behind it,
/// unless another one precedes it.
fn before_continuation(line: &str, escape: char) -> Option<&str> {
    let kept = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!kept.ends_with(escape)).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_are_recognised() {
        let check =
            |line, expected| assert_eq!(before_continuation(line, '\\'), expected, "{line}");
        check("RUN a \\", Some("RUN a "));
        check("RUN a \\ \t ", Some("RUN a "));
        check("\\", Some(""));
        check("RUN a \\\\", None);
        check("RUN a", None);
        check("", None);
    }

    #[test]
    fn lines_end_before_their_newline() {
        let lines = Lines {
            text: "a\r\n\nb",
            at: 0,
        };
        let ends: Vec<(usize, usize)> = lines.map(|line| (line.start, line.end)).collect();
        assert_eq!(ends, [(0, 1), (3, 3), (4, 5)]);
    }
}
