//! Fly.io's tokens: macaroons in MessagePack whose caveats say what is left open.

use super::date::day;
use super::message_pack::{self, Value};
use super::{Fact, Read, fact};
use crate::decode;

/// Tokens of one credential looked at; the others discharge what these ask for.
const MOST_TOKENS: usize = 8;

/// Numbers of the kinds of caveats.
mod kind {
    pub(super) const ORGANIZATION: i128 = 0;
    pub(super) const APPS: i128 = 3;
    pub(super) const VALIDITY: i128 = 4;
    pub(super) const FEATURES: i128 = 5;
    pub(super) const MUTATIONS: i128 = 6;
    pub(super) const MACHINES: i128 = 7;
    pub(super) const IS_USER: i128 = 10;
    pub(super) const THIRD_PARTY: i128 = 11;
    pub(super) const IF_PRESENT: i128 = 13;
    pub(super) const NO_ADMIN: i128 = 22;
}

/// Reads a list of tokens, `fm2_…,fm2_…`.
pub(super) fn read(value: &[u8]) -> Read {
    let mut read = Read::default();
    for token in value.split(|byte| *byte == b',').take(MOST_TOKENS) {
        if let Some(facts) = macaroon(token) {
            read.certain = true;
            for fact in facts {
                if !read.facts.contains(&fact) {
                    read.facts.push(fact);
                }
            }
        }
    }
    read
}

/// `[nonce, location, caveats, tail]`, the caveats a flat list of kinds and bodies.
fn macaroon(token: &[u8]) -> Option<Vec<Fact>> {
    let start = token.iter().position(|byte| *byte == b'_')? + 1;
    let bytes = decode::base64(token.get(start..)?);
    let tree = message_pack::read(&bytes)?;
    let [_, location, caveats, _] = tree.array()? else {
        return None;
    };
    let mut facts = vec![fact("location", location.text()?)];
    caveats_facts(caveats.array()?, &mut facts);
    Some(facts)
}

fn caveats_facts(caveats: &[Value], facts: &mut Vec<Fact>) {
    for pair in caveats.chunks_exact(2) {
        if let [number, body] = pair
            && let Some(number) = number.number()
        {
            caveat(number, body.array().unwrap_or_default(), facts);
        }
    }
}

fn caveat(number: i128, body: &[Value], facts: &mut Vec<Fact>) {
    match (number, body) {
        (kind::ORGANIZATION, [id, mask]) => {
            let id = id.number().unwrap_or(0);
            facts.push(fact("organization", format!("{id} ({})", access(mask))));
        }
        (kind::APPS, [set]) => facts.extend(resources("apps", set)),
        (kind::MACHINES, [set]) => facts.extend(resources("machines", set)),
        (kind::FEATURES, [set]) => facts.extend(resources("features", set)),
        (kind::MUTATIONS, [Value::Array(names)]) => {
            let names: Vec<&str> = names.iter().filter_map(Value::text).collect();
            facts.push(fact("mutations", names.join(", ")));
        }
        (kind::VALIDITY, [_, until]) => {
            let until = until.number().and_then(|until| i64::try_from(until).ok());
            facts.extend(until.and_then(day).map(|day| fact("expires", day)));
        }
        (kind::IS_USER, [id]) => facts.extend(id.number().map(|id| fact("user", id.to_string()))),
        (kind::THIRD_PARTY, [location, ..]) => {
            facts.extend(
                location
                    .text()
                    .map(|location| fact("needs-discharge-of", location)),
            );
        }
        (kind::IF_PRESENT, [Value::Array(inner), _]) => caveats_facts(inner, facts),
        (kind::NO_ADMIN, _) => facts.push(fact("admin", "no")),
        _ => {}
    }
}

/// `8815 (read, write)` for each of a set of things.
fn resources(name: &'static str, set: &Value) -> Option<Fact> {
    let Value::Map(entries) = set else {
        return None;
    };
    let listed: Vec<String> = entries
        .iter()
        .map(|(id, mask)| {
            let id = match id {
                Value::Number(id) => id.to_string(),
                Value::Text(id) => id.clone(),
                _ => "?".to_owned(),
            };
            format!("{id} ({})", access(mask))
        })
        .collect();
    Some(fact(name, listed.join(", ")))
}

/// The bits of a mask by name.
fn access(mask: &Value) -> String {
    const NAMES: [&str; 5] = ["read", "write", "create", "delete", "control"];
    let mask = mask.number().unwrap_or(0);
    let named: Vec<&str> = NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| mask >> bit & 1 == 1)
        .map(|(_, name)| *name)
        .collect();
    match named.len() {
        0 => "nothing".to_owned(),
        5 => "everything".to_owned(),
        _ => named.join(", "),
    }
}
