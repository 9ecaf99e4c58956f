//! Values given to names that say credential, of no form that anybody is known to issue.
//!
//! Almost everything that looks so is none: the value must be rare, and nothing must speak against it.

use std::ops::Range;

use plimsoll_model::Confidence;

use super::{Subject, tokens};
use crate::assign::{self, Assigned, Quoting, Syntax};
use crate::decode;
use crate::found::Reason;
use crate::judge;
use crate::name;
use crate::placeholder;
use crate::rarity::is_rare;
use crate::scan::run::{Claim, Near, Run, Says};

/// A shorter password is not looked at.
const SHORTEST_PASSWORD: usize = 6;
/// A shorter key is not looked at.
const SHORTEST_KEY: usize = 10;
const LONGEST: usize = 256;

/// The keyword is a word of a name.
pub(super) fn find(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let word = word_of(near.get(&(subject.start..subject.end)), subject.start);
    let assigned = assign::assigned_at(near.bytes, word.clone())
        .or_else(|| assign::called_with(near.bytes, word).filter(|found| is_setter(near, found)))?;
    let name = std::str::from_utf8(near.get(&assigned.name)).ok()?;
    let value = near.get(&assigned.value);
    let is_password = is_password(name);
    let shortest = if is_password {
        SHORTEST_PASSWORD
    } else {
        SHORTEST_KEY
    };
    let last = last_name(name);
    // Of a build argument the word alone says too little; here the value has to be rare as well.
    let says_credential = name::is_credential_name(last) || last.eq_ignore_ascii_case("pass");
    if !(shortest..=LONGEST).contains(&value.len()) || !says_credential {
        return None;
    }
    let (reason, confidence) = match against(near, &assigned, name, value) {
        Some(reason) => (Some(reason), Confidence::Low),
        None if is_password => password(value),
        None => key(value),
    };
    let says = Says::new(Claim::Generic, confidence).suppressed(reason);
    run.add(subject.rule, near, &assigned.value, says);
    // Behind `getenv("NAME"` may follow what it is given when it has no value.
    (assigned.quoting != Quoting::Wrapped).then_some(assigned.value.end)
}

/// The keyword without the sign behind it that tells `pass =` from `passed`.
fn word_of(keyword: &[u8], start: usize) -> Range<usize> {
    let signs = keyword.iter().rev();
    let signs = signs.take_while(|byte| matches!(byte, b' ' | b'=' | b':' | b'"'));
    start..start + keyword.len() - signs.count()
}

/// `connection.setPassword("…")`, `builder.with_token("…")`.
fn is_setter(near: Near<'_>, called: &Assigned) -> bool {
    let name = near.get(&called.name);
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
    [&b"set"[..], b"with", b"Set", b"With"]
        .iter()
        .any(|verb| last.starts_with(verb))
}

/// How sure it is that a text no name says anything of is a key, and what speaks against it.
pub(super) fn unnamed_key(value: &str) -> (Option<Reason>, Confidence) {
    match not_written_out(value).or_else(|| of_text(value)) {
        Some(reason) => (Some(reason), Confidence::Low),
        None => key(value.as_bytes()),
    }
}

/// The same of a password.
pub(super) fn unnamed_password(value: &str) -> (Option<Reason>, Confidence) {
    match not_written_out(value).or_else(|| of_text(value)) {
        Some(reason) => (Some(reason), Confidence::Low),
        None => password(value.as_bytes()),
    }
}

/// The last component of `process.env.NAME`.
fn last_name(name: &str) -> &str {
    name.rsplit('.')
        .find(|part| !part.is_empty())
        .unwrap_or(name)
}

fn is_password(name: &str) -> bool {
    let lower = last_name(name).to_ascii_lowercase();
    ["pass", "pwd", "psw", "pword", "bindpw", "rootpw"]
        .iter()
        .any(|word| lower.contains(word))
}

/// What speaks against a value, whatever it is made of.
fn against(near: Near<'_>, assigned: &Assigned, name: &str, value: &[u8]) -> Option<Reason> {
    let Ok(text) = std::str::from_utf8(value) else {
        return Some(Reason::Words);
    };
    if let Some(reason) = not_written_out(text) {
        return Some(reason);
    }
    let is_code = assigned.quoting == Quoting::Bare && assigned.syntax != Syntax::Element;
    if is_code && is_expression(near, assigned, text) {
        return Some(Reason::Expression);
    }
    if assigned.quoting == Quoting::Wrapped {
        return Some(Reason::Expression);
    }
    if assigned.syntax == Syntax::Compared && !is_rare(value) {
        return Some(Reason::Words);
    }
    if name::is_setting(last_name(name), text) {
        return Some(Reason::Setting);
    }
    of_name(name, text)
        .or_else(|| of_text(text))
        .or_else(|| of_decoded(value))
}

/// Base64 of words, as the data of a Kubernetes secret has it, is judged by the words.
fn of_decoded(value: &[u8]) -> Option<Reason> {
    let decoded = decode::base64(value);
    let is_text = decoded.len() >= 3 && decoded.iter().all(|byte| decode::is_text_byte(*byte));
    if !is_text || !value.len().is_multiple_of(4) {
        return None;
    }
    let text = std::str::from_utf8(&decoded).ok()?;
    let last = text.rsplit(':').next().unwrap_or(text);
    tokens::weak(last).or_else(|| (!is_rare(last.as_bytes())).then_some(Reason::Words))
}

/// A variable, a template, a look-up.
fn not_written_out(text: &str) -> Option<Reason> {
    if text.starts_with('$') || text.contains("${") || text.contains("$(") || text.contains("$env")
    {
        return Some(Reason::Variable);
    }
    let is_percent = text.starts_with('%') && text.ends_with('%');
    if is_percent
        || text.contains("{{")
        || text.contains("<%")
        || text.contains("%s")
        || text.contains("#{")
    {
        return Some(Reason::Template);
    }
    let percents = text.bytes().filter(|byte| *byte == b'%').count();
    let is_format = percents > 1 || (text.starts_with('{') && text.ends_with('}'));
    is_format.then_some(Reason::Template)
}

/// A call, a path of names, a type: what programs write without quotes.
fn is_expression(near: Near<'_>, assigned: &Assigned, text: &str) -> bool {
    let next = near.bytes.get(assigned.value.end);
    if matches!(next, Some(b'(' | b'[' | b'<' | b'.'))
        || text.contains(['(', '[', '<', '*', '?', '|', '"', '\''])
    {
        return true;
    }
    if text.starts_with(['&', '!', '@', '-', '+', '~', '.', ':'])
        || text.ends_with([':', '.', '?', '{', '\\'])
        || text.contains("::")
        || text.contains("->")
    {
        return true;
    }
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    // `config.token`, `old_password`: a digit and chance make the difference.
    text.split('.').all(is_name)
        && !is_rare(text.as_bytes())
        && assigned.syntax != Syntax::Blank
        && !is_env_line(near, assigned)
}

/// `NAME=value` at the start of a line, or behind `export`, `ENV` and the like: there a word is a value.
fn is_env_line(near: Near<'_>, assigned: &Assigned) -> bool {
    assigned.syntax == Syntax::Equals
        && assigned.value.start == assigned.name.end + 1
        && near
            .get(&assigned.name)
            .iter()
            .all(|byte| !byte.is_ascii_lowercase())
}

/// What the name says of the value.
fn of_name(name: &str, text: &str) -> Option<Reason> {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "hash",
        "sha1",
        "sha256",
        "digest",
        "checksum",
        "integrity",
        "fingerprint",
        "encrypted",
        "commit",
        "revision",
        "etag",
    ]) {
        return Some(Reason::Digest);
    }
    if has(&[
        "csrf",
        "xsrf",
        "nonce",
        "page_token",
        "pagetoken",
        "next_token",
        "nexttoken",
        "cursor",
        "continuation",
        "placeholder",
        "sync_token",
    ]) {
        return Some(Reason::Setting);
    }
    if has(&[
        "public",
        "publishable",
        "sitekey",
        "site_key",
        "anon_key",
        "anonkey",
    ]) {
        return Some(Reason::Public);
    }
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let (value, name) = (plain(text), plain(last_name(name)));
    (name.len() > 3 && (value.contains(&name) || name.contains(&value)))
        .then_some(Reason::SameAsName)
}

/// What the value says of itself.
fn of_text(text: &str) -> Option<Reason> {
    if let Some(reason) = tokens::weak(text) {
        return Some(reason);
    }
    if text.contains("://") || text.starts_with("www.") {
        return Some(Reason::Address);
    }
    if placeholder::is_path(text)
        || text.starts_with('/')
        || text.contains(":\\")
        || has_extension(text)
    {
        return Some(Reason::Path);
    }
    if is_uuid(text) {
        return Some(Reason::Uuid);
    }
    if [
        "sha256-", "sha384-", "sha512-", "sha1-", "sha256:", "sha512:", "md5:",
    ]
    .iter()
    .any(|start| text.starts_with(start))
    {
        return Some(Reason::Digest);
    }
    if text.starts_with("$2")
        || text.starts_with("pbkdf2")
        || text.starts_with("{SHA")
        || text.starts_with("$argon2")
        || text.starts_with("{cipher}")
        || text.starts_with("ENC(")
    {
        return Some(Reason::Digest);
    }
    if text.contains(char::is_whitespace) || !text.is_ascii() {
        return Some(Reason::Words);
    }
    if is_rules(text) {
        return Some(Reason::Expression);
    }
    let signs = text
        .bytes()
        .filter(|byte| b"()[]{}<>|*^\\,;\"'`".contains(byte))
        .count();
    if signs * 6 > text.len() {
        return Some(Reason::Expression);
    }
    let lower = text.to_ascii_lowercase();
    let says_so = SAY_SO.iter().any(|word| lower.contains(word));
    (says_so && text.len() < 40).then_some(Reason::StandIn)
}

/// `required|string|min:8`: what a form checks.
fn is_rules(text: &str) -> bool {
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut parts = text.split('|');
    parts.next().is_some_and(is_word) && parts.next().is_some_and(is_word)
}

/// Words that say that the value is none, or not of anything that matters.
const SAY_SO: [&str; 31] = [
    "p@ss", "test", "demo", "sample", "secret", "passw", "token", "apikey", "api_key", "api-key",
    "mykey", "my_", "my-", "user", "admin", "default", "foo", "bar", "qwerty", "1234", "abcd",
    "4321", "hello", "world", "hunter", "letmein", "some", "random", "super", "private", "invalid",
];

fn has_extension(text: &str) -> bool {
    const ENDINGS: [&str; 14] = [
        ".json", ".pem", ".key", ".txt", ".yaml", ".yml", ".crt", ".env", ".js", ".ts", ".py",
        ".com", ".org", ".io",
    ];
    ENDINGS.iter().any(|ending| text.ends_with(ending))
}

fn is_uuid(text: &str) -> bool {
    let mut parts = text.split('-');
    let fits = [8, 4, 4, 4, 12].iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    });
    fits && parts.next().is_none()
}

/// A password that somebody chose: letters and digits and more, or chance.
fn password(value: &[u8]) -> (Option<Reason>, Confidence) {
    let any = |kind: fn(&u8) -> bool| value.iter().any(kind);
    let digit = any(u8::is_ascii_digit);
    let upper = any(u8::is_ascii_uppercase);
    let lower = any(u8::is_ascii_lowercase);
    let sign = value.iter().any(|byte| {
        !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'.' | b':' | b'/')
    });
    if is_rare(value) && (digit || sign || (upper && lower)) {
        return (None, Confidence::Medium);
    }
    let kinds = [digit, upper, lower, sign]
        .iter()
        .filter(|kind| **kind)
        .count();
    if kinds >= 3 && digit && value.len() >= 8 {
        return (None, Confidence::Low);
    }
    (Some(Reason::Words), Confidence::Low)
}

/// A key that a machine made.
fn key(value: &[u8]) -> (Option<Reason>, Confidence) {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    if digits == 0 || letters == 0 || !is_rare(value) {
        return (Some(Reason::Words), Confidence::Low);
    }
    if value.len() < 16 || judge::entropy(value) < 3.0 {
        return (Some(Reason::LowEntropy), Confidence::Low);
    }
    (None, Confidence::Medium)
}
