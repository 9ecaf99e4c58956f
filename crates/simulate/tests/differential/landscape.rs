//! Generated context trees and the ignore files that go with them.

use std::collections::BTreeMap;

use crate::dice::Dice;

/// Names of files, some of which mean something to somebody.
const FILES: [&str; 26] = [
    "a",
    "b",
    "ab",
    "abc",
    "a.b",
    "x.txt",
    "b.txt",
    "é",
    "a-b",
    "README.md",
    "a",
    "b.txt",
    "x.txt",
    "a b",
    "[x]",
    "star*",
    "back\\slash",
    "#x",
    "!x",
    ".env",
    "...",
    "$A",
    "~",
    "{a,b}",
    "c^d",
    "it's",
];

/// Names of folders; none is a file's.
const FOLDERS: [&str; 11] = [
    "d",
    "dd",
    "d",
    "dir",
    "dir",
    "x.d",
    ".git",
    "é d",
    "[d]",
    "node_modules",
    "..d",
];

/// A tree as `oracle/tree.rs` writes it: entries by path, `/` for a folder, ` -> TARGET` for a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Landscape {
    entries: BTreeMap<String, String>,
}

impl Landscape {
    pub(crate) fn generate(dice: &mut Dice) -> Landscape {
        let mut landscape = Landscape::default();
        let mut folders = vec![String::new()];
        for _ in 0..2 + dice.roll(5) {
            let above = folders[dice.roll(folders.len())].clone();
            let folder = format!("{above}{}/", dice.pick(&FOLDERS));
            if folder.matches('/').count() <= 4 && landscape.add(&folder, "/") {
                folders.push(folder);
            }
        }
        for _ in 0..6 + dice.roll(10) {
            let folder = &folders[dice.roll(folders.len())];
            landscape.add(&format!("{folder}{}", dice.pick(&FILES)), "");
        }
        for number in 0..dice.roll(6) {
            let folder = folders[dice.roll(folders.len())].clone();
            let name = format!(
                "{folder}{}{number}",
                dice.pick(&["l", "l", "link", "d", "a.", "é"])
            );
            let target = landscape.target(dice, &folder);
            landscape.add(&name, &format!(" -> {target}"));
        }
        landscape
    }

    fn add(&mut self, path: &str, suffix: &str) -> bool {
        let path = path.trim_end_matches('/').to_owned();
        let is_new = !self.entries.contains_key(&path);
        if is_new {
            self.entries.insert(path, suffix.to_owned());
        }
        is_new
    }

    /// Where a link in `folder` leads.
    fn target(&self, dice: &mut Dice, folder: &str) -> String {
        let up = "../".repeat(folder.matches('/').count());
        let there = self.some_path(dice);
        match dice.roll(14) {
            0..5 => format!("{up}{there}"),
            5 => format!("{up}../{there}"),
            6 => format!("{up}../../{}", dice.pick(&["etc/passwd", "a", "d"])),
            7 => format!("/{there}"),
            8 => dice.pick(&["/etc/passwd", "/", "/d", "/tmp"]).to_owned(),
            9 => {
                dice.pick(&["nowhere", "no/where", "../nowhere", ""])
                    .to_owned()
                    + "x"
            }
            10 => dice.pick(&["l0", "l1", "link0", "d1", "l2"]).to_owned(),
            11 => dice.pick(&[".", "..", "./", "../"]).to_owned(),
            12 => format!("{up}{there}/../{}", dice.pick(&["a", "d", ""])),
            _ => dice.pick(&["a", "d", "dir", "dd/a", "b.txt"]).to_owned(),
        }
    }

    /// A path that is there.
    pub(crate) fn some_path(&self, dice: &mut Dice) -> String {
        match self.entries.len() {
            0 => "a".to_owned(),
            count => self
                .entries
                .keys()
                .nth(dice.roll(count))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// A link, where there is one.
    pub(crate) fn some_link(&self, dice: &mut Dice) -> Option<String> {
        let links: Vec<&String> = self.links().collect();
        (!links.is_empty()).then(|| links[dice.roll(links.len())].clone())
    }

    fn links(&self) -> impl Iterator<Item = &String> {
        let links = self
            .entries
            .iter()
            .filter(|(_, suffix)| suffix.starts_with(" -> "));
        links.map(|(path, _)| path)
    }

    /// The targets of all links.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.entries
            .values()
            .filter_map(|suffix| suffix.strip_prefix(" -> "))
    }

    /// The entries as they are written.
    pub(crate) fn entries(&self) -> Vec<String> {
        let entries = self.entries.iter();
        entries
            .map(|(path, suffix)| format!("{path}{suffix}"))
            .collect()
    }

    /// The tree without its entry of that number, and what it holds.
    pub(crate) fn without(&self, number: usize) -> Option<Landscape> {
        let gone = self.entries.keys().nth(number)?;
        let below = format!("{gone}/");
        let mut smaller = self.clone();
        smaller
            .entries
            .retain(|path, _| path != gone && !path.starts_with(&below));
        Some(smaller)
    }
}

/// A path with something in it changed for a wildcard.
pub(crate) fn with_wildcard(dice: &mut Dice, path: &str) -> String {
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    let at = dice.roll(parts.len());
    let name = parts[at].clone();
    let first = name.chars().next().unwrap_or('a');
    let rest: String = name.chars().skip(1).collect();
    let stem = name.split('.').next().unwrap_or("").to_owned();
    parts[at] = match dice.roll(11) {
        0..3 => "*".to_owned(),
        3 => format!("?{rest}"),
        4 => format!("{first}*"),
        5 => format!("[{first}z]{rest}"),
        6 => format!("[^z]{rest}"),
        7 => format!("*{}", name.chars().last().unwrap_or('a')),
        8 => format!("{stem}*"),
        9 => format!("[a-x]{rest}"),
        _ => "*.*".to_owned(),
    };
    parts.join("/")
}

/// An ignore file; its lines are made to hit something.
pub(crate) fn ignore_file(dice: &mut Dice, landscape: &Landscape) -> String {
    if dice.roll(5) == 0 {
        return String::new();
    }
    let count = 1 + dice.roll(7);
    let mut lines: Vec<String> = (0..count).map(|_| ignore_line(dice, landscape)).collect();
    if dice.roll(9) == 0 {
        lines.insert(0, dice.pick(&["*", "**", "*/*", "d*", "*\n!d"]).to_owned());
    }
    if dice.roll(3) == 0 {
        lines.extend(taken_back(dice, landscape));
    }
    let end = dice.pick(&["\n", "\n", "\n", "\n", "\r\n"]);
    let mark = if dice.roll(25) == 0 { "\u{feff}" } else { "" };
    format!("{mark}{}{end}", lines.join(end))
}

/// A folder, and something beneath it that is taken back.
fn taken_back(dice: &mut Dice, landscape: &Landscape) -> Vec<String> {
    let path = landscape.some_path(dice);
    let Some((folder, name)) = path.rsplit_once('/') else {
        return Vec::new();
    };
    let folder = folder
        .split('/')
        .next()
        .filter(|_| dice.roll(2) == 0)
        .unwrap_or(folder);
    let taken = match dice.roll(4) {
        0 => format!("{folder}/*"),
        1 => format!("**/{name}"),
        _ => path.clone(),
    };
    vec![folder.to_owned(), format!("!{taken}")]
}

fn ignore_line(dice: &mut Dice, landscape: &Landscape) -> String {
    let path = landscape.some_path(dice);
    let name = path.rsplit('/').next().unwrap_or("a").to_owned();
    let folder = path.split('/').next().unwrap_or("d").to_owned();
    let pattern = match dice.roll(16) {
        0..3 => path,
        3..6 => with_wildcard(dice, &path),
        6 => format!("**/{name}"),
        7 => format!("**/{}", with_wildcard(dice, &name)),
        8 => format!("{folder}/**"),
        9 => format!("{folder}/*"),
        10 => format!("{folder}/**/{name}"),
        11 => folder,
        12 => format!("**{}", name.chars().last().unwrap_or('a')),
        13 => dice
            .pick(&[
                "*.md",
                "*.txt",
                ".*",
                "**/.env",
                "node_modules",
                "?",
                "[ab]",
                "**/*.txt",
                ".git",
            ])
            .to_owned(),
        14 => dice
            .pick(&[
                "# note",
                "",
                "  ",
                "Dockerfile",
                ".dockerignore",
                "../a",
                "a/../b",
                ".",
                "/",
            ])
            .to_owned(),
        _ => match dice.roll(12) {
            0 => dice
                .pick(&["[", "a[", "[]a]", "[b-a]", "!", "a\\"])
                .to_owned(),
            1 => dice
                .pick(&[
                    "\\#x",
                    "\\!x",
                    "\\[x\\]",
                    "star\\*",
                    "back\\\\slash",
                    "c^d",
                    "c\\^d",
                ])
                .to_owned(),
            2 => dice
                .pick(&["{a,b}", "$A", "a+b", "(a)", "it's", "x.txt ", " a"])
                .to_owned(),
            _ => format!("{name}*"),
        },
    };
    let before = dice.pick(&[
        "", "", "", "", "", "!", "!", "!", "/", "!/", "!/", "./", "! ",
    ]);
    let behind = dice.pick(&["", "", "", "", "", "/", "/**", " ", "/."]);
    format!("{before}{pattern}{behind}")
}
