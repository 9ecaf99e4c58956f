//! The operator's policy: what a build may do, in TOML.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::num::{NonZero, NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use plimsoll_collect::{HardLinks, LinksOut};
use plimsoll_model::{Confidence, Severity, escape_text};
use regex::Regex;
use serde::Deserialize;

/// The least memory that an engine starts a container with: 6 MiB.
const LEAST_MEMORY: NonZeroU64 = NonZeroU64::MIN.saturating_add((6 << 20) - 1);
/// The least share of a processor that an engine takes: 1 ms in 100.
const LEAST_MILLI_CPUS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// What a build may do. The default allows what needs nothing from outside the repository and the engine.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The network of RUN instructions: `none`, or `default` for the engine's own.
    pub network: Network,
    /// Whether base images that the engine lacks are fetched.
    pub pull: Pull,
    /// Base images that may be used.
    pub images: Names,
    /// Repositories of frontends that `# syntax=` may name. The engine's own frontend is used in their place.
    pub frontends: Vec<String>,
    /// Addresses that ADD may download from: their beginnings.
    pub downloads: Vec<String>,
    /// The namespace of cache mounts; without one they are refused.
    pub cache_namespace: Option<String>,
    /// Build arguments that may be passed.
    pub arguments: BTreeMap<String, ArgumentRule>,
    /// Whether files of credentials may be in the context.
    pub credentials: Credentials,
    /// Links that lead out of the context.
    pub links_out: LinksOut,
    /// Files with further names outside of what is sent.
    pub hard_links: HardLinks,
    /// Entries of the context.
    pub max_entries: usize,
    /// Bytes of the context.
    pub max_bytes: u64,
    /// How long the build may take.
    pub time_limit: Duration,
    /// Bytes of output it may write.
    pub output_limit: u64,
    /// Bytes of memory of a step, swap included; only the classic builder keeps it.
    pub memory: Option<NonZeroU64>,
    /// Thousandths of a processor for a step; only the classic builder keeps it.
    pub milli_cpus: Option<NonZeroU32>,
    /// The control group of the engine's host that steps run beneath; only the classic builder keeps it.
    pub cgroup_parent: Option<String>,
    /// Findings of the audit that refuse a build.
    pub audit: AuditBar,
}

/// The network of RUN instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// None.
    #[default]
    None,
    /// The engine's own.
    Default,
}

/// What is done about base images the engine lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// The build is refused.
    #[default]
    Never,
    /// The engine fetches them.
    Missing,
}

/// What is done about files of credentials in the context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// The build is refused.
    #[default]
    Refuse,
    /// They are sent.
    Allow,
}

/// Which findings of the audit refuse a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditBar {
    /// The least severity.
    pub severity: Severity,
    /// The least confidence.
    pub confidence: Confidence,
    /// Where they stand.
    pub scope: AuditScope,
}

/// Where findings stand that refuse a build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditScope {
    /// In the files that say how this image is built: the manifest, the Dockerfile, the ignore file.
    #[default]
    Build,
    /// Anywhere in the repository.
    Repository,
    /// Nowhere: the audit is not run.
    Off,
}

/// What a build argument may be.
#[derive(Clone, Debug)]
pub enum ArgumentRule {
    /// One of these.
    Values(Vec<String>),
    /// Whatever the pattern matches whole.
    Pattern(Regex),
}

/// A list of globs.
#[derive(Clone, Debug)]
pub struct Names {
    globs: GlobSet,
}

impl Names {
    fn new(patterns: &[String]) -> Result<Names, String> {
        let mut builder = GlobSetBuilder::new();
        for pattern in patterns {
            let glob = Glob::new(pattern).map_err(|error| error.to_string())?;
            builder.add(glob);
        }
        let globs = builder.build().map_err(|error| error.to_string())?;
        Ok(Names { globs })
    }

    /// Whether one of them matches.
    pub fn contains(&self, name: &str) -> bool {
        self.globs.is_match(name)
    }
}

impl ArgumentRule {
    /// Whether `value` may be passed. Control characters never are.
    pub fn allows(&self, value: &str) -> bool {
        if value.chars().any(char::is_control) {
            return false;
        }
        match self {
            ArgumentRule::Values(values) => values.iter().any(|allowed| allowed == value),
            ArgumentRule::Pattern(pattern) => pattern.is_match(value),
        }
    }
}

/// Why a policy is not one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(String);

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct File {
    network: Network,
    pull: Pull,
    images: Option<Vec<String>>,
    frontends: Option<Vec<String>>,
    downloads: Vec<String>,
    cache_namespace: Option<String>,
    credentials: Credentials,
    links_out: Choice<Keep>,
    hard_links: Choice<Copy_>,
    max_entries: Option<NonZeroUsize>,
    max_bytes: Option<NonZeroU64>,
    time_limit: Option<NonZeroU64>,
    output_limit: Option<NonZeroU64>,
    memory: Option<NonZeroU64>,
    milli_cpus: Option<NonZeroU32>,
    cgroup_parent: Option<String>,
    audit: AuditFile,
    arguments: BTreeMap<String, ArgumentFile>,
}

/// `refuse`, or one other word.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum Choice<T> {
    #[default]
    Refuse,
    #[serde(untagged)]
    Other(T),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Keep {
    Keep,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Copy_ {
    Copy,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct AuditFile {
    severity: Option<String>,
    confidence: Option<String>,
    scope: AuditScope,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct ArgumentFile {
    pattern: Option<String>,
    values: Option<Vec<String>>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::of(File::default()).unwrap_or_else(|_| Policy::empty())
    }
}

impl Policy {
    /// Reads a policy. Keys that are none are errors, and so are arguments that steer the builder itself.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| PolicyError(error.to_string()))?;
        Policy::of(file)
    }

    fn empty() -> Policy {
        Policy {
            network: Network::None,
            pull: Pull::Never,
            images: Names {
                globs: GlobSet::empty(),
            },
            frontends: Vec::new(),
            downloads: Vec::new(),
            cache_namespace: None,
            arguments: BTreeMap::new(),
            credentials: Credentials::Refuse,
            links_out: LinksOut::Refuse,
            hard_links: HardLinks::RefuseOutside,
            max_entries: 1_000_000,
            max_bytes: 8 << 30,
            time_limit: Duration::from_secs(1800),
            output_limit: 64 << 20,
            memory: None,
            milli_cpus: None,
            cgroup_parent: None,
            audit: AuditBar {
                severity: Severity::High,
                confidence: Confidence::Medium,
                scope: AuditScope::Build,
            },
        }
    }

    fn of(file: File) -> Result<Policy, PolicyError> {
        let empty = Policy::empty();
        let images = file.images.unwrap_or_else(|| vec!["**".to_owned()]);
        let frontends = vec!["docker/dockerfile".to_owned()];
        Ok(Policy {
            network: file.network,
            pull: file.pull,
            images: Names::new(&images).map_err(|error| PolicyError(format!("images: {error}")))?,
            frontends: file.frontends.unwrap_or(frontends),
            downloads: file.downloads,
            cache_namespace: file.cache_namespace,
            arguments: arguments(file.arguments)?,
            credentials: file.credentials,
            links_out: match file.links_out {
                Choice::Refuse => LinksOut::Refuse,
                Choice::Other(Keep::Keep) => LinksOut::Keep,
            },
            hard_links: match file.hard_links {
                Choice::Refuse => HardLinks::RefuseOutside,
                Choice::Other(Copy_::Copy) => HardLinks::Copy,
            },
            max_entries: file.max_entries.map_or(empty.max_entries, NonZero::get),
            max_bytes: file.max_bytes.map_or(empty.max_bytes, NonZero::get),
            time_limit: file.time_limit.map_or(empty.time_limit, |seconds| {
                Duration::from_secs(seconds.get())
            }),
            output_limit: file.output_limit.map_or(empty.output_limit, NonZero::get),
            memory: at_least("memory", file.memory, LEAST_MEMORY)?,
            milli_cpus: at_least("milli-cpus", file.milli_cpus, LEAST_MILLI_CPUS)?,
            cgroup_parent: file.cgroup_parent.map(cgroup_parent).transpose()?,
            audit: audit(file.audit, empty.audit)?,
        })
    }
}

/// The limit, where it is one that an engine takes.
fn at_least<T: PartialOrd + Display>(
    key: &str,
    limit: Option<T>,
    least: T,
) -> Result<Option<T>, PolicyError> {
    match limit {
        Some(limit) if limit < least => Err(PolicyError(format!(
            "{key}: {limit} is too little for a step to run; the least is {least}"
        ))),
        limit => Ok(limit),
    }
}

/// The name of a control group, if it can be one.
fn cgroup_parent(name: String) -> Result<String, PolicyError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let climbs = name.split('/').any(|part| matches!(part, "." | ".."));
    match name.trim_matches('/').is_empty() || climbs || !name.chars().all(is_plain) {
        true => Err(PolicyError(format!(
            "cgroup-parent: `{}` is no name of a control group",
            escape_text(&name)
        ))),
        false => Ok(name),
    }
}

fn audit(file: AuditFile, default: AuditBar) -> Result<AuditBar, PolicyError> {
    let severity = match file.severity.as_deref() {
        None => default.severity,
        Some(name) => Severity::WORST_FIRST
            .into_iter()
            .find(|severity| severity.as_str() == name)
            .ok_or_else(|| PolicyError(format!("audit.severity: `{name}` is no severity")))?,
    };
    let confidences = [Confidence::High, Confidence::Medium, Confidence::Low];
    let confidence = match file.confidence.as_deref() {
        None => default.confidence,
        Some(name) => confidences
            .into_iter()
            .find(|confidence| confidence.as_str() == name)
            .ok_or_else(|| PolicyError(format!("audit.confidence: `{name}` is no confidence")))?,
    };
    Ok(AuditBar {
        severity,
        confidence,
        scope: file.scope,
    })
}

fn arguments(
    files: BTreeMap<String, ArgumentFile>,
) -> Result<BTreeMap<String, ArgumentRule>, PolicyError> {
    let mut rules = BTreeMap::new();
    for (name, file) in files {
        let wrong = |why: String| PolicyError(format!("arguments.{name}: {why}"));
        if name.to_ascii_uppercase().starts_with("BUILDKIT_") {
            return Err(wrong("it steers the builder itself".to_owned()));
        }
        let rule = match (file.pattern, file.values) {
            (Some(pattern), None) => {
                // `\z`, because `$` also matches before a last newline.
                let whole = Regex::new(&format!(r"\A(?:{pattern})\z"));
                ArgumentRule::Pattern(whole.map_err(|error| wrong(error.to_string()))?)
            }
            (None, Some(values)) => ArgumentRule::Values(values),
            _ => return Err(wrong("give either `pattern` or `values`".to_owned())),
        };
        rules.insert(name, rule);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_what_is_wrong_with_it() {
        for (text, expected) in [
            ("netwrok = \"none\"", "unknown field `netwrok`"),
            ("network = \"host\"", "unknown variant `host`"),
            ("links-out = \"follow\"", "did not match"),
            ("images = [\"[\"]", "images: "),
            ("[arguments.A]", "arguments.A: give either"),
            ("[arguments.A]\npattern = \"(\"", "arguments.A: "),
            ("[arguments.A]\nvalues = []\npattern = \"\"", "give either"),
            (
                "[arguments.BUILDKIT_SYNTAX]\npattern = \".*\"",
                "steers the builder",
            ),
            ("[audit]\nseverity = \"dire\"", "no severity"),
            ("[audit]\nlevel = 1", "unknown field `level`"),
            ("time-limit = 0", "expected a nonzero"),
            ("output-limit = 0", "expected a nonzero"),
            ("max-entries = 0", "expected a nonzero"),
            ("max-bytes = 0", "expected a nonzero"),
            ("memory = 0", "expected a nonzero"),
            ("memory = 6291455", "memory: 6291455 is too little"),
            ("milli-cpus = 0", "expected a nonzero"),
            ("milli-cpus = 9", "milli-cpus: 9 is too little"),
            ("time-limit = -1", "invalid value: integer `-1`"),
            ("cgroup-parent = \"\"", "no name of a control group"),
            ("cgroup-parent = \"/\"", "no name of a control group"),
            ("cgroup-parent = \"/a/../b\"", "no name of a control group"),
            ("cgroup-parent = \"a b\"", "no name of a control group"),
        ] {
            let error = Policy::parse(text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn values_are_matched_whole() {
        let text = "[arguments.V]\npattern = \"[0-9]+\"\n[arguments.W]\nvalues = [\"a\", \"b\"]";
        let policy = Policy::parse(text).unwrap();
        let allows = |name: &str, value: &str| policy.arguments.get(name).unwrap().allows(value);
        for (name, value, expected) in [
            ("V", "12", true),
            ("V", "12\n", false),
            ("V", "x12", false),
            ("V", "1\u{0}2", false),
            ("W", "a", true),
            ("W", "c", false),
            ("W", "", false),
        ] {
            assert_eq!(allows(name, value), expected, "{name}={value:?}");
        }
    }

    #[test]
    fn limits_that_an_engine_takes() {
        let text = "memory = 6291456\nmilli-cpus = 10\ncgroup-parent = \"/builds\"\ntime-limit = 1";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.memory, Some(LEAST_MEMORY));
        assert_eq!(policy.milli_cpus.map(NonZero::get), Some(10));
        assert_eq!(policy.cgroup_parent.as_deref(), Some("/builds"));
        assert_eq!(policy.time_limit, Duration::from_secs(1));
    }

    #[test]
    fn the_default_is_the_empty_file() {
        let (default, parsed) = (Policy::default(), Policy::parse("").unwrap());
        assert_eq!(default.network, parsed.network);
        assert!(default.images.contains("team/base:1") && parsed.images.contains("a"));
        assert_eq!(default.hard_links, HardLinks::RefuseOutside);
    }
}
