//! What is known of variables where a script goes on.

use std::collections::BTreeMap;

use plimsoll_model::Span;

use super::{Allows, Failing, Guard, Shape};

/// How many variables something is known of at once; of more nothing is said.
const MAXIMUM_FACTS: usize = 64;
/// How many values are listed; of more only the characters are known.
pub(super) const MAXIMUM_LISTED: usize = 256;

/// What a check lets pass, and what that can look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// What it lets pass.
    pub allows: Allows,
    /// What that can look like; where nothing better is known, anything.
    pub shape: Shape,
}

impl Bound {
    /// These values.
    pub(super) fn listed(values: Vec<String>) -> Bound {
        let shape = values
            .iter()
            .map(|value| Shape::literal(value))
            .reduce(Shape::or);
        if values.len() > MAXIMUM_LISTED {
            return Bound::shaped(shape.unwrap_or(Shape::ANY), "a long list");
        }
        Bound {
            allows: Allows::Enumerated(values),
            shape: shape.unwrap_or(Shape::ANY),
        }
    }

    /// What a pattern lets pass.
    pub(super) fn shaped(shape: Shape, written: &str) -> Bound {
        let allows = if shape.may_hold_specials() {
            Allows::Weak(format!("`{written}` lets blanks and shell characters pass"))
        } else {
            Allows::Pattern(shape)
        };
        Bound { allows, shape }
    }

    /// More than a check should.
    pub(super) fn weak(reason: &str, shape: Shape) -> Bound {
        Bound {
            allows: Allows::Weak(reason.to_owned()),
            shape,
        }
    }

    /// At `span`.
    pub(super) fn at(self, span: Span) -> Fact {
        Fact {
            allows: self.allows,
            shape: self.shape,
            span,
            newline_hole: false,
        }
    }
}

/// What a check says of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// What the variable can still hold.
    pub allows: Allows,
    /// What that can look like.
    pub shape: Shape,
    /// The check.
    pub span: Span,
    /// Whether a value of several lines gets past it.
    pub newline_hole: bool,
}

impl Fact {
    /// It as a guard of `variable` for what runs within `span`.
    pub(super) fn guard(self, variable: String, failing: Failing, span: Span) -> Guard {
        Guard {
            variable,
            span: self.span,
            allows: self.allows,
            shape: self.shape,
            failing,
            can_pass: true,
            newline_hole: self.newline_hole,
            from: span.start,
            to: span.end,
            holds_at_end: false,
        }
    }
}

/// What is known where a script goes on in one way; `None` where it never does.
pub(super) type Facts = Option<BTreeMap<String, Fact>>;

/// Nothing is known.
pub(super) fn nothing() -> Facts {
    Some(BTreeMap::new())
}

/// One fact.
pub(super) fn known(variable: &str, fact: Fact) -> Facts {
    Some(BTreeMap::from([(variable.to_owned(), fact)]))
}

/// Both hold.
pub(super) fn both(one: &Facts, other: &Facts) -> Facts {
    let (Some(one), Some(other)) = (one, other) else {
        return None;
    };
    let mut all = one.clone();
    for (variable, fact) in other {
        if all.len() >= MAXIMUM_FACTS && !all.contains_key(variable) {
            continue;
        }
        let known = all.entry(variable.clone()).or_insert_with(|| fact.clone());
        let shape = known.shape.within(fact.shape);
        if known.allows.is_weak() {
            *known = fact.clone();
        }
        known.shape = shape;
    }
    Some(all)
}

/// One of the two holds.
pub(super) fn either(one: &Facts, other: &Facts) -> Facts {
    let (Some(one), Some(other)) = (one, other) else {
        return one.clone().or_else(|| other.clone());
    };
    let mut all = BTreeMap::new();
    for (variable, fact) in one {
        if let Some(second) = other.get(variable) {
            let fact = Fact {
                allows: fact.allows.or(&second.allows),
                shape: fact.shape.or(second.shape),
                span: fact.span.cover(second.span),
                newline_hole: fact.newline_hole || second.newline_hole,
            };
            all.insert(variable.clone(), fact);
        }
    }
    Some(all)
}

/// In which ways a command ends.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Where it succeeds.
    pub yes: Facts,
    /// Where it fails.
    pub no: Facts,
    /// Whether it may end the script with a failure.
    pub fails: bool,
    /// Whether it may end the script without one, or in a way we do not know.
    pub quits: bool,
}

impl Outcome {
    pub(super) fn new(yes: Facts, no: Facts) -> Outcome {
        Outcome {
            yes,
            no,
            fails: false,
            quits: false,
        }
    }

    /// A command we know nothing of.
    pub(super) fn unknown() -> Outcome {
        Outcome::new(nothing(), nothing())
    }

    /// `!`
    pub(super) fn negated(self) -> Outcome {
        Outcome {
            yes: self.no,
            no: self.yes,
            ..self
        }
    }

    /// Takes over how `other` may end the script.
    pub(super) fn ending_like(mut self, other: &Outcome) -> Outcome {
        self.fails |= other.fails;
        self.quits |= other.quits;
        self
    }

    /// The variables it says anything of, each with its check.
    pub(super) fn checked(&self) -> Vec<(String, Fact)> {
        let facts = self.yes.iter().chain(&self.no).flatten();
        facts
            .map(|(variable, fact)| (variable.clone(), fact.clone()))
            .collect()
    }
}
