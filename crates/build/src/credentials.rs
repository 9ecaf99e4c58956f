//! Credentials in a context: by the names of files, and by what they hold.

use plimsoll_collect::text;
use plimsoll_model::{Confidence, RootPath, Severity, escape_text};
use plimsoll_secrets::{HashKey, Scanner, holds_credential};
use plimsoll_simulate::sensitive::{is_in_trial_folder, is_told_by_text, sensitive};

/// Looks for credentials; the only place that decides what counts as one.
pub(crate) struct CredentialCheck {
    scanner: Scanner,
}

impl CredentialCheck {
    pub(crate) fn new() -> CredentialCheck {
        CredentialCheck {
            // Nothing is compared with earlier runs, so the key may be known.
            scanner: Scanner::new(HashKey::new(b"plimsoll build")),
        }
    }

    /// What the file at `path` is by its name alone.
    pub(crate) fn by_name(&self, path: &RootPath) -> Option<&'static str> {
        let found = sensitive(path.as_str())?;
        let counts = found.certainty == Confidence::High
            && !is_told_by_text(path.as_str())
            && !is_in_trial_folder(path.as_str());
        counts.then(|| found.class.describe())
    }

    /// Why the file at `path` must not be sent, by its first bytes.
    pub(crate) fn by_content(&self, path: &RootPath, bytes: &[u8]) -> Option<String> {
        if is_in_trial_folder(path.as_str()) {
            return None;
        }
        let shown = path.as_str();
        let is_sensitive =
            sensitive(shown).is_some_and(|found| found.certainty == Confidence::High);
        if is_sensitive && is_told_by_text(shown) && holds_credential(&text(bytes.to_vec())) {
            return Some("holds a credential".to_owned());
        }
        let found = self.scanner.scan(bytes);
        let sure = found.iter().find(|found| {
            found.confidence == Confidence::High && found.severity >= Severity::High
        })?;
        let (name, shown) = (sure.rule.name, escape_text(&sure.shown));
        Some(format!("holds a credential: {name} ({shown})"))
    }
}
