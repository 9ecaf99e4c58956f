//! Which shell variables hold which tracked values, along one walk of a script.

use std::collections::BTreeMap;

use plimsoll_model::Span;

/// How many assignments are remembered of one value's way.
const MAXIMUM_STEPS: usize = 16;
/// How many different origins are remembered of one variable.
pub(super) const MAXIMUM_ORIGINS: usize = 32;
/// How many values are remembered of one word, and of what commands print.
pub(super) const MAXIMUM_CARRIED: usize = 128;
/// How long a name may be to be remembered of a value's way.
const MAXIMUM_NAME: usize = 128;

/// A tracked value, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taint {
    /// The tracked variable.
    pub variable: String,
    /// The assignments it went through.
    pub steps: Vec<Span>,
    /// The names it bore.
    pub carriers: Vec<String>,
    /// Whether nothing stands before it in the value that holds it.
    pub begins: bool,
    /// Whether the value that holds it is an address of which it decides the host.
    pub names_host: bool,
    /// Whether it was stripped to characters that mean nothing to a shell.
    pub bounded: bool,
    /// Whether what is held is not the value, but what was fetched from where the value says.
    pub fetched: bool,
    /// Whether of that place it decides the path only, not the host.
    pub fixed_host: bool,
}

impl Taint {
    /// The value of the tracked variable `name` itself.
    fn source(name: &str) -> Taint {
        Taint {
            variable: name.to_owned(),
            steps: Vec::new(),
            carriers: vec![name.to_owned()],
            begins: true,
            names_host: true,
            bounded: false,
            fetched: false,
            fixed_host: false,
        }
    }

    /// The value after one more step.
    pub(super) fn stepped(mut self, span: Span) -> Taint {
        if self.steps.len() < MAXIMUM_STEPS && self.steps.last() != Some(&span) {
            self.steps.push(span);
        }
        self
    }

    fn named(mut self, name: &str) -> Taint {
        let room = self.carriers.len() < MAXIMUM_STEPS && name.len() <= MAXIMUM_NAME;
        if room && !self.carriers.iter().any(|known| known == name) {
            self.carriers.push(name.to_owned());
        }
        self
    }

    /// Whether two differ only in the way they came.
    fn resembles(&self, other: &Taint) -> bool {
        self.variable == other.variable
            && self.begins == other.begins
            && self.names_host == other.names_host
            && self.bounded == other.bounded
            && self.fetched == other.fetched
            && self.fixed_host == other.fixed_host
    }
}

/// A tracked value where it stands in a word, or in what a command prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    /// The value.
    pub taint: Taint,
    /// The expansion.
    pub span: Span,
    /// Whether it is quoted.
    pub quoted: bool,
    /// Whether it may begin the word.
    pub begins: bool,
    /// Whether the word is an address of which it decides the host.
    pub names_host: bool,
    /// How much of the word's text stands before it.
    pub at: usize,
}

impl Carried {
    /// Whether two differ only in the way they came.
    fn resembles(&self, other: &Carried) -> bool {
        self.span == other.span
            && self.at == other.at
            && self.quoted == other.quoted
            && self.begins == other.begins
            && self.names_host == other.names_host
            && self.taint.resembles(&other.taint)
    }
}

/// Adds `more` to `values`, once each.
pub(super) fn gather(values: &mut Vec<Carried>, more: impl IntoIterator<Item = Carried>) {
    for carried in more {
        if values.len() >= MAXIMUM_CARRIED {
            return;
        }
        if !values.iter().any(|known| known.resembles(&carried)) {
            values.push(carried);
        }
    }
}

/// Adds `more` to `values`, once each.
pub(super) fn merge(values: &mut Vec<Taint>, more: impl IntoIterator<Item = Taint>) {
    for taint in more {
        if values.len() >= MAXIMUM_ORIGINS {
            return;
        }
        if !values.iter().any(|known| known.resembles(&taint)) {
            values.push(taint);
        }
    }
}

/// What one branch assigned.
pub(super) type Branch = BTreeMap<String, Vec<Taint>>;

/// The variables of a script, with branches that can be taken back.
pub(super) struct Environment<'d> {
    declared: &'d dyn Fn(&str) -> bool,
    values: BTreeMap<String, Vec<Taint>>,
    /// For each open branch, what the variables it assigned held before.
    changes: Vec<BTreeMap<String, Option<Vec<Taint>>>>,
}

impl<'d> Environment<'d> {
    /// An environment in which every variable that `declared` names holds itself.
    pub(super) fn new(declared: &'d dyn Fn(&str) -> bool) -> Environment<'d> {
        Environment {
            declared,
            values: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// What `name` holds.
    pub(super) fn get(&self, name: &str) -> Vec<Taint> {
        match self.values.get(name) {
            Some(taints) => taints.clone(),
            None if (self.declared)(name) => vec![Taint::source(name)],
            None => Vec::new(),
        }
    }

    /// Makes `name` hold `taints` and nothing else.
    pub(super) fn set(&mut self, name: &str, taints: impl IntoIterator<Item = Taint>) {
        let mut named = Vec::new();
        merge(
            &mut named,
            taints.into_iter().map(|taint| taint.named(name)),
        );
        let before = self.values.insert(name.to_owned(), named);
        if let Some(changes) = self.changes.last_mut() {
            changes.entry(name.to_owned()).or_insert(before);
        }
    }

    /// Lets `name` hold `taints` too.
    pub(super) fn add(&mut self, name: &str, taints: impl IntoIterator<Item = Taint>) {
        let mut all = self.get(name);
        merge(&mut all, taints);
        self.set(name, all);
    }

    /// Opens a branch.
    pub(super) fn begin(&mut self) {
        self.changes.push(BTreeMap::new());
    }

    /// Closes the innermost branch: takes back what it assigned, and returns it.
    pub(super) fn end(&mut self) -> Branch {
        let mut assigned = Branch::new();
        for (name, before) in self.changes.pop().unwrap_or_default() {
            let now = match before {
                Some(before) => self.values.insert(name.clone(), before),
                None => self.values.remove(&name),
            };
            assigned.insert(name, now.unwrap_or_default());
        }
        assigned
    }

    /// Goes on behind `branches` of which one ran, or none where they are not `exhaustive`.
    pub(super) fn join(&mut self, branches: Vec<Branch>, exhaustive: bool) {
        let mut joined = Branch::new();
        let count = branches.len();
        let mut assigned_by: BTreeMap<String, usize> = BTreeMap::new();
        for (name, taints) in branches.into_iter().flatten() {
            *assigned_by.entry(name.clone()).or_default() += 1;
            merge(joined.entry(name).or_default(), taints);
        }
        for (name, mut taints) in joined {
            if !exhaustive || assigned_by.get(&name) != Some(&count) {
                merge(&mut taints, self.get(&name));
            }
            self.set(&name, taints);
        }
    }
}
