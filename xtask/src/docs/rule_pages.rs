//! One page per rule, the list of rules, and their place in the book's contents.

use std::fmt::Write;

use anyhow::{Context, Result};
use plimsoll_model::RuleInfo;

use super::{Pages, RULE_PAGES};

/// The book's contents.
pub(super) const SUMMARY: &str = "docs/src/SUMMARY.md";

/// The line of the contents below which the rules are listed.
const CHAPTER: &str = "- [Rules](rules/index.md)";

/// Every rule, sorted by id.
fn rules() -> Vec<&'static RuleInfo> {
    let mut rules: Vec<&RuleInfo> = plimsoll_rules::infos()
        .chain(plimsoll_decide::RULES.iter().copied())
        .collect();
    rules.sort_by_key(|rule| rule.id);
    rules
}

pub(super) fn pages() -> Pages {
    let rules = rules();
    let mut pages: Pages = rules
        .iter()
        .map(|rule| (format!("{RULE_PAGES}{}.md", rule.id), page(rule)))
        .collect();
    pages.insert(format!("{RULE_PAGES}index.md"), index(&rules));
    pages
}

/// The contents with the list of rules put in anew.
pub(super) fn summary(contents: &str) -> Result<String> {
    let (before, after) = contents
        .split_once(CHAPTER)
        .with_context(|| format!("{SUMMARY} has no line `{CHAPTER}`"))?;
    let rest: Vec<&str> = after
        .lines()
        .skip(1)
        .skip_while(|line| line.starts_with("  - "))
        .collect();
    let mut text = format!("{before}{CHAPTER}\n");
    for rule in rules() {
        let _ = writeln!(text, "  - [{0}](rules/{0}.md)", rule.id);
    }
    for line in rest {
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

fn index(rules: &[&RuleInfo]) -> String {
    let mut text = "# Rules\n\n`plimsoll explain RULE` prints the same pages.\n\n\
                    | rule | finds | stage | severity | level |\n| --- | --- | --- | --- | --- |\n"
        .to_owned();
    for rule in rules {
        let _ = writeln!(
            text,
            "| [`{0}`]({0}.md) | {1} | {2} | {3} | {4} |",
            rule.id, rule.title, rule.stage, rule.severity, rule.level
        );
    }
    text
}

/// A rule's own page with what is known of it below the title.
fn page(rule: &RuleInfo) -> String {
    let body = rule.page.split_once('\n').map_or("", |(_, body)| body);
    let mut text = format!("# {}\n\n| | |\n| --- | --- |\n", rule.id);
    let names = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(", ")
    };
    let facts = [
        ("stage", rule.stage.to_string()),
        ("severity", rule.severity.to_string()),
        ("confidence", rule.confidence.to_string()),
        ("level", rule.level.to_string()),
        ("in other tools", names(rule.aliases)),
        ("references", rule.references.join(", ")),
        ("formerly", names(rule.former_ids)),
    ];
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    text.push_str(&fences_for_reading(body));
    text
}

/// The page with each example's path above it, where the test reads it from the fence's info string. A link has no text:
/// its line above is all there is.
fn fences_for_reading(body: &str) -> String {
    let mut text = String::new();
    let mut lines = body.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            let _ = writeln!(text, "{line}");
            continue;
        };
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or("text");
        let caption = caption(words);
        let example: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let separator = if text.ends_with("\n\n") { "" } else { "\n" };
        if let Some(caption) = &caption {
            let _ = writeln!(text, "{separator}{caption}");
        }
        if !example.is_empty() {
            let gap = if caption.is_some() { "\n" } else { "" };
            let _ = writeln!(text, "{gap}```{language}\n{}\n```", example.join("\n"));
        }
    }
    text
}

fn caption<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let said: Vec<String> = words
        .filter_map(|word| match word.split_once('=') {
            Some(("path", path)) => Some(format!("`{path}`")),
            Some(("link", target)) => Some(format!("a link to `{target}`")),
            Some(("control", pair)) => {
                let (name, control) = pair.split_once(':')?;
                Some(format!("`{name}` set by {control}"))
            }
            None if word == "submitted" => Some("submitted by a stranger".to_owned()),
            _ => None,
        })
        .collect();
    (!said.is_empty()).then(|| said.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_say_their_path_above() {
        let page = "```yaml path=a/b.yaml control=V:anyone\nx: 1\n```\n```text path=l link=../m\n```\n\n```sh\nls\n```\n";
        assert_eq!(
            fences_for_reading(page),
            "\n`a/b.yaml`, `V` set by anyone\n\n```yaml\nx: 1\n```\n\n`l`, a link to `../m`\n\n```sh\nls\n```\n"
        );
    }

    #[test]
    fn the_list_is_put_in_anew() {
        let text = summary(
            "# Summary\n\n- [Rules](rules/index.md)\n  - [gone](rules/gone.md)\n\n# Next\n",
        )
        .unwrap();
        assert!(
            text.starts_with("# Summary\n\n- [Rules](rules/index.md)\n  - ["),
            "{text}"
        );
        assert!(!text.contains("gone"), "{text}");
        assert!(text.ends_with("\n\n# Next\n"), "{text}");
    }
}
