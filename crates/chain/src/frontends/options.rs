//! Options of command lines, where a table tells which of them take a value.

use super::argument::Argument;

/// Which options of a command take a value.
pub(super) struct Syntax {
    /// The long names, without dashes.
    pub(super) long: &'static [&'static str],
    /// The letters.
    pub(super) short: &'static str,
}

/// The options of one command, and its other words.
#[derive(Default)]
pub(super) struct Options {
    /// Options with their values, in order; `f` is named `file` and `t` is named `tag`.
    values: Vec<(String, Argument)>,
    /// The words that are neither options nor values of one.
    pub(super) positionals: Vec<Argument>,
}

impl Syntax {
    /// All words of a command behind its name.
    pub(super) fn read(&self, words: &[Argument]) -> Options {
        let mut options = Options::default();
        let mut rest = words;
        while let Some((word, behind)) = rest.split_first() {
            if word.constant().as_deref() == Some("--") {
                options.positionals.extend_from_slice(behind);
                break;
            }
            rest = self.word(word, behind, &mut options);
        }
        options
    }

    /// The options ahead of the first word that is none.
    pub(super) fn global(&self, words: &[Argument]) -> Options {
        let mut options = Options::default();
        let mut rest = words;
        while let Some((word, behind)) = rest.split_first() {
            if !word.head().starts_with('-') {
                break;
            }
            rest = self.word(word, behind, &mut options);
        }
        options
    }

    /// The words from the first that is no option on.
    pub(super) fn behind_options<'a>(&self, words: &'a [Argument]) -> &'a [Argument] {
        let mut rest = words;
        while let Some((word, behind)) = rest.split_first() {
            if !word.head().starts_with('-') {
                break;
            }
            rest = self.word(word, behind, &mut Options::default());
        }
        rest
    }

    /// Reads one word, and the next where it is its value; the words left.
    fn word<'a>(
        &self,
        word: &Argument,
        behind: &'a [Argument],
        options: &mut Options,
    ) -> &'a [Argument] {
        let head = word.head();
        if let Some(name) = head.strip_prefix("--") {
            return self.long(name, word, behind, options);
        }
        match head.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => self.short(letters, word, behind, options),
            _ => {
                options.positionals.push(word.clone());
                behind
            }
        }
    }

    fn long<'a>(
        &self,
        name: &str,
        word: &Argument,
        behind: &'a [Argument],
        options: &mut Options,
    ) -> &'a [Argument] {
        if let Some((name, _)) = name.split_once('=') {
            let value = word.strip_prefix(&format!("--{name}="));
            options
                .values
                .extend(value.map(|value| (name.to_owned(), value)));
            return behind;
        }
        if self.long.contains(&name)
            && let Some((value, behind)) = behind.split_first()
        {
            options.values.push((name.to_owned(), value.clone()));
            return behind;
        }
        behind
    }

    /// Letters behind one dash: flags, up to one that takes the rest or the next word as its value.
    fn short<'a>(
        &self,
        letters: &str,
        word: &Argument,
        behind: &'a [Argument],
        options: &mut Options,
    ) -> &'a [Argument] {
        let takes_value = |letter: char| self.short.contains(letter);
        let Some(at) = letters.find(takes_value) else {
            return behind;
        };
        let letter = letters.get(at..=at).unwrap_or("");
        let name = match letter {
            "f" => "file",
            "t" => "tag",
            other => other,
        };
        let prefix = format!("-{}", letters.get(..=at).unwrap_or(""));
        let attached = word.strip_prefix(&prefix).filter(|value| !value.is_empty());
        let attached =
            attached.map(|value| value.strip_prefix("=").unwrap_or_else(|| value.clone()));
        match (attached, behind.split_first()) {
            (Some(value), _) => {
                options.values.push((name.to_owned(), value));
                behind
            }
            (None, Some((value, behind))) => {
                options.values.push((name.to_owned(), value.clone()));
                behind
            }
            (None, None) => behind,
        }
    }
}

impl Options {
    /// The values of every option of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Argument> {
        let values = self.values.iter();
        values
            .filter(move |(option, _)| option == name)
            .map(|(_, value)| value)
    }

    /// The value of the last option of that name, the one that counts.
    pub(super) fn last(&self, name: &str) -> Option<&Argument> {
        let values = self.values.iter().rev();
        values
            .filter(|(option, _)| option == name)
            .map(|(_, value)| value)
            .next()
    }
}
