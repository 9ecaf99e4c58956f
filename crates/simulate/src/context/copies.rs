//! How much each COPY and ADD of a Dockerfile takes, counted entry by entry.
//!
//! For contexts too large to hold; [`take`](super::take) also follows links to a source, and lists what is taken.

use super::account::weigh;
use super::summary::Tally;
use crate::expand::Expansion;
use crate::ignore_file::IgnoreFile;
use crate::ignore_file::filepath::has_wildcard;
use crate::scope::{BuildInput, Precedence, Scopes};
use crate::stages::StageGraph;
use plimsoll_model::{Entry, LineIndex, RootPath};
use plimsoll_parse::dockerfile::{self, Body, Instruction, Word};

/// How many instructions are counted for; a file with more repeats itself.
const MAX_COPIES: usize = 256;

/// What one COPY or ADD takes from the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyTally {
    /// The instruction's line in the Dockerfile, from 1.
    pub line: u32,
    /// Its first line as written.
    pub text: String,
    /// How much its sources take; `None` where a source holds a value that is not known.
    pub taken: Option<Tally>,
}

/// Counts for every COPY and ADD of one Dockerfile.
#[derive(Debug)]
pub struct CopyAccount {
    copies: Vec<Copy>,
}

#[derive(Debug)]
struct Copy {
    tally: CopyTally,
    sources: Vec<Source>,
    excludes: IgnoreFile,
}

/// Which entries a source names.
#[derive(Debug)]
enum Source {
    Whole,
    /// The path and all below.
    Below(RootPath),
    Matching(IgnoreFile),
}

impl CopyAccount {
    /// An account for the Dockerfile `text`, its arguments at their defaults.
    pub fn new(text: &str) -> CopyAccount {
        let tree = dockerfile::parse(text);
        let input = BuildInput::default();
        let stages = StageGraph::new(&tree, &input);
        let scopes = Scopes::new(&tree, &stages, &input, Precedence::LaterWins);
        let lines = LineIndex::new(text);
        let instructions = tree.instructions.iter().enumerate();
        let copies = instructions.filter_map(|(index, instruction)| {
            let sources = context_sources(instruction)?;
            let environment = scopes.environment(index);
            let expanded = sources.iter().map(|word| environment.expand(word));
            let first_line = instruction.span.slice(text).lines().next().unwrap_or("");
            Some(Copy::new(
                expanded,
                instruction,
                CopyTally {
                    line: lines.line(instruction.span.start),
                    text: first_line.trim_end().to_owned(),
                    taken: Some(Tally::default()),
                },
            ))
        });
        CopyAccount {
            copies: copies.take(MAX_COPIES).collect(),
        }
    }

    /// Counts an entry that is sent; `relative` is its path below the context.
    pub fn visit(&mut self, entry: &Entry, relative: &RootPath) {
        for copy in &mut self.copies {
            if copy.takes(relative)
                && let Some(taken) = &mut copy.tally.taken
            {
                taken.add(weigh(entry));
            }
        }
    }

    /// The counts, in the order of the instructions.
    pub fn finish(self) -> Vec<CopyTally> {
        self.copies.into_iter().map(|copy| copy.tally).collect()
    }
}

/// The sources of a COPY or ADD that takes from the context and not only addresses.
fn context_sources(instruction: &Instruction) -> Option<Vec<&Word>> {
    let (Body::Copy(transfer) | Body::Add(transfer)) = &instruction.body else {
        return None;
    };
    let local: Vec<&Word> = transfer
        .sources
        .iter()
        .filter(|word| !word.as_str().contains("://"))
        .collect();
    (instruction.flag("from").is_none() && !local.is_empty()).then_some(local)
}

impl Copy {
    fn new(
        expanded: impl Iterator<Item = Expansion>,
        instruction: &Instruction,
        tally: CopyTally,
    ) -> Copy {
        let flags = instruction
            .flags
            .iter()
            .filter(|flag| flag.name == "exclude");
        let excludes = flags
            .filter_map(|flag| flag.value.as_ref())
            .map(Word::as_str);
        let mut copy = Copy {
            tally,
            sources: Vec::new(),
            excludes: IgnoreFile::from_patterns(excludes).0,
        };
        for expansion in expanded {
            match expansion.known().and_then(|text| Source::new(&text)) {
                Some(source) => copy.sources.push(source),
                None => copy.tally.taken = None,
            }
        }
        copy
    }

    /// `--exclude` is matched below the source, as BuildKit does for a folder.
    fn takes(&self, relative: &RootPath) -> bool {
        self.sources
            .iter()
            .any(|source| match source.rest(relative) {
                Some(rest) => self.excludes.is_empty() || !self.excludes.excludes(rest),
                None => false,
            })
    }
}

impl Source {
    /// `None` for a path that leaves the context.
    fn new(text: &str) -> Option<Source> {
        let path = RootPath::new(text.trim_start_matches('/'))?;
        Some(if path.is_root() {
            Source::Whole
        } else if has_wildcard(path.as_str()) {
            Source::Matching(IgnoreFile::from_patterns([path.as_str()]).0)
        } else {
            Source::Below(path)
        })
    }

    /// What `relative` is below the source; `None` where the source does not name it.
    fn rest<'p>(&self, relative: &'p RootPath) -> Option<&'p str> {
        match self {
            Source::Whole => Some(relative.as_str()),
            Source::Below(path) => relative.strip_prefix(path),
            Source::Matching(pattern) => pattern
                .excludes(relative.as_str())
                .then_some(relative.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::EntryKind;

    fn check(dockerfile: &str, files: &[(&str, u64)], expected: &[(u32, Option<(u64, u64)>)]) {
        let mut account = CopyAccount::new(dockerfile);
        for (path, size) in files {
            let path = RootPath::new(path).unwrap();
            let entry = Entry {
                path: path.clone(),
                kind: EntryKind::File,
                size: *size,
                link_target: None,
                listed: true,
            };
            account.visit(&entry, &path);
        }
        let counted = account.finish().into_iter();
        let counted: Vec<_> = counted
            .map(|copy| {
                (
                    copy.line,
                    copy.taken.map(|taken| (taken.files, taken.bytes)),
                )
            })
            .collect();
        assert_eq!(counted, expected);
    }

    #[test]
    fn each_copy_is_counted_by_itself() {
        check(
            "FROM node AS b\nARG DIR=src\nCOPY package.json ./\nCOPY ${DIR} /src\nCOPY . .\nADD *.md /\nFROM alpine\n\
             COPY --from=b /app /app\nADD https://example.org/x /x\nCOPY $UNKNOWN /y\nCOPY ../up /z\n",
            &[
                ("package.json", 2),
                ("src/a", 10),
                ("src/b/c", 20),
                ("README.md", 5),
            ],
            &[
                (3, Some((1, 2))),
                (4, Some((2, 30))),
                (5, Some((4, 37))),
                (6, Some((1, 5))),
                (10, None),
                (11, None),
            ],
        );
    }
}
