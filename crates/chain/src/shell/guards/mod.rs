//! Checks in a script that a value has to pass before it is used.

mod assignments;
mod broken;
mod case;
mod chain;
mod checks;
mod facts;
mod flow;
mod grep;
mod pattern;
mod record;
mod shape;
#[cfg(test)]
mod tests;
mod traps;

use plimsoll_model::Span;
use plimsoll_parse::shell::Script;

pub use shape::Shape;

use facts::MAXIMUM_LISTED;

use super::uses::{Code, Shell, UseKind, VariableUse};

/// A check of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The shell variable that is checked.
    pub variable: String,
    /// The check.
    pub span: Span,
    /// What it lets pass.
    pub allows: Allows,
    /// What passing values can look like; where nothing better is known, anything.
    pub shape: Shape,
    /// What happens to a value that does not pass.
    pub failing: Failing,
    /// Whether any value passes at all.
    pub can_pass: bool,
    /// Whether a value of several lines passes once one of them does.
    pub newline_hole: bool,
    /// The first byte that runs only after the check.
    pub from: u32,
    /// One past the last byte that does.
    pub to: u32,
    /// Whether every way to a successful end of the script leads through the check.
    pub holds_at_end: bool,
}

/// What a check lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allows {
    /// These values.
    Enumerated(Vec<String>),
    /// Values of a bounded set of characters.
    Pattern(Shape),
    /// Values that hold what a check should refuse; the reason is a sentence without a final full stop.
    Weak(String),
    /// Any value: every arm of a `case` goes on alike.
    Anything,
}

/// What happens where a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The script ends with a failure.
    StopsScript,
    /// The script ends as if it had succeeded.
    EndsQuietly,
    /// What the check selects is not run; other parts of the script are.
    SkipsPart,
    /// Nothing: the script goes on all the same.
    ChangesNothing,
}

impl Allows {
    /// What values look like; `None` where anything may pass.
    pub fn shape(&self) -> Option<Shape> {
        match self {
            Allows::Enumerated(values) => {
                let shapes = values.iter().map(|value| Shape::literal(value));
                shapes.reduce(Shape::or)
            }
            Allows::Pattern(shape) => Some(*shape),
            Allows::Weak(_) | Allows::Anything => None,
        }
    }

    /// Whether values that harm are among what passes.
    pub fn is_weak(&self) -> bool {
        matches!(self, Allows::Weak(_) | Allows::Anything)
    }

    /// What either lets pass.
    fn or(&self, other: &Allows) -> Allows {
        match (self, other) {
            (Allows::Enumerated(one), Allows::Enumerated(two)) => {
                let mut values = one.clone();
                for value in two {
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
                if values.len() > MAXIMUM_LISTED {
                    let shapes = values.iter().map(|value| Shape::literal(value));
                    return Allows::Pattern(shapes.reduce(Shape::or).unwrap_or(Shape::ANY));
                }
                Allows::Enumerated(values)
            }
            (Allows::Anything, _) | (_, Allows::Anything) => Allows::Anything,
            (Allows::Weak(reason), _) | (_, Allows::Weak(reason)) => Allows::Weak(reason.clone()),
            _ => match (self.shape(), other.shape()) {
                (Some(one), Some(two)) => Allows::Pattern(one.or(two)),
                _ => Allows::Weak("one of several patterns lets anything pass".to_owned()),
            },
        }
    }
}

impl Guard {
    /// Whether a failing check ends the script with a failure.
    pub fn can_fail(&self) -> bool {
        self.failing == Failing::StopsScript
    }

    /// Whether the value of `found` has passed the check where it is used, under whichever of its names.
    pub fn is_passed_by(&self, found: &VariableUse) -> bool {
        let inside = |span: Span| self.from <= span.start && span.end <= self.to;
        self.failing != Failing::ChangesNothing
            && found.carriers.contains(&self.variable)
            && (inside(found.span) || found.steps.iter().any(|step| inside(*step)))
    }

    /// Whether no value that passes does harm in a use of that kind.
    pub fn stops(&self, found: &VariableUse) -> bool {
        if self.failing == Failing::ChangesNothing {
            return false;
        }
        // The lines of a value are commands, or words, of their own.
        if self.newline_hole && found.separates_lines() {
            return false;
        }
        if matches!(self.allows, Allows::Enumerated(_)) {
            return true;
        }
        let shape = &self.shape;
        let option = found.witness.chars().next().unwrap_or('-');
        match found.kind {
            UseKind::CommandInjection(Code::CommandWord | Code::ScriptFile) => false,
            UseKind::CommandInjection(_) | UseKind::UnquotedPlain => {
                let chooses = found.names_command && shape.may_name_command();
                !shape.may_hold_specials() && !chooses
            }
            UseKind::OptionInjection if !found.quoted || found.witness.contains(' ') => {
                !shape.may_hold_specials() && !shape.may_begin_with_dash()
            }
            // A setting needs its `=`, a list its `;`.
            UseKind::OptionInjection if option != '-' && found.witness.contains([';', '=']) => {
                let mark = if found.witness.contains(';') {
                    ';'
                } else {
                    '='
                };
                !shape.may_hold(mark)
            }
            UseKind::OptionInjection => !shape.may_begin_with(option),
            UseKind::ProgramVariable { .. } => false,
            UseKind::UrlChoice | UseKind::FetchedAndRun => {
                !shape.may_hold('/') && !shape.may_hold(':')
            }
            UseKind::PathChoice => !shape.may_begin_with('/') && !shape.may_hold_dot_dot(),
        }
    }
}

/// The checks of `script`, in the order of their end.
///
/// Says only what is sure: what may be no check is left out, and a check is said to be without effect only where
/// nothing in the script can depend on it.
pub fn guards(script: &Script, shell: Shell) -> Vec<Guard> {
    flow::Flow::new(script, shell).guards()
}

/// The guards that the value of `found` has passed where it is used.
#[cfg(test)]
fn guarding<'g>(found: &VariableUse, guards: &'g [Guard]) -> Vec<&'g Guard> {
    let passed = guards.iter().filter(|guard| guard.is_passed_by(found));
    passed.collect()
}
