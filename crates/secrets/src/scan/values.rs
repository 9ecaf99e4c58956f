//! Credentials without a form of their own: values of a given form, assigned to a name that says whose they are.

use std::ops::Range;

use plimsoll_model::Confidence;

use crate::assign::{self, Assigned, Quoting};
use crate::judge;
use crate::rule::{Rule, Value};

use super::patterns::{compiled, fixed_beginning};
use super::run::{Claim, Near, Run, Says};

/// How far before the name a keyword may stand.
const NEAR: usize = 80;

/// What is assigned at and behind a keyword, read once for all rules that have it.
#[derive(Default)]
pub(crate) struct Cache {
    of: Option<Vec<(Claim, Assigned)>>,
}

/// What is given to the name that holds `word`, and to names of credentials shortly behind it.
fn assigned(bytes: &[u8], word: &Range<usize>) -> Vec<(Claim, Assigned)> {
    let mut found = Vec::new();
    let mut from = word.end;
    let own = assign::assigned_at(bytes, word.clone())
        .or_else(|| assign::called_with(bytes, word.clone()));
    if let Some(own) = own {
        from = own.name.end.max(from);
        found.push((Claim::Named, own));
    }
    let end = bytes.len().min(word.end + NEAR);
    for word in assign::credential_words(bytes, from.min(end)..end) {
        if let Some(next) = assign::assigned_at(bytes, word)
            && !found.iter().any(|(_, known)| known.value == next.value)
        {
            found.push((Claim::NearKeyword, next));
        }
    }
    found
}

/// Tries a rule's value on what is assigned around a keyword.
pub(crate) fn find(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    form: &'static Value,
    near: Near<'_>,
    word: &Range<usize>,
    cache: &mut Cache,
) {
    if !begins_word(near.bytes, word.start) {
        return;
    }
    if cache.of.is_none() && !run.may_spend(NEAR * 12) {
        return;
    }
    let around = cache.of.get_or_insert_with(|| assigned(near.bytes, word));
    for (claim, assigned) in around.iter() {
        let value = near.get(&assigned.value);
        let fits = (form.shortest..=form.longest).contains(&value.len())
            && value.iter().all(|byte| form.alphabet.contains(*byte));
        if !fits
            || assigned.quoting == Quoting::Wrapped
            || !is_asked_for(form, *claim, near, assigned)
        {
            continue;
        }
        let Some(compiled) = compiled(index, || format!(r"\A(?:{})\z", form.text)) else {
            return;
        };
        if compiled.is_match(value) {
            accept(run, rule, *claim, near, &assigned.value);
        }
    }
}

/// Whether a word begins at `at`: `dd_api_key` as in `DD_API_KEY` or `myDdApiKey`, not as in `add_api_key`.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    let back = |count: usize| at.checked_sub(count).and_then(|at| bytes.get(at)).copied();
    let (Some(before), Some(first)) = (back(1), bytes.get(at)) else {
        return true;
    };
    let is_escape = back(2) == Some(b'\\') && matches!(before, b'n' | b'r' | b't');
    let goes_on = if first.is_ascii_uppercase() {
        before.is_ascii_uppercase()
    } else {
        first.is_ascii_lowercase() && before.is_ascii_alphabetic()
    };
    !goes_on || is_escape
}

fn is_asked_for(form: &Value, claim: Claim, near: Near<'_>, assigned: &Assigned) -> bool {
    (form.any_name && claim == Claim::Named)
        || assign::speaks_of_credential(near.get(&assigned.name))
}

fn accept(
    run: &mut Run<'_>,
    rule: &'static Rule,
    claim: Claim,
    near: Near<'_>,
    secret: &Range<usize>,
) {
    let value = near.get(secret);
    let fixed = fixed_beginning(rule, value);
    let confidence = if claim == Claim::Named {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let suppressed = judge::of_form(rule, value, value.get(fixed..).unwrap_or_default());
    let mut says = Says::new(claim, confidence).suppressed(suppressed);
    says.beginning = String::from_utf8_lossy(value.get(..fixed).unwrap_or_default()).into_owned();
    run.add(rule, near, secret, says);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_begins_a_word() {
        for (text, expected) in [
            ("dd_key", true),
            ("my_dd_key", true),
            ("myDdKey", true),
            ("MY_DD_KEY", true),
            ("\\ndd_key", true),
            ("add_key", false),
            ("ADD_KEY", false),
            ("addKey", false),
            ("AddKey", false),
        ] {
            let at = text.to_ascii_lowercase().find("dd").unwrap();
            assert_eq!(begins_word(text.as_bytes(), at), expected, "{text}");
        }
    }
}
