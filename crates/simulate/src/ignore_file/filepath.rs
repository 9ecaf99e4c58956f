//! Go's `filepath.Clean` and `filepath.Match` on Unix, which ignore files and COPY wildcards are defined by.

/// The shortest lexical equivalent of `path`; `.` for the empty path.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(".."),
            },
            name => kept.push(name),
        }
    }
    match (rooted, kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}

/// A pattern that `filepath.Match` calls malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadPattern;

/// One part of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `*`: any run of characters but `/`.
    Star,
    /// `?`: one character but `/`.
    AnyChar,
    /// One character as it is.
    Literal(char),
    /// `[a-z]`, `[^a-z]`: one character, `/` too where the class says so.
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
}

/// A compiled `filepath.Match` pattern.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    parts: Vec<Part>,
}

impl Glob {
    /// Compiles `pattern`; malformed exactly where `filepath.Match` reports a bad pattern.
    pub(crate) fn new(pattern: &str) -> Result<Glob, BadPattern> {
        let mut parts = Vec::new();
        let mut rest = pattern.chars();
        while let Some(character) = rest.next() {
            match character {
                // A run of stars is one star.
                '*' if parts.last() == Some(&Part::Star) => {}
                '*' => parts.push(Part::Star),
                '?' => parts.push(Part::AnyChar),
                '[' => parts.push(class(&mut rest)?),
                '\\' => parts.push(Part::Literal(rest.next().ok_or(BadPattern)?)),
                literal => parts.push(Part::Literal(literal)),
            }
        }
        Ok(Glob { parts })
    }

    /// Whether the whole of `name` matches. Backtracks to the last star only, so the cost is at most parts times characters.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut part, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        loop {
            match (self.parts.get(part), name.get(at)) {
                (Some(Part::Star), _) => {
                    star = Some((part, at));
                    part += 1;
                    continue;
                }
                (Some(wanted), Some(&character)) if wanted.accepts(character) => {
                    part += 1;
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            match star {
                // The star takes one character more, but never a slash.
                Some((from, taken)) if name.get(taken).is_some_and(|taken| *taken != '/') => {
                    star = Some((from, taken + 1));
                    part = from + 1;
                    at = taken + 1;
                }
                _ => return false,
            }
        }
    }
}

impl Part {
    fn accepts(&self, character: char) -> bool {
        match self {
            Part::Star => false,
            Part::AnyChar => character != '/',
            Part::Literal(literal) => *literal == character,
            Part::Class { ranges, negated } => {
                let inside = ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&character));
                inside != *negated
            }
        }
    }
}

/// Reads a class behind its `[`, up to and with its `]`.
fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, BadPattern> {
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.as_str().starts_with(']') {
            rest.next();
            return Ok(Part::Class { ranges, negated });
        }
        let low = class_character(rest)?;
        let mut high = low;
        if rest.as_str().starts_with('-') {
            rest.next();
            high = class_character(rest)?;
        }
        ranges.push((low, high));
    }
}

/// One end of a range; something must follow it, because a class has to close.
fn class_character(rest: &mut std::str::Chars<'_>) -> Result<char, BadPattern> {
    let character = match rest.next() {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => rest.next().ok_or(BadPattern)?,
        Some(character) => character,
    };
    if rest.as_str().is_empty() {
        return Err(BadPattern);
    }
    Ok(character)
}

/// Whether Go's globbing would treat `text` as more than a plain name.
pub(crate) fn has_wildcard(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_like_go() {
        let cases = [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("/../a", "/a"),
            ("../../x", "../../x"),
            ("a/../..", ".."),
            ("/", "/"),
            ("!../../x", "x"),
        ];
        for (path, expected) in cases {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

    #[test]
    fn matches_like_go() {
        let cases = [
            ("*", "abc", Ok(true)),
            ("*", "a/b", Ok(false)),
            ("a*b*c", "aXbXbc", Ok(true)),
            ("a?c", "a/c", Ok(false)),
            ("[a-c]x", "bx", Ok(true)),
            ("[^a]", "/", Ok(true)),
            ("[!a]", "b", Ok(false)),
            ("\\*", "*", Ok(true)),
            ("a\\", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("[]a]", "]", Err(BadPattern)),
            ("[a-]", "a", Err(BadPattern)),
            ("[-x]", "x", Err(BadPattern)),
            ("[a", "a", Err(BadPattern)),
            ("x[", "a", Err(BadPattern)),
            ("]", "]", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("", "", Ok(true)),
            ("*é", "xé", Ok(true)),
        ];
        for (pattern, name, expected) in cases {
            let got = Glob::new(pattern).map(|glob| glob.matches(name));
            assert_eq!(got, expected, "{pattern} on {name}");
        }
    }
}
