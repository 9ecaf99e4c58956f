//! One scan: what is remembered between the hits of keywords.

use std::ops::Range;

use plimsoll_model::{Confidence, Severity};

use crate::fingerprint::{HashKey, ValueHash};
use crate::found::{Encoding, Fact, Reason};
use crate::prefilter::{Hit, PREFILTER};
use crate::rule::{Form, Role, Rule};
use crate::structure;
use crate::tables::{KEYWORDS, RULES};

use super::{detect, encoded, patterns, values};

/// How far before a keyword anything is read.
pub(crate) const BEHIND: usize = 8 << 10;
/// How far behind a keyword anything is read.
pub(crate) const AHEAD: usize = 16 << 10;

/// Candidates kept, and as many that are held to be none, so that stand-ins crowd out no secret; more are counted only.
const MOST_CANDIDATES: usize = 20_000;
/// Work per byte, in bytes read again by patterns; ordinary text needs less than one.
const WORK_PER_BYTE: u64 = 48;
/// Work that is free, so that small inputs may be dense.
const FREE_WORK: u64 = 4 << 20;

/// How strongly a rule claims its bytes, from the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// A value given to a name that says credential.
    Generic,
    /// A form that many issuers share.
    SharedForm,
    /// A value near an issuer's name.
    NearKeyword,
    /// A value given to a name that says the issuer.
    Named,
    /// A form that one issuer or one kind of file has.
    OwnForm,
}

/// Something found, before it is settled which rule has it.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: &'static Rule,
    pub(crate) claim: Claim,
    pub(crate) span: Range<u64>,
    /// Where it stands in what was decoded; without encoding the span.
    pub(crate) inner: Range<u64>,
    pub(crate) shown: String,
    pub(crate) value_hash: ValueHash,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) facts: Vec<Fact>,
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) suppressed: Option<Reason>,
}

/// What is said of a secret when it is added.
#[derive(Debug)]
pub(crate) struct Says {
    pub(crate) claim: Claim,
    pub(crate) confidence: Confidence,
    pub(crate) severity: Option<Severity>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) suppressed: Option<Reason>,
    /// What may be shown besides the length.
    pub(crate) beginning: String,
    /// What identifies the secret, where that is not the bytes of its place.
    pub(crate) identity: Option<Vec<u8>>,
}

impl Says {
    pub(crate) fn new(claim: Claim, confidence: Confidence) -> Says {
        Says {
            claim,
            confidence,
            severity: None,
            facts: Vec::new(),
            suppressed: None,
            beginning: String::new(),
            identity: None,
        }
    }

    pub(crate) fn suppressed(self, suppressed: Option<Reason>) -> Says {
        Says { suppressed, ..self }
    }
}

/// The bytes around a hit, and where they begin in the input.
#[derive(Clone, Copy)]
pub(crate) struct Near<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) origin: u64,
}

impl<'a> Near<'a> {
    pub(crate) fn absolute(&self, range: &Range<usize>) -> Range<u64> {
        self.origin + range.start as u64..self.origin + range.end as u64
    }

    pub(crate) fn get(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// The encoded run that what is scanned came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Outer {
    pub(super) span: Range<u64>,
    pub(super) encodings: Vec<Encoding>,
}

/// The state of a scan.
pub(crate) struct Run<'k> {
    key: &'k HashKey,
    pub(super) candidates: Vec<Candidate>,
    /// How many of the candidates are held to be none.
    none: usize,
    /// Candidates and windows that a bound left out.
    pub(super) left_out: u64,
    /// Per rule, up to where it has looked.
    looked: Vec<u64>,
    pub(super) encoded: encoded::State,
    pub(super) outer: Option<Outer>,
    /// The furthest byte of the input reached.
    position: u64,
    work: u64,
}

impl<'k> Run<'k> {
    pub(crate) fn new(key: &'k HashKey) -> Run<'k> {
        Run {
            key,
            candidates: Vec::new(),
            none: 0,
            left_out: 0,
            looked: Vec::new(),
            encoded: encoded::State::default(),
            outer: None,
            position: 0,
            work: 0,
        }
    }

    /// Handles what begins in `from..to` of `bytes`, which begin at `base` of the input. Bytes up to [`BEHIND`] before
    /// and [`AHEAD`] behind are there, if the input has them.
    pub(crate) fn advance(&mut self, bytes: &[u8], base: u64, from: usize, to: usize) {
        PREFILTER.find(bytes, from, to, |hit| self.hit(bytes, base, hit));
        encoded::find(self, bytes, base, to);
    }

    fn hit(&mut self, bytes: &[u8], base: u64, hit: Hit) {
        let start = hit.start.saturating_sub(BEHIND);
        let end = bytes.len().min(hit.start + AHEAD);
        let near = Near {
            bytes: bytes.get(start..end).unwrap_or_default(),
            origin: base + start as u64,
        };
        let at = hit.start - start;
        if self.outer.is_none() {
            self.position = base + hit.start as u64;
        }
        let Some(keyword) = KEYWORDS.get(hit.keyword) else {
            encoded::escaped(self, near, at);
            return;
        };
        let word = at..at + keyword.text.len();
        let mut assigned = values::Cache::default();
        for index in keyword.rules {
            let Some(rule) = RULES.get(*index) else {
                continue;
            };
            match &rule.form {
                Form::Pattern(pattern) => patterns::find(self, *index, rule, pattern, near, &word),
                Form::Value(value) => {
                    values::find(self, *index, rule, value, near, &word, &mut assigned);
                }
                Form::Detector(detector) => {
                    detect::find(self, *index, rule, *detector, near, &word);
                }
            }
        }
    }

    /// Whether there is work left for another look at `cost` bytes.
    pub(crate) fn may_spend(&mut self, cost: usize) -> bool {
        let allowed = FREE_WORK + self.position.saturating_mul(WORK_PER_BYTE);
        if self.work > allowed {
            self.left_out += 1;
            return false;
        }
        self.work += cost as u64;
        true
    }

    /// Scans what a run decoded to; what is found there is placed at the run.
    pub(super) fn scan_decoded(&mut self, decoded: &[u8], outer: Outer) {
        let looked = std::mem::take(&mut self.looked);
        let encoded = self.encoded.nested();
        let before = self.outer.replace(outer);
        self.advance(decoded, 0, 0, decoded.len());
        self.outer = before;
        self.encoded = encoded;
        self.looked = looked;
    }

    /// Up to where the rule has looked.
    pub(crate) fn looked(&self, index: usize) -> u64 {
        self.looked.get(index).copied().unwrap_or(0)
    }

    /// Remembers that the rule need not look before `to` again.
    pub(crate) fn set_looked(&mut self, index: usize, to: u64) {
        if self.looked.is_empty() {
            self.looked = vec![0; RULES.len()];
        }
        if let Some(looked) = self.looked.get_mut(index) {
            *looked = to.max(*looked);
        }
    }

    /// Whether one more candidate is kept, and reckons with it.
    fn has_room(&mut self, is_none: bool) -> bool {
        let count = if is_none {
            self.none
        } else {
            self.candidates.len() - self.none
        };
        let has_room = count < MOST_CANDIDATES;
        self.none += usize::from(is_none && has_room);
        has_room
    }

    /// Adds the secret at `secret`, with what its structure says.
    pub(crate) fn add(
        &mut self,
        rule: &'static Rule,
        near: Near<'_>,
        secret: &Range<usize>,
        mut says: Says,
    ) {
        let value = near.get(secret);
        if says.suppressed.is_none()
            && let Some(structure) = rule.structure
        {
            let read = structure::read(structure, value);
            says.facts.extend(read.facts);
            says.severity = says.severity.or(read.severity);
            says.suppressed = read.suppressed;
        }
        if !self.has_room(says.suppressed.is_some()) {
            self.left_out += 1;
            return;
        }
        let is_id = rule.part.is_some_and(|part| part.role == Role::Id);
        let shown = if is_id {
            structure::fact("id", String::from_utf8_lossy(value)).value
        } else {
            format!("{}… ({} characters)", says.beginning, value.len())
        };
        let inner = near.absolute(secret);
        let outer = self.outer.clone();
        self.candidates.push(Candidate {
            rule,
            claim: says.claim,
            span: outer
                .as_ref()
                .map_or(inner.clone(), |outer| outer.span.clone()),
            inner,
            shown,
            value_hash: self.key.hash(says.identity.as_deref().unwrap_or(value)),
            severity: says.severity.unwrap_or(rule.severity),
            confidence: says.confidence,
            facts: says.facts,
            encodings: outer.map_or(Vec::new(), |outer| outer.encodings),
            suppressed: says.suppressed,
        });
    }
}
