//! What an image's configuration holds, and which instruction of its history brought it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plimsoll_model::{RootPath, Sighting};

use super::budget::Budget;
use super::manifest::{Config, HISTORY};
use crate::visit::FileVisitor;

/// Bytes of an instruction that are looked at, to show its beginning.
const MAX_INSTRUCTION: usize = 16 << 10;
/// Characters of an instruction that are shown.
const SHOWN: usize = 120;

/// A credential in a field of a configuration.
#[derive(Debug)]
pub(crate) struct FieldSighting {
    pub(crate) field: RootPath,
    pub(crate) sighting: Arc<Sighting>,
    /// The instruction that set the field, to be shown.
    pub(crate) created_by: Option<String>,
}

/// What `visitor` sees in the fields of `config`.
pub(crate) fn search(
    config: &Config,
    visitor: &dyn FileVisitor,
    budget: &Budget<'_>,
) -> Vec<FieldSighting> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    for (field, text) in &config.texts {
        let Some(path) = RootPath::new(field).filter(|_| !budget.is_cancelled()) else {
            continue;
        };
        let mut setting = Setting::new(config, field, text, visitor, budget);
        for sighting in visitor.visit(&path, text.as_bytes()) {
            // The history repeats what the fields say, and comes behind them.
            let digest = sighting.digest.clone();
            let is_new = digest.is_none_or(|digest| told.insert(digest));
            if *field == HISTORY && !is_new {
                continue;
            }
            if !budget.sightings.take(1) {
                return found;
            }
            found.push(FieldSighting {
                field: path.clone(),
                created_by: setting.instruction(&sighting),
                sighting: Arc::new(sighting),
            });
        }
    }
    found
}

/// Finds the instructions that set the variables or labels of one field.
struct Setting<'a> {
    config: &'a Config,
    /// The instruction that sets what the field holds; `None` where instructions are not told apart by it.
    keyword: Option<&'static str>,
    lines: Vec<&'a str>,
    known: BTreeMap<&'a str, Option<String>>,
    visitor: &'a dyn FileVisitor,
    budget: &'a Budget<'a>,
}

impl<'a> Setting<'a> {
    fn new(
        config: &'a Config,
        field: &str,
        text: &'a str,
        visitor: &'a dyn FileVisitor,
        budget: &'a Budget<'a>,
    ) -> Setting<'a> {
        let keyword = match field {
            "Env" => Some("ENV"),
            "Labels" => Some("LABEL"),
            _ => None,
        };
        let lines = keyword.map_or_else(Vec::new, |_| text.lines().collect());
        Setting {
            config,
            keyword,
            lines,
            known: BTreeMap::new(),
            visitor,
            budget,
        }
    }

    /// The last instruction of the history that names the variable or label in whose line `sighting` stands.
    fn instruction(&mut self, sighting: &Sighting) -> Option<String> {
        let keyword = self.keyword?;
        let line = usize::try_from(sighting.start.line.checked_sub(1)?).ok()?;
        let name = self.lines.get(line)?.split('=').next()?;
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let made = self.config.backwards().find(|made| {
            let steps = made.len() as u64 / 64 + 1;
            self.budget.steps.take(steps) && made.contains(keyword) && made.contains(name)
        });
        let shown = made.map(|made| shown(made, self.visitor));
        self.known.insert(name, shown.clone());
        shown
    }
}

/// The beginning of an instruction of the history, masked.
pub(crate) fn shown(instruction: &str, visitor: &dyn FileVisitor) -> String {
    let text = instruction.trim_start_matches("/bin/sh -c #(nop) ").trim();
    let beginning = beginning(text);
    let masked = visitor.masked(beginning);
    let mut shown: String = masked.chars().take(SHOWN).collect();
    if beginning.len() < text.len() || masked.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// The first words of `text`: a word that is cut in two would hide from the mask what it is.
fn beginning(text: &str) -> &str {
    if text.len() <= MAX_INSTRUCTION {
        return text;
    }
    let end = text.floor_char_boundary(MAX_INSTRUCTION);
    let words = text.get(..end).unwrap_or_default();
    let end = words.rfind(char::is_whitespace).unwrap_or(0);
    words.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_cut_between_words() {
        let word = "x".repeat(MAX_INSTRUCTION - 5);
        assert_eq!(beginning("RUN a"), "RUN a");
        assert_eq!(
            beginning(&format!("RUN {word} key key")),
            format!("RUN {word}")
        );
        assert_eq!(beginning(&format!("RUN {word}abckey")), "RUN");
        assert_eq!(beginning(&format!("é{word}{word}")), "");
    }
}
