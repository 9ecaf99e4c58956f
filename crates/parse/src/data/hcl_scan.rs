//! A first pass over HCL that finds the comments and the brackets left open.

use plimsoll_model::Span;

/// What the pass found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The comments with what introduces them.
    pub(super) comments: Vec<Span>,
    /// What would close the brackets that are open at the end, innermost first.
    pub(super) closers: String,
}

/// What the scanner is in.
enum Within {
    Bracket(char),
    Quotes,
    /// `${` or `%{` in quotes.
    Template,
}

/// Scans `text`.
pub(super) fn scan(text: &str) -> Scan {
    let mut found = Scan::default();
    let mut stack: Vec<Within> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += match stack.last() {
            Some(Within::Quotes) => quoted_step(rest, &mut stack),
            _ => {
                let length = comment_length(rest);
                if length > 0 {
                    found.comments.push(Span::new(at, at + length));
                    length
                } else {
                    code_step(rest, &mut stack)
                }
            }
        };
    }
    let open = stack.iter().rev();
    found.closers = open
        .filter_map(|within| match within {
            Within::Bracket(closer) => Some(*closer),
            _ => None,
        })
        .collect();
    found
}

/// One step outside quotes; its length.
fn code_step(rest: &str, stack: &mut Vec<Within>) -> usize {
    let Some(first) = rest.chars().next() else {
        return rest.len();
    };
    match first {
        '"' => stack.push(Within::Quotes),
        '{' => stack.push(Within::Bracket('}')),
        '[' => stack.push(Within::Bracket(']')),
        '(' => stack.push(Within::Bracket(')')),
        '}' | ']' | ')' => close(first, stack),
        '<' if rest.starts_with("<<") => return heredoc_length(rest).unwrap_or(2),
        _ => {}
    }
    first.len_utf8()
}

fn close(closer: char, stack: &mut Vec<Within>) {
    let fits = match stack.last() {
        Some(Within::Bracket(open)) => *open == closer,
        Some(Within::Template) => closer == '}',
        _ => false,
    };
    if fits {
        stack.pop();
    }
}

/// One step in quotes; its length. A line end closes quotes that were left open.
fn quoted_step(rest: &str, stack: &mut Vec<Within>) -> usize {
    let mut characters = rest.chars();
    match characters.next() {
        Some('\\') => 1 + characters.next().map_or(0, char::len_utf8),
        Some('"' | '\n') => {
            stack.pop();
            1
        }
        Some('$' | '%') if rest.get(1..).is_some_and(|rest| rest.starts_with('{')) => {
            stack.push(Within::Template);
            2
        }
        // A doubled marker is text.
        Some('$') if rest.starts_with("$${") => 3,
        Some('%') if rest.starts_with("%%{") => 3,
        Some(other) => other.len_utf8(),
        None => rest.len(),
    }
}

/// The length of the comment that `rest` starts with, 0 for none.
fn comment_length(rest: &str) -> usize {
    if rest.starts_with('#') || rest.starts_with("//") {
        return rest.find(['\n', '\r']).unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    rest.find("*/").map_or(rest.len(), |at| at + 2)
}

/// The length of the heredoc that `rest` starts with; to the end of the text where its delimiter is missing.
fn heredoc_length(rest: &str) -> Option<usize> {
    let (head, body) = rest.split_once('\n')?;
    let delimiter = head.trim_start_matches('<').trim_start_matches('-').trim();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if delimiter.is_empty() || !delimiter.bytes().all(is_name) {
        return None;
    }
    let mut length = head.len() + 1;
    for line in body.split_inclusive('\n') {
        length += line.len();
        if line.trim() == delimiter {
            break;
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, comments: &[&str], closers: &str) {
        let found = scan(text);
        let slices: Vec<&str> = found.comments.iter().map(|span| span.slice(text)).collect();
        assert_eq!(slices, comments, "{text:?}");
        assert_eq!(found.closers, closers, "{text:?}");
    }

    #[test]
    fn comments_are_found_outside_strings() {
        check("a = \"#no\" # yes\n", &["# yes"], "");
        check(
            "a = \"${f(\"x#\")}#\" // é\n/* b\n */",
            &["// é", "/* b\n */"],
            "",
        );
        check("a = <<EOT\n# no\n{\nEOT\n# yes", &["# yes"], "");
        check("a = \"$${\" # yes", &["# yes"], "");
    }

    #[test]
    fn open_brackets_are_closed_innermost_first() {
        check("target \"x\" {\n  args = [f(", &[], ")]}");
        check("target \"x\" {\n  context = \"../..", &[], "}");
    }
}
