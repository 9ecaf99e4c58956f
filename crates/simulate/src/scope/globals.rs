//! The ARGs before the first FROM, and what the builder sets by itself.

use std::collections::BTreeMap;

use plimsoll_parse::dockerfile::{ArgDef, Body, Dockerfile, Word};

use super::{
    Binding, Budget, BuildInput, Found, MAX_EXPANDED, PLATFORM_ARGS, Source, declared,
    frame::Frame, from_outside, written,
};
use crate::expand::{self, Expansion, Value};

/// The ARGs before the first FROM.
#[derive(Clone, Debug, Default)]
pub struct Globals {
    pub(super) frame: Frame,
    /// The platform arguments, as given or unknown.
    pub(super) builder: BTreeMap<String, Value>,
}

impl Globals {
    /// Evaluates the ARGs of `file` before its first FROM.
    pub fn new(file: &Dockerfile, input: &BuildInput) -> Globals {
        let mut globals = Globals {
            frame: Frame::default(),
            builder: builder_args(file, input),
        };
        let mut budget = Budget(MAX_EXPANDED);
        for (index, instruction) in file.instructions.iter().enumerate() {
            match &instruction.body {
                Body::From { .. } => break,
                Body::Arg(definitions) => {
                    for definition in definitions {
                        let binding = globals.evaluate(index, definition, file, input, &mut budget);
                        globals.frame.push(binding);
                    }
                }
                _ => {}
            }
        }
        globals
    }

    fn evaluate(
        &self,
        instruction: usize,
        definition: &ArgDef,
        file: &Dockerfile,
        input: &BuildInput,
        budget: &mut Budget,
    ) -> Binding {
        let binding = declared(instruction, definition);
        let default = definition.default.as_ref();
        let expansion = default.map(|word| self.expand(word, file.escape));
        if let Some(value) = input.arg(&definition.name) {
            let mut given = from_outside(binding, Source::BuildArg, value);
            // The classic builder expands the default it replaces all the same, and fails where that cannot be.
            given.expansion.errors = expansion.map_or_else(Vec::new, |one| one.errors);
            return given;
        }
        match (default, expansion) {
            (Some(default), Some(expansion)) => written(binding, default, expansion, budget),
            _ => binding,
        }
    }

    /// The value of `name` on a FROM line. Never asks an image, so what nothing sets is not set.
    pub fn get(&self, name: &str) -> Found<'_> {
        if let Some(binding) = self.frame.last(name, usize::MAX) {
            return Found {
                value: binding.value.clone(),
                binding: Some(binding),
            };
        }
        let value = self.builder.get(name).cloned().unwrap_or(Value::Unset);
        Found {
            value,
            binding: self.frame.declaration(name, usize::MAX),
        }
    }

    /// Expands a word of a FROM line.
    pub fn expand(&self, word: &Word, escape: char) -> Expansion {
        expand::expand(word, escape, &|name| self.get(name).value)
    }

    /// All bindings, in order.
    pub fn bindings(&self) -> &[Binding] {
        self.frame.bindings()
    }
}

fn builder_args(file: &Dockerfile, input: &BuildInput) -> BTreeMap<String, Value> {
    let value = |name: &str| {
        if let Some(value) = input.arg(name) {
            return value.clone();
        }
        let given = input.platform.get(name).cloned();
        let given = given.or_else(|| (name == "TARGETSTAGE").then(|| target_name(file, input)));
        given.map_or(Value::Unknown, Value::Known)
    };
    PLATFORM_ARGS
        .iter()
        .map(|name| ((*name).to_owned(), value(name)))
        .collect()
}

/// The target as `TARGETSTAGE` has it: as asked for, or the last stage's name, or `default`.
fn target_name(file: &Dockerfile, input: &BuildInput) -> String {
    let last = file
        .instructions
        .iter()
        .rev()
        .find_map(|instruction| match &instruction.body {
            Body::From { alias, .. } => Some(alias.as_ref().map(|alias| alias.value.clone())),
            _ => None,
        });
    let asked = input.target.clone().filter(|target| !target.is_empty());
    asked
        .or(last.flatten())
        .unwrap_or_else(|| "default".to_owned())
}
