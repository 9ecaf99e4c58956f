//! What `plimsoll.toml` says.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use jiff::civil::Date;
use plimsoll_model::{Control, Level, RootPath, RuleInfo, Severity, Span};

use crate::RuleTable;

/// The contents of `plimsoll.toml`. Every key may be absent.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `root = true`: the folder of this file is the root, where the enclosing work tree would be otherwise.
    pub root: bool,
    /// `level = "default" | "strict"`: which findings are shown.
    pub level: Option<Level>,
    /// `fail-on = "low"`: the least severity that makes the exit code 1.
    pub fail_on: Option<Severity>,
    /// `min-severity = "low"`: findings below it are not shown.
    pub min_severity: Option<Severity>,
    /// `[rules]`: a rule's id and either a level or `{ level = …, severity = … }`.
    pub rules: BTreeMap<&'static str, RuleSetting>,
    /// `[[overrides]]`: the same for some paths only; later ones win.
    pub overrides: Vec<Override>,
    /// `[trust]`: who may set what.
    pub trust: Trust,
    /// `[[ignore]]`: findings accepted, with the reason.
    pub ignores: Vec<IgnoreEntry>,
}

/// How one rule is judged. What is absent stays as the rule says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSetting {
    /// `"off"`, `"default"` or `"strict"`.
    pub level: Option<RuleLevel>,
    /// The severity of all its findings.
    pub severity: Option<Severity>,
}

impl RuleSetting {
    /// This setting, with whatever `later` says instead.
    pub(crate) fn overridden_by(self, later: RuleSetting) -> RuleSetting {
        RuleSetting {
            level: later.level.or(self.level),
            severity: later.severity.or(self.severity),
        }
    }
}

/// Whether and at which level a rule is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleLevel {
    /// Never.
    Off,
    /// At this level and the ones beyond.
    Shown(Level),
}

/// An entry of `[[overrides]]`.
#[derive(Clone, Debug)]
pub struct Override {
    /// `paths = [globs]`, relative to the root; a folder means all below it.
    pub paths: PathPatterns,
    /// `rules = { id = … }`.
    pub rules: BTreeMap<&'static str, RuleSetting>,
}

/// The `[trust]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `args = { NAME = "anyone" }`: who may set which build argument.
    pub args: BTreeMap<String, Control>,
}

/// An entry of `[[ignore]]`.
#[derive(Clone, Debug)]
pub struct IgnoreEntry {
    /// `rule`: the rule silenced.
    pub rule: &'static RuleInfo,
    /// `path`: a glob relative to the root; everywhere where absent.
    pub path: Option<PathPatterns>,
    /// `reason`: why.
    pub reason: Option<String>,
    /// `owner`: who decided.
    pub owner: Option<String>,
    /// `until`: the last day it holds.
    pub until: Option<Date>,
    /// Where the entry's rule stands in the config.
    pub span: Span,
}

/// Globs over root-relative paths. `*` stays within a component, `**` crosses them; a pattern that matches a folder
/// matches all below it.
#[derive(Clone, Debug)]
pub struct PathPatterns {
    set: GlobSet,
}

impl PathPatterns {
    /// Compiles `patterns`; the error says what is wrong with which.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<PathPatterns, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let trimmed = pattern.trim_start_matches("./").trim_matches('/');
            for glob in [trimmed.to_owned(), format!("{trimmed}/**")] {
                let glob = GlobBuilder::new(&glob).literal_separator(true).build();
                set.add(glob.map_err(|error| format!("`{pattern}`: {}", error.kind()))?);
            }
        }
        let set = set.build().map_err(|error| error.to_string())?;
        Ok(PathPatterns { set })
    }

    /// Whether `path` matches any of them.
    pub fn matches(&self, path: &RootPath) -> bool {
        self.set.is_match(path.as_str())
    }
}

/// What is wrong with a config file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// One sentence.
    pub message: String,
    /// The bytes meant, where they are known.
    pub span: Option<Span>,
}

impl Config {
    /// Reads a config. All that is wrong is reported at once, in the order of the file.
    pub fn parse(text: &str, rules: &RuleTable) -> Result<Config, Vec<ConfigError>> {
        crate::config_reader::read(text, rules)
    }

    /// What the config says of `rule` at `path`.
    pub fn setting(&self, rule: &RuleInfo, path: &RootPath) -> RuleSetting {
        let base = self.rules.get(rule.id).copied().unwrap_or_default();
        let matching = self
            .overrides
            .iter()
            .filter(|entry| entry.paths.matches(path));
        matching
            .filter_map(|entry| entry.rules.get(rule.id))
            .fold(base, |setting, later| setting.overridden_by(*later))
    }
}
