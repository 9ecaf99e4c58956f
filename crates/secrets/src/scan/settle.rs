//! Which rule has which bytes, and which parts belong together.

use std::cmp::Reverse;

use plimsoll_model::Confidence;

use crate::found::{Match, MatchedPart, Reason};
use crate::rule::{Part, Role};

use super::run::{Candidate, Claim};

/// How far apart parts of one credential may stand.
const REACH: u64 = 2000;

/// The candidates as matches: one per place, parts joined, in order.
pub(crate) fn settled(mut candidates: Vec<Candidate>) -> Vec<Match> {
    candidates.sort_by(|one, other| {
        let key = |found: &Candidate| {
            let length = found.span.end - found.span.start;
            (
                found.span.start,
                Reverse(length),
                found.inner.start,
                Reverse(found.claim),
                found.rule.id,
            )
        };
        key(one).cmp(&key(other))
    });
    let kept = strongest(candidates);
    joined(kept.into_iter().map(matched).collect())
}

/// Of those that overlap the strongest claim; suppressed ones give way to others of the same strength.
fn strongest(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(candidates.len());
    for next in candidates {
        match kept.last_mut() {
            Some(last) if overlap(last, &next) => {
                if is_stronger(&next, last) {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }
    kept
}

fn is_stronger(next: &Candidate, last: &Candidate) -> bool {
    // Of the same bytes the rule that leaves less open knows more, if it has the issuer's word for it.
    let sharpness = |found: &Candidate| {
        (
            stands(found),
            found.claim >= Claim::Named,
            found.rule.narrow,
        )
    };
    if next.span == last.span
        && next.encodings == last.encodings
        && sharpness(next) != sharpness(last)
    {
        return sharpness(next) > sharpness(last);
    }
    strength(next) > strength(last)
}

fn strength(found: &Candidate) -> (bool, Claim, Reverse<usize>, Confidence, u64) {
    (
        stands(found),
        found.claim,
        Reverse(found.encodings.len()),
        found.confidence,
        found.span.end - found.span.start,
    )
}

/// Whether a claim is to be reckoned with: one that is suppressed gives way, unless it knows what the bytes are.
fn stands(found: &Candidate) -> bool {
    matches!(
        found.suppressed,
        None | Some(Reason::DocumentedExample | Reason::Public)
    )
}

/// Whether two claim the same bytes. Two secrets of one encoded run stand in the same place but not in each other.
fn overlap(one: &Candidate, next: &Candidate) -> bool {
    let apart = one.span == next.span
        && !one.encodings.is_empty()
        && one.encodings == next.encodings
        && (next.inner.start >= one.inner.end || one.inner.start >= next.inner.end);
    next.span.start < one.span.end && !apart
}

fn matched(found: Candidate) -> Match {
    Match {
        rule: found.rule,
        span: found.span,
        shown: found.shown,
        value_hash: found.value_hash,
        severity: found.severity,
        confidence: found.confidence,
        facts: found.facts,
        parts: Vec::new(),
        encodings: found.encodings,
        suppressed: found.suppressed,
    }
}

/// Gives each secret its nearest other parts; an id that no secret takes is no finding.
fn joined(mut matches: Vec<Match>) -> Vec<Match> {
    let part = |found: &Match| found.rule.part.filter(|_| found.suppressed.is_none());
    let mut taken = vec![false; matches.len()];
    let mut joins: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, found) in matches.iter().enumerate() {
        let Some(Part {
            of,
            role: Role::Secret,
        }) = part(found)
        else {
            continue;
        };
        let others = nearest_parts(&matches, at, of);
        for other in &others {
            if let Some(taken) = taken.get_mut(*other) {
                *taken = true;
            }
        }
        joins.push((at, others));
    }
    for (at, others) in joins {
        let parts: Vec<MatchedPart> = others
            .iter()
            .filter_map(|other| matches.get(*other))
            .map(|other| MatchedPart {
                rule: other.rule,
                span: other.span.clone(),
                shown: other.shown.clone(),
            })
            .collect();
        if let Some(found) = matches.get_mut(at) {
            found.parts = parts;
        }
    }
    for (found, taken) in matches.iter_mut().zip(taken) {
        let role = found.rule.part.map(|part| part.role);
        if found.suppressed.is_none() && matches!(role, Some(Role::Id | Role::Other)) && !taken {
            found.suppressed = Some(Reason::IdAlone);
        }
    }
    matches.retain(|found| {
        found.suppressed.is_some()
            || !matches!(
                found.rule.part,
                Some(Part {
                    role: Role::Id | Role::Other,
                    ..
                })
            )
    });
    matches
}

/// The nearest part of each other rule of the same credential.
fn nearest_parts(matches: &[Match], at: usize, of: &str) -> Vec<usize> {
    let Some(secret) = matches.get(at) else {
        return Vec::new();
    };
    let mut nearest: Vec<(usize, u64)> = Vec::new();
    for (other, found) in matches.iter().enumerate() {
        let same = found.rule.part.is_some_and(|part| part.of == of);
        if other == at || !same || found.suppressed.is_some() || found.rule.id == secret.rule.id {
            continue;
        }
        let distance = found.span.start.abs_diff(secret.span.start);
        if distance > REACH {
            continue;
        }
        let known = nearest.iter_mut().find(|(known, _)| {
            matches
                .get(*known)
                .is_some_and(|known| known.rule.id == found.rule.id)
        });
        match known {
            Some(known) if distance < known.1 => *known = (other, distance),
            Some(_) => {}
            None => nearest.push((other, distance)),
        }
    }
    nearest.into_iter().map(|(other, _)| other).collect()
}
