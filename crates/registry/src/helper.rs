//! Programs that keep credentials for Docker, by the protocol of docker-credential-helpers.

use std::env;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credentials::{Credentials, Secret};

/// How long a helper may take: it may have to ask its user.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// Bytes of an answer.
const MAX_ANSWER: u64 = 64 << 10;
/// How often it is looked whether a helper has ended.
const PAUSE: Duration = Duration::from_millis(10);
/// What helpers say that have nothing for a registry.
const NOTHING: &[u8] = b"credentials not found in native keychain";
/// The name of a user whose secret is an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    secret: Zeroizing<String>,
}

/// What the helper `name` has for `server`. The error says what went wrong, and nothing of what the helper wrote.
pub(crate) fn ask(
    name: &str,
    server: &str,
    search_path: &OsStr,
    limit: Duration,
) -> Result<Option<Credentials>, String> {
    if !is_name(name) {
        return Err("a credential helper has a name that is none".to_owned());
    }
    let program = format!("docker-credential-{name}");
    let path = find(&program, search_path)
        .ok_or_else(|| format!("`{program}` is not in the search path"))?;
    let failed = |what: String| format!("`{program}` {what}");
    let child = Command::new(path)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| failed(format!("does not start: {error}")))?;
    let (has_succeeded, answer) = answer(&mut child, server, limit).map_err(failed)?;
    if !has_succeeded {
        return match answer.trim_ascii() {
            NOTHING => Ok(None),
            _ => Err(failed("failed".to_owned())),
        };
    }
    let answer: Answer = serde_json::from_slice(&answer)
        .map_err(|_| failed("gives no answer of its protocol".to_owned()))?;
    let secret = Secret::new(answer.secret.to_string());
    Ok(Some(match answer.user.as_str() {
        TOKEN_USER => Credentials::Identity(secret),
        _ => Credentials::Password {
            user: answer.user,
            password: secret,
        },
    }))
}

/// A file name's letters, so that no name leads to another folder.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !name.is_empty() && name.len() <= 128 && name.bytes().all(letter)
}

/// Where `program` lies. Folders that are relative are left out: what is audited may be the current one.
fn find(program: &str, search_path: &OsStr) -> Option<PathBuf> {
    let folders = env::split_paths(search_path).filter(|folder| folder.is_absolute());
    folders
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// Whether the helper succeeded, and what it wrote. One that takes too long is ended.
fn answer(
    child: &mut Child,
    server: &str,
    limit: Duration,
) -> Result<(bool, Zeroizing<Vec<u8>>), String> {
    if let Some(mut input) = child.stdin.take() {
        // One that does not listen says so by its answer.
        let _ = input.write_all(server.as_bytes());
    }
    let output = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    // A thread of its own, as what the helper started may hold the other end for ever.
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 << 10));
        let read = output.map(|output| output.take(MAX_ANSWER + 1).read_to_end(&mut bytes));
        let _ = sender.send((read.is_some_and(|read| read.is_ok()), bytes));
    });
    let end = Instant::now() + limit;
    let read = receiver.recv_timeout(limit);
    if let Ok((true, bytes)) = &read
        && bytes.len() as u64 > MAX_ANSWER
    {
        stop(child);
        return Err("answers with more than 64 KiB".to_owned());
    }
    let has_succeeded = ended(child, end);
    match (has_succeeded, read) {
        (Some(has_succeeded), Ok((true, bytes))) => Ok((has_succeeded, bytes)),
        (None, _) | (_, Err(_)) => {
            stop(child);
            Err(format!("did not answer within {} seconds", limit.as_secs()))
        }
        _ => Err("was not heard to its end".to_owned()),
    }
}

fn ended(child: &mut Child, end: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < end => thread::sleep(PAUSE),
            _ => return None,
        }
    }
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    fn helper(script: &str) -> TempDir {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("docker-credential-x");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    fn told(script: &str, limit: Duration) -> String {
        let folder = helper(script);
        match ask("x", "r.example.com", folder.path().as_os_str(), limit) {
            Ok(Some(Credentials::Password { user, password })) => {
                format!("{user} {}", password.reveal())
            }
            Ok(Some(Credentials::Identity(token))) => format!("identity {}", token.reveal()),
            Ok(_) => "none".to_owned(),
            Err(problem) => problem,
        }
    }

    #[test]
    fn helpers_are_asked_by_their_protocol() {
        let check =
            |script: &str, expected: &str| assert_eq!(told(script, LIMIT), expected, "{script}");
        check(
            r#"read -r s; printf '{"ServerURL": "%s", "Username": "%s", "Secret": "%s"}' "$s" "$1" "$s""#,
            "get r.example.com",
        );
        check(
            r#"echo '{"Username": "<token>", "Secret": "abc"}'"#,
            "identity abc",
        );
        check(
            "echo 'credentials not found in native keychain'; exit 1",
            "none",
        );
        check(
            "echo hunter22; echo hunter22 >&2; exit 1",
            "`docker-credential-x` failed",
        );
        check(
            "echo hunter22",
            "`docker-credential-x` gives no answer of its protocol",
        );
        check(
            "yes hunter22",
            "`docker-credential-x` answers with more than 64 KiB",
        );
    }

    #[test]
    fn a_helper_that_never_ends_is_ended() {
        let short = Duration::from_millis(300);
        for script in ["exec sleep 30", "sleep 30 & exit 0", "exec sleep 30 >&-"] {
            let start = Instant::now();
            let message = told(script, short);
            assert!(
                message.contains("did not answer within"),
                "{script}: {message}"
            );
            assert!(start.elapsed() < Duration::from_secs(10), "{script}");
        }
    }

    #[test]
    fn only_names_in_absolute_folders_are_run() {
        let folder = helper("echo '{\"Username\": \"a\", \"Secret\": \"b\"}'");
        let path = folder.path().as_os_str();
        for name in ["", "../x", "a/b", "x y", "x;y", "x\n"] {
            assert!(ask(name, "s", path, LIMIT).is_err(), "{name:?}");
        }
        assert!(find("docker-credential-x", path).is_some());
        for relative in ["", ".", "./bin", "bin:."] {
            assert!(
                find("Cargo.toml", OsStr::new(relative)).is_none(),
                "{relative}"
            );
        }
    }
}
