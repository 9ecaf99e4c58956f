//! Finds, for each character of a scalar's text, the bytes it was written as.
//!
//! The parsers give a scalar's text and its bytes, not the way between them. This walks both together; every
//! character has to fit, and where one does not, the whole text maps to the whole scalar.

use plimsoll_model::Span;

use crate::SourceText;

/// How text is written, as far as it differs from the text meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is, but that a line may end with CR LF.
    Verbatim,
    /// YAML without quotes: lines are folded.
    Plain,
    /// YAML in single quotes: lines are folded, `''` is a quote.
    SingleQuoted,
    /// YAML in double quotes: lines are folded, with backslash escapes.
    DoubleQuoted,
    /// A YAML `|` block, with its indentation.
    Literal(usize),
    /// A YAML `>` block, with its indentation.
    Folded(usize),
    /// Backslash escapes: JSON; TOML's basic strings, where a backslash at the end of a line swallows the blanks
    /// that follow.
    Escaped,
    /// HCL in quotes: backslash escapes and doubled template markers.
    HclQuoted,
    /// An HCL heredoc or template: doubled template markers only.
    HclTemplate,
}

/// The text `value`, which `source` writes in `style` as the bytes of `written`.
pub(crate) fn align(value: &str, source: &str, written: Span, style: Style) -> SourceText {
    let raw = written.slice(source);
    let start = written.start as usize;
    if raw == value {
        return SourceText::verbatim(value, start);
    }
    Alignment::new(value, raw, start, style)
        .run()
        .unwrap_or_else(|| {
            let mut whole = SourceText::new();
            whole.push_as(value, written);
            whole
        })
}

/// Both texts with how far they were walked.
struct Alignment<'a> {
    value: &'a str,
    raw: &'a str,
    start: usize,
    style: Style,
    text: SourceText,
}

impl<'a> Alignment<'a> {
    fn new(value: &'a str, raw: &'a str, start: usize, style: Style) -> Alignment<'a> {
        let text = SourceText::new();
        Alignment {
            value,
            raw,
            start,
            style,
            text,
        }
    }

    fn run(mut self) -> Option<SourceText> {
        self.leading_newlines();
        while !self.value.is_empty() && !self.raw.is_empty() {
            self.step()?;
        }
        // A block scalar's last line may end with the file instead of the newline its text has.
        let rest = self.value;
        if !rest.bytes().all(|byte| byte == b'\n') {
            return None;
        }
        self.take(rest.len(), 0)?;
        Some(self.text)
    }

    /// Blank lines ahead of a block scalar's first line lie before the span the parser gives.
    fn leading_newlines(&mut self) {
        if matches!(self.style, Style::Literal(_) | Style::Folded(_)) && newline(self.raw) == 0 {
            let count = self.value.bytes().take_while(|byte| *byte == b'\n').count();
            let _ = self.take(count, 0);
        }
    }

    fn step(&mut self) -> Option<()> {
        match self.style {
            Style::Plain | Style::SingleQuoted | Style::DoubleQuoted
                if self.raw.starts_with([' ', '\t', '\r', '\n']) =>
            {
                self.blanks()
            }
            Style::Literal(indent) if newline(self.raw) > 0 => self.literal_newline(indent),
            Style::Folded(indent) if newline(self.raw) > 0 => self.folded_newline(indent),
            Style::SingleQuoted if self.raw.starts_with("''") => {
                self.value.starts_with('\'').then_some(())?;
                self.take(1, 2)
            }
            Style::DoubleQuoted | Style::Escaped | Style::HclQuoted
                if self.raw.starts_with('\\') =>
            {
                self.escape()
            }
            Style::HclQuoted | Style::HclTemplate
                if self.raw.starts_with("$${") || self.raw.starts_with("%%{") =>
            {
                self.value.starts_with(['$', '%']).then_some(())?;
                self.take(1, 2)
            }
            _ => self.same(),
        }
    }

    /// Moves `value` bytes of the text over, which were written as `written` bytes.
    fn take(&mut self, value: usize, written: usize) -> Option<()> {
        let (taken, value_rest) = self.value.split_at_checked(value)?;
        let (_, raw_rest) = self.raw.split_at_checked(written)?;
        if !taken.is_empty() {
            let span = Span::new(self.start, self.start + written);
            self.text.push_as(taken, span);
        }
        self.value = value_rest;
        self.raw = raw_rest;
        self.start += written;
        Some(())
    }

    /// One character that stands for itself.
    fn same(&mut self) -> Option<()> {
        if self.raw.starts_with("\r\n") && self.value.starts_with('\n') {
            return self.take(1, 2);
        }
        let written = self.raw.chars().next()?;
        self.value.starts_with(written).then_some(())?;
        self.take(written.len_utf8(), written.len_utf8())
    }

    /// A run of blanks in a flow scalar: as it is within a line, folded around line ends.
    fn blanks(&mut self) -> Option<()> {
        let (length, newlines) = blank_run(self.raw);
        let meant = match newlines {
            0 => length,
            lines => self.folded(lines, lines - 1)?,
        };
        let fits = newlines > 0 || self.value.get(..length) == self.raw.get(..length);
        fits.then_some(())?;
        self.take(meant, length)
    }

    /// How many bytes of the text `lines` line ends make: a space for one, or else `breaks` newlines.
    fn folded(&self, lines: usize, breaks: usize) -> Option<usize> {
        let newlines = self.value.bytes().take_while(|byte| *byte == b'\n').count();
        if lines == 1 && self.value.starts_with(' ') {
            Some(1)
        } else {
            (newlines >= breaks && breaks > 0).then_some(breaks)
        }
    }

    /// A line end in a literal block, with the indentation of the next line.
    fn literal_newline(&mut self, indent: usize) -> Option<()> {
        self.value.starts_with('\n').then_some(())?;
        self.take(1, newline(self.raw))?;
        self.take(0, spaces(self.raw, indent))
    }

    /// Line ends in a folded block: a space, or newlines beside more indented or blank lines.
    fn folded_newline(&mut self, indent: usize) -> Option<()> {
        let (mut length, mut lines) = (0, 0);
        loop {
            let rest = self.raw.get(length..)?;
            match newline(rest) {
                0 => break,
                end => length += end + spaces(rest.get(end..)?, indent),
            }
            lines += 1;
        }
        let newlines = self.value.bytes().take_while(|byte| *byte == b'\n').count();
        let meant = self.folded(lines, newlines.min(lines))?;
        self.take(meant, length)
    }

    /// A backslash with what it escapes.
    fn escape(&mut self) -> Option<()> {
        let after = self.raw.get(1..)?;
        let (blanks, newlines) = blank_run(after);
        let at_line_end = match self.style {
            Style::DoubleQuoted => newline(after) > 0,
            _ => newlines > 0,
        };
        if at_line_end {
            let breaks = match self.style {
                Style::DoubleQuoted => newlines - 1,
                _ => 0,
            };
            let fits = self.value.bytes().take(breaks).all(|byte| byte == b'\n');
            fits.then_some(())?;
            return self.take(breaks, 1 + blanks);
        }
        let length = match after.chars().next()? {
            'x' => 4,
            'u' if is_surrogate_pair(self.raw) => 12,
            'u' => 6,
            'U' => 10,
            other => 1 + other.len_utf8(),
        };
        let meant = self.value.chars().next()?;
        self.take(meant.len_utf8(), length)
    }
}

/// The length of the line end that `text` starts with, 0 for none.
fn newline(text: &str) -> usize {
    if text.starts_with("\r\n") {
        2
    } else {
        usize::from(text.starts_with(['\n', '\r']))
    }
}

/// How many spaces `text` starts with, at most `limit`.
fn spaces(text: &str, limit: usize) -> usize {
    let spaces = text.bytes().take_while(|byte| *byte == b' ');
    spaces.take(limit).count()
}

/// The length of the blanks that `text` starts with, and how many line ends are among them.
fn blank_run(text: &str) -> (usize, usize) {
    let end = text
        .find(|character| !matches!(character, ' ' | '\t' | '\r' | '\n'))
        .unwrap_or(text.len());
    let run = text.get(..end).unwrap_or("");
    let feeds = run.matches('\n').count();
    let lone_returns = run.matches('\r').count() - run.matches("\r\n").count();
    (end, feeds + lone_returns)
}

/// Whether `text` starts with `\uD83D\uDE00` or the like, two escapes for one character.
fn is_surrogate_pair(text: &str) -> bool {
    let high = |byte: u8| matches!(byte, b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    let bytes = text.as_bytes();
    matches!(bytes.get(2), Some(b'd' | b'D'))
        && bytes.get(3).copied().is_some_and(high)
        && bytes.get(6..8) == Some(b"\\u")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Aligns `value` with `raw` and checks what bytes each piece of the text came from.
    fn check(value: &str, raw: &str, style: Style, pieces: &[(&str, &str)]) {
        let source = format!("ééé{raw}!");
        let written = Span::new(6, 6 + raw.len());
        let text = align(value, &source, written, style);
        assert_eq!(text.as_str(), value);
        for (meant, bytes) in pieces {
            let at = value.find(meant).unwrap();
            let span = text.source_span(Span::new(at, at + meant.len()));
            assert_eq!(span.slice(&source), *bytes, "{meant:?} in {raw:?}");
        }
    }

    #[test]
    fn flow_scalars_are_folded() {
        check(
            "one two\nthree",
            "one \n  two\n\n three",
            Style::Plain,
            &[("two", "two"), ("one", "one"), ("three", "three")],
        );
        check(
            "it's é x",
            "it''s é\r\n x",
            Style::SingleQuoted,
            &[("s", "s"), ("é", "é"), ("x", "x")],
        );
        check(
            "a\tb cd😀e",
            "a\\tb\n c\\\n  d\\U0001F600e",
            Style::DoubleQuoted,
            &[("b", "b"), ("c", "c"), ("d", "d"), ("e", "e")],
        );
    }

    #[test]
    fn blocks_lose_their_indentation() {
        check(
            "cp é x\n  y\n\nz\n",
            "cp é x\r\n    y\r\n\r\n  z\r\n",
            Style::Literal(2),
            &[("x", "x"), ("y", "y"), ("z", "z"), ("é x\n", "é x\r")],
        );
        check("\n\na\n", "a", Style::Literal(2), &[("a", "a")]);
        check(
            "f1 f2\n\n more\nz",
            "f1\n  f2\n\n   more\n  z\n",
            Style::Folded(2),
            &[("f1", "f1"), ("f2", "f2"), ("more", "more"), ("z", "z")],
        );
    }

    #[test]
    fn escapes_are_one_character() {
        check(
            "😀a\"é/b",
            "\\uD83D\\uDE00a\\\"\\u00e9\\/b",
            Style::Escaped,
            &[("a", "a"), ("b", "b")],
        );
        check(
            "${A}-b",
            "$${A}-\\u0062",
            Style::HclQuoted,
            &[("A}-", "A}-")],
        );
    }

    #[test]
    fn what_does_not_fit_maps_to_the_whole() {
        check("xyz", "abc", Style::Plain, &[("xyz", "abc")]);
        check("a b", "a\n\n\nb", Style::Plain, &[("a b", "a\n\n\nb")]);
    }
}
