//! JSON Web Tokens: what header and claims say.

use plimsoll_model::Severity;
use serde_json::Value;

use super::date::day;
use super::{Read, Reason};
use crate::decode;

/// Reads `header.claims.signature`; none if it is no such token.
pub(crate) fn read(value: &[u8]) -> Option<Read> {
    let mut parts = value.split(|byte| *byte == b'.');
    let header: Value = serde_json::from_slice(&decode::base64(parts.next()?)).ok()?;
    let algorithm = header.get("alg")?.as_str()?;
    let claims: Option<Value> = serde_json::from_slice(&decode::base64(parts.next()?)).ok();
    let mut read = Read {
        certain: true,
        ..Read::default()
    };
    read.say("algorithm", algorithm);
    let Some(claims) = claims else {
        // Encrypted, so that nothing can be said of what it allows.
        if header.get("enc").is_some() {
            read.say("claims", "encrypted");
            return Some(read);
        }
        return None;
    };
    if parts.next().is_none_or(<[u8]>::is_empty) {
        read.say("signature", "none");
    }
    for (claim, name) in [
        ("iss", "issuer"),
        ("aud", "audience"),
        ("scope", "scope"),
        ("scp", "scope"),
        ("role", "role"),
        ("azp", "client"),
        ("client_id", "client"),
    ] {
        if let Some(text) = claims.get(claim).and_then(listed) {
            read.say(name, text);
        }
    }
    match claims
        .get("exp")
        .and_then(Value::as_f64)
        .and_then(|seconds| day(seconds as i64))
    {
        Some(day) => read.say("expires", day),
        None => read.say("expires", "never"),
    }
    read.suppressed = suppressed(&claims);
    if claims.get("role").and_then(Value::as_str) == Some("service_role") {
        read.severity = Some(Severity::Critical);
    }
    Some(read)
}

fn listed(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).take(16).collect();
            Some(items.join(", "))
        }
        _ => None,
    }
}

/// The specification's and the well-known sites' examples, and keys that are made to be published.
fn suppressed(claims: &Value) -> Option<Reason> {
    let says = |claim: &str, text: &str| claims.get(claim).and_then(Value::as_str) == Some(text);
    let is_example = says("sub", "1234567890")
        || says("iss", "joe")
        || says("name", "John Doe")
        || says("sub", "1")
        || ["iss", "aud", "email"].iter().any(|claim| {
            claims.get(*claim).and_then(listed).is_some_and(|text| {
                ["example.com", "example.org", "joe@example"]
                    .iter()
                    .any(|part| text.contains(part))
            })
        });
    if is_example {
        return Some(Reason::DocumentedExample);
    }
    (says("role", "anon") || says("role", "anonymous")).then_some(Reason::Public)
}
