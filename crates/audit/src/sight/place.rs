//! Where in a file credentials stand and the lines around them, kept while the file goes by.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use plimsoll_collect::text;
use plimsoll_model::{LineIndex, Position};

/// A longer line is not shown.
const MAX_LINE_BYTES: usize = 1 << 10;

/// A line of the file, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u32,
    /// The byte of the file at which it starts.
    pub(super) from: usize,
    pub(super) text: String,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: Position,
    pub(super) end: Position,
    /// The line it starts on and the one above, where they may be shown.
    pub(super) line: Option<Line>,
    pub(super) above: Option<Line>,
}

/// The places kept of a file.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<(u64, u64), Place>);

impl Places {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, span: &Range<u64>) -> Option<&Place> {
        self.0.get(&(span.start, span.end))
    }

    /// Keeps those of `spans` that stand in `window`, up to `most` altogether.
    pub(super) fn keep(&mut self, window: &Window<'_>, spans: &[Range<u64>], most: usize) {
        if spans.is_empty() {
            return;
        }
        let shown = Shown::new(window);
        for span in spans {
            if self.len() >= most {
                return;
            }
            if let Some(place) = shown.place(span) {
                self.0.entry((span.start, span.end)).or_insert(place);
            }
        }
    }
}

/// A stretch of a file.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: Start,
    /// Whether the file ends with it.
    pub(super) is_last: bool,
}

impl Window<'_> {
    /// What stands at `span` of the file, if it is in the window.
    pub(super) fn get(&self, span: &Range<u64>) -> Option<&[u8]> {
        let inside = |byte: u64| usize::try_from(byte.checked_sub(self.start.byte)?).ok();
        self.bytes.get(inside(span.start)?..inside(span.end)?)
    }
}

impl Place {
    /// What stands here, if the line is at hand and holds all of it.
    pub(super) fn value(&self) -> Option<&[u8]> {
        let line = self.line.as_ref()?;
        let inside = |position: Position| (position.byte as usize).checked_sub(line.from);
        line.text
            .as_bytes()
            .get(inside(self.start)?..inside(self.end)?)
    }
}

/// Where a window begins in its file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    byte: u64,
    lines: u32,
    /// Characters of the line that ran into the window.
    columns: u32,
}

impl Start {
    /// Moves behind `bytes`.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.byte += bytes.len() as u64;
        let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.lines = self
            .lines
            .saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let tail = last.map_or(bytes, |at| bytes.get(at + 1..).unwrap_or_default());
        let characters = tail.iter().filter(|byte| !is_continuation(**byte)).count();
        let characters = u32::try_from(characters).unwrap_or(u32::MAX);
        self.columns = match last {
            Some(_) => characters,
            None => self.columns.saturating_add(characters),
        };
    }

    fn position(&self, position: Position) -> Position {
        Position {
            line: position.line.saturating_add(self.lines),
            column: if position.line == 1 {
                position.column.saturating_add(self.columns)
            } else {
                position.column
            },
            byte: u32::try_from(self.byte + u64::from(position.byte)).unwrap_or(u32::MAX),
        }
    }
}

/// Whether a byte goes on with a character of UTF-8.
pub(super) fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// The text of a window.
struct Shown {
    text: Arc<str>,
    lines: LineIndex,
    start: Start,
    is_last: bool,
}

impl Shown {
    fn new(window: &Window<'_>) -> Shown {
        let text = text(window.bytes.to_vec());
        Shown {
            lines: LineIndex::new(&text),
            text,
            start: window.start,
            is_last: window.is_last,
        }
    }

    fn place(&self, span: &Range<u64>) -> Option<Place> {
        let inside = |byte: u64| {
            let byte = byte.checked_sub(self.start.byte)?;
            let fits = byte <= self.text.len() as u64;
            fits.then(|| u32::try_from(byte).ok()).flatten()
        };
        let (start, end) = (inside(span.start)?, inside(span.end)?);
        let position = |byte| self.start.position(self.lines.position(&self.text, byte));
        let line = self.lines.line(start);
        Some(Place {
            start: position(start),
            end: position(end),
            line: self.line(line),
            above: self.line(line - 1),
        })
    }

    /// A line of the window that is not cut: what a credential left of a cut one would not be known for one.
    fn line(&self, line: u32) -> Option<Line> {
        let is_cut = (line == 1 && self.start.byte > 0)
            || (line == self.lines.line_count() && !self.is_last);
        if line == 0 || is_cut {
            return None;
        }
        let from = self.lines.line_start(line) as usize;
        let end = if line < self.lines.line_count() {
            self.lines.line_start(line + 1) as usize
        } else {
            self.text.len()
        };
        let text = self.text.get(from..end)?;
        (text.len() <= MAX_LINE_BYTES).then(|| Line {
            number: line.saturating_add(self.start.lines),
            from: usize::try_from(self.start.byte).unwrap_or(usize::MAX) + from,
            text: text.to_owned(),
        })
    }
}
