//! The ignores of one file, found by the statements they cover.

use std::collections::BTreeMap;

use jiff::civil::Date;
use plimsoll_model::{Finding, Span};

use crate::RuleTable;
use crate::comment::{ForeignAliases, ForeignIgnore, IgnoreComment, OwnIgnore, Scope};
use crate::ignore::{Effect, effect, expiry};

/// All ignores of one file. Asking about a finding costs no more for a file full of ignores than for one with few.
#[derive(Default)]
pub(crate) struct FileIgnores {
    /// In the order of the file.
    sites: Vec<Site>,
    /// What ignores cover, by start, an outer statement before its inner ones.
    statements: Vec<Statement>,
    /// Statements by the byte behind them.
    by_end: BTreeMap<u32, Vec<usize>>,
    /// Ignores of the whole file.
    file: Silenced,
}

/// One ignore.
pub(crate) struct Site {
    pub(crate) comment: IgnoreComment,
    pub(crate) covers: Option<Span>,
}

struct Statement {
    span: Span,
    /// The statement that was not over where this one starts.
    around: Option<usize>,
    silenced: Silenced,
}

/// What the ignores at one place silence, each with the first ignore that does.
#[derive(Default)]
struct Silenced {
    rules: BTreeMap<&'static str, Own>,
    aliases: BTreeMap<String, usize>,
    prefixes: BTreeMap<&'static str, usize>,
}

/// The ignores of ours that name one rule at one place.
struct Own {
    first: usize,
    holding: Option<usize>,
    /// Whether a finding was met.
    used: bool,
}

impl FileIgnores {
    pub(crate) fn new(sites: Vec<Site>, rules: &RuleTable, today: Date) -> FileIgnores {
        let mut index = FileIgnores {
            statements: statements(&sites),
            ..FileIgnores::default()
        };
        for (at, statement) in index.statements.iter().enumerate() {
            index.by_end.entry(statement.span.end).or_default().push(at);
        }
        for (at, site) in sites.iter().enumerate() {
            match &site.comment {
                IgnoreComment::Own(own) => {
                    if let Some(silenced) = index.silenced_at(site.covers) {
                        silenced.add_own(at, own, rules, today);
                    }
                }
                IgnoreComment::Foreign(foreign) if foreign.scope == Scope::File => {
                    index.file.add_foreign(at, foreign);
                }
                IgnoreComment::Foreign(foreign) => {
                    if let Some(silenced) = index.silenced_at(site.covers) {
                        silenced.add_foreign(at, foreign);
                    }
                }
            }
        }
        index.sites = sites;
        index
    }

    fn statement_at(&self, span: Span) -> Option<usize> {
        let found = self
            .statements
            .binary_search_by(|one| order(one.span).cmp(&order(span)));
        found.ok()
    }

    fn silenced_at(&mut self, covers: Option<Span>) -> Option<&mut Silenced> {
        let at = self.statement_at(covers?)?;
        self.statements.get_mut(at).map(|one| &mut one.silenced)
    }

    /// The ignores, in the order of the file.
    pub(crate) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Whether an ignore at `site` of the rule `id` met a finding.
    pub(crate) fn is_used(&self, site: &Site, id: &str) -> bool {
        let statement = site.covers.and_then(|span| self.statement_at(span));
        let statement = statement.and_then(|at| self.statements.get(at));
        let own = statement.and_then(|one| one.silenced.rules.get(id));
        own.is_some_and(|own| own.used)
    }

    /// What they do to `finding`; one that holds wins over one that does not, an earlier one over a later.
    pub(crate) fn effect(&mut self, finding: &Finding, today: Date) -> Option<Effect> {
        let mut best = self.file.find(finding);
        for at in self.covering(finding.at.span) {
            let statement = self.statements.get_mut(at);
            let found = statement.and_then(|one| one.silenced.find(finding));
            best = [best, found].into_iter().flatten().min();
        }
        let site = self.sites.get(best?.site)?;
        Some(match &site.comment {
            IgnoreComment::Foreign(foreign) => Effect {
                holds: true,
                reason: format!("ignored by a comment for {}", foreign.tool),
            },
            IgnoreComment::Own(own) => {
                let (reason, owner) = (own.reason.as_deref(), own.owner.as_deref());
                effect(reason, owner, &own.until, today)
            }
        })
    }

    /// The statements that a finding at `at` belongs to. One about the whole file belongs to none.
    fn covering(&self, at: Option<Span>) -> Vec<usize> {
        let Some(at) = at else { return Vec::new() };
        let mut found = Vec::new();
        let behind = self
            .statements
            .partition_point(|one| one.span.start <= at.start);
        let mut next = behind.checked_sub(1);
        while let Some(index) = next
            && let Some(statement) = self.statements.get(index)
        {
            if at.start < statement.span.end {
                found.push(index);
            }
            next = statement.around;
        }
        if at.start == at.end {
            // Nothing, at the very end of a statement, still belongs to it.
            let ending = self.by_end.get(&at.end).into_iter().flatten();
            found.extend(ending.filter(|one| {
                let statement = self.statements.get(**one);
                statement.is_some_and(|one| one.span.start <= at.start)
            }));
        }
        found
    }
}

fn order(span: Span) -> (u32, u32) {
    (span.start, u32::MAX - span.end)
}

/// Each statement that one of `sites` covers, once.
fn statements(sites: &[Site]) -> Vec<Statement> {
    let mut spans: Vec<Span> = sites.iter().filter_map(|site| site.covers).collect();
    spans.sort_by_key(|span| order(*span));
    spans.dedup();
    let mut statements: Vec<Statement> = Vec::with_capacity(spans.len());
    let mut open: Vec<usize> = Vec::new();
    for (at, span) in spans.into_iter().enumerate() {
        let is_over = |one: &usize| {
            let statement = statements.get(*one);
            statement.is_none_or(|one| one.span.end <= span.start)
        };
        while open.last().is_some_and(is_over) {
            open.pop();
        }
        let around = open.last().copied();
        open.push(at);
        statements.push(Statement {
            span,
            around,
            silenced: Silenced::default(),
        });
    }
    statements
}

/// An ignore that fits, in the order of preference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    expired: bool,
    site: usize,
}

impl Silenced {
    fn add_own(&mut self, site: usize, own: &OwnIgnore, rules: &RuleTable, today: Date) {
        let holds = expiry(&own.until, today).is_none();
        for (id, _) in &own.rules {
            let Some(rule) = rules.find(id) else { continue };
            let known = self.rules.entry(rule.id).or_insert(Own {
                first: site,
                holding: None,
                used: false,
            });
            if holds {
                known.holding.get_or_insert(site);
            }
        }
    }

    fn add_foreign(&mut self, site: usize, foreign: &ForeignIgnore) {
        match &foreign.aliases {
            ForeignAliases::Named(names) => {
                for name in names {
                    self.aliases.entry(name.clone()).or_insert(site);
                }
            }
            ForeignAliases::AllWithPrefix(prefix) => {
                self.prefixes.entry(prefix).or_insert(site);
            }
        }
    }

    fn find(&mut self, finding: &Finding) -> Option<Fit> {
        let own = self.rules.get_mut(finding.rule.id).map(|own| {
            own.used = true;
            Fit {
                expired: own.holding.is_none(),
                site: own.holding.unwrap_or(own.first),
            }
        });
        let named = |alias: &&str| self.aliases.get(*alias).copied();
        let prefixed = |alias: &&str| {
            let fitting = self.prefixes.iter();
            let mut fitting = fitting.filter(|(prefix, _)| alias.starts_with(**prefix));
            fitting.next().map(|(_, site)| *site)
        };
        let foreign = finding.aliases.iter();
        let foreign = foreign.flat_map(|alias| [named(alias), prefixed(alias)]);
        let foreign = foreign.flatten().map(|site| Fit {
            expired: false,
            site,
        });
        own.into_iter().chain(foreign).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(covers: Option<Span>) -> Site {
        let comment = IgnoreComment::Foreign(ForeignIgnore {
            span: Span::new(0, 0),
            tool: "x",
            aliases: ForeignAliases::AllWithPrefix("x:"),
            scope: Scope::Statement,
        });
        Site { comment, covers }
    }

    fn is_covered(covers: Span, at: Span) -> bool {
        covers.start <= at.start && (at.start < covers.end || covers.contains(at))
    }

    proptest::proptest! {
        #[test]
        fn the_statements_around_a_place_are_all_found(
            spans in proptest::collection::vec((0_usize..20, 0_usize..8), 0..12),
            start in 0_usize..24,
            length in 0_usize..3,
        ) {
            let spans = spans.iter().map(|(start, length)| Span::new(*start, start + length));
            let sites: Vec<Site> = spans.map(|span| site(Some(span))).collect();
            let rules = RuleTable::new(&[]);
            let index = FileIgnores::new(sites, &rules, Date::constant(2030, 1, 1));
            let at = Span::new(start, start + length);
            let mut found = index.covering(Some(at));
            found.sort_unstable();
            found.dedup();
            let expected: Vec<usize> = index.statements.iter().enumerate()
                .filter(|(_, one)| is_covered(one.span, at))
                .map(|(at, _)| at)
                .collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
