//! Credentials by a form of their own: a rule's pattern, tried where one of its keywords stands.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use plimsoll_model::Confidence;
use regex::bytes::{Regex, RegexBuilder};

use crate::border;
use crate::found::Fact;
use crate::judge;
use crate::rule::{Pattern, Rule};
use crate::tables::RULES;

use super::checksum;
use super::run::{Candidate, Claim, Near, Run};

/// Compiled on the first hit of a keyword.
static COMPILED: LazyLock<Vec<OnceLock<Option<Compiled>>>> =
    LazyLock::new(|| RULES.iter().map(|_| OnceLock::new()).collect());

/// A pattern and its group of the secret.
pub(crate) struct Compiled {
    regex: Regex,
    group: usize,
}

/// The compiled pattern of a rule. The build script has parsed it, so that it is none only if it is too large.
pub(crate) fn compiled(
    index: usize,
    wrapped: impl FnOnce() -> String,
) -> Option<&'static Compiled> {
    let cell = COMPILED.get(index)?;
    cell.get_or_init(|| {
        let regex = RegexBuilder::new(&wrapped()).unicode(false).build().ok()?;
        let group = regex
            .capture_names()
            .position(|name| name == Some("secret"))
            .unwrap_or(0);
        Some(Compiled { regex, group })
    })
    .as_ref()
}

impl Compiled {
    /// The first match at or behind `start`: all of it, and the secret.
    pub(crate) fn find(&self, bytes: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
        let captures = self.regex.captures_at(bytes, start)?;
        let whole = captures.get(0)?.range();
        let secret = captures
            .get(self.group)
            .map_or(whole.clone(), |group| group.range());
        Some((whole, secret))
    }

    pub(crate) fn is_match(&self, bytes: &[u8]) -> bool {
        self.regex.is_match(bytes)
    }
}

/// Tries a rule's pattern around a keyword.
pub(crate) fn find(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    pattern: &Pattern,
    near: Near<'_>,
    word: &Range<usize>,
) {
    let looked = run.looked(index).saturating_sub(near.origin);
    let looked = usize::try_from(looked).unwrap_or(usize::MAX);
    if word.start < looked {
        return;
    }
    if pattern.anchored {
        anchored(run, index, rule, pattern, near, word.start);
    } else {
        around(run, index, rule, pattern, near, word, looked);
    }
}

fn anchored(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    pattern: &Pattern,
    near: Near<'_>,
    start: usize,
) {
    if !border::begins(near.bytes, start) {
        return;
    }
    let Some(compiled) = compiled(index, || format!(r"\A(?:{})", pattern.text)) else {
        return;
    };
    let end = near.bytes.len().min(start + pattern.longest);
    let window = near.bytes.get(start..end).unwrap_or_default();
    let Some((whole, secret)) = compiled.find(window, 0) else {
        return;
    };
    let shifted = |range: Range<usize>| start + range.start..start + range.end;
    claim(
        run,
        index,
        rule,
        pattern,
        near,
        &shifted(whole),
        &shifted(secret),
    );
}

fn around(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    pattern: &Pattern,
    near: Near<'_>,
    word: &Range<usize>,
    looked: usize,
) {
    let Some(compiled) = compiled(index, || pattern.text.to_owned()) else {
        return;
    };
    let reach = pattern.longest.min(1024);
    let mut at = word.end.saturating_sub(reach).max(looked);
    let end = near.bytes.len().min(word.start + reach);
    let window = near.bytes.get(..end).unwrap_or_default();
    while let Some((whole, secret)) = compiled.find(window, at) {
        if whole.start > word.start {
            break;
        }
        if border::begins(near.bytes, whole.start) {
            claim(run, index, rule, pattern, near, &whole, &secret);
        }
        at = whole.end.max(at + 1);
    }
    run.set_looked(index, near.origin + word.end as u64);
}

fn claim(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    pattern: &Pattern,
    near: Near<'_>,
    whole: &Range<usize>,
    secret: &Range<usize>,
) {
    let end = if secret.end == whole.end {
        secret.end
    } else {
        whole.end
    };
    if secret.end == whole.end && !border::ends(near.bytes, end, pattern.tail) {
        return;
    }
    run.set_looked(index, near.origin + whole.end as u64);
    let Some(value) = near.bytes.get(secret.clone()) else {
        return;
    };
    let (shown, fixed) = shown(rule, value);
    let suppressed = judge::of_form(rule, value, value.get(fixed..).unwrap_or_default());
    let checked = rule
        .checksum
        .map(|checksum| checksum::holds(checksum, value));
    let facts = match checked {
        Some(true) => vec![Fact {
            name: "checksum",
            value: "valid".to_owned(),
        }],
        Some(false) => vec![Fact {
            name: "checksum",
            value: "does not fit: mistyped or made up".to_owned(),
        }],
        None => Vec::new(),
    };
    run.push(Candidate {
        rule,
        claim: Claim::OwnForm,
        span: near.absolute(secret),
        shown,
        value_hash: run.hash(value),
        severity: rule.severity,
        confidence: if checked == Some(false) {
            Confidence::Low
        } else {
            Confidence::High
        },
        facts,
        encodings: Vec::new(),
        suppressed,
    });
}

/// What may be shown of a value: the keyword it begins with, and its length. Also the length of that beginning.
pub(crate) fn shown(rule: &Rule, value: &[u8]) -> (String, usize) {
    let prefix = rule
        .keywords
        .iter()
        .filter(|keyword| {
            value
                .get(..keyword.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(keyword.as_bytes()))
        })
        .max_by_key(|keyword| keyword.len());
    let fixed = prefix.map_or(0, |prefix| prefix.len()).min(value.len() / 2);
    let beginning = String::from_utf8_lossy(value.get(..fixed).unwrap_or_default());
    (format!("{beginning}… ({} characters)", value.len()), fixed)
}
