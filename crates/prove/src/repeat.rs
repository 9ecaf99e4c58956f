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

/// A command that writes `text` to the file `path`, in whose place nothing of the repository is left: a link there would
/// lead the writing elsewhere. Each line is a quoted word, so that nothing in a stranger's text can end the text.
pub(crate) fn write_file(path: &str, text: &str) -> String {
    let path = quoted_path(path);
    let text = text.trim_end_matches('\n');
    let mut command = format!("rm -f {path}; printf '%s\\n'");
    for line in text.split('\n') {
        command.push_str(" \\\n  ");
        command.push_str(&quoted(line));
    }
    format!("{command} > {path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            "FROM scratch\nEOF\nRUN 'a' \"$(touch ran)\" `touch ran` \\\n  b; touch ran\n\n# end";
        let kept = folder.path().join("kept");
        std::fs::write(&kept, "kept").unwrap();
        std::os::unix::fs::symlink(&kept, folder.path().join("file")).unwrap();
        // As it is shown, too: indented.
        for indent in ["", "    "] {
            let lines = write_file("$work/file", text);
            let lines = lines.lines().map(|line| format!("{indent}{line}\n"));
            let script: String = lines.collect();
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &script]).current_dir(folder.path());
            assert!(shell.env("work", folder.path()).status().unwrap().success());
            let written = std::fs::read_to_string(folder.path().join("file")).unwrap();
            assert_eq!(written, format!("{text}\n"));
            assert!(!folder.path().join("ran").exists());
            assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
        }
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
