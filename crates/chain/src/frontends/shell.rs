//! Build commands in the shell scripts that CI files hold.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::SourceText;
use plimsoll_parse::shell::{
    self, CommandVisit, Expansion, ExpansionOperator, PartKind, Word, WordPart,
};

use super::argument::Argument;
use super::command_line;
use super::folder::{Folder, Position, target};
use super::interpolation::{Dialect, Interpolation};
use crate::dockerfile::CUT_SCRIPT;
use crate::invocation::{FieldPiece, Manifest, Resolved};

/// How many scripts may stand inside each other (`sh -c "…"`).
const MAX_DEPTH: usize = 4;

/// Around the number of an expression that a template puts into a script before a shell reads it.
const MARKS: [char; 2] = ['\u{e000}', '\u{e001}'];

/// A shell that reads scripts one after another, keeping its folder.
pub(super) struct Shell<'a> {
    /// The text of the whole file.
    file: &'a str,
    /// What variables are set to, and whether templates stand in the scripts.
    variables: Interpolation,
    /// The folder commands run in.
    position: Position,
    /// The templates of the script being read.
    templates: Vec<(FieldPiece, String, Span)>,
    depth: usize,
}

impl<'a> Shell<'a> {
    /// A shell that starts in `folder`.
    pub(super) fn new(
        file: &'a str,
        variables: Interpolation,
        folder: Option<Folder>,
    ) -> Shell<'a> {
        Shell {
            file,
            variables,
            position: Position::new(folder),
            templates: Vec::new(),
            depth: 0,
        }
    }

    /// Reads a script's builds into `manifest`.
    pub(super) fn read(&mut self, script: &SourceText, manifest: &mut Manifest) {
        let masked = self.masked(script);
        self.run(&masked, manifest);
    }

    /// Reads already split words as one command.
    pub(super) fn command(&self, words: &[Argument], span: Span, manifest: &mut Manifest) {
        let Some(folder) = &self.position.folder else {
            return;
        };
        let known: Vec<Argument> = words.iter().map(|word| known(word, folder)).collect();
        folder.read(manifest, |folder, manifest| {
            command_line::read(&known, folder, span, manifest);
        });
    }

    fn run(&mut self, script: &SourceText, manifest: &mut Manifest) {
        let tree = shell::parse_source(script);
        if tree.cut {
            manifest.cut.insert(CUT_SCRIPT);
        }
        let mut outside: Option<Position> = None;
        shell::for_each_command(&tree, &mut |visit| {
            if visit.in_substitution || visit.in_function {
                return;
            }
            // A subshell's folder ends with it.
            match (visit.in_subshell, outside.take()) {
                (true, Some(position)) => outside = Some(position),
                (true, None) => outside = Some(self.position.clone()),
                (false, Some(position)) => self.position = position,
                (false, None) => {}
            }
            self.visit(visit, manifest);
        });
        if let Some(position) = outside {
            self.position = position;
        }
    }

    fn visit(&mut self, visit: &CommandVisit<'_>, manifest: &mut Manifest) {
        let words = &visit.command.words;
        match visit.command.name().as_deref() {
            Some(command @ ("cd" | "pushd")) if visit.pipeline.commands.len() == 1 => {
                let behind = words.iter().skip(1).map(|word| self.argument(word));
                let behind: Vec<Argument> = behind.collect();
                self.change(target(&behind), command == "pushd");
            }
            Some("popd") => self.position.pop(),
            Some("sh" | "bash" | "/bin/sh" | "/bin/bash") => self.nested(words, manifest),
            _ => {
                let arguments: Vec<Argument> =
                    words.iter().map(|word| self.argument(word)).collect();
                self.command(&arguments, visit.command.span, manifest);
            }
        }
    }

    /// `sh -c script`.
    fn nested(&mut self, words: &[Word], manifest: &mut Manifest) {
        let is_command = |word: &Word| {
            word.static_text()
                .is_some_and(|text| text.starts_with('-') && text.ends_with('c'))
        };
        let script = words
            .iter()
            .position(is_command)
            .and_then(|at| words.get(at + 1)?.static_source());
        if let Some(script) = script
            && self.depth < MAX_DEPTH
        {
            let position = self.position.clone();
            self.depth += 1;
            self.run(&script, manifest);
            self.depth -= 1;
            self.position = position;
        }
    }

    /// `cd` and `pushd`. The checkout can be entered from anywhere.
    fn change(&mut self, target: Option<&Argument>, keeps: bool) {
        let Some(target) = target else {
            let home = (!keeps).then_some("~");
            return self.position.change(home, keeps);
        };
        if starts_in_checkout(target) {
            let path = known(target, &Folder::root()).constant();
            self.position.change(None, keeps);
            let entered = path.and_then(|path| Folder::root().enter(&path));
            return self.position.arrive(entered);
        }
        let here = self.position.folder.clone().unwrap_or_else(Folder::root);
        let path = known(target, &here).constant();
        let home = || names_home(target).then(|| "~".to_owned());
        let path = path.or_else(home);
        self.position.change(path.as_deref(), keeps);
    }

    /// A word in pieces.
    fn argument(&self, word: &Word) -> Argument {
        let mut argument = Argument::new(word.span);
        self.push_parts(&word.parts, &mut argument);
        argument
    }

    fn push_parts(&self, parts: &[WordPart], argument: &mut Argument) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(text) | PartKind::Escaped(text) => {
                    self.push_text(text, part.span, argument);
                }
                PartKind::SingleQuoted(text) => {
                    let quoted = part.span.len() == text.len() + 2;
                    let inner = Span {
                        start: part.span.start + 1,
                        end: part.span.end.saturating_sub(1),
                    };
                    let span = if quoted { inner } else { part.span };
                    self.push_text(text, span, argument);
                }
                PartKind::DoubleQuoted(inner) => self.push_parts(inner, argument),
                PartKind::Variable(expansion) => {
                    let written = part.span.slice(self.file);
                    let piece = self
                        .variable(expansion)
                        .unwrap_or_else(|| FieldPiece::Expression(written.to_owned()));
                    argument.push(piece, written, part.span);
                }
                _ => {
                    let written = part.span.slice(self.file);
                    let piece = FieldPiece::Expression(written.to_owned());
                    argument.push(piece, written, part.span);
                }
            }
        }
    }

    /// A plain variable or one with a default; `None` for what is computed from it.
    fn variable(&self, expansion: &Expansion) -> Option<FieldPiece> {
        let is_name = |first: char| first.is_ascii_alphabetic() || first == '_';
        expansion.name.starts_with(is_name).then_some(())?;
        let default = match expansion.operator {
            None | Some(ExpansionOperator::ErrorIfUnset { .. }) => None,
            Some(ExpansionOperator::Default { .. } | ExpansionOperator::AssignDefault { .. }) => {
                match &expansion.operand {
                    None => Some(String::new()),
                    Some(operand) => match self.argument(operand).value().resolve() {
                        Resolved::Constant(text) | Resolved::Defaults(text, _) => Some(text),
                        Resolved::Unknown(_) => None,
                    },
                }
            }
            Some(_) => return None,
        };
        let set = self.variables.defaults.get(&expansion.name).cloned();
        Some(FieldPiece::Variable {
            name: expansion.name.clone(),
            default: set.or(default),
        })
    }

    /// Text, with the templates it stands for.
    fn push_text(&self, text: &str, span: Span, argument: &mut Argument) {
        let [open, close] = MARKS;
        if !text.contains(open) {
            return argument.push_literal(text, span);
        }
        // Text follows a template, or starts where the whole does.
        let mut at = span.start as usize;
        for piece in text.split_inclusive([open, close]) {
            let template = piece.strip_suffix(close).and_then(|number| {
                let at: usize = number.parse().ok()?;
                self.templates.get(at)
            });
            match template {
                Some((piece, written, span)) => {
                    argument.push(piece.clone(), written, *span);
                    at = span.end as usize;
                }
                None => {
                    let literal = piece.trim_end_matches(MARKS);
                    let expected = Span::new(at, at + literal.len());
                    let stands_there = expected.slice(self.file) == literal;
                    let span = if stands_there { expected } else { span };
                    argument.push_literal(literal, span);
                }
            }
        }
    }

    /// The script with a mark for each template, since a shell would read inside it.
    fn masked(&mut self, script: &SourceText) -> SourceText {
        self.templates.clear();
        match self.variables.dialect {
            Dialect::Github => {}
            Dialect::Cloudbuild => return undoubled(script),
            _ => return script.clone(),
        }
        let text = script.as_str();
        let mut masked = SourceText::new();
        let mut at = 0;
        while let Some(found) = text.get(at..).and_then(|rest| rest.find("${{")) {
            let start = at + found;
            let Some(length) = text.get(start..).and_then(|rest| rest.find("}}")) else {
                break;
            };
            let end = start + length + 2;
            push_range(&mut masked, script, at..start);
            let argument = self.variables.argument_in(script, start..end);
            let value = argument.value();
            let piece = value.pieces.into_iter().next();
            let piece = piece.unwrap_or_else(|| FieldPiece::Expression(value.raw.clone()));
            let mark = format!("{}{}{}", MARKS[0], self.templates.len(), MARKS[1]);
            masked.push_as(&mark, value.span);
            self.templates.push((piece, value.raw, value.span));
            at = end;
        }
        push_range(&mut masked, script, at..text.len());
        masked
    }
}

/// The word with the folders that CI systems name by variables as text, relative to `folder`.
fn known(word: &Argument, folder: &Folder) -> Argument {
    // From outside there is no telling how the way to the root is called.
    let root = match folder {
        Folder::Inside(folder) => Some(RootPath::root().relative_to(folder)),
        Folder::Outside(_) => None,
    };
    word.with_known(|piece| match piece {
        FieldPiece::Variable { name, .. } if name == "PWD" => Some(".".to_owned()),
        FieldPiece::Expression(written) if written == "$(pwd)" || written == "`pwd`" => {
            Some(".".to_owned())
        }
        piece if is_checkout(piece) => root.clone(),
        _ => None,
    })
}

fn starts_in_checkout(word: &Argument) -> bool {
    word.value().pieces.first().is_some_and(is_checkout)
}

/// Whether a word is `$HOME` alone.
fn names_home(word: &Argument) -> bool {
    let pieces = word.value().pieces;
    matches!(pieces.as_slice(), [FieldPiece::Variable { name, .. }] if name == "HOME")
}

/// Whether CI systems give a piece the folder of the checkout.
fn is_checkout(piece: &FieldPiece) -> bool {
    match piece {
        FieldPiece::Variable { name, .. } => {
            matches!(name.as_str(), "CI_PROJECT_DIR" | "GITHUB_WORKSPACE")
        }
        FieldPiece::Expression(written) => is_workspace(written),
        FieldPiece::Literal(_) | FieldPiece::Set { .. } => false,
    }
}

/// Whether a GitHub expression is the folder of the checkout.
fn is_workspace(written: &str) -> bool {
    let inner = written
        .strip_prefix("${{")
        .and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| inner.trim() == "github.workspace")
}

/// The script with one dollar sign for two, as Cloud Build hands it to the shell.
fn undoubled(script: &SourceText) -> SourceText {
    let mut single = SourceText::new();
    let mut at = 0;
    while let Some(found) = script.as_str().get(at..).and_then(|rest| rest.find("$$")) {
        push_range(&mut single, script, at..at + found);
        let doubled = Span::new(at + found, at + found + 2);
        single.push_as("$", script.source_span(doubled));
        at += found + 2;
    }
    push_range(&mut single, script, at..script.as_str().len());
    single
}

/// Appends a part of `text` line by line, so that the indentation between the lines stays out of the map.
fn push_range(into: &mut SourceText, text: &SourceText, range: std::ops::Range<usize>) {
    let mut at = range.start;
    let part = text.as_str().get(range).unwrap_or("");
    for line in part.split_inclusive('\n') {
        let (body, end) = line.split_at(line.len() - usize::from(line.ends_with('\n')));
        into.push_as(body, text.source_span(Span::new(at, at + body.len())));
        if !end.is_empty() {
            let newline = Span::new(at + body.len(), at + line.len());
            into.push_as(end, text.source_span(newline));
        }
        at += line.len();
    }
}
