//! Lines as people write them, with credentials and without: how many are found, how many falsely.
//!
//! A file of `tests/corpus` holds one line of the corpus a line: `+ rule-id | text`, `+ * | text` where any rule will do, or
//! `- | text` where none may. `\n` and `\t` in the text are what they say. `⟨base62:40⟩` is replaced by random characters,
//! made anew from the line's number, so that no credential stands in the file; `⟨ghp⟩` and its like by whole ones. A `⟨⟩`
//! is nothing, to break what a scanner would take for one.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its data has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll_secrets::{HashKey, Scanner};

/// The least share of credentials found.
const RECALL: f64 = 0.95;
/// The largest share of lines without one in which one is found.
const FALSE_ALARMS: f64 = 0.01;

/// The least lines of each kind.
const LEAST: usize = 1_500;

/// A line of the corpus.
struct Line {
    place: String,
    /// The rule, `*` for any; none where nothing may be found.
    expected: Option<String>,
    text: String,
}

/// Random numbers that are the same in each run: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|_| letters[self.next(letters.len())])
            .collect()
    }
}

const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What stands between `⟨` and `⟩`.
fn made(recipe: &str, random: &mut Random) -> String {
    let (kind, length) = recipe.split_once(':').unwrap_or((recipe, "0"));
    let length: usize = length.parse().unwrap();
    match kind {
        "" => String::new(),
        "backslash" => String::from("\\"),
        "hex" => random.text(HEX, length),
        "lower" => random.text(LOWER, length),
        "upper" => random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length),
        "letters" => random.text(&BASE62[10..], length),
        "digits" => random.text("0123456789", length),
        "HEX" => random.text("0123456789ABCDEF", length),
        "ALNUM" => random.text(&BASE62[..36], length),
        "AZ" => random.text(&BASE62[10..36], length),
        "small" => random.text(&BASE62[36..], length),
        "base62" => random.text(BASE62, length),
        "base64" => random.text(BASE64, length),
        "url64" => {
            random.text(BASE62, 1)
                + &random.text(&BASE64.replace("+/", "-_"), length - 2)
                + &random.text(BASE62, 1)
        }
        "uuid" => [8, 4, 4, 4, 12]
            .map(|length| random.text(HEX, length))
            .join("-"),
        // A password as people choose and generate them.
        "password" => {
            random.text("bcdfghkmnprstvz", 3)
                + &random.text("0123456789", 2)
                + &random.text("BCDFGHKMNPQRSTVXZ", 3)
                + &random.text(LOWER, 3)
        }
        _ => panic!("no recipe {recipe}"),
    }
}

fn expanded(text: &str, seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    random.next(2);
    let mut out = String::new();
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('⟨') {
        let (recipe, after) = after.split_once('⟩').unwrap();
        out.push_str(before);
        out.push_str(&made(recipe, &mut random));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Base64, to wrap a line in.
fn base64(text: &str) -> String {
    let digits = BASE64.as_bytes();
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let number = three
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = digits[(number >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= three.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}

/// How a line is wrapped before it is searched: `+ rule base64 | text`, and so on.
fn encoded(text: &str, encoding: &str) -> String {
    let each = |form: &dyn Fn(u8) -> String| text.bytes().map(form).collect::<String>();
    match encoding {
        "base64" => format!("data: {}", base64(text)),
        "hex" => format!("payload = \"{}\"", each(&|byte| format!("{byte:02x}"))),
        "percent" => {
            let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            each(&|byte| match kept(byte) {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
        }
        "unicode" => format!("\"{}\"", each(&|byte| format!("\\u{byte:04x}"))),
        "utf16" => each(&|byte| format!("{}\0", char::from(byte))),
        _ => panic!("no encoding {encoding}"),
    }
}

/// All lines, and each that starts with a credential's rule once more for each way to encode it that the file asks for.
fn lines() -> Vec<Line> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let place = format!("{file}:{}", number + 1);
            lines.extend(parsed(line, place, number as u64 + 1));
        }
    }
    lines
}

fn parsed(line: &str, place: String, seed: u64) -> Option<Line> {
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (head, text) = line
        .split_once(" | ")
        .unwrap_or_else(|| panic!("{place}: {line}"));
    let expected = head.strip_prefix("+ ");
    assert!(expected.is_some() || head == "-", "{place}: {line}");
    let (expected, encoding) = match expected.map(|head| head.split_once(' ')) {
        Some(Some((rule, encoding))) => (Some(rule), Some(encoding)),
        _ => (expected, None),
    };
    let text = expanded(text, seed);
    Some(Line {
        place,
        expected: expected.map(str::to_owned),
        text: match encoding {
            Some(encoding) => encoded(&text, encoding),
            None => text,
        },
    })
}

fn found(text: &str) -> Vec<&'static str> {
    let matches = Scanner::new(HashKey::new(b"corpus")).scan(text.as_bytes());
    matches.iter().map(|found| found.rule.id).collect()
}

/// A line of a table for each file of the corpus.
fn table(lines: &[Line], missed: &[String], falsely: &[String]) -> String {
    let mut files: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for line in lines {
        let file = line.place.split(':').next().unwrap();
        let counts = files.entry(file).or_default();
        counts[usize::from(line.expected.is_none())] += 1;
    }
    let mut table = String::new();
    for (file, [credentials, others]) in files {
        let of = |list: &[String]| {
            let start = format!("{file}:");
            list.iter().filter(|line| line.starts_with(&start)).count()
        };
        let found = credentials - of(missed);
        let falsely = of(falsely);
        let row = format!("| {file} | {credentials} | {found} | {others} | {falsely} |\n");
        table.push_str(&row);
    }
    table
}

#[test]
fn credentials_are_found_and_little_else() {
    let (mut credentials, mut missed, mut others, mut falsely) = (0, Vec::new(), 0, Vec::new());
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    let lines = lines();
    for line in &lines {
        let ids = found(&line.text);
        match &line.expected {
            Some(rule) => {
                credentials += 1;
                *rules.entry(rule.clone()).or_default() += 1;
                let is_found = ids.iter().any(|id| id == rule || rule == "*");
                if !is_found {
                    missed.push(format!(
                        "{}: {rule}: {:?} gives {ids:?}",
                        line.place, line.text
                    ));
                }
            }
            None => {
                others += 1;
                if !ids.is_empty() {
                    falsely.push(format!("{}: {:?} gives {ids:?}", line.place, line.text));
                }
            }
        }
    }
    print!("{}", table(&lines, &missed, &falsely));
    let recall = 1.0 - missed.len() as f64 / credentials.max(1) as f64;
    let false_alarms = falsely.len() as f64 / others.max(1) as f64;
    println!(
        "{credentials} credentials of {} rules, recall {recall:.3}; {others} other lines, false alarms {false_alarms:.4}",
        rules.len()
    );
    let listed = [missed.as_slice(), falsely.as_slice()].concat().join("\n");
    assert!(credentials >= LEAST && others >= LEAST);
    assert!(
        recall >= RECALL && false_alarms <= FALSE_ALARMS,
        "recall {recall:.3}, false alarms {false_alarms:.4}\n{listed}"
    );
    println!("{listed}");
}
