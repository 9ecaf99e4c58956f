//! Dockerfiles made of pieces, so that a case is its seed.

use crate::cases::Case;
use crate::dice::Dice;
use crate::engines::Oracle;

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

/// Pieces that every builder takes alike, alone and side by side.
const PIECES: [&str; 24] = [
    "x",
    "y-z",
    "1",
    "$A",
    "${B}",
    "$C",
    "${D}",
    "\"$A q\"",
    "'$A q'",
    "\\$A",
    "${A:-d}",
    "${B:-$C}",
    "${C:+p}",
    "${D:+$A}",
    "${A:-${B:-n}}",
    "\"a  b\"",
    "'c  d'",
    "\\ ",
    "\"\\\"\"",
    "\"\\$\"",
    "/",
    ":",
    "é",
    "\"${B:-e f}\"",
];

/// Pieces that buildah takes otherwise: a lone `$` before another, and an escaped backslash at the end of a line.
const MORE_PIECES: [&str; 3] = ["$", "\\\\", "$$"];

struct Draw {
    dice: Dice,
    oracle: Oracle,
}

/// A file of one to three stages.
pub(crate) fn random_case(oracle: Oracle, seed: u64) -> Case {
    let mut draw = Draw {
        dice: Dice::new(seed),
        oracle,
    };
    let mut text = String::new();
    for _ in 0..draw.dice.roll(3) {
        text.push_str(&format!("ARG {}\n", draw.argument()));
    }
    let stages = 1 + draw.dice.roll(3);
    for stage in 0..stages {
        let base = match draw.dice.roll(stage + 1) {
            0 => "scratch".to_owned(),
            below => format!("s{}", below - 1),
        };
        text.push_str(&format!("FROM {base} AS s{stage}\n"));
        for _ in 0..3 + draw.dice.roll(4) {
            text.push_str(&draw.line());
            let ends = ["\n", "\n", "\n\n", "\n# note\n", "\r\n"];
            text.push_str(draw.dice.pick(&ends));
        }
    }
    // Last, for BuildKit makes the working directory as the user, whom an empty image does not know.
    text.push_str(&format!("USER u{}\n", draw.word()));
    let mut case = Case::new(text);
    for name in NAMES {
        if draw.dice.roll(4) == 0 {
            case = case.arg(name, draw.dice.pick(&["given", "", "g h", "$A"]));
        }
    }
    case
}

impl Draw {
    fn line(&mut self) -> String {
        match self.dice.roll(11) {
            0..3 => format!("ARG {}", self.argument()),
            3..5 => format!("ENV {}", self.pairs("")),
            5 => format!("ENV {} {}", self.dice.pick(&NAMES), self.legacy()),
            6..9 => format!("LABEL {}", self.pairs("l")),
            9 => format!("WORKDIR {}w{}", self.dice.pick(&["", "/"]), self.word()),
            _ => self.command(),
        }
    }

    /// The classic builder unsets what an ARG without a value names.
    fn argument(&mut self) -> String {
        let name = self.dice.pick(&NAMES);
        match self.dice.roll(3) {
            0 if self.oracle != Oracle::Classic => name.to_owned(),
            _ => format!("{name}={}", self.word()),
        }
    }

    fn pairs(&mut self, prefix: &str) -> String {
        let count = 1 + self.dice.roll(3);
        let pairs: Vec<String> = (0..count)
            .map(|_| format!("{prefix}{}={}", self.dice.pick(&NAMES), self.word()))
            .collect();
        pairs.join(self.dice.pick(&[" ", "  ", " \\\n  ", " \\\n# note\n\t"]))
    }

    fn word(&mut self) -> String {
        let count = 1 + self.dice.roll(3);
        (0..count).map(|_| self.piece()).collect()
    }

    fn piece(&mut self) -> &'static str {
        let more = self.oracle != Oracle::Buildah && self.dice.roll(10) == 0;
        match more {
            true => self.dice.pick(&MORE_PIECES),
            false => self.dice.pick(&PIECES),
        }
    }

    fn legacy(&mut self) -> String {
        let count = 1 + self.dice.roll(3);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(self.dice.pick(&[" ", "  "]))
    }

    fn command(&mut self) -> String {
        let keyword = self.dice.pick(&["CMD", "ENTRYPOINT", "cmd"]);
        let arguments = [
            "[\"a\", \"$A\"]",
            "a $A  'b'",
            "['a']",
            "[\"a\" b]",
            "a \\\n  b",
        ];
        format!("{keyword} {}", self.dice.pick(&arguments))
    }
}
