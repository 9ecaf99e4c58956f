//! Commands that take code: shells, interpreters, and what their arguments mean.

use super::words::Argument;

/// A program that runs code from its arguments, a file or its standard input.
pub(super) struct Interpreter {
    names: &'static [&'static str],
    /// The language, for messages.
    pub language: Language,
    /// The options whose next word is code.
    code: &'static [&'static str],
    /// The letter that, last in a cluster of short options, makes the next word code.
    letter: Option<char>,
    /// The options that take the next word.
    takes_value: &'static [&'static str],
}

/// What code is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Shell,
    Python,
    JavaScript,
    Perl,
    Ruby,
    Php,
    Lua,
    R,
    Awk,
    Sed,
    Sql,
}

impl Language {
    /// The language's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Language::Shell => "shell",
            Language::Python => "Python",
            Language::JavaScript => "JavaScript",
            Language::Perl => "Perl",
            Language::Ruby => "Ruby",
            Language::Php => "PHP",
            Language::Lua => "Lua",
            Language::R => "R",
            Language::Awk => "awk",
            Language::Sed => "sed",
            Language::Sql => "SQL",
        }
    }

    /// A value that runs a command, placed behind `before` in source text of the language.
    pub(super) fn witness(self, before: &str) -> String {
        let statement = self.statement();
        match (self, open_quote(before)) {
            (Language::Shell, Some('\'')) => "';id;'".to_owned(),
            (Language::Shell, _) => "$(id)".to_owned(),
            (Language::Sed, _) => sed_witness(before),
            (Language::Perl, None | Some('"')) => "@{[system('id')]}".to_owned(),
            (Language::Ruby, Some('"')) => "#{system('id')}".to_owned(),
            (Language::Awk, Some(_)) => format!("\" {statement} \""),
            (Language::Awk, None) if before.matches('/').count() % 2 == 1 => {
                format!("x/||{statement}||/x")
            }
            (_, None) => statement.to_owned(),
            (_, Some(quote)) => {
                let closing = ")".repeat(open_parentheses(before));
                format!("{quote}{closing};{statement}{}", self.comment())
            }
        }
    }

    /// Whether a plain word behind `before` would be run.
    pub(super) fn expects_command(self, before: &str) -> bool {
        match self {
            Language::Shell => command_begins(before),
            // `1eid`
            Language::Sed => {
                before.trim_end().is_empty() || before.trim_end().ends_with([';', '{'])
            }
            _ => false,
        }
    }

    fn statement(self) -> &'static str {
        match self {
            Language::Shell => "$(id)",
            Language::Python => "__import__('os').system('id')",
            Language::JavaScript => "require('child_process').execSync('id')",
            Language::Perl | Language::Ruby => "system('id')",
            Language::Php => "system('id');",
            Language::Lua => "os.execute('id')",
            Language::R => "system('id')",
            Language::Awk => "system(\"id\")",
            Language::Sed => "1eid",
            Language::Sql => "1; DROP TABLE users",
        }
    }

    fn comment(self) -> &'static str {
        match self {
            Language::JavaScript | Language::Php => "//",
            Language::Lua | Language::Sql => "--",
            _ => "#",
        }
    }
}

/// Whether a shell reads a command's name behind `before`.
fn command_begins(before: &str) -> bool {
    const BEFORE_COMMANDS: [&str; 14] = [
        "then", "do", "else", "if", "elif", "while", "until", "time", "exec", "eval", "sudo",
        "env", "command", "nohup",
    ];
    let mut text = before.trim_end_matches(['"', '\'']);
    while let Some(word) = text.strip_suffix([' ', '\t']) {
        let word = word.trim_end_matches([' ', '\t']);
        let at = word.rfind([' ', '\t', '\n', ';', '&', '|', '(']);
        let (rest, last) = word.split_at(at.map_or(0, |at| at + 1));
        let assigns = last.contains('=') && last.starts_with(|c: char| c.is_ascii_alphabetic());
        if !BEFORE_COMMANDS.contains(&last) && !assigns {
            text = word;
            break;
        }
        text = rest;
    }
    let duplicates = text.ends_with(">&") || text.ends_with("<&");
    !duplicates && (text.is_empty() || text.ends_with([';', '&', '|', '(', '\n', '`', '{', '!']))
}

/// The quote that is open behind `before`.
fn open_quote(before: &str) -> Option<char> {
    let mut open = None;
    let mut escaped = false;
    for character in before.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if open != Some('\'') => escaped = true,
            '\'' | '"' if open == Some(character) => open = None,
            '\'' | '"' if open.is_none() => open = Some(character),
            _ => {}
        }
    }
    open
}

/// How many parentheses are open behind `before`, those in quotes included.
fn open_parentheses(before: &str) -> usize {
    before
        .matches('(')
        .count()
        .saturating_sub(before.matches(')').count())
        .min(8)
}

/// Ends the `s` command that `before` begins, and runs a command.
fn sed_witness(before: &str) -> String {
    let command = before.rsplit([';', '\n']).next().unwrap_or(before);
    let delimiter = match command.split_once('s') {
        Some((_, rest)) => rest.chars().next(),
        None => None,
    };
    match delimiter {
        Some(delimiter) if !delimiter.is_alphanumeric() => {
            let used = command.matches(delimiter).count();
            let closing = delimiter
                .to_string()
                .repeat(3usize.saturating_sub(used).max(1));
            format!("x{closing};1eid #")
        }
        _ => "1eid #".to_owned(),
    }
}

const INTERPRETERS: [Interpreter; 9] = [
    Interpreter {
        names: &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash"],
        language: Language::Shell,
        code: &["-c"],
        letter: Some('c'),
        takes_value: &["-o", "+o", "-O", "+O", "--rcfile", "--init-file"],
    },
    Interpreter {
        names: &["python", "pypy"],
        language: Language::Python,
        code: &["-c"],
        letter: Some('c'),
        takes_value: &["-W", "-X"],
    },
    Interpreter {
        names: &["node", "nodejs", "bun"],
        language: Language::JavaScript,
        code: &["-e", "--eval", "-p", "--print", "-pe"],
        letter: None,
        takes_value: &["-r", "--require", "--import", "--loader"],
    },
    Interpreter {
        names: &["perl"],
        language: Language::Perl,
        code: &["-e", "-E"],
        letter: Some('e'),
        takes_value: &[],
    },
    Interpreter {
        names: &["ruby"],
        language: Language::Ruby,
        code: &["-e"],
        letter: Some('e'),
        takes_value: &["-r", "-I"],
    },
    Interpreter {
        names: &["php"],
        language: Language::Php,
        code: &["-r", "-R", "-B", "-E"],
        letter: None,
        takes_value: &["-d", "-c", "-f"],
    },
    Interpreter {
        names: &["lua", "luajit"],
        language: Language::Lua,
        code: &["-e"],
        letter: None,
        takes_value: &["-l"],
    },
    Interpreter {
        names: &["Rscript", "R"],
        language: Language::R,
        code: &["-e"],
        letter: None,
        takes_value: &[],
    },
    Interpreter {
        names: &["psql", "mysql", "mariadb"],
        language: Language::Sql,
        code: &["-c", "--command", "-e", "--execute"],
        letter: None,
        takes_value: &["-U", "-h", "-d", "-p", "-P", "-u", "-D", "-v"],
    },
];

/// The interpreter of that name.
pub(super) fn interpreter(name: &str) -> Option<&'static Interpreter> {
    INTERPRETERS
        .iter()
        .find(|interpreter| interpreter.names.contains(&name))
}

/// Where an interpreter's code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The argument at `.0`, from byte `.1` of its text on.
    Argument(usize, usize),
    /// The file that the argument names.
    File(usize),
    /// A module, or nothing of ours.
    Other,
    /// Standard input.
    Input,
}

impl Interpreter {
    /// Where the code comes from, and where the arguments of that code begin.
    pub(super) fn source(&self, arguments: &[Argument<'_>]) -> (Source, usize) {
        let mut at = 0;
        while let Some(argument) = arguments.get(at) {
            let text = argument.text.as_str();
            if let Some(from) = self.joined_code(text) {
                return (Source::Argument(at, from), at + 1);
            }
            if argument
                .static_text()
                .is_some_and(|text| self.is_code_option(text))
            {
                return self.code_behind(arguments, at);
            }
            match text {
                "-" | "/dev/stdin" => return (Source::Input, at + 1),
                "-s" => return (Source::Input, at + 1),
                "-m" if self.language == Language::Python => return (Source::Other, at + 2),
                _ if self.takes_value.contains(&text) => at += 2,
                _ if text.starts_with(['-', '+']) && argument.is_static => at += 1,
                _ if self.language == Language::Sql => at += 1,
                _ => return (Source::File(at), at + 1),
            }
        }
        (Source::Input, at)
    }

    fn is_code_option(&self, text: &str) -> bool {
        if self.code.contains(&text) {
            return true;
        }
        let Some(letter) = self.letter else {
            return false;
        };
        // In a shell `c` may stand anywhere in the cluster (`-cex`); elsewhere it ends it.
        let cluster = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        cluster.is_some_and(|cluster| {
            cluster.chars().all(|c| c.is_ascii_alphanumeric())
                && match self.language {
                    Language::Shell => cluster.contains(letter),
                    _ => cluster.ends_with(letter),
                }
        })
    }

    /// A shell reads its other options before the code.
    fn code_behind(&self, arguments: &[Argument<'_>], option: usize) -> (Source, usize) {
        let mut at = option + 1;
        let cluster_takes_value = self.language == Language::Shell
            && arguments
                .get(option)
                .is_some_and(|argument| argument.text.ends_with('o'));
        at += usize::from(cluster_takes_value);
        while self.language == Language::Shell
            && let Some(argument) = arguments.get(at)
            && argument.is_static
            && argument.text.starts_with(['-', '+'])
        {
            at += 1 + usize::from(self.takes_value.contains(&argument.text.as_str()));
        }
        (Source::Argument(at, 0), at + 1)
    }

    /// `--eval=code`, `-ecode`: where in the text the code begins.
    fn joined_code(&self, text: &str) -> Option<usize> {
        if self.language == Language::Shell {
            return None;
        }
        let found = self.code.iter().find_map(|option| {
            let rest = text.strip_prefix(option)?;
            match option.starts_with("--") {
                true => rest.starts_with('=').then_some(option.len() + 1),
                false => {
                    (!rest.is_empty() && rest.contains([' ', '(', '\0'])).then_some(option.len())
                }
            }
        });
        found.filter(|_| text.contains('\0'))
    }
}

/// The name a command goes by, without its folder and version.
pub(super) fn command_name(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or(text);
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match stem {
        "python" | "pypy" | "pip" | "php" | "ruby" | "perl" | "lua" | "go" | "node" => stem,
        "gawk" | "mawk" | "nawk" => "awk",
        "gsed" => "sed",
        "gmake" => "make",
        "7za" | "7zr" => "7z",
        _ => name,
    }
}
