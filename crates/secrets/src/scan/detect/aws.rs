//! The secret of an AWS access key where no name says so: in the next column, argument or line.

use plimsoll_model::Confidence;

use super::Subject;
use crate::border;
use crate::judge;
use crate::scan::run::{Claim, Run, Says};

/// The length of an access key id, and of its secret.
const ID: usize = 20;
const SECRET: usize = 40;
/// How far behind the id the secret is looked for.
const FURTHEST: usize = 120;
/// What forty characters of base64 drawn at random do not fall below but by rare chance.
const LEAST_ENTROPY: f32 = 4.2;

/// The keyword is how an id begins.
pub(super) fn secret_beside_id(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let bytes = subject.near.bytes;
    let id = bytes.get(subject.start..subject.start + ID)?;
    let is_id = id
        .iter()
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7'));
    if !is_id || !border::begins(bytes, subject.start) {
        return None;
    }
    let behind = subject.start + ID;
    let end = bytes.len().min(behind + FURTHEST);
    let mut at = behind;
    while at < end {
        let length = bytes
            .get(at..)?
            .iter()
            .take(SECRET + 1)
            .take_while(|byte| is_digit(**byte))
            .count();
        let range = at..at + length;
        if length == SECRET && is_secret(subject.near.get(&range)) {
            let says = Says::new(Claim::NearKeyword, Confidence::Medium);
            run.add(subject.rule, subject.near, &range, says);
            return Some(range.end);
        }
        at = past_run(bytes, at + length);
    }
    None
}

/// Behind the run of digits that `at` stands in, and one more.
fn past_run(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest
        .iter()
        .take(FURTHEST)
        .take_while(|byte| is_digit(**byte))
        .count();
    at + length + 1
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Letters of both cases and digits, at random: no digest, no path, no name.
fn is_secret(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_digit)
        && judge::shape(value).is_none()
        && judge::entropy(value) >= LEAST_ENTROPY
}
