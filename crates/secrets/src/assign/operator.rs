//! What stands between a name and its value.

use std::ops::Range;

use super::Syntax;

/// The longest stretch of blanks, closing brackets and type annotations between a name and its value.
const REACH: usize = 96;

/// Where the value begins and what joins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) value_at: usize,
    pub(super) syntax: Syntax,
}

/// Reads on from the end of a name.
pub(super) fn joined(bytes: &[u8], name: &Range<usize>) -> Option<Joined> {
    let before = name
        .start
        .checked_sub(1)
        .and_then(|at| bytes.get(at))
        .copied();
    if let Some(found) = element(bytes, name, before) {
        return Some(found);
    }
    let mut at = Cursor {
        bytes,
        at: name.end,
        stop: name.end + REACH,
    };
    let closed = at.closers();
    let blanks = at.blanks();
    if let Some((syntax, length)) = at.operator() {
        at.at += length;
        return after_operator(at, syntax, closed);
    }
    if at.peek() == Some(b',') {
        at.at += 1;
        return pair(at).or_else(|| argument(at).filter(|_| closed));
    }
    if let Some(found) = fallback(at) {
        return Some(found);
    }
    if closed && at.peek() == Some(b'{') {
        at.at += 1;
        return pair(at);
    }
    if let Some(found) = pair(at) {
        return Some(found);
    }
    if blanks == 0 {
        return None;
    }
    if let Some(found) = typed(at) {
        return Some(found);
    }
    let first = bytes.get(name.clone())?.first().copied();
    let is_option = first == Some(b'-') && !closed;
    let quoted = matches!(at.peek(), Some(b'"' | b'\''));
    let said = is_option
        || is_command_line(bytes, name.start)
        || is_directive(bytes, name)
        || (quoted && !closed && is_said_before(bytes, name));
    let goes_on = at
        .peek()
        .is_some_and(|next| !next.is_ascii_whitespace() && next != b'-');
    (said && goes_on).then_some(Joined {
        value_at: at.at,
        syntax: Syntax::Blank,
    })
}

/// `<name>value`, `<name attribute="…">value` is not read.
fn element(bytes: &[u8], name: &Range<usize>, before: Option<u8>) -> Option<Joined> {
    let is_element = before == Some(b'<') && bytes.get(name.end) == Some(&b'>');
    is_element.then_some(Joined {
        value_at: name.end + 1,
        syntax: Syntax::Element,
    })
}

/// Behind `=` and `:` the value may follow on the next line, in quotes or as a block.
fn after_operator(mut at: Cursor<'_>, syntax: Syntax, closed: bool) -> Option<Joined> {
    if syntax == Syntax::Colon
        && !closed
        && let Some(found) = annotated(at)
    {
        return Some(found);
    }
    at.blanks();
    if syntax == Syntax::Colon && matches!(at.peek(), Some(b'|' | b'>')) {
        at.at += 1;
        while at
            .peek()
            .is_some_and(|byte| matches!(byte, b'-' | b'+' | b'0'..=b'9'))
        {
            at.at += 1;
        }
    }
    if matches!(at.peek(), Some(b'\r' | b'\n')) {
        let is_block = at
            .back(1)
            .is_some_and(|byte| matches!(byte, b'|' | b'>' | b'-' | b'+'));
        if syntax == Syntax::Colon
            && !is_block
            && let Some(found) = pair(at)
        {
            return Some(found);
        }
        at.whitespace();
        let quoted = matches!(at.peek(), Some(b'"' | b'\'' | b'`'));
        if !quoted && !is_block {
            return None;
        }
    }
    Some(Joined {
        value_at: at.at,
        syntax,
    })
}

/// `name: &str = …`, `name: Optional[str] = …`.
fn annotated(mut at: Cursor<'_>) -> Option<Joined> {
    at.blanks();
    let start = at.at;
    while at
        .peek()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"&'<>[]_., |?:*".contains(&byte))
        && at.at < start + 48
    {
        at.at += 1;
    }
    let words = at.bytes.get(start..at.at)?;
    words.ends_with(b" ").then(|| assigned_text(at)).flatten()
}

/// `name string = …`: the type behind the name.
fn typed(mut at: Cursor<'_>) -> Option<Joined> {
    let start = at.at;
    while at
        .peek()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"[]*_.".contains(&byte))
        && at.at < start + 24
    {
        at.at += 1;
    }
    if at.at == start || at.blanks() == 0 {
        return None;
    }
    assigned_text(at)
}

/// `= "value"`.
fn assigned_text(mut at: Cursor<'_>) -> Option<Joined> {
    if at.peek() != Some(b'=') || at.ahead(1) == Some(b'=') {
        return None;
    }
    at.at += 1;
    at.blanks();
    text(at, Syntax::Equals)
}

/// A text in quotes at the cursor.
fn text(at: Cursor<'_>, syntax: Syntax) -> Option<Joined> {
    matches!(at.peek(), Some(b'"' | b'\'' | b'`')).then_some(Joined {
        value_at: at.at,
        syntax,
    })
}

/// `"NAME", "value"`: the next argument, in quotes.
fn argument(mut at: Cursor<'_>) -> Option<Joined> {
    at.whitespace();
    text(at, Syntax::Argument)
}

/// `process.env.NAME || "value"`, `env.NAME ?? "value"`: a text for when there is none.
fn fallback(mut at: Cursor<'_>) -> Option<Joined> {
    if !at.starts(b"|| ") && !at.starts(b"?? ") {
        return None;
    }
    at.at += 2;
    at.whitespace();
    text(at, Syntax::Default)
}

/// `NAME` as the value of a name of its own, and `value: …` next: YAML, JSON, HCL, XML.
fn pair(mut at: Cursor<'_>) -> Option<Joined> {
    at.whitespace();
    if at.starts(b"</") {
        while at.peek().is_some_and(|byte| byte != b'>') {
            at.at += 1;
        }
        at.at += 1;
        at.whitespace();
    }
    while at
        .peek()
        .is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'<' | b',' | b'\\'))
        || at.whitespace() > 0
    {
        if !at.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            at.at += 1;
        }
        if at.at >= at.stop {
            return None;
        }
    }
    let word = [
        &b"value"[..],
        b"defaultValue",
        b"default",
        b"content",
        b"string",
    ]
    .into_iter()
    .find(|word| at.starts(word))?;
    at.at += word.len();
    at.closers();
    at.blanks();
    let syntax = match at.peek()? {
        b':' | b'=' => Syntax::Pair,
        b'>' => Syntax::Element,
        _ => return None,
    };
    at.at += 1;
    at.blanks();
    Some(Joined {
        value_at: at.at,
        syntax,
    })
}

/// Whether the line up to the name is a command that takes a name and a value: `ENV`, `ARG`, `setx`, `#define`.
fn is_command_line(bytes: &[u8], name: usize) -> bool {
    let before = bytes.get(name.saturating_sub(48)..name).unwrap_or_default();
    let line = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_command = |word: &[u8]| {
        COMMANDS
            .iter()
            .any(|command| word.eq_ignore_ascii_case(command))
    };
    let mut words = line
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty());
    let first = words.next();
    let last = words.next_back();
    first.is_some_and(is_command) || last.is_some_and(is_command)
}

/// Whether the name is a setting that begins a line and that a blank parts from its value, as Redis and LDAP clients have it.
fn is_directive(bytes: &[u8], name: &Range<usize>) -> bool {
    const DIRECTIVES: [&[u8]; 4] = [b"requirepass", b"masterauth", b"bindpw", b"rootpw"];
    let begins = name
        .start
        .checked_sub(1)
        .is_none_or(|at| bytes.get(at) == Some(&b'\n'));
    let word = bytes.get(name.clone()).unwrap_or_default();
    begins && DIRECTIVES.iter().any(|one| word.eq_ignore_ascii_case(one))
}

const COMMANDS: [&[u8]; 11] = [
    b"ENV",
    b"set",
    b"setx",
    b"setenv",
    b"#define",
    b"SetEnv",
    b"fastcgi_param",
    b"define",
    b"export",
    b"put",
    b"-e",
];

/// SQL and its like: `PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
fn is_said_before(bytes: &[u8], name: &Range<usize>) -> bool {
    bytes
        .get(name.clone())
        .is_some_and(|name| name.eq_ignore_ascii_case(b"password"))
}

/// Reads ahead over bytes, never past `stop`.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    stop: usize,
}

impl Cursor<'_> {
    fn peek(self) -> Option<u8> {
        self.ahead(0)
    }

    fn ahead(self, count: usize) -> Option<u8> {
        let at = self.at + count;
        (at < self.stop)
            .then(|| self.bytes.get(at).copied())
            .flatten()
    }

    fn back(self, count: usize) -> Option<u8> {
        self.at
            .checked_sub(count)
            .and_then(|at| self.bytes.get(at))
            .copied()
    }

    fn starts(self, text: &[u8]) -> bool {
        self.bytes.get(self.at..self.at + text.len()) == Some(text)
    }

    fn blanks(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at - start
    }

    fn whitespace(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.at - start
    }

    /// Skips quotes and brackets that close a name; whether there were any.
    fn closers(&mut self) -> bool {
        let start = self.at;
        while self.at < start + 6 && matches!(self.peek(), Some(b'"' | b'\'' | b'`' | b']' | b'\\'))
        {
            self.at += 1;
        }
        if self.starts(b"[]") {
            self.at += 2;
        }
        self.at > start
    }

    /// The sign at the cursor and its length.
    fn operator(self) -> Option<(Syntax, usize)> {
        const SIGNS: [(&[u8], Syntax); 17] = [
            (b"===", Syntax::Compared),
            (b"==", Syntax::Compared),
            (b"=>", Syntax::Equals),
            (b"=~", Syntax::Compared),
            (b"=", Syntax::Equals),
            (b":=", Syntax::Equals),
            (b"::=", Syntax::Equals),
            (b"?=", Syntax::Equals),
            (b":-", Syntax::Default),
            (b"::", Syntax::Blank),
            (b":", Syntax::Colon),
            (b"||=", Syntax::Equals),
            (b"??=", Syntax::Equals),
            (b"+=", Syntax::Equals),
            (b"|=", Syntax::Equals),
            (b"%3D", Syntax::Equals),
            (b"<-", Syntax::Equals),
        ];
        let (sign, syntax) = SIGNS.iter().find(|(sign, _)| self.starts(sign))?;
        (*syntax != Syntax::Blank).then_some((*syntax, sign.len()))
    }
}
