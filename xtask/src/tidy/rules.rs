//! Rules: each is a source file with a page beside it, registered in order.

use super::Texts;

/// The headings of a page, in their order; *Fix* only where the rule has one.
const HEADINGS: [&str; 6] = [
    "## What it finds",
    "## Why it matters",
    "## Bad",
    "## Good",
    "## Fix",
    "## Limits",
];

/// The six places an attack can happen, each a folder of rules.
pub(crate) const STAGES: [&str; 6] = ["source", "build", "image", "deploy", "run", "watch"];

/// Where the rules live.
pub(crate) const HOME: &str = "crates/rules/src/";

pub(super) fn check(texts: &Texts, breaches: &mut Vec<String>) {
    for (path, _) in texts {
        let Some((stage, file)) = path
            .strip_prefix(HOME)
            .and_then(|rest| rest.split_once('/'))
        else {
            continue;
        };
        if !STAGES.contains(&stage) || file.contains('/') || file == "mod.rs" {
            continue;
        }
        let Some(stem) = path.strip_suffix(".rs") else {
            continue;
        };
        let page = format!("{stem}.md");
        match texts.iter().find(|(path, _)| *path == page) {
            Some((_, text)) => breaches.extend(page_breaches(&page, text)),
            None => breaches.push(format!("{path}: no page {page}")),
        }
    }
}

fn page_breaches(page: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let headings: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    for heading in HEADINGS {
        if heading != "## Fix" && !headings.contains(&heading) {
            breaches.push(format!("{page}: no heading `{heading}`"));
        }
    }
    let places: Vec<usize> = headings
        .iter()
        .filter_map(|heading| HEADINGS.iter().position(|known| known == heading))
        .collect();
    if !places.is_sorted() {
        breaches.push(format!("{page}: headings out of order"));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::page_breaches;

    #[test]
    fn a_page_has_its_headings_in_order() {
        let good = "## What it finds\n## Why it matters\n## Bad\n## Good\n## Limits\n";
        assert_eq!(page_breaches("x.md", good), Vec::<String>::new());
        let swapped = "## Why it matters\n## What it finds\n## Bad\n## Good\n";
        assert_eq!(
            page_breaches("x.md", swapped),
            [
                "x.md: no heading `## Limits`",
                "x.md: headings out of order"
            ]
        );
    }
}
