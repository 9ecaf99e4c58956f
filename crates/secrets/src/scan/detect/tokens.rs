//! Tokens that many issuers share: JSON Web Tokens and basic authentication.

use plimsoll_model::Confidence;

use super::Subject;
use crate::border;
use crate::decode::{self, base64_digit};
use crate::judge;
use crate::placeholder;
use crate::rarity::is_rare;
use crate::scan::run::{Claim, Run, Says};
use crate::structure;

/// The longest token read.
const LONGEST: usize = 8 << 10;

/// `eyJ…` with two full stops in it.
pub(super) fn web_token(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let bytes = subject.near.bytes;
    let rest = bytes.get(subject.start..)?;
    if !rest.starts_with(b"eyJ") || !border::begins(bytes, subject.start) {
        return None;
    }
    let is_token = |byte: &&u8| {
        base64_digit(**byte).is_some_and(|_| !matches!(**byte, b'+' | b'/')) || **byte == b'.'
    };
    let length = rest.iter().take(LONGEST).take_while(is_token).count();
    let mut token = rest.get(..length)?;
    while let Some(shorter) = token.strip_suffix(b".") {
        if token.iter().filter(|byte| **byte == b'.').count() <= 2 {
            break;
        }
        token = shorter;
    }
    let parts = token.iter().filter(|byte| **byte == b'.').count() + 1;
    if !(3..=5).contains(&parts) || token.len() < 40 {
        return Some(subject.start + length);
    }
    let end = subject.start + token.len();
    let read = structure::json_token(token)?;
    let signature = token
        .rsplit(|byte| *byte == b'.')
        .next()
        .unwrap_or_default();
    let mut says = Says::new(Claim::SharedForm, Confidence::Medium);
    says.suppressed = read
        .suppressed
        .or_else(|| judge::shape(signature).filter(|_| !signature.is_empty()));
    says.severity = read.severity;
    says.facts = read.facts;
    says.beginning = "eyJ".to_owned();
    run.add(subject.rule, subject.near, &(subject.start..end), says);
    Some(end)
}

/// `Basic` and base64 of `user:password`.
pub(super) fn basic_header(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let bytes = subject.near.bytes;
    if !border::begins(bytes, subject.start) {
        return None;
    }
    let rest = bytes.get(subject.end..)?;
    let digits = rest
        .iter()
        .take(512)
        .take_while(|byte| base64_digit(**byte).is_some())
        .count();
    let padding = rest
        .iter()
        .skip(digits)
        .take(2)
        .take_while(|byte| **byte == b'=')
        .count();
    let text = rest.get(..digits)?;
    if digits < 8 || (digits + padding) % 4 != 0 {
        return None;
    }
    let decoded = decode::base64(text);
    let password = user_and_password(&decoded)?.1;
    let mut says = Says::new(Claim::SharedForm, Confidence::Medium);
    says.suppressed = weak(password);
    if let Some((user, _)) = user_and_password(&decoded) {
        says.facts.push(structure::fact("user", user));
    }
    let end = subject.end + digits + padding;
    run.add(subject.rule, subject.near, &(subject.end..end), says);
    Some(end)
}

/// The two sides of the first colon of a text.
pub(super) fn user_and_password(decoded: &[u8]) -> Option<(&str, &str)> {
    if decoded.len() < 4 || !decoded.iter().all(|byte| decode::is_text_byte(*byte)) {
        return None;
    }
    let (user, password) = std::str::from_utf8(decoded).ok()?.split_once(':')?;
    (!user.contains(char::is_whitespace)).then_some((user, password))
}

/// Why a password is no secret: a stand-in, or one that everybody tries first.
pub(super) fn weak(password: &str) -> Option<crate::found::Reason> {
    use crate::found::Reason;
    if password.is_empty() {
        return Some(Reason::Empty);
    }
    if password.contains("${")
        || password.contains("{{")
        || password.starts_with('$')
        || password.contains("%s")
    {
        return Some(Reason::Variable);
    }
    let lower = password.to_ascii_lowercase();
    if placeholder::is_placeholder(password) || STAND_INS.contains(&lower.as_str()) {
        return Some(Reason::StandIn);
    }
    let says_so = ["pass", "secret", "token", "test", "user", "p@ss"]
        .iter()
        .any(|word| lower.contains(word));
    if says_so && password.len() < 24 && !is_rare(password.as_bytes()) {
        return Some(Reason::StandIn);
    }
    judge::shape(password.as_bytes())
}

/// What documentation writes for a password.
const STAND_INS: [&str; 31] = [
    // RFC 7617's example.
    "open sesame",
    "opensesame",
    "p%40ss%23word",
    "pass",
    "passwd",
    "password",
    "pwd",
    "secret",
    "user",
    "username",
    "pw",
    "test",
    "testing",
    "admin",
    "root",
    "guest",
    "hunter2",
    "token",
    "apikey",
    "api_key",
    "key",
    "letmein",
    "mypassword",
    "my-password",
    "my_password",
    "mypass",
    "p@ssw0rd",
    "passw0rd",
    "secretpassword",
    "abc123",
    "12345678",
];
