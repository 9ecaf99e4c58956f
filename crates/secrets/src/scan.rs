//! The scanner: keywords first, then rules near them, then judgement.

mod checksum;
mod detect;
mod encoded;
mod patterns;
mod run;
mod settle;
mod stream;
mod values;

use crate::fingerprint::HashKey;
use crate::found::Match;

pub(crate) use encoded::ESCAPES;
pub use stream::Stream;

/// Finds credentials in bytes. Cheap to make and to share.
#[derive(Clone, Debug)]
pub struct Scanner {
    key: HashKey,
    keep_suppressed: bool,
}

/// What a scan gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// In order.
    pub matches: Vec<Match>,
    /// Looks that a bound of counted work left out; other than 0 only for input made to cost.
    pub left_out: u64,
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
    #[must_use]
    pub fn with_suppressed(self) -> Scanner {
        Scanner {
            keep_suppressed: true,
            ..self
        }
    }

    /// The credentials in `bytes`, in order. Where two rules claim the same bytes, the more specific one has them.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Match> {
        self.outcome(bytes).matches
    }

    /// The same, and whether all was looked at.
    pub fn outcome(&self, bytes: &[u8]) -> Outcome {
        stream::whole(self, bytes)
    }

    /// A scan of input that comes piece by piece; it gives what a scan of the whole gives, in bounded memory.
    pub fn stream(&self) -> Stream<'_> {
        Stream::new(self)
    }
}
