//! Structures of a line or two each.

use plimsoll_model::Severity;

use super::Read;
use super::date::day;
use crate::decode;

/// The account is bits 1 to 40 of the id after its kind, in ids of the newer generation.
pub(super) fn aws_key_id(value: &[u8]) -> Read {
    let mut read = Read::default();
    let kind = match value.get(..4) {
        Some(b"AKIA") => "long-lived key of a user",
        Some(b"ASIA") => "temporary key with a session token",
        Some(b"ABIA") => "bearer token of a service",
        Some(b"ACCA") => "context-specific credential",
        _ => return read,
    };
    read.say("kind", kind);
    let mut bits = 0_u64;
    for byte in value.iter().skip(4).take(9) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return read,
        };
        bits = bits << 5 | u64::from(digit);
    }
    // 45 bits: one for the generation, forty for the account, four of what follows.
    let account = bits >> 4 & 0xff_ffff_ffff;
    if value.len() == 20 && bits >> 44 == 1 && account < 1_000_000_000_000 {
        read.say("account", format!("{account:012}"));
    }
    read
}

/// `ABSK` and base64 of `BedrockAPIKey-…-at-ACCOUNT:…`.
pub(super) fn aws_bedrock_key(value: &[u8]) -> Read {
    let mut read = Read::default();
    let text = decode::base64(value.get(4..).unwrap_or_default());
    let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    if let Some((_, account)) = name.rsplit_once("-at-")
        && account.bytes().all(|byte| byte.is_ascii_digit())
    {
        read.say("account", account);
        read.certain = true;
    }
    read
}

/// `glpat-` and base64 of lines `o:…`, `u:…` in base 36, then random bytes.
pub(super) fn gitlab_routable(value: &[u8]) -> Read {
    let mut read = Read::default();
    let start = value
        .iter()
        .position(|byte| *byte == b'-')
        .map_or(0, |at| at + 1);
    let body = value.get(start..).unwrap_or_default();
    let Some(dot) = body.iter().position(|byte| *byte == b'.') else {
        return read;
    };
    let decoded = decode::base64(body.get(..dot).unwrap_or_default());
    for line in decoded.split(|byte| *byte == b'\n').take(6) {
        let [key, b':', number @ ..] = line else {
            break;
        };
        let name = match key {
            b'c' => "cell",
            b'o' => "organization",
            b'u' => "user",
            b'p' => "project",
            b'g' => "group",
            _ => continue,
        };
        let number = std::str::from_utf8(number)
            .ok()
            .filter(|text| text.len() <= 12);
        if let Some(number) = number.and_then(|text| u64::from_str_radix(text, 36).ok()) {
            read.say(name, number.to_string());
            read.certain = true;
        }
    }
    read
}

/// `sk_live_…`, `sk_test_…`.
pub(super) fn live_or_test(value: &[u8]) -> Read {
    let mut read = Read::default();
    let has = |word: &[u8]| {
        value
            .windows(word.len())
            .any(|window| window.eq_ignore_ascii_case(word))
    };
    if ["test", "sandbox", "_dev_"]
        .iter()
        .any(|word| has(word.as_bytes()))
    {
        read.say("mode", "test");
        read.severity = Some(Severity::Low);
    } else if ["live", "prod"].iter().any(|word| has(word.as_bytes())) {
        read.say("mode", "live");
    }
    read
}

/// `xoxb-WORKSPACE-…`.
pub(super) fn slack_token(value: &[u8]) -> Read {
    let mut read = Read::default();
    let kind = match value.get(..5) {
        Some(b"xoxb-") => "bot",
        Some(b"xoxp-") => "user",
        Some(b"xoxa-") => "workspace",
        Some(b"xoxe.") | Some(b"xoxe-") => "refreshable or configuration token",
        Some(b"xoxc-") | Some(b"xoxd-") => "session of a browser",
        Some(b"xoxr-") => "refresh",
        Some(b"xoxs-") => "session",
        _ if value.starts_with(b"xapp-") => "app-level",
        _ => return read,
    };
    read.say("kind", kind);
    let workspace = value.split(|byte| *byte == b'-').nth(1).unwrap_or_default();
    if workspace.len() >= 8 && workspace.iter().all(u8::is_ascii_digit) {
        read.say("workspace", String::from_utf8_lossy(workspace));
    }
    read
}

/// The query of a shared access signature: until when and what it allows.
pub(super) fn azure_sas(value: &[u8]) -> Read {
    let mut read = Read::default();
    let text = String::from_utf8_lossy(value).replace("&amp;", "&");
    let query = text
        .split_once('?')
        .map_or(text.as_str(), |(_, query)| query);
    for (name, content) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let content = String::from_utf8_lossy(&decode::escapes(content.as_bytes())).into_owned();
        match name {
            "se" => match content.parse::<i64>().ok().and_then(day) {
                Some(day) => read.say("expires", day),
                None => read.say("expires", content),
            },
            "sp" => read.say("permissions", content),
            "sr" | "srt" => read.say("resources", content),
            "skn" => read.say("policy", content),
            _ => {}
        }
    }
    read
}

/// Base64 of `user:password`.
pub(super) fn base64_text(value: &[u8]) -> Read {
    let mut read = Read::default();
    let text = decode::base64(value);
    if let Some(colon) = text.iter().position(|byte| *byte == b':')
        && text.iter().all(|byte| decode::is_text_byte(*byte))
    {
        read.say(
            "user",
            String::from_utf8_lossy(text.get(..colon).unwrap_or_default()),
        );
        read.certain = true;
    }
    read
}
