//! What people sign in with where no name says so: the bearer of a header, the options of commands.

use std::ops::Range;

use super::{Subject, assignment};
use crate::border;
use crate::scan::run::{Claim, Run, Says};

/// The shortest bearer token without a form that is looked at.
const SHORTEST_TOKEN: usize = 20;
const SHORTEST_PASSWORD: usize = 6;
const LONGEST: usize = 256;
/// How far behind the command's name its options are read.
const FURTHEST: usize = 400;

/// `Bearer` and a token of no known form.
pub(super) fn bearer_header(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let bytes = subject.near.bytes;
    if !border::begins(bytes, subject.start) {
        return None;
    }
    let is_token = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = bytes
        .get(subject.end..)?
        .iter()
        .take(LONGEST + 1)
        .take_while(is_token)
        .count();
    let range = subject.end..subject.end + length;
    let value = std::str::from_utf8(subject.near.get(&range)).ok()?;
    if !(SHORTEST_TOKEN..=LONGEST).contains(&value.len()) {
        return None;
    }
    let (reason, confidence) = assignment::unnamed_key(value);
    let says = Says::new(Claim::Generic, confidence).suppressed(reason);
    run.add(subject.rule, subject.near, &range, says);
    Some(range.end)
}

/// A command that is given a password: `curl -u user:password`, `docker login -p password`, `identified by 'password'`.
pub(super) fn sign_in(run: &mut Run<'_>, subject: Subject<'_>) -> Option<usize> {
    let range = password_of_command(subject)?;
    let value = std::str::from_utf8(subject.near.get(&range)).ok()?;
    if !(SHORTEST_PASSWORD..=LONGEST).contains(&value.len()) {
        return None;
    }
    let (reason, confidence) = assignment::unnamed_password(value);
    let says = Says::new(Claim::Generic, confidence).suppressed(reason);
    run.add(subject.rule, subject.near, &range, says);
    Some(range.end)
}

/// Where the command at the keyword has its password, by the command's own manual.
fn password_of_command(subject: Subject<'_>) -> Option<Range<usize>> {
    let (bytes, end) = (subject.near.bytes, subject.end);
    let word = subject.near.get(&(subject.start..end));
    let word = String::from_utf8_lossy(word).to_ascii_lowercase();
    match word.trim_end() {
        "curl" => behind_colon(bytes, option(bytes, end, &[b"-u", b"--user"])?),
        "skopeo" => {
            let names: [&[u8]; 3] = [b"--creds", b"--src-creds", b"--dest-creds"];
            behind_colon(bytes, option(bytes, end, &names)?)
        }
        "docker login" | "podman login" | "buildah login" | "helm registry login" | "sshpass" => {
            option(bytes, end, &[b"-p"])
        }
        "redis-cli" => option(bytes, end, &[b"-a"]),
        "ldapsearch" => option(bytes, end, &[b"-w"]),
        "mysql" | "mysqldump" | "mysqladmin" | "mariadb" => glued_option(bytes, end, b"-p"),
        _ => argument(bytes, end),
    }
}

/// What is glued to the option `name` on the rest of the line, as MySQL's clients take their password.
fn glued_option(bytes: &[u8], from: usize, name: &[u8]) -> Option<Range<usize>> {
    let mut at = from;
    for word in rest_of_command(bytes, from)?.split(|byte| *byte == b' ') {
        let end = at + word.len();
        if word.len() > name.len() && word.starts_with(name) {
            return argument(bytes, at + name.len()).filter(|range| range.end <= end);
        }
        at = end + 1;
    }
    None
}

/// The line behind `from` up to where another command begins.
fn rest_of_command(bytes: &[u8], from: usize) -> Option<&[u8]> {
    let line = bytes.get(from..)?;
    let length = line
        .iter()
        .take(FURTHEST)
        .take_while(|byte| !matches!(byte, b'\n' | b'|' | b'&' | b';'))
        .count();
    line.get(..length)
}

/// What the first of `names` on the rest of the line is given.
fn option(bytes: &[u8], from: usize, names: &[&[u8]]) -> Option<Range<usize>> {
    let line = rest_of_command(bytes, from)?;
    let mut at = 0;
    for word in line.split(|byte| matches!(byte, b' ' | b'=')) {
        let end = at + word.len();
        if names.contains(&word) {
            return argument(bytes, from + end);
        }
        at = end + 1;
    }
    None
}

/// The word or the text in quotes behind one blank or `=`.
fn argument(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = bytes.get(at..)?;
    let blanks = rest
        .iter()
        .take(4)
        .take_while(|byte| matches!(byte, b' ' | b'='))
        .count();
    let quoted = rest.get(blanks).filter(|byte| matches!(byte, b'"' | b'\''));
    let start = at + blanks + usize::from(quoted.is_some());
    let is_end = |byte: u8| match quoted {
        Some(quote) => byte == *quote || byte == b'\n',
        None => byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b')' | b','),
    };
    let length = bytes
        .get(start..)?
        .iter()
        .take(LONGEST)
        .take_while(|byte| !is_end(**byte))
        .count();
    (length > 0).then_some(start..start + length)
}

/// The password of `user:password`.
fn behind_colon(bytes: &[u8], pair: Range<usize>) -> Option<Range<usize>> {
    let colon = bytes
        .get(pair.clone())?
        .iter()
        .position(|byte| *byte == b':')?;
    Some(pair.start + colon + 1..pair.end)
}
