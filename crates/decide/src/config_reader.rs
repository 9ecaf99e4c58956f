//! Reading `plimsoll.toml`: every key is known or an error with its place and the nearest name.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;
use plimsoll_model::{Control, Level, RuleInfo, Severity, Span};
use toml_edit::{Document, Item, TableLike};

use crate::rule_table::{nearest, with_suggestion};
use crate::{
    Config, ConfigError, IgnoreEntry, Override, PathPatterns, RuleLevel, RuleSetting, RuleTable,
    Trust,
};

/// Larger config files are refused.
const MAX_BYTES: usize = 1 << 20;

/// The TOML text as a config, or everything that is wrong with it.
pub(crate) fn read(text: &str, rules: &RuleTable) -> Result<Config, Vec<ConfigError>> {
    if text.len() > MAX_BYTES {
        let message = format!("larger than {MAX_BYTES} bytes");
        return Err(vec![ConfigError {
            message,
            span: None,
        }]);
    }
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().trim().to_owned();
        vec![ConfigError {
            message,
            span: span_of(error.span()),
        }]
    })?;
    let mut reader = Reader {
        rules,
        errors: Vec::new(),
    };
    let config = reader.config(document.as_table());
    if reader.errors.is_empty() {
        return Ok(config);
    }
    reader
        .errors
        .sort_by_key(|error| error.span.map(|span| span.start));
    Err(reader.errors)
}

struct Reader<'a> {
    rules: &'a RuleTable,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn config(&mut self, table: &dyn TableLike) -> Config {
        let known = [
            "root",
            "level",
            "fail-on",
            "min-severity",
            "rules",
            "overrides",
            "trust",
            "ignore",
        ];
        self.only_known_keys(table, &known);
        Config {
            root: self.boolean(table, "root"),
            level: self.named(table, "level", &LEVELS),
            fail_on: self.named(table, "fail-on", &SEVERITIES),
            min_severity: self.named(table, "min-severity", &SEVERITIES),
            rules: self.rule_settings(table),
            overrides: self.overrides(table),
            trust: self.trust(table),
            ignores: self.ignores(table),
        }
    }

    fn overrides(&mut self, table: &dyn TableLike) -> Vec<Override> {
        let mut overrides = Vec::new();
        self.each_table(table, "overrides", |reader, entry, span| {
            reader.only_known_keys(entry, &["paths", "rules"]);
            let paths = reader.patterns(entry, "paths");
            let rules = reader.rule_settings(entry);
            match paths {
                Some(paths) => overrides.push(Override { paths, rules }),
                None if entry.get("paths").is_none() => {
                    reader.fail("an override needs `paths`", span);
                }
                None => {}
            }
        });
        overrides
    }

    fn ignores(&mut self, table: &dyn TableLike) -> Vec<IgnoreEntry> {
        let mut ignores = Vec::new();
        self.each_table(table, "ignore", |reader, entry, span| {
            reader.only_known_keys(entry, &["rule", "path", "reason", "owner", "until"]);
            let ignore = reader.ignore(entry, span);
            ignores.extend(ignore);
        });
        ignores
    }

    fn ignore(&mut self, entry: &dyn TableLike, span: Option<Range<usize>>) -> Option<IgnoreEntry> {
        let path = self.patterns(entry, "path");
        let reason = self.text(entry, "reason");
        let owner = self.text(entry, "owner");
        let until = self.date(entry, "until");
        let Some(rule) = entry.get("rule") else {
            self.fail("an ignore needs `rule`", span);
            return None;
        };
        let id = self.text(entry, "rule")?;
        Some(IgnoreEntry {
            rule: self.rule(&id, rule.span())?,
            path,
            reason: reason.filter(|reason| !reason.trim().is_empty()),
            owner,
            until,
            span: span_of(rule.span()).unwrap_or_default(),
        })
    }

    fn trust(&mut self, table: &dyn TableLike) -> Trust {
        let mut args = BTreeMap::new();
        if let Some(trust) = self.table(table, "trust") {
            self.only_known_keys(trust, &["args"]);
            if let Some(names) = self.table(trust, "args") {
                for (name, _) in names.iter() {
                    let control = self.named(names, name, &CONTROLS);
                    args.extend(control.map(|control| (name.to_owned(), control)));
                }
            }
        }
        Trust { args }
    }

    fn rule_settings(&mut self, table: &dyn TableLike) -> BTreeMap<&'static str, RuleSetting> {
        let mut settings = BTreeMap::new();
        let Some(rules) = self.table(table, "rules") else {
            return settings;
        };
        for (id, item) in rules.iter() {
            let rule = self.rule(id, key_span(rules, id));
            let setting = self.rule_setting(rules, id, item);
            if let Some(rule) = rule {
                settings.insert(rule.id, setting);
            }
        }
        settings
    }

    fn rule_setting(&mut self, rules: &dyn TableLike, id: &str, item: &Item) -> RuleSetting {
        let Some(table) = item.as_table_like() else {
            let level = self.named(rules, id, &RULE_LEVELS);
            return RuleSetting {
                level,
                severity: None,
            };
        };
        self.only_known_keys(table, &["level", "severity"]);
        RuleSetting {
            level: self.named(table, "level", &RULE_LEVELS),
            severity: self.named(table, "severity", &SEVERITIES),
        }
    }

    fn rule(&mut self, id: &str, span: Option<Range<usize>>) -> Option<&'static RuleInfo> {
        let rule = self.rules.find(id);
        if rule.is_none() {
            self.fail(self.rules.unknown(id), span);
        }
        rule
    }

    fn patterns(&mut self, table: &dyn TableLike, key: &str) -> Option<PathPatterns> {
        let item = table.get(key)?;
        let texts: Option<Vec<&str>> = match item.as_array() {
            Some(array) => array.iter().map(|value| value.as_str()).collect(),
            None => item.as_str().map(|text| vec![text]),
        };
        let patterns = texts
            .ok_or_else(|| format!("`{key}` takes paths in quotes"))
            .and_then(PathPatterns::new);
        patterns
            .map_err(|message| self.fail(message, item.span()))
            .ok()
    }

    fn boolean(&mut self, table: &dyn TableLike, key: &str) -> bool {
        let value = table.get(key).map(|item| (item.as_bool(), item.span()));
        match value {
            Some((None, span)) => {
                self.fail(format!("`{key}` takes `true` or `false`"), span);
                false
            }
            Some((Some(value), _)) => value,
            None => false,
        }
    }

    fn text(&mut self, table: &dyn TableLike, key: &str) -> Option<String> {
        let item = table.get(key)?;
        if item.as_str().is_none() {
            self.fail(format!("`{key}` takes text in quotes"), item.span());
        }
        item.as_str().map(str::to_owned)
    }

    fn date(&mut self, table: &dyn TableLike, key: &str) -> Option<Date> {
        let item = table.get(key)?;
        let written = match item.as_datetime() {
            Some(date) => date.to_string(),
            None => item.as_str().unwrap_or_default().to_owned(),
        };
        let date = written.parse::<Date>().ok();
        if date.is_none() {
            self.fail(
                format!("`{key}` takes a date such as 2030-06-30"),
                item.span(),
            );
        }
        date
    }

    /// The value of `key` out of a list of names.
    fn named<T: Copy>(
        &mut self,
        table: &dyn TableLike,
        key: &str,
        names: &[(&'static str, T)],
    ) -> Option<T> {
        let item = table.get(key)?;
        let written = item.as_str().unwrap_or_default();
        let found = names.iter().find(|(name, _)| *name == written);
        if found.is_none() {
            let list: Vec<String> = names
                .iter()
                .map(|(name, _)| format!("\"{name}\""))
                .collect();
            let message = format!("`{key}` takes one of {}", list.join(", "));
            let guess = nearest(written, names.iter().map(|(name, _)| *name));
            self.fail(with_suggestion(message, guess), item.span());
        }
        found.map(|(_, value)| *value)
    }

    fn table<'t>(&mut self, table: &'t dyn TableLike, key: &str) -> Option<&'t dyn TableLike> {
        let item = table.get(key)?;
        if item.as_table_like().is_none() {
            self.fail(format!("`{key}` is a table"), item.span());
        }
        item.as_table_like()
    }

    /// Calls `read` with every table of the array `key`.
    fn each_table(
        &mut self,
        table: &dyn TableLike,
        key: &str,
        mut read: impl FnMut(&mut Self, &dyn TableLike, Option<Range<usize>>),
    ) {
        let Some(item) = table.get(key) else { return };
        if let Some(tables) = item.as_array_of_tables() {
            for table in tables {
                read(self, table, table.span());
            }
            return;
        }
        let Some(array) = item.as_array() else {
            return self.fail(
                format!("`{key}` is a list of tables: write `[[{key}]]`"),
                item.span(),
            );
        };
        for value in array {
            match value.as_inline_table() {
                Some(table) => read(self, table, value.span()),
                None => self.fail(format!("`{key}` holds tables only"), value.span()),
            }
        }
    }

    fn only_known_keys(&mut self, table: &dyn TableLike, known: &[&str]) {
        for (key, _) in table.iter().filter(|(key, _)| !known.contains(key)) {
            let guess = nearest(key, known.iter().copied());
            let message = with_suggestion(format!("unknown key `{key}`"), guess);
            self.fail(message, key_span(table, key));
        }
    }

    fn fail(&mut self, message: impl Into<String>, span: Option<Range<usize>>) {
        self.errors.push(ConfigError {
            message: message.into(),
            span: span_of(span),
        });
    }
}

const LEVELS: [(&str, Level); 2] = [("default", Level::Default), ("strict", Level::Strict)];

const RULE_LEVELS: [(&str, RuleLevel); 3] = [
    ("off", RuleLevel::Off),
    ("default", RuleLevel::Shown(Level::Default)),
    ("strict", RuleLevel::Shown(Level::Strict)),
];

const SEVERITIES: [(&str, Severity); 5] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
    ("info", Severity::Info),
];

const CONTROLS: [(&str, Control); 4] = [
    ("anyone", Control::Anyone),
    ("contributor", Control::Contributor),
    ("maintainer", Control::Maintainer),
    ("platform", Control::Platform),
];

fn key_span(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    table.key(key).and_then(|key| key.span())
}

fn span_of(range: Option<Range<usize>>) -> Option<Span> {
    range.map(|range| Span::new(range.start, range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::RootPath;
    use proptest::prelude::*;

    fn errors(text: &str) -> Vec<(String, String)> {
        let errors = Config::parse(text, &RuleTable::new([])).unwrap_err();
        let place = |error: ConfigError| {
            let under = error.span.map(|span| span.slice(text).to_owned());
            (error.message, under.unwrap_or_default())
        };
        errors.into_iter().map(place).collect()
    }

    fn check(text: &str, message: &str, under: &str) {
        assert_eq!(
            errors(text),
            [(message.to_owned(), under.to_owned())],
            "{text}"
        );
    }

    #[test]
    fn a_whole_config_is_read() {
        let text = r#"
root = true
level = "strict"
fail-on = "high"
min-severity = "low"
[rules]
stale-ignore = "off"
expired-ignore = { level = "strict", severity = "high" }
[[overrides]]
paths = ["examples", "**/*.dev.yml"]
rules = { expired-ignore = { severity = "info" } }
[trust]
args = { VERSION = "anyone" }
[[ignore]]
rule = "expired-ignore"
path = "legacy/**"
reason = "until the move"
owner = "ana"
until = 2030-01-31
"#;
        let config = Config::parse(text, &RuleTable::new([])).unwrap();
        assert!(config.root);
        assert_eq!(config.level, Some(Level::Strict));
        assert_eq!(config.fail_on, Some(Severity::High));
        let at = |path: &str| {
            config
                .setting(&crate::EXPIRED_IGNORE, &RootPath::new(path).unwrap())
                .severity
        };
        assert_eq!(at("a/Dockerfile"), Some(Severity::High));
        assert_eq!(at("examples/a/Dockerfile"), Some(Severity::Info));
        assert_eq!(at("a/b/x.dev.yml"), Some(Severity::Info));
        assert_eq!(config.trust.args["VERSION"], Control::Anyone);
        assert_eq!(config.ignores[0].until.unwrap().to_string(), "2030-01-31");
        assert_eq!(config.ignores[0].span.slice(text), "\"expired-ignore\"");
    }

    #[test]
    fn mistakes_have_a_place_and_a_suggestion() {
        check(
            "levle = 'strict'",
            "unknown key `levle`, did you mean `level`?",
            "levle",
        );
        check(
            "fail-on = 'hgih'",
            "`fail-on` takes one of \"critical\", \"high\", \"medium\", \"low\", \"info\", did you mean `high`?",
            "'hgih'",
        );
        check(
            "[rules]\nstale-ignroe = 'off'",
            "unknown rule `stale-ignroe`, did you mean `stale-ignore`?",
            "stale-ignroe",
        );
        check("root = 'yes'", "`root` takes `true` or `false`", "'yes'");
        check(
            "[[ignore]]\nreason = 'x'",
            "an ignore needs `rule`",
            "[[ignore]]",
        );
        check(
            "[[ignore]]\nrule = 'stale-ignore'\nuntil = 'soon'",
            "`until` takes a date such as 2030-06-30",
            "'soon'",
        );
        check(
            "ignore = 1",
            "`ignore` is a list of tables: write `[[ignore]]`",
            "1",
        );
        check("rules = 1", "`rules` is a table", "1");
        check(
            "[[overrides]]\npaths = ['a[']",
            "`a[`: unclosed character class; missing ']'",
            "['a[']",
        );
        check(
            "[trust]\nargs = { V = 'nobody' }",
            "`V` takes one of \"anyone\", \"contributor\", \"maintainer\", \"platform\"",
            "'nobody'",
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once_in_order() {
        let found = errors("x-y-z = 1\nroot = 3\n[rules]\nno-such-rule-here = 'off'");
        let messages: Vec<&str> = found.iter().map(|(message, _)| message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "unknown key `x-y-z`",
                "`root` takes `true` or `false`",
                "unknown rule `no-such-rule-here`"
            ]
        );
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\[{0,2}(rules|ignore|trust|overrides|root|args|paths)\\]{0,2}|[ =\n'\"{}a-z0-9.\\[\\]-]){0,40}") {
            if let Err(errors) = Config::parse(&text, &RuleTable::new([])) {
                prop_assert!(!errors.is_empty());
                for span in errors.iter().filter_map(|error| error.span) {
                    prop_assert!(span.end as usize <= text.len());
                }
            }
        }
    }
}
