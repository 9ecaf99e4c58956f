//! What is written down of the checks found.

use plimsoll_model::Span;
use plimsoll_parse::shell::{Connector, Statement};

use super::chain::Chain;
use super::facts::{Facts, Outcome, either};
use super::flow::{Flow, Place};
use super::{Failing, Guard, Shape};

/// How many guards one script is searched for.
const MAXIMUM_GUARDS: usize = 512;

impl Flow<'_> {
    /// Adds one guard.
    pub(super) fn record(&mut self, guard: Guard) {
        if !self.silent && self.guards.len() < MAXIMUM_GUARDS {
            self.guards.push(guard);
        }
    }

    /// What a chain has established when `pipeline` of it runs.
    pub(super) fn record_within(
        &mut self,
        chain: &Chain,
        connector: Connector,
        span: Span,
        stops: bool,
    ) {
        let facts = match connector {
            Connector::And => &chain.outcome.yes,
            Connector::Or => &chain.failed(),
        };
        let failing = if stops {
            Failing::StopsScript
        } else {
            Failing::SkipsPart
        };
        for (variable, fact) in facts.iter().flatten() {
            if failing == Failing::SkipsPart && fact.shape == Shape::ANY {
                continue;
            }
            let extends = self.guards.iter_mut().rev().take(8).find(|guard| {
                guard.variable == *variable && guard.span == fact.span && guard.failing == failing
            });
            if let Some(guard) = extends.filter(|_| !self.silent) {
                guard.to = guard.to.max(span.end);
                continue;
            }
            self.record(fact.clone().guard(variable.clone(), failing, span));
        }
    }

    /// What a statement has established when the next one runs, or when the script ends well.
    pub(super) fn record_after(
        &mut self,
        statement: &Statement,
        outcome: &Outcome,
        place: Place,
        is_last: bool,
        ends_script: bool,
    ) {
        let facts = match ends_script {
            true => outcome.yes.clone(),
            false => either(&outcome.yes, &outcome.no),
        };
        let ends = outcome.fails || outcome.quits || (ends_script && outcome.no.is_some());
        if !ends || (is_last && !ends_script) {
            return;
        }
        let quiet = outcome.quits && !outcome.fails;
        let failing = if quiet {
            Failing::EndsQuietly
        } else {
            Failing::StopsScript
        };
        let behind = Span {
            start: statement.span.end,
            end: place.end.max(statement.span.end),
        };
        for (variable, fact) in facts.into_iter().flatten() {
            self.record(Guard {
                holds_at_end: place.top && !outcome.quits,
                ..fact.guard(variable, failing, behind)
            });
        }
    }

    /// What is known within a branch.
    pub(super) fn record_branch(&mut self, facts: &Facts, span: Span) {
        for (variable, fact) in facts.iter().flatten() {
            if span.is_empty() || fact.shape == Shape::ANY {
                continue;
            }
            let failing = Failing::SkipsPart;
            self.record(fact.clone().guard(variable.clone(), failing, span));
        }
    }
}
