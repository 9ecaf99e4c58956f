//! What one run was asked for, command line and config together.

use std::collections::BTreeSet;

use plimsoll_model::{Level, RootPath, RuleInfo, Severity};

use crate::{Config, RuleLevel, RuleTable};

/// What the findings of a root are judged by. The caller has merged the command line into it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// All rules.
    pub rules: RuleTable,
    /// The config that counts: with `submitted` the operator's only.
    pub config: Config,
    /// Where the config stands, if it lies below the root: its own ignores are then reported as comments are.
    pub config_path: Option<RootPath>,
    /// A stranger wrote the root: no ignore comment in it is honoured.
    pub submitted: bool,
    /// Which findings are shown.
    pub level: Level,
    /// Findings below it are hidden.
    pub min_severity: Option<Severity>,
    /// Ids of the only rules asked for, whatever their level; empty for all.
    pub only: BTreeSet<&'static str>,
    /// Ids of the rules left out.
    pub skip: BTreeSet<&'static str>,
    /// Fingerprints that do not count, and why.
    pub known: Known,
}

/// Fingerprints of findings that were there before.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Those of the baseline.
    pub baseline: BTreeSet<String>,
    /// Those found at `--since-ref`, and the revision as typed.
    pub since: Option<(String, BTreeSet<String>)>,
}

impl Known {
    /// Why `fingerprint` does not count, if it does not.
    pub(crate) fn reason(&self, fingerprint: &str) -> Option<String> {
        if self.baseline.contains(fingerprint) {
            return Some("in the baseline".to_owned());
        }
        let (revision, known) = self.since.as_ref()?;
        known
            .contains(fingerprint)
            .then(|| format!("there already at {revision}"))
    }
}

impl Settings {
    /// Whether `rule` was asked for at `path`, at any level.
    pub fn selects(&self, rule: &RuleInfo, path: &RootPath) -> bool {
        if self.skip.contains(rule.id) {
            return false;
        }
        if !self.only.is_empty() {
            return self.only.contains(rule.id);
        }
        self.config.setting(rule, path).level != Some(RuleLevel::Off)
    }

    /// The level at which a finding of `rule` at `path` is shown that by itself has `level`.
    pub(crate) fn level_at(&self, rule: &RuleInfo, path: &RootPath, level: Level) -> Level {
        match self.config.setting(rule, path).level {
            Some(RuleLevel::Shown(level)) => level,
            _ => level,
        }
    }

    /// Whether a finding of `rule` with `level` is shown in this run.
    pub(crate) fn shows(&self, rule: &RuleInfo, level: Level) -> bool {
        level <= self.level || self.only.contains(rule.id)
    }

    /// Whether `rule` runs at `path` in this run: selected, and able to show something. A rule whose own level is
    /// strict may be left out of a default run.
    pub fn runs(&self, rule: &RuleInfo, path: &RootPath) -> bool {
        self.selects(rule, path) && self.shows(rule, self.level_at(rule, path, rule.level))
    }
}
