//! Input that comes piece by piece: a window moves over it, wide enough for anything a keyword may ask for.

use std::ops::Range;

use crate::decode;
use crate::found::Encoding;

use super::run::{AHEAD, BEHIND, Run};
use super::{Outcome, Scanner, encoded, settle};

/// New bytes looked at in one go.
const STEP: usize = 256 << 10;
/// Kept before the window besides [`BEHIND`]: keywords begin before the bytes by which they are found.
const SLACK: usize = 1 << 10;
/// Bytes by which text of two bytes a character is told.
const BEGINNING: usize = 64;

/// How far before the last byte pushed something may begin that has not been told yet.
const LAG: usize = 2 * (2 * STEP + AHEAD + BEHIND + 2 * SLACK + encoded::LONGEST);

/// A scan that is fed piece by piece.
pub struct Stream<'s> {
    scanner: &'s Scanner,
    run: Run<'s>,
    window: Vec<u8>,
    /// Where the window begins in the input.
    base: u64,
    /// Up to where the window has been looked at.
    done: usize,
    width: Width,
    /// Held back: the beginning until the width is known, then half a character.
    held: Vec<u8>,
    /// How many of the candidates were given by [`Stream::new_places`].
    told: usize,
}

/// Bytes per character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Unknown,
    One,
    Two { little: bool },
}

impl<'s> Stream<'s> {
    pub(super) fn new(scanner: &'s Scanner) -> Stream<'s> {
        Stream {
            scanner,
            run: Run::new(&scanner.key),
            window: Vec::new(),
            base: 0,
            done: 0,
            width: Width::Unknown,
            held: Vec::new(),
            told: 0,
        }
    }

    /// How far before the last byte pushed [`Stream::new_places`] may yet tell of something.
    pub const LAG: usize = LAG;

    /// Where something was found that the matches may tell of, as far as it was not given before.
    pub fn new_places(&mut self) -> Vec<Range<u64>> {
        let new = self.run.candidates.iter().skip(self.told);
        let told = new.filter(|one| self.scanner.keep_suppressed || one.suppressed.is_none());
        let is_wide = matches!(self.width, Width::Two { .. });
        let places = told.map(|one| {
            if is_wide {
                widened(&one.span)
            } else {
                one.span.clone()
            }
        });
        let places = places.collect();
        self.told = self.run.candidates.len();
        places
    }

    /// The next bytes of the input, however many.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(STEP) {
            if self.width == Width::Unknown {
                self.held.extend_from_slice(piece);
                if self.held.len() >= BEGINNING {
                    self.begin();
                }
            } else {
                self.take(piece);
            }
        }
    }

    /// The matches, once all has been pushed.
    pub fn finish(mut self) -> Outcome {
        if self.width == Width::Unknown {
            self.begin();
        }
        self.run
            .advance(&self.window, self.base, self.done, self.window.len());
        outcome(self.scanner, self.run, self.width)
    }

    /// The width is known: what was held back is the first piece.
    fn begin(&mut self) {
        self.width = width(&self.held);
        let held = std::mem::take(&mut self.held);
        self.take(&held);
    }

    fn take(&mut self, piece: &[u8]) {
        match self.width {
            Width::Two { little } => {
                self.held.extend_from_slice(piece);
                self.window.extend(decode::narrowed(&self.held, little));
                let odd = self.held.len() % 2;
                self.held.drain(..self.held.len() - odd);
            }
            _ => self.window.extend_from_slice(piece),
        }
        let ready = self.window.len().saturating_sub(AHEAD + SLACK);
        if ready >= self.done + STEP {
            self.run.advance(&self.window, self.base, self.done, ready);
            let over = ready.saturating_sub(BEHIND + SLACK);
            self.window.drain(..over);
            self.base += over as u64;
            self.done = ready - over;
        }
    }
}

/// The whole at once.
pub(super) fn whole(scanner: &Scanner, bytes: &[u8]) -> Outcome {
    let mut run = Run::new(&scanner.key);
    let width = width(bytes);
    match width {
        Width::Two { little } => {
            let narrow = decode::narrowed(bytes, little);
            run.advance(&narrow, 0, 0, narrow.len());
        }
        _ => run.advance(bytes, 0, 0, bytes.len()),
    }
    outcome(scanner, run, width)
}

fn outcome(scanner: &Scanner, run: Run<'_>, width: Width) -> Outcome {
    let left_out = run.left_out;
    let mut matches = settle::settled(run.candidates);
    if !scanner.keep_suppressed {
        matches.retain(|found| found.suppressed.is_none());
    }
    if matches!(width, Width::Two { .. }) {
        for found in &mut matches {
            found.encodings.insert(0, Encoding::Utf16);
            let parts = found.parts.iter_mut().map(|part| &mut part.span);
            for span in parts.chain([&mut found.span, &mut found.covers]) {
                *span = widened(span);
            }
        }
    }
    Outcome { matches, left_out }
}

/// The place in the input of what stands in its text of one byte a character.
fn widened(span: &Range<u64>) -> Range<u64> {
    span.start * 2..span.end * 2
}

/// By its mark, or by a zero in every second byte.
fn width(bytes: &[u8]) -> Width {
    let first = bytes.get(..BEGINNING).unwrap_or(bytes);
    match first {
        [0xff, 0xfe, ..] => return Width::Two { little: true },
        [0xfe, 0xff, ..] => return Width::Two { little: false },
        _ => {}
    }
    let zeros =
        |skip: usize| first.len() >= 8 && first.iter().skip(skip).step_by(2).all(|byte| *byte == 0);
    let text = |skip: usize| {
        first
            .iter()
            .skip(skip)
            .step_by(2)
            .all(|byte| decode::is_text_byte(*byte))
    };
    if zeros(1) && text(0) {
        Width::Two { little: true }
    } else if zeros(0) && text(1) {
        Width::Two { little: false }
    } else {
        Width::One
    }
}
