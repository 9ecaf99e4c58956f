//! Private keys between `-----BEGIN` and `-----END`, on lines or with escaped breaks, encrypted or not.

use std::ops::Range;

use plimsoll_model::{Confidence, Severity};

use super::Subject;
use crate::decode::{self, base64_digit};
use crate::found::Reason;
use crate::judge;
use crate::scan::run::{Claim, Run, Says};
use crate::structure::fact;

/// A shorter body is no key.
const SHORTEST: usize = 40;
/// The longest kind of key before the keyword, as in `-----BEGIN EC PRIVATE KEY-----`.
const LONGEST_KIND: usize = 32;

/// The keyword is the end of the first line.
pub(super) fn find(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let bytes = subject.near.bytes;
    let from = subject.start.saturating_sub(LONGEST_KIND + 11);
    let before = bytes.get(from..subject.start)?;
    let begin = before
        .windows(11)
        .rposition(|window| window == b"-----BEGIN ")?;
    let kind = before.get(begin + 11..)?;
    let is_kind = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    if !kind.iter().all(is_kind) {
        return None;
    }
    let start = from + begin;
    let rest = bytes.get(subject.end..)?;
    let end = rest.windows(8).position(|window| window == b"-----END");
    let body_end = subject.end + end.unwrap_or_else(|| key_length(rest));
    let body = subject.near.get(&(subject.end..body_end));
    let kind = String::from_utf8_lossy(kind).trim().to_owned();
    let key = key_of(body);
    if key.len() < SHORTEST {
        return Some(subject.end);
    }
    let closing = bytes.get(body_end + 8..).unwrap_or_default();
    let close = closing
        .iter()
        .take(64)
        .take_while(|byte| is_kind(byte) || **byte == b'-')
        .count();
    let whole = if end.is_some() {
        start..body_end + 8 + close
    } else {
        start..body_end
    };
    add(run, subject, &whole, &kind, body, key, end.is_some());
    Some(whole.end)
}

fn add(
    run: &mut Run<'_>,
    subject: Subject<'_>,
    whole: &Range<usize>,
    kind: &str,
    body: &[u8],
    key: Vec<u8>,
    is_whole: bool,
) {
    let confidence = if is_whole {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let is_pgp = subject
        .near
        .get(&(subject.start..subject.end))
        .ends_with(b"BLOCK-----");
    let decoded = decode::base64(key.get(..512).unwrap_or(&key));
    let is_none = !is_known(kind) || !(is_whole || begins_a_key(is_pgp, &decoded));
    let reason = judge::shape(&key).or(is_none.then_some(Reason::StandIn));
    let mut says = Says::new(Claim::SharedForm, confidence).suppressed(reason);
    says.facts.push(fact(
        "kind",
        if is_pgp {
            "PGP"
        } else if kind.is_empty() {
            "PKCS #8"
        } else {
            kind
        },
    ));
    match is_encrypted(kind, body, &decoded) {
        Some(true) => {
            says.facts.push(fact("encrypted", "with a passphrase"));
            says.severity = Some(Severity::Medium);
        }
        Some(false) => says.facts.push(fact("encrypted", "no")),
        None => {}
    }
    if !is_whole {
        says.facts.push(fact("end", "cut short"));
    }
    if let Some(bits) = modulus_bits(&decoded) {
        says.facts.push(fact("size", format!("{bits} bits")));
    }
    says.beginning = "private key ".to_owned();
    says.identity = Some(key);
    run.add(subject.rule, subject.near, whole, says);
}

/// What stands before `PRIVATE KEY` in keys: other words make it a text about keys, or a key that says it is none.
fn is_known(kind: &str) -> bool {
    const KINDS: [&str; 8] = [
        "",
        "RSA",
        "EC",
        "DSA",
        "OPENSSH",
        "ENCRYPTED",
        "PGP",
        "SSH2 ENCRYPTED",
    ];
    KINDS.contains(&kind)
}

/// Whether bytes begin as keys do. A text that only names the first line goes on with words, which decode to anything.
fn begins_a_key(is_pgp: bool, decoded: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const PACKET: u8 = 0x80;
    match decoded.first() {
        Some(first) if is_pgp => first & PACKET != 0,
        Some(&SEQUENCE) => true,
        _ => decoded.starts_with(b"openssh-key-v1"),
    }
}

/// How far a body without an end goes on as keys do.
fn key_length(rest: &[u8]) -> usize {
    let goes_on = |byte: &&u8| {
        base64_digit(**byte).is_some() || matches!(**byte, b'\n' | b'\r' | b'\\' | b'=' | b' ')
    };
    rest.iter().take(4096).take_while(goes_on).count()
}

/// The base64 of a body, without headers, breaks, escapes, quotes and indentation.
fn key_of(body: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(byte) = rest.first() {
        let skipped = match rest {
            [b'\\', b'n' | b'r' | b't', ..] => 2,
            _ => 1,
        };
        if *byte == b':' {
            // A header such as `Proc-Type: 4,ENCRYPTED`: all of its line is none.
            while key.last().is_some_and(|last: &u8| *last != b'\n') {
                key.pop();
            }
            let line = rest
                .iter()
                .take_while(|byte| !matches!(byte, b'\n' | b'\\'))
                .count();
            rest = rest.get(line..).unwrap_or_default();
            continue;
        }
        if skipped == 2 || matches!(byte, b'\n') {
            key.push(b'\n');
        } else if base64_digit(*byte).is_some() {
            key.push(*byte);
        }
        rest = rest.get(skipped..).unwrap_or_default();
    }
    key.retain(|byte| *byte != b'\n');
    key
}

/// By its first line, its headers, or the cipher that an OpenSSH key names.
fn is_encrypted(kind: &str, body: &[u8], decoded: &[u8]) -> Option<bool> {
    let has = |text: &[u8]| {
        body.get(..300)
            .unwrap_or(body)
            .windows(text.len())
            .any(|window| window == text)
    };
    if kind.contains("ENCRYPTED") || has(b"ENCRYPTED") {
        return Some(true);
    }
    if let Some(rest) = decoded.strip_prefix(b"openssh-key-v1\0") {
        let length = rest
            .get(..4)?
            .iter()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        return Some(rest.get(4..4 + length.min(64))? != b"none");
    }
    (decoded.first() == Some(&0x30)).then_some(false)
}

/// The size of an RSA key: its first number of more than 64 bytes.
fn modulus_bits(decoded: &[u8]) -> Option<usize> {
    let at = decoded
        .windows(4)
        .position(|window| window.starts_with(&[0x02, 0x82]))?;
    let high = usize::from(*decoded.get(at + 2)?);
    let low = usize::from(*decoded.get(at + 3)?);
    let bytes = (high << 8 | low).checked_sub(1)?;
    (64..=2048).contains(&bytes).then_some(bytes * 8)
}
