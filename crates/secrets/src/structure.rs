//! What a credential says of itself, read without asking anybody.

mod date;
mod fly;
mod json_token;
mod message_pack;
mod pypi;
mod small;

use plimsoll_model::Severity;

use crate::found::{Fact, Reason};
use crate::rarity::is_rare;
use crate::rule::Structure;

pub(crate) use json_token::read as json_token;

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) facts: Vec<Fact>,
    /// Where it says that it can do less than its kind.
    pub(crate) severity: Option<Severity>,
    /// Where it says that it is none.
    pub(crate) suppressed: Option<Reason>,
    /// Its form holds all the way down, which chance does not make.
    pub(crate) certain: bool,
}

/// Longer texts are cut: a fact is a line of a report.
const LONGEST: usize = 160;

impl Read {
    /// Adds a fact in printable text.
    fn say(&mut self, name: &'static str, value: impl AsRef<str>) {
        self.facts.push(fact(name, value));
    }
}

/// A fact in printable text of bounded length. A user's or a host's name that may be a credential is not told.
pub(crate) fn fact(name: &'static str, value: impl AsRef<str>) -> Fact {
    let value = value.as_ref();
    if matches!(name, "user" | "host") && looks_drawn(value) {
        let value = format!("of {} characters", value.chars().count());
        return Fact { name, value };
    }
    let value = value
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST)
        .collect();
    Fact { name, value }
}

/// Whether a name looks drawn at random: a long run of letters, with digits or without a language.
fn looks_drawn(value: &str) -> bool {
    const SHORTEST: usize = 16;
    value
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|run| run.len() >= SHORTEST)
        .any(|run| {
            let has_letter = run.bytes().any(|byte| byte.is_ascii_alphabetic());
            let has_digit = run.bytes().any(|byte| byte.is_ascii_digit());
            has_letter && (has_digit || is_rare(run.as_bytes()))
        })
}

/// Reads `value` as its rule says it is made.
pub(crate) fn read(structure: Structure, value: &[u8]) -> Read {
    match structure {
        Structure::Jwt => json_token::read(value).unwrap_or_default(),
        Structure::PypiMacaroon => pypi::read(value).unwrap_or_default(),
        Structure::FlyMacaroon => fly::read(value),
        Structure::AwsKeyId => small::aws_key_id(value),
        Structure::AwsBedrockKey => small::aws_bedrock_key(value),
        Structure::GitlabRoutable => small::gitlab_routable(value),
        Structure::LiveOrTest => small::live_or_test(value),
        Structure::SlackToken => small::slack_token(value),
        Structure::AzureSas => small::azure_sas(value),
        Structure::Base64Text => small::base64_text(value),
    }
}

#[cfg(test)]
mod tests;
