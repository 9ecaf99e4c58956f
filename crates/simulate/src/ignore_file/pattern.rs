//! One ignore pattern, compiled as moby's pattern matcher compiles it.

use super::go_regexp;
use super::program::Program;
use regex::{Regex, RegexBuilder};

/// How a pattern is compared with a path.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// The path is exactly this.
    Exact(String),
    /// The path is this or lies beneath it.
    Tree(String),
    /// The path starts with this.
    Prefix(String),
    /// The path ends with this; where it starts with a slash, the rest of it alone matches too.
    Suffix(String),
    /// The path matches the program.
    Program(Program),
    /// The path matches the expression.
    Expression(Regex),
    /// Compiling fails, so a build fails as soon as the pattern is tried.
    Broken,
}

/// Which comparison the characters read so far ask for.
#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Exact,
    Prefix,
    Suffix,
    Expression,
}

/// Characters that mean something to a regular expression but nothing to an ignore pattern.
const ESCAPED: &str = ".+()|{}$";

/// More bytes than this an expression of buildah's may not compile to.
const LARGEST_EXPRESSION: usize = 1 << 20;

impl Pattern {
    /// Compiles a cleaned pattern without its `!`.
    pub(super) fn new(cleaned: &str) -> Pattern {
        let (comparison, expression) = translate(cleaned, ESCAPED);
        match comparison {
            Comparison::Exact => Pattern::Exact(cleaned.to_owned()),
            Comparison::Prefix => {
                Pattern::Prefix(cleaned.strip_suffix("**").unwrap_or(cleaned).to_owned())
            }
            Comparison::Suffix => {
                Pattern::Suffix(cleaned.strip_prefix("**").unwrap_or(cleaned).to_owned())
            }
            Comparison::Expression => match go_regexp::steps(&expression) {
                Ok(steps) => Pattern::Program(Program::new(steps)),
                Err(go_regexp::BadExpression) => Pattern::Broken,
            },
        }
    }

    /// Compiles a cleaned pattern as containers/storage does, which buildah uses: every pattern becomes an expression that
    /// matches what lies beneath too, and of what means something to an expression only `.` and `$` are escaped.
    pub(super) fn new_for_buildah(cleaned: &str) -> Pattern {
        let (comparison, expression) = translate(cleaned, ".$");
        if comparison == Comparison::Exact && !cleaned.contains(['+', '(', ')', '{', '}', '|', '^'])
        {
            return Pattern::Tree(cleaned.trim_start_matches('\u{feff}').to_owned());
        }
        if cleaned.ends_with('\\') && !cleaned.ends_with("\\\\") {
            return Pattern::Broken;
        }
        let expression = as_in_go(expression.strip_suffix('$').unwrap_or(&expression));
        let mut builder = RegexBuilder::new(&format!("^{expression}(/.*)?$"));
        match builder.size_limit(LARGEST_EXPRESSION).build() {
            Ok(expression) => Pattern::Expression(expression),
            Err(_) => Pattern::Broken,
        }
    }

    /// Whether the pattern matches exactly `path`, parents not considered.
    pub(super) fn matches(&self, path: &str) -> bool {
        match self {
            Pattern::Exact(exact) => path == exact,
            Pattern::Tree(tree) => path
                .strip_prefix(tree.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            Pattern::Prefix(prefix) => path.starts_with(prefix),
            Pattern::Suffix(suffix) => {
                path.ends_with(suffix) || suffix.strip_prefix('/') == Some(path)
            }
            Pattern::Program(program) => program.matches(path),
            Pattern::Expression(expression) => expression.is_match(path),
            Pattern::Broken => false,
        }
    }
}

/// The expression as Go takes it: a `{` that begins no repetition, as in `{a,b}`, stands for itself, and so do `[`, `&` and
/// `~` within a class.
fn as_in_go(expression: &str) -> String {
    let mut plain = String::new();
    let mut rest = expression.chars();
    // Within a class, how many of its characters were read.
    let mut class: Option<usize> = None;
    while let Some(character) = rest.next() {
        if class.is_some()
            && character == '['
            && let Some(named) = rest.as_str().strip_prefix(':')
            && let Some((name, behind)) = named.split_once(":]")
        {
            plain.extend(["[:", name, ":]"]);
            rest = behind.chars();
            continue;
        }
        let is_plain = match (class, character) {
            (None, '{') => !is_repetition(rest.as_str()),
            (Some(_), '[') => true,
            (Some(_), '&' | '~') => true,
            _ => false,
        };
        if is_plain {
            plain.push('\\');
        }
        plain.push(character);
        class = match (class, character) {
            (None, '[') => Some(0),
            (Some(0), '^') => Some(0),
            (Some(read), ']') if read > 0 => None,
            (class, _) => class.map(|read| read + 1),
        };
        if character == '\\' {
            plain.extend(rest.next());
        }
    }
    plain
}

/// Whether the text behind a `{` goes on as `3}`, `3,}` or `3,4}`.
fn is_repetition(rest: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    rest.split_once('}')
        .is_some_and(|(inside, _)| match inside.split_once(',') {
            Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
            None => is_number(inside),
        })
}

/// Translates a pattern into the expression Go is given (behind its `^`) and tells which comparison applies.
fn translate(pattern: &str, escaped: &str) -> (Comparison, String) {
    let mut comparison = Comparison::Exact;
    let mut expression = String::new();
    // Go's scanner passes over a byte order mark at the very start.
    let text = pattern.strip_prefix('\u{feff}').unwrap_or(pattern);
    let mut rest = text.chars().peekable();
    let mut first = true;
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                comparison = double_star(&mut expression, comparison, rest.peek().is_none(), first);
            }
            '*' => {
                expression.push_str("[^/]*");
                comparison = Comparison::Expression;
            }
            '?' => {
                expression.push_str("[^/]");
                comparison = Comparison::Expression;
            }
            '\\' => {
                expression.push('\\');
                if let Some(next) = rest.next() {
                    expression.push(next);
                    comparison = Comparison::Expression;
                }
            }
            '[' | ']' => {
                expression.push(character);
                comparison = Comparison::Expression;
            }
            other => {
                if escaped.contains(other) {
                    expression.push('\\');
                }
                expression.push(other);
            }
        }
        first = false;
    }
    expression.push('$');
    (comparison, expression)
}

/// What `**` (with the slash behind it) adds.
fn double_star(
    expression: &mut String,
    so_far: Comparison,
    at_end: bool,
    at_start: bool,
) -> Comparison {
    let comparison = if !at_end {
        expression.push_str("(.*/)?");
        Comparison::Expression
    } else {
        expression.push_str(".*");
        match so_far {
            Comparison::Exact => Comparison::Prefix,
            _ => Comparison::Expression,
        }
    };
    if at_start {
        Comparison::Suffix
    } else {
        comparison
    }
}
