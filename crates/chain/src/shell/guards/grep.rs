//! `grep` as a check of what a variable holds.

use plimsoll_model::Span;
use plimsoll_parse::shell::{CommandKind, Pipeline, SimpleCommand, Word};

use super::checks::{Checks, allowed_by, variable_of};
use super::facts::{Bound, Fact, Outcome, known, nothing};
use super::pattern::{Regex, regex};
use super::shape::Shape;

impl Checks<'_> {
    /// `echo "$A" | grep …`
    pub(super) fn pipeline(&self, pipeline: &Pipeline) -> Option<Outcome> {
        let [first, second] = pipeline.commands.as_slice() else {
            return None;
        };
        let (CommandKind::Simple(printer), CommandKind::Simple(reader)) =
            (&first.kind, &second.kind)
        else {
            return None;
        };
        let variable = printed_variable(printer)?;
        let name = reader.name()?;
        if !matches!(name.as_str(), "grep" | "egrep" | "fgrep") {
            return None;
        }
        self.grep(&name, reader.words.get(1..)?, variable, pipeline.span)
    }

    /// `grep OPTIONS PATTERN` that reads the value of a variable.
    pub(super) fn grep(
        &self,
        name: &str,
        words: &[Word],
        variable: &str,
        span: Span,
    ) -> Option<Outcome> {
        let options = GrepOptions::read(name, words)?;
        let fact = |bound: Bound| {
            known(
                variable,
                Fact {
                    newline_hole: true,
                    ..bound.at(span)
                },
            )
        };
        let matched = match options.regex()? {
            GrepPattern::Text(text) if options.whole_line => fact(Bound::listed(vec![text])),
            GrepPattern::Text(_) => fact(Bound::weak(
                "the text may stand anywhere in the value",
                Shape::ANY,
            )),
            GrepPattern::Regex(regex) => {
                fact(allowed_by(&regex, options.whole_line, &options.pattern))
            }
        };
        let unmatched = match options.regex()? {
            // No character outside the set: nothing but the set is left.
            GrepPattern::Regex(Regex {
                single: Some(refused),
                ..
            }) if !options.inverted => {
                let kept = refused.complement();
                let kept = if refused.is_negated() {
                    kept.ascii_only()
                } else {
                    kept
                };
                let shape = Shape::one(kept).repeated().optional();
                fact(Bound::shaped(shape, &options.pattern))
            }
            _ => nothing(),
        };
        Some(match options.inverted {
            false => Outcome::new(matched, unmatched),
            // Some line does not match; else all do.
            true => Outcome::new(nothing(), matched),
        })
    }
}

/// `echo "$a"`, `printf '%s' "$a"`
fn printed_variable(printer: &SimpleCommand) -> Option<&str> {
    let words = printer.words.get(1..)?;
    let (last, before) = words.split_last()?;
    let plain = match printer.name()?.as_str() {
        "echo" => before.iter().all(|word| {
            word.static_text()
                .is_some_and(|text| matches!(text.as_str(), "-n" | "-e" | "-E"))
        }),
        "printf" => {
            let format = before.first().and_then(Word::static_text);
            before.len() == 1 && format.is_some_and(|f| matches!(f.as_str(), "%s" | "%s\\n"))
        }
        _ => false,
    };
    let (variable, _) = variable_of(last)?;
    plain.then_some(variable)
}

/// The arguments of `grep`, as far as they matter here.
struct GrepOptions {
    pattern: String,
    extended: bool,
    fixed: bool,
    whole_line: bool,
    inverted: bool,
    any_case: bool,
}

enum GrepPattern {
    Text(String),
    Regex(Regex),
}

impl GrepOptions {
    /// `None` where anything is not understood.
    fn read(name: &str, words: &[Word]) -> Option<GrepOptions> {
        let mut options = GrepOptions {
            pattern: String::new(),
            extended: name == "egrep",
            fixed: name == "fgrep",
            whole_line: false,
            inverted: false,
            any_case: false,
        };
        let mut words = words.iter();
        let mut pattern = None;
        while let Some(word) = words.next() {
            let text = word.static_text()?;
            match text.as_str() {
                "--" => {}
                "-e" => pattern = Some(words.next()?.static_text()?),
                _ if text.len() > 1 && text.starts_with('-') && pattern.is_none() => {
                    if options.flags(&text)? {
                        pattern = Some(words.next()?.static_text()?);
                    }
                }
                _ if pattern.is_none() => pattern = Some(text),
                "-" => {}
                _ => return None,
            }
        }
        options.pattern = pattern.filter(|pattern| !pattern.contains('\n'))?;
        Some(options)
    }

    /// Reads one word of options; whether the pattern is the next word.
    fn flags(&mut self, text: &str) -> Option<bool> {
        match text {
            "--quiet" | "--silent" | "--no-messages" => return Some(false),
            "--extended-regexp" | "--perl-regexp" => self.extended = true,
            "--line-regexp" => self.whole_line = true,
            "--invert-match" => self.inverted = true,
            "--fixed-strings" => self.fixed = true,
            "--ignore-case" => self.any_case = true,
            _ if text.starts_with("--") => return None,
            _ => {
                for flag in text.chars().skip(1) {
                    match flag {
                        'E' | 'P' => self.extended = true,
                        'F' => self.fixed = true,
                        'x' => self.whole_line = true,
                        'v' => self.inverted = true,
                        'i' => self.any_case = true,
                        'q' | 's' | 'o' | 'n' | 'G' | 'a' => {}
                        'e' => return text.ends_with('e').then_some(true),
                        _ => return None,
                    }
                }
            }
        }
        Some(false)
    }

    fn regex(&self) -> Option<GrepPattern> {
        if self.fixed {
            return (!self.any_case).then(|| GrepPattern::Text(self.pattern.clone()));
        }
        let mut regex = regex(&self.pattern, self.extended)?;
        if self.any_case {
            regex.shape = regex.shape.both_cases();
            regex.single = None;
        }
        Some(GrepPattern::Regex(regex))
    }
}
