//! Pipelines joined by `&&` and `||`.

use plimsoll_parse::shell::Connector;

use super::facts::{Facts, Outcome, both, either};

/// Pipelines joined so far; a failure of the last of them is the one that `set -e` acts on.
pub(super) struct Chain {
    /// How it goes on or ends.
    pub(super) outcome: Outcome,
    /// Where an earlier pipeline failed, so that `set -e` does not act.
    earlier: Facts,
}

impl Chain {
    pub(super) fn new(first: Outcome) -> Chain {
        Chain {
            outcome: first,
            earlier: None,
        }
    }

    /// Where the chain has failed so far.
    pub(super) fn failed(&self) -> Facts {
        either(&self.earlier, &self.outcome.no)
    }

    pub(super) fn join(&mut self, connector: Connector, next: Outcome) {
        let failed = self.failed();
        let before = std::mem::replace(&mut self.outcome, Outcome::new(None, None));
        let (entry, ways) = match connector {
            Connector::And => (before.yes.clone(), None),
            Connector::Or => (failed.clone(), before.yes.clone()),
        };
        self.outcome = Outcome {
            yes: either(&ways, &both(&entry, &next.yes)),
            no: both(&entry, &next.no),
            ..before.ending_like(&next)
        };
        self.earlier = match connector {
            Connector::And => failed,
            Connector::Or => None,
        };
    }

    /// `set -e`
    pub(super) fn exit_on_error(&mut self) {
        self.outcome.fails |= self.outcome.no.is_some();
        self.outcome.no = None;
    }

    pub(super) fn whole(self) -> Outcome {
        Outcome {
            no: self.failed(),
            ..self.outcome
        }
    }
}
