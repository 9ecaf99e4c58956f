//! Applying an ignore file while walking a tree, a folder before what it holds.

use super::{IgnoreFile, Rule};
use plimsoll_model::Builder;

/// Which rules matched a folder, passed down to all it holds.
#[derive(Clone, Debug, Default)]
pub struct MatchState {
    /// One bit for each rule; empty above the first level.
    matched: Vec<u64>,
}

impl MatchState {
    fn get(&self, rule: usize) -> bool {
        self.matched
            .get(rule / 64)
            .is_some_and(|word| word & (1 << (rule % 64)) != 0)
    }

    fn set(&mut self, rule: usize) {
        if let Some(word) = self.matched.get_mut(rule / 64) {
            *word |= 1 << (rule % 64);
        }
    }
}

/// What an ignore file says of one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether the path is left out.
    pub excluded: bool,
    /// The rule that decided, an index into [`IgnoreFile::rules`]; none where no rule spoke.
    pub rule: Option<usize>,
}

/// What a walk says of one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// Whether the entry is left out, and by which rule.
    pub decision: Decision,
    /// For a folder: whether the builder looks at nothing beneath it.
    pub skips: bool,
}

impl IgnoreFile {
    /// Decides one entry from its parent folder's state and gives the state for what the entry holds.
    pub fn step(&self, path: &str, parent: &MatchState) -> (Decision, MatchState) {
        let mut decision = Decision::default();
        let mut state = MatchState {
            matched: vec![0; self.rules.len().div_ceil(64)],
        };
        for (index, rule) in self.rules.iter().enumerate() {
            // A rule that would change nothing is not tried, and then counts as unmatched for what lies beneath.
            let matches = parent.get(index)
                || (rule.reincludes == decision.excluded && rule.compiled.matches(path));
            if matches {
                state.set(index);
                decision.settle(rule, index);
            }
        }
        (decision, state)
    }

    /// Decides one path by itself, trying every parent folder with every rule.
    ///
    /// Not what a walk does: a rule that had no effect on a folder may still count here. Kaniko and the classic
    /// engine (for the Dockerfile and the ignore file themselves) decide this way.
    pub fn decide_alone(&self, path: &str) -> Decision {
        let mut decision = Decision::default();
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.reincludes != decision.excluded {
                continue;
            }
            if prefixes(path).any(|prefix| rule.compiled.matches(prefix)) {
                decision.settle(rule, index);
            }
        }
        decision
    }

    /// Decides one path as buildah does: the last rule that matches it or a folder above it.
    ///
    /// The folders are tried too for rules that were read for another builder, whose patterns match a path alone.
    pub(crate) fn decide_for_buildah(&self, path: &str) -> Decision {
        let mut decision = Decision::default();
        for (index, rule) in self.rules.iter().enumerate() {
            if prefixes(path).any(|prefix| rule.compiled.matches(prefix)) {
                decision.settle(rule, index);
            }
        }
        decision
    }

    /// Whether buildah looks beneath a folder that was named as a source and is left out: some `!` rule goes on behind
    /// its name, taken literally.
    pub(crate) fn reincludes_beneath(&self, folder: &str) -> bool {
        let folder = format!("{folder}/");
        let mut reincluding = self.rules.iter().filter(|rule| rule.reincludes);
        reincluding.any(|rule| rule.pattern.starts_with(&folder))
    }

    /// Decides one path as `builder` would on its walk from the context root.
    pub fn decide(&self, path: &str, builder: Builder) -> Decision {
        let mut walk = Walk::new(self, builder);
        let mut last = Decision::default();
        for prefix in prefixes(path) {
            last = walk.visit(prefix, true).decision;
        }
        last
    }

    /// Whether `builder` looks at nothing beneath `folder`, which is left out.
    pub fn can_skip(&self, folder: &str, builder: Builder) -> bool {
        let mut reincluding = self.rules.iter().filter(|rule| rule.reincludes);
        match builder {
            Builder::Kaniko => false,
            Builder::Classic => !reincluding.any(|rule| leads_into(&rule.pattern, folder)),
            // Without the slash that would end the component.
            Builder::Buildah => !reincluding
                .any(|rule| format!("{}/", rule.pattern.trim_matches('/')).starts_with(folder)),
            Builder::Buildkit => !reincluding.any(|rule| {
                let literal = without_trailing_glob(&rule.pattern);
                literal.contains(['*', '[', ']', '?', '^', '\\']) || leads_into(literal, folder)
            }),
        }
    }
}

impl Decision {
    fn settle(&mut self, rule: &Rule, index: usize) {
        if self.excluded == rule.reincludes {
            self.rule = Some(index);
        }
        self.excluded = !rule.reincludes;
    }
}

/// Whether `pattern`, taken literally, is `folder` or lies beneath it.
fn leads_into(pattern: &str, folder: &str) -> bool {
    pattern
        .strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn without_trailing_glob(pattern: &str) -> &str {
    let pattern = pattern.strip_suffix("/**").unwrap_or(pattern);
    pattern.strip_suffix("/*").unwrap_or(pattern)
}

/// `a`, `a/b`, `a/b/c` for `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.chain([path.len()]).filter_map(|end| path.get(..end))
}

/// One walk over a tree in the inventory's order; keeps the state of the open folders only.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    file: &'a IgnoreFile,
    builder: Builder,
    open: Vec<OpenFolder>,
}

#[derive(Clone, Debug)]
struct OpenFolder {
    path: Box<str>,
    state: MatchState,
    visit: Visit,
}

impl<'a> Walk<'a> {
    /// A walk that has seen nothing.
    pub fn new(file: &'a IgnoreFile, builder: Builder) -> Walk<'a> {
        Walk {
            file,
            builder,
            open: Vec::new(),
        }
    }

    /// Decides the next entry; `path` is relative to the context root.
    pub fn visit(&mut self, path: &str, is_folder: bool) -> Visit {
        while let Some(folder) = self.open.last()
            && !leads_into(path, &folder.path)
        {
            self.open.pop();
        }
        if let Some(folder) = self.open.last()
            && folder.visit.skips
        {
            return folder.visit;
        }
        let root = MatchState::default();
        let parent = self.open.last().map_or(&root, |folder| &folder.state);
        let (decision, state) = match self.builder {
            Builder::Buildkit | Builder::Classic => self.file.step(path, parent),
            Builder::Buildah => (self.file.decide_for_buildah(path), root),
            Builder::Kaniko => (self.file.decide_alone(path), root),
        };
        let skips = is_folder && decision.excluded && self.file.can_skip(path, self.builder);
        let visit = Visit { decision, skips };
        if is_folder {
            self.open.push(OpenFolder {
                path: path.into(),
                state,
                visit,
            });
        }
        visit
    }
}
