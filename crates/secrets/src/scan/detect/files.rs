//! Files that hold credentials by their format: `.netrc`, `.npmrc`, Docker's, Kubernetes', Google's and PuTTY's.

use std::ops::Range;

use plimsoll_model::{Confidence, Severity};

use super::{Subject, tokens};
use crate::decode::{self, base64_digit};
use crate::found::Reason;
use crate::judge;
use crate::rarity::is_rare;
use crate::scan::run::{Claim, Near, Run, Says};
use crate::structure::fact;

/// A shorter text is no RSA key.
const SHORTEST_KEY: usize = 400;

/// `machine HOST login NAME password VALUE`.
pub(super) fn netrc(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let before = subject
        .start
        .checked_sub(1)
        .and_then(|at| near.bytes.get(at));
    if before
        .is_some_and(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'n'))
    {
        return None;
    }
    let stop = near.bytes.len().min(subject.end + 400);
    let mut words = Words {
        near,
        at: subject.end,
        stop,
    };
    let host = words.next()?;
    let mut user = None;
    for _ in 0..3 {
        let key = words.next()?;
        let value = words.next()?;
        match near.get(&key) {
            b"login" => user = Some(value),
            b"account" => {}
            b"password" => {
                let text = String::from_utf8_lossy(near.get(&value)).into_owned();
                let host = String::from_utf8_lossy(near.get(&host));
                let confidence = if is_rare(text.as_bytes()) {
                    Confidence::High
                } else {
                    Confidence::Medium
                };
                let reason = if host.contains(['{', '$', '<', '%']) {
                    Some(Reason::Template)
                } else {
                    weak(&text)
                };
                let mut says = Says::new(Claim::OwnForm, confidence).suppressed(reason);
                says.facts.push(fact("host", host));
                if let Some(user) = user {
                    says.facts
                        .push(fact("user", String::from_utf8_lossy(near.get(&user))));
                }
                run.add(subject.rule, near, &value, says);
                return Some(value.end);
            }
            _ => return None,
        }
    }
    None
}

/// `HOST:5432:DATABASE:USER:PASSWORD`, a line of it.
pub(super) fn pgpass(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    const LONGEST: usize = 300;
    let near = subject.near;
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let before = near
        .bytes
        .get(subject.start.saturating_sub(LONGEST)..subject.start)?;
    let host = before.rsplit(is_break).next()?;
    let behind = near.bytes.get(subject.end..)?;
    let line = behind
        .iter()
        .take(LONGEST)
        .take_while(|byte| !is_break(byte))
        .count();
    let fields: Vec<&[u8]> = behind.get(..line)?.split(|byte| *byte == b':').collect();
    let [database, user, password] = fields.as_slice() else {
        return None;
    };
    let is_name = |text: &[u8]| {
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"*._-".contains(byte);
        !text.is_empty() && text.iter().all(fits)
    };
    let value = subject.end + line - password.len()..subject.end + line;
    let text = std::str::from_utf8(password).ok()?;
    if ![host, database, user].into_iter().all(is_name)
        || text.len() < 6
        || text.contains(char::is_whitespace)
    {
        return None;
    }
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(weak(text));
    says.facts.push(fact("host", String::from_utf8_lossy(host)));
    says.facts.push(fact("user", String::from_utf8_lossy(user)));
    run.add(subject.rule, near, &value, says);
    Some(value.end)
}

/// Words between whitespace, written `\n` too, and quotes.
struct Words<'a> {
    near: Near<'a>,
    at: usize,
    stop: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        let bytes = self.near.bytes.get(..self.stop)?;
        loop {
            match bytes.get(self.at..)? {
                [b'\\', b'n' | b't' | b'r', ..] => self.at += 2,
                [byte, ..] if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
        let start = self.at;
        while bytes.get(self.at).is_some_and(|byte| {
            !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'\\')
        }) {
            self.at += 1;
        }
        (self.at > start).then_some(start..self.at)
    }
}

fn weak(text: &str) -> Option<Reason> {
    if text.contains(['$', '<', '{', '%']) {
        return Some(Reason::Variable);
    }
    tokens::weak(text)
}

/// `//registry/:_authToken=VALUE`, `_auth=…`, `_password=…`.
pub(super) fn npmrc(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let value = assigned(near, subject.end)?;
    let text = String::from_utf8_lossy(near.get(&value)).into_owned();
    let before = near
        .bytes
        .get(subject.start.saturating_sub(128)..subject.start)?;
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if value.len() < 8 || before.last().is_some_and(goes_on) {
        return None;
    }
    let decoded = decode::base64(near.get(&value));
    let pair = tokens::user_and_password(&decoded);
    // Without a registry before it, `_auth` is a name that others use, too.
    let word = near.get(&(subject.start..subject.end));
    let is_bare = matches!(word, b"_auth=" | b"_auth = ") && !before.ends_with(b":");
    if is_bare && pair.is_none() {
        return None;
    }
    let mut says = Says::new(Claim::NearKeyword, Confidence::High).suppressed(weak(&text));
    if let Some((user, _)) = pair {
        says.facts.push(fact("user", user));
    }
    let line = before
        .rsplit(|byte| matches!(byte, b'\n' | b'"' | b'\'' | b' '))
        .next()?;
    if let Some(host) = line.strip_prefix(b"//") {
        says.facts.push(fact(
            "host",
            String::from_utf8_lossy(host).trim_end_matches(['/', ':']),
        ));
    }
    run.add(subject.rule, near, &value, says);
    Some(value.end)
}

/// What follows `=` or `:`, in quotes or not.
fn assigned(near: Near<'_>, at: usize) -> Option<Range<usize>> {
    let rest = near.bytes.get(at..)?;
    let skipped = rest
        .iter()
        .take(16)
        .take_while(|byte| matches!(byte, b'=' | b':' | b' ' | b'"' | b'\'' | b'\\' | b'\t'))
        .count();
    let is_sign = |byte: &u8| matches!(byte, b'=' | b':');
    let has_sign = rest.get(..skipped)?.iter().any(is_sign)
        || at
            .checked_sub(1)
            .and_then(|at| near.bytes.get(at))
            .is_some_and(is_sign);
    let start = at + skipped;
    let value = near.bytes.get(start..)?;
    let length = value
        .iter()
        .take(2048)
        .take_while(|byte| {
            !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'\\' | b',')
        })
        .count();
    (has_sign && length > 0).then_some(start..start + length)
}

/// `"auths": { "HOST": { "auth": "BASE64" } }`.
pub(super) fn docker_config(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let before = near
        .bytes
        .get(subject.start.saturating_sub(2048)..subject.start)?;
    let is_listed = before
        .windows(7)
        .any(|window| window == b"\"auths\"" || window == b"auths\\\"");
    let host = enclosing_key(before);
    // The older `.dockercfg` has the registries at its top.
    if !is_listed && !host.as_deref().is_some_and(|host| host.contains('.')) {
        return None;
    }
    let value = assigned(near, subject.end)?;
    let decoded = decode::base64(near.get(&value));
    let (user, password) = tokens::user_and_password(&decoded)?;
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(weak(password));
    says.facts.push(fact("user", user));
    if let Some(host) = host {
        says.facts.push(fact("host", host));
    }
    run.add(subject.rule, near, &value, says);
    Some(value.end)
}

/// The key of the object that is open at the end of `before`.
fn enclosing_key(before: &[u8]) -> Option<String> {
    let brace = before.iter().rposition(|byte| *byte == b'{')?;
    let mut quotes = before.get(..brace)?.rsplitn(3, |byte| *byte == b'"');
    quotes.next()?;
    let key = quotes.next()?;
    Some(
        String::from_utf8_lossy(key)
            .trim_end_matches('\\')
            .to_owned(),
    )
}

/// `client-key-data: BASE64` of a private key.
pub(super) fn kubeconfig(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let start = assigned(near, subject.end)?.start;
    let rest = near.bytes.get(start..)?;
    let length = rest
        .iter()
        .take_while(|byte| base64_digit(**byte).is_some() || **byte == b'=')
        .count();
    let value = start..start + length;
    let decoded = decode::base64(near.get(&value));
    let is_key = decoded.starts_with(b"-----BEGIN ")
        && decoded.windows(11).any(|window| window == b"PRIVATE KEY");
    if length < 64 {
        return None;
    }
    let reason = if is_key {
        judge::shape(decoded.get(40..).unwrap_or_default())
    } else {
        Some(Reason::StandIn)
    };
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(reason);
    let before = near.bytes.get(..subject.start).unwrap_or_default();
    if let Some(at) = before.windows(7).rposition(|window| window == b"- name:") {
        let name = before.get(at + 7..)?.split(|byte| *byte == b'\n').next()?;
        says.facts
            .push(fact("user", String::from_utf8_lossy(name).trim()));
    }
    run.add(subject.rule, near, &value, says);
    Some(value.end)
}

/// `"type": "service_account"` with a `private_key`.
pub(super) fn service_account(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let from = subject.start.saturating_sub(4096);
    let around = near
        .bytes
        .get(from..near.bytes.len().min(subject.end + 6144))?;
    let key = field(around, b"private_key")?;
    let shift = |range: &Range<usize>| from + range.start..from + range.end;
    let secret = shift(&key);
    let text = near.get(&secret);
    if text.len() < SHORTEST_KEY || !is_key_text(text) {
        return None;
    }
    let body = text
        .iter()
        .copied()
        .skip(40)
        .take(400)
        .filter(|byte| base64_digit(*byte).is_some())
        .collect::<Vec<u8>>();
    let reason = if body.len() < 100 {
        Some(Reason::StandIn)
    } else {
        judge::shape(&body)
    };
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(reason);
    for (name, key) in [
        ("project", &b"project_id"[..]),
        ("account", b"client_email"),
        ("key-id", b"private_key_id"),
    ] {
        if let Some(range) = field(around, key) {
            let value = around.get(range).unwrap_or_default();
            says.facts.push(fact(name, String::from_utf8_lossy(value)));
        }
    }
    run.add(subject.rule, near, &secret, says);
    Some(secret.end.max(subject.end))
}

/// Whether a JSON string is a whole private key.
fn is_key_text(text: &[u8]) -> bool {
    let position = |mark: &[u8]| text.windows(mark.len()).position(|window| window == mark);
    let (Some(begin), Some(end)) = (position(b"PRIVATE KEY-----"), position(b"-----END")) else {
        return false;
    };
    let body = text.get(begin + 16..end).unwrap_or_default();
    body.iter()
        .all(|byte| base64_digit(*byte).is_some() || matches!(byte, b'=' | b'\\' | b'\n' | b'\r'))
}

/// The string that a JSON text gives to `key`, in quotes that may be escaped.
fn field(text: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let at = text.windows(key.len() + 1).position(|window| {
        window.starts_with(key) && matches!(window.last(), Some(b'"' | b'\\'))
    })?;
    let rest = text.get(at + key.len()..)?;
    let skipped = rest
        .iter()
        .take(16)
        .take_while(|byte| matches!(byte, b'"' | b'\\' | b':' | b' ' | b'\n'))
        .count();
    let start = at + key.len() + skipped;
    let value = text.get(start..)?;
    let length = value.iter().take_while(|byte| **byte != b'"').count();
    let end = start + length;
    let end = if text.get(..end)?.ends_with(b"\\") {
        end - 1
    } else {
        end
    };
    Some(start..end)
}

/// `PuTTY-User-Key-File-3: …`, then headers, then `Private-Lines: N` and N lines of base64.
pub(super) fn putty_key(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    const LONGEST: usize = 16 << 10;
    let near = subject.near;
    let stop = near.bytes.len().min(subject.end + LONGEST);
    let text = near.bytes.get(subject.start..stop)?;
    let private = b"Private-Lines: ";
    let at = text
        .windows(private.len())
        .position(|window| window == private)?;
    let head = String::from_utf8_lossy(text.get(..at)?);
    let header = |name: &str| {
        let mut lines = head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::trim))
    };
    let body = text.get(at + private.len()..)?;
    let first = body.iter().position(|byte| *byte == b'\n')? + 1;
    let is_body =
        |byte: &&u8| base64_digit(**byte).is_some() || matches!(**byte, b'=' | b'\n' | b'\r');
    let length = body.get(first..)?.iter().take_while(is_body).count();
    let start = subject.start + at + private.len() + first;
    let value = start..start + length;
    let key: Vec<u8> = near
        .get(&value)
        .iter()
        .copied()
        .filter(|byte| base64_digit(*byte).is_some())
        .collect();
    if key.len() < 40 {
        return None;
    }
    let is_encrypted = header("Encryption").is_some_and(|cipher| cipher != "none");
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(judge::shape(&key));
    let encrypted = if is_encrypted {
        "with a passphrase"
    } else {
        "no"
    };
    says.facts.push(fact("encrypted", encrypted));
    says.severity = is_encrypted.then_some(Severity::Medium);
    says.beginning = "private key ".to_owned();
    says.identity = Some(key);
    run.add(subject.rule, near, &value, says);
    Some(value.end)
}
