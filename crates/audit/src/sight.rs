//! Looking for credentials in everything that is read: the pattern engine's matches as sightings, located and masked.

mod place;
mod vault;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_collect::{FileVisitor, look_into};
use plimsoll_decide::BaselineKey;
use plimsoll_model::{Excerpt, Fact, RootPath, Sighting, Span};
use plimsoll_secrets::{
    HashKey, Match, Outcome, Scanner, Stream, engine_version, hidden_besides, masked, merged,
};

use crate::mask::masked_text;
use place::{Line, Place, Places, Start, Window, is_continuation};

pub(crate) use vault::Vault;

/// By which values are known again from run to run, where no baseline has a key of its own. It hides nothing by itself: only
/// values drawn at random are hashed.
const KEY: &[u8] = b"plimsoll/secret/1";
/// Files that are named for what was left out of them.
const MAX_NOTED: usize = 100;
/// Characters of a comment that are kept.
const MAX_REMARK: usize = 256;
/// Files of which so many credentials are told hold no news in the next.
const MAX_SIGHTINGS: usize = 10_000;
/// Places of a large file that are kept until it is known which of them hold credentials.
const MAX_PLACES: usize = 2 * MAX_SIGHTINGS;
/// Bytes of a large file read together.
const PIECE: usize = 1 << 20;

/// The visitor of files and blobs.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    scanner: Scanner,
    explains: bool,
    /// Where values are kept, in a run that is to reveal them.
    vault: Option<Vault>,
    left_out: Arc<Mutex<BTreeSet<RootPath>>>,
}

impl Sight {
    /// `explain` keeps what is held to be no credential, with the reason. Values are known again under `key`.
    pub(crate) fn new(explain: bool, key: Option<&BaselineKey>, vault: Option<Vault>) -> Sight {
        let key = key.map_or(KEY, BaselineKey::as_bytes);
        let scanner = Scanner::new(HashKey::new(key));
        Sight {
            scanner: if explain {
                scanner.with_suppressed()
            } else {
                scanner
            },
            explains: explain,
            vault,
            left_out: Arc::default(),
        }
    }
}

/// What names all that decides whether something is found, for what is kept between runs. To explain what is held to be no
/// credential, more has to be found.
pub fn scanner_name(explain_suppressed: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let explained = if explain_suppressed { " explained" } else { "" };
    format!("plimsoll {version} {}{explained}", engine_version())
}

/// The credentials in `bytes`, the file at `path`, as an audit sees them: in archives, too.
pub fn sightings(path: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
    look_into(&Sight::new(false, None, None), path, bytes)
}

impl FileVisitor for Sight {
    fn visit(&self, path: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
        let window = Window {
            bytes,
            start: Start::default(),
            is_last: true,
        };
        let outcome = self.scanner.outcome(bytes);
        self.located(path, &outcome, Places::default(), &window)
    }

    fn placed(&self, path: &RootPath, mut seen: Vec<Sighting>) -> Vec<Sighting> {
        for sighting in &mut seen {
            let reason = suppressed_at(&sighting.place(path), sighting.form);
            sighting.suppressed = sighting.suppressed.take().or(reason);
        }
        if !self.explains {
            seen.retain(|sighting| sighting.suppressed.is_none());
        }
        seen
    }

    fn masked(&self, shown: &str) -> String {
        masked_text(shown)
    }

    fn visit_large(&self, path: &RootPath, source: &mut dyn Read) -> io::Result<Vec<Sighting>> {
        let mut stream = self.scanner.stream();
        let mut places = Places::default();
        let mut start = Start::default();
        let mut held = Vec::with_capacity(Stream::LAG + 2 * PIECE);
        loop {
            let known = held.len();
            source.take(PIECE as u64).read_to_end(&mut held)?;
            let piece = held.get(known..).unwrap_or_default();
            stream.push(piece);
            let window = Window {
                bytes: &held,
                start,
                is_last: piece.len() < PIECE,
            };
            if window.is_last {
                return Ok(self.located(path, &stream.finish(), places, &window));
            }
            places.keep(&window, &stream.new_places(), MAX_PLACES);
            let over = over(&held);
            start.pass(held.get(..over).unwrap_or_default());
            held.drain(..over);
        }
    }
}

/// How much of what is held of a file no place found later can stand in, up to a whole character.
fn over(held: &[u8]) -> usize {
    let over = held.len().saturating_sub(Stream::LAG + PIECE);
    let rest = held.get(over..).unwrap_or_default();
    let cut = rest
        .iter()
        .take(3)
        .take_while(|byte| is_continuation(**byte));
    over + cut.count()
}

/// What may not be shown of a match's place.
fn covered(found: &Match) -> Span {
    let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    Span::new(byte(found.covers.start), byte(found.covers.end))
}

impl Sight {
    /// The files of which a bound of counted work left something out.
    pub(crate) fn left_out(&self) -> Vec<RootPath> {
        let left = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left.iter().cloned().collect()
    }

    fn note(&self, path: &RootPath, left_out: u64) {
        if left_out > 0 {
            let mut left = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
            if left.len() < MAX_NOTED {
                left.insert(path.clone());
            }
        }
    }

    /// What was found in the file at `path`, whose last bytes `window` holds, as sightings.
    fn located(
        &self,
        path: &RootPath,
        outcome: &Outcome,
        mut places: Places,
        window: &Window<'_>,
    ) -> Vec<Sighting> {
        let matches = &outcome.matches;
        let told = matches.get(..MAX_SIGHTINGS).unwrap_or(matches);
        let spans = told.iter().map(|found| found.span.clone());
        places.keep(window, &spans.collect::<Vec<_>>(), MAX_PLACES);
        let own = merged(matches.iter().map(covered).collect());
        let seen: Vec<Sighting> = told
            .iter()
            .filter_map(|found| {
                let place = places.get(&found.span)?;
                let value = window.get(&found.span);
                Some(self.sighting(found, place, &own, value))
            })
            .collect();
        let untold = matches.len() - seen.len();
        self.note(path, outcome.left_out + untold as u64);
        self.placed(path, seen)
    }

    fn sighting(
        &self,
        found: &Match,
        place: &Place,
        own: &[Span],
        value: Option<&[u8]>,
    ) -> Sighting {
        let value = value.or_else(|| place.value());
        Sighting {
            form: found.rule.id,
            provider: found.rule.provider.name,
            name: found.rule.name,
            grants: found.rule.grants,
            inside: None,
            span: Span::new(place.start.byte as usize, place.end.byte as usize),
            start: place.start,
            end: place.end,
            shown: found.shown.clone(),
            digest: digest(found),
            severity: found.severity,
            confidence: found.confidence,
            facts: self.facts(found),
            excerpt: place.line.as_ref().and_then(|line| excerpt(line, own)),
            suppressed: found.suppressed.as_ref().map(ToString::to_string),
            remark: remark(place, own),
            aliases: found.rule.aliases,
            raw: self
                .vault
                .as_ref()
                .zip(value)
                .and_then(|(vault, value)| vault.keep(value)),
        }
    }

    /// What a credential says about itself; what looks like another is masked.
    fn facts(&self, found: &Match) -> Vec<Fact> {
        let own = found.facts.iter().map(|fact| Fact {
            name: fact.name.to_owned(),
            value: self.masked(&fact.value),
        });
        let parts = found.parts.iter().map(|part| Fact {
            name: "with".to_owned(),
            value: format!("{} {}", part.rule.name, part.shown),
        });
        let encodings = found.encodings.iter().map(|encoding| Fact {
            name: "encoded in".to_owned(),
            value: encoding.to_string(),
        });
        own.chain(parts).chain(encodings).collect()
    }
}

/// The comment on the place's line, or on a line of its own before it, that asks to let it be; masked.
fn remark(place: &Place, own: &[Span]) -> Option<String> {
    let above = place.above.as_ref().filter(|line| {
        let text = line.text.trim_start();
        ["#", "//", "/*", "--", ";", "<!--"]
            .iter()
            .any(|mark| text.starts_with(mark))
    });
    let lines = place.line.iter().chain(above);
    lines.into_iter().find_map(|line| {
        let mut starts = REMARKS.iter().filter_map(|mark| line.text.find(mark));
        let start = starts.next()?;
        let rest = line.text.get(start..)?;
        let shown = masked(rest, line.from + start, &secrets(line, own));
        Some(shown.chars().take(MAX_REMARK).collect())
    })
}

/// A line with every credential in it masked.
fn excerpt(line: &Line, own: &[Span]) -> Option<Excerpt> {
    let shown = line.text.strip_suffix('\n').unwrap_or(&line.text);
    Some(Excerpt {
        first_line: line.number,
        first_byte: u32::try_from(line.from).ok()?,
        text: masked(shown, line.from, &secrets(line, own)),
    })
}

/// Every credential in a line: those of the file that were found, which are `own`, and what is masked anywhere.
fn secrets(line: &Line, own: &[Span]) -> Vec<Span> {
    let mut spans: Vec<Span> = hidden_besides(&line.text)
        .into_iter()
        .map(|span| span.shifted(line.from))
        .collect();
    let first = own.partition_point(|one| one.end as usize <= line.from);
    let end = line.from + line.text.len();
    let from_first = own.iter().skip(first);
    spans.extend(from_first.take_while(|one| (one.start as usize) < end));
    merged(spans)
}

/// What comments that let a credential be begin with: ours, gitleaks, betterleaks, trufflehog, kingfisher, detect-secrets.
const REMARKS: [&str; 6] = [
    "plimsoll: ignore[",
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist",
];

/// Only of values that nobody can guess: a digest of a password tells the password to whoever tries enough of them.
fn digest(found: &Match) -> Option<String> {
    (!found.rule.is_guessable()).then(|| {
        let bytes = found.value_hash.0.iter().take(16);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    })
}

/// Why a match of `form` in the file at `path` is held to be none.
fn suppressed_at(path: &RootPath, form: &str) -> Option<String> {
    let is_digest = form.starts_with("generic-") && is_lock_file(path);
    is_digest.then(|| "lock files hold digests".to_owned())
}

/// Files in which package managers record what they fetched, digest by digest.
fn is_lock_file(path: &RootPath) -> bool {
    const NAMES: [&str; 5] = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "go.sum",
        "go.work.sum",
    ];
    let name = path.file_name();
    NAMES.contains(&name) || name.ends_with(".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> String {
        let rule = ["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"];
        rule.concat()
    }

    fn check_large(bytes: &[u8], expected: usize) {
        let sight = Sight::new(false, None, None);
        let path = RootPath::new("a").unwrap();
        let whole = sight.visit(&path, bytes);
        let pieces = sight.visit_large(&path, &mut &*bytes).unwrap();
        assert_eq!(whole.len(), expected);
        assert_eq!(whole, pieces);
        assert!(!format!("{pieces:?}").contains("16C7e42F29"));
    }

    #[test]
    fn a_large_file_is_seen_as_a_whole_one_is() {
        let token = token();
        for filler in [b' ', b'\n', 0xff] {
            let mut bytes = Vec::new();
            let cut = Stream::LAG + PIECE;
            for at in [0, PIECE - 20, cut - 10, 2 * PIECE, 2 * cut - 30, 5 * PIECE] {
                bytes.resize(bytes.len().max(at), filler);
                let line = format!("\n\u{e9} x = \"{token}\" # gitleaks:allow\n");
                bytes.extend_from_slice(line.as_bytes());
            }
            check_large(&bytes, 6);
        }
    }

    #[test]
    fn a_line_that_is_cut_is_not_shown() {
        let window = Window {
            bytes: b"left of a line\nx = 1\ny = 2",
            start: {
                let mut start = Start::default();
                start.pass(b"what is ");
                start
            },
            is_last: false,
        };
        let mut places = Places::default();
        let spans = [8..12, 23..24, 29..30, 40..41];
        places.keep(&window, &spans, MAX_PLACES);
        let shown = spans.map(|span| {
            let place = places.get(&span)?;
            Some(place.line.as_ref().map(|line| line.text.clone()))
        });
        assert_eq!(
            shown,
            [Some(None), Some(Some("x = 1\n".into())), Some(None), None]
        );
    }

    #[test]
    fn nothing_shows_the_value() {
        let sight = Sight::new(false, None, None);
        let path = RootPath::new("a").unwrap();
        let text = format!("x = 1\ntoken: {} # other\n", token());
        let seen = sight.visit(&path, text.as_bytes());
        assert_eq!(seen.len(), 1);
        assert!(!format!("{seen:?}").contains("16C7e42F29"), "{seen:?}");
        assert_eq!(seen[0].start.line, 2);
        // Where a user's name is expected, too.
        let address = format!("https://{}:x-oauth-basic@git.example.com/a\n", token());
        let seen = sight.visit(&path, address.as_bytes());
        assert!(!seen.is_empty());
        assert!(!format!("{seen:?}").contains("16C7e42F29"), "{seen:?}");
        assert!(!sight.masked(&text).contains("16C7e42F29"));
    }
}
