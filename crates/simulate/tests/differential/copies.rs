//! Generated COPY and ADD instructions, several to one context.

use std::fs;
use std::path::Path;

use crate::dice::Dice;
use crate::landscape::{Landscape, ignore_file, with_wildcard};
use crate::tree::write_tree;

/// One context and what is copied from it.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) seed: u64,
    pub(crate) landscape: Landscape,
    pub(crate) ignore: String,
    pub(crate) requests: Vec<Request>,
}

/// One COPY or ADD.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) keyword: &'static str,
    pub(crate) sources: Vec<String>,
    pub(crate) is_json: bool,
    pub(crate) destination: Destination,
}

/// How the destination is written. Each instruction has a folder of its own, so that one does not disturb another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// `/0/`
    Folder,
    /// `/0/new/er/`
    Deep,
    /// `/0/x/../y/`
    Dotted,
    /// `/0/new`: a file's new name, or a folder.
    Named,
    /// `./` behind a WORKDIR
    Here,
    /// `new` behind a WORKDIR
    NamedHere,
}

/// How many instructions share a context.
const REQUESTS: usize = 20;

impl Group {
    pub(crate) fn generate(seed: u64) -> Group {
        let mut dice = Dice::new(seed);
        let landscape = Landscape::generate(&mut dice);
        let ignore = ignore_file(&mut dice, &landscape);
        let requests = (0..REQUESTS).map(|_| Request::generate(&mut dice, &landscape));
        Group {
            seed,
            requests: requests.collect(),
            landscape,
            ignore,
        }
    }

    /// Writes the context, without a Dockerfile.
    pub(crate) fn write(&self, root: &Path) {
        write_tree(root, &self.landscape.entries());
        fs::write(root.join("Dockerfile"), "FROM scratch\n").unwrap();
        if !self.ignore.is_empty() {
            fs::write(root.join(".dockerignore"), &self.ignore).unwrap();
        }
    }

    /// The same context with one instruction only.
    pub(crate) fn only(&self, number: usize) -> Group {
        Group {
            requests: self.requests.get(number).cloned().into_iter().collect(),
            ..self.clone()
        }
    }

    /// Every group that is a little smaller.
    pub(crate) fn smaller(&self) -> Vec<Group> {
        let mut smaller = Vec::new();
        for number in 0.. {
            let Some(landscape) = self.landscape.without(number) else {
                break;
            };
            smaller.push(Group {
                landscape,
                ..self.clone()
            });
        }
        let lines: Vec<&str> = self.ignore.split_inclusive('\n').collect();
        for gone in 0..lines.len() {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone);
            smaller.push(Group {
                ignore: kept.map(|(_, line)| *line).collect(),
                ..self.clone()
            });
        }
        smaller
    }
}

impl Request {
    fn generate(dice: &mut Dice, landscape: &Landscape) -> Request {
        let count = if dice.roll(7) == 0 { 2 } else { 1 };
        let sources: Vec<String> = (0..count).map(|_| source(dice, landscape)).collect();
        let destination = match dice.roll(12) {
            0..5 => Destination::Folder,
            5 => Destination::Deep,
            6 => Destination::Dotted,
            7..9 => Destination::Named,
            9 => Destination::Here,
            _ => Destination::NamedHere,
        };
        let is_wild = sources
            .iter()
            .any(|source| source.contains(['*', '?', '[', '\\']));
        let is_plain = sources.iter().all(|source| is_plain(source));
        Request {
            keyword: dice.pick(&["COPY", "COPY", "COPY", "ADD"]),
            is_json: !is_plain || dice.roll(3) == 0,
            destination: match (count, destination) {
                (2, Destination::Named | Destination::NamedHere) => Destination::Folder,
                // What several files make of one name is not predicted.
                (_, Destination::Named | Destination::NamedHere) if is_wild => Destination::Here,
                _ => destination,
            },
            sources,
        }
    }

    /// The lines of a Dockerfile, with the folder `number` as the destination.
    pub(crate) fn lines(&self, number: usize) -> String {
        let (before, destination) = match self.destination {
            Destination::Folder => (String::new(), format!("/{number}/")),
            Destination::Deep => (String::new(), format!("/{number}/new/er/")),
            Destination::Dotted => (String::new(), format!("/{number}/x/../y/")),
            Destination::Named => (String::new(), format!("/{number}/new")),
            Destination::Here => (format!("WORKDIR /{number}\n"), "./".to_owned()),
            Destination::NamedHere => (format!("WORKDIR /{number}\n"), "new".to_owned()),
        };
        let mut words: Vec<String> = self.sources.iter().map(|source| escaped(source)).collect();
        words.push(destination);
        let words = match self.is_json {
            true => serde_json::to_string(&words).unwrap(),
            false => words.join(" "),
        };
        format!("{before}{} {words}\n", self.keyword)
    }
}

/// Whether a word can be written without quotes.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && !word.contains(char::is_whitespace) && !word.starts_with(['[', '-', '#'])
}

/// A word as it has to be written for the builder to read it unchanged.
fn escaped(word: &str) -> String {
    let mut escaped = String::new();
    for character in word.chars() {
        if matches!(character, '\\' | '$' | '\'' | '"') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Sources with characters that mean something to a wildcard.
const ESCAPES: [&str; 8] = [
    "star\\*",
    "star[*]",
    "\\[x\\]",
    "[[]x]",
    "back\\\\slash",
    "\\a",
    "c\\^d",
    "[^^]",
];

fn source(dice: &mut Dice, landscape: &Landscape) -> String {
    let mut path = landscape.some_path(dice);
    if dice.roll(5) == 0
        && let Some(link) = landscape.some_link(dice)
    {
        path = link;
    }
    path = match dice.roll(32) {
        0..10 => path,
        10..20 => with_wildcard(dice, &path),
        20 => with_wildcard(dice, &path) + "/*",
        21 => format!(
            "{path}/{}",
            dice.pick(&["a", "*", "b.txt", "d", "?", "..", "../a"])
        ),
        22..25 => path
            .rsplit_once('/')
            .map_or(path.clone(), |(folder, _)| folder.to_owned()),
        25..27 => dice
            .pick(&[".", "./", "/", "*", "*/*", "./*", "*/*/*", "**", "/."])
            .to_owned(),
        27 => dice
            .pick(&["**/a", "d/**", "*/a", "d*", "[a-e]*", "?", "*.txt", ".*"])
            .to_owned(),
        28 => dice.pick(&ESCAPES).to_owned(),
        29 => dice
            .pick(&["nowhere", "nowhere*", "no/where", "a/b", "d/nowhere"])
            .to_owned(),
        _ => {
            let name = path.rsplit('/').next().unwrap_or("a");
            format!("{}{name}", dice.pick(&["*/", "d*/", "?/", "*/*/"]))
        }
    };
    let before = match dice.roll(24) {
        0..16 => "",
        16 | 17 => "./",
        18 | 19 => "/",
        _ => dice.pick(&[
            "//",
            ".//",
            "d/../",
            "../",
            "../../",
            "/../",
            "./../",
            "nowhere/../",
        ]),
    };
    let behind = dice.pick(&[
        "", "", "", "", "", "", "", "", "", "/", "/", "/.", "/..", "//",
    ]);
    format!("{before}{path}{behind}")
}
