//! Shell patterns and regular expressions, read for the shape of what they match.

use plimsoll_parse::shell::{PartKind, Word, WordPart};

use super::shape::{CharSet, Shape};

/// How many groups may stand inside each other.
const MAXIMUM_DEPTH: usize = 32;

/// A pattern of `case` or `[[ == ]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    /// The text, where it is no pattern.
    pub literal: Option<String>,
    /// What it matches.
    pub shape: Shape,
    /// Its pieces, for patterns that name what is refused.
    pub pieces: Vec<Piece>,
}

/// One piece of a shell pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// `*`
    Star,
    /// One character of a set, which may have one member.
    One(CharSet),
    /// Something repeated.
    Other(Shape),
}

/// Reads a word as a pattern; `None` where it is not all written out.
pub(super) fn glob(word: &Word) -> Option<Glob> {
    let mut characters = Vec::new();
    protect(&word.parts, false, &mut characters)?;
    let mut reader = GlobReader {
        characters: &characters,
        at: 0,
    };
    let pieces = reader.pieces(0)?;
    let plain = pieces.len() == characters.len()
        && characters
            .iter()
            .all(|(c, quoted)| *quoted || !matches!(c, '*' | '?' | '['));
    let literal = plain.then(|| characters.iter().map(|(character, _)| *character).collect());
    let shape = pieces
        .iter()
        .fold(Shape::EMPTY, |shape, piece| shape.then(piece.shape()));
    Some(Glob {
        literal,
        shape,
        pieces,
    })
}

impl Piece {
    fn shape(self) -> Shape {
        match self {
            Piece::Star => Shape::ANY,
            Piece::One(set) => Shape::one(set),
            Piece::Other(shape) => shape,
        }
    }
}

/// The characters of a word, each with whether it is quoted.
fn protect(parts: &[WordPart], quoted: bool, into: &mut Vec<(char, bool)>) -> Option<()> {
    for part in parts {
        match &part.kind {
            PartKind::Literal(text) => into.extend(text.chars().map(|c| (c, quoted))),
            PartKind::Escaped(text) | PartKind::SingleQuoted(text) => {
                into.extend(text.chars().map(|c| (c, true)));
            }
            PartKind::DoubleQuoted(inner) => protect(inner, true, into)?,
            _ => return None,
        }
    }
    Some(())
}

struct GlobReader<'c> {
    characters: &'c [(char, bool)],
    at: usize,
}

impl GlobReader<'_> {
    fn peek(&self) -> Option<(char, bool)> {
        self.characters.get(self.at).copied()
    }

    /// Pieces up to an unquoted `|` or `)` within a group, or to the end.
    fn pieces(&mut self, depth: usize) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some((character, quoted)) = self.peek() {
            if depth > 0 && !quoted && matches!(character, '|' | ')') {
                break;
            }
            self.at += 1;
            let group = !quoted
                && matches!(character, '?' | '*' | '+' | '@' | '!')
                && self.peek() == Some(('(', false));
            pieces.push(match character {
                _ if quoted => Piece::One(CharSet::one(character)),
                _ if group => self.group(character, depth)?,
                '*' => Piece::Star,
                '?' => Piece::One(CharSet::ALL),
                '[' => Piece::One(self.class()?),
                _ => Piece::One(CharSet::one(character)),
            });
        }
        Some(pieces)
    }

    /// `+(a|b)` and its like, behind the sign.
    fn group(&mut self, sign: char, depth: usize) -> Option<Piece> {
        if depth >= MAXIMUM_DEPTH || sign == '!' {
            return None;
        }
        let mut shape: Option<Shape> = None;
        loop {
            self.at += 1;
            let pieces = self.pieces(depth + 1)?;
            let one = pieces
                .iter()
                .fold(Shape::EMPTY, |shape, piece| shape.then(piece.shape()));
            shape = Some(shape.map_or(one, |shape| shape.or(one)));
            match self.peek()? {
                ('|', _) => {}
                _ => break,
            }
        }
        self.at += 1;
        let shape = shape?;
        Some(Piece::Other(match sign {
            '+' => shape.repeated(),
            '*' => shape.repeated().optional(),
            '?' => shape.optional(),
            _ => shape,
        }))
    }

    fn class(&mut self) -> Option<CharSet> {
        let rest: Vec<char> = self
            .characters
            .get(self.at..)?
            .iter()
            .map(|(c, _)| *c)
            .collect();
        let (set, length) = class(&rest, true)?;
        self.at += length;
        Some(set)
    }
}

/// The set of a bracket expression behind its `[`, and how many characters it takes with its `]`.
fn class(rest: &[char], glob: bool) -> Option<(CharSet, usize)> {
    let negated = matches!(rest.first(), Some('^')) || (glob && matches!(rest.first(), Some('!')));
    let mut at = usize::from(negated);
    let mut set = CharSet::NONE;
    let start = at;
    loop {
        let character = *rest.get(at)?;
        if character == ']' && at > start {
            at += 1;
            break;
        }
        if character == '[' && matches!(rest.get(at + 1), Some(':')) {
            let name: String = rest
                .get(at + 2..)?
                .iter()
                .take_while(|c| **c != ':')
                .collect();
            set = set.union(named_class(&name)?);
            at += name.chars().count() + 4;
            continue;
        }
        if character == '[' && matches!(rest.get(at + 1), Some('.' | '=')) {
            return None;
        }
        match (rest.get(at + 1), rest.get(at + 2)) {
            (Some('-'), Some(end)) if *end != ']' => {
                let range = character..=*end;
                set = set.union(CharSet::ascii(|c| range.contains(&c)));
                if !end.is_ascii() {
                    set = set.union(CharSet::one(*end));
                }
                at += 3;
            }
            _ => {
                set = set.union(CharSet::one(character));
                at += 1;
            }
        }
    }
    Some((if negated { set.complement() } else { set }, at))
}

fn named_class(name: &str) -> Option<CharSet> {
    let accept: fn(char) -> bool = match name {
        "alnum" => |c| c.is_ascii_alphanumeric(),
        "alpha" => |c| c.is_ascii_alphabetic(),
        "digit" => |c| c.is_ascii_digit(),
        "lower" => |c| c.is_ascii_lowercase(),
        "upper" => |c| c.is_ascii_uppercase(),
        "xdigit" => |c| c.is_ascii_hexdigit(),
        "space" => |c| c.is_ascii_whitespace() || c == '\x0b',
        "blank" => |c| c == ' ' || c == '\t',
        "punct" => |c| c.is_ascii_punctuation(),
        "cntrl" => |c| c.is_ascii_control(),
        _ => return None,
    };
    Some(CharSet::ascii(accept))
}

/// A regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regex {
    /// What it matches.
    pub shape: Shape,
    /// Whether every match begins at the beginning.
    pub starts: bool,
    /// Whether every match ends at the end.
    pub ends: bool,
    /// The set, where the whole expression is one bracket expression.
    pub single: Option<CharSet>,
}

/// Reads a regular expression; `None` where we do not understand all of it.
pub(super) fn regex(text: &str, extended: bool) -> Option<Regex> {
    let characters: Vec<char> = text.chars().collect();
    let mut reader = RegexReader {
        characters: &characters,
        at: 0,
        extended,
    };
    let mut regex = reader.alternatives(0)?;
    if reader.at < characters.len() {
        return None;
    }
    if let Some(rest) = characters.strip_prefix(&['['])
        && let Some((set, length)) = class(rest, false)
        && length == rest.len()
    {
        regex.single = Some(set);
    }
    Some(regex)
}

struct RegexReader<'c> {
    characters: &'c [char],
    at: usize,
    extended: bool,
}

impl RegexReader<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    /// Takes an operator, which basic expressions write with a backslash.
    fn eat_operator(&mut self, operator: char) -> bool {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let (found, length) = match self.extended {
            true => (rest.first() == Some(&operator), 1),
            false => (
                rest.first() == Some(&'\\') && rest.get(1) == Some(&operator),
                2,
            ),
        };
        self.at += if found { length } else { 0 };
        found
    }

    fn at_operator(&mut self, operator: char) -> bool {
        let before = self.at;
        let found = self.eat_operator(operator);
        self.at = before;
        found
    }

    fn alternatives(&mut self, depth: usize) -> Option<Regex> {
        let mut all = self.branch(depth)?;
        while self.eat_operator('|') {
            let next = self.branch(depth)?;
            all = Regex {
                shape: all.shape.or(next.shape),
                starts: all.starts && next.starts,
                ends: all.ends && next.ends,
                single: None,
            };
        }
        Some(all)
    }

    fn branch(&mut self, depth: usize) -> Option<Regex> {
        let mut all = Regex {
            shape: Shape::EMPTY,
            starts: false,
            ends: false,
            single: None,
        };
        let mut empty = true;
        if self.peek() == Some('^') {
            self.at += 1;
            all.starts = true;
            empty = false;
        }
        while self.peek().is_some() && !self.at_operator('|') && !self.at_operator(')') {
            // Nothing can follow the end.
            if all.ends {
                return None;
            }
            if self.peek() == Some('$') {
                self.at += 1;
                all.ends = true;
                continue;
            }
            let piece = self.piece(depth)?;
            if piece.starts && !empty {
                return None;
            }
            all.starts |= piece.starts;
            all.ends = piece.ends;
            all.shape = all.shape.then(piece.shape);
            empty = false;
        }
        Some(all)
    }

    /// One atom with its repetitions.
    fn piece(&mut self, depth: usize) -> Option<Regex> {
        let mut atom = self.atom(depth)?;
        loop {
            let shape = atom.shape;
            let repeated = if self.peek() == Some('*') {
                self.at += 1;
                shape.repeated().optional()
            } else if self.eat_operator('+') {
                shape.repeated()
            } else if self.eat_operator('?') {
                shape.optional()
            } else if self.eat_operator('{') {
                self.counted(shape)?
            } else {
                return Some(atom);
            };
            if atom.starts || atom.ends {
                return None;
            }
            atom.shape = repeated;
        }
    }

    /// `{2,3}`, behind the brace.
    fn counted(&mut self, shape: Shape) -> Option<Shape> {
        let mut bounds = String::new();
        while let Some(next) = self.peek().filter(|c| c.is_ascii_digit() || *c == ',') {
            bounds.push(next);
            self.at += 1;
        }
        if !self.eat_operator('}') {
            return None;
        }
        let least = bounds.split(',').next().unwrap_or("");
        let optional = least.is_empty() || least.bytes().all(|byte| byte == b'0');
        let once = bounds == "1";
        let shape = if once { shape } else { shape.repeated() };
        Some(if optional { shape.optional() } else { shape })
    }

    fn atom(&mut self, depth: usize) -> Option<Regex> {
        if self.eat_operator('(') {
            return self.group(depth);
        }
        let character = self.peek()?;
        self.at += 1;
        let set = match character {
            '.' => CharSet::ALL,
            '[' => {
                let (set, length) = class(self.characters.get(self.at..)?, false)?;
                self.at += length;
                set
            }
            '\\' => self.escape()?,
            '^' | '*' => return None,
            '+' | '?' | '{' if self.extended => return None,
            other => CharSet::one(other),
        };
        Some(Regex {
            shape: Shape::one(set),
            starts: false,
            ends: false,
            single: None,
        })
    }

    fn group(&mut self, depth: usize) -> Option<Regex> {
        if depth >= MAXIMUM_DEPTH {
            return None;
        }
        if self.peek() == Some('?') {
            // Of what Perl adds, only the group that captures nothing.
            self.at += 1;
            if self.peek() != Some(':') {
                return None;
            }
            self.at += 1;
        }
        let inner = self.alternatives(depth + 1)?;
        self.eat_operator(')').then_some(inner)
    }

    fn escape(&mut self) -> Option<CharSet> {
        let escaped = self.peek()?;
        self.at += 1;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        Some(match escaped {
            // `\d` is a digit for Perl and the letter for others.
            'd' => CharSet::ascii(|c| c.is_ascii_digit() || c == 'd'),
            'w' => CharSet::ascii(word),
            's' => CharSet::ascii(|c| c.is_ascii_whitespace()),
            'W' | 'S' | 'D' => CharSet::ALL,
            letter if letter.is_ascii_alphanumeric() => return None,
            '<' | '>' => return None,
            other => CharSet::one(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, extended: bool, anchored: bool, specials: bool, dot_dot: bool) {
        let regex = regex(text, extended).expect(text);
        assert_eq!(regex.starts && regex.ends, anchored, "{text}");
        assert_eq!(regex.shape.may_hold_specials(), specials, "{text}");
        assert_eq!(regex.shape.may_hold_dot_dot(), dot_dot, "{text}");
    }

    #[test]
    fn regular_expressions_have_shapes() {
        check("^[0-9]+(\\.[0-9]+)*$", true, true, false, false);
        check("^[0-9.]+$", true, true, false, true);
        check("^v?[0-9]{1,3}\\.[0-9]+$", true, true, false, false);
        check("^(amd64|arm64)$", true, true, false, false);
        check("^amd64|arm64$", true, false, false, false);
        check("^[[:alnum:]._-]+$", true, true, false, true);
        check("^[^;]+$", true, true, true, true);
        check("[0-9]", true, false, false, false);
        check("^[0-9]\\{1,2\\}$", false, true, false, false);
        check("^[0-9]\\+\\(\\.[0-9]\\+\\)*$", false, true, false, false);
        check("^.*$", true, true, true, true);
        check("(^a$|^b$)", true, true, false, false);
    }

    #[test]
    fn what_is_not_understood_is_nothing() {
        for text in ["a^b", "a$b", "(a", "^(a)\\1$", "[", "(?=x)a", "*a", "\\"] {
            assert_eq!(regex(text, true), None, "{text}");
        }
    }
}
