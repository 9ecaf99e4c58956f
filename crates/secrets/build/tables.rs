//! The static tables as Rust source.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::data::{File, Rule};
use crate::{form, sample};

/// The source of the tables of providers, rules and keywords.
pub(crate) fn written(files: &[(String, File)], mistakes: &mut Vec<String>) -> String {
    let mut providers = String::new();
    let mut rules = String::new();
    let mut keywords: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut count = 0;
    for (at, (stem, file)) in files.iter().enumerate() {
        let _ = writeln!(
            providers,
            "    Provider {{ id: {:?}, name: {:?} }},",
            file.provider, file.name
        );
        for rule in &file.rules {
            match self::rule(at, rule) {
                Ok(text) => rules.push_str(&text),
                Err(what) => mistakes.push(format!("data/{stem}.toml: {}: {what}", rule.id)),
            }
            for keyword in &rule.keywords {
                let of = keywords.entry(keyword.to_ascii_lowercase()).or_default();
                if of.last() != Some(&count) {
                    of.push(count);
                }
            }
            count += 1;
        }
    }
    let mut words = String::new();
    for (keyword, rules) in &keywords {
        let _ = writeln!(
            words,
            "    Keyword {{ text: {keyword:?}, rules: &{rules:?} }},"
        );
    }
    format!(
        "pub(crate) static PROVIDERS: [Provider; {}] = [\n{providers}];\n\
         pub(crate) static RULES: [Rule; {count}] = [\n{rules}];\n\
         pub(crate) static KEYWORDS: [Keyword; {}] = [\n{words}];\n",
        files.len(),
        keywords.len()
    )
}

fn rule(provider: usize, rule: &Rule) -> Result<String, String> {
    let part = match (&rule.part_of, &rule.role) {
        (Some(of), Some(role)) => {
            let role = variant(role, &["id", "secret", "other"])?;
            format!("Some(Part {{ of: {of:?}, role: Role::{role} }})")
        }
        _ => "None".to_owned(),
    };
    let severity = variant(
        rule.severity.as_deref().unwrap_or("high"),
        &["critical", "high", "medium", "low"],
    )?;
    Ok(format!(
        "    Rule {{ id: {:?}, name: {:?}, provider: &PROVIDERS[{provider}], severity: Severity::{severity}, \
         grants: {:?}, aliases: &{:?}, keywords: &{:?}, form: {}, narrow: {}, open: {}, entropy: {}, checksum: {}, structure: {}, \
         sample: {:?}, part: {part}, verify: {}, revoke: {} }},\n",
        rule.id,
        rule.name,
        rule.grants,
        rule.aliases,
        rule.keywords,
        form(rule)?,
        narrow(rule),
        open(rule),
        rule.entropy
            .map_or("None".to_owned(), |bits| format!("Some({bits:?}_f32)")),
        optional(rule.checksum.as_deref(), "Checksum", &CHECKSUMS)?,
        optional(rule.structure.as_deref(), "Structure", &STRUCTURES)?,
        sample(rule),
        verify(rule),
        revoke(rule)?,
    ))
}

const CHECKSUMS: [&str; 2] = ["github-crc32", "cloudflare-crc32"];

const STRUCTURES: [&str; 10] = [
    "jwt",
    "pypi-macaroon",
    "fly-macaroon",
    "aws-key-id",
    "aws-bedrock-key",
    "gitlab-routable",
    "live-or-test",
    "slack-token",
    "azure-sas",
    "base64-text",
];

const DETECTORS: [&str; 17] = [
    "private-key",
    "web-token",
    "address",
    "database-address",
    "connection-string",
    "netrc",
    "pgpass",
    "npmrc",
    "docker-config",
    "kubeconfig",
    "service-account",
    "putty-key",
    "basic-header",
    "bearer-header",
    "sign-in",
    "aws-secret-beside-id",
    "assignment",
];

fn form(rule: &Rule) -> Result<String, String> {
    if let Some(detector) = &rule.detector {
        return Ok(format!(
            "Form::Detector(Detector::{})",
            variant(detector, &DETECTORS)?
        ));
    }
    if let Some(pattern) = &rule.pattern {
        let facts = form::facts(pattern, &rule.keywords)?;
        return Ok(format!(
            "Form::Pattern(Pattern {{ text: {pattern:?}, anchored: {}, longest: {}, tail: Alphabet({}) }})",
            facts.anchored, facts.longest, facts.tail.0
        ));
    }
    let value = rule.value.as_deref().unwrap_or_default();
    let facts = form::facts(value, &rule.keywords)?;
    Ok(format!(
        "Form::Value(Value {{ text: {value:?}, any_name: {}, shortest: {}, longest: {}, alphabet: Alphabet({}) }})",
        rule.any_name, facts.shortest, facts.longest, facts.alphabet.0
    ))
}

/// How little the rule's form leaves open; a detector's says nothing.
fn narrow(rule: &Rule) -> u32 {
    let form = rule.pattern.as_ref().or(rule.value.as_ref());
    form.and_then(|form| form::facts(form, &rule.keywords).ok())
        .map_or(0, |facts| facts.narrow)
}

/// How much the rule's form leaves open; of a detector's nothing is known.
fn open(rule: &Rule) -> String {
    let form = rule.pattern.as_ref().or(rule.value.as_ref());
    let facts = form.and_then(|form| form::facts(form, &rule.keywords).ok());
    facts.map_or("None".to_owned(), |facts| format!("Some({})", facts.open))
}

/// What such a credential looks like; of what is told by code, nothing.
fn sample(rule: &Rule) -> String {
    let form = rule.pattern.as_ref().or(rule.value.as_ref());
    form.map_or(String::new(), |form| sample::sample(form))
}

fn verify(rule: &Rule) -> String {
    rule.verify.as_ref().map_or("None".to_owned(), |verify| {
        format!(
            "Some(Verify {{ method: {:?}, url: {:?}, headers: &{:?}, body: {:?}, valid: &{:?}, invalid: &{:?}, tells: {:?} }})",
            verify.method,
            verify.url,
            verify.headers.iter().collect::<Vec<_>>(),
            verify.body,
            verify.valid,
            verify.invalid,
            verify.tells
        )
    })
}

fn revoke(rule: &Rule) -> Result<String, String> {
    let Some(revoke) = &rule.revoke else {
        return Ok("None".to_owned());
    };
    Ok(format!(
        "Some(Revoke {{ method: {:?}, url: {:?}, headers: &{:?}, body: {:?}, done: &{:?}, by: RevokedBy::{} }})",
        revoke.method,
        revoke.url,
        revoke.headers.iter().collect::<Vec<_>>(),
        revoke.body,
        revoke.done,
        variant(&revoke.by, &["itself", "owner", "admin-key", "web"])?
    ))
}

fn optional(text: Option<&str>, kind: &str, known: &[&str]) -> Result<String, String> {
    match text {
        Some(text) => Ok(format!("Some({kind}::{})", variant(text, known)?)),
        None => Ok("None".to_owned()),
    }
}

/// `github-crc32` as `GithubCrc32`, if it is one of the known.
fn variant(text: &str, known: &[&str]) -> Result<String, String> {
    if !known.contains(&text) {
        return Err(format!("`{text}` is none of {}", known.join(", ")));
    }
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_ascii_uppercase() + rest
    };
    Ok(text.split('-').map(capital).collect())
}
