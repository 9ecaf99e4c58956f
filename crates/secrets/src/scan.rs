//! The scanner: keywords first, then rules near them, then judgement.

mod checksum;
mod patterns;
mod run;
mod settle;
mod values;

use crate::fingerprint::HashKey;
use crate::found::Match;
use run::Run;

/// Finds credentials in bytes. Cheap to make and to share.
#[derive(Clone, Debug)]
pub struct Scanner {
    key: HashKey,
    keep_suppressed: bool,
}

impl Scanner {
    /// A scanner whose matches carry hashes under `key`.
    pub fn new(key: HashKey) -> Scanner {
        Scanner {
            key,
            keep_suppressed: false,
        }
    }

    /// Also gives what is held to be no credential, with the reason.
    pub fn with_suppressed(self) -> Scanner {
        Scanner {
            keep_suppressed: true,
            ..self
        }
    }

    /// The credentials in `bytes`, in order. Where two rules claim the same bytes, the more specific one has them.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Match> {
        let mut run = Run::new(&self.key);
        run.advance(bytes, 0, bytes.len());
        let mut matches = settle::settled(run.into_candidates());
        if !self.keep_suppressed {
            matches.retain(|found| found.suppressed.is_none());
        }
        matches
    }
}
