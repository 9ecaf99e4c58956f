//! Commands that check a variable: `[`, `[[`, `grep`, `expr`.

use std::collections::BTreeMap;

use plimsoll_model::Span;
use plimsoll_parse::shell::{
    Command, ExpansionOperator, PartKind, RedirectionKind, SimpleCommand, Word, WordPart,
};

use super::facts::{Bound, Facts, Outcome, both, either, known, nothing};
use super::pattern::{Regex, glob, regex};
use super::shape::{CharSet, Shape};

/// How many parentheses of `[[ ]]` may stand inside each other.
const MAXIMUM_DEPTH: usize = 32;

/// Reads checks, with the variables that hold a known text.
pub(super) struct Checks<'c> {
    /// Variables that are assigned once, with a text that is written out.
    pub constants: &'c BTreeMap<String, String>,
}

/// The variable that a word is, and nothing else.
pub(super) fn variable_of(word: &Word) -> Option<(&str, bool)> {
    match word.parts.as_slice() {
        [part] => match &part.kind {
            PartKind::DoubleQuoted(inner) => match inner.as_slice() {
                [part] => plain_variable(part).map(|name| (name, true)),
                _ => None,
            },
            _ => plain_variable(part).map(|name| (name, false)),
        },
        _ => None,
    }
}

/// `$x`, `${x}`, `${x:-}`
fn plain_variable(part: &WordPart) -> Option<&str> {
    let PartKind::Variable(expansion) = &part.kind else {
        return None;
    };
    let no_operand = expansion
        .operand
        .as_ref()
        .is_none_or(|operand| operand.parts.is_empty());
    let plain = match expansion.operator {
        None => true,
        Some(ExpansionOperator::Default { .. } | ExpansionOperator::ErrorIfUnset { .. }) => {
            no_operand
                || matches!(
                    expansion.operator,
                    Some(ExpansionOperator::ErrorIfUnset { .. })
                )
        }
        _ => false,
    };
    (plain && expansion.subscript.is_none()).then_some(expansion.name.as_str())
}

/// A word of literal text with a variable behind it, as in `"x$A"`.
fn prefixed_variable(word: &Word) -> Option<(String, &str)> {
    let parts = match word.parts.as_slice() {
        [
            WordPart {
                kind: PartKind::DoubleQuoted(inner),
                ..
            },
        ] => inner.as_slice(),
        parts => parts,
    };
    let (last, before) = parts.split_last()?;
    let name = match &last.kind {
        PartKind::DoubleQuoted(inner) => match inner.as_slice() {
            [part] => plain_variable(part)?,
            _ => return None,
        },
        _ => plain_variable(last)?,
    };
    let before = Word {
        span: word.span,
        parts: before.to_vec(),
    };
    Some((before.static_text()?, name))
}

impl Checks<'_> {
    /// What a simple command says; `None` where it is no check.
    pub(super) fn simple(&self, simple: &SimpleCommand, command: &Command) -> Option<Outcome> {
        let span = command.span;
        let words = simple.words.as_slice();
        match simple.name()?.as_str() {
            "test" => Some(self.test(words.get(1..)?, span)),
            "[" => {
                let (last, inner) = words.get(1..)?.split_last()?;
                (last.static_text()? == "]").then(|| self.test(inner, span))
            }
            "expr" => self.expr(words.get(1..)?, span),
            name @ ("grep" | "egrep" | "fgrep") => {
                let input = command.redirections.iter().find_map(|redirection| {
                    (redirection.kind == RedirectionKind::HereString).then_some(&redirection.target)
                })?;
                let (variable, _) = variable_of(input)?;
                self.grep(name, words.get(1..)?, variable, span)
            }
            _ => None,
        }
    }

    /// The inside of `[ … ]`.
    fn test(&self, words: &[Word], span: Span) -> Outcome {
        let joins = |operator: &str| {
            words
                .iter()
                .any(|word| !word.has_quotes() && word.static_text().as_deref() == Some(operator))
        };
        let operator = match (joins("-a"), joins("-o"), joins("(")) {
            (true, false, false) => "-a",
            (false, true, false) => "-o",
            (false, false, false) => return self.comparison(words, span, false),
            _ => return Outcome::unknown(),
        };
        let pieces = words.split(|word| word.static_text().as_deref() == Some(operator));
        pieces
            .map(|piece| self.comparison(piece, span, false))
            .reduce(|one, other| combine(&one, &other, operator == "-a"))
            .unwrap_or_else(Outcome::unknown)
    }

    /// One comparison; `double` for `[[ ]]`, where words are not split and the right side is a pattern.
    fn comparison(&self, words: &[Word], span: Span, double: bool) -> Outcome {
        let text = |at: usize| words.get(at).and_then(Word::static_text);
        if words.len() > 1 && text(0).as_deref() == Some("!") {
            return self
                .comparison(words.get(1..).unwrap_or_default(), span, double)
                .negated();
        }
        match words {
            [operator, word] if operator.static_text().as_deref() == Some("-z") => {
                let empty = self.equal(word, span, double, Bound::listed(vec![String::new()]));
                empty.map_or_else(Outcome::unknown, |facts| Outcome::new(facts, nothing()))
            }
            [left, operator, right] => {
                let operator = operator.static_text().unwrap_or_default();
                self.binary(left, &operator, right, span, double)
            }
            _ => Outcome::unknown(),
        }
    }

    fn binary(
        &self,
        left: &Word,
        operator: &str,
        right: &Word,
        span: Span,
        double: bool,
    ) -> Outcome {
        let facts = match operator {
            "=" | "==" | "!=" if double => self.pattern(left, right, span),
            "=" | "==" | "!=" => self
                .literal(left, right, span, double)
                .or_else(|| self.literal(right, left, span, double)),
            "=~" if double => self.matches(left, right, span),
            "-eq" | "-lt" | "-le" | "-gt" | "-ge" if !double => self.number(left, right, span),
            _ => None,
        };
        let Some(facts) = facts else {
            return Outcome::unknown();
        };
        match operator {
            "!=" => Outcome::new(nothing(), facts),
            _ => Outcome::new(facts, nothing()),
        }
    }

    /// A variable that `bound` speaks of; unquoted within `[`, a value may change the test itself.
    fn equal(&self, word: &Word, span: Span, double: bool, bound: Bound) -> Option<Facts> {
        let (variable, quoted) = variable_of(word)?;
        (quoted || double).then(|| known(variable, bound.at(span)))
    }

    fn literal(&self, word: &Word, text: &Word, span: Span, double: bool) -> Option<Facts> {
        let text = text.static_text()?;
        if let Some(facts) = self.equal(word, span, double, Bound::listed(vec![text.clone()])) {
            return Some(facts);
        }
        let (prefix, variable) =
            prefixed_variable(word).filter(|(prefix, _)| !prefix.is_empty())?;
        let rest = text.strip_prefix(&prefix)?.to_owned();
        word.has_quotes()
            .then(|| known(variable, Bound::listed(vec![rest]).at(span)))
    }

    fn pattern(&self, left: &Word, right: &Word, span: Span) -> Option<Facts> {
        let glob = glob(right)?;
        let written = right.static_text().unwrap_or_default();
        let bound = match glob.literal {
            Some(text) => Bound::listed(vec![text]),
            None => Bound::shaped(glob.shape, &written),
        };
        self.equal(left, span, true, bound)
    }

    /// `[[ $a =~ expression ]]`
    fn matches(&self, left: &Word, right: &Word, span: Span) -> Option<Facts> {
        let text = self.expression(right)?;
        let regex = regex(&text, true)?;
        self.equal(left, span, true, allowed_by(&regex, false, &text))
    }

    /// The text of an expression: written out, or held by a constant.
    fn expression(&self, word: &Word) -> Option<String> {
        if let Some((variable, false)) = variable_of(word) {
            return self.constants.get(variable).cloned();
        }
        let mut text = String::new();
        for part in &word.parts {
            match &part.kind {
                PartKind::Literal(piece) => text.push_str(piece),
                PartKind::Escaped(piece) | PartKind::SingleQuoted(piece) => {
                    push_escaped(piece, &mut text);
                }
                PartKind::DoubleQuoted(_) => {
                    let quoted = Word {
                        span: part.span,
                        parts: vec![part.clone()],
                    };
                    push_escaped(&quoted.static_text()?, &mut text);
                }
                _ => return None,
            }
        }
        Some(text)
    }

    /// `[ "$a" -ge 1 ]` fails where the value is no number.
    fn number(&self, left: &Word, right: &Word, span: Span) -> Option<Facts> {
        let variable = [left, right]
            .into_iter()
            .find(|word| variable_of(word).is_some())?;
        let set = CharSet::ascii(|c| c.is_ascii_digit() || c == '-' || c == '+');
        let shape = Shape::one(set).repeated();
        self.equal(variable, span, false, Bound::shaped(shape, "-eq"))
    }

    /// `expr "$a" : 'expression'`, which begins at the beginning.
    fn expr(&self, words: &[Word], span: Span) -> Option<Outcome> {
        let [left, operator, right] = words else {
            return None;
        };
        if operator.static_text()? != ":" {
            return None;
        }
        let text = right.static_text()?;
        let mut regex = regex(&text, false)?;
        regex.starts = true;
        let facts = self.equal(left, span, false, allowed_by(&regex, false, &text))?;
        Some(Outcome::new(facts, nothing()))
    }

    /// The inside of `[[ … ]]`.
    pub(super) fn double(&self, words: &[Word], span: Span) -> Outcome {
        let mut reader = Reader {
            checks: self,
            words,
            at: 0,
            span,
        };
        let outcome = reader.disjunction(0);
        if reader.at < words.len() {
            Outcome::unknown()
        } else {
            outcome
        }
    }
}

/// What a regular expression lets through.
pub(super) fn allowed_by(regex: &Regex, whole_line: bool, text: &str) -> Bound {
    if whole_line || (regex.starts && regex.ends) {
        return Bound::shaped(regex.shape, text);
    }
    let missing = match (regex.starts, regex.ends) {
        (true, false) => "at its end",
        (false, true) => "at its beginning",
        _ => "at both ends",
    };
    let reason = format!("`{text}` is not anchored {missing}, so anything may stand there");
    let shape = if regex.starts {
        regex.shape.then(Shape::ANY)
    } else {
        Shape::ANY
    };
    Bound::weak(&reason, shape)
}

fn push_escaped(piece: &str, text: &mut String) {
    for character in piece.chars() {
        if !character.is_ascii_alphanumeric() && character.is_ascii() {
            text.push('\\');
        }
        text.push(character);
    }
}

fn combine(one: &Outcome, other: &Outcome, and: bool) -> Outcome {
    if and {
        let no = either(&one.no, &both(&one.yes, &other.no));
        Outcome::new(both(&one.yes, &other.yes), no)
    } else {
        let yes = either(&one.yes, &both(&one.no, &other.yes));
        Outcome::new(yes, both(&one.no, &other.no))
    }
}

/// Reads `[[ ]]` from left to right.
struct Reader<'r, 'c> {
    checks: &'r Checks<'c>,
    words: &'r [Word],
    at: usize,
    span: Span,
}

impl Reader<'_, '_> {
    fn text(&self, at: usize) -> Option<String> {
        let word = self.words.get(at).filter(|word| !word.has_quotes())?;
        word.static_text()
    }

    fn eat(&mut self, operator: &str) -> bool {
        let found = self.text(self.at).as_deref() == Some(operator);
        self.at += usize::from(found);
        found
    }

    fn disjunction(&mut self, depth: usize) -> Outcome {
        let mut all = self.conjunction(depth);
        while self.eat("||") {
            all = combine(&all, &self.conjunction(depth), false);
        }
        all
    }

    fn conjunction(&mut self, depth: usize) -> Outcome {
        let mut all = self.primary(depth);
        while self.eat("&&") {
            all = combine(&all, &self.primary(depth), true);
        }
        all
    }

    fn primary(&mut self, depth: usize) -> Outcome {
        let mut negated = false;
        while self.eat("!") {
            negated = !negated;
        }
        let outcome = if depth < MAXIMUM_DEPTH && self.eat("(") {
            let inner = self.disjunction(depth + 1);
            if self.eat(")") {
                inner
            } else {
                Outcome::unknown()
            }
        } else {
            let start = self.at;
            while self.at < self.words.len()
                && !matches!(self.text(self.at).as_deref(), Some("&&" | "||" | ")"))
            {
                self.at += 1;
            }
            let words = self.words.get(start..self.at).unwrap_or_default();
            self.checks.comparison(words, self.span, true)
        };
        if negated { outcome.negated() } else { outcome }
    }
}
