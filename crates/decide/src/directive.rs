//! BuildKit's `# check=` parser directive at the head of a Dockerfile.

use plimsoll_model::Span;

use crate::comment::{ForeignAliases, ForeignIgnore, Scope};

/// Parser directives are few; more lines are not looked at.
const MAX_LINES: usize = 32;

/// The ignore that `# check=skip=…` at the head of the Dockerfile `text` stands for, if it is there.
///
/// Directives stand before everything else, a blank line included; below that the line is a plain comment.
pub(crate) fn skipped_checks(text: &str) -> Option<ForeignIgnore> {
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MAX_LINES) {
        let (key, value) = directive(line)?;
        let value = value.trim_end();
        if key.eq_ignore_ascii_case("check") {
            let start = at + (line.len() - line.trim_start().len());
            let span = Span::new(start, at + line.trim_end().len());
            return skips(value).map(|aliases| ForeignIgnore {
                span,
                tool: "docker build --check",
                aliases,
                scope: Scope::File,
            });
        }
        at += line.len();
    }
    None
}

/// Key and value of a line that has the form of a directive.
fn directive(line: &str) -> Option<(&str, &str)> {
    let rest = line
        .trim_start_matches('\u{feff}')
        .trim_start()
        .strip_prefix('#')?;
    let (key, value) = rest.split_once('=')?;
    let key = key.trim();
    let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric());
    is_name.then_some((key, value.trim_start()))
}

/// What `skip=A,B;error=true` skips.
fn skips(value: &str) -> Option<ForeignAliases> {
    let list = value
        .split(';')
        .filter_map(|option| option.split_once('='))
        .find(|(name, _)| name.trim() == "skip")?
        .1;
    if list.trim().eq_ignore_ascii_case("all") {
        return Some(ForeignAliases::AllWithPrefix("buildkit:"));
    }
    let names = list
        .split(',')
        .map(|name| format!("buildkit:{}", name.trim()));
    Some(ForeignAliases::Named(names.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&[&str]>) {
        let found = skipped_checks(text).map(|ignore| match ignore.aliases {
            ForeignAliases::Named(names) => names,
            ForeignAliases::AllWithPrefix(_) => vec!["all".to_owned()],
        });
        let expected =
            expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn only_at_the_head() {
        check(
            "# check=skip=A,B\nFROM x",
            Some(&["buildkit:A", "buildkit:B"]),
        );
        check(
            "# syntax=docker/dockerfile:1\n#check = skip=all;error=true\n",
            Some(&["all"]),
        );
        check("#check=error=true;skip=A", Some(&["buildkit:A"]));
        check("#check=error=true", None);
        check("\n# check=skip=all\n", None);
        check("# a comment\n# check=skip=all\n", None);
        check("FROM x\n# check=skip=all\n", None);
    }
}
