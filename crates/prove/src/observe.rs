//! Keeping what an audit linked, so that a finding's build is known and not only its report.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use plimsoll_audit::{CheckedRoot, Progress};
use plimsoll_chain::Chain;
use plimsoll_model::Finding;

/// Watches an audit on behalf of [`crate::prove`]; what else is told goes on to another watcher.
pub struct Observer<'a> {
    roots: Mutex<Vec<ObservedRoot>>,
    further: &'a dyn Progress,
}

/// A root as the audit saw it.
pub(crate) struct ObservedRoot {
    pub(crate) absolute: PathBuf,
    pub(crate) chain: Chain,
    /// Findings by fingerprint.
    pub(crate) findings: Vec<(String, Finding)>,
}

impl<'a> Observer<'a> {
    /// An observer that hands on to `further`.
    pub fn new(further: &'a dyn Progress) -> Observer<'a> {
        Observer {
            roots: Mutex::new(Vec::new()),
            further,
        }
    }

    pub(crate) fn into_roots(self) -> Vec<ObservedRoot> {
        self.roots.into_inner().unwrap_or_default()
    }
}

impl Progress for Observer<'_> {
    fn planned(&self, roots: usize) {
        self.further.planned(roots);
    }

    fn collected(&self, root: &str, artifacts: usize) {
        self.further.collected(root, artifacts);
    }

    fn checked(&self, root: &CheckedRoot<'_>) {
        let Some(absolute) = root.absolute else {
            return;
        };
        let findings = root.findings.iter().map(|decided| {
            let fingerprint = decided.fingerprint.clone();
            (fingerprint, decided.finding.clone())
        });
        let observed = ObservedRoot {
            absolute: Path::to_path_buf(absolute),
            chain: root.chain.clone(),
            findings: findings.collect(),
        };
        if let Ok(mut roots) = self.roots.lock() {
            roots.push(observed);
        }
    }

    fn audited(&self, root: &str) {
        self.further.audited(root);
    }
}
