//! The ignore comments we read: our own, and those written for other tools.

use jiff::civil::Date;
use plimsoll_model::{Kind, Span};

use crate::rule_table::nearest;

/// An ignore comment, ours or another tool's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IgnoreComment {
    /// `plimsoll: ignore[…]`.
    Own(OwnIgnore),
    /// A comment for another tool.
    Foreign(ForeignIgnore),
}

/// `plimsoll: ignore[rule, rule2] reason owner=NAME until=DATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnIgnore {
    /// The comment from its marker on.
    pub(crate) span: Span,
    /// The ids in the brackets with their places.
    pub(crate) rules: Vec<(String, Span)>,
    /// What stands behind the brackets, `owner=` and `until=` taken out.
    pub(crate) reason: Option<String>,
    /// Who decided.
    pub(crate) owner: Option<String>,
    /// The last day it holds.
    pub(crate) until: Until,
}

/// What `until=` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Nothing: it holds for ever.
    Forever,
    /// The last day.
    Day(Date),
    /// Something that is not a date.
    NotADate(String),
}

/// An ignore comment of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignIgnore {
    /// The comment from its marker on.
    pub(crate) span: Span,
    /// Whose it is.
    pub(crate) tool: &'static str,
    /// What it silences.
    pub(crate) aliases: ForeignAliases,
    /// Where.
    pub(crate) scope: Scope,
}

/// What a foreign comment silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForeignAliases {
    /// Findings that carry one of these.
    Named(Vec<String>),
    /// Findings that carry any id with this prefix.
    AllWithPrefix(&'static str),
}

/// How far an ignore reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The statement the comment stands at.
    Statement,
    /// The whole file.
    File,
}

/// The ignores in the comment at `span` of `text`, a file of `kind`. One comment may hold several.
pub(crate) fn parse(text: &str, span: Span, kind: Kind) -> Vec<IgnoreComment> {
    let mut found = Vec::new();
    let mut at = span.start as usize;
    for line in span.slice(text).split_inclusive('\n') {
        parse_line(line, at, kind, &mut found);
        at += line.len();
    }
    found
}

/// More markers in one line are not looked at.
const MAX_PARTS: usize = 64;

fn parse_line(line: &str, at: usize, kind: Kind, found: &mut Vec<IgnoreComment>) {
    let line = line.trim_end().trim_end_matches("*/");
    let starts = part_starts(line);
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let part = Part {
            text: line
                .get(start..end)
                .unwrap_or_default()
                .trim_end_matches(['#', ' ', '\t']),
            at: at + start,
        };
        found.extend(parse_part(part, kind));
    }
}

/// Where each comment marker's text starts, of those that open something we know.
fn part_starts(line: &str) -> Vec<usize> {
    const TOOLS: [&str; 6] = [
        "plimsoll",
        "hadolint",
        "zizmor",
        "checkov",
        "shellcheck",
        "check",
    ];
    let markers = line
        .char_indices()
        .filter(|(at, character)| *at == 0 || matches!(character, '#' | '/' | '*'));
    let texts = markers.map(|(at, _)| {
        let rest = line.get(at..).unwrap_or_default();
        let text = rest.trim_start_matches(['#', '/', '*', ' ', '\t']);
        at + (rest.len() - text.len())
    });
    let mut starts: Vec<usize> = texts
        .filter(|start| {
            let text = line.get(*start..).unwrap_or_default();
            TOOLS.iter().any(|tool| text.starts_with(tool))
        })
        .take(MAX_PARTS)
        .collect();
    starts.dedup();
    starts
}

/// The text of one comment from its first word on.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Part<'a> {
    /// The part behind `prefix` and the blanks that follow.
    fn after(self, prefix: &str) -> Option<Part<'a>> {
        let rest = self.text.strip_prefix(prefix)?;
        let text = rest.trim_start();
        Some(Part {
            text,
            at: self.at + (self.text.len() - text.len()),
        })
    }

    fn span(self) -> Span {
        Span::new(self.at, self.at + self.text.len())
    }

    /// The items of a comma list with their places.
    fn items(self) -> impl Iterator<Item = (&'a str, Span)> {
        let mut at = self.at;
        self.text.split(',').filter_map(move |item| {
            let start = at + (item.len() - item.trim_start().len());
            at += item.len() + 1;
            let name = item.trim();
            (!name.is_empty()).then(|| (name, Span::new(start, start + name.len())))
        })
    }
}

fn parse_part(part: Part<'_>, kind: Kind) -> Option<IgnoreComment> {
    if let Some(rest) = part.after("plimsoll:") {
        return own(part, rest).map(IgnoreComment::Own);
    }
    let foreign = |tool, aliases, scope| {
        IgnoreComment::Foreign(ForeignIgnore {
            span: part.span(),
            tool,
            aliases,
            scope,
        })
    };
    if let Some(rest) = part.after("hadolint") {
        let (rest, scope) = match rest.after("global") {
            Some(rest) => (rest, Scope::File),
            None => (rest, Scope::Statement),
        };
        return Some(foreign(
            "hadolint",
            listed(rest.after("ignore=")?, ""),
            scope,
        ));
    }
    if let Some(rest) = part.after("zizmor:") {
        let list = bracketed(rest.after("ignore")?)?.0;
        return Some(foreign("zizmor", listed(list, "zizmor:"), Scope::Statement));
    }
    if let Some(rest) = part.after("shellcheck") {
        let list = listed(rest.after("disable=")?, "");
        return Some(foreign("shellcheck", list, Scope::Statement));
    }
    let rest = part.after("checkov:")?.after("skip=")?;
    let id = rest.text.split([':', ' ']).next().unwrap_or_default();
    let scope = match kind {
        Kind::Dockerfile => Scope::File,
        _ => Scope::Statement,
    };
    Some(foreign(
        "checkov",
        ForeignAliases::Named(vec![id.to_owned()]),
        scope,
    ))
}

/// The ids of a foreign comma list, each put behind `prefix`. An id ends at the first blank.
fn listed(list: Part<'_>, prefix: &str) -> ForeignAliases {
    let word = |item: &str| {
        item.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let ids = list
        .items()
        .map(|(item, _)| format!("{prefix}{}", word(item)));
    ForeignAliases::Named(ids.collect())
}

/// What stands in the brackets `part` opens with, and what stands behind them.
fn bracketed<'a>(part: Part<'a>) -> Option<(Part<'a>, &'a str)> {
    let inner = part.after("[")?;
    let (list, rest) = inner.text.split_once(']')?;
    Some((
        Part {
            text: list,
            at: inner.at,
        },
        rest,
    ))
}

fn own(whole: Part<'_>, part: Part<'_>) -> Option<OwnIgnore> {
    let word_end = part
        .text
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(part.text.len());
    let word = part.text.get(..word_end).unwrap_or_default();
    // A slip such as `ingore` is an ignore without rules, so that it gets reported.
    nearest(word, ["ignore"])?;
    let brackets = if word == "ignore" {
        bracketed(part.after(word)?)
    } else {
        None
    };
    let (rules, rest) = match brackets {
        Some((list, rest)) => {
            let owned = |(id, span): (&str, Span)| (id.to_owned(), span);
            (list.items().map(owned).collect(), rest)
        }
        None => (Vec::new(), ""),
    };
    let mut ignore = OwnIgnore {
        span: whole.span(),
        rules,
        reason: None,
        owner: None,
        until: Until::Forever,
    };
    let mut reason = Vec::new();
    for word in rest.split_whitespace() {
        if let Some(owner) = word.strip_prefix("owner=") {
            ignore.owner = Some(owner.to_owned()).filter(|owner| !owner.is_empty());
        } else if let Some(until) = word.strip_prefix("until=") {
            ignore.until = match until.parse() {
                Ok(day) => Until::Day(day),
                Err(_) => Until::NotADate(until.to_owned()),
            };
        } else {
            reason.push(word);
        }
    }
    // Bare punctuation is no reason: `ignore[x] --`.
    let reason = reason.join(" ");
    ignore.reason = Some(reason).filter(|reason| reason.chars().any(char::is_alphanumeric));
    Some(ignore)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_all(text: &str) -> Vec<IgnoreComment> {
        parse(text, Span::new(0, text.len()), Kind::Workflow)
    }

    fn check_own(text: &str, rules: &[&str], reason: Option<&str>) {
        let found = parse_all(text);
        let [IgnoreComment::Own(own)] = found.as_slice() else {
            panic!("{text}: {found:?}")
        };
        let ids: Vec<&str> = own.rules.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, rules, "{text}");
        assert_eq!(own.reason.as_deref(), reason, "{text}");
        for (id, span) in &own.rules {
            assert_eq!(span.slice(text), id);
        }
    }

    fn check_foreign(text: &str, ids: &[&str], scope: Scope) {
        let found = parse_all(text);
        let [IgnoreComment::Foreign(foreign)] = found.as_slice() else {
            panic!("{text}: {found:?}")
        };
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(foreign.aliases, ForeignAliases::Named(ids), "{text}");
        assert_eq!(foreign.scope, scope, "{text}");
    }

    #[test]
    fn our_comments() {
        check_own(
            "# plimsoll: ignore[a-b, c] for now",
            &["a-b", "c"],
            Some("for now"),
        );
        check_own("#plimsoll:ignore[a]", &["a"], None);
        check_own("# plimsoll: ignore[a] -- ", &["a"], None);
        check_own("// plimsoll: ignore [a] see #12", &["a"], Some("see #12"));
        check_own("/* plimsoll: ignore[a] why */", &["a"], Some("why"));
        check_own("# v4 # plimsoll: ignore[a] pinned", &["a"], Some("pinned"));
        check_own("# plimsoll: ignore", &[], None);
        check_own("# plimsoll: ingore[a] x", &[], None);
        check_own("# plimsoll: ignore[a", &[], None);
        assert_eq!(parse_all("# plimsoll: a fine tool"), []);
        assert_eq!(parse_all("# see plimsoll: ignore[a]"), []);
    }

    #[test]
    fn owner_and_date_are_taken_out_of_the_reason() {
        let text = "# plimsoll: ignore[a] owner=ana waits until=2026-01-02 for it";
        let found = parse_all(text);
        let [IgnoreComment::Own(own)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(own.reason.as_deref(), Some("waits for it"));
        assert_eq!(own.owner.as_deref(), Some("ana"));
        assert_eq!(own.until, Until::Day(jiff::civil::date(2026, 1, 2)));
    }

    #[test]
    fn comments_for_other_tools() {
        check_foreign(
            "# hadolint ignore=DL3007, SC2086",
            &["DL3007", "SC2086"],
            Scope::Statement,
        );
        check_foreign(
            "#hadolint global ignore=DL3007 why",
            &["DL3007"],
            Scope::File,
        );
        check_foreign(
            "# zizmor: ignore[a,b] why",
            &["zizmor:a", "zizmor:b"],
            Scope::Statement,
        );
        check_foreign("# shellcheck disable=SC2086", &["SC2086"], Scope::Statement);
        check_foreign(
            "#checkov:skip=CKV_GHA_1: it is fine",
            &["CKV_GHA_1"],
            Scope::Statement,
        );
        assert_eq!(parse_all("# hadolint shell=bash"), []);
        assert_eq!(parse_all("# zizmor: hello"), []);
    }

    #[test]
    fn two_tools_share_a_line() {
        let text = "# v4 # zizmor: ignore[x] # plimsoll: ignore[y] because";
        let found = parse_all(text);
        assert!(matches!(
            found.as_slice(),
            [IgnoreComment::Foreign(_), IgnoreComment::Own(_)]
        ));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(# |//|/\\*|plimsoll:|ignore|\\[|\\]|hadolint|zizmor:|until=|,|é|\n|.){0,20}") {
            for ignore in parse_all(&text) {
                let span = match ignore {
                    IgnoreComment::Own(own) => own.span,
                    IgnoreComment::Foreign(foreign) => foreign.span,
                };
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
}
