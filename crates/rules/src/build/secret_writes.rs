//! Commands that write the secret of a mount into a file, and what of it is gone when the RUN ends.

use std::collections::BTreeSet;

use plimsoll_model::Span;
use plimsoll_parse::shell::{
    self, Assignment, CommandKind, CommandVisit, List, PartKind, Redirection, RedirectionKind,
    Script, SimpleCommand, Word, WordPart,
};

/// Where a mount shows its secret.
pub(super) struct Shown<'a> {
    /// As a file.
    pub(super) path: Option<&'a str>,
    /// As a variable.
    pub(super) variable: Option<&'a str>,
}

/// A command that writes the secret.
pub(super) struct Write {
    /// The command.
    pub(super) span: Span,
    /// The file, as written, or what a program calls its own.
    pub(super) file: String,
}

/// The commands of `script` that write the secret into a file which the script does not delete again. `text` is what
/// the script was read from.
pub(super) fn writes(script: &Script, text: &str, shown: &Shown<'_>) -> Vec<Write> {
    let removed = removed_paths(script, text);
    let mut reader = Reader {
        text,
        path: shown.path,
        variables: shown.variable.map(str::to_owned).into_iter().collect(),
    };
    let mut found = Vec::new();
    shell::for_each_command(script, &mut |visit| {
        reader.learn(visit.command);
        found.extend(reader.write(visit));
    });
    found.retain(|write| !is_removed(write, text, &removed));
    let mut seen = BTreeSet::new();
    found.retain(|write| seen.insert(write.file.clone()));
    found
}

/// Programs that print what they read.
const PRINTING: [&str; 12] = [
    "cat", "head", "tail", "sed", "awk", "grep", "cut", "tr", "base64", "jq", "echo", "printf",
];

/// Programs with the words that make them keep what they are given, and the file they keep it in.
const KEEPING: [(&str, &[&str], &str); 14] = [
    ("npm", &["config", "set"], ".npmrc"),
    ("npm", &["set"], ".npmrc"),
    ("pnpm", &["config", "set"], ".npmrc"),
    ("pnpm", &["set"], ".npmrc"),
    ("yarn", &["config", "set"], ".yarnrc"),
    ("pip", &["config", "set"], "pip.conf"),
    ("pip3", &["config", "set"], "pip.conf"),
    ("poetry", &["config"], "auth.toml"),
    ("composer", &["config"], "auth.json"),
    ("bundle", &["config"], ".bundle/config"),
    ("aws", &["configure", "set"], ".aws/credentials"),
    ("git", &["config"], ".gitconfig"),
    ("git", &["clone"], ".git/config"),
    ("git", &["remote"], ".git/config"),
];

/// What is known of the secret so far.
struct Reader<'a> {
    text: &'a str,
    path: Option<&'a str>,
    /// Variables that hold it.
    variables: BTreeSet<String>,
}

impl Reader<'_> {
    /// Takes in the variables that a command gives the secret to.
    fn learn(&mut self, command: &SimpleCommand) {
        if command.words.is_empty() {
            let holding = command
                .assignments
                .iter()
                .filter(|one| self.is_given(one))
                .map(|one| one.name.clone());
            let holding: Vec<String> = holding.collect();
            self.variables.extend(holding);
        }
        if matches!(
            command.name().as_deref(),
            Some("export" | "local" | "readonly" | "declare")
        ) {
            let given = command.words.iter().skip(1).filter(|word| self.holds(word));
            let names = given.filter_map(|word| {
                let prefix = word.literal_prefix();
                prefix.split_once('=').map(|(name, _)| name.to_owned())
            });
            let names: Vec<String> = names.collect();
            self.variables.extend(names);
        }
    }

    fn is_given(&self, assignment: &Assignment) -> bool {
        assignment.value.words().iter().any(|word| self.holds(word))
    }

    fn is_file(&self, word: &Word) -> bool {
        self.path.is_some() && word.static_text().as_deref() == self.path
    }

    /// Whether the word's value has the secret in it.
    fn holds(&self, word: &Word) -> bool {
        let of_variable = word.variables().iter().any(|found| {
            let passes = found
                .expansion
                .operator
                .is_none_or(|one| one.passes_value());
            passes && self.variables.contains(&found.expansion.name)
        });
        of_variable || self.substitutes(&word.parts)
    }

    fn substitutes(&self, parts: &[WordPart]) -> bool {
        parts.iter().any(|part| match &part.kind {
            PartKind::CommandSubstitution(list) => self.prints(list),
            PartKind::DoubleQuoted(inner) => self.substitutes(inner),
            _ => false,
        })
    }

    /// Whether the commands of a substitution print the secret.
    fn prints(&self, list: &List) -> bool {
        let mut prints = false;
        shell::for_each_command_in(list, &mut |visit| {
            let reads = visit.redirections.iter().any(|redirection| {
                redirection.kind == RedirectionKind::Read && self.is_file(&redirection.target)
            });
            let name = visit.command.name();
            let is_printing = match name.as_deref() {
                Some(name) => PRINTING.contains(&last_component(name)),
                // `$(< file)`
                None => visit.command.words.is_empty(),
            };
            prints |= is_printing && (reads || self.mentions(visit.command));
        });
        prints
    }

    /// Whether the command's words name the file, or spell a variable out.
    fn mentions(&self, command: &SimpleCommand) -> bool {
        let is_spelled = |word: &Word| {
            let variables = word.variables();
            variables
                .iter()
                .any(|found| self.variables.contains(&found.expansion.name))
        };
        let mut words = command.words.iter().skip(1);
        words.any(|word| self.is_file(word) || is_spelled(word))
    }

    fn write(&self, visit: &CommandVisit<'_>) -> Option<Write> {
        let name = visit.command.name()?;
        let words = visit.command.words.get(1..).unwrap_or_default();
        let file = match last_component(&name) {
            "cp" | "install" | "mv" if words.iter().any(|word| self.is_file(word)) => {
                Some(written(words.last()?, self.text))
            }
            "cat" | "tee" if self.is_in_document(visit) => match last_component(&name) {
                "tee" => Some(written(operand(words)?, self.text)),
                _ => self.destination(visit),
            },
            "cat" if words.iter().any(|word| self.is_file(word)) => self.destination(visit),
            "echo" | "printf" if words.iter().any(|word| self.holds(word)) => {
                self.destination(visit)
            }
            program => self.kept_by(program, words).map(str::to_owned),
        }?;
        Some(Write {
            span: visit.command.span,
            file,
        })
    }

    /// Whether a here-document holds the secret.
    fn is_in_document(&self, visit: &CommandVisit<'_>) -> bool {
        let documents = visit.redirections.iter();
        documents
            .filter_map(|redirection| redirection.here_document.as_ref())
            .any(|document| self.holds(&document.body))
    }

    /// The file a command's output ends in: its own redirection, or that of the `tee` it is piped into.
    fn destination(&self, visit: &CommandVisit<'_>) -> Option<String> {
        if let Some(target) = redirected(visit.redirections) {
            return Some(written(target, self.text));
        }
        match &visit.next_in_pipeline()?.kind {
            CommandKind::Simple(simple) if simple.name().as_deref() == Some("tee") => {
                let file = operand(simple.words.get(1..).unwrap_or_default())?;
                Some(written(file, self.text))
            }
            _ => None,
        }
    }

    /// The file in which a program keeps the secret it is given.
    fn kept_by(&self, program: &str, words: &[Word]) -> Option<&'static str> {
        if !words.iter().any(|word| self.holds(word)) {
            return None;
        }
        let plain = words.iter().filter(|word| !is_option(word));
        let plain: Vec<Option<String>> = plain.take(2).map(Word::static_text).collect();
        let is_asked = |asked: &[&str]| {
            let mut pairs = asked.iter().enumerate();
            pairs.all(|(at, word)| plain.get(at).and_then(Option::as_deref) == Some(word))
        };
        let mut keeping = KEEPING.iter();
        let found = keeping.find(|(name, asked, _)| *name == program && is_asked(asked));
        found.map(|(_, _, file)| *file)
    }
}

fn is_option(word: &Word) -> bool {
    word.literal_prefix().starts_with('-')
}

fn operand(words: &[Word]) -> Option<&Word> {
    words.iter().find(|word| !is_option(word))
}

pub(super) fn last_component(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A file's name: its text, or as written where that is not known.
fn written(word: &Word, text: &str) -> String {
    let as_written = || word.span.slice(text).trim_matches(['"', '\'']).to_owned();
    word.static_text().unwrap_or_else(as_written)
}

fn redirected(redirections: &[Redirection]) -> Option<&Word> {
    let writes = |redirection: &&Redirection| {
        let is_output = redirection.descriptor.as_deref().is_none_or(|fd| fd == "1");
        is_output
            && matches!(
                redirection.kind,
                RedirectionKind::Write | RedirectionKind::Append
            )
    };
    redirections.iter().find(writes).map(|found| &found.target)
}

/// What the same RUN deletes again never reaches a layer.
fn removed_paths(script: &Script, text: &str) -> Vec<String> {
    let mut removed = Vec::new();
    shell::for_each_command(script, &mut |visit| {
        let words = visit.command.words.get(1..).unwrap_or_default();
        match visit.command.name().as_deref() {
            Some("rm" | "shred" | "unlink") => {
                let paths = words.iter().filter(|word| !is_option(word));
                removed.extend(paths.map(|word| written(word, text)));
            }
            Some("npm" | "pnpm" | "yarn") if says(words, &["delete", "rm", "unset"]) => {
                removed.extend([".npmrc".to_owned(), ".yarnrc".to_owned()]);
            }
            Some("git") if says(words, &["--unset", "--unset-all", "--remove-section"]) => {
                removed.push(".gitconfig".to_owned());
            }
            Some("git") if says(words, &["remote"]) => removed.push(".git/config".to_owned()),
            _ => {}
        }
    });
    removed
}

fn says(words: &[Word], any: &[&str]) -> bool {
    let mut texts = words.iter().filter_map(Word::static_text);
    texts.any(|text| any.contains(&text.as_str()))
}

/// Whether `file` is `folder` or lies below it, by the text.
pub(super) fn is_within(file: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    let rest = file.strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the file itself is deleted, or a folder around it; of a program's own file the name alone is known.
fn is_removed(write: &Write, text: &str, removed: &[String]) -> bool {
    let is_own = KEEPING.iter().any(|(_, _, file)| *file == write.file);
    let command = write.span.slice(text);
    removed.iter().any(|path| {
        let folder = path.trim_end_matches(['/', '*']);
        let by_name = is_own
            && (last_component(folder) == last_component(&write.file)
                || folder.ends_with(".git")
                || folder.ends_with(&write.file)
                || (write.file == ".git/config" && command.contains(last_component(folder))));
        is_within(&write.file, folder) || by_name
    })
}
