//! A pattern as a row of steps, matched in one pass over the path.

use regex::Regex;

/// A set of characters.
#[derive(Clone, Debug)]
pub(super) enum Set {
    /// This one.
    Char(char),
    /// All but `/`.
    NotSlash,
    /// All but a newline.
    NotNewline,
    /// What a `[...]` says.
    Class { items: Vec<Item>, negated: bool },
}

/// One member of a class.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// From the first to the second, both included.
    Range(char, char),
    /// A Unicode general category, or all outside it.
    Category { category: Regex, negated: bool },
}

impl Set {
    fn contains(&self, character: char) -> bool {
        match self {
            Set::Char(own) => *own == character,
            Set::NotSlash => character != '/',
            Set::NotNewline => character != '\n',
            Set::Class { items, negated } => {
                items.iter().any(|item| item.contains(character)) != *negated
            }
        }
    }
}

impl Item {
    fn contains(&self, character: char) -> bool {
        match self {
            Item::Range(low, high) => (*low..=*high).contains(&character),
            Item::Category { category, negated } => {
                category.is_match(character.encode_utf8(&mut [0; 4])) != *negated
            }
        }
    }
}

/// One step of a program.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// One character of the set.
    One(Set),
    /// Any number of characters of the set.
    Many(Set),
    /// Nothing, or anything that ends in `/`.
    OptionalFolders,
    /// Only at the start of the path.
    Start,
    /// Only at the end of the path.
    End,
    /// Only where a word starts or ends; with `false`, only elsewhere.
    WordBoundary(bool),
}

/// A row of steps with the literal text any match must start and end with.
#[derive(Clone, Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    prefix: String,
    suffix: String,
    shortest: usize,
}

/// Which steps are active, one bit each.
type Active<'a> = &'a mut [u64];

/// Programs up to this many words of bits run without allocating.
const INLINE_WORDS: usize = 4;

impl Program {
    /// A program from its steps; a match starts at the start of the path.
    pub(super) fn new(mut steps: Vec<Step>) -> Program {
        // A run of stars is one star; without this, `****…` would cost its length squared for every character.
        steps.dedup_by(|next, before| {
            matches!(
                (before, next),
                (Step::OptionalFolders, Step::OptionalFolders)
                    | (Step::Many(Set::NotSlash), Step::Many(Set::NotSlash))
            )
        });
        let prefix = literals(steps.iter());
        let suffix = match steps.split_last() {
            Some((Step::End, before)) => literals(before.iter().rev()).chars().rev().collect(),
            _ => String::new(),
        };
        let shortest = steps
            .iter()
            .filter(|step| matches!(step, Step::One(_)))
            .count();
        Program {
            steps,
            prefix,
            suffix,
            shortest,
        }
    }

    /// Whether `path` matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        // Every step of one character takes at least one byte.
        if path.len() < self.shortest
            || !path.starts_with(&self.prefix)
            || !path.ends_with(&self.suffix)
        {
            return false;
        }
        let words = self.steps.len() / 64 + 1;
        if words <= INLINE_WORDS {
            self.run(path, &mut [0; INLINE_WORDS], &mut [0; INLINE_WORDS])
        } else {
            self.run(path, &mut vec![0; words], &mut vec![0; words])
        }
    }

    /// Follows all active steps at once, so the cost is at most steps times characters.
    fn run<'a>(&self, path: &str, mut now: Active<'a>, mut next: Active<'a>) -> bool {
        if self.enter(now, 0, None, path.chars().next()) {
            return true;
        }
        let mut characters = path.chars().peekable();
        while let Some(character) = characters.next() {
            let after = characters.peek().copied();
            next.fill(0);
            for word in 0..now.len() {
                let mut bits = now.get(word).copied().unwrap_or(0);
                while bits != 0 {
                    let index = word * 64 + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    if self.advance(next, index, character, after) {
                        return true;
                    }
                }
            }
            std::mem::swap(&mut now, &mut next);
        }
        false
    }

    /// Feeds `character` to the active step `index`; true where that completes a match.
    fn advance(
        &self,
        next: Active<'_>,
        index: usize,
        character: char,
        after: Option<char>,
    ) -> bool {
        match self.steps.get(index) {
            Some(Step::One(set)) if set.contains(character) => {
                self.enter(next, index + 1, Some(character), after)
            }
            Some(Step::Many(set)) if set.contains(character) => {
                self.enter(next, index, Some(character), after)
            }
            Some(Step::OptionalFolders) if character != '\n' => {
                activate(next, index);
                character == '/' && self.enter(next, index + 1, Some(character), after)
            }
            _ => false,
        }
    }

    /// Activates step `index` and all that may follow it without a character; true where the end is among them.
    fn enter(
        &self,
        active: Active<'_>,
        mut index: usize,
        before: Option<char>,
        after: Option<char>,
    ) -> bool {
        loop {
            let passes = match self.steps.get(index) {
                None => return true,
                Some(Step::One(_)) => {
                    activate(active, index);
                    false
                }
                Some(Step::Many(_) | Step::OptionalFolders) => {
                    activate(active, index);
                    true
                }
                Some(Step::Start) => before.is_none(),
                Some(Step::End) => after.is_none(),
                Some(Step::WordBoundary(wanted)) => (is_word(before) != is_word(after)) == *wanted,
            };
            if !passes {
                return false;
            }
            index += 1;
        }
    }
}

fn activate(active: Active<'_>, index: usize) {
    if let Some(word) = active.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}

fn is_word(character: Option<char>) -> bool {
    character.is_some_and(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// The literal characters the steps begin with.
fn literals<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    steps
        .map_while(|step| match step {
            Step::One(Set::Char(character)) => Some(*character),
            _ => None,
        })
        .collect()
}
