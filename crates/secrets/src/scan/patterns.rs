//! Credentials by a form of their own: a rule's pattern, tried where one of its keywords stands.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use plimsoll_model::Confidence;
use regex::bytes::{Regex, RegexBuilder};

use crate::border;
use crate::found::Reason;
use crate::judge;
use crate::rule::{Pattern, Rule};
use crate::structure::fact;
use crate::tables::RULES;

use super::checksum;
use super::run::{Claim, Near, Run, Says};

/// Compiled on the first hit of a keyword.
static COMPILED: LazyLock<Vec<OnceLock<Option<Compiled>>>> =
    LazyLock::new(|| RULES.iter().map(|_| OnceLock::new()).collect());

/// How far around a keyword a pattern is looked for that does not begin with it.
const REACH: usize = 1024;

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
    let compile = || {
        let regex = RegexBuilder::new(&wrapped()).unicode(false).build().ok()?;
        let group = regex
            .capture_names()
            .position(|name| name == Some("secret"));
        Some(Compiled {
            regex,
            group: group.unwrap_or(0),
        })
    };
    COMPILED.get(index)?.get_or_init(compile).as_ref()
}

impl Compiled {
    /// The first match at or behind `start`: all of it, and the secret.
    pub(crate) fn find(&self, bytes: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
        if self.group == 0 {
            let whole = self.regex.find_at(bytes, start)?.range();
            return Some((whole.clone(), whole));
        }
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

/// A rule with a pattern.
#[derive(Clone, Copy)]
struct Subject<'a> {
    index: usize,
    rule: &'static Rule,
    pattern: &'static Pattern,
    near: Near<'a>,
}

/// Tries a rule's pattern around a keyword.
pub(crate) fn find(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    pattern: &'static Pattern,
    near: Near<'_>,
    word: &Range<usize>,
) {
    let looked = run.looked(index).saturating_sub(near.origin);
    let looked = usize::try_from(looked).unwrap_or(usize::MAX);
    if word.start < looked {
        return;
    }
    let subject = Subject {
        index,
        rule,
        pattern,
        near,
    };
    if pattern.anchored {
        anchored(run, subject, word.start);
    } else {
        around(run, subject, word, looked);
    }
}

fn anchored(run: &mut Run<'_>, subject: Subject<'_>, start: usize) {
    let near = subject.near;
    let pattern = subject.pattern;
    if !border::begins(near.bytes, start) || !run.may_spend(pattern.longest.min(256)) {
        return;
    }
    let Some(compiled) = compiled(subject.index, || format!(r"\A(?:{})", pattern.text)) else {
        return;
    };
    let end = near.bytes.len().min(start + pattern.longest);
    let window = near.bytes.get(start..end).unwrap_or_default();
    let Some((whole, secret)) = compiled.find(window, 0) else {
        return;
    };
    let shifted = |range: Range<usize>| start + range.start..start + range.end;
    claim(run, subject, &shifted(whole), &shifted(secret));
}

fn around(run: &mut Run<'_>, subject: Subject<'_>, word: &Range<usize>, looked: usize) {
    let Subject {
        index,
        pattern,
        near,
        ..
    } = subject;
    let reach = pattern.longest.min(REACH);
    if !run.may_spend(reach) {
        return;
    }
    let Some(compiled) = compiled(index, || pattern.text.to_owned()) else {
        return;
    };
    let mut at = word.end.saturating_sub(reach).max(looked);
    let end = near.bytes.len().min(word.start + reach);
    let window = near.bytes.get(..end).unwrap_or_default();
    while let Some((whole, secret)) = compiled.find(window, at) {
        if whole.start > word.start {
            break;
        }
        if border::begins(near.bytes, whole.start) {
            claim(run, subject, &whole, &secret);
        }
        at = whole.end.max(at + 1);
    }
    run.set_looked(index, near.origin + word.end as u64);
}

fn claim(run: &mut Run<'_>, subject: Subject<'_>, whole: &Range<usize>, secret: &Range<usize>) {
    let Subject {
        index,
        rule,
        pattern,
        near,
    } = subject;
    if secret.end == whole.end && !border::ends(near.bytes, secret.end, pattern.tail) {
        return;
    }
    run.set_looked(index, near.origin + whole.end as u64);
    let value = near.get(secret);
    let fixed = fixed_beginning(rule, value);
    let body = value.get(fixed..).unwrap_or_default();
    let suppressed =
        judge::of_form(rule, value, body).or_else(|| in_placeholder(near.bytes, whole.start));
    let mut says = Says::new(Claim::OwnForm, Confidence::High).suppressed(suppressed);
    says.beginning = String::from_utf8_lossy(value.get(..fixed).unwrap_or_default()).into_owned();
    match rule
        .checksum
        .map(|checksum| checksum::holds(checksum, value))
    {
        Some(true) => says.facts.push(fact("checksum", "valid")),
        Some(false) => {
            says.facts
                .push(fact("checksum", "does not fit: mistyped or made up"));
            says.confidence = Confidence::Low;
        }
        None => {}
    }
    run.add(rule, near, secret, says);
}

/// Whether the text is what a form shows in an empty field: `placeholder="…"`.
fn in_placeholder(bytes: &[u8], start: usize) -> Option<Reason> {
    const WORD: &[u8] = b"placeholder";
    let before = bytes.get(start.saturating_sub(WORD.len() + 6)..start)?;
    let at = before
        .windows(WORD.len())
        .position(|window| window.eq_ignore_ascii_case(WORD))?;
    let between = before.get(at + WORD.len()..)?;
    between
        .iter()
        .all(|byte| matches!(byte, b'=' | b':' | b' ' | b'"' | b'\'' | b'{' | b'`'))
        .then_some(Reason::StandIn)
}

/// The length of the keyword that a value begins with, at most half of it: what may be shown.
pub(crate) fn fixed_beginning(rule: &Rule, value: &[u8]) -> usize {
    let begins = |keyword: &&&str| {
        value
            .get(..keyword.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(keyword.as_bytes()))
    };
    let longest = rule
        .keywords
        .iter()
        .filter(begins)
        .map(|keyword| keyword.len())
        .max();
    longest.unwrap_or(0).min(value.len() / 2)
}
