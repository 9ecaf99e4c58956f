//! One scan: what is remembered between the hits of keywords.

use std::ops::Range;

use plimsoll_model::{Confidence, Severity};

use crate::fingerprint::{HashKey, ValueHash};
use crate::found::{Encoding, Fact, Reason};
use crate::prefilter::{Hit, PREFILTER};
use crate::rule::{Form, Rule};
use crate::tables::{KEYWORDS, RULES};

use super::{patterns, values};

/// How far before a keyword anything is read.
pub(crate) const BEHIND: usize = 8 << 10;
/// How far behind a keyword anything is read.
pub(crate) const AHEAD: usize = 16 << 10;

#[expect(dead_code, reason = "the detectors that claim so little come next")]
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
    /// A form that one issuer has.
    OwnForm,
}

/// Something found, before it is settled which rule has it.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: &'static Rule,
    pub(crate) claim: Claim,
    pub(crate) span: Range<u64>,
    pub(crate) shown: String,
    pub(crate) value_hash: ValueHash,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) facts: Vec<Fact>,
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) suppressed: Option<Reason>,
}

/// The bytes around a hit, and where they begin in the input.
#[derive(Clone, Copy)]
pub(crate) struct Near<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) origin: u64,
}

impl Near<'_> {
    pub(crate) fn absolute(&self, range: &Range<usize>) -> Range<u64> {
        self.origin + range.start as u64..self.origin + range.end as u64
    }
}

/// The state of a scan.
pub(crate) struct Run<'k> {
    key: &'k HashKey,
    candidates: Vec<Candidate>,
    /// Per rule, up to where it has looked.
    looked: Vec<u64>,
}

impl<'k> Run<'k> {
    pub(crate) fn new(key: &'k HashKey) -> Run<'k> {
        Run {
            key,
            candidates: Vec::new(),
            looked: Vec::new(),
        }
    }

    pub(crate) fn into_candidates(self) -> Vec<Candidate> {
        self.candidates
    }

    /// Handles the hits whose looked-up bytes lie in `from..to` of `bytes`.
    pub(crate) fn advance(&mut self, bytes: &[u8], from: usize, to: usize) {
        PREFILTER.find(bytes, from, to, |hit| self.hit(bytes, 0, hit));
    }

    fn hit(&mut self, bytes: &[u8], base: u64, hit: Hit) {
        let Some(keyword) = KEYWORDS.get(hit.keyword) else {
            return;
        };
        let start = hit.start.saturating_sub(BEHIND);
        let end = bytes.len().min(hit.start + AHEAD);
        let near = Near {
            bytes: bytes.get(start..end).unwrap_or_default(),
            origin: base + start as u64,
        };
        let word = hit.start - start..hit.start - start + keyword.text.len();
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
                Form::Detector(_) => {}
            }
        }
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

    pub(crate) fn hash(&self, value: &[u8]) -> ValueHash {
        self.key.hash(value)
    }

    pub(crate) fn push(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
    }
}
