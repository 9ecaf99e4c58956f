//! What the rule data must hold to besides its syntax.

use std::collections::BTreeSet;

use crate::data::{File, Rule};

/// Keywords shorter than this would hit everywhere.
const SHORTEST_KEYWORD: usize = 3;

/// Names every mistake of all files.
pub(crate) fn files(files: &[(String, File)], mistakes: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for (stem, file) in files {
        if file.provider != *stem || !is_kebab(stem) {
            mistakes.push(format!(
                "data/{stem}.toml: `provider` is the file's name in kebab-case"
            ));
        }
        for rule in &file.rules {
            let mut say =
                |what: &str| mistakes.push(format!("data/{stem}.toml: {}: {what}", rule.id));
            if !ids.insert(rule.id.clone()) {
                say("the id is taken");
            }
            if !rule.id.starts_with(&format!("{stem}-")) || !is_kebab(&rule.id) {
                say("the id is the provider and more, in kebab-case");
            }
            one(rule, &mut say);
            requests(rule, &mut say);
        }
    }
}

fn one(rule: &Rule, say: &mut dyn FnMut(&str)) {
    if rule.keywords.is_empty() {
        say("no keywords");
    }
    for keyword in &rule.keywords {
        if keyword.len() < SHORTEST_KEYWORD || !keyword.is_ascii() {
            say(&format!(
                "keyword `{keyword}`: at least three ASCII characters"
            ));
        }
    }
    let forms = [&rule.pattern, &rule.value, &rule.detector];
    if forms.iter().filter(|form| form.is_some()).count() != 1 {
        say("one of `pattern`, `value` and `detector`");
    }
    if rule.any_name && rule.value.is_none() {
        say("`any-name` goes with `value`");
    }
    if rule.part_of.is_some() != rule.role.is_some() {
        say("`part-of` and `role` go together");
    }
    if rule.grants.is_empty() || rule.grants.ends_with('.') {
        say("`grants` is one clause without a full stop");
    }
    if rule
        .entropy
        .is_some_and(|bits| !(0.5..=6.0).contains(&bits))
    {
        say("`entropy` is in bits per character");
    }
    if rule.examples.is_empty() || rule.look_alikes.is_empty() {
        say("at least one of `examples` and one of `look-alikes`");
    }
}

fn requests(rule: &Rule, say: &mut dyn FnMut(&str)) {
    const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let is_address = |url: &str| url.starts_with("https://") || url.starts_with('{');
    if let Some(verify) = &rule.verify
        && (!METHODS.contains(&verify.method.as_str()) || !is_address(&verify.url))
    {
        say("`verify` has a method in capitals and an https or `{…}` address");
    }
    if let Some(revoke) = &rule.revoke {
        if revoke.by != "web" && !METHODS.contains(&revoke.method.as_str()) {
            say("`revoke` has a method in capitals");
        }
        if !is_address(&revoke.url) {
            say("`revoke` has an https or `{…}` address");
        }
    }
}

fn is_kebab(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split('-').all(is_word) && text.starts_with(|first: char| first.is_ascii_lowercase())
}
