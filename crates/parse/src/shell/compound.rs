//! Groups, branches, loops, tests and functions.

use super::parser::{Closer, Parser, is_name};
use super::tree::{
    ArithmeticFor, Case, CaseArm, CaseEnd, CommandKind, For, Function, If, List, While,
};
use super::word::{PartKind, Word, WordPart};
use super::words::Stop;

/// Whether a word closes or divides a compound command.
pub(super) fn is_closing_word(word: &str) -> bool {
    matches!(
        word,
        "then" | "elif" | "else" | "fi" | "do" | "done" | "esac" | "}"
    )
}

const PARENTHESIS: Closer = Closer {
    words: &[],
    parenthesis: true,
    arm: false,
};

impl Parser<'_> {
    /// A compound command, where one comes next.
    pub(super) fn compound(&mut self) -> Option<CommandKind> {
        if self.peek() == Some(b'(') {
            return Some(
                self.nested(Parser::parenthesised)
                    .unwrap_or(CommandKind::Opaque),
            );
        }
        let word = self.plain_word();
        let read: fn(&mut Self) -> CommandKind = match word {
            "{" => Parser::group,
            "if" => Parser::branches,
            "while" | "until" => Parser::while_loop,
            "for" | "select" => Parser::for_loop,
            "case" => Parser::case,
            "function" => Parser::function_keyword,
            "[[" => Parser::test,
            _ => return None,
        };
        let kind = self.nested(|parser| {
            parser.at += word.len();
            read(parser)
        });
        Some(kind.unwrap_or(CommandKind::Opaque))
    }

    fn parenthesised(&mut self) -> CommandKind {
        let start = self.at;
        if self.looking_at("((") && self.closes_arithmetic(self.at + 2) {
            self.at += 2;
            let expression = self.expression(Stop::Arithmetic);
            self.eat("))");
            return CommandKind::Arithmetic(expression);
        }
        self.at += 1;
        let list = self.list_with(PARENTHESIS);
        if !self.eat(")") {
            self.error(start, start + 1, "this `(` is not closed");
        }
        CommandKind::Subshell(list)
    }

    /// Reads the list of a substitution, up to and with its `)`.
    pub(super) fn substituted_list(&mut self, start: usize) -> List {
        let list = self.list_with(PARENTHESIS);
        if !self.eat(")") {
            self.error(
                start,
                self.at.min(start + 2),
                "this substitution is not closed",
            );
        }
        list
    }

    /// Whether the text from `from`, behind `((`, has its `))`; both parentheses must stand together.
    pub(super) fn closes_arithmetic(&self, from: usize) -> bool {
        let mut depth = 0usize;
        let rest = self.slice(from, self.end).as_bytes();
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => return rest.get(at + 1) == Some(&b')'),
                _ => {}
            }
        }
        false
    }

    fn group(&mut self) -> CommandKind {
        let list = self.list_until(&["}"]);
        self.expect_word("}");
        CommandKind::Group(list)
    }

    fn branches(&mut self) -> CommandKind {
        let mut branches = Vec::new();
        loop {
            let condition = self.list_until(&["then", "elif", "else", "fi"]);
            self.expect_word("then");
            let body = self.list_until(&["elif", "else", "fi"]);
            branches.push((condition, body));
            if !self.eat_word("elif") {
                break;
            }
        }
        let otherwise = self.eat_word("else").then(|| self.list_until(&["fi"]));
        self.expect_word("fi");
        CommandKind::If(If {
            branches,
            otherwise,
        })
    }

    fn while_loop(&mut self) -> CommandKind {
        let start = self.at.saturating_sub("until".len());
        let until = self.slice(start, self.at) == "until";
        let condition = self.list_until(&["do", "done"]);
        let body = self.loop_body();
        CommandKind::While(While {
            until,
            condition,
            body,
        })
    }

    /// `do … done`, or the braces that bash takes for them.
    fn loop_body(&mut self) -> List {
        self.skip_blanks();
        if self.peek() == Some(b';') && !self.at_arm_end() {
            self.at += 1;
        }
        self.skip_lines();
        if self.eat_word("{") {
            let list = self.list_until(&["}"]);
            self.expect_word("}");
            return list;
        }
        self.expect_word("do");
        let list = self.list_until(&["done"]);
        self.expect_word("done");
        list
    }

    fn for_loop(&mut self) -> CommandKind {
        self.skip_blanks();
        if self.eat("((") {
            let expression = self.expression(Stop::Arithmetic);
            if !self.eat("))") {
                self.error(self.at, self.at, "`))` is missing");
            }
            let body = self.loop_body();
            return CommandKind::ArithmeticFor(ArithmeticFor { expression, body });
        }
        let start = self.at;
        let name = self.take_while(is_name).to_owned();
        let name_span = self.span(start, self.at);
        if name.is_empty() {
            self.error(start, start, "the variable of this loop is missing");
            self.word();
        }
        self.skip_lines();
        let words = self.eat_word("in").then(|| self.words());
        let body = self.loop_body();
        CommandKind::For(For {
            name,
            name_span,
            words,
            body,
        })
    }

    /// Words up to the end of the line.
    fn words(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.word() {
                Some(word) => words.push(word),
                None => return words,
            }
        }
    }

    fn case(&mut self) -> CommandKind {
        self.skip_blanks();
        let empty = self.span(self.at, self.at);
        let subject = self.word().unwrap_or(Word {
            span: empty,
            parts: Vec::new(),
        });
        self.skip_lines();
        self.expect_word("in");
        let mut arms = Vec::new();
        loop {
            self.skip_lines();
            if self.eat_word("esac") {
                break;
            }
            match self.case_arm() {
                Some(arm) => arms.push(arm),
                None => {
                    self.error(self.at, self.at, "`esac` is missing");
                    break;
                }
            }
        }
        CommandKind::Case(Case { subject, arms })
    }

    fn case_arm(&mut self) -> Option<CaseArm> {
        let start = self.at;
        self.eat("(");
        let mut patterns = Vec::new();
        loop {
            self.skip_lines();
            patterns.push(self.word()?);
            self.skip_lines();
            if !self.eat("|") {
                break;
            }
        }
        if !self.eat(")") {
            self.error(self.at, self.at, "`)` is missing behind this pattern");
        }
        let body = self.list_with(Closer {
            words: &["esac"],
            parenthesis: false,
            arm: true,
        });
        let span = self.span(start, self.at);
        let end = if self.eat(";;&") {
            CaseEnd::Continue
        } else if self.eat(";&") {
            CaseEnd::FallThrough
        } else {
            self.eat(";;");
            CaseEnd::Break
        };
        Some(CaseArm {
            span,
            patterns,
            body,
            end,
        })
    }

    fn function_keyword(&mut self) -> CommandKind {
        self.skip_blanks();
        let start = self.at;
        let name = self
            .word()
            .and_then(|word| word.static_text())
            .unwrap_or_default();
        let name_span = self.span(start, self.at);
        self.skip_blanks();
        if self.eat("(") {
            self.skip_blanks();
            if !self.eat(")") {
                self.error(self.at, self.at, "`)` is missing");
            }
        }
        let body = self.function_body();
        CommandKind::Function(Function {
            name,
            name_span,
            body,
        })
    }

    fn test(&mut self) -> CommandKind {
        let start = self.at;
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.skip_lines();
            if self.eat_word("]]") {
                break;
            }
            let regex = words
                .last()
                .and_then(Word::static_text)
                .is_some_and(|text| text == "=~");
            let word = if regex {
                Some(self.expression(Stop::Regex)).filter(|word| !word.parts.is_empty())
            } else {
                self.test_operator().or_else(|| self.word())
            };
            match word {
                Some(word) => words.push(word),
                None => {
                    self.error(start.saturating_sub(2), start, "this `[[` is not closed");
                    break;
                }
            }
        }
        CommandKind::Test(words)
    }

    fn test_operator(&mut self) -> Option<Word> {
        let text = ["&&", "||", "(", ")", "<", ">"]
            .into_iter()
            .find(|operator| self.looking_at(operator))?;
        let process = matches!(text, "<" | ">") && self.peek_at(1) == Some(b'(');
        if process {
            return None;
        }
        let start = self.at;
        self.at += text.len();
        let span = self.span(start, self.at);
        let kind = PartKind::Literal(text.to_owned());
        Some(Word {
            span,
            parts: vec![WordPart { span, kind }],
        })
    }
}
