//! `.dockerignore` files exactly as moby's pattern matcher reads and applies them (`by-source`: moby/patternmatcher v0.6).
//!
//! Where builders differ, [`IgnoreFile::can_skip`] and [`Walk`] take the builder:
//! the classic builder leaves an excluded folder unless a `!` pattern *literally* starts with its path, so `!**/keep`
//! re-includes nothing beneath it, while BuildKit walks every excluded folder as soon as one `!` pattern holds a wildcard.
//! Buildah reads the file with other rules ([`IgnoreFile::parse_for`]: `! x` re-includes nothing) and tries each rule on the
//! path and on every folder above it.
//!
//! One thing is not modelled: where a rule would match a folder but had no effect on it, BuildKit's client may list a file
//! beneath and then find it excluded on opening it, and the file arrives empty.

pub(crate) mod filepath;
mod go_regexp;
mod pattern;
mod program;
mod walk;

use filepath::{Glob, clean};
use pattern::Pattern;
use plimsoll_model::{Builder, Inventory, RootPath, Span};
use plimsoll_parse::SyntaxError;

pub use walk::{Decision, MatchState, Visit, Walk};

/// The longest line Go's line scanner takes.
const LONGEST_LINE: usize = 64 * 1024;

/// An ignore file: its rules in order, the last that speaks decides.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    rules: Vec<Rule>,
}

/// One pattern of an ignore file.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The pattern as written, `!` included.
    pub span: Span,
    /// The pattern as applied: cleaned, without `!` and leading slash.
    pub pattern: String,
    /// Whether it starts with `!` and so takes back what earlier rules left out.
    pub reincludes: bool,
    compiled: Pattern,
}

impl IgnoreFile {
    /// Reads an ignore file as BuildKit and the Docker CLI do; see [`Self::parse_for`].
    pub fn parse(text: &str) -> (IgnoreFile, Vec<SyntaxError>) {
        IgnoreFile::parse_for(text, Builder::Buildkit)
    }

    /// Reads an ignore file as `builder` does. Every error stands for a build that fails; the rules without error are kept.
    pub fn parse_for(text: &str, builder: Builder) -> (IgnoreFile, Vec<SyntaxError>) {
        let dialect = match builder {
            Builder::Buildah => Dialect::Containers,
            Builder::Buildkit | Builder::Classic | Builder::Kaniko => Dialect::Moby,
        };
        let mut file = IgnoreFile::default();
        let mut errors = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.len() > LONGEST_LINE && dialect == Dialect::Moby {
                let span = Span::new(start, at);
                errors.push(SyntaxError::new(span, "line is longer than 64 KiB"));
                break;
            }
            let without_mark = match start {
                0 => line.strip_prefix('\u{feff}').unwrap_or(line),
                _ => line,
            };
            let trimmed = without_mark.trim();
            if without_mark.starts_with('#') || trimmed.is_empty() {
                continue;
            }
            let indent = line.len() - without_mark.trim_start().len();
            let span = Span::new(start + indent, start + indent + trimmed.len());
            file.push(
                &read_pattern(line, trimmed, dialect),
                span,
                dialect,
                &mut errors,
            );
        }
        (file, errors)
    }

    /// Rules from patterns given one by one, as `--exclude` does; the spans number the patterns.
    pub fn from_patterns<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> (IgnoreFile, Vec<SyntaxError>) {
        let mut file = IgnoreFile::default();
        let mut errors = Vec::new();
        for (index, pattern) in patterns.into_iter().enumerate() {
            file.push(pattern, Span::new(index, index), Dialect::Moby, &mut errors);
        }
        (file, errors)
    }

    /// Takes a pattern as the matcher is given it.
    fn push(&mut self, given: &str, span: Span, dialect: Dialect, errors: &mut Vec<SyntaxError>) {
        let trimmed = given.trim();
        if trimmed.is_empty() {
            return;
        }
        // Cleaned with its `!`: `!../../x` loses the mark and leaves out `x`.
        let cleaned = clean(trimmed);
        let (pattern, reincludes) = match cleaned.strip_prefix('!') {
            Some("") => {
                errors.push(SyntaxError::new(
                    span,
                    "`!` without a pattern fails the build",
                ));
                return;
            }
            Some(pattern) if dialect == Dialect::Containers => (clean(pattern), true),
            Some(pattern) => (pattern.to_owned(), true),
            None => (cleaned.clone(), false),
        };
        let pattern = match dialect {
            Dialect::Containers if reincludes => pattern.strip_prefix('/').unwrap_or(&pattern),
            Dialect::Containers | Dialect::Moby => pattern.as_str(),
        };
        let compiled = match dialect {
            Dialect::Moby => Pattern::new(pattern),
            Dialect::Containers => Pattern::new_for_buildah(pattern),
        };
        if Glob::new(pattern).is_err() || matches!(compiled, Pattern::Broken) {
            let message = format!("malformed pattern `{pattern}` fails the build");
            errors.push(SyntaxError::new(span, message));
            return;
        }
        self.rules.push(Rule {
            span,
            pattern: pattern.to_owned(),
            reincludes,
            compiled,
        });
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether BuildKit leaves out the file at `path`, relative to the context root.
    pub fn excludes(&self, path: &str) -> bool {
        self.decide(path, Builder::Buildkit).excluded
    }
}

/// Which of two families of readers and matchers applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// moby/patternmatcher and its reader.
    Moby,
    /// openshift/imagebuilder's reader and containers/storage's matcher.
    Containers,
}

/// A line as the reader of ignore files hands it on.
fn read_pattern(line: &str, trimmed: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Containers {
        // Nothing behind `!` is trimmed: `! x` re-includes nothing that exists.
        return line.trim_end_matches('\n').trim_matches('/').to_owned();
    }
    let (mark, pattern) = match trimmed.strip_prefix('!') {
        Some(pattern) => ("!", pattern.trim()),
        None => ("", trimmed),
    };
    if pattern.is_empty() {
        return mark.to_owned();
    }
    let cleaned = clean(pattern);
    match cleaned.strip_prefix('/') {
        Some(relative) if !relative.is_empty() => format!("{mark}{relative}"),
        _ => format!("{mark}{cleaned}"),
    }
}

/// Where the ignore file of a build stands, the first that exists of those the builder looks at.
///
/// `dockerfile` is the Dockerfile's place where that lies below the inventory's root.
pub fn applying(
    inventory: &Inventory,
    context: &RootPath,
    dockerfile: Option<&RootPath>,
    builder: Builder,
) -> Option<RootPath> {
    let beside = |suffix: &str| {
        let dockerfile = dockerfile?;
        dockerfile
            .parent()
            .join(&format!("{}{suffix}", dockerfile.file_name()))
    };
    let in_context = |name: &str| context.join(name);
    let candidates = match builder {
        Builder::Classic => vec![in_context(".dockerignore")],
        Builder::Buildkit | Builder::Kaniko => {
            vec![beside(".dockerignore"), in_context(".dockerignore")]
        }
        Builder::Buildah => vec![
            beside(".dockerignore"),
            beside(".containerignore"),
            in_context(".containerignore"),
            in_context(".dockerignore"),
        ],
    };
    candidates
        .into_iter()
        .flatten()
        .find(|path| inventory.get(path).is_some())
}

#[cfg(test)]
mod tests;
