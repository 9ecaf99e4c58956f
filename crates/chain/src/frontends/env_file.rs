//! `.env`: the variables that a Compose project takes for set where the environment sets none.

use std::collections::BTreeMap;

use plimsoll_model::{Label, RootPath, Span};

/// How many variables of one file count.
const MAX_VARIABLES: usize = 1_024;
/// How many bytes a value may have; a longer one is no path and no argument that is looked at.
const MAX_VALUE: usize = 4_096;

/// What a file sets one variable to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetVariable {
    /// The value.
    pub(super) value: String,
    /// The line's name.
    pub(super) at: Label,
}

/// The variables that the file at `path` sets. A value that is made of others is left out.
pub(super) fn read(path: &RootPath, text: &str) -> BTreeMap<String, SetVariable> {
    let mut found = BTreeMap::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((name, value)) = assignment(line) {
            let at = start + line.find(name).unwrap_or(0);
            let at = Label::new(path, Span::new(at, at + name.len()));
            found.insert(name.to_owned(), SetVariable { value, at });
        }
        if found.len() >= MAX_VARIABLES {
            break;
        }
        start += line.len();
    }
    found
}

/// `NAME=value`, also behind `export`, with or without quotes.
fn assignment(line: &str) -> Option<(&str, String)> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let is_name = starts && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim_start();
    let value = match value.chars().next() {
        Some('\'') => value.get(1..)?.split_once('\'')?.0,
        Some('"') => {
            value
                .get(1..)?
                .split_once('"')
                .filter(|(inner, _)| is_plain(inner))?
                .0
        }
        _ => {
            let end = value.find(" #").unwrap_or(value.len());
            value
                .get(..end)
                .map(str::trim_end)
                .filter(|text| is_plain(text))?
        }
    };
    (is_name && value.len() <= MAX_VALUE).then(|| (name, value.to_owned()))
}

/// Whether a text is the same once variables and escapes are read.
fn is_plain(text: &str) -> bool {
    !text.contains(['$', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |line: &str, expected: Option<(&str, &str)>| {
            let found = assignment(line);
            let found = found.as_ref().map(|(name, value)| (*name, value.as_str()));
            assert_eq!(found, expected, "{line}");
        };
        check("A=b c # d\n", Some(("A", "b c")));
        check(" export A='$b'\r\n", Some(("A", "$b")));
        check("A=\"../x\" # y", Some(("A", "../x")));
        check("A=", Some(("A", "")));
        check("A=${B}/x", None);
        check("# A=b", None);
        check("A", None);
        check("A='open", None);
        check("é=1", None);
    }

    #[test]
    fn the_last_line_counts_and_knows_its_place() {
        let path = RootPath::new("x/.env").unwrap();
        let text = "é=1\nA=1\n  A=2\n";
        let found = read(&path, text);
        let set = &found["A"];
        assert_eq!(set.value, "2");
        let span = set.at.span.unwrap();
        assert_eq!((span.slice(text), span.start), ("A", 11));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,20}[A-Z='\" \\n\\r$]{0,12}\\PC{0,20}") {
            let path = RootPath::new(".env").unwrap();
            for set in read(&path, &text).into_values() {
                proptest::prop_assert!(set.at.span.unwrap().end as usize <= text.len());
            }
        }
    }
}
