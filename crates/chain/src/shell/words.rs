//! What words hold when they are expanded.

use plimsoll_model::Span;
use plimsoll_parse::shell::{Expansion, ExpansionOperator, PartKind, Word, WordPart};

use super::environment::{Carried, MAXIMUM_CARRIED, MAXIMUM_ORIGINS, gather};
use super::outputs::chooses_host;
use super::uses::{Code, UseKind};
use super::walk::{Walk, held};

/// How many words of one command are read.
const MAXIMUM_ARGUMENTS: usize = 2_048;

/// A word of a command, as far as it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Argument<'w> {
    /// The word; `None` where it comes from standard input.
    pub word: Option<&'w Word>,
    /// Its text, with `\0` for each part that is expanded.
    pub text: String,
    /// Whether nothing in it is expanded.
    pub is_static: bool,
    /// The tracked values in it.
    pub carried: Vec<Carried>,
    /// The tracked values in the files that process substitutions stand for.
    pub content: Vec<Carried>,
}

impl Argument<'_> {
    /// The text where nothing is expanded.
    pub(super) fn static_text(&self) -> Option<&str> {
        self.is_static.then_some(self.text.as_str())
    }

    /// The text before a value.
    pub(super) fn before(&self, carried: &Carried) -> &str {
        self.text.get(..carried.at).unwrap_or("")
    }
}

impl Walk<'_> {
    pub(super) fn arguments<'w>(&mut self, words: &'w [Word]) -> Vec<Argument<'w>> {
        self.cut |= words.len() > MAXIMUM_ARGUMENTS;
        let words = words.iter().take(MAXIMUM_ARGUMENTS);
        words.map(|word| self.argument(word)).collect()
    }

    /// Evaluates a word; the commands substituted into it run.
    pub(super) fn argument<'w>(&mut self, word: &'w Word) -> Argument<'w> {
        let mut argument = Argument {
            word: Some(word),
            is_static: true,
            ..Argument::default()
        };
        let mut begins = true;
        self.parts(&word.parts, false, &mut begins, &mut argument);
        self.cut |= argument.carried.len() >= MAXIMUM_CARRIED;
        argument
    }

    fn parts(
        &mut self,
        parts: &[WordPart],
        quoted: bool,
        begins: &mut bool,
        argument: &mut Argument<'_>,
    ) {
        for part in parts {
            if !self.spend(1) {
                argument.is_static = false;
                return;
            }
            match &part.kind {
                PartKind::Literal(text)
                | PartKind::Escaped(text)
                | PartKind::SingleQuoted(text) => {
                    argument.text.push_str(text);
                    *begins &= text.is_empty();
                }
                PartKind::DoubleQuoted(inner) => self.parts(inner, true, begins, argument),
                expanded => {
                    argument.is_static = false;
                    let known = argument.carried.len();
                    self.expanded(expanded, part.span, (quoted, *begins), argument);
                    argument.text.push('\0');
                    // A part that holds no tracked value counts as text.
                    *begins &= argument.carried.len() > known;
                }
            }
        }
    }

    fn expanded(
        &mut self,
        kind: &PartKind,
        span: Span,
        (quoted, begins): (bool, bool),
        argument: &mut Argument<'_>,
    ) {
        match kind {
            PartKind::Variable(expansion) => {
                self.variable(expansion, span, (quoted, begins), argument);
            }
            PartKind::CommandSubstitution(list) => {
                let at = argument.text.len();
                let output = self.subshell(list, &[]);
                let open = chooses_host(&argument.text);
                let printed = output.into_iter().map(|printed| Carried {
                    begins: begins && printed.begins,
                    names_host: open && printed.names_host,
                    taint: printed.taint.stepped(printed.span),
                    span,
                    quoted,
                    at,
                });
                gather(&mut argument.carried, printed);
            }
            PartKind::ProcessSubstitution(list) => {
                let output = self.subshell(list, &[]);
                gather(&mut argument.content, output);
            }
            PartKind::Arithmetic(expression) => self.arithmetic(expression, span),
            _ => {}
        }
    }

    fn variable(
        &mut self,
        expansion: &Expansion,
        span: Span,
        (quoted, begins): (bool, bool),
        argument: &mut Argument<'_>,
    ) {
        let at = argument.text.len();
        let open = chooses_host(&argument.text);
        if let Some(subscript) = &expansion.subscript {
            self.arithmetic(subscript, span);
        }
        let operand = expansion
            .operand
            .as_deref()
            .map(|operand| self.argument(operand));
        if self.shell.bash && transform(expansion).as_deref() == Some("P") {
            self.prompt(expansion, span, quoted);
        }
        let Some(effect) = Effect::of(expansion) else {
            if let (Some(operand), true) = (operand, is_alternative(expansion)) {
                let inner = operand.carried.into_iter();
                let inner = inner.map(|inner| Carried {
                    begins: begins && inner.begins,
                    names_host: open && inner.names_host,
                    quoted: quoted || inner.quoted,
                    at,
                    ..inner
                });
                gather(&mut argument.carried, inner);
            }
            return;
        };
        let taints = self.environment.get(&expansion.name);
        self.spend(taints.len());
        self.cut |= taints.len() >= MAXIMUM_ORIGINS;
        let values = taints.into_iter().map(|mut taint| {
            taint.bounded |= effect.bounded;
            Carried {
                names_host: open && taint.names_host,
                begins: begins && taint.begins && !effect.hides_dash,
                taint,
                span,
                quoted,
                at,
            }
        });
        gather(&mut argument.carried, values);
        let Some(operand) = operand.filter(|_| effect.uses_operand) else {
            return;
        };
        if matches!(
            expansion.operator,
            Some(ExpansionOperator::AssignDefault { .. })
        ) {
            let taints = operand.carried.iter().map(|carried| held(carried, span));
            self.environment.add(&expansion.name, taints);
        }
        let inner = operand.carried.into_iter().map(|inner| Carried {
            begins: begins && inner.begins,
            quoted: quoted || inner.quoted,
            at,
            ..inner
        });
        gather(&mut argument.carried, inner);
    }

    /// `${x@P}`: bash expands the value like a prompt.
    fn prompt(&mut self, expansion: &Expansion, span: Span, quoted: bool) {
        for taint in self.environment.get(&expansion.name) {
            if taint.bounded || taint.fetched {
                continue;
            }
            let carried = Carried {
                taint,
                span,
                quoted,
                begins: true,
                names_host: false,
                at: 0,
            };
            let kind = UseKind::CommandInjection(Code::Prompt);
            let reason =
                "`@P` expands the value like a prompt, and runs the commands in it".to_owned();
            self.report(&carried, (span, None), kind, reason, "$(id)".to_owned());
        }
    }

    /// An arithmetic expression: bash runs what the subscripts in its values hold.
    pub(super) fn arithmetic(&mut self, expression: &Word, span: Span) {
        let mut argument = self.argument(expression);
        for (at, name) in bare_names(&argument.text.clone()) {
            let taints = self.environment.get(&name);
            self.spend(taints.len());
            let values = taints.into_iter().map(|taint| Carried {
                taint,
                span: expression.span,
                quoted: true,
                begins: false,
                names_host: false,
                at,
            });
            gather(&mut argument.carried, values);
        }
        self.arithmetic_values(&argument, (span, None));
    }

    /// Reports the values of `argument` as read by arithmetic.
    pub(super) fn arithmetic_values(
        &mut self,
        argument: &Argument<'_>,
        call: (Span, Option<&str>),
    ) {
        if !self.shell.bash {
            return;
        }
        for carried in argument
            .carried
            .iter()
            .filter(|c| !c.taint.bounded && !c.taint.fetched)
        {
            let kind = UseKind::CommandInjection(Code::Arithmetic);
            let reason = "bash arithmetic runs the commands in an array subscript".to_owned();
            self.report(carried, call, kind, reason, "a[$(id)]".to_owned());
        }
    }
}

/// What an expansion does to the value of its variable.
struct Effect {
    bounded: bool,
    hides_dash: bool,
    uses_operand: bool,
}

impl Effect {
    /// `None` where the value does not come through.
    fn of(expansion: &Expansion) -> Option<Effect> {
        use ExpansionOperator as Operator;
        let mut effect = Effect {
            bounded: false,
            hides_dash: false,
            uses_operand: false,
        };
        match expansion.operator {
            Some(Operator::Alternative { .. } | Operator::Length | Operator::Indirect) => {
                return None;
            }
            // Quoted, or spoken of; the others change letters or read escapes.
            Some(Operator::Transform)
                if !matches!(
                    transform(expansion).as_deref(),
                    Some("P" | "E" | "U" | "u" | "L")
                ) =>
            {
                return None;
            }
            Some(Operator::Default { .. } | Operator::AssignDefault { .. }) => {
                effect.uses_operand = true;
            }
            Some(Operator::Replace { all: true }) => {
                let operand = expansion
                    .operand
                    .as_ref()
                    .and_then(|word| word.static_text());
                if let Some(kept) = operand.as_deref().and_then(kept_characters) {
                    effect.bounded = true;
                    effect.hides_dash = !kept.contains('-');
                }
            }
            _ => {}
        }
        Some(effect)
    }
}

/// The letter of `${x@LETTER}`.
fn transform(expansion: &Expansion) -> Option<String> {
    let transforms = matches!(expansion.operator, Some(ExpansionOperator::Transform));
    expansion
        .operand
        .as_ref()
        .filter(|_| transforms)?
        .static_text()
}

fn is_alternative(expansion: &Expansion) -> bool {
    matches!(
        expansion.operator,
        Some(ExpansionOperator::Alternative { .. })
    )
}

/// The characters that `${x//[^…]/…}` keeps, where none of them means anything to a shell.
fn kept_characters(operand: &str) -> Option<&str> {
    let class = operand
        .strip_prefix("[^")
        .or_else(|| operand.strip_prefix("[!"))?;
    let (kept, replacement) = class.split_once("]/").or_else(|| class.split_once(']'))?;
    let harmless = |c: char| c.is_ascii_alphanumeric() || "._-+,:@%".contains(c);
    (kept.chars().all(harmless) && replacement.chars().all(harmless)).then_some(kept)
}

/// The names that arithmetic reads without a `$`.
fn bare_names(text: &str) -> Vec<(usize, String)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut at = 0;
    for piece in text.split(|c: char| !is_name(c)) {
        if piece.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            names.push((at, piece.to_owned()));
        }
        // Separators may be longer than one byte; offsets only order the names.
        at += piece.len() + 1;
    }
    names
}
