//! Paths cited in the project's documents exist.

use std::path::Path;

use super::Texts;

pub(super) fn check(root: &Path, texts: &Texts, breaches: &mut Vec<String>) {
    for (path, text) in texts.iter().filter(|(path, _)| is_document(path)) {
        for (number, line) in text.lines().enumerate() {
            for cited in cited_paths(root, line) {
                if !root.join(cited).exists() {
                    breaches.push(format!("{path}:{}: `{cited}` does not exist", number + 1));
                }
            }
            for target in link_targets(line) {
                let folder = root.join(path);
                let folder = folder.parent().unwrap_or(root);
                if !folder.join(target).exists() {
                    breaches.push(format!("{path}:{}: `{target}` does not exist", number + 1));
                }
            }
        }
    }
}

/// The documents that speak about the project's own files. A rule's page speaks about others'.
fn is_document(path: &str) -> bool {
    path.ends_with(".md") && !path.starts_with("crates/") && !path.starts_with("docs/src/rules/")
}

/// Words in backquotes whose first component is an entry of the root.
fn cited_paths<'a>(root: &Path, line: &'a str) -> Vec<&'a str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted
        .filter(|word| word.contains('/') && word.chars().all(is_path_character))
        .filter(|word| {
            let first = word.split('/').next().unwrap_or_default();
            !matches!(first, "" | "." | ".." | "target") && root.join(first).exists()
        })
        .collect()
}

fn is_path_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '-' | '_')
}

/// Relative targets of Markdown links, their fragments cut.
fn link_targets(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split(')').next())
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_links_are_found() {
        let root = crate::workspace::root();
        let line = "see `crates/none` and `a/b`, not `crates/*/x`, [here](docs/x.md#part) or [there](https://x/)";
        assert_eq!(cited_paths(root, line), ["crates/none"]);
        assert_eq!(link_targets(line), ["docs/x.md"]);
    }
}
