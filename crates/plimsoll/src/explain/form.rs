//! The page of a form of credential: what it looks like, what it opens, how it is checked and ended, what reports it.

use std::fmt::Write;

use plimsoll_model::RuleInfo;
use plimsoll_report::Topic;
use plimsoll_rules::Check;
use plimsoll_secrets::{Provider, Revoke, RevokedBy, Role, Rule, Verify, providers, rules};

/// The forms of that id, or of that full name among other tools.
pub(super) fn named(id: &str) -> Vec<&'static Rule> {
    let is_called = |rule: &&Rule| {
        let mut aliases = rule.aliases.iter();
        rule.id.eq_ignore_ascii_case(id) || aliases.any(|alias| alias.eq_ignore_ascii_case(id))
    };
    rules().iter().filter(is_called).collect()
}

/// The forms that any other tool calls so, without the tool's own name.
pub(super) fn called_elsewhere(name: &str) -> Vec<&'static Rule> {
    let is_called = |alias: &&str| {
        let bare = alias.split_once(':').map(|(_, bare)| bare);
        bare.is_some_and(|bare| bare.eq_ignore_ascii_case(name))
    };
    let rules = rules().iter();
    rules
        .filter(|rule| rule.aliases.iter().any(&is_called))
        .collect()
}

/// The issuer of that id or name, with its forms.
pub(super) fn issued_by(id: &str) -> Option<(&'static Provider, Vec<&'static Rule>)> {
    let mut all = providers().iter();
    let provider =
        all.find(|one| one.id.eq_ignore_ascii_case(id) || one.name.eq_ignore_ascii_case(id))?;
    let forms = rules().iter().filter(|rule| rule.provider == provider);
    Some((provider, forms.collect()))
}

/// The list of an issuer's forms.
pub(super) fn list(provider: &Provider, forms: &[&Rule]) -> String {
    let ids = forms.iter().map(|form| form.id.len()).max().unwrap_or(0);
    let mut out = format!("{}: {} forms of credentials\n", provider.name, forms.len());
    for form in forms {
        let _ = writeln!(
            out,
            "  {:ids$}  {:8}  {}",
            form.id,
            form.severity.as_str(),
            form.name
        );
    }
    out
}

/// The page of `form`, to be shown.
pub(super) fn page(form: &'static Rule) -> (Topic<'static>, String) {
    let mut page = String::new();
    looks(&mut page, form);
    if !form.grants.is_empty() {
        let grants = format!("Whoever has it {}.", form.grants);
        section(&mut page, "What its holder can do", &grants);
    }
    if let Some(verify) = &form.verify {
        section(&mut page, "How to see whether it works", &verified(verify));
    }
    section(&mut page, "How to end it", &ended(form.revoke.as_ref()));
    section(&mut page, "Which rules report it", &reported());
    let topic = Topic {
        id: form.id,
        title: form.name,
        note: form.provider.name,
        severity: form.severity,
        also: form.aliases,
    };
    (topic, page)
}

fn section(page: &mut String, title: &str, text: &str) {
    let _ = writeln!(page, "\n## {title}\n\n{text}");
}

fn looks(page: &mut String, form: &Rule) {
    let keywords = || {
        let some: Vec<String> = form
            .keywords
            .iter()
            .take(6)
            .map(|word| format!("`{word}`"))
            .collect();
        some.join(", ")
    };
    const LEGEND: &str = "An asterisk stands for any character that the form allows.";
    let is_open = form.sample.chars().all(|character| character == '*');
    let mut text = match (form.sample, form.is_told_by_name()) {
        ("", _) => format!(
            "Told by its surroundings, not by a form of its own; looked for near {}.",
            keywords()
        ),
        (sample, true) if is_open => format!(
            "{} characters or more, given to a name that speaks of {}.",
            sample.len(),
            keywords()
        ),
        (sample, true) => format!(
            "`{sample}`, given to a name that speaks of {}. {LEGEND}",
            keywords()
        ),
        (sample, false) => format!("`{sample}`. {LEGEND}"),
    };
    if let Some(part) = &form.part {
        let role = match part.role {
            Role::Id => "the id, which says whose it is",
            Role::Secret => "the secret",
            Role::Other => "a part that is needed besides",
        };
        let _ = write!(text, "\n\nOf a credential of several parts it is {role}.");
    }
    section(page, "What it looks like", &text);
}

/// The request as a sentence; `{secret}` and `{id}` stand for the credential's parts.
fn request(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut text = format!("`{method} {url}`");
    let mut lead = " with";
    for (name, value) in headers {
        let _ = write!(text, "{lead} `{name}: {value}`");
        lead = " and";
    }
    if let Some(body) = body {
        let _ = write!(text, "{lead} the body `{body}`");
    }
    text
}

fn verified(verify: &Verify) -> String {
    let mut text = request(verify.method, verify.url, verify.headers, verify.body);
    let codes = |codes: &[u16]| {
        let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
        codes.join(" or ")
    };
    let _ = write!(text, " answers {} if it works", codes(verify.valid));
    if !verify.invalid.is_empty() {
        let _ = write!(text, " and {} if it does not", codes(verify.invalid));
    }
    text.push('.');
    if let Some(tells) = verify.tells {
        let _ = write!(text, " Where it tells what it may do: {tells}.");
    }
    text + "\n\nThe request reads only. `check` never sends it."
}

fn ended(revoke: Option<&Revoke>) -> String {
    let Some(revoke) = revoke else {
        return "Revoke it where it was issued.".to_owned();
    };
    let request = || request(revoke.method, revoke.url, revoke.headers, revoke.body);
    match revoke.by {
        RevokedBy::Itself => format!("Whoever holds it can: {}.", request()),
        RevokedBy::Owner => format!("Its owner, signed in, can: {}.", request()),
        RevokedBy::AdminKey => format!("An administrator's key can: {}.", request()),
        RevokedBy::Web => format!("Its owner, at `{}`.", revoke.url),
    }
}

/// The rules, by the place a credential is held in.
fn reported() -> String {
    let rules = plimsoll_rules::ALL.iter();
    let about_secrets = rules.filter(|rule| matches!(rule.check, Check::Secret(_)));
    let line = |info: &RuleInfo| format!("- `{}`: {}", info.id, info.title);
    let lines: Vec<String> = about_secrets.map(|rule| line(&rule.info)).collect();
    lines.join("\n")
}
