//! Which rule has which bytes, and which parts belong together.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

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
    joined(strongest(candidates))
}

/// Of those that overlap the strongest claim; suppressed ones give way to others of the same strength.
fn strongest(candidates: Vec<Candidate>) -> Vec<Match> {
    let mut kept: Vec<(Candidate, Range<u64>)> = Vec::with_capacity(candidates.len());
    for next in candidates {
        match kept.last_mut() {
            Some((last, covers)) if overlap(last, &next) => {
                covers.end = covers.end.max(next.span.end);
                if is_stronger(&next, last) {
                    *last = next;
                }
            }
            _ => {
                let covers = next.span.clone();
                kept.push((next, covers));
            }
        }
    }
    let kept = kept.into_iter();
    kept.map(|(found, covers)| matched(found, covers)).collect()
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

fn matched(found: Candidate, covers: Range<u64>) -> Match {
    Match {
        rule: found.rule,
        span: found.span,
        covers,
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
    let mut taken = vec![false; matches.len()];
    let mut joins: Vec<(usize, Vec<MatchedPart>)> = Vec::new();
    for at in 0..matches.len() {
        let nearest = nearest_parts(&matches, at);
        for other in &nearest {
            if let Some(taken) = taken.get_mut(*other) {
                *taken = true;
            }
        }
        let parts = nearest.iter().filter_map(|other| matches.get(*other));
        joins.push((at, parts.map(matched_part).collect()));
    }
    for (at, parts) in joins {
        if let Some(found) = matches.get_mut(at) {
            found.parts = parts;
        }
    }
    let is_part = |found: &Match| {
        found
            .rule
            .part
            .is_some_and(|part| part.role != Role::Secret)
    };
    for (found, taken) in matches.iter_mut().zip(taken) {
        if found.suppressed.is_none() && is_part(found) && !taken {
            found.suppressed = Some(Reason::IdAlone);
        }
    }
    matches.retain(|found| found.suppressed.is_some() || !is_part(found));
    matches
}

fn matched_part(found: &Match) -> MatchedPart {
    MatchedPart {
        rule: found.rule,
        span: found.span.clone(),
        shown: found.shown.clone(),
    }
}

/// The nearest part of each other rule of the same credential; of a part that is no secret none.
fn nearest_parts(matches: &[Match], at: usize) -> Vec<usize> {
    let part = |found: &Match| found.rule.part.filter(|_| found.suppressed.is_none());
    let Some(secret) = matches.get(at) else {
        return Vec::new();
    };
    let Some(Part {
        of,
        role: Role::Secret,
    }) = part(secret)
    else {
        return Vec::new();
    };
    let mut nearest: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    let near = within_reach(matches, secret.span.start);
    for (other, found) in matches.iter().enumerate().take(near.end).skip(near.start) {
        if found.rule.id == secret.rule.id || part(found).is_none_or(|part| part.of != of) {
            continue;
        }
        let distance = found.span.start.abs_diff(secret.span.start);
        let known = nearest.entry(found.rule.id).or_insert((distance, other));
        *known = (*known).min((distance, other));
    }
    nearest.into_values().map(|(_, other)| other).collect()
}

/// Those of the sorted matches that begin within [`REACH`] of `place`.
fn within_reach(matches: &[Match], place: u64) -> Range<usize> {
    let first = matches.partition_point(|found| found.span.start.saturating_add(REACH) < place);
    let end = matches.partition_point(|found| found.span.start <= place.saturating_add(REACH));
    first..end
}

#[cfg(test)]
mod tests {
    use crate::fingerprint::HashKey;
    use crate::scan::Scanner;

    use super::*;

    fn scanner() -> Scanner {
        Scanner::new(HashKey::new(b"test"))
    }

    #[test]
    fn a_weaker_claim_stays_covered() {
        let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
        let text = format!("DB_PASSWORD=\"{token}:sQ7Gh1x\"");
        let found = scanner().scan(text.as_bytes());
        let [one] = found.as_slice() else {
            panic!("{found:?}");
        };
        let place = |range: &Range<u64>| &text[range.start as usize..range.end as usize];
        assert_eq!(place(&one.span), token);
        assert_eq!(place(&one.covers), format!("{token}:sQ7Gh1x"));
    }

    #[test]
    fn parts_are_looked_for_near_by() {
        let id = ["AK", "IAQ3EGRZ5WV7TNK2JM"].concat();
        let secret = "aws_secret_access_key = vZ1xTq8Lm3Rk7Wb2Ns9Pd4Gf6Hj5Kc0Xa1Ye8Uo2";
        let text = format!("{id}\n{secret}\n").repeat(200);
        let found = scanner().scan(text.as_bytes());
        assert_eq!(found.len(), 200);
        assert!(
            found.iter().all(|one| one.parts.len() == 1),
            "{:?}",
            found.first()
        );
        let place = found.get(100).map_or(0, |one| one.span.start);
        let near = within_reach(&found, place);
        assert!(near.len() < 60 && near.contains(&100), "{near:?}");
        let apart = format!("{id}{}{secret}\n", "\n".repeat(2100));
        let found = scanner().scan(apart.as_bytes());
        assert!(found.iter().all(|one| one.parts.is_empty()), "{found:?}");
    }
}
