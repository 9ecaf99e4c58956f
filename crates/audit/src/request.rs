//! What is asked of an audit, and what can be wrong with the asking.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use plimsoll_chain::Chain;
use plimsoll_collect::history::Since;
use plimsoll_collect::{Bounds, ImageStore, KeptState, NamedTarget};
use plimsoll_decide::{BaselineError, BaselineKey, ConfigError, DecidedFinding};
use plimsoll_model::{Control, Level, Position, Severity, Span};

/// What to audit, and how to judge it. What is absent is as the config says, else as documented.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to audit.
    pub targets: Vec<NamedTarget>,
    /// A stranger wrote the targets: nothing in them changes what is judged.
    pub submitted: bool,
    /// Look into folders that git ignores.
    pub no_ignore: bool,
    /// The root, instead of the one each target stands in.
    pub root: Option<PathBuf>,
    /// The config, instead of the one at each root.
    pub config: Option<PathBuf>,
    /// A baseline whose findings are known.
    pub baseline: Option<PathBuf>,
    /// By which credentials are known again, if no baseline says: for a baseline that is to be written.
    pub new_key: Option<BaselineKey>,
    /// A git revision whose findings are known.
    pub since_ref: Option<String>,
    /// Which findings are shown.
    pub level: Option<Level>,
    /// Findings below it are hidden.
    pub min_severity: Option<Severity>,
    /// The least severity that makes the exit code 1.
    pub fail_on: Option<Severity>,
    /// Exit code 1 becomes 0.
    pub exit_zero: bool,
    /// Ids of the only rules to run; empty for all.
    pub only: Vec<String>,
    /// Ids of rules not to run.
    pub skip: Vec<String>,
    /// Who may set which build argument; wins over the config.
    pub trust: BTreeMap<String, Control>,
    /// The day that dates of ignores are held against.
    pub today: Date,
    /// Also tell what looks like a credential and is held to be none, as ignored, with the reason.
    pub explain_suppressed: bool,
    /// Of a whole history, also tell what no ref reaches.
    pub dangling: bool,
    /// Of a whole history, only what the commits after this brought.
    pub since: Option<Since>,
    /// Of a whole history, what earlier runs know of it.
    pub kept_state: Option<Arc<KeptState>>,
    /// Audit what the next commit would record.
    pub staged: bool,
    /// Where images that targets name come from.
    pub images: Option<Arc<dyn ImageStore>>,
    /// Counted bounds of reading.
    pub bounds: Bounds,
}

impl Request {
    /// A request to audit `targets` as documented.
    pub fn new(targets: Vec<NamedTarget>, today: Date) -> Request {
        Request {
            targets,
            submitted: false,
            no_ignore: false,
            root: None,
            config: None,
            baseline: None,
            new_key: None,
            since_ref: None,
            level: None,
            min_severity: None,
            fail_on: None,
            exit_zero: false,
            only: Vec::new(),
            skip: Vec::new(),
            trust: BTreeMap::new(),
            today,
            explain_suppressed: false,
            dangling: false,
            since: None,
            kept_state: None,
            staged: false,
            images: None,
            bounds: Bounds::default(),
        }
    }
}

/// What is told while an audit runs. Called from several threads.
pub trait Progress: Sync {
    /// Roots were found: this many more are to be audited.
    fn planned(&self, _roots: usize) {}
    /// A root was read: this many files of a known kind stand in it.
    fn collected(&self, _root: &str, _artifacts: usize) {}
    /// A root was checked: what was linked and found, before it becomes a report.
    fn checked(&self, _root: &CheckedRoot<'_>) {}
    /// A root was audited.
    fn audited(&self, _root: &str) {}
}

/// A root that was checked.
#[derive(Clone, Copy, Debug)]
pub struct CheckedRoot<'a> {
    /// The root's folder, where it is one.
    pub absolute: Option<&'a Path>,
    /// The files, parsed and linked.
    pub chain: &'a Chain,
    /// What was found under the targets.
    pub findings: &'a [&'a DecidedFinding],
}

/// Progress that nobody looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}

/// Why a request cannot be carried out. There is no report then.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// `only` or `skip` names a rule that is none.
    #[error("{0}")]
    UnknownRule(String),
    /// Values of credentials are not shown to whoever runs a stranger's audit.
    #[error("what a stranger wrote is not revealed: the credentials in it are theirs")]
    RevealsOthers,
    /// A file the operator named does not open.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A config is wrong.
    #[error("{}", config_errors(path, errors))]
    Config {
        /// The file, as shown.
        path: String,
        /// What it says.
        text: String,
        /// All that is wrong with it.
        errors: Vec<ConfigMistake>,
    },
    /// The baseline is wrong.
    #[error("{path}: {error}")]
    Baseline {
        /// The file.
        path: String,
        /// What is wrong.
        error: BaselineError,
    },
}

/// One thing wrong with a config.
#[derive(Clone, Debug)]
pub struct ConfigMistake {
    /// Where, if known.
    pub at: Option<Position>,
    /// The bytes meant, if known.
    pub span: Option<Span>,
    /// What.
    pub message: String,
}

impl ConfigMistake {
    pub(crate) fn new(error: ConfigError, text: &str) -> ConfigMistake {
        let lines = plimsoll_model::LineIndex::new(text);
        ConfigMistake {
            at: error.span.map(|span| lines.position(text, span.start)),
            span: error.span,
            message: error.message,
        }
    }
}

fn config_errors(path: &str, errors: &[ConfigMistake]) -> String {
    let line = |mistake: &ConfigMistake| match mistake.at {
        Some(at) => format!("{path}:{}:{}: {}", at.line, at.column, mistake.message),
        None => format!("{path}: {}", mistake.message),
    };
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}
