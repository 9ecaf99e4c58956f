//! Rust source with its comments and the contents of its literals blanked out, line for line.

/// The text with spaces for everything inside comments, strings and characters; line breaks stay.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = opaque(rest);
        let (blank, copied) = if length > 0 {
            (rest.get(..length).unwrap_or(rest), "")
        } else {
            ("", rest.get(..first.len_utf8()).unwrap_or_default())
        };
        out.extend(blank.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        out.push_str(copied);
        rest = rest.get(blank.len() + copied.len()..).unwrap_or_default();
    }
    out
}

/// The length of the comment or literal that `rest` begins with, else 0.
fn opaque(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    raw_string(rest)
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match tail.chars().next() {
                Some(next) => at += next.len_utf8(),
                None => break,
            }
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        if !escaped && letter == quote {
            return at + 1;
        }
        escaped = !escaped && letter == '\\';
    }
    rest.len()
}

/// A character literal; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => quoted(rest, '\''),
        Some(_) => match letters.next() {
            Some((at, '\'')) => at + 1,
            _ => 0,
        },
        None => 0,
    }
}

/// `r"…"`, `r#"…"#`, `br#"…"#`; the `r` may not end a longer word, which does not happen before a quote or a `#`.
fn raw_string(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix('r') else {
        return 0;
    };
    let hashes = after.len() - after.trim_start_matches('#').len();
    if !after
        .get(hashes..)
        .is_some_and(|tail| tail.starts_with('"'))
    {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = 1 + hashes + 1;
    rest.get(body..)
        .and_then(|tail| tail.find(&close))
        .map_or(rest.len(), |at| body + at + close.len())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn literals_and_comments_are_blank() {
        for (text, left) in [
            ("a /* { /* } */ */ b", "ab"),
            ("x = \"{\\\"}\";", "x=;"),
            ("'{' 'a: '\\''", "'a:"),
            ("r#\"{\"}\"# {", "{"),
            ("// }\n}", "\n}"),
        ] {
            let masked = masked(text);
            assert_eq!(masked.replace(' ', ""), left, "{text:?}");
            assert_eq!(masked.len(), text.len(), "{text:?}");
        }
    }
}
