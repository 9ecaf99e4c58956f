//! Many COPY and ADD instructions in one build, each with a folder of its own in the image.
//!
//! What is predicted to succeed is built together; where that fails, and for what is predicted to fail, each
//! instruction is built by itself.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::copies::{Group, Request};
use crate::engines::Engine;
use crate::expected::Predictor;
use crate::export::export;
use crate::figures::{Tally, only_first};
use crate::known;
use crate::outcome::{Outcome, difference, reason};

/// Builds a group and compares every instruction with what is predicted.
pub(crate) fn judge(engine: &Engine, group: &Group) -> Tally {
    let mut tally = Tally::default();
    let root = tempfile::tempdir().unwrap();
    group.write(root.path());
    let predictor = Predictor::new(engine.oracle, root.path());
    let group = &with_few_refusals(group, &predictor);
    let requests = group.requests.iter();
    let predicted: Vec<Outcome> = requests.map(|request| predictor.outcome(request)).collect();
    let built = build(engine, root.path(), group, &predicted, &mut tally);
    let together = built.iter().zip(&group.requests);
    let together = together.filter(|(built, _)| built.is_together);
    let named_together = sources(together.map(|(_, request)| request));
    for (number, request) in group.requests.iter().enumerate() {
        let (predicted, built) = (&predicted[number], &built[number]);
        tally.cases += 1;
        predictor.reach(group, request, predicted, &mut tally);
        if predictor.agrees(request, predicted, &built.outcome) {
            tally.agreed += 1;
            continue;
        }
        let one = group.only(number);
        let named = match built.is_together {
            true => &named_together,
            false => &sources([request]),
        };
        match known::of_copy(&predictor, request, named, predicted, &built.outcome) {
            Some(why) => tally.differs_as_known(why),
            None if disagreement(engine, &one).is_none() => {
                tally.differs_as_known("only in a build together with others");
            }
            None => tally.disagreements.push(smallest(engine, one)),
        }
    }
    tally
}

/// What became of one instruction.
struct Built {
    outcome: Outcome,
    /// Whether it was built with others.
    is_together: bool,
}

/// The sources of some instructions.
fn sources<'g>(requests: impl IntoIterator<Item = &'g Request>) -> Vec<&'g str> {
    let sources = requests.into_iter().flat_map(|request| &request.sources);
    sources.map(String::as_str).collect()
}

/// So many instructions of a context are built that should fail: each of them needs a build of its own.
const MOST_REFUSALS: usize = 1;

fn with_few_refusals(group: &Group, predictor: &Predictor) -> Group {
    let mut refusals = 0;
    let mut group = group.clone();
    group.requests.retain(|request| {
        let is_refused = matches!(predictor.outcome(request), Outcome::Refused(_));
        refusals += usize::from(is_refused);
        !is_refused || refusals <= MOST_REFUSALS
    });
    group
}

/// Builds all that should succeed at once, the rest one by one.
fn build(
    engine: &Engine,
    root: &Path,
    group: &Group,
    predicted: &[Outcome],
    tally: &mut Tally,
) -> Vec<Built> {
    let numbered = || group.requests.iter().enumerate();
    let together: Vec<(usize, &Request)> = numbered()
        .filter(|(number, _)| matches!(predicted[*number], Outcome::Brought(_)))
        .collect();
    let mut built: Vec<Option<Outcome>> = vec![None; group.requests.len()];
    if together.len() > 1 {
        tally.builds += 1;
        for ((number, _), outcome) in together
            .iter()
            .zip(build_once(engine, root, &together).unwrap_or_default())
        {
            built[*number] = Some(outcome);
        }
    }
    let all = built.into_iter().zip(numbered()).map(|(outcome, one)| {
        let is_together = outcome.is_some();
        let outcome = outcome.unwrap_or_else(|| {
            tally.builds += 1;
            match build_once(engine, root, &[one]) {
                Ok(mut outcomes) => outcomes.remove(0),
                Err(said) => Outcome::Refused(reason(&said)),
            }
        });
        Built {
            outcome,
            is_together,
        }
    });
    all.collect()
}

/// One build of these instructions.
fn build_once(
    engine: &Engine,
    root: &Path,
    requests: &[(usize, &Request)],
) -> Result<Vec<Outcome>, String> {
    let lines = requests
        .iter()
        .map(|(number, request)| request.lines(*number));
    let text: String = std::iter::once("FROM scratch\n".to_owned())
        .chain(lines)
        .collect();
    fs::write(root.join("Dockerfile"), text).unwrap();
    // BuildKit keeps what it was sent under the context's name: as `.` it would keep one for all cases, and links that an
    // earlier one had lead astray where they are gone.
    let context = root.display().to_string();
    let image = export(engine, root, &[&context])?;
    let trees = requests
        .iter()
        .map(|(number, _)| image.tree(&number.to_string()));
    Ok(trees.map(Outcome::Brought).collect())
}

/// More builds than this are not spent on making a case smaller.
const MOST_SHRINKING: usize = 40;

/// More cases than this are not made smaller.
const MOST_SHRUNK: usize = 6;

static SHRUNK: AtomicUsize = AtomicUsize::new(0);

/// The smallest group still not as predicted, in words.
fn smallest(engine: &Engine, group: Group) -> String {
    let mut builds = match SHRUNK.fetch_add(1, Ordering::Relaxed) {
        0..MOST_SHRUNK if !only_first() => 0,
        _ => MOST_SHRINKING,
    };
    let mut group = group;
    let mut told = String::new();
    'again: loop {
        let candidates = group.smaller();
        if told.is_empty() {
            told = disagreement(engine, &group)
                .unwrap_or_else(|| "  only together with others".to_owned());
        }
        for smaller in candidates {
            builds += 1;
            if builds > MOST_SHRINKING {
                break 'again;
            }
            if let Some(still) = disagreement(engine, &smaller) {
                (group, told) = (smaller, still);
                continue 'again;
            }
        }
        break;
    }
    let lines: String = group
        .requests
        .iter()
        .map(|request| request.lines(0))
        .collect();
    format!(
        "{:?}, seed {}: {lines}  tree {:?}\n  ignore file {:?}\n{told}\n  repeat: PLIMSOLL_DIFFERENTIAL=1 \
         PLIMSOLL_DIFFERENTIAL_SEED={} cargo test -p plimsoll-simulate --test differential copies_in -- --nocapture\n",
        engine.oracle,
        group.seed,
        group.landscape.entries(),
        group.ignore,
        group.seed
    )
}

/// How the one instruction of `group` is not as predicted, if so and not known.
fn disagreement(engine: &Engine, group: &Group) -> Option<String> {
    let root = tempfile::tempdir().unwrap();
    group.write(root.path());
    let request = group.requests.first()?;
    let predictor = Predictor::new(engine.oracle, root.path());
    let predicted = predictor.outcome(request);
    let mut said = String::new();
    let built = match build_once(engine, root.path(), &[(0, request)]) {
        Ok(mut outcomes) => outcomes.remove(0),
        Err(text) => {
            said = text
                .lines()
                .rev()
                .find(|line| !line.trim().is_empty())
                .unwrap_or("")
                .to_owned();
            Outcome::Refused(reason(&text))
        }
    };
    let named = sources([request]);
    let is_known = known::of_copy(&predictor, request, &named, &predicted, &built).is_some();
    (!predictor.agrees(request, &predicted, &built) && !is_known)
        .then(|| format!("{} {said}", difference(&predicted, &built)))
}
