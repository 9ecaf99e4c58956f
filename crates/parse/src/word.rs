//! The words of a Dockerfile: quotes, escapes, variables and their operators, as the builder expands them.
//!
//! By source: `frontend/dockerfile/shell/lex.go` in moby/buildkit. The grammar resembles a shell's and is smaller:
//! - single quotes keep everything; double quotes keep all but `$`, and the escape character before `"`, `$` and itself;
//! - outside quotes the escape character keeps the next character, and vanishes at the end;
//! - `$name`, `${name}`, and the operators `-` `+` `?` (each also with `:`), `#` `##` `%` `%%`, `/` and `//`;
//! - `$1`, `$@`, `$*`, `$#`, `$?`, `$-`, `$$` and `$!` are names like any other; a `$` before anything else is itself;
//! - blanks are ordinary: only `EXPOSE` splits the expanded text into words.
//!
//! The parser makes one pass with bounded depth. A word that BuildKit rejects ends in a [`PieceKind::Malformed`], so
//! the spans of the pieces always tile the whole text.

use plimsoll_model::Span;

use crate::SyntaxError;

/// How deep quotes and operators may nest.
pub const MAX_DEPTH: usize = 64;

/// A word taken apart. All spans are byte offsets in the text that was parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedWord {
    /// The pieces, in order; their spans tile the text.
    pub pieces: Vec<Piece>,
    /// Why the builder rejects the word; at most one.
    pub errors: Vec<SyntaxError>,
}

/// One piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes of the piece, quotes and braces included.
    pub span: Span,
    /// What it is.
    pub kind: PieceKind,
}

/// The kinds of pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// Text that means itself.
    Literal,
    /// The escape character and the character it keeps; at the end of a word the escape character alone, which vanishes.
    Escaped,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`, with the pieces inside.
    DoubleQuoted(Vec<Piece>),
    /// A variable.
    Variable(Box<Variable>),
    /// From the first thing the builder rejects to the end.
    Malformed,
}

/// A variable and what is done with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub name: String,
    /// The bytes of the name.
    pub name_span: Span,
    /// Whether it is written with braces.
    pub braced: bool,
    /// What is done with its value.
    pub operation: Option<Operation>,
}

/// The operators within braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `-`: the word where the variable is not set.
    Default {
        /// Whether an empty value counts as not set.
        colon: bool,
        /// The word.
        word: Vec<Piece>,
    },
    /// `+`: the word where the variable is set.
    Alternate {
        /// Whether an empty value counts as not set.
        colon: bool,
        /// The word.
        word: Vec<Piece>,
    },
    /// `?`: an error where the variable is not set.
    Require {
        /// Whether an empty value counts as not set.
        colon: bool,
        /// The message.
        word: Vec<Piece>,
    },
    /// `#` or `##`: the value without the prefix that matches. A second `#` is the first character of the expanded
    /// pattern, for that is where the builder looks for it.
    RemovePrefix {
        /// The pattern; escapes stay in it.
        pattern: Vec<Piece>,
    },
    /// `%` or `%%`: the value without the suffix that matches, as with `#`.
    RemoveSuffix {
        /// The pattern; escapes stay in it.
        pattern: Vec<Piece>,
    },
    /// `/` or `//`: the value with the longest match replaced.
    Replace {
        /// Whether every match is replaced.
        all: bool,
        /// The pattern; escapes stay in it.
        pattern: Vec<Piece>,
        /// The replacement; escapes stay in it.
        replacement: Vec<Piece>,
    },
}

impl Operation {
    /// The words within the operator.
    pub fn words(&self) -> impl Iterator<Item = &[Piece]> {
        let (first, second) = match self {
            Operation::Default { word, .. }
            | Operation::Alternate { word, .. }
            | Operation::Require { word, .. } => (word, None),
            Operation::RemovePrefix { pattern } | Operation::RemoveSuffix { pattern } => {
                (pattern, None)
            }
            Operation::Replace {
                pattern,
                replacement,
                ..
            } => (pattern, Some(replacement)),
        };
        std::iter::once(first.as_slice()).chain(second.map(Vec::as_slice))
    }
}

impl ParsedWord {
    /// Every variable the word mentions, nested ones included.
    pub fn variables(&self) -> Vec<&Variable> {
        let mut out = Vec::new();
        collect_variables(&self.pieces, &mut out);
        out
    }
}

/// Recursion is bounded by the parser's own depth.
fn collect_variables<'a>(pieces: &'a [Piece], out: &mut Vec<&'a Variable>) {
    for piece in pieces {
        match &piece.kind {
            PieceKind::DoubleQuoted(inner) => collect_variables(inner, out),
            PieceKind::Variable(variable) => {
                out.push(variable);
                for word in variable.operation.iter().flat_map(Operation::words) {
                    collect_variables(word, out);
                }
            }
            _ => {}
        }
    }
}

/// Takes `raw` apart as the argument of an instruction.
pub fn parse(raw: &str, escape: char) -> ParsedWord {
    parse_with(raw, escape, true)
}

/// Takes the body of a here-document of COPY or ADD apart: quotes mean nothing there, and a backslash escapes whatever
/// the directive says.
pub fn parse_heredoc(raw: &str) -> ParsedWord {
    parse_with(raw, '\\', false)
}

fn parse_with(raw: &str, escape: char, quotes: bool) -> ParsedWord {
    let mut parser = Parser {
        text: raw,
        at: 0,
        escape,
        quotes,
        depth: 0,
        pieces_end: 0,
    };
    let mut pieces = Vec::new();
    let error = parser.pieces(None, &mut pieces).err();
    let end = pieces.last().map_or(0, |piece| piece.span.end as usize);
    if error.is_some() && end < raw.len() {
        pieces.push(Piece {
            span: Span::new(end, raw.len()),
            kind: PieceKind::Malformed,
        });
    }
    ParsedWord {
        pieces,
        errors: error.into_iter().collect(),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    escape: char,
    /// Whether quotes mean anything.
    quotes: bool,
    depth: usize,
    /// Where the literal under way starts.
    pieces_end: usize,
}

type Outcome<T> = Result<T, SyntaxError>;

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += if found { expected.len_utf8() } else { 0 };
        found
    }

    fn error<T>(&self, start: usize, message: &str) -> Outcome<T> {
        Err(SyntaxError::new(Span::new(start, self.text.len()), message))
    }

    fn deeper(&mut self) -> Outcome<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(self.at, "the word is nested too deeply");
        }
        Ok(())
    }

    /// Ends the literal under way before `self.at`.
    fn flush(&mut self, out: &mut Vec<Piece>) {
        if self.pieces_end < self.at {
            out.push(Piece {
                span: Span::new(self.pieces_end, self.at),
                kind: PieceKind::Literal,
            });
        }
    }

    /// Reads pieces up to `stop`, which is consumed, or to the end.
    fn pieces(&mut self, stop: Option<char>, out: &mut Vec<Piece>) -> Outcome<()> {
        let opened = self.at;
        self.pieces_end = self.at;
        while let Some(c) = self.peek() {
            if stop == Some(c) {
                self.flush(out);
                self.next();
                return Ok(());
            }
            let is_quote = self.quotes && (c == '\'' || c == '"');
            if c != '$' && c != self.escape && !is_quote {
                self.next();
                continue;
            }
            self.flush(out);
            let start = self.at;
            self.pieces_end = start;
            if let Some(kind) = self.special(c)? {
                out.push(Piece {
                    span: Span::new(start, self.at),
                    kind,
                });
                self.pieces_end = self.at;
            } else {
                self.pieces_end = start;
            }
        }
        self.flush(out);
        match stop {
            Some(stop) => self.error(opened, &format!("the closing `{stop}` is missing")),
            None => Ok(()),
        }
    }

    /// Reads what starts with `c`; `None` for a `$` that means itself.
    fn special(&mut self, c: char) -> Outcome<Option<PieceKind>> {
        match c {
            '$' => self.dollar(),
            '\'' if self.quotes => self.single_quoted().map(Some),
            '"' if self.quotes => self.double_quoted().map(Some),
            _ => {
                self.next();
                self.next();
                Ok(Some(PieceKind::Escaped))
            }
        }
    }

    fn single_quoted(&mut self) -> Outcome<PieceKind> {
        let start = self.at;
        let inside = self.text.get(start + 1..).unwrap_or("");
        let Some(length) = inside.find('\'') else {
            return self.error(start, "the closing single quote is missing");
        };
        self.at = start + 1 + length + 1;
        Ok(PieceKind::SingleQuoted)
    }

    fn double_quoted(&mut self) -> Outcome<PieceKind> {
        let opened = self.at;
        self.deeper()?;
        self.next();
        let mut inner = Vec::new();
        self.pieces_end = self.at;
        while let Some(c) = self.peek() {
            if c == '"' {
                self.flush(&mut inner);
                self.next();
                self.depth -= 1;
                return Ok(PieceKind::DoubleQuoted(inner));
            }
            if c != '$' && c != self.escape {
                self.next();
                continue;
            }
            self.flush(&mut inner);
            let start = self.at;
            let kind = if c == '$' {
                self.dollar()?
            } else {
                self.escape_in_quotes()
            };
            self.pieces_end = start;
            if let Some(kind) = kind {
                inner.push(Piece {
                    span: Span::new(start, self.at),
                    kind,
                });
                self.pieces_end = self.at;
            }
        }
        self.error(opened, "the closing double quote is missing")
    }

    /// Inside double quotes only `"`, `$` and the escape character can be escaped; before anything else it is literal.
    fn escape_in_quotes(&mut self) -> Option<PieceKind> {
        self.next();
        let escapes = self
            .peek()
            .is_some_and(|c| c == '"' || c == '$' || c == self.escape);
        if escapes {
            self.next();
        }
        escapes.then_some(PieceKind::Escaped)
    }

    fn dollar(&mut self) -> Outcome<Option<PieceKind>> {
        let start = self.at;
        self.next();
        if !self.eat('{') {
            let (name, name_span) = self.name();
            return Ok((!name.is_empty()).then(|| {
                PieceKind::Variable(Box::new(Variable {
                    name,
                    name_span,
                    braced: false,
                    operation: None,
                }))
            }));
        }
        match self.peek() {
            None => return self.error(start, "the closing `}` is missing"),
            Some('{' | '}' | ':') => return self.error(start, "bad substitution"),
            Some(_) => {}
        }
        let (name, name_span) = self.name();
        self.deeper()?;
        let operation = self.operation(start)?;
        self.depth -= 1;
        Ok(Some(PieceKind::Variable(Box::new(Variable {
            name,
            name_span,
            braced: true,
            operation,
        }))))
    }

    /// A name: letters, digits and `_`; or digits alone; or one special character.
    fn name(&mut self) -> (String, Span) {
        let start = self.at;
        match self.peek() {
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.next();
            }
            Some(c) if c.is_numeric() => self.skip_while(char::is_numeric),
            _ => self.skip_while(|c| c.is_alphanumeric() || c == '_'),
        }
        let span = Span::new(start, self.at);
        (span.slice(self.text).to_owned(), span)
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&accept) {
            self.next();
        }
    }

    /// What follows the name up to the closing brace, which is consumed.
    fn operation(&mut self, start: usize) -> Outcome<Option<Operation>> {
        let colon = self.eat(':');
        let operator = self.next();
        let operation = match operator {
            Some('}') if !colon => return Ok(None),
            Some('-') => Operation::Default {
                colon,
                word: self.nested('}')?,
            },
            Some('+') => Operation::Alternate {
                colon,
                word: self.nested('}')?,
            },
            Some('?') => Operation::Require {
                colon,
                word: self.nested('}')?,
            },
            Some('#') if !colon => Operation::RemovePrefix {
                pattern: self.nested('}')?,
            },
            Some('%') if !colon => Operation::RemoveSuffix {
                pattern: self.nested('}')?,
            },
            Some('/') if !colon => Operation::Replace {
                all: self.eat('/'),
                pattern: self.nested('/')?,
                replacement: self.nested('}')?,
            },
            Some(_) => return self.error(start, "unsupported modifier in a substitution"),
            None => return self.error(start, "the closing `}` is missing"),
        };
        Ok(Some(operation))
    }

    fn nested(&mut self, stop: char) -> Outcome<Vec<Piece>> {
        let mut word = Vec::new();
        self.pieces(Some(stop), &mut word)?;
        Ok(word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tree in one line: `kind:text` joined by blanks.
    fn show(text: &str, pieces: &[Piece]) -> String {
        let shown = pieces.iter().map(|piece| {
            let text_here = piece.span.slice(text);
            match &piece.kind {
                PieceKind::Literal => format!("lit:{text_here}"),
                PieceKind::Escaped => format!("esc:{text_here}"),
                PieceKind::SingleQuoted => format!("single:{text_here}"),
                PieceKind::DoubleQuoted(inner) => format!("double({})", show(text, inner)),
                PieceKind::Variable(variable) => show_variable(text, variable),
                PieceKind::Malformed => format!("bad:{text_here}"),
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    fn show_variable(text: &str, variable: &Variable) -> String {
        let operator = match &variable.operation {
            None => return format!("var:{}", variable.name),
            Some(Operation::Default { colon, .. }) => format!("-{colon}"),
            Some(Operation::Alternate { colon, .. }) => format!("+{colon}"),
            Some(Operation::Require { colon, .. }) => format!("?{colon}"),
            Some(Operation::RemovePrefix { .. }) => "#".to_owned(),
            Some(Operation::RemoveSuffix { .. }) => "%".to_owned(),
            Some(Operation::Replace { all, .. }) => format!("/{all}"),
        };
        let words = variable.operation.iter().flat_map(Operation::words);
        let words: Vec<String> = words.map(|word| show(text, word)).collect();
        format!("var:{}{operator}({})", variable.name, words.join("|"))
    }

    fn check(text: &str, expected: &str) {
        let parsed = parse(text, '\\');
        assert_eq!(show(text, &parsed.pieces), expected, "{text}");
        assert_eq!(
            parsed.errors.is_empty(),
            !expected.contains("bad:"),
            "{text}"
        );
    }

    #[test]
    fn quotes_and_escapes() {
        check("", "");
        check("plain text", "lit:plain text");
        check(r"a\ b", r"lit:a esc:\  lit:b");
        check(r"a\", r"lit:a esc:\");
        check("'a $b \\' c", "single:'a $b \\' lit: c");
        check(
            r#""a\"b\$c\\d\e""#,
            r#"double(lit:a esc:\" lit:b esc:\$ lit:c esc:\\ lit:d lit:\e)"#,
        );
        check(r#""it's""#, "double(lit:it's)");
        check("'open", "bad:'open");
        check("a\"open", "lit:a bad:\"open");
    }

    #[test]
    fn variables() {
        check("$a/$b_1.x", "var:a lit:/ var:b_1 lit:.x");
        check("${a}b", "var:a lit:b");
        check(
            "$1234a $@ $* $$ $? $- $! $#",
            "var:1234 lit:a  var:@ lit:  var:* lit:  var:$ lit:  var:? lit:  var:- lit:  var:! lit:  var:#",
        );
        check("100$ $ $/x", "lit:100 lit:$  lit:$  lit:$/x");
        check("\"$a\"'$a'", "double(var:a) single:'$a'");
        check("$été", "var:été");
    }

    #[test]
    fn operators() {
        check("${a:-b}", "var:a-true(lit:b)");
        check("${a-}", "var:a-false()");
        check("${a:+${b:-c}}d", "var:a+true(var:b-true(lit:c)) lit:d");
        check("${a+x}", "var:a+false(lit:x)");
        check("${a:?no $b}", "var:a?true(lit:no  var:b)");
        check("${a?}", "var:a?false()");
        check("${a#*/}", "var:a#(lit:*/)");
        check("${a##*/}", "var:a#(lit:#*/)");
        check("${a%%.*}", "var:a%(lit:%.*)");
        check("${a/b/c}", "var:a/false(lit:b|lit:c)");
        check("${a//b\\/x/c}", "var:a/true(lit:b esc:\\/ lit:x|lit:c)");
        check("${a:-\"}\"}", "var:a-true(double(lit:}))");
        check("${@}", "var:@");
    }

    #[test]
    fn what_the_builder_rejects() {
        for text in [
            "${", "${}", "${:x}", "${{a}}", "${a", "${a:-b", "${a^^}", "${a:1:2}", "${a:#b}",
            "${a:%b}", "${a/b}", "${a/b/c", "${a:}", "${a:-'}", "${a b}",
        ] {
            let parsed = parse(text, '\\');
            assert_eq!(show(text, &parsed.pieces), format!("bad:{text}"));
            assert_eq!(parsed.errors.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_backtick_can_be_the_escape() {
        let text = "c:\\a`$b";
        assert_eq!(
            show(text, &parse(text, '`').pieces),
            "lit:c:\\a esc:`$ lit:b"
        );
    }

    #[test]
    fn quotes_are_text_in_heredocs() {
        let text = "it's \"$a\" \\$b";
        assert_eq!(
            show(text, &parse_heredoc(text).pieces),
            "lit:it's \" var:a lit:\"  esc:\\$ lit:b"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let text = "${a:-".repeat(100_000);
        assert_eq!(parse(&text, '\\').errors.len(), 1);
        let text = format!("{}x{}", "${a:-".repeat(60), "}".repeat(60));
        assert_eq!(parse(&text, '\\').errors, []);
    }

    fn assert_tiles(text: &str, pieces: &[Piece]) {
        let mut at = 0;
        for piece in pieces {
            assert_eq!(piece.span.start, at);
            assert!(text.is_char_boundary(piece.span.end as usize));
            at = piece.span.end;
        }
        assert_eq!(at as usize, text.len());
    }

    proptest! {
        #[test]
        fn pieces_reassemble(text in "[$\\{\\}:#%/a-c\"'\\\\` é?*+-]{0,40}", tick in any::<bool>()) {
            assert_tiles(&text, &parse(&text, if tick { '`' } else { '\\' }).pieces);
            assert_tiles(&text, &parse_heredoc(&text).pieces);
        }

        #[test]
        fn any_text_is_parsed(text in any::<String>()) {
            assert_tiles(&text, &parse(&text, '\\').pieces);
        }
    }
}
