//! Generated Dockerfiles: words, arguments, variables, stages and targets, compared by what the image says of itself.

use crate::dice::Dice;
use crate::engines::{Build, Engine, Oracle};
use crate::figures::{Tally, only_first};
use crate::known;
use crate::predict::predict;

/// A Dockerfile with what it is built with.
#[derive(Clone, Debug)]
pub(crate) struct File {
    seed: u64,
    build: Build,
}

const NAMES: [&str; 5] = ["A", "B", "C", "A", "B"];

/// Parts of words.
const PIECES: [&str; 40] = [
    "x",
    "y-z",
    "1",
    "$A",
    "${B}",
    "$C",
    "$A",
    "\"$A q\"",
    "'$A q'",
    "\\$A",
    "${A:-d}",
    "${B:-$C}",
    "${C:+p}",
    "${A:+$B}",
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
    "${A}${B}",
    "$A$B",
    "$AB",
    "${C:-}",
    "${C:+}",
    "'\"'",
    "\"'\"",
    "${A:-'$B'}",
    "${B:-\\}}",
    "a=b",
    "#",
    "${A:+${C:-m}}",
    "$_",
    ".$A.",
    "${A}_",
    "\"\\\\\"",
];

/// Parts that some builder takes otherwise or refuses.
const RARE_PIECES: [&str; 14] = [
    "${A-d}",
    "${C+p}",
    "${A:?gone}",
    "${C:?}",
    "$",
    "$$",
    "\\\\",
    "$1",
    "$12",
    "${A",
    "${}",
    "${A:=x}",
    "$TARGETOS",
    "$PATH",
];

impl File {
    /// A file of one to three stages that holds nothing `oracle` is known to take otherwise.
    pub(crate) fn generate(seed: u64, oracle: Oracle) -> File {
        let mut draw = Draw {
            dice: Dice::new(seed ^ 0xF11E),
        };
        loop {
            let file = draw.file(seed);
            if !known::takes_otherwise(oracle, &file.build) {
                return file;
            }
        }
    }

    /// Every file with one line or argument less.
    fn smaller(&self) -> Vec<File> {
        let lines: Vec<&str> = self.build.text.split_inclusive('\n').collect();
        let without_line = (0..lines.len()).map(|gone| {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != gone);
            let mut file = self.clone();
            file.build.text = kept.map(|(_, line)| *line).collect();
            file
        });
        let without_argument = (0..self.build.args.len()).map(|gone| {
            let mut file = self.clone();
            file.build.args.remove(gone);
            file
        });
        without_line.chain(without_argument).collect()
    }
}

struct Draw {
    dice: Dice,
}

impl Draw {
    fn file(&mut self, seed: u64) -> File {
        let mut build = Build::default();
        for _ in 0..self.dice.roll(3) {
            let line = format!("ARG {}\n", self.argument());
            build.text.push_str(&line);
        }
        let stages = 1 + self.dice.roll(3);
        for stage in 0..stages {
            let from = self.from(stage);
            build.text.push_str(&from);
            for _ in 0..1 + self.dice.roll(4) {
                build.text.push_str(&self.line());
                build.text.push_str(self.dice.pick(&[
                    "\n",
                    "\n",
                    "\n",
                    "\n\n",
                    "\n# note\n",
                    "\r\n",
                ]));
            }
        }
        let last = format!("LABEL end={}\n", self.word());
        build.text.push_str(&last);
        for name in ["A", "B", "C", "TARGETOS"] {
            if self.dice.roll(5) == 0 {
                let value = self.dice.pick(&["given", "", "g h", "$A"]);
                build.args.push((name.to_owned(), value.to_owned()));
            }
        }
        build.target = match self.dice.roll(8) {
            0 | 1 => Some(format!("s{}", self.dice.roll(stages))),
            2 if self.dice.roll(3) == 0 => Some(self.dice.pick(&["S0", "none", "s1"]).to_owned()),
            _ => None,
        };
        File { seed, build }
    }

    fn from(&mut self, stage: usize) -> String {
        let base = match self.dice.roll(2 * stage + 1) {
            below if below < stage => format!("s{below}"),
            _ => "scratch".to_owned(),
        };
        let keyword = self.dice.pick(&["FROM", "FROM", "FROM", "from"]);
        let name = self
            .dice
            .pick(&["s", "s", "s", "s", "s", "s", "s", "s", "s", "s", "s", "S"]);
        format!("{keyword} {base} AS {name}{stage}\n")
    }

    fn line(&mut self) -> String {
        match self.dice.roll(24) {
            0..6 => format!("ARG {}", self.argument()),
            6..10 => format!("ENV {}", self.pairs("")),
            10 => format!(
                "ENV {} {} {}",
                self.dice.pick(&NAMES),
                self.word(),
                self.word()
            ),
            11..17 => format!("LABEL {}", self.pairs("l")),
            17 | 18 => format!(
                "WORKDIR {}w{}",
                self.dice.pick(&["", "/", "../"]),
                self.word()
            ),
            19 => format!(
                "STOPSIGNAL {}",
                self.dice.pick(&["9", "SIGTERM", "${A:-9}"])
            ),
            20 => format!(
                "EXPOSE {}",
                self.dice
                    .pick(&["80", "80/udp 81", "${N:-82}", "8000-8002"])
            ),
            21 => format!("VOLUME /v{}", self.dice.pick(&["", "$A", "'x'", " /w"])),
            22 => self
                .dice
                .pick(&[
                    "ONBUILD LABEL o=$A",
                    "ONBUILD ENV A=o",
                    "HEALTHCHECK NONE",
                    "LABEL m",
                ])
                .to_owned(),
            _ => self.command(),
        }
    }

    fn argument(&mut self) -> String {
        let name = self.dice.pick(&NAMES);
        match self.dice.roll(12) {
            0 | 1 => name.to_owned(),
            2 => format!(
                "{name}={} {}={}",
                self.word(),
                self.dice.pick(&NAMES),
                self.word()
            ),
            3 => self
                .dice
                .pick(&["TARGETOS", "TARGETPLATFORM", "BUILDARCH", "TARGETOS=mine"])
                .to_owned(),
            _ => format!("{name}={}", self.word()),
        }
    }

    fn pairs(&mut self, prefix: &str) -> String {
        let count = 1 + self.dice.roll(3);
        let pairs: Vec<String> = (0..count)
            .map(|_| format!("{prefix}{}={}", self.dice.pick(&NAMES), self.word()))
            .collect();
        pairs.join(
            self.dice
                .pick(&[" ", " ", "  ", " \\\n  ", " \\\n# note\n\t"]),
        )
    }

    fn word(&mut self) -> String {
        let count = 1 + self.dice.roll(3);
        let pieces = (0..count).map(|_| match self.dice.roll(120) {
            0 => self.dice.pick(&RARE_PIECES),
            _ => self.dice.pick(&PIECES),
        });
        pieces.collect()
    }

    fn command(&mut self) -> String {
        let keyword = self.dice.pick(&["CMD", "ENTRYPOINT", "cmd"]);
        let arguments = [
            "[\"a\", \"$A\"]",
            "a $A  'b'",
            "['a']",
            "[\"a\" b]",
            "a \\\n  b",
            "[\"a\"] b",
            "[]",
            "[ \"x\" ] ",
        ];
        format!("{keyword} {}", self.dice.pick(&arguments))
    }
}

/// Builds a file and compares what comes out.
pub(crate) fn judge(engine: &Engine, file: &File) -> Tally {
    let mut tally = Tally {
        cases: 1,
        builds: 1,
        ..Tally::default()
    };
    reach(engine, file, &mut tally);
    match difference(engine, file) {
        None => tally.agreed += 1,
        Some(told) => tally.disagreements.push(smallest(engine, file, told)),
    }
    tally
}

fn difference(engine: &Engine, file: &File) -> Option<String> {
    let predicted = predict(&file.build, engine.oracle);
    let built = engine.build(&file.build);
    let differs = predicted.as_ref().ok() != built.as_ref().ok();
    differs.then(|| format!("  predicted {predicted:?}\n  built     {built:?}"))
}

fn smallest(engine: &Engine, file: &File, mut told: String) -> String {
    let mut file = file.clone();
    let steps = if only_first() { 0 } else { MOST_STEPS };
    'again: for _ in 0..steps {
        for smaller in file.smaller() {
            if !known::takes_otherwise(engine.oracle, &smaller.build)
                && let Some(still) = difference(engine, &smaller)
            {
                (file, told) = (smaller, still);
                continue 'again;
            }
        }
        break;
    }
    let Build { text, args, target } = &file.build;
    format!(
        "{:?}, seed {}, arguments {args:?}, target {target:?}\n{text}{told}\n  repeat: PLIMSOLL_DIFFERENTIAL_FILES=1 \
         PLIMSOLL_DIFFERENTIAL_SEED={} cargo test -p plimsoll-simulate --test differential files_in -- --nocapture\n",
        engine.oracle, file.seed, file.seed
    )
}

/// So often a file is made smaller.
const MOST_STEPS: usize = 6;

/// Counts what the case is good for.
fn reach(engine: &Engine, file: &File, tally: &mut Tally) {
    let Build { text, args, target } = &file.build;
    let has = |part: &str| text.contains(part);
    let position = |keyword: &str, name: &str| text.find(&format!("{keyword} {name}"));
    let both = |first: &str, second: &str| {
        ["A", "B", "C"].iter().any(|name| {
            let order = position(first, name).zip(position(second, name));
            order.is_some_and(|(first, second)| first < second)
        })
    };
    let marks = [
        (has(":-"), "`${N:-w}`"),
        (has(":+"), "`${N:+w}`"),
        (has(":?"), "`${N:?w}`"),
        (has("${A-") || has("${C+"), "`${N-w}`, `${N+w}`"),
        (has("\\$"), "an escaped `$`"),
        (has("'"), "single quotes"),
        (has("\""), "double quotes"),
        (has(" \\\n"), "a continued line"),
        (has("\r\n"), "a line that ends in CR LF"),
        (both("ENV", "ARG"), "ARG after ENV"),
        (both("ARG", "ENV"), "ENV after ARG"),
        (text.starts_with("ARG"), "ARG before FROM"),
        (
            text.to_lowercase().contains("from s0") || has("FROM s1"),
            "a stage built on a stage",
        ),
        (has("ONBUILD"), "ONBUILD"),
        (has("TARGET") || has("BUILDARCH"), "platform arguments"),
        (!args.is_empty(), "build arguments"),
        (target.is_some(), "a target"),
        (
            predict(&file.build, engine.oracle).is_err(),
            "a refusal is predicted",
        ),
    ];
    for (_, what) in marks.iter().filter(|(is_reached, _)| *is_reached) {
        tally.reach(what);
    }
}
