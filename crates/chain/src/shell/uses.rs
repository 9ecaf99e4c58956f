//! The uses of variables that a script makes, as the rest of the chain sees them.

use plimsoll_model::Span;
use plimsoll_parse::shell::Script;

use super::walk::Walk;

/// The shell that runs a script, and the options it is started with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    /// Whether it is bash (or ksh, zsh), which runs code in array subscripts; else a POSIX `sh`.
    pub bash: bool,
    /// Whether it is started with `-e`.
    pub errexit: bool,
    /// Whether it is started with `-o pipefail`.
    pub pipefail: bool,
}

/// One place where the value of a tracked variable has an effect beyond being text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The tracked variable the value comes from.
    pub variable: String,
    /// The expansion that carries the value into the sink.
    pub span: Span,
    /// The command that is the sink.
    pub command_span: Span,
    /// The name of that command where it is written out.
    pub command: Option<String>,
    /// What the value can do there.
    pub kind: UseKind,
    /// Why, as a sentence without a final full stop.
    pub reason: String,
    /// Whether quotes keep the value in one word.
    pub quoted: bool,
    /// Whether it is parsed as code where a command's name is expected, so that even a plain word runs something.
    pub names_command: bool,
    /// A value of the variable that shows it.
    pub witness: String,
    /// The assignments and substitutions by which the value got here, in order.
    pub steps: Vec<Span>,
    /// The names the value bore, the tracked variable first.
    pub carriers: Vec<String>,
}

impl VariableUse {
    /// Whether a line break in the value ends the command or word it stands in.
    pub(super) fn separates_lines(&self) -> bool {
        match self.kind {
            UseKind::CommandInjection(Code::CommandWord | Code::ScriptFile) => !self.quoted,
            UseKind::CommandInjection(_) | UseKind::UnquotedPlain => true,
            UseKind::OptionInjection => !self.quoted || self.witness.contains(' '),
            _ => false,
        }
    }
}

/// What a value can do where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UseKind {
    /// It is parsed as code.
    CommandInjection(Code),
    /// It names what is fetched, and what was fetched is run.
    FetchedAndRun,
    /// It is put into the environment under a name that programs obey.
    ProgramVariable {
        /// The name, as programs document it.
        name: &'static str,
    },
    /// It can become an option of a command whose options run, read, write or fetch.
    OptionInjection,
    /// It names the host something is fetched from, or the package.
    UrlChoice,
    /// It names the file that is written.
    PathChoice,
    /// It is split into words for a command we know no dangerous option of.
    UnquotedPlain,
}

/// How a value comes to be parsed as code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// `eval`
    Eval,
    /// An argument that a shell parses: `sh -c`, `su -c`, `ssh host`.
    ShellArgument,
    /// The standard input of a shell or interpreter.
    PipedToShell,
    /// An unquoted here-document for a shell or interpreter.
    HereDocument,
    /// Source text of another language.
    OtherLanguage,
    /// The command's own name.
    CommandWord,
    /// The file that is sourced or interpreted.
    ScriptFile,
    /// `trap`
    Trap,
    /// Arithmetic of bash, which runs what array subscripts hold.
    Arithmetic,
    /// A prompt that bash expands: `${x@P}`.
    Prompt,
}

/// The uses that a script makes of variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// The uses, in the order of the walk.
    pub found: Vec<VariableUse>,
    /// Whether a bound ended the walk, or a part of it, before all was looked at.
    pub cut: bool,
}

/// The uses that `script` makes of the variables that `declared` names.
///
/// Values are followed through assignments, loops, `read`, substitutions and calls of the script's functions.
pub fn variable_uses(script: &Script, shell: Shell, declared: &dyn Fn(&str) -> bool) -> Uses {
    Walk::new(shell, declared).script(script)
}
