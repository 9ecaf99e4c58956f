//! What the texts that a pattern matches can look like.

/// A set of characters: ASCII one by one, all others together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CharSet {
    ascii: u128,
    other: bool,
}

impl CharSet {
    pub(super) const NONE: CharSet = CharSet {
        ascii: 0,
        other: false,
    };
    pub(super) const ALL: CharSet = CharSet {
        ascii: u128::MAX,
        other: true,
    };

    /// The characters that `accept` names, without those beyond ASCII.
    pub(super) fn ascii(accept: impl Fn(char) -> bool) -> CharSet {
        let bits = (0u8..128).filter(|byte| accept(char::from(*byte)));
        CharSet {
            ascii: bits.fold(0, |set, byte| set | 1 << byte),
            other: false,
        }
    }

    pub(super) fn one(character: char) -> CharSet {
        match u8::try_from(character) {
            Ok(byte) if byte < 128 => CharSet {
                ascii: 1 << byte,
                other: false,
            },
            _ => CharSet {
                ascii: 0,
                other: true,
            },
        }
    }

    pub(super) fn union(self, other: CharSet) -> CharSet {
        CharSet {
            ascii: self.ascii | other.ascii,
            other: self.other || other.other,
        }
    }

    pub(super) fn intersection(self, other: CharSet) -> CharSet {
        CharSet {
            ascii: self.ascii & other.ascii,
            other: self.other && other.other,
        }
    }

    /// All other characters; those beyond ASCII count as in both sets where only some are meant.
    pub(super) fn complement(self) -> CharSet {
        CharSet {
            ascii: !self.ascii,
            other: true,
        }
    }

    /// Whether it holds all that is beyond ASCII, as `[!…]` does.
    pub(super) fn is_negated(self) -> bool {
        self.other
    }

    pub(super) fn ascii_only(self) -> CharSet {
        CharSet {
            other: false,
            ..self
        }
    }

    pub(super) fn contains(self, character: char) -> bool {
        self.intersection(CharSet::one(character)) != CharSet::NONE
    }

    /// With the other case of every letter.
    fn both_cases(self) -> CharSet {
        let other = CharSet::ascii(|c| {
            self.contains(c.to_ascii_lowercase()) || self.contains(c.to_ascii_uppercase())
        });
        self.union(other)
    }
}

/// What the texts of a set can look like; says too much rather than too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub(super) nullable: bool,
    pub(super) first: CharSet,
    pub(super) last: CharSet,
    pub(super) all: CharSet,
    pub(super) dot_dot: bool,
}

impl Shape {
    /// Only the empty text.
    pub(super) const EMPTY: Shape = Shape {
        nullable: true,
        first: CharSet::NONE,
        last: CharSet::NONE,
        all: CharSet::NONE,
        dot_dot: false,
    };

    /// Any text.
    pub(super) const ANY: Shape = Shape {
        nullable: true,
        first: CharSet::ALL,
        last: CharSet::ALL,
        all: CharSet::ALL,
        dot_dot: true,
    };

    /// One character of a set.
    pub(super) fn one(set: CharSet) -> Shape {
        Shape {
            nullable: false,
            first: set,
            last: set,
            all: set,
            dot_dot: false,
        }
    }

    pub(super) fn literal(text: &str) -> Shape {
        let characters = text
            .chars()
            .map(|character| Shape::one(CharSet::one(character)));
        characters.fold(Shape::EMPTY, Shape::then)
    }

    /// One text of this, then one of `next`.
    pub(super) fn then(self, next: Shape) -> Shape {
        let first = if self.nullable {
            self.first.union(next.first)
        } else {
            self.first
        };
        let last = if next.nullable {
            next.last.union(self.last)
        } else {
            next.last
        };
        Shape {
            nullable: self.nullable && next.nullable,
            first,
            last,
            all: self.all.union(next.all),
            dot_dot: self.dot_dot
                || next.dot_dot
                || (self.last.contains('.') && next.first.contains('.')),
        }
    }

    pub(super) fn or(self, other: Shape) -> Shape {
        Shape {
            nullable: self.nullable || other.nullable,
            first: self.first.union(other.first),
            last: self.last.union(other.last),
            all: self.all.union(other.all),
            dot_dot: self.dot_dot || other.dot_dot,
        }
    }

    /// One or more of this, one after another.
    pub(super) fn repeated(self) -> Shape {
        self.then(self)
    }

    pub(super) fn optional(self) -> Shape {
        Shape {
            nullable: true,
            ..self
        }
    }

    pub(super) fn both_cases(self) -> Shape {
        Shape {
            first: self.first.both_cases(),
            last: self.last.both_cases(),
            all: self.all.both_cases(),
            ..self
        }
    }

    /// The texts of this that `base` allows too.
    pub(super) fn within(self, base: Shape) -> Shape {
        Shape {
            nullable: self.nullable && base.nullable,
            first: self.first.intersection(base.first).intersection(base.all),
            last: self.last.intersection(base.last).intersection(base.all),
            all: self.all.intersection(base.all),
            dot_dot: self.dot_dot && base.dot_dot && base.all.contains('.'),
        }
    }

    /// Whether a text can hold a blank or another character that means something to a shell.
    pub fn may_hold_specials(&self) -> bool {
        let harmless = |c: char| c.is_ascii_alphanumeric() || "._-+,:@%/=^".contains(c);
        let specials = CharSet::ascii(|c| !harmless(c));
        self.all.intersection(specials) != CharSet::NONE || self.all.other
    }

    /// Whether a text can be the name of a command: it has a letter.
    pub fn may_name_command(&self) -> bool {
        let letters = CharSet::ascii(|c| c.is_ascii_alphabetic());
        self.all.intersection(letters) != CharSet::NONE || self.all.other
    }

    /// Whether a text can begin with `-`.
    pub fn may_begin_with_dash(&self) -> bool {
        self.first.contains('-')
    }

    /// Whether a text can hold `..`.
    pub fn may_hold_dot_dot(&self) -> bool {
        self.dot_dot
    }

    /// Whether a text can hold `character`.
    pub fn may_hold(&self, character: char) -> bool {
        self.all.contains(character)
    }

    /// Whether a text can begin with `character`.
    pub fn may_begin_with(&self, character: char) -> bool {
        self.first.contains(character)
    }
}
