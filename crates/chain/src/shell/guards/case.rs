//! `case` as a check of its subject.

use plimsoll_parse::shell::{Case, CaseArm, CaseEnd};

use super::checks::variable_of;
use super::facts::{Bound, Facts, Outcome, either, known, nothing};
use super::flow::{Flow, Place};
use super::pattern::{Glob, Piece, glob};
use super::shape::{CharSet, Shape};

impl Flow<'_> {
    /// Each arm that goes on lets its patterns pass; what no arm matches goes on too.
    pub(super) fn case(&mut self, case: &Case, place: Place) -> Outcome {
        let subject = variable_of(&case.subject).map(|(variable, _)| variable.to_owned());
        let simple_ends = case.arms.iter().all(|arm| arm.end == CaseEnd::Break);
        let mut all = Outcome::new(None, None);
        let mut base = Shape::ANY;
        let mut exhaustive = false;
        for arm in &case.arms {
            let globs: Option<Vec<Glob>> = arm.patterns.iter().map(glob).collect();
            let star = globs
                .iter()
                .flatten()
                .any(|glob| glob.pieces == [Piece::Star]);
            let facts = match (&subject, &globs) {
                (Some(variable), Some(globs)) if simple_ends && !(star && base == Shape::ANY) => {
                    let span = case.subject.span.cover(arm.span);
                    known(variable, allowed(arm, globs, base).at(span))
                }
                _ => nothing(),
            };
            if !exhaustive {
                self.record_branch(&facts, arm.body.span);
            }
            let outcome = self.list(
                &arm.body,
                Place {
                    end: arm.body.span.end,
                    top: false,
                    ..place
                },
            );
            if !exhaustive {
                all.yes = join(&all.yes, &facts, &outcome.yes);
                all.no = join(&all.no, &facts, &outcome.no);
                all = all.ending_like(&outcome);
            }
            for glob in globs.iter().flatten() {
                base = without(base, glob);
            }
            exhaustive |= star;
        }
        if !exhaustive {
            let rest = match &subject {
                Some(variable) if simple_ends && base != Shape::ANY => {
                    let bound = match base.may_hold_specials() {
                        false => Bound::shaped(base, "*"),
                        true => Bound::weak("blanks and shell characters are not refused", base),
                    };
                    known(variable, bound.at(case.subject.span))
                }
                _ => nothing(),
            };
            all.yes = either(&all.yes, &rest);
        }
        all
    }
}

/// One more way on.
fn join(ways: &Facts, facts: &Facts, body: &Facts) -> Facts {
    if body.is_none() {
        ways.clone()
    } else {
        either(ways, &super::facts::both(facts, body))
    }
}

/// What the patterns of an arm let pass of what the arms before it left.
fn allowed(arm: &CaseArm, globs: &[Glob], base: Shape) -> Bound {
    let literals: Option<Vec<String>> = globs.iter().map(|glob| glob.literal.clone()).collect();
    if let Some(values) = literals {
        return Bound::listed(values);
    }
    let shapes = globs.iter().map(|glob| glob.shape);
    let shape = shapes.reduce(Shape::or).unwrap_or(Shape::ANY).within(base);
    let written: Vec<String> = arm
        .patterns
        .iter()
        .filter_map(|pattern| pattern.static_text())
        .collect();
    Bound::shaped(shape, &written.join("|"))
}

/// What is left of `base` when everything that `glob` matches is taken away.
fn without(base: Shape, glob: &Glob) -> Shape {
    let mut left = base;
    match glob.pieces.as_slice() {
        [] => left.nullable = false,
        [Piece::Star, Piece::One(set), Piece::Star] => {
            let kept = set.complement();
            // A set says both sides of what is beyond ASCII, so what it refuses there may remain.
            left.all = left.all.intersection(kept_of(*set, kept));
            left.first = left.first.intersection(left.all);
            left.last = left.last.intersection(left.all);
            left.dot_dot &= left.all.contains('.');
        }
        [Piece::One(set), Piece::Star] => {
            left.first = left.first.intersection(kept_of(*set, set.complement()));
        }
        [Piece::Star, Piece::One(one), Piece::One(two), Piece::Star] => {
            let dots = *one == CharSet::one('.') && *two == CharSet::one('.');
            left.dot_dot &= !dots;
        }
        _ => {}
    }
    left
}

/// What a negated set keeps: where `set` is `[!…]`, it refuses all that is beyond ASCII.
fn kept_of(set: CharSet, kept: CharSet) -> CharSet {
    let refuses_other = set != CharSet::ALL && set.is_negated();
    if refuses_other {
        kept.ascii_only()
    } else {
        kept
    }
}
