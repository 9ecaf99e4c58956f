//! The tree of a shell script: lists, pipelines, commands, redirections.

use plimsoll_model::Span;

use super::word::Word;
use crate::SyntaxError;

/// A whole script and what could not be read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The statements of the script.
    pub body: List,
    /// Comments, from their `#` to the end of the line.
    pub comments: Vec<Span>,
    /// What was passed over.
    pub errors: Vec<SyntaxError>,
    /// Whether the script is longer than what is read of one.
    pub cut: bool,
}

/// Statements one after another: a script, the inside of a group or of a substitution, a branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// From the first statement to the last; empty where there is none.
    pub span: Span,
    /// The statements in order.
    pub statements: Vec<Statement>,
}

/// Pipelines joined by `&&` and `||`, up to `;`, `&` or the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From the first pipeline to the last.
    pub span: Span,
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with what joins it to the one before; the operators bind equally, from the left.
    pub rest: Vec<(Connector, Pipeline)>,
    /// Whether it ends in `&`.
    pub background: bool,
}

impl Statement {
    /// All pipelines in order, the first without a connector.
    pub fn pipelines(&self) -> impl Iterator<Item = (Option<Connector>, &Pipeline)> {
        let rest = self
            .rest
            .iter()
            .map(|(connector, pipeline)| (Some(*connector), pipeline));
        std::iter::once((None, &self.first)).chain(rest)
    }
}

/// What joins two pipelines of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|` or `|&`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// From the first command (or its `!`) to the last.
    pub span: Span,
    /// Whether an odd number of `!` stands before it.
    pub negated: bool,
    /// At least one command.
    pub commands: Vec<Command>,
}

/// One command with its redirections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The command with its redirections.
    pub span: Span,
    /// What it is.
    pub kind: CommandKind,
    /// Its redirections in order.
    pub redirections: Vec<Redirection>,
}

/// What a command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Assignments and words.
    Simple(SimpleCommand),
    /// `{ …; }`
    Group(List),
    /// `( … )`
    Subshell(List),
    /// `if … fi`
    If(If),
    /// `while … done` and `until … done`
    While(While),
    /// `for name in words; do … done`, and `select`
    For(For),
    /// `for ((a; b; c)); do … done`
    ArithmeticFor(ArithmeticFor),
    /// `case … esac`
    Case(Case),
    /// `name() body`
    Function(Function),
    /// `[[ … ]]`: its words and operators in order, without the brackets.
    Test(Vec<Word>),
    /// `(( … ))`: the expression.
    Arithmetic(Word),
    /// What was not read because it is nested too deep; a syntax error says so.
    Opaque,
}

/// Assignments before a command, and its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// From the first assignment or word to the last word; redirections may lie in between.
    pub span: Span,
    /// The assignments before the first word.
    pub assignments: Vec<Assignment>,
    /// The words, the command's name first; empty for bare assignments and bare redirections.
    pub words: Vec<Word>,
}

impl SimpleCommand {
    /// The command's name where it is written out.
    pub fn name(&self) -> Option<String> {
        self.words.first().and_then(Word::static_text)
    }
}

/// `name=value`, `name+=value`, `name[index]=value`, `name=(words)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The whole assignment.
    pub span: Span,
    /// The variable's name.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// Whether it is written `+=`.
    pub append: bool,
    /// The value.
    pub value: AssignmentValue,
}

/// The value of an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentValue {
    /// One word, without parts where nothing follows the `=`.
    Scalar(Word),
    /// The elements between parentheses.
    Array(Vec<Word>),
}

impl AssignmentValue {
    /// The words of the value.
    pub fn words(&self) -> &[Word] {
        match self {
            AssignmentValue::Scalar(word) => std::slice::from_ref(word),
            AssignmentValue::Array(words) => words,
        }
    }
}

/// `if condition; then …; elif …; else …; fi`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct If {
    /// Each condition (`if`, then every `elif`) with its branch.
    pub branches: Vec<(List, List)>,
    /// The `else` branch.
    pub otherwise: Option<List>,
}

/// `while condition; do …; done`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct While {
    /// Whether it is an `until`.
    pub until: bool,
    /// The condition.
    pub condition: List,
    /// The body.
    pub body: List,
}

/// `for name in words; do …; done`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// The variable.
    pub name: String,
    /// The bytes of the variable.
    pub name_span: Span,
    /// The words after `in`; `None` where there is no `in` (the positional parameters).
    pub words: Option<Vec<Word>>,
    /// The body.
    pub body: List,
}

/// `for ((…)); do …; done`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArithmeticFor {
    /// All three expressions, with their semicolons.
    pub expression: Word,
    /// The body.
    pub body: List,
}

/// `case subject in arms esac`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is matched.
    pub subject: Word,
    /// The arms in order.
    pub arms: Vec<CaseArm>,
}

/// `pattern | pattern) … ;;`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseArm {
    /// From the first pattern to the end of the body.
    pub span: Span,
    /// The patterns.
    pub patterns: Vec<Word>,
    /// What runs.
    pub body: List,
    /// What happens after the body.
    pub end: CaseEnd,
}

/// What happens after the body of a `case` arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseEnd {
    /// `;;`, or the `esac` itself: nothing more runs.
    Break,
    /// `;&`: the next arm's body runs.
    FallThrough,
    /// `;;&`: the next patterns are tried.
    Continue,
}

/// `name() body`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// The body; `None` where it is missing.
    pub body: Option<Box<Command>>,
}

/// One redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    /// From the file descriptor to the target; for a here-document to its delimiter.
    pub span: Span,
    /// The file descriptor, or `{name}`, as written before the operator.
    pub descriptor: Option<String>,
    /// The operator.
    pub kind: RedirectionKind,
    /// The target; for a here-document its delimiter as written.
    pub target: Word,
    /// The here-document's text.
    pub here_document: Option<HereDocument>,
}

impl Redirection {
    /// Whether it gives the command its standard input.
    pub fn is_standard_input(&self) -> bool {
        let reads = matches!(
            self.kind,
            RedirectionKind::Read
                | RedirectionKind::ReadWrite
                | RedirectionKind::HereDocument
                | RedirectionKind::HereString
        );
        reads && self.descriptor.as_deref().is_none_or(|fd| fd == "0")
    }
}

/// The operator of a redirection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectionKind {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `&>`, and `&>>`
    WriteBoth,
    /// `<&`
    DuplicateInput,
    /// `>&`
    DuplicateOutput,
    /// `<<` and `<<-`
    HereDocument,
    /// `<<<`
    HereString,
}

/// The text of a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereDocument {
    /// The delimiter without its quotes.
    pub delimiter: String,
    /// Whether any of the delimiter was quoted, so that the text is not expanded.
    pub quoted: bool,
    /// Whether it is `<<-`, which strips leading tabs (the text here still has them).
    pub strips_tabs: bool,
    /// The text; one literal part where the delimiter is quoted.
    pub body: Word,
}
