//! Rules: each is a source file with a page beside it, registered in order.

use super::Texts;

/// The headings of a page, in their order.
const HEADINGS: [&str; 6] = [
    "What it finds",
    "Why it matters",
    "Bad",
    "Good",
    "Fix",
    "Limits",
];

/// The six places an attack can happen, each a folder of rules.
pub(crate) const STAGES: [&str; 6] = ["source", "build", "image", "deploy", "run", "watch"];

/// Where the rules live.
pub(crate) const HOME: &str = "crates/rules/src/";

/// The list of all rules.
pub(crate) const REGISTRY: &str = "crates/rules/src/registry.rs";

pub(super) fn check(texts: &Texts, breaches: &mut Vec<String>) {
    let text_of = |wanted: &str| {
        texts
            .iter()
            .find(|(path, _)| path == wanted)
            .map(|(_, text)| text.as_str())
    };
    let registered = registered(text_of(REGISTRY).unwrap_or_default());
    if !registered.is_sorted_by_key(|rule| id_of(rule)) {
        breaches.push(format!("{REGISTRY}: the list of rules is not sorted by id"));
    }
    let mut found = 0;
    for (path, text) in texts {
        let Some((stage, stem)) = rule_source(path, text) else {
            continue;
        };
        found += 1;
        if !registered.contains(&format!("{stage}::{stem}")) {
            breaches.push(format!("{path}: not listed in {REGISTRY}"));
        }
        let page = format!("{HOME}{stage}/{stem}.md");
        match text_of(&page) {
            Some(text) => breaches.extend(page_breaches(&page, &id_of(stem), text)),
            None => breaches.push(format!("{path}: no page {page}")),
        }
    }
    if found < registered.len() {
        breaches.push(format!(
            "{REGISTRY}: {} rules listed, {found} sources found",
            registered.len()
        ));
    }
}

/// The stage and name of a rule's source file; `None` for any other file.
fn rule_source<'a>(path: &'a str, text: &str) -> Option<(&'a str, &'a str)> {
    let (stage, file) = path.strip_prefix(HOME)?.split_once('/')?;
    let stem = file.strip_suffix(".rs")?;
    (STAGES.contains(&stage) && text.contains("static RULE: Rule")).then_some((stage, stem))
}

/// The rules that the registry lists, as `stage::name`, in its order.
pub(crate) fn registered(registry: &str) -> Vec<String> {
    let lines = registry.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix('&')?.strip_suffix("::RULE,"))
        .map(str::to_owned)
        .collect()
}

/// The id of a rule given as its file's name or as `stage::name`.
pub(crate) fn id_of(name: &str) -> String {
    let stem = name.rsplit("::").next().unwrap_or(name);
    stem.replace('_', "-")
}

fn page_breaches(page: &str, id: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if !text.starts_with(&format!("# {id}\n")) {
        breaches.push(format!("{page}: does not open with `# {id}`"));
    }
    let headings: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    if headings != HEADINGS {
        breaches.push(format!(
            "{page}: the headings are not {}",
            HEADINGS.join(", ")
        ));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(files: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        let mut breaches = Vec::new();
        check(&texts, &mut breaches);
        breaches
    }

    const PAGE: &str = "# a-b\n\n## What it finds\n\n## Why it matters\n\n## Bad\n\n## Good\n\n## Fix\n\n## Limits\n";

    #[test]
    fn a_rule_has_a_page_and_is_listed() {
        let source = (
            "crates/rules/src/build/a_b.rs",
            "pub(crate) static RULE: Rule = Rule {",
        );
        let page = ("crates/rules/src/build/a_b.md", PAGE);
        let registry = (REGISTRY, "    &build::a_b::RULE,\n");
        assert_eq!(breaches(&[source, page, registry]), Vec::<String>::new());
        assert_eq!(breaches(&[source, registry]).len(), 1);
        assert_eq!(breaches(&[source, page]).len(), 1);
        assert_eq!(breaches(&[page, registry]).len(), 1);
        let shared = ("crates/rules/src/build/place.rs", "fn shared() {}");
        assert_eq!(breaches(&[shared]), Vec::<String>::new());
    }

    #[test]
    fn the_list_is_sorted_by_id_whatever_the_stage() {
        let listed = registered("    &source::a::RULE,\n    &build::b::RULE,\n");
        assert_eq!(listed, ["source::a", "build::b"]);
        let (a, b) = (
            ("crates/rules/src/build/a.rs", "static RULE: Rule"),
            ("crates/rules/src/build/b.rs", "static RULE: Rule"),
        );
        let unsorted = breaches(&[a, b, (REGISTRY, "&build::b::RULE,\n&build::a::RULE,\n")]);
        assert!(unsorted[0].contains("not sorted"), "{unsorted:?}");
    }

    #[test]
    fn a_page_has_its_headings_in_order() {
        let swapped = PAGE.replace("Bad", "Limits");
        assert_eq!(page_breaches("x.md", "a-b", PAGE), Vec::<String>::new());
        assert_eq!(page_breaches("x.md", "a-b", &swapped).len(), 1);
        assert_eq!(page_breaches("x.md", "a-c", PAGE).len(), 1);
    }
}
