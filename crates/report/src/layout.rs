//! Colours, widths and line breaks of text for a terminal.

use owo_colors::{OwoColorize, Style as Colour};
use plimsoll_model::Severity;
use unicode_width::UnicodeWidthStr;

/// How text for a terminal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are written.
    pub colour: bool,
    /// Whether lines may be drawn with more than ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether findings that do not count are shown too.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style {
            colour: false,
            unicode: true,
            width: 100,
            verbose: false,
        }
    }
}

impl Style {
    /// The width, kept within what reads well.
    pub(crate) fn columns(self) -> usize {
        self.width.clamp(40, 160)
    }

    pub(crate) fn paint(self, colour: Colour, text: &str) -> String {
        if self.colour && !text.is_empty() {
            text.style(colour).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Text that stands out.
    pub fn bold(self, text: &str) -> String {
        self.paint(Colour::new().bold(), text)
    }

    /// Text that stands back.
    pub fn dim(self, text: &str) -> String {
        self.paint(Colour::new().dimmed(), text)
    }

    /// Text that is code or a path.
    pub fn code(self, text: &str) -> String {
        self.paint(Colour::new().cyan(), text)
    }

    /// Text in the colour of a severity.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        self.paint(severity_colour(severity), text)
    }

    /// `error`, as it stands before what went wrong.
    pub fn error_label(self) -> String {
        self.severity(Severity::High, "error")
    }

    /// The down arrow between two steps of a flow.
    pub(crate) fn arrow(self) -> &'static str {
        if self.unicode { "↓" } else { "v" }
    }

    /// The bar beside a source line.
    pub(crate) fn bar(self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }
}

/// The colour of a severity.
pub(crate) fn severity_colour(severity: Severity) -> Colour {
    let colour = Colour::new().bold();
    match severity {
        Severity::Critical => colour.bright_red(),
        Severity::High => colour.red(),
        Severity::Medium => colour.yellow(),
        Severity::Low => colour.cyan(),
        Severity::Info => colour.bright_blue(),
    }
}

/// Breaks `text` at blanks into lines of at most `columns`; a longer word stays whole.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = line.width() + 1 + word.width();
        if !line.is_empty() && needed > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Cuts `text` to `columns`, with a mark where something is missing.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if kept.width() + 3 > columns {
            kept.pop();
            break;
        }
    }
    kept + "..."
}

/// Cuts `text` to `columns` so that what starts at byte `at` can be seen.
pub(crate) fn cut_around(text: &str, at: usize, columns: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    if text.width() <= columns || before.width() + columns / 3 <= columns {
        return cut(text, columns);
    }
    // A third of the line for what leads up to it.
    let mut lead = String::new();
    for character in before.chars().rev() {
        if lead.width() >= columns / 3 {
            break;
        }
        lead.insert(0, character);
    }
    let rest = text.get(before.len() - lead.len()..).unwrap_or_default();
    format!("...{}", cut(rest, columns.saturating_sub(3)))
}

/// Takes the meaning away from what a build server would read as a command in the log it shows: `::` at the start of a
/// line, blanks aside, and `##[`, `##vso[`, `##teamcity[` anywhere.
pub(crate) fn disarm(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start();
        let (blanks, _) = line.split_at(line.len() - rest.len());
        out.push_str(blanks);
        match rest.strip_prefix("::") {
            Some(rest) => {
                out.push_str("\\u{3a}:");
                out.push_str(rest);
            }
            None => out.push_str(rest),
        }
    }
    for command in ["[", "vso[", "teamcity["] {
        out = out.replace(&format!("##{command}"), &format!("#\\u{{23}}{command}"));
    }
    out
}

/// `text` filled up with blanks to `columns`.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// `1 finding`, `2 findings`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("toolongaword a", 4), ["toolongaword", "a"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }

    #[test]
    fn build_servers_read_no_command() {
        let cases = [
            ("a\n  ::error::x\n", "a\n  \\u{3a}:error::x\n"),
            ("a ::error", "a ::error"),
            (
                "a ##[error] ##vso[x] ##",
                "a #\\u{23}[error] #\\u{23}vso[x] ##",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(disarm(text), expected);
        }
    }

    #[test]
    fn long_lines_are_cut() {
        assert_eq!(cut("abcdefgh", 6), "abc...");
        assert_eq!(cut("abc", 6), "abc");
        assert_eq!(cut_around("abcdefgh", 7, 6), "...fgh");
        assert_eq!(cut_around("abcdefgh", 1, 6), "abc...");
        assert_eq!(cut_around("abc", 9, 6), "abc");
    }
}
