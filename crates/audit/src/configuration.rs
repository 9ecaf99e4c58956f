//! What a root is judged by: the request, the config that counts, the baseline.

use std::collections::BTreeSet;
use std::path::Path;

use plimsoll_collect::{Collection, NamedFile, Narrowing, read_operator_file, text};
use plimsoll_decide::{Baseline, BaselineKey, Config, Known, RuleTable, Settings, Thresholds};
use plimsoll_model::{RootPath, SkipReason, Skipped};

use crate::request::{ConfigMistake, Request, UsageError};

/// The name of a config.
pub const CONFIG_FILE: &str = "plimsoll.toml";

/// How a config narrows a root: `root = true` among its first keys. Whether it is right is told when it is read.
pub(crate) const NARROWING: Narrowing = Narrowing {
    file_name: CONFIG_FILE,
    narrows,
};

fn narrows(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_root = |line: &str| {
        let line = line.split('#').next().unwrap_or("");
        line.split_once('=')
            .is_some_and(|(key, value)| key.trim() == "root" && value.trim() == "true")
    };
    text.trim_start_matches('\u{feff}')
        .lines()
        .take_while(|line| !line.trim_start().starts_with('['))
        .any(is_root)
}

/// What all roots of a run share.
pub(crate) struct Judgement<'a> {
    request: &'a Request,
    rules: RuleTable,
    only: BTreeSet<&'static str>,
    skip: BTreeSet<&'static str>,
    operator_config: Option<Config>,
    baseline: BTreeSet<String>,
    key: Option<BaselineKey>,
}

/// What one root is judged by.
pub(crate) struct RootJudgement {
    pub(crate) settings: Settings,
    pub(crate) thresholds: Thresholds,
}

impl<'a> Judgement<'a> {
    /// Reads what the request names.
    pub(crate) fn new(request: &'a Request) -> Result<Judgement<'a>, UsageError> {
        let rules = rule_table();
        let only = rule_ids(&rules, &request.only)?;
        let skip = rule_ids(&rules, &request.skip)?;
        let operator_config = match &request.config {
            Some(path) => Some(read_config(path, &rules)?),
            None => None,
        };
        let (baseline, key) = match &request.baseline {
            Some(path) => {
                let baseline = read_baseline(path)?;
                (baseline.fingerprints(), baseline.key)
            }
            None => (BTreeSet::new(), request.new_key.clone()),
        };
        Ok(Judgement {
            request,
            rules,
            only,
            skip,
            operator_config,
            baseline,
            key,
        })
    }

    /// By which credentials are known again: the baseline's key, or that of the one that is to be written.
    pub(crate) fn key(&self) -> Option<BaselineKey> {
        self.key.clone()
    }

    /// The rules that can run, sorted by id.
    pub(crate) fn rules(&self) -> Vec<&'static plimsoll_model::RuleInfo> {
        let can_run = |id: &'static str| {
            !self.skip.contains(id) && (self.only.is_empty() || self.only.contains(id))
        };
        let rules = self.rules.rules().iter().copied();
        rules.filter(|rule| can_run(rule.id)).collect()
    }

    /// What `collection` is judged by.
    pub(crate) fn of(&self, collection: &Collection) -> Result<RootJudgement, UsageError> {
        let (mut config, config_path) = self.config_of(collection)?;
        let request = self.request;
        config.trust.args.extend(request.trust.clone());
        let thresholds = Thresholds {
            fail_on: request
                .fail_on
                .or(config.fail_on)
                .unwrap_or(Thresholds::default().fail_on),
            exit_zero: request.exit_zero,
        };
        let settings = Settings {
            rules: self.rules.clone(),
            submitted: request.submitted,
            level: request.level.or(config.level).unwrap_or_default(),
            min_severity: request.min_severity.or(config.min_severity),
            only: self.only.clone(),
            skip: self.skip.clone(),
            known: Known {
                baseline: self.baseline.clone(),
                since: None,
            },
            config,
            config_path,
        };
        Ok(RootJudgement {
            settings,
            thresholds,
        })
    }

    /// The config that counts: the operator's, else the root's own unless a stranger wrote it.
    fn config_of(&self, collection: &Collection) -> Result<(Config, Option<RootPath>), UsageError> {
        if let Some(config) = &self.operator_config {
            return Ok((config.clone(), None));
        }
        match config_file(collection) {
            Some(file) if !self.request.submitted => {
                let config = Config::parse(&file.text, &self.rules).map_err(|errors| {
                    let mistake = |error| ConfigMistake::new(error, &file.text);
                    UsageError::Config {
                        path: collection.display(&file.path),
                        text: file.text.to_string(),
                        errors: errors.into_iter().map(mistake).collect(),
                    }
                })?;
                Ok((config, Some(file.path.clone())))
            }
            _ => Ok((Config::default(), None)),
        }
    }

    /// The root's own config, where it does not count.
    pub(crate) fn config_not_honoured(&self, collection: &Collection) -> Option<Skipped> {
        let file = config_file(collection).filter(|_| self.request.submitted)?;
        Some(Skipped {
            path: collection.display(&file.path),
            reason: SkipReason::NotHonoured,
            detail: "the config of a submitted target does not count".to_owned(),
        })
    }
}

fn config_file(collection: &Collection) -> Option<&NamedFile> {
    let mut files = collection.named_files.iter();
    files.find(|file| file.path.as_str() == CONFIG_FILE)
}

/// Every rule there is, those about ignores included.
pub fn rule_table() -> RuleTable {
    RuleTable::new(plimsoll_rules::infos())
}

fn rule_ids(rules: &RuleTable, ids: &[String]) -> Result<BTreeSet<&'static str>, UsageError> {
    let find = |id: &String| match rules.find(id) {
        Some(rule) => Ok(rule.id),
        None => Err(UsageError::UnknownRule(rules.unknown(id))),
    };
    ids.iter().map(find).collect()
}

fn read_text(path: &Path) -> Result<std::sync::Arc<str>, UsageError> {
    let bytes = read_operator_file(path).map_err(|error| UsageError::Unreadable {
        path: path.display().to_string(),
        error,
    })?;
    Ok(text(bytes))
}

fn read_config(path: &Path, rules: &RuleTable) -> Result<Config, UsageError> {
    let text = read_text(path)?;
    Config::parse(&text, rules).map_err(|errors| UsageError::Config {
        path: path.display().to_string(),
        text: text.to_string(),
        errors: errors
            .into_iter()
            .map(|error| ConfigMistake::new(error, &text))
            .collect(),
    })
}

fn read_baseline(path: &Path) -> Result<Baseline, UsageError> {
    let text = read_text(path)?;
    Baseline::read(&text).map_err(|error| UsageError::Baseline {
        path: path.display().to_string(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_narrows_among_the_first_keys_only() {
        let cases = [
            ("root = true\n", true),
            ("# c\nlevel = \"strict\"\nroot=true # here\n", true),
            ("root = false\n", false),
            ("[rules]\nroot = true\n", false),
            ("# root = true\n", false),
        ];
        for (text, expected) in cases {
            assert_eq!(narrows(text.as_bytes()), expected, "{text}");
        }
    }
}
