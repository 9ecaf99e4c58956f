//! Looking for credentials in everything that is read: the pattern engine's matches as sightings, located and masked.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_collect::{FileVisitor, text};
use plimsoll_model::{Excerpt, Fact, LineIndex, Position, RootPath, Sighting, Span};
use plimsoll_secrets::{HashKey, Match, Scanner};

use crate::mask::{masked, merged, secret_spans};

/// By which values are known again from run to run. It hides nothing by itself: only values drawn at random are hashed.
const KEY: &[u8] = b"plimsoll/secret/1";
/// A longer line, or more of them, is not shown.
const MAX_EXCERPT_BYTES: usize = 1 << 10;
/// Files that are named for what was left out of them.
const MAX_NOTED: usize = 100;
/// Characters of a comment that are kept.
const MAX_REMARK: usize = 256;
/// Files of which so many credentials are told hold no news in the next.
const MAX_SIGHTINGS: usize = 10_000;
/// Bytes of a large file looked at together, and how much of them is looked at again with the next: longer than any
/// credential.
const PIECE: usize = 16 << 20;
const OVERLAP: usize = 64 << 10;

/// The visitor of files and blobs.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    scanner: Scanner,
    explains: bool,
    left_out: Arc<Mutex<BTreeSet<RootPath>>>,
}

impl Sight {
    /// `explain` keeps what is held to be no credential, with the reason.
    pub(crate) fn new(explain: bool) -> Sight {
        let scanner = Scanner::new(HashKey::new(KEY));
        Sight {
            scanner: if explain {
                scanner.with_suppressed()
            } else {
                scanner
            },
            explains: explain,
            left_out: Arc::default(),
        }
    }
}

/// The credentials in `bytes`, the file at `path`, as an audit sees them.
pub fn sightings(path: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
    Sight::new(false).visit(path, bytes)
}

impl FileVisitor for Sight {
    fn visit(&self, path: &RootPath, bytes: &[u8]) -> Vec<Sighting> {
        let outcome = self.scanner.outcome(bytes);
        self.note(path, outcome.left_out);
        if outcome.matches.is_empty() {
            return Vec::new();
        }
        let seen = self.located(bytes, &outcome.matches, bytes.len(), Start::default());
        self.placed(path, seen)
    }

    fn placed(&self, path: &RootPath, mut seen: Vec<Sighting>) -> Vec<Sighting> {
        for sighting in &mut seen {
            let reason = suppressed_at(path, sighting.form);
            sighting.suppressed = sighting.suppressed.take().or(reason);
        }
        if !self.explains {
            seen.retain(|sighting| sighting.suppressed.is_none());
        }
        seen
    }

    fn masked(&self, shown: &str) -> String {
        let found = self.scanner.scan(shown.as_bytes());
        let mut spans = secret_spans(shown);
        spans.extend(found.iter().map(span));
        masked(shown, 0, &merged(spans))
    }

    fn visit_large(&self, path: &RootPath, source: &mut dyn Read) -> io::Result<Vec<Sighting>> {
        let mut piece = Vec::with_capacity(PIECE);
        let mut start = Start::default();
        let mut seen: Vec<Sighting> = Vec::new();
        loop {
            let kept = piece.len();
            source.take((PIECE - kept) as u64).read_to_end(&mut piece)?;
            let is_last = piece.len() < PIECE;
            // What begins in the overlap is found again, whole, in the next piece.
            let end = if is_last {
                piece.len()
            } else {
                PIECE - OVERLAP
            };
            let outcome = self.scanner.outcome(&piece);
            self.note(path, outcome.left_out);
            let known = seen.last().map_or(0, |last| last.end.byte);
            let new = self.located(&piece, &outcome.matches, end, start);
            let new = self.placed(path, new).into_iter();
            seen.extend(new.filter(|one| one.start.byte >= known));
            if seen.len() > MAX_SIGHTINGS {
                self.note(path, 1);
                return Ok(seen);
            }
            if is_last {
                return Ok(seen);
            }
            start.pass(piece.get(..end).unwrap_or_default());
            piece.drain(..end);
        }
    }
}

/// Where a piece begins in its file.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    byte: u64,
    lines: u32,
    /// Characters of the line that ran into the piece.
    columns: u32,
}

impl Start {
    /// Moves behind `bytes`.
    fn pass(&mut self, bytes: &[u8]) {
        self.byte += bytes.len() as u64;
        let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.lines = self
            .lines
            .saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let tail = last.map_or(bytes, |at| bytes.get(at + 1..).unwrap_or_default());
        let characters = tail.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        let characters = u32::try_from(characters).unwrap_or(u32::MAX);
        self.columns = match last {
            Some(_) => characters,
            None => self.columns.saturating_add(characters),
        };
    }

    fn position(&self, position: Position) -> Position {
        Position {
            line: position.line.saturating_add(self.lines),
            column: if position.line == 1 {
                position.column.saturating_add(self.columns)
            } else {
                position.column
            },
            byte: u32::try_from(self.byte + u64::from(position.byte)).unwrap_or(u32::MAX),
        }
    }
}

fn span(found: &Match) -> Span {
    let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    Span::new(byte(found.span.start), byte(found.span.end))
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

    /// Those of `matches` of the piece `bytes` that begin before `end`, as sightings. All of them are masked.
    fn located(&self, bytes: &[u8], matches: &[Match], end: usize, start: Start) -> Vec<Sighting> {
        let text = text(bytes.to_vec());
        let lines = LineIndex::new(&text);
        let source = Shown {
            text: &text,
            lines: &lines,
            own: merged(matches.iter().map(span).collect()),
        };
        let told = matches.iter().filter(|found| found.span.start < end as u64);
        told.take(MAX_SIGHTINGS)
            .map(|found| self.sighting(found, &source, start))
            .collect()
    }

    fn sighting(&self, found: &Match, source: &Shown<'_>, start: Start) -> Sighting {
        let span = span(found);
        let position = |byte| start.position(source.lines.position(source.text, byte));
        let (first, last) = (position(span.start), position(span.end));
        Sighting {
            form: found.rule.id,
            provider: found.rule.provider.name,
            name: found.rule.name,
            grants: found.rule.grants,
            span: Span::new(first.byte as usize, last.byte as usize),
            start: first,
            end: last,
            shown: found.shown.clone(),
            digest: digest(found),
            severity: found.severity,
            confidence: found.confidence,
            facts: self.facts(found),
            excerpt: source.excerpt(span, start),
            suppressed: found.suppressed.as_ref().map(ToString::to_string),
            remark: source.remark(span),
            aliases: found.rule.aliases,
        }
    }

    /// What a credential says about itself. A user's or a host's name may be a credential, too: such a one is not told.
    fn facts(&self, found: &Match) -> Vec<Fact> {
        let own = found.facts.iter().map(|fact| Fact {
            name: fact.name.to_owned(),
            value: self.fact(fact.name, &fact.value),
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

    fn fact(&self, name: &str, value: &str) -> String {
        let is_name = matches!(name, "user" | "host");
        if is_name && looks_drawn(value) {
            return format!("of {} characters", value.chars().count());
        }
        self.masked(value)
    }
}

/// Whether a name looks drawn at random: long, of letters and digits in one run.
fn looks_drawn(value: &str) -> bool {
    const SHORTEST: usize = 16;
    let runs =
        value.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    runs.into_iter().any(|run| {
        run.len() >= SHORTEST
            && run.bytes().any(|byte| byte.is_ascii_digit())
            && run.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

struct Shown<'a> {
    text: &'a str,
    lines: &'a LineIndex,
    own: Vec<Span>,
}

impl Shown<'_> {
    /// The comment on the line of `span`, or on a line of its own before it, that asks to let it be; masked.
    fn remark(&self, span: Span) -> Option<String> {
        let line = self.lines.line(span.start);
        let above = line.checked_sub(1).filter(|above| *above > 0);
        let above = above.and_then(|above| self.line(above));
        let above = above.filter(|(_, text)| {
            let text = text.trim_start();
            ["#", "//", "/*", "--", ";", "<!--"]
                .iter()
                .any(|mark| text.starts_with(mark))
        });
        let lines = self.line(line).into_iter().chain(above);
        lines.into_iter().find_map(|(from, text)| {
            let mut starts = REMARKS.iter().filter_map(|mark| text.find(mark));
            let start = starts.next()?;
            let rest = text.get(start..)?;
            let shown = masked(rest, from + start, &self.spans(from, text));
            Some(shown.chars().take(MAX_REMARK).collect())
        })
    }

    /// The start and text of a line.
    fn line(&self, line: u32) -> Option<(usize, &str)> {
        let from = self.lines.line_start(line) as usize;
        let end = if line < self.lines.line_count() {
            self.lines.line_start(line + 1) as usize
        } else {
            self.text.len()
        };
        let shown = self.text.get(from..end)?;
        (shown.len() <= MAX_EXCERPT_BYTES).then_some((from, shown))
    }

    /// The first line of `span`, with every credential in it masked.
    fn excerpt(&self, span: Span, start: Start) -> Option<Excerpt> {
        let line = self.lines.line(span.start);
        let (from, shown) = self.line(line)?;
        let shown = shown.strip_suffix('\n').unwrap_or(shown);
        if line == 1 && start.byte > 0 {
            // Cut off in front: what a credential left there would not be known for one.
            return None;
        }
        let first_byte = start.byte + from as u64;
        Some(Excerpt {
            first_line: line.saturating_add(start.lines),
            first_byte: u32::try_from(first_byte).ok()?,
            text: masked(shown, from, &self.spans(from, shown)),
        })
    }

    /// Every credential in `shown`, which begins at the byte `from`.
    fn spans(&self, from: usize, shown: &str) -> Vec<Span> {
        let moved = |span: Span| Span::new(span.start as usize + from, span.end as usize + from);
        let mut spans: Vec<Span> = secret_spans(shown).into_iter().map(moved).collect();
        let first = self.own.partition_point(|one| one.end as usize <= from);
        let from_first = self.own.iter().skip(first);
        spans.extend(from_first.take_while(|one| (one.start as usize) < from + shown.len()));
        merged(spans)
    }
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
    (!found.rule.is_chosen_by_people()).then(|| {
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

    #[test]
    fn a_large_file_is_seen_as_a_whole_one_is() {
        let sight = Sight::new(false);
        let path = RootPath::new("a").unwrap();
        let token = token();
        let mut bytes = Vec::new();
        for at in [0, PIECE - OVERLAP - 10, PIECE - 20, PIECE + 100, 2 * PIECE] {
            bytes.resize(bytes.len().max(at), b' ');
            bytes.extend_from_slice(format!("\n\u{e9} x = \"{token}\"\n").as_bytes());
        }
        let whole = sight.visit(&path, &bytes);
        let pieces = sight.visit_large(&path, &mut bytes.as_slice()).unwrap();
        assert_eq!(whole.len(), 5);
        assert_eq!(whole, pieces);
    }

    #[test]
    fn nothing_shows_the_value() {
        let sight = Sight::new(false);
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
