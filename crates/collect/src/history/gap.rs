//! What was not read, and why.

use plimsoll_model::{ErrorKind, SkipReason};

use super::object_id::ObjectId;

/// Something of a repository that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which object, where it is one.
    pub object: Option<ObjectId>,
    /// Why, as coverage says it.
    pub reason: SkipReason,
    /// Set where this is an error and not merely coverage.
    pub error: Option<ErrorKind>,
    /// What happened.
    pub detail: String,
}

/// All gaps of a run, up to a bound; beyond it they are counted.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    list: Vec<Gap>,
    uncounted: usize,
}

/// More gaps than this are told in one sentence.
const MOST: usize = 1000;

impl Gaps {
    pub(crate) fn push(&mut self, gap: Gap) {
        if self.list.len() < MOST {
            self.list.push(gap);
        } else {
            self.uncounted += 1;
        }
    }

    /// Something that was passed over, which is no error.
    pub(crate) fn note(&mut self, reason: SkipReason, detail: impl Into<String>) {
        self.push(Gap {
            object: None,
            reason,
            error: None,
            detail: detail.into(),
        });
    }

    /// Something that could not be read and should have been.
    pub(crate) fn fail(&mut self, error: ErrorKind, detail: impl Into<String>) {
        self.push(Gap {
            object: None,
            reason: SkipReason::Unreadable,
            error: Some(error),
            detail: detail.into(),
        });
    }

    /// An object that is missing or damaged.
    pub(crate) fn object(&mut self, object: ObjectId, detail: impl Into<String>) {
        self.push(Gap {
            object: Some(object),
            reason: SkipReason::Unreadable,
            error: Some(ErrorKind::ObjectMissing),
            detail: detail.into(),
        });
    }

    pub(crate) fn into_list(mut self) -> Vec<Gap> {
        if self.uncounted > 0 {
            let error = self.list.iter().find_map(|gap| gap.error);
            self.list.push(Gap {
                object: None,
                reason: SkipReason::Bound,
                error,
                detail: format!("{} more of these", self.uncounted),
            });
        }
        self.list
    }
}
