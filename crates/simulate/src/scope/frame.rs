//! The bindings of one stage, found by name and place.

use std::collections::BTreeMap;

use super::{Binding, BindingKind, Source};

/// Bindings in the order they are made, each stored once.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    bindings: Vec<Binding>,
    by_name: BTreeMap<String, Names>,
}

/// The bindings of one name, as ascending indices.
#[derive(Clone, Debug, Default)]
struct Names {
    args: Vec<usize>,
    envs: Vec<usize>,
    /// ARGs that change nothing.
    declarations: Vec<usize>,
}

impl Frame {
    pub(super) fn push(&mut self, binding: Binding) {
        let index = self.bindings.len();
        let names = self.by_name.entry(binding.name.clone()).or_default();
        let list = match (binding.kind, binding.source) {
            (_, Source::Nothing) => &mut names.declarations,
            (BindingKind::Arg, _) => &mut names.args,
            (BindingKind::Env, _) => &mut names.envs,
        };
        list.push(index);
        self.bindings.push(binding);
    }

    pub(super) fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The last that sets `name` before instruction `before`.
    pub(super) fn last(&self, name: &str, before: usize) -> Option<&Binding> {
        self.bindings.get(self.last_index(name, before)?)
    }

    pub(super) fn last_index(&self, name: &str, before: usize) -> Option<usize> {
        let names = self.by_name.get(name)?;
        let arg = self.last_of(&names.args, before);
        arg.max(self.last_of(&names.envs, before))
    }

    /// The last ENV that sets `name` before instruction `before`.
    pub(super) fn last_env(&self, name: &str, before: usize) -> Option<&Binding> {
        let names = self.by_name.get(name)?;
        self.bindings.get(self.last_of(&names.envs, before)?)
    }

    /// The last ARG that names `name` and changes nothing, before instruction `before`.
    pub(super) fn declaration(&self, name: &str, before: usize) -> Option<&Binding> {
        let names = self.by_name.get(name)?;
        self.bindings
            .get(self.last_of(&names.declarations, before)?)
    }

    /// What one instruction makes.
    pub(super) fn set_by(&self, instruction: usize) -> &[Binding] {
        let start = self
            .bindings
            .partition_point(|b| b.instruction < instruction);
        let end = self
            .bindings
            .partition_point(|b| b.instruction <= instruction);
        self.bindings.get(start..end).unwrap_or_default()
    }

    fn last_of(&self, indices: &[usize], before: usize) -> Option<usize> {
        let at = indices.partition_point(|index| {
            self.bindings
                .get(*index)
                .is_some_and(|binding| binding.instruction < before)
        });
        indices.get(at.checked_sub(1)?).copied()
    }
}
