//! Byte spans and their translation to lines and columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A range of bytes in one artifact, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets; offsets beyond `u32::MAX` are clamped (artifacts are bounded far below).
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span {
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The text under the span; empty where the span does not fit `text`.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or("")
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Whether `other` lies within this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span moved right by `offset` bytes.
    pub fn shifted(self, offset: usize) -> Span {
        Span::new(self.start as usize + offset, self.end as usize + offset)
    }
}

/// A point in a text. Lines and columns start at 1, columns count Unicode scalar values, bytes start at 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub byte: u32,
}

/// The byte offsets at which the lines of one text start, built once per text.
#[derive(Clone, Debug, Default)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// How many scalars start before each block of [`BLOCK`] bytes: lines may be as long as the text.
    scalars: Vec<u32>,
}

const BLOCK: usize = 4096;

/// How many scalars start in `bytes`; a byte inside a scalar starts none.
fn scalar_starts(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() as u32
}

impl LineIndex {
    /// Indexes `text`; a line ends behind `\n`.
    pub fn new(text: &str) -> LineIndex {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0)
            .chain(newlines.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)))
            .collect();
        let blocks = text.as_bytes().chunks(BLOCK).scan(0_u32, |before, block| {
            let start = *before;
            *before += scalar_starts(block);
            Some(start)
        });
        LineIndex {
            starts,
            scalars: blocks.collect(),
        }
    }

    /// The line (from 1) that holds `byte`.
    pub fn line(&self, byte: u32) -> u32 {
        self.starts.partition_point(|start| *start <= byte).max(1) as u32
    }

    /// The byte at which `line` (from 1) starts; the last line's start for a line beyond the end.
    pub fn line_start(&self, line: u32) -> u32 {
        let index = (line.max(1) as usize - 1).min(self.starts.len().saturating_sub(1));
        self.starts.get(index).copied().unwrap_or(0)
    }

    /// How many lines the text has (a final newline opens one more, empty, line).
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Line, column and byte of `byte` in `text`, the text this index was built from.
    pub fn position(&self, text: &str, byte: u32) -> Position {
        let line = self.line(byte);
        let start = self.line_start(line) as usize;
        let end = (byte as usize).min(text.len());
        let column = self
            .scalars_before(text, end)
            .saturating_sub(self.scalars_before(text, start))
            + 1;
        Position { line, column, byte }
    }

    /// How many scalars of `text` start before the byte `at`.
    fn scalars_before(&self, text: &str, at: usize) -> u32 {
        let block = at / BLOCK;
        let known = self.scalars.get(block).copied();
        // Behind the last whole block nothing more is known than its start.
        let (block, before) = match known {
            Some(before) => (block, before),
            None => {
                let last = self.scalars.len().saturating_sub(1);
                (last, self.scalars.last().copied().unwrap_or(0))
            }
        };
        let rest = text.as_bytes().get(block * BLOCK..at).unwrap_or_default();
        before + scalar_starts(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_scalars_not_bytes() {
        let text = "a\nbé=x\n";
        let index = LineIndex::new(text);
        let x = text.find('x').unwrap() as u32;
        assert_eq!(
            index.position(text, x),
            Position {
                line: 2,
                column: 4,
                byte: x
            }
        );
        let long = "é".repeat(3 * BLOCK);
        let index_of_long = LineIndex::new(&long);
        for byte in [0, BLOCK, 2 * BLOCK + 2, long.len()] {
            let position = index_of_long.position(&long, byte as u32);
            assert_eq!(position.column as usize, byte / 2 + 1, "byte {byte}");
        }
        assert_eq!(index.line_count(), 3);
        assert_eq!(index.line_start(2), 2);
    }
}
