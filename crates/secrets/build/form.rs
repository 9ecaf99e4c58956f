//! What a rule's pattern says of itself: lengths, alphabets, whether it begins with a keyword.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::narrow;

/// Patterns without an end of their own are read this far.
const LONGEST: usize = 4096;

/// A set of ASCII characters, one bit each.
#[derive(Clone, Copy, Default)]
pub(crate) struct Alphabet(pub(crate) u128);

/// The facts of a pattern.
pub(crate) struct Facts {
    /// Every match begins with a keyword.
    pub(crate) anchored: bool,
    pub(crate) shortest: usize,
    pub(crate) longest: usize,
    /// The characters that could make the secret longer.
    pub(crate) tail: Alphabet,
    /// All characters of the secret.
    pub(crate) alphabet: Alphabet,
    /// How little it leaves open, in bits.
    pub(crate) narrow: u32,
    /// How much it leaves open, in bits.
    pub(crate) open: u32,
}

/// Reads a pattern; what is wrong with it as an error.
pub(crate) fn facts(pattern: &str, keywords: &[String]) -> Result<Facts, String> {
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern)
        .map_err(|error| format!("{error}").replace('\n', " "))?;
    let properties = hir.properties();
    if !properties.look_set().is_empty() {
        return Err("no `^`, `$` or `\\b`: the engine sees to borders".to_owned());
    }
    let shortest = properties.minimum_len().unwrap_or(0);
    if shortest == 0 {
        return Err("matches the empty text".to_owned());
    }
    let secret = named_group(&hir).unwrap_or(&hir);
    let mut tail = Alphabet::default();
    let _ = add_tail(secret, &mut tail);
    let mut alphabet = Alphabet::default();
    add_all(secret, &mut alphabet);
    Ok(Facts {
        anchored: begins_with_keyword(&hir, keywords),
        shortest,
        longest: properties
            .maximum_len()
            .map_or(LONGEST, |length| length.min(LONGEST)),
        tail,
        alphabet,
        narrow: narrow::bits(&hir),
        open: narrow::open(secret),
    })
}

/// The group called `secret`.
fn named_group(hir: &Hir) -> Option<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some("secret") => {
            Some(&capture.sub)
        }
        HirKind::Capture(capture) => named_group(&capture.sub),
        HirKind::Repetition(repetition) => named_group(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(named_group),
        _ => None,
    }
}

/// Adds what the text may end with; whether all of `hir` may be empty, so that what stands before it counts too.
fn add_tail(hir: &Hir, tail: &mut Alphabet) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            literal
                .0
                .last()
                .into_iter()
                .for_each(|byte| tail.add(*byte));
            false
        }
        HirKind::Class(class) => {
            add_class(class, tail);
            false
        }
        HirKind::Capture(capture) => add_tail(&capture.sub, tail),
        HirKind::Repetition(repetition) => add_tail(&repetition.sub, tail) || repetition.min == 0,
        HirKind::Concat(parts) => parts.iter().rev().all(|part| add_tail(part, tail)),
        HirKind::Alternation(parts) => {
            let mut may_be_empty = false;
            for part in parts {
                may_be_empty |= add_tail(part, tail);
            }
            may_be_empty
        }
    }
}

fn add_all(hir: &Hir, alphabet: &mut Alphabet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|byte| alphabet.add(*byte)),
        HirKind::Class(class) => add_class(class, alphabet),
        HirKind::Capture(capture) => add_all(&capture.sub, alphabet),
        HirKind::Repetition(repetition) => add_all(&repetition.sub, alphabet),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| add_all(part, alphabet));
        }
    }
}

fn add_class(class: &Class, alphabet: &mut Alphabet) {
    for byte in 0..128_u8 {
        let inside = match class {
            Class::Unicode(class) => class
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&char::from(byte))),
            Class::Bytes(class) => class
                .ranges()
                .iter()
                .any(|range| (range.start()..=range.end()).contains(&byte)),
        };
        if inside {
            alphabet.add(byte);
        }
    }
}

impl Alphabet {
    fn add(&mut self, byte: u8) {
        if byte < 128 {
            self.0 |= 1 << byte;
        }
    }
}

/// Whether each text the pattern may begin with begins with a keyword.
fn begins_with_keyword(hir: &Hir, keywords: &[String]) -> bool {
    let prefixes = Extractor::new().extract(hir);
    let Some(literals) = prefixes.literals() else {
        return false;
    };
    !literals.is_empty()
        && literals.iter().all(|literal| {
            let text = literal.as_bytes();
            keywords.iter().any(|keyword| {
                text.get(..keyword.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(keyword.as_bytes()))
            })
        })
}
