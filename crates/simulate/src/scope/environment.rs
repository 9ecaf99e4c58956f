//! The variables in force at one place.

use std::collections::BTreeMap;

use plimsoll_parse::dockerfile::Word;

use super::{Binding, Found, MAX_PARENTS, Scopes, Source, frame::Frame};
use crate::expand::{self, Expansion, Value};

/// The variables in force at one place of the file.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'s> {
    pub(super) scopes: &'s Scopes<'s>,
    /// `None`: among the global ARGs.
    pub(super) stage: Option<usize>,
    pub(super) before: usize,
}

impl<'s> Environment<'s> {
    /// Looks `name` up.
    pub fn get(&self, name: &str) -> Found<'s> {
        let Some(stage) = self.stage else {
            return self.get_global(name);
        };
        if let Some(binding) = self.scopes.binding(stage, self.before, name) {
            return Found {
                value: binding.value.clone(),
                binding: Some(binding),
            };
        }
        let frames = self.scopes.ancestry(stage).take(MAX_PARENTS);
        let declaration = frames.filter_map(|ancestor| {
            let before = if ancestor == stage {
                self.before
            } else {
                usize::MAX
            };
            self.scopes.stages.get(ancestor)?.declaration(name, before)
        });
        Found {
            value: self.scopes.value_below(stage, name),
            binding: { declaration }.next(),
        }
    }

    fn get_global(&self, name: &str) -> Found<'s> {
        let globals = &self.scopes.graph.globals;
        match globals.frame.last(name, self.before) {
            Some(binding) => Found {
                value: binding.value.clone(),
                binding: Some(binding),
            },
            None => Found {
                value: globals.builder.get(name).cloned().unwrap_or(Value::Unset),
                binding: globals.frame.declaration(name, self.before),
            },
        }
    }

    /// The value of `name`.
    pub fn value(&self, name: &str) -> Value {
        self.get(name).value
    }

    /// Expands `word` here.
    pub fn expand(&self, word: &Word) -> Expansion {
        expand::expand(word, self.scopes.file.escape, &|name| self.value(name))
    }

    /// Every binding in force, by name; made for showing, not for each instruction.
    pub fn visible(&self) -> BTreeMap<&'s str, &'s Binding> {
        let globals = &self.scopes.graph.globals.frame;
        let frames: Vec<&Frame> = match self.stage {
            None => vec![globals],
            Some(stage) => {
                let stages = self.scopes.ancestry(stage).take(MAX_PARENTS);
                stages
                    .filter_map(|stage| self.scopes.stages.get(stage))
                    .collect()
            }
        };
        let names = frames.into_iter().flat_map(Frame::names);
        names
            .filter_map(|name| Some((name, self.get(name).binding?)))
            .filter(|(_, binding)| binding.source != Source::Nothing)
            .collect()
    }
}
