//! Writing commands that somebody can run again.

/// `text` as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:@%+,".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A path that begins with `$work` as one word of a shell.
pub(crate) fn quoted_path(path: &str) -> String {
    match path.strip_prefix("$work") {
        Some(rest) => format!("\"$work\"{}", quoted(rest)),
        None => quoted(path),
    }
}

/// Commands that write `text` to the file `path`.
pub(crate) fn write_file(path: &str, text: &str) -> String {
    let text = text.trim_end_matches('\n');
    let end = delimiter(text);
    format!("cat > {} <<'{end}'\n{text}\n{end}", quoted_path(path))
}

/// A word that is no line of `text`: a stranger's text must not end the here-document that holds it.
fn delimiter(text: &str) -> String {
    let mut end = "PLIMSOLL".to_owned();
    while text.lines().any(|line| line.trim_end() == end) {
        end.push('_');
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_own_here_document() {
        let text = "FROM scratch\nPLIMSOLL\nPLIMSOLL_\nRUN x\n";
        assert_eq!(delimiter(text), "PLIMSOLL__");
        assert!(write_file("$work/a", text).ends_with("RUN x\nPLIMSOLL__"));
    }

    #[test]
    fn words_stay_words() {
        for (text, shown) in [
            ("a/b", "a/b"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's; rm", "'it'\\''s; rm'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(text), shown);
        }
        assert_eq!(quoted_path("$work/a b"), "\"$work\"'/a b'");
    }
}
