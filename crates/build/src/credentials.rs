//! Credentials in a context: by the names of files, and by what they hold.

use plimsoll_collect::{Inspect, Look, text};
use plimsoll_model::{Confidence, RootPath, Severity, escape_text};
use plimsoll_secrets::{HashKey, Scanner, Stream, holds_credential};
use plimsoll_simulate::sensitive::{is_in_trial_folder, is_told_by_text, sensitive};

/// A file whose name says that it may hold credentials is read whole up to this size; a larger one is not sent.
const MOST_TEXT: usize = 1 << 20;

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
}

impl Inspect for CredentialCheck {
    fn look<'s>(&'s self, path: &RootPath) -> Option<Box<dyn Look + 's>> {
        let path = path.as_str();
        if is_in_trial_folder(path) {
            return None;
        }
        let is_sensitive = sensitive(path).is_some_and(|found| found.certainty == Confidence::High);
        Some(Box::new(CredentialLook {
            stream: self.scanner.stream(),
            kept: (is_sensitive && is_told_by_text(path)).then(Vec::new),
        }))
    }
}

/// A look at one file for what it holds.
struct CredentialLook<'s> {
    stream: Stream<'s>,
    /// The text of a file whose name says that it may hold credentials.
    kept: Option<Vec<u8>>,
}

impl Look for CredentialLook<'_> {
    fn see(&mut self, bytes: &[u8]) {
        self.stream.push(bytes);
        if let Some(kept) = &mut self.kept
            && kept.len() <= MOST_TEXT
        {
            kept.extend_from_slice(bytes);
        }
    }

    fn verdict(self: Box<Self>) -> Option<String> {
        if let Some(kept) = self.kept {
            if kept.len() > MOST_TEXT {
                let most = format!("larger than {MOST_TEXT} bytes");
                return Some(format!("may hold credentials, by its name, and is {most}"));
            }
            if holds_credential(&text(kept)) {
                return Some("holds a credential".to_owned());
            }
        }
        let found = self.stream.finish().matches;
        let sure = found.iter().find(|found| {
            found.confidence == Confidence::High && found.severity >= Severity::High
        })?;
        let (name, shown) = (sure.rule.name, escape_text(&sure.shown));
        Some(format!("holds a credential: {name} ({shown})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning and the end of a key that opens nothing.
    const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n";

    fn check(path: &str, text: &str, piece: usize, expected: bool) {
        let credentials = CredentialCheck::new();
        let path = RootPath::new(path).unwrap();
        let verdict = credentials.look(&path).and_then(|mut look| {
            for piece in text.as_bytes().chunks(piece) {
                look.see(piece);
            }
            look.verdict()
        });
        let shown = format!("{path}, {} bytes: {verdict:?}", text.len());
        assert_eq!(verdict.is_some(), expected, "{shown}");
    }

    #[test]
    fn a_credential_is_found_wherever_it_stands() {
        let filler = "a line of a log\n".repeat(40_000);
        for piece in [1 << 12, 256 << 10, 1 << 30] {
            check("server.log", &filler, piece, false);
            check("server.log", &format!("{filler}{KEY}"), piece, true);
            check("server.log", &format!("{KEY}{filler}"), piece, true);
            check("tests/server.log", KEY, piece, false);
        }
    }

    #[test]
    fn a_file_of_credentials_is_read_whole_or_not_sent() {
        let comment = "# nothing here\n";
        check("keys/id_ed25519", comment, 1 << 12, false);
        for comments in [1, 60_000] {
            let text = format!("{}{KEY}", comment.repeat(comments));
            check("keys/id_ed25519", &text, 1 << 12, true);
        }
        let long = comment.repeat(MOST_TEXT / comment.len() + 1);
        check("keys/id_ed25519", &long, 1 << 12, true);
    }
}
