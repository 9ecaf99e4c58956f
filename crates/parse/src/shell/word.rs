//! Words of a shell script, and what can be told of a word without running it.

use plimsoll_model::Span;

use super::tree::List;
use crate::SourceText;

/// One word: parts that stand against each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The whole word.
    pub span: Span,
    /// Its parts in order.
    pub parts: Vec<WordPart>,
}

/// One part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordPart {
    /// The bytes of the part, quotes and braces included.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
}

/// What a part of a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Text that stands for itself; outside quotes it may be a pattern.
    Literal(String),
    /// What a backslash protects.
    Escaped(String),
    /// `'…'` and `$'…'`: the text it means.
    SingleQuoted(String),
    /// `"…"` and `$"…"`
    DoubleQuoted(Vec<WordPart>),
    /// `$name` and `${…}`
    Variable(Expansion),
    /// `$( … )` and backquotes.
    CommandSubstitution(List),
    /// `$(( … ))`: the expression.
    Arithmetic(Word),
    /// `<( … )` and `>( … )`
    ProcessSubstitution(List),
    /// What was not read because it is nested too deep.
    Opaque,
}

/// `$name`, `${name}`, `${name operator word}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// The variable or special parameter.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// What stands between `[` and `]`.
    pub subscript: Option<Box<Word>>,
    /// What is done with the value.
    pub operator: Option<ExpansionOperator>,
    /// What follows the operator.
    pub operand: Option<Box<Word>>,
}

/// What a `${…}` does with the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpansionOperator {
    /// `-` and `:-`: the operand where the variable is unset (with `colon` also where empty).
    Default {
        /// Written with a colon.
        colon: bool,
    },
    /// `=` and `:=`
    AssignDefault {
        /// Written with a colon.
        colon: bool,
    },
    /// `?` and `:?`
    ErrorIfUnset {
        /// Written with a colon.
        colon: bool,
    },
    /// `+` and `:+`: the operand where the variable is set; never its value.
    Alternative {
        /// Written with a colon.
        colon: bool,
    },
    /// `#` and `##`
    RemovePrefix {
        /// Written twice.
        longest: bool,
    },
    /// `%` and `%%`
    RemoveSuffix {
        /// Written twice.
        longest: bool,
    },
    /// `/` and `//`; the operand is `pattern/text`, and begins with `#` or `%` where the pattern is anchored.
    Replace {
        /// Written `//`: every match.
        all: bool,
    },
    /// `:offset:length`
    Substring,
    /// `^`, `^^`, `,`, `,,`
    ChangeCase,
    /// `@Q` and its like.
    Transform,
    /// `${#name}`: a number.
    Length,
    /// `${!name}`: the value of the variable that `name` names.
    Indirect,
    /// Something we do not know.
    Unknown,
}

impl ExpansionOperator {
    /// Whether the variable's own value can be part of the result.
    pub fn passes_value(self) -> bool {
        !matches!(
            self,
            ExpansionOperator::Alternative { .. } | ExpansionOperator::Length
        )
    }
}

/// A variable standing in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableOccurrence<'a> {
    /// The expansion.
    pub expansion: &'a Expansion,
    /// The bytes of the expansion.
    pub span: Span,
    /// Whether it stands within double quotes, so that its value is not split.
    pub quoted: bool,
    /// Whether nothing literal stands before it, so that its value may begin the word.
    pub begins_word: bool,
}

impl Word {
    /// The text of the word where nothing in it is expanded. Globs and braces count as text.
    pub fn static_text(&self) -> Option<String> {
        let mut text = String::new();
        push_static(&self.parts, &mut text).then_some(text)
    }

    /// [`Word::static_text`] with the way back to the bytes, to read a script that a word holds.
    pub fn static_source(&self) -> Option<SourceText> {
        let mut source = SourceText::new();
        push_source(&self.parts, &mut source).then_some(source)
    }

    /// The text before the first part that is expanded.
    pub fn literal_prefix(&self) -> String {
        let mut text = String::new();
        push_static(&self.parts, &mut text);
        text
    }

    /// Whether any part of the word is quoted or escaped.
    pub fn has_quotes(&self) -> bool {
        self.parts.iter().any(|part| {
            matches!(
                part.kind,
                PartKind::Escaped(_) | PartKind::SingleQuoted(_) | PartKind::DoubleQuoted(_)
            )
        })
    }

    /// The variables of the word in order, those in the operands of other expansions included; not those inside
    /// command and process substitutions, which are commands of their own.
    pub fn variables(&self) -> Vec<VariableOccurrence<'_>> {
        let mut found = Vec::new();
        let mut begins = true;
        collect_variables(&self.parts, false, &mut begins, &mut found);
        found
    }
}

/// Appends the text of `parts` up to the first expanded one; whether there was none.
fn push_static(parts: &[WordPart], text: &mut String) -> bool {
    parts.iter().all(|part| match &part.kind {
        PartKind::Literal(piece) | PartKind::Escaped(piece) | PartKind::SingleQuoted(piece) => {
            text.push_str(piece);
            true
        }
        PartKind::DoubleQuoted(inner) => push_static(inner, text),
        _ => false,
    })
}

/// [`push_static`] with the way back.
fn push_source(parts: &[WordPart], source: &mut SourceText) -> bool {
    parts.iter().all(|part| match &part.kind {
        PartKind::Literal(text) | PartKind::Escaped(text) => {
            source.push_as(text, part.span);
            true
        }
        PartKind::SingleQuoted(text) => {
            let quotes = part.span.len().saturating_sub(text.len());
            // `'…'` has one byte before its text, also where it is never closed; `$'…'` two, and is exact only where
            // nothing in it is escaped.
            let start = part.span.start as usize + quotes.saturating_sub(1).clamp(1, 2);
            source.push(text, start);
            true
        }
        PartKind::DoubleQuoted(inner) => push_source(inner, source),
        _ => false,
    })
}

fn collect_variables<'a>(
    parts: &'a [WordPart],
    quoted: bool,
    begins: &mut bool,
    found: &mut Vec<VariableOccurrence<'a>>,
) {
    for part in parts {
        match &part.kind {
            PartKind::Literal(text) | PartKind::Escaped(text) | PartKind::SingleQuoted(text) => {
                *begins &= text.is_empty();
            }
            PartKind::DoubleQuoted(inner) => collect_variables(inner, true, begins, found),
            PartKind::Variable(expansion) => {
                found.push(VariableOccurrence {
                    expansion,
                    span: part.span,
                    quoted,
                    begins_word: *begins,
                });
                if let Some(operand) = &expansion.operand {
                    collect_variables(&operand.parts, quoted, &mut begins.clone(), found);
                }
            }
            PartKind::Arithmetic(expression) => {
                collect_variables(&expression.parts, true, &mut false, found);
                *begins = false;
            }
            PartKind::CommandSubstitution(_)
            | PartKind::ProcessSubstitution(_)
            | PartKind::Opaque => {}
        }
    }
}
