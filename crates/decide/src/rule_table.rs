//! Rules by id, and the nearest id to a mistyped one.

use std::collections::BTreeMap;

use plimsoll_model::RuleInfo;

/// Every rule there is, found by its id or a former one.
#[derive(Clone, Debug, Default)]
pub struct RuleTable {
    rules: Vec<&'static RuleInfo>,
    by_id: BTreeMap<&'static str, &'static RuleInfo>,
}

impl RuleTable {
    /// A table of `rules` and of the rules about ignores that this crate brings, sorted by id.
    pub fn new(rules: impl IntoIterator<Item = &'static RuleInfo>) -> RuleTable {
        let mut by_id = BTreeMap::new();
        for rule in rules.into_iter().chain(crate::RULES) {
            for id in rule.former_ids {
                by_id.entry(*id).or_insert(rule);
            }
            by_id.insert(rule.id, rule);
        }
        let current =
            |(id, rule): (&&'static str, &&'static RuleInfo)| (rule.id == *id).then_some(*rule);
        let rules = by_id.iter().filter_map(current).collect();
        RuleTable { rules, by_id }
    }

    /// All rules, sorted by id.
    pub fn rules(&self) -> &[&'static RuleInfo] {
        &self.rules
    }

    /// The rule that `id` names, now or formerly.
    pub fn find(&self, id: &str) -> Option<&'static RuleInfo> {
        self.by_id.get(id).copied()
    }

    /// The id that was probably meant by the unknown `id`: the rule that carries it as another tool's id, else the
    /// nearest spelling.
    pub fn suggest(&self, id: &str) -> Option<&'static str> {
        let wanted = id.trim().to_ascii_lowercase();
        let carries = |alias: &&str| {
            let alias = alias.to_ascii_lowercase();
            alias == wanted
                || alias
                    .rsplit_once(':')
                    .is_some_and(|(_, name)| name == wanted)
        };
        let aliased = self
            .rules
            .iter()
            .find(|rule| rule.aliases.iter().any(carries));
        match aliased {
            Some(rule) => Some(rule.id),
            None => {
                let wanted = wanted.replace('_', "-");
                let slip = nearest(&wanted, self.by_id.keys().copied());
                slip.or_else(|| self.with_words(&wanted))
            }
        }
    }

    /// The shortest id that has all the words of `wanted`, which may leave words out.
    fn with_words(&self, wanted: &str) -> Option<&'static str> {
        const WORDS: usize = 8;
        let words: Vec<&str> = wanted.split('-').filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words.len() > WORDS {
            return None;
        }
        let mut holding: Vec<&str> = self.rules.iter().map(|rule| rule.id).collect();
        // The last word may still be in the making.
        holding.retain(|id| {
            let mut of_id = id.split('-');
            let mut wanted = words.iter().enumerate();
            wanted.all(|(at, word)| {
                let is_last = at + 1 == words.len();
                of_id.any(|one| one == *word || (is_last && one.starts_with(word)))
            })
        });
        holding.into_iter().min_by_key(|id| (id.len(), *id))
    }

    /// `unknown rule `x`` with the suggestion, for errors.
    pub fn unknown(&self, id: &str) -> String {
        with_suggestion(format!("unknown rule `{id}`"), self.suggest(id))
    }
}

/// Appends "did you mean" to `message`.
pub(crate) fn with_suggestion(message: String, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(name) => format!("{message}, did you mean `{name}`?"),
        None => message,
    }
}

/// The candidate closest to `wanted`, if it is close enough to be a slip.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const BOUND: usize = 100;
    if wanted.is_empty() || wanted.len() > BOUND {
        return None;
    }
    let score = |name: &'a str| (strsim::damerau_levenshtein(wanted, name), name);
    let (distance, name) = candidates.into_iter().map(score).min()?;
    (distance <= (wanted.chars().count() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::STALE_IGNORE;

    #[test]
    fn suggests_what_was_meant() {
        let table = RuleTable::new([]);
        let cases = [
            ("stale-ignor", Some("stale-ignore")),
            ("stale_ignore", Some("stale-ignore")),
            ("STALE-IGNORE", Some("stale-ignore")),
            ("stale", Some("stale-ignore")),
            ("ignore", Some("stale-ignore")),
            ("expired-ig", Some("expired-ignore")),
            ("something-else-entirely", None),
            ("-", None),
            ("", None),
        ];
        for (id, expected) in cases {
            assert_eq!(table.suggest(id), expected, "{id}");
        }
        assert_eq!(table.find("stale-ignore").unwrap().id, STALE_IGNORE.id);
        assert_eq!(
            table.unknown("stale-ignor"),
            "unknown rule `stale-ignor`, did you mean `stale-ignore`?"
        );
    }
}
