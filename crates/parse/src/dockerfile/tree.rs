//! The tree of a Dockerfile: instructions, words, flags, here-documents, each with its bytes.

use plimsoll_model::Span;

use super::{Keyword, Mount};
use crate::{SourceText, SyntaxError, word};

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    /// The parser directives, in order; also a `syntax` directive in a form that only the choice of a frontend reads.
    pub directives: Vec<Directive>,
    /// The character that escapes and continues lines: a backslash, or a backtick by directive.
    pub escape: char,
    /// The instructions, in order. Their spans do not overlap.
    pub instructions: Vec<Instruction>,
    /// Every comment from its `#` to the end of its line, those inside continued instructions included.
    pub comments: Vec<Span>,
    /// What BuildKit rejects, in the order it was met.
    pub errors: Vec<SyntaxError>,
}

impl Dockerfile {
    /// The value of the directive `name` (lower case), if it takes effect.
    pub fn directive(&self, name: &str) -> Option<&Directive> {
        self.directives
            .iter()
            .find(|directive| directive.name == name)
    }
}

/// A value with the bytes it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its bytes.
    pub span: Span,
}

/// How a directive is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveStyle {
    /// `# name=value`.
    Hash,
    /// `// syntax=value`: read for the choice of the frontend only.
    Slashes,
    /// `{"syntax": "value"}`: read for the choice of the frontend only.
    Json,
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The name in lower case: `syntax`, `escape` or `check`.
    pub name: String,
    /// The value without surrounding blanks.
    pub value: Spanned<String>,
    /// The directive without the newline.
    pub span: Span,
    /// How it is written.
    pub style: DirectiveStyle,
}

/// One word as the instruction parser cuts it, before expansion.
///
/// `raw` still holds quotes, escapes and `$`, with continuation lines joined; in a JSON form and in flags it is the
/// decoded text, which is what the builder expands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text to expand.
    pub raw: SourceText,
    /// The bytes in the file; JSON quotes excluded.
    pub span: Span,
}

impl Word {
    /// The text to expand.
    pub fn as_str(&self) -> &str {
        self.raw.as_str()
    }

    /// The word's tree; its spans are offsets in [`Word::as_str`].
    pub fn parse(&self, escape: char) -> word::ParsedWord {
        word::parse(self.as_str(), escape)
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// From the keyword to the end of the last line, here-documents included, without the final newline.
    pub span: Span,
    /// What it is.
    pub keyword: Keyword,
    /// The keyword as written.
    pub keyword_span: Span,
    /// The `--name=value` words that precede the arguments.
    pub flags: Vec<Flag>,
    /// The arguments.
    pub body: Body,
    /// The here-documents that follow, in order; for ONBUILD they hang on the nested instruction.
    pub heredocs: Vec<Heredoc>,
}

impl Instruction {
    /// The last flag called `name`.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }

    /// The mounts of a RUN, in order.
    pub fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.flags.iter().filter_map(|flag| flag.mount.as_ref())
    }

    /// What the shell is given to read by a RUN, CMD, ENTRYPOINT or HEALTHCHECK in shell form.
    ///
    /// A RUN that consists of one here-document runs its body; any other here-document stays with the command line
    /// (`dockerfile2llb/convert.go`, `dispatchRun`). A body that starts with `#!` is run as a file instead.
    pub fn shell_text(&self) -> Option<SourceText> {
        let text = self.body.command()?.as_shell()?;
        if let [only] = self.heredocs.as_slice()
            && text.as_str().len() == only.word_span.len()
            && text.source_offset(0) == only.word_span.start
        {
            return Some(only.body.clone());
        }
        let mut out = text.clone();
        for heredoc in &self.heredocs {
            let body = heredoc.body.as_str();
            out.push_as(
                "\n",
                Span::new(heredoc.span.start as usize, heredoc.span.start as usize),
            );
            out.append(&heredoc.body, Span::new(0, body.len()));
            out.push_as(&heredoc.name, heredoc.terminator_span);
        }
        Some(out)
    }
}

/// A `--name` or `--name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The whole word.
    pub span: Span,
    /// The name without the dashes.
    pub name: String,
    /// The bytes of the name, dashes excluded.
    pub name_span: Span,
    /// The value behind `=`, quotes and escapes already resolved.
    pub value: Option<Word>,
    /// The value of a RUN's `--mount`, taken apart.
    pub mount: Option<Mount>,
}

impl Flag {
    /// Whether a boolean flag is on.
    pub fn is_on(&self) -> bool {
        self.value
            .as_ref()
            .is_none_or(|value| value.as_str().eq_ignore_ascii_case("true"))
    }
}

/// The arguments of an instruction. A missing single argument is an empty word, and an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// FROM.
    From {
        /// The image or stage.
        image: Word,
        /// The name behind AS, in lower case.
        alias: Option<Spanned<String>>,
    },
    /// RUN.
    Run(Command),
    /// CMD.
    Cmd(Command),
    /// ENTRYPOINT.
    Entrypoint(Command),
    /// COPY.
    Copy(Transfer),
    /// ADD.
    Add(Transfer),
    /// ARG.
    Arg(Vec<ArgDef>),
    /// ENV.
    Env(Vec<KeyValue>),
    /// LABEL.
    Label(Vec<KeyValue>),
    /// WORKDIR.
    Workdir(Word),
    /// USER.
    User(Word),
    /// EXPOSE.
    Expose(Vec<Word>),
    /// VOLUME.
    Volume(Vec<Word>),
    /// SHELL.
    Shell(Vec<Word>),
    /// HEALTHCHECK.
    Healthcheck(Healthcheck),
    /// ONBUILD with the instruction it defers.
    Onbuild(Box<Instruction>),
    /// STOPSIGNAL.
    Stopsignal(Word),
    /// MAINTAINER.
    Maintainer(Word),
    /// An unknown keyword, or an ONBUILD without an instruction: the rest of the line.
    Unknown(SourceText),
}

impl Body {
    /// The command of a RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD.
    pub fn command(&self) -> Option<&Command> {
        match self {
            Body::Run(command) | Body::Cmd(command) | Body::Entrypoint(command) => Some(command),
            Body::Healthcheck(Healthcheck::Cmd(command)) => Some(command),
            _ => None,
        }
    }
}

/// A command in one of its two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Text for the stage's shell; not expanded by the builder.
    Shell(SourceText),
    /// A JSON array; run without a shell and not expanded by anybody.
    Exec(Vec<Word>),
}

impl Command {
    /// The text of the shell form.
    pub fn as_shell(&self) -> Option<&SourceText> {
        match self {
            Command::Shell(text) => Some(text),
            Command::Exec(_) => None,
        }
    }
}

/// What COPY and ADD move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The sources that are paths; here-documents are in [`Instruction::heredocs`].
    pub sources: Vec<Word>,
    /// Where to.
    pub destination: Option<Word>,
    /// Whether it is written as a JSON array.
    pub json: bool,
}

/// One name of an ARG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgDef {
    /// The name; never expanded.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// What stands behind `=`.
    pub default: Option<Word>,
}

/// One pair of an ENV or LABEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// The name; expanded like the value.
    pub key: Word,
    /// The value.
    pub value: Word,
    /// Whether it is written `NAME value`, without `=`.
    pub legacy: bool,
}

/// What a HEALTHCHECK says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Healthcheck {
    /// Turned off.
    None,
    /// A command.
    Cmd(Command),
    /// Neither NONE nor CMD.
    Invalid(Word),
}

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter without quotes; for COPY and ADD also the file's name.
    pub name: String,
    /// Whether variables are expanded: the delimiter is not quoted. Done by the builder for COPY and ADD, by the shell for RUN.
    pub expand: bool,
    /// Whether leading tabs are removed (`<<-`); they are not in `body`.
    pub strip_tabs: bool,
    /// The file descriptor written before `<<`.
    pub file_descriptor: Option<u32>,
    /// The `<<NAME` in the instruction.
    pub word_span: Span,
    /// The lines, each with its newline.
    pub body: SourceText,
    /// The body and the closing line, without its newline.
    pub span: Span,
    /// The closing delimiter; empty, at the end, where it is missing.
    pub terminator_span: Span,
    /// Whether the closing line was found.
    pub terminated: bool,
}
