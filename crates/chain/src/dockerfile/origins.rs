//! Which build arguments the value of a variable comes from, and by which steps.

use std::collections::BTreeSet;

use plimsoll_model::Span;
use plimsoll_simulate::expand::Expansion;
use plimsoll_simulate::scope::{Binding, BindingKind, Environment, PLATFORM_ARGS, Scopes, Source};

use crate::sink::Step;

/// How many bindings one value is followed through.
const MAX_STEPS: usize = 32;
/// How many arguments one value is followed to.
const MAX_ORIGINS: usize = 16;

/// A build argument that a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The argument.
    pub(super) argument: String,
    /// Its name where it is declared.
    pub(super) declaration: Span,
    /// What happens on the way, in order.
    pub(super) steps: Vec<Step>,
    /// Known literal text that stands before the value by now.
    pub(super) prefix: String,
    /// Whether the value was kept in an ENV, and so exists when a container starts.
    pub(super) in_environment: bool,
}

/// The arguments that a value comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    pub(super) found: Vec<Origin>,
    /// Whether there are more, or longer ways, than are followed.
    pub(super) cut: bool,
}

/// The arguments that reach the variable `name` in `environment`.
pub(super) fn origins_of(
    scopes: &Scopes<'_>,
    environment: &Environment<'_>,
    name: &str,
) -> Origins {
    let Some(binding) = environment.get(name).binding else {
        return Origins::default();
    };
    let mut search = Search {
        scopes,
        seen: BTreeSet::new(),
        cut: false,
    };
    let mut found = search.binding(binding, MAX_STEPS);
    let cut = search.cut || found.len() > MAX_ORIGINS;
    found.truncate(MAX_ORIGINS);
    Origins { found, cut }
}

struct Search<'a> {
    scopes: &'a Scopes<'a>,
    seen: BTreeSet<(Span, String)>,
    cut: bool,
}

impl Search<'_> {
    /// Recursion is bounded by `left`.
    fn binding(&mut self, binding: &Binding, left: usize) -> Vec<Origin> {
        self.cut |= left == 0;
        if left == 0 || !self.seen.insert((binding.name_span, binding.name.clone())) {
            return Vec::new();
        }
        let mut found = Vec::new();
        if binding.kind == BindingKind::Arg && is_settable(binding) {
            found.push(Origin {
                argument: binding.name.clone(),
                declaration: binding.name_span,
                steps: Vec::new(),
                prefix: String::new(),
                in_environment: false,
            });
        }
        if binding.source == Source::Written {
            found.extend(self.written(binding, left));
        }
        found
    }

    /// The arguments that reach a default or the value of an ENV.
    fn written(&mut self, binding: &Binding, left: usize) -> Vec<Origin> {
        let environment = self.scopes.environment(binding.instruction);
        let mut found = Vec::new();
        for name in binding.expansion.variables() {
            let Some(inner) = environment.get(name).binding else {
                continue;
            };
            let before = text_before(&binding.expansion, name);
            for mut origin in self.binding(inner, left - 1) {
                origin.prefix.insert_str(0, &before);
                let keyword = match binding.kind {
                    BindingKind::Arg => "the default of `ARG",
                    BindingKind::Env => "`ENV",
                };
                origin.in_environment |= binding.kind == BindingKind::Env;
                origin.steps.push(Step {
                    span: binding.written.unwrap_or(binding.name_span),
                    message: format!("{keyword} {}` takes it", binding.name),
                });
                found.push(origin);
            }
            if found.len() > MAX_ORIGINS {
                break;
            }
        }
        found
    }
}

/// Whether a caller can set it to any text; what the builder computes is typed.
fn is_settable(binding: &Binding) -> bool {
    !PLATFORM_ARGS.contains(&binding.name.as_str())
}

/// The text before `variable`, as far as it is known; what is not known counts as some text, so that nobody takes the
/// value for the beginning of the word.
pub(super) fn text_before(expansion: &Expansion, variable: &str) -> String {
    expansion
        .text_before(variable)
        .unwrap_or_else(|| "?".to_owned())
}
