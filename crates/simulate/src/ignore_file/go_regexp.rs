//! The part of Go's regexp syntax that a translated ignore pattern can contain.
//!
//! The translation knows no classes, so `[*]` and `\d` mean in an ignore file what the resulting expression
//! means to Go's `regexp`, not what a shell would make of them. That is reproduced here step by step.

use super::program::{Item, Set, Step};
use regex::Regex;

/// An expression that Go's `regexp` refuses to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadExpression;

/// Reads `expression`, which starts behind its `^`.
pub(super) fn steps(expression: &str) -> Result<Vec<Step>, BadExpression> {
    let mut reader = Reader { rest: expression };
    let mut steps = Vec::new();
    while let Some(character) = reader.peek() {
        match character {
            '\\' => reader.escaped_step(&mut steps)?,
            '[' => {
                let set = reader.class()?;
                let many = reader.take("*");
                steps.push(if many {
                    Step::Many(set)
                } else {
                    Step::One(set)
                });
            }
            '(' if reader.take("(.*/)?") => steps.push(Step::OptionalFolders),
            '.' if reader.take(".*") => steps.push(Step::Many(Set::NotNewline)),
            '^' => {
                reader.next();
                steps.push(Step::Start);
            }
            '$' => {
                reader.next();
                steps.push(Step::End);
            }
            literal => {
                reader.next();
                steps.push(Step::One(Set::Char(literal)));
            }
        }
    }
    Ok(steps)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.rest = self.rest.get(character.len_utf8()..).unwrap_or("");
        Some(character)
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// A `\` outside a class.
    fn escaped_step(&mut self, steps: &mut Vec<Step>) -> Result<(), BadExpression> {
        if self.take("\\A") {
            steps.push(Step::Start);
        } else if self.take("\\z") {
            steps.push(Step::End);
        } else if self.take("\\b") {
            steps.push(Step::WordBoundary(true));
        } else if self.take("\\B") {
            steps.push(Step::WordBoundary(false));
        } else if self.take("\\Q") {
            let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
            steps.extend(quoted.chars().map(|literal| Step::One(Set::Char(literal))));
            self.rest = rest;
        } else {
            let mut items = Vec::new();
            let set = if self.group(&mut items)? {
                let negated = false;
                Set::Class { items, negated }
            } else {
                Set::Char(self.escape()?)
            };
            steps.push(Step::One(set));
        }
        Ok(())
    }

    /// A class from its `[` to its `]`.
    fn class(&mut self) -> Result<Set, BadExpression> {
        if self.take("[^/]") {
            return Ok(Set::NotSlash);
        }
        self.next();
        let negated = self.take("^");
        let mut items = Vec::new();
        let mut first = true;
        while first || !self.take("]") {
            first = false;
            if self.named_class(&mut items)? || self.group(&mut items)? {
                continue;
            }
            let low = self.class_character()?;
            let mut high = low;
            // `[a-]` is `a` or `-`.
            if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
                self.next();
                high = self.class_character()?;
            }
            if high < low {
                return Err(BadExpression);
            }
            items.push(Item::Range(low, high));
        }
        Ok(Set::Class { items, negated })
    }

    fn class_character(&mut self) -> Result<char, BadExpression> {
        match self.peek() {
            Some('\\') => self.escape(),
            _ => self.next().ok_or(BadExpression),
        }
    }

    /// `[:alpha:]` inside a class.
    fn named_class(&mut self, items: &mut Vec<Item>) -> Result<bool, BadExpression> {
        let Some(rest) = self.rest.strip_prefix("[:") else {
            return Ok(false);
        };
        let Some((name, rest)) = rest.split_once(":]") else {
            return Ok(false);
        };
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, true),
            None => (name, false),
        };
        push_ranges(items, named_ranges(name).ok_or(BadExpression)?, negated);
        self.rest = rest;
        Ok(true)
    }

    /// `\d`, `\pL` and the like, inside a class or outside.
    fn group(&mut self, items: &mut Vec<Item>) -> Result<bool, BadExpression> {
        let mut characters = self.rest.chars();
        let (Some('\\'), Some(letter)) = (characters.next(), characters.next()) else {
            return Ok(false);
        };
        let name = match letter.to_ascii_lowercase() {
            'd' => "digit",
            's' => "perl-space",
            'w' => "word",
            'p' => return self.category(letter == 'P', items),
            _ => return Ok(false),
        };
        let ranges = named_ranges(name).unwrap_or_default();
        push_ranges(items, ranges, letter.is_ascii_uppercase());
        self.rest = characters.as_str();
        Ok(true)
    }

    /// `\pL`: the translation escapes braces, so only the names of one letter can occur.
    fn category(&mut self, negated: bool, items: &mut Vec<Item>) -> Result<bool, BadExpression> {
        let mut characters = self.rest.chars();
        let name = characters.nth(2).ok_or(BadExpression)?;
        if !"CLMNPSZ".contains(name) {
            return Err(BadExpression);
        }
        let category = Regex::new(&format!(r"\A\p{name}\z")).map_err(|_| BadExpression)?;
        items.push(Item::Category { category, negated });
        self.rest = characters.as_str();
        Ok(true)
    }

    /// A `\` that stands for one character.
    fn escape(&mut self) -> Result<char, BadExpression> {
        self.next();
        let character = self.next().ok_or(BadExpression)?;
        match character {
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\u{b}'),
            'x' => {
                let high = self.next().and_then(|digit| digit.to_digit(16));
                let low = self.next().and_then(|digit| digit.to_digit(16));
                let code = high.zip(low).map(|(high, low)| high * 16 + low);
                code.and_then(char::from_u32).ok_or(BadExpression)
            }
            '0'..='7' => self.octal(character),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Ok(other),
            _ => Err(BadExpression),
        }
    }

    /// `\0`, `\12`, `\101`; one digit other than zero would be a back-reference.
    fn octal(&mut self, first: char) -> Result<char, BadExpression> {
        let digit = |character: Option<char>| character.and_then(|digit| digit.to_digit(8));
        if first != '0' && digit(self.peek()).is_none() {
            return Err(BadExpression);
        }
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(value) = digit(self.peek()) else {
                break;
            };
            code = code * 8 + value;
            self.next();
        }
        char::from_u32(code).ok_or(BadExpression)
    }
}

fn push_ranges(items: &mut Vec<Item>, ranges: &[(char, char)], negated: bool) {
    if !negated {
        items.extend(ranges.iter().map(|(low, high)| Item::Range(*low, *high)));
        return;
    }
    // All ranges are ASCII and ascending, so neither neighbour can leave the range of characters.
    let shift = |character: char, by: i32| {
        let code = (character as u32).wrapping_add_signed(by);
        char::from_u32(code)
    };
    let mut from = Some('\0');
    for (low, high) in ranges {
        if let (Some(from), Some(to)) = (from, shift(*low, -1))
            && from <= to
        {
            items.push(Item::Range(from, to));
        }
        from = shift(*high, 1);
    }
    if let Some(from) = from {
        items.push(Item::Range(from, char::MAX));
    }
}

/// Ascending ranges of Go's POSIX and Perl classes, all ASCII.
fn named_ranges(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "perl-space" => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        _ => return None,
    })
}
