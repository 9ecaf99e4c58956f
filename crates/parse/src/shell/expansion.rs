//! What begins with `$`.

use super::parser::{Parser, is_name, is_name_start};
use super::word::{Expansion, ExpansionOperator, PartKind, Word};
use super::words::Stop;

impl Parser<'_> {
    /// What the `$` under the cursor begins; `None` where it stands for itself.
    pub(super) fn dollar(&mut self, stop: Stop) -> Option<PartKind> {
        let quoted = matches!(stop, Stop::DoubleQuote | Stop::HereDocument);
        match self.peek_at(1)? {
            b'(' => Some(self.parenthesis_expansion()),
            b'{' => Some(self.brace_expansion(stop)),
            b'\'' if !quoted => Some(self.ansi_quoted()),
            b'"' if !quoted => Some(self.translated()),
            byte if is_name_start(byte) => {
                self.at += 1;
                Some(PartKind::Variable(self.plain_variable(is_name)))
            }
            byte if is_special_parameter(byte) => {
                self.at += 1;
                let start = self.at;
                self.at += 1;
                Some(PartKind::Variable(self.named(start)))
            }
            _ => None,
        }
    }

    fn plain_variable(&mut self, accept: impl Fn(u8) -> bool) -> Expansion {
        let start = self.at;
        self.take_while(accept);
        self.named(start)
    }

    /// An expansion of the name from `start` to here, with nothing else.
    fn named(&self, start: usize) -> Expansion {
        Expansion {
            name: self.slice(start, self.at).to_owned(),
            name_span: self.span(start, self.at),
            subscript: None,
            operator: None,
            operand: None,
        }
    }

    fn parenthesis_expansion(&mut self) -> PartKind {
        let start = self.at;
        if self.looking_at("$((") && self.closes_arithmetic(start + 3) {
            self.at += 3;
            let Some(expression) = self.nested(|parser| parser.expression(Stop::Arithmetic)) else {
                return PartKind::Opaque;
            };
            self.eat("))");
            return PartKind::Arithmetic(expression);
        }
        self.at += 2;
        let list = self.nested(|parser| parser.substituted_list(start));
        list.map_or(PartKind::Opaque, PartKind::CommandSubstitution)
    }

    fn brace_expansion(&mut self, stop: Stop) -> PartKind {
        let start = self.at;
        self.at += 2;
        let quoted = matches!(
            stop,
            Stop::DoubleQuote | Stop::HereDocument | Stop::Brace { quoted: true }
        );
        let expansion = self.nested(|parser| parser.braced(Stop::Brace { quoted }));
        let Some(expansion) = expansion else {
            return PartKind::Opaque;
        };
        if !self.eat("}") {
            self.error(start, start + 2, "this `${` is not closed");
        }
        PartKind::Variable(expansion)
    }

    /// The inside of `${…}`.
    fn braced(&mut self, stop: Stop) -> Expansion {
        let prefix = self.prefix_operator();
        let mut expansion = match self.peek() {
            Some(byte) if is_name_start(byte) => self.plain_variable(is_name),
            Some(byte) if byte.is_ascii_digit() => {
                self.plain_variable(|byte| byte.is_ascii_digit())
            }
            Some(byte) if is_special_parameter(byte) => {
                let start = self.at;
                self.at += 1;
                self.named(start)
            }
            _ => self.named(self.at),
        };
        if self.peek() == Some(b'[') {
            self.at += 1;
            let subscript = self.expression(Stop::Bracket);
            self.eat("]");
            expansion.subscript = Some(Box::new(subscript));
        }
        expansion.operator = prefix;
        if matches!(self.peek(), None | Some(b'}')) {
            return expansion;
        }
        let operator = self.suffix_operator();
        expansion.operator = Some(prefix.unwrap_or(operator));
        let operand: Word = self.expression(stop);
        expansion.operand = Some(Box::new(operand));
        expansion
    }

    /// `#` for the length and `!` for indirection, where a name follows.
    fn prefix_operator(&mut self) -> Option<ExpansionOperator> {
        let named = self
            .peek_at(1)
            .is_some_and(|byte| is_name(byte) || matches!(byte, b'@' | b'*'));
        let operator = match self.peek() {
            Some(b'#') if named => ExpansionOperator::Length,
            Some(b'!') if named => ExpansionOperator::Indirect,
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn suffix_operator(&mut self) -> ExpansionOperator {
        use ExpansionOperator as Operator;
        const OPERATORS: [(&str, ExpansionOperator); 18] = [
            (":-", Operator::Default { colon: true }),
            (":=", Operator::AssignDefault { colon: true }),
            (":?", Operator::ErrorIfUnset { colon: true }),
            (":+", Operator::Alternative { colon: true }),
            ("-", Operator::Default { colon: false }),
            ("=", Operator::AssignDefault { colon: false }),
            ("?", Operator::ErrorIfUnset { colon: false }),
            ("+", Operator::Alternative { colon: false }),
            (":", Operator::Substring),
            ("##", Operator::RemovePrefix { longest: true }),
            ("#", Operator::RemovePrefix { longest: false }),
            ("%%", Operator::RemoveSuffix { longest: true }),
            ("%", Operator::RemoveSuffix { longest: false }),
            ("//", Operator::Replace { all: true }),
            ("/", Operator::Replace { all: false }),
            ("^", Operator::ChangeCase),
            (",", Operator::ChangeCase),
            ("@", Operator::Transform),
        ];
        let found = OPERATORS
            .into_iter()
            .find(|(text, _)| self.looking_at(text));
        let Some((text, operator)) = found else {
            return Operator::Unknown;
        };
        self.at += text.len();
        operator
    }

    /// `$'…'`: the text it means.
    fn ansi_quoted(&mut self) -> PartKind {
        let start = self.at;
        self.at += 2;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|byte| !matches!(byte, b'\'' | b'\\')));
            match self.bump() {
                Some('\\') => self.ansi_escape(&mut text),
                Some(_) => break,
                None => {
                    self.error(start, start + 2, "this quote is not closed");
                    break;
                }
            }
        }
        PartKind::SingleQuoted(text)
    }

    fn ansi_escape(&mut self, text: &mut String) {
        let Some(escape) = self.bump() else {
            return;
        };
        let meant = match escape {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'e' | 'E' => Some('\x1b'),
            'f' => Some('\x0c'),
            'v' => Some('\x0b'),
            'x' => self.code_point(16, 2),
            'u' => self.code_point(16, 4),
            'U' => self.code_point(16, 8),
            '0'..='7' => {
                self.at -= 1;
                self.code_point(8, 3)
            }
            other => Some(other),
        };
        text.extend(meant);
    }

    fn code_point(&mut self, radix: u32, longest: usize) -> Option<char> {
        let mut value = 0u32;
        for _ in 0..longest {
            let digit = self
                .peek()
                .and_then(|byte| char::from(byte).to_digit(radix));
            let Some(digit) = digit else {
                break;
            };
            value = value.saturating_mul(radix).saturating_add(digit);
            self.at += 1;
        }
        char::from_u32(value)
    }
}

fn is_special_parameter(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
}
