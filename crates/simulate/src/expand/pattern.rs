//! The wildcards of `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`.
//!
//! By source: `shell/lex.go` (`convertShellPatternToRegex`, `trimPrefix`, `trimSuffix`). `*` is any text within a line, `?`
//! one character; a backslash keeps `*`, `?` and itself, and vanishes before `}` and `/`; before anything else it is an
//! error. There are no brackets.

use regex::{Regex, RegexBuilder};

/// The longest pattern that is compiled; the result of a longer one counts as unknown.
const MAX_PATTERN: usize = 1024;
/// The most memory a compiled pattern may take.
const MAX_COMPILED: usize = 1 << 20;

/// `Ok(None)`: too large to be judged.
type Outcome = Result<Option<String>, String>;

/// `text` without the shortest or longest prefix that matches.
pub(super) fn without_prefix(text: &str, pattern: &str, longest: bool) -> Outcome {
    let Some(regex) = compile(pattern, longest, true)? else {
        return Ok(None);
    };
    let end = regex.find(text).map_or(0, |found| found.end());
    Ok(text.get(end..).map(str::to_owned))
}

/// `text` without the shortest or longest suffix that matches: the prefix of both reversed.
pub(super) fn without_suffix(text: &str, pattern: &str, longest: bool) -> Outcome {
    let reversed: String = text.chars().rev().collect();
    let kept = without_prefix(&reversed, &reverse_pattern(pattern), longest)?;
    Ok(kept.map(|kept| kept.chars().rev().collect()))
}

/// `text` with the first or all of the longest matches replaced. When all are, `$` in the replacement names a match, as
/// Go's `ReplaceAllString` has it.
pub(super) fn replaced(text: &str, pattern: &str, replacement: &str, all: bool) -> Outcome {
    let Some(regex) = compile(pattern, true, false)? else {
        return Ok(None);
    };
    if all {
        return Ok(replace_all(&regex, text, replacement));
    }
    let Some(found) = regex.find(text) else {
        return Ok(Some(text.to_owned()));
    };
    let before = text.get(..found.start()).unwrap_or("");
    let after = text.get(found.end()..).unwrap_or("");
    Ok(Some([before, replacement, after].concat()))
}

/// Stops where the result grows past what an expansion may add.
fn replace_all(regex: &Regex, text: &str, replacement: &str) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    for captures in regex.captures_iter(text) {
        let found = captures.get(0)?;
        out.push_str(text.get(at..found.start())?);
        captures.expand(replacement, &mut out);
        at = found.end();
        if out.len() > super::MAX_GROWTH {
            return None;
        }
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// The pattern backwards, each escape still in front of what it escapes.
fn reverse_pattern(pattern: &str) -> String {
    let mut out: Vec<char> = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(escaped)) => {
                chars.next();
                out.extend([escaped, '\\']);
            }
            _ => out.push(c),
        }
    }
    out.iter().rev().collect()
}

fn compile(pattern: &str, longest: bool, anchored: bool) -> Result<Option<Regex>, String> {
    if pattern.len() > MAX_PATTERN {
        return Ok(None);
    }
    let mut source = String::from(if anchored { "^" } else { "" });
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => source.push_str(if longest { ".*" } else { ".*?" }),
            '?' => source.push('.'),
            '\\' if matches!(chars.peek(), Some('}' | '/')) => {}
            '\\' => match chars.next() {
                Some(kept @ ('*' | '?' | '\\')) => source.extend(['\\', kept]),
                Some(other) => return Err(format!("invalid escape `\\{other}` in a pattern")),
                None => return Err("a pattern ends in its escape character".to_owned()),
            },
            _ => source.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    let regex = RegexBuilder::new(&source).size_limit(MAX_COMPILED).build();
    Ok(regex.ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str, pattern: &str, longest: bool, expected: &str) {
        let result = without_prefix(text, pattern, longest);
        assert_eq!(result, Ok(Some(expected.to_owned())), "{text} {pattern}");
    }

    fn suffix(text: &str, pattern: &str, longest: bool, expected: &str) {
        let result = without_suffix(text, pattern, longest);
        assert_eq!(result, Ok(Some(expected.to_owned())), "{text} {pattern}");
    }

    #[test]
    fn prefixes() {
        prefix("/usr/local/bin", "*/", false, "usr/local/bin");
        prefix("/usr/local/bin", "*/", true, "bin");
        prefix("v1.2", "v", false, "1.2");
        prefix("abc", "?b", false, "c");
        prefix("abc", "b", false, "abc");
        prefix("a*b", "a\\*", false, "b");
        prefix("a.b", "a?", false, "b");
        prefix("axb", "a.", false, "axb");
        prefix("a}b", "a\\}", false, "b");
        prefix("a\nb", "*", true, "\nb");
        prefix("", "*", true, "");
    }

    #[test]
    fn suffixes() {
        suffix("a.tar.gz", ".*", false, "a.tar");
        suffix("a.tar.gz", ".*", true, "a");
        suffix("éa*", "a\\*", false, "é");
        suffix("abc", "x", true, "abc");
    }

    #[test]
    fn replacements() {
        let check = |pattern, replacement, all, expected: &str| {
            let result = replaced("a-b-c", pattern, replacement, all);
            assert_eq!(result, Ok(Some(expected.to_owned())), "{pattern}");
        };
        check("-", "_", false, "a_b-c");
        check("-", "_", true, "a_b_c");
        check("-*", "", false, "a");
        check("-", "[$0]", true, "a[-]b[-]c");
        check("-", "$0", false, "a$0b-c");
        check("x", "y", true, "a-b-c");
    }

    #[test]
    fn escapes_are_checked() {
        assert!(without_prefix("a", "\\a", false).is_err());
        assert!(without_prefix("a", "a\\", false).is_err());
        assert!(without_suffix("a", "\\a", false).is_err());
        assert_eq!(without_prefix("a", &"*".repeat(5000), false), Ok(None));
    }
}
