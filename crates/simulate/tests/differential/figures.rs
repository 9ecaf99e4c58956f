//! How many cases were asked for, and how they went.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::engines::Oracle;
use crate::tools::in_parallel;

/// How many cases, from which seed.
pub(crate) struct Asked {
    count: usize,
    first: u64,
}

impl Asked {
    /// What the environment asks for, or `usual` cases from the first seed on.
    pub(crate) fn from_environment(name: &str, usual: usize) -> Asked {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        Asked {
            count: number(name).map_or(usual, |count: u64| count as usize),
            first: number("PLIMSOLL_DIFFERENTIAL_SEED").unwrap_or(1),
        }
    }
}

/// How the cases of one kind went with one builder.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) title: String,
    pub(crate) cases: usize,
    pub(crate) agreed: usize,
    pub(crate) known: BTreeMap<&'static str, usize>,
    pub(crate) reached: BTreeMap<&'static str, usize>,
    pub(crate) disagreements: Vec<String>,
    pub(crate) builds: usize,
    pub(crate) seconds: f64,
}

impl Tally {
    pub(crate) fn reach(&mut self, what: &'static str) {
        *self.reached.entry(what).or_default() += 1;
    }

    pub(crate) fn differs_as_known(&mut self, why: &'static str) {
        *self.known.entry(why).or_default() += 1;
    }

    fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.agreed += other.agreed;
        self.builds += other.builds;
        self.disagreements.extend(other.disagreements);
        for (why, count) in other.known {
            *self.known.entry(why).or_default() += count;
        }
        for (what, count) in other.reached {
            *self.reached.entry(what).or_default() += count;
        }
    }

    /// Prints the figures.
    pub(crate) fn tell(&self) {
        println!(
            "{}: {} cases, {} agreed, {} known differences, {} disagreements; {} builds in {:.0} s, {:.1} cases/s",
            self.title,
            self.cases,
            self.agreed,
            self.known.values().sum::<usize>(),
            self.disagreements.len(),
            self.builds,
            self.seconds,
            self.cases as f64 / self.seconds.max(0.001)
        );
        for (why, count) in &self.known {
            println!("  known: {count} {why}");
        }
        for (what, count) in &self.reached {
            println!("  reached: {count} {what}");
        }
    }

    /// Keeps the figures where the environment says.
    fn keep(&self) {
        if let Ok(folder) = std::env::var("PLIMSOLL_DIFFERENTIAL_FIGURES") {
            let file = Path::new(&folder).join(format!("{}.json", self.title));
            fs::write(file, self.json()).unwrap();
        }
    }

    fn json(&self) -> String {
        let said = serde_json::json!({
            "title": self.title,
            "cases": self.cases,
            "agreed": self.agreed,
            "known": self.known,
            "reached": self.reached,
            "disagreements": self.disagreements.len(),
            "builds": self.builds,
            "seconds": self.seconds,
        });
        said.to_string()
    }
}

/// Whether the first disagreement is enough, and need not be made smaller.
pub(crate) fn only_first() -> bool {
    std::env::var_os("PLIMSOLL_DIFFERENTIAL_FIRST").is_some()
}

/// So many groups are judged before their cases are counted.
const WAVE: u64 = 6;

/// So many times what was asked for is built at most, where few cases agree.
const MOST_CASES: usize = 2;

/// Judges generated groups, several at once, until as many cases agree as were asked for: known differences come on top.
pub(crate) fn judge_all<G: Sync>(
    kind: &str,
    oracle: Oracle,
    asked: &Asked,
    generate: impl Fn(u64) -> G,
    judge: impl Fn(&G) -> Tally + Sync,
) -> Tally {
    let started = Instant::now();
    let mut all = Tally {
        title: format!("{kind}-{}", oracle.tool()),
        ..Tally::default()
    };
    let mut first = asked.first;
    let is_over = |all: &Tally| only_first() && !all.disagreements.is_empty();
    while all.agreed < asked.count && all.cases < asked.count * MOST_CASES && !is_over(&all) {
        let groups: Vec<G> = (first..first + WAVE).map(&generate).collect();
        for tally in in_parallel(&groups, |group| Some(judge(group))) {
            for disagreement in &tally.disagreements {
                println!("{disagreement}");
            }
            all.add(tally);
        }
        first += WAVE;
        all.seconds = started.elapsed().as_secs_f64();
        all.keep();
        if first.is_multiple_of(5) {
            println!("{}: {} cases in {:.0} s", all.title, all.cases, all.seconds);
        }
    }
    all
}
