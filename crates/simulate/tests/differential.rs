//! Generated builds, by the thousand where asked for: what each builder makes of them, against what is predicted.
//!
//! `cargo xtask bench --differential` runs this with thousands of cases and writes the figures into `docs/src/fidelity.md`;
//! the ordinary tests run a few. A case is its seed. Where a prediction fails, the case is made smaller and printed with
//! the command that repeats it. A known difference of a builder is a predicate in `differential/known.rs`, and is counted.
//!
//! `PLIMSOLL_DIFFERENTIAL` is how many COPY and ADD instructions to build, `PLIMSOLL_DIFFERENTIAL_FILES` how many
//! Dockerfiles, `PLIMSOLL_DIFFERENTIAL_PLACES` how many contexts and Dockerfiles to find, `PLIMSOLL_DIFFERENTIAL_SEED` the first seed, and
//! `PLIMSOLL_DIFFERENTIAL_FIGURES` a folder for the figures; with `PLIMSOLL_DIFFERENTIAL_FIRST` the first disagreement ends it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on may panic, and the figures are for whoever runs it"
)]

#[path = "differential/batch.rs"]
mod batch;
#[path = "differential/client.rs"]
mod client;
#[path = "differential/copies.rs"]
mod copies;
#[path = "oracle/dice.rs"]
mod dice;
#[path = "dockerfile_builders/engines.rs"]
mod engines;
#[path = "differential/expected.rs"]
mod expected;
#[path = "differential/export.rs"]
mod export;
#[path = "differential/figures.rs"]
mod figures;
#[path = "differential/files.rs"]
mod files;
#[path = "differential/known.rs"]
mod known;
#[path = "differential/landscape.rs"]
mod landscape;
#[path = "differential/outcome.rs"]
mod outcome;
#[path = "differential/places.rs"]
mod places;
#[path = "dockerfile_builders/predict.rs"]
mod predict;
#[expect(dead_code, reason = "every case is built here")]
#[path = "oracle/tools.rs"]
mod tools;
#[path = "oracle/tree.rs"]
mod tree;

use engines::{Engine, Oracle};
use figures::{Asked, Tally, judge_all};

fn find(oracle: Oracle) -> Option<Engine> {
    let engine = Engine::find(oracle)?;
    if !engine.is_version_compared() {
        println!("{oracle:?} is another version than the one whose differences are known");
    }
    Some(engine)
}

/// Builds generated groups of COPY and ADD.
fn compare_copies(oracle: Oracle) {
    let Some(engine) = find(oracle) else {
        return;
    };
    let asked = Asked::from_environment("PLIMSOLL_DIFFERENTIAL", 150);
    let tally = judge_all("copies", oracle, &asked, copies::Group::generate, |group| {
        batch::judge(&engine, group)
    });
    finish(&tally);
}

/// Builds generated Dockerfiles.
fn compare_files(oracle: Oracle) {
    let Some(engine) = find(oracle) else {
        return;
    };
    let asked = Asked::from_environment("PLIMSOLL_DIFFERENTIAL_FILES", 60);
    let generate = |seed| files::File::generate(seed, oracle);
    let tally = judge_all("files", oracle, &asked, generate, |file| {
        files::judge(&engine, file)
    });
    finish(&tally);
}

/// Builds what generated names of contexts and Dockerfiles lead to.
fn compare_places(oracle: Oracle) {
    let Some(engine) = find(oracle) else {
        return;
    };
    let asked = Asked::from_environment("PLIMSOLL_DIFFERENTIAL_PLACES", 40);
    let tally = judge_all("places", oracle, &asked, places::Place::generate, |place| {
        places::judge(&engine, place)
    });
    finish(&tally);
}

fn finish(tally: &Tally) {
    tally.tell();
    assert!(
        tally.disagreements.is_empty(),
        "{} of {} cases are not as predicted",
        tally.disagreements.len(),
        tally.cases
    );
}

#[test]
fn copies_in_buildkit() {
    compare_copies(Oracle::BuildKit);
}

#[test]
fn copies_in_the_classic_builder() {
    compare_copies(Oracle::Classic);
}

#[test]
fn copies_in_buildah() {
    compare_copies(Oracle::Buildah);
}

#[test]
fn files_in_buildkit() {
    compare_files(Oracle::BuildKit);
}

#[test]
fn files_in_the_classic_builder() {
    compare_files(Oracle::Classic);
}

#[test]
fn files_in_buildah() {
    compare_files(Oracle::Buildah);
}

#[test]
fn places_in_buildkit() {
    compare_places(Oracle::BuildKit);
}

#[test]
fn places_in_the_classic_builder() {
    compare_places(Oracle::Classic);
}

#[test]
fn places_in_buildah() {
    compare_places(Oracle::Buildah);
}
