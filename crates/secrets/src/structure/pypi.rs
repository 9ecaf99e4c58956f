//! PyPI's tokens: macaroons of the binary format whose caveats are small JSON texts.

use serde_json::Value;

use super::Read;
use super::date::day;
use crate::decode;

/// Fields of a packet.
mod field {
    pub(super) const END: u8 = 0;
    pub(super) const LOCATION: u8 = 1;
    pub(super) const IDENTIFIER: u8 = 2;
}

/// Reads `pypi-AgE…`.
pub(super) fn read(value: &[u8]) -> Option<Read> {
    let start = value.iter().position(|byte| *byte == b'-')? + 1;
    let bytes = decode::base64(value.get(start..)?);
    let (version, mut rest) = bytes.split_first()?;
    if *version != 2 {
        return None;
    }
    let mut read = Read::default();
    let mut caveats = 0;
    let mut in_header = true;
    // A section ends with a zero; one more zero ends the caveats.
    while let Some((kind, body, after)) = packet(rest) {
        rest = after;
        match kind {
            field::END if in_header => in_header = false,
            field::END if caveats == 0 || rest.first() == Some(&field::END) => break,
            field::LOCATION if in_header => read.say("location", String::from_utf8_lossy(body)),
            field::IDENTIFIER if in_header => read.say("token-id", String::from_utf8_lossy(body)),
            field::IDENTIFIER => {
                caveats += 1;
                caveat(body, &mut read);
            }
            _ => {}
        }
    }
    read.certain = !read.facts.is_empty();
    if read.certain
        && !read
            .facts
            .iter()
            .any(|fact| matches!(fact.name, "projects" | "project-ids"))
    {
        read.say("scope", "all projects of its owner");
    }
    Some(read)
}

/// Kind, contents, and what follows.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    if *kind == field::END {
        return Some((*kind, &[], rest));
    }
    let (length, used) = variable(rest)?;
    let rest = rest.get(used..)?;
    let (body, after) = rest.split_at_checked(length)?;
    Some((*kind, body, after))
}

/// A number of seven bits a byte and how many bytes it took.
fn variable(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

/// `[1, ["name"]]`, and the older `{"permissions": …}`.
fn caveat(text: &[u8], read: &mut Read) {
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return;
    };
    let names = |value: &Value| {
        let listed: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
        Some(listed.join(", "))
    };
    if let Some([tag, body, ..]) = value.as_array().map(Vec::as_slice) {
        match tag.as_i64() {
            Some(0) => {
                if let Some(day) = body.as_i64().and_then(day) {
                    read.say("expires", day);
                }
            }
            Some(1) => read.say("projects", names(body).unwrap_or_default()),
            Some(2) => read.say("project-ids", names(body).unwrap_or_default()),
            Some(3) => read.say("user-id", body.as_str().unwrap_or_default()),
            Some(4) => read.say("publisher", body.as_str().unwrap_or_default()),
            _ => {}
        }
    } else if let Some(permissions) = value.get("permissions") {
        if let Some(projects) = permissions.get("projects").and_then(names) {
            read.say("projects", projects);
        }
    } else if let (Some(day), Some(_)) = (
        value.get("exp").and_then(Value::as_i64).and_then(day),
        value.get("nbf"),
    ) {
        read.say("expires", day);
    }
}
