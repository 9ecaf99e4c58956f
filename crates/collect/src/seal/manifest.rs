//! The manifest of a sealed context: one canonical JSON object a line, and the digest of them all.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::archive::Form;

/// The first line of every manifest.
pub(super) const FIRST_LINE: &[u8] = b"{\"schema\":\"plimsoll/context/1\"}\n";

/// One entry. The fields stand in the order of their names, as RFC 8785 has it.
#[derive(Serialize)]
struct Line<'a> {
    mode: &'static str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    r#type: &'static str,
}

/// The line of an entry; `sha256` is that of a file's content.
pub(super) fn line(path: &str, form: Form<'_>, sha256: Option<[u8; 32]>) -> Vec<u8> {
    let (r#type, size, target) = match form {
        Form::Folder => ("directory", None, None),
        Form::File { size, .. } => ("file", Some(size), None),
        Form::Link { target } => ("link", None, Some(target)),
    };
    let mode = match form.mode() {
        0o644 => "0644",
        0o755 => "0755",
        _ => "0777",
    };
    let line = Line {
        mode,
        path,
        sha256: sha256.as_ref().map(|digest| hex(digest)),
        size,
        target,
        r#type,
    };
    // Text and numbers always serialise.
    let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// SHA-256 of `bytes`.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
