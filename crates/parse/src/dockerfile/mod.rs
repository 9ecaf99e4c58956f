//! Dockerfiles as BuildKit reads them, with the bytes of everything.
//!
//! Each module names the file of moby/buildkit's `frontend/dockerfile` whose behaviour it follows ("by source", read at
//! 73ed682). Where BuildKit stops at an error, the error is recorded and reading goes on, so that a broken file still has
//! a tree.
//!
//! The work is linear in the file, one 8 MiB line included: lines are found once, joined once, and every cut is one pass
//! over its part; what could grow otherwise is bounded by counts (nesting of words and JSON, ONBUILD within ONBUILD, errors
//! kept).

mod body;
mod directives;
mod flags;
mod heredocs;
mod json;
mod keyword;
mod lines;
mod mount;
#[cfg(test)]
mod tests;
mod tree;

use plimsoll_model::Span;

use crate::{SourceText, SyntaxError};
use body::Arguments;
use directives::Directives;
use lines::{Line, Lines};

pub use keyword::Keyword;
pub use mount::{Mount, MountKind, MountOption};
pub use tree::{
    ArgDef, Body, Command, Directive, DirectiveStyle, Dockerfile, Flag, Healthcheck, Heredoc,
    Instruction, KeyValue, Spanned, Transfer, Word,
};

/// The longest line BuildKit reads, its newline included; it stops at longer ones.
const MAX_LINE: usize = 64 * 1024;

/// How many errors are kept; BuildKit stops at the first.
const MAX_ERRORS: usize = 1000;

/// The byte order mark, which may precede the first line.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Reads a Dockerfile. Never fails: what BuildKit would reject is in [`Dockerfile::errors`].
pub fn parse(text: &str) -> Dockerfile {
    let start = if text.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let mut reader = Reader {
        lines: Lines { text, at: start },
        directives: Directives::default(),
        out: Dockerfile {
            directives: Vec::new(),
            escape: '\\',
            instructions: Vec::new(),
            comments: Vec::new(),
            errors: Vec::new(),
        },
    };
    while let Some(line) = reader.lines.next() {
        reader.line(line);
        reader.out.errors.truncate(MAX_ERRORS);
    }
    let mut out = reader.out;
    let body = text.get(start..).unwrap_or("");
    if out.directive("syntax").is_none() {
        let detected = directives::detect_syntax(body, start);
        out.directives.extend(detected);
    }
    check_lines(text, &mut out.errors);
    check_order(text.len(), &out.instructions, &mut out.errors);
    out
}

struct Reader<'a> {
    lines: Lines<'a>,
    directives: Directives,
    out: Dockerfile,
}

impl Reader<'_> {
    /// Reads what starts at `line`: a directive, a comment, nothing, or an instruction with its lines.
    fn line(&mut self, line: Line) {
        let (stripped, start) = self.lines.stripped(line);
        let out = &mut self.out;
        if self
            .directives
            .take(stripped, start, &mut out.directives, &mut out.errors)
        {
            out.escape = out
                .directive("escape")
                .and_then(directives::escape)
                .unwrap_or('\\');
        } else if stripped.starts_with('#') {
            out.comments.push(Span::new(start, line.end));
        } else if !stripped.is_empty() {
            self.instruction(line, start);
        }
    }

    fn instruction(&mut self, line: Line, start: usize) {
        let out = &mut self.out;
        let logical = self.lines.join(line, start, out.escape, &mut out.comments);
        let all = trimmed(
            logical.text.as_str(),
            Span::new(0, logical.text.as_str().len()),
        );
        if all.is_empty() {
            let span = Span::new(start, logical.end);
            out.errors.push(SyntaxError::new(
                span,
                "a continued line holds no instruction",
            ));
            return;
        }
        let before = out.errors.len();
        let mut instruction = read_instruction(&logical.text, all, out.escape, 0, &mut out.errors);
        // What follows the first error of an instruction mostly follows from it.
        out.errors.truncate(before + 1);
        instruction.span.end = Span::new(start, logical.end).end;
        let holder = match &mut instruction.body {
            Body::Onbuild(nested) => {
                nested.span.end = instruction.span.end;
                nested.as_mut()
            }
            _ => &mut instruction,
        };
        if can_hold_heredocs(holder) {
            for (opening, span) in heredocs::in_line(&logical.text) {
                let heredoc = heredocs::read(&mut self.lines, opening, span, &mut out.errors);
                holder.span.end = holder.span.end.max(heredoc.span.end);
                holder.heredocs.push(heredoc);
            }
        }
        let end = holder.span.end;
        instruction.span.end = end;
        out.instructions.push(instruction);
    }
}

/// RUN, COPY and ADD, unless in JSON form.
fn can_hold_heredocs(instruction: &Instruction) -> bool {
    match &instruction.body {
        Body::Run(command) => command.as_shell().is_some(),
        Body::Copy(transfer) | Body::Add(transfer) => !transfer.json,
        _ => false,
    }
}

/// Reads the instruction under `span` of a joined line; `depth` counts the ONBUILD around it.
fn read_instruction(
    line: &SourceText,
    span: Span,
    escape: char,
    depth: usize,
    errors: &mut Vec<SyntaxError>,
) -> Instruction {
    let text = span.slice(line.as_str());
    let length = text.find(body::is_blank).unwrap_or(text.len());
    let start = span.start as usize;
    let written = Span::new(start, start + length).slice(line.as_str());
    let keyword = Keyword::parse(written);
    let keyword_span = line.source_span(Span::new(start, start + length));
    if keyword == Keyword::Unknown && errors.len() < MAX_ERRORS {
        errors.push(unknown_instruction(written, keyword_span));
    }
    let rest = Span::new(start + length, span.end as usize);
    let (mut flags, arguments_at) = flags::split(line, rest, escape);
    flags::check(keyword, &mut flags, errors);
    let arguments = Arguments {
        line,
        span: trimmed(line.as_str(), Span::new(arguments_at, span.end as usize)),
        keyword_span,
        escape,
        depth,
    };
    Instruction {
        span: line.source_span(span),
        keyword,
        keyword_span,
        flags,
        body: body::read(keyword, &arguments, errors),
        heredocs: Vec::new(),
    }
}

/// How much of an unknown keyword a message repeats.
const SHOWN_KEYWORD: usize = 40;

fn unknown_instruction(written: &str, span: Span) -> SyntaxError {
    let shown: String = written.chars().take(SHOWN_KEYWORD).collect();
    let hint = Keyword::suggest(written);
    let hint = hint.map_or(String::new(), |hint| format!(" (did you mean {hint}?)"));
    SyntaxError::new(span, format!("unknown instruction `{shown}`{hint}"))
}

/// `span` of `text` without surrounding blanks.
fn trimmed(text: &str, span: Span) -> Span {
    let part = span.slice(text);
    let start = span.end as usize - part.trim_start().len();
    Span::new(start, start + part.trim().len())
}

fn check_lines(text: &str, errors: &mut Vec<SyntaxError>) {
    let too_long = Lines { text, at: 0 }.find(|line| line.next - line.start > MAX_LINE);
    if let Some(line) = too_long {
        let message = format!("the line is longer than the {MAX_LINE} bytes BuildKit reads");
        errors.push(SyntaxError::new(Span::new(line.start, line.end), message));
    }
}

/// Only ARG may precede the first FROM, and there must be one.
fn check_order(length: usize, instructions: &[Instruction], errors: &mut Vec<SyntaxError>) {
    for instruction in instructions {
        match instruction.keyword {
            Keyword::From => return,
            Keyword::Arg | Keyword::Unknown => {}
            keyword => {
                let message = format!("{keyword} stands before the first FROM");
                errors.push(SyntaxError::new(instruction.keyword_span, message));
            }
        }
    }
    let message = "the file has no FROM";
    errors.push(SyntaxError::new(Span::new(length, length), message));
}
