//! Addresses with a password in them, and connection strings.

use std::ops::Range;

use plimsoll_model::Confidence;

use super::{Subject, tokens};
use crate::found::Reason;
use crate::rarity;
use crate::rule::Detector;
use crate::scan::run::{Claim, Near, Run, Says};
use crate::structure::fact;

/// The longest part between `://` and the path.
const LONGEST: usize = 1 << 10;

/// Schemes of databases, caches and queues.
const DATABASES: [&str; 22] = [
    "postgres",
    "postgresql",
    "mysql",
    "mysql2",
    "mariadb",
    "mongodb",
    "mongodb+srv",
    "redis",
    "rediss",
    "amqp",
    "amqps",
    "sqlserver",
    "mssql",
    "cockroachdb",
    "clickhouse",
    "oracle",
    "couchdb",
    "neo4j",
    "nats",
    "kafka",
    "cassandra",
    "influxdb",
];

/// `scheme://user:password@host`.
pub(super) fn find(run: &mut Run<'_>, subject: Subject<'_>, detector: Detector) -> Option<usize> {
    let near = subject.near;
    let (user, password, host) = parts(near, subject.end)?;
    let scheme = scheme(near, subject.start);
    let is_database = {
        let base = scheme.split('+').next().unwrap_or_default();
        DATABASES.contains(&scheme.as_str()) || DATABASES.contains(&base)
    };
    if scheme.is_empty() || is_database != (detector == Detector::DatabaseAddress) {
        return None;
    }
    let text = |range: &Range<usize>| String::from_utf8_lossy(near.get(range)).into_owned();
    let host = text(&host);
    let user = text(&user);
    let secret = text(&password);
    let local = is_local(&host);
    let confidence = match rarity::is_rare(secret.as_bytes()) {
        true => Confidence::High,
        false if local => Confidence::Low,
        false => Confidence::Medium,
    };
    let reason = suppressed(&user, &secret, &host);
    let mut says = Says::new(Claim::SharedForm, confidence).suppressed(reason);
    says.facts.push(fact("host", host));
    if !user.is_empty() {
        says.facts.push(fact("user", user));
    }
    run.add(subject.rule, near, &password, says);
    Some(password.end)
}

/// Where user, password and host stand behind `://`. Passwords hold what they must not, unescaped: the last `@` ends
/// them, so that no part of one is taken for the host.
fn parts(near: Near<'_>, start: usize) -> Option<(Range<usize>, Range<usize>, Range<usize>)> {
    let rest = near.bytes.get(start..)?;
    let length = rest
        .iter()
        .take(LONGEST)
        .take_while(|byte| !ends_authority(**byte))
        .count();
    if length == LONGEST {
        return None;
    }
    let authority = rest.get(..length)?;
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let at_sign = authority.iter().rposition(|byte| *byte == b'@')?;
    if at_sign < colon + 2 || is_host_and_port(authority, colon) {
        return None;
    }
    let host = host_length(authority.get(at_sign + 1..)?);
    if host == 0 {
        return None;
    }
    let shift = |range: Range<usize>| start + range.start..start + range.end;
    Some((
        shift(0..colon),
        shift(colon + 1..at_sign),
        shift(at_sign + 1..at_sign + 1 + host),
    ))
}

/// What a password is not written with. `?`, `#`, `,` and `;` are, though they end what stands before a path.
fn ends_authority(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || byte.is_ascii_control()
        || matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}

/// Whether the host, or its port, comes first and the `@` stands in what follows: `host:8080?mail=a@b`, `host?at=1:2@b`.
fn is_host_and_port(authority: &[u8], colon: usize) -> bool {
    let ends = |byte: &u8| matches!(byte, b'?' | b'#' | b',' | b';');
    let Some(end) = authority.iter().position(ends) else {
        return false;
    };
    // A number before `#` is no port: there is hardly an address with a fragment and no path.
    let is_fragment = authority.get(end) == Some(&b'#');
    let is_port = |port: &[u8]| {
        (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit) && !is_fragment
    };
    authority.get(colon + 1..end).is_none_or(is_port)
}

/// The length of a name, a number or a `[…]` of version 6; of a variable or template, too.
fn host_length(host: &[u8]) -> usize {
    if host.first() == Some(&b'[') {
        let end = host.iter().position(|byte| *byte == b']');
        return end.map_or(host.len(), |end| end + 1);
    }
    host.iter()
        .take(255)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"._-${}[]%".contains(byte))
        .count()
}

/// What stands before `://`, in lower case.
fn scheme(near: Near<'_>, end: usize) -> String {
    let before = near
        .bytes
        .get(end.saturating_sub(24)..end)
        .unwrap_or_default();
    let is_scheme =
        |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'.' | b'-');
    let length = before.iter().rev().take_while(is_scheme).count();
    let text = before.get(before.len() - length..).unwrap_or_default();
    String::from_utf8_lossy(text).to_ascii_lowercase()
}

fn suppressed(user: &str, password: &str, host: &str) -> Option<Reason> {
    if user.contains(['$', '{', '%', '<']) && user.len() < 3 {
        return Some(Reason::Variable);
    }
    if let Some(reason) = tokens::weak(password) {
        return Some(reason);
    }
    if password.contains(['{', '}', '<', '(', ')', '[', '*', '$', '|']) || password.contains("...")
    {
        return Some(Reason::Template);
    }
    if password.eq_ignore_ascii_case(user) {
        return Some(Reason::SameAsName);
    }
    let lower = password.to_ascii_lowercase();
    if ["pass", "secret", "token", "user"]
        .iter()
        .any(|word| lower.contains(word))
        && !rarity::is_rare(password.as_bytes())
    {
        return Some(Reason::StandIn);
    }
    // A port: `host:8080@…` in image names and mirrors.
    if password.bytes().all(|byte| byte.is_ascii_digit()) && password.len() <= 5 {
        return Some(Reason::Address);
    }
    let host = host.to_ascii_lowercase();
    let is_example = [
        "example.com",
        "example.org",
        "example.net",
        "host",
        "hostname",
        "domain.com",
    ]
    .contains(&host.as_str())
        || [
            ".example",
            ".example.com",
            ".example.org",
            ".invalid",
            ".test",
        ]
        .iter()
        .any(|end| host.ends_with(end));
    if is_example && !rarity::is_rare(password.as_bytes()) {
        return Some(Reason::StandIn);
    }
    // What stands in every compose file of a machine of one's own.
    (is_local(&host)
        && password.len() < 8
        && password.bytes().all(|byte| byte.is_ascii_alphabetic()))
    .then_some(Reason::StandIn)
}

fn is_local(host: &str) -> bool {
    matches!(
        host,
        "localhost" | "127.0.0.1" | "0.0.0.0" | "host.docker.internal"
    ) || !host.contains('.')
}

/// `Server=…;User Id=…;Password=…;`.
pub(super) fn connection_string(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let near = subject.near;
    let rest = near.bytes.get(subject.end..)?;
    let ends = |byte: &u8| {
        matches!(
            byte,
            b';' | b'"' | b'\'' | b'\n' | b'\r' | b'<' | b'&' | b'\\'
        )
    };
    let length = rest.iter().take(256).take_while(|byte| !ends(byte)).count();
    let goes_on = rest.get(length) == Some(&b';');
    let before = subject
        .start
        .checked_sub(1)
        .and_then(|at| near.bytes.get(at));
    let follows = before.is_some_and(|byte| matches!(byte, b';' | b'?' | b'&' | b' '));
    if length < 4 || !(goes_on || follows) || !run.may_spend(8192) {
        return None;
    }
    let before = near
        .bytes
        .get(subject.start.saturating_sub(400)..subject.start)?;
    let line = before
        .rsplit(|byte| *byte == b'\n')
        .next()?
        .to_ascii_lowercase();
    let after = rest.get(length..).unwrap_or_default();
    let after = after.get(..200).unwrap_or(after);
    let after = after
        .split(|byte| *byte == b'\n')
        .next()?
        .to_ascii_lowercase();
    let names_server = |text: &[u8]| {
        SERVERS.iter().any(|word| {
            text.windows(word.len())
                .any(|window| window == word.as_bytes())
        })
    };
    if !(names_server(&line) && follows || names_server(&after)) {
        return None;
    }
    let range = subject.end..subject.end + length;
    let password = String::from_utf8_lossy(near.get(&range)).into_owned();
    let is_template =
        password.contains(['{', '}', '$', '<', '[', '%', '*']) || password.contains(' ');
    let mut reason = tokens::weak(&password);
    if reason.is_none() && is_template {
        reason = Some(Reason::Template);
    }
    if reason.is_none()
        && password.to_ascii_lowercase().contains("pass")
        && !rarity::is_rare(password.as_bytes())
    {
        reason = Some(Reason::StandIn);
    }
    let says = Says::new(Claim::SharedForm, Confidence::Medium).suppressed(reason);
    run.add(subject.rule, near, &range, says);
    Some(range.end)
}

/// Other parts of a connection string.
const SERVERS: [&str; 9] = [
    "server=",
    "data source=",
    "host=",
    "endpoint=",
    "initial catalog=",
    "user id=",
    "uid=",
    "database=",
    "jdbc:",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<[&str; 3]>) {
        let near = Near {
            bytes: address.as_bytes(),
            origin: 0,
        };
        let start = address.find("://").map_or(0, |at| at + 3);
        let found = parts(near, start);
        let text = |range: Range<usize>| String::from_utf8_lossy(near.get(&range)).into_owned();
        let found = found.map(|(user, password, host)| [user, password, host].map(text));
        assert_eq!(
            found,
            expected.map(|parts| parts.map(str::to_owned)),
            "{address}"
        );
    }

    #[test]
    fn the_last_at_sign_ends_the_password() {
        check("a://u:pw1@db/x", Some(["u", "pw1", "db"]));
        check("a://u:pa@rt#2@db", Some(["u", "pa@rt#2", "db"]));
        check(
            "a://u:pa@rt?2,3;4@db:1/@x",
            Some(["u", "pa@rt?2,3;4", "db"]),
        );
        check("a://:12#34@db.internal", Some(["", "12#34", "db.internal"]));
        check("a://u:p:q@[::1]:80/", Some(["u", "p:q", "[::1]"]));
        check("a://me@b.c:pw@db \"@x", Some(["me@b.c", "pw", "db"]));
        check("a://host:8080/a@b", None);
        check("a://host:8080?mail=a@b", None);
        check("a://host?at=1:2@b", None);
        check("a://h1:1,h2:2@b", None);
        check("a://u@host:pw", None);
        let long = format!("a://u:pa@{}@db/", "x".repeat(LONGEST));
        check(&long, None);
    }
}
