//! Lists, statements, pipelines, simple commands and redirections.

use plimsoll_model::Span;

use super::parser::{Parser, is_meta, is_name, is_name_start};
use super::tree::{
    Assignment, AssignmentValue, Command, CommandKind, Connector, Function, List, Pipeline,
    Redirection, RedirectionKind, SimpleCommand, Statement,
};
use super::word::{PartKind, Word, WordPart};

impl Parser<'_> {
    /// Statements up to what closes the list, or to the end.
    pub(super) fn list(&mut self) -> List {
        let mut statements = Vec::new();
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.at_closer() {
                break;
            }
            let start = self.at;
            if !self.skip_stray() {
                statements.extend(self.statement());
            }
            if self.at == start {
                self.bump();
                self.error(start, self.at, "unexpected character");
            }
        }
        let span = match (statements.first(), statements.last()) {
            (Some(first), Some(last)) => first.span.cover(last.span),
            _ => self.span(self.at, self.at),
        };
        List { span, statements }
    }

    /// Passes over something that closes what was never opened.
    fn skip_stray(&mut self) -> bool {
        let start = self.at;
        match self.peek() {
            Some(b')' | b';' | b'&' | b'|') if !self.looking_at("&>") => self.at += 1,
            _ => {
                let word = self.plain_word();
                if !super::compound::is_closing_word(word) {
                    return false;
                }
                self.at += word.len();
            }
        }
        let stray = self.slice(start, self.at);
        self.error(start, self.at, format!("unexpected `{stray}`"));
        self.skip_blanks();
        if self.peek() == Some(b';') && !self.at_arm_end() {
            self.at += 1;
        }
        true
    }

    fn statement(&mut self) -> Option<Statement> {
        let first = self.pipeline()?;
        let mut span = first.span;
        let mut rest = Vec::new();
        loop {
            self.skip_blanks();
            let start = self.at;
            let connector = if self.eat("&&") {
                Connector::And
            } else if self.eat("||") {
                Connector::Or
            } else {
                break;
            };
            self.skip_lines();
            if let Some(pipeline) = self.pipeline() {
                span = span.cover(pipeline.span);
                rest.push((connector, pipeline));
            } else {
                self.error(
                    start,
                    start + 2,
                    "a command is missing behind this operator",
                );
            }
        }
        let background = self.peek() == Some(b'&') && self.eat("&");
        if !background && self.peek() == Some(b';') && !self.at_arm_end() {
            self.at += 1;
        }
        Some(Statement {
            span,
            first,
            rest,
            background,
        })
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let start = self.at;
        let mut negated = false;
        loop {
            match self.plain_word() {
                "!" => negated = !negated,
                "time" => {}
                _ => break,
            }
            let timed = self.plain_word() == "time";
            self.at += self.plain_word().len();
            self.skip_blanks();
            if timed && self.eat_word("-p") {
                self.skip_blanks();
            }
        }
        let mut commands = Vec::from_iter(self.command());
        loop {
            self.skip_blanks();
            let bar = self.at;
            if self.looking_at("||") || !(self.eat("|&") || self.eat("|")) {
                break;
            }
            self.skip_lines();
            match self.command() {
                Some(command) => commands.push(command),
                None => self.error(bar, bar + 1, "a command is missing beside this `|`"),
            }
        }
        let last = commands.last()?.span;
        let span = self.span(start, start).cover(last);
        Some(Pipeline {
            span,
            negated,
            commands,
        })
    }

    /// One command; `None` where there is none.
    pub(super) fn command(&mut self) -> Option<Command> {
        let start = self.at;
        if self.peek().is_none() || self.at_closer() || !self.count_node() {
            return None;
        }
        if let Some(kind) = self.compound() {
            let end = self.at;
            let mut redirections = Vec::new();
            let mut span = self.span(start, end);
            loop {
                self.skip_blanks();
                let Some(redirection) = self.redirection() else {
                    break;
                };
                span = span.cover(redirection.span);
                redirections.push(redirection);
            }
            return Some(Command {
                span,
                kind,
                redirections,
            });
        }
        self.simple()
    }

    fn simple(&mut self) -> Option<Command> {
        let mut command = SimpleCommand::default();
        let mut redirections = Vec::new();
        let mut span = None;
        loop {
            self.skip_blanks();
            let piece = if let Some(redirection) = self.redirection() {
                let piece = redirection.span;
                redirections.push(redirection);
                piece
            } else {
                match self.assignment_or_word(&mut command) {
                    Some(piece) => {
                        let first = command.words.len() + command.assignments.len() == 1;
                        command.span = if first {
                            piece
                        } else {
                            command.span.cover(piece)
                        };
                        piece
                    }
                    None => break,
                }
            };
            span = Some(span.map_or(piece, |span: Span| span.cover(piece)));
            if redirections.is_empty() && self.at_function(&command) {
                return Some(self.function(&command));
            }
        }
        let kind = CommandKind::Simple(command);
        Some(Command {
            span: span?,
            kind,
            redirections,
        })
    }

    fn assignment_or_word(&mut self, command: &mut SimpleCommand) -> Option<Span> {
        if command.words.is_empty()
            && let Some(assignment) = self.assignment()
        {
            let span = assignment.span;
            command.assignments.push(assignment);
            return Some(span);
        }
        let word = match command.words.first() {
            Some(first) if declares(first) => self.declaration_word(),
            _ => self.word(),
        }?;
        let span = word.span;
        command.words.push(word);
        Some(span)
    }

    /// An argument of `export` and its like, which may be an array assignment.
    fn declaration_word(&mut self) -> Option<Word> {
        let Some((_, value)) = self.assignment_head() else {
            return self.word();
        };
        if self.text_byte(value) != Some(b'(') {
            return self.word();
        }
        let start = self.at;
        let head = self.slice(start, value).to_owned();
        self.at = value;
        let literal = WordPart {
            span: self.span(start, value),
            kind: PartKind::Literal(head),
        };
        let elements = self.array_elements();
        let parts = elements.into_iter().flat_map(|element| element.parts);
        let parts = std::iter::once(literal).chain(parts).collect();
        Some(Word {
            span: self.span(start, self.at),
            parts,
        })
    }

    fn text_byte(&self, at: usize) -> Option<u8> {
        self.slice(at, self.end).bytes().next()
    }

    /// Where the name and the value of an assignment that comes next end and begin.
    fn assignment_head(&self) -> Option<(usize, usize)> {
        let rest = self.slice(self.at, self.end).as_bytes();
        if !rest.first().copied().is_some_and(is_name_start) {
            return None;
        }
        let name = rest.iter().position(|byte| !is_name(*byte))?;
        let mut at = name;
        if rest.get(at) == Some(&b'[') {
            let index = rest.get(at..)?;
            let end = index
                .iter()
                .position(|byte| *byte == b']' || is_meta(*byte))?;
            if index.get(end) != Some(&b']') {
                return None;
            }
            at += end + 1;
        }
        if rest.get(at) == Some(&b'+') {
            at += 1;
        }
        (rest.get(at) == Some(&b'=')).then_some((self.at + name, self.at + at + 1))
    }

    fn assignment(&mut self) -> Option<Assignment> {
        let (name_end, value_start) = self.assignment_head()?;
        let start = self.at;
        let name = self.slice(start, name_end).to_owned();
        let append = self.slice(start, value_start).ends_with("+=");
        let name_span = self.span(start, name_end);
        self.at = value_start;
        let value = if self.peek() == Some(b'(') {
            AssignmentValue::Array(self.array_elements())
        } else {
            let empty = self.span(self.at, self.at);
            let word = self.word().unwrap_or(Word {
                span: empty,
                parts: Vec::new(),
            });
            AssignmentValue::Scalar(word)
        };
        let span = self.span(start, self.at);
        Some(Assignment {
            span,
            name,
            name_span,
            append,
            value,
        })
    }

    /// The words between the parentheses of an array.
    fn array_elements(&mut self) -> Vec<Word> {
        let start = self.at;
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_lines();
            match self.word() {
                Some(word) => elements.push(word),
                None => break,
            }
        }
        if !self.eat(")") {
            self.error(start, start + 1, "this `(` is not closed");
        }
        elements
    }

    /// Whether `()` follows the only word.
    fn at_function(&self, command: &SimpleCommand) -> bool {
        if command.words.len() != 1 || !command.assignments.is_empty() {
            return false;
        }
        let rest = self.slice(self.at, self.end);
        let blank = |c: char| c == ' ' || c == '\t';
        rest.trim_start_matches(blank)
            .strip_prefix('(')
            .is_some_and(|rest| rest.trim_start_matches(blank).starts_with(')'))
    }

    fn function(&mut self, command: &SimpleCommand) -> Command {
        self.take_while(|byte| byte != b')');
        self.at += 1;
        let name = command
            .words
            .first()
            .and_then(Word::static_text)
            .unwrap_or_default();
        let name_span = command.span;
        let body = self.function_body();
        let span = body
            .as_ref()
            .map_or(name_span, |body| name_span.cover(body.span));
        let kind = CommandKind::Function(Function {
            name,
            name_span,
            body,
        });
        Command {
            span,
            kind,
            redirections: Vec::new(),
        }
    }

    /// The body of a function, which may stand on a later line.
    pub(super) fn function_body(&mut self) -> Option<Box<Command>> {
        self.skip_lines();
        let body = self.nested(Parser::command).flatten();
        if body.is_none() {
            self.error(self.at, self.at, "the body of this function is missing");
        }
        body.map(Box::new)
    }

    /// A redirection, where one comes next.
    pub(super) fn redirection(&mut self) -> Option<Redirection> {
        let start = self.at;
        let descriptor_end = start + self.descriptor_length()?;
        let descriptor = self.slice(start, descriptor_end);
        self.at = descriptor_end;
        let Some((kind, strips_tabs)) = self.redirection_operator() else {
            self.at = start;
            return None;
        };
        self.skip_blanks();
        let target = match self.word() {
            Some(word) => word,
            None => {
                self.error(start, self.at, "the target of this redirection is missing");
                Word {
                    span: self.span(self.at, self.at),
                    parts: Vec::new(),
                }
            }
        };
        let mut redirection = Redirection {
            span: self.span(start, self.at),
            descriptor: (!descriptor.is_empty()).then(|| descriptor.to_owned()),
            kind,
            target,
            here_document: None,
        };
        self.attach_here_document(&mut redirection, strips_tabs);
        Some(redirection)
    }

    /// How long the file descriptor before a redirection's operator is; `None` where no redirection comes next.
    fn descriptor_length(&self) -> Option<usize> {
        let rest = self.slice(self.at, self.end).as_bytes();
        let length = match rest.first()? {
            b'0'..=b'9' => rest.iter().position(|byte| !byte.is_ascii_digit())?,
            b'{' => {
                let name = rest.get(1..)?.iter().position(|byte| !is_name(*byte))?;
                (name > 0 && rest.get(name + 1) == Some(&b'}')).then_some(name + 2)?
            }
            b'&' => (rest.get(1) == Some(&b'>')).then_some(0)?,
            b'<' | b'>' => 0,
            _ => return None,
        };
        let operator = rest.get(length)?;
        let process = length == 0 && rest.get(1) == Some(&b'(');
        (matches!(operator, b'<' | b'>' | b'&') && (length == 0 || *operator != b'&') && !process)
            .then_some(length)
    }

    fn redirection_operator(&mut self) -> Option<(RedirectionKind, bool)> {
        const OPERATORS: [(&str, RedirectionKind); 12] = [
            ("&>>", RedirectionKind::WriteBoth),
            ("&>", RedirectionKind::WriteBoth),
            ("<<<", RedirectionKind::HereString),
            ("<<-", RedirectionKind::HereDocument),
            ("<<", RedirectionKind::HereDocument),
            ("<>", RedirectionKind::ReadWrite),
            ("<&", RedirectionKind::DuplicateInput),
            (">>", RedirectionKind::Append),
            (">&", RedirectionKind::DuplicateOutput),
            (">|", RedirectionKind::Write),
            (">", RedirectionKind::Write),
            ("<", RedirectionKind::Read),
        ];
        let (text, kind) = OPERATORS
            .into_iter()
            .find(|(text, _)| self.looking_at(text))?;
        self.at += text.len();
        Some((kind, text == "<<-"))
    }
}

/// Whether a command's name is one whose arguments are assignments.
fn declares(name: &Word) -> bool {
    let [part] = name.parts.as_slice() else {
        return false;
    };
    matches!(&part.kind, PartKind::Literal(text)
        if matches!(text.as_str(), "export" | "declare" | "local" | "readonly" | "typeset"))
}
