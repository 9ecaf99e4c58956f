//! Rust sources: an opening sentence, files and functions of a size that can be read.

use super::Texts;
use crate::tidy::sources::mask::masked;

mod mask;

/// Lines of code a file may have, its tests not counted.
const FILE_LINES: usize = 600;
/// Lines of code a function may have.
const FUNCTION_LINES: usize = 70;

pub(super) fn check(texts: &Texts, breaches: &mut Vec<String>) {
    for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".rs")) {
        if !opens_with_a_sentence(text) {
            breaches.push(format!(
                "{path}:1: the first line is not a `//!` sentence that ends in a full stop"
            ));
        }
        if is_test_source(path) {
            continue;
        }
        let code = masked(text);
        let code = without_tests(&code);
        let lines = code_lines(code);
        if lines > FILE_LINES {
            breaches.push(format!(
                "{path}: {lines} lines of code, split it (at most {FILE_LINES})"
            ));
        }
        for (line, name, lines) in functions(code) {
            if lines > FUNCTION_LINES {
                breaches.push(format!(
                    "{path}:{line}: `{name}` has {lines} lines of code, split it (at most {FUNCTION_LINES})"
                ));
            }
        }
    }
}

/// Files that hold nothing but tests.
fn is_test_source(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn opens_with_a_sentence(text: &str) -> bool {
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//! "))
        .collect();
    paragraph
        .last()
        .is_some_and(|line| line.ends_with(['.', ':', '?']))
}

/// What stands before the module of tests at the end of a file.
fn without_tests(code: &str) -> &str {
    let end = code.match_indices("#[cfg(test)]").find(|(at, marker)| {
        let rest = code.get(at + marker.len()..).unwrap_or_default();
        let rest = rest.trim_start();
        rest.starts_with("mod ") && rest.find('{') < rest.find(';').or(Some(usize::MAX))
    });
    match end {
        Some((at, _)) => code.get(..at).unwrap_or(code),
        None => code,
    }
}

fn code_lines(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Every function with a body: its line, its name, and its lines of code from `fn` to the closing brace.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + 3..).unwrap_or_default();
        let is_word = before
            .chars()
            .next_back()
            .is_some_and(|last| last.is_alphanumeric() || last == '_');
        let name: String = after
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        if is_word || name.is_empty() {
            continue;
        }
        if let Some(length) = body_end(after) {
            let body = after.get(..length).unwrap_or_default();
            found.push((before.lines().count().max(1), name, code_lines(body)));
        }
    }
    found
}

/// The length of a function's signature and body, `None` where it has no body. Braces in array lengths and const
/// generics of a signature are taken for the body, which only makes the function shorter than it is.
fn body_end(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        match letter {
            ';' if depth == 0 && !in_brackets(code.get(..at)?) => return None,
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the text ends inside square brackets, as in `[u8; 4]`.
fn in_brackets(code: &str) -> bool {
    code.matches('[').count() > code.matches(']').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_sentences() {
        for (text, good) in [
            ("//! One sentence.\n", true),
            ("//! A sentence\n//! on two lines.\n\nfn a() {}", true),
            ("//!\n//! Late.", false),
            ("// Not a doc comment.", false),
            ("//! No full stop", false),
        ] {
            assert_eq!(opens_with_a_sentence(text), good, "{text:?}");
        }
    }

    #[test]
    fn functions_are_measured() {
        let code = masked(
            "fn a(x: [u8; 2]) {\n    // note\n\n    b(\"}\");\n}\ntrait T {\n    fn c(&self);\n    fn d() { '}'; }\n}\n",
        );
        let found: Vec<(usize, String, usize)> = functions(&code);
        assert_eq!(found, [(1, "a".to_owned(), 3), (8, "d".to_owned(), 1)]);
    }

    #[test]
    fn tests_at_the_end_do_not_count() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\n";
        assert_eq!(without_tests(code), "fn a() {}\n");
        let code = "#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(without_tests(code), code);
    }
}
