//! What builders make of a Dockerfile's words, arguments and variables, against what is predicted.
//!
//! Every case is built by the engine's BuildKit, by its older builder and by buildah where they are installed, and what the
//! image says about itself is compared. A case in which a builder differs says why; the version the difference was
//! seen in has to go on differing.
//!
//! The BuildKit here is the one inside the engine: without network no newer frontend can be fetched. What that one lacks
//! (here-documents, the operators `#`, `%` and `/`, flags added since) rests on the source alone.
//!
//! Where `PLIMSOLL_REQUIRE` names the builder (`buildkit`, `docker` for the older one, `buildah`) all cases are built, else
//! every fifth. Files that are generated are compared in `differential.rs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

#[path = "dockerfile_builders/cases.rs"]
mod cases;
#[path = "dockerfile_builders/engines.rs"]
mod engines;
#[path = "dockerfile_builders/predict.rs"]
mod predict;
#[path = "oracle/tools.rs"]
mod tools;

use cases::{Case, hard_cases};
use engines::{Engine, Oracle};
use predict::predict;
use tools::{in_parallel, sample};

/// What is to be said about a case; nothing where all is as predicted.
fn difference(engine: &Engine, is_version_compared: bool, case: &Case) -> Option<String> {
    let predicted = predict(&case.build, engine.oracle);
    let built = engine.build(&case.build);
    let agree = predicted.as_ref().ok() == built.as_ref().ok();
    let known = case
        .differs
        .iter()
        .find(|(oracle, _)| *oracle == engine.oracle);
    match (agree, known) {
        (true, None) | (false, Some(_)) => None,
        (true, Some(_)) if !is_version_compared => None,
        (true, Some((oracle, why))) => Some(format!(
            "{oracle:?} no longer differs ({why}):\n{}\n",
            case.build.text
        )),
        (false, None) => Some(format!(
            "{:?} {:?}\n{}\n  predicted {predicted:?}\n  built     {built:?}\n",
            engine.oracle, case.build.args, case.build.text
        )),
    }
}

/// Builds every fifth case, or all of them where the builder is required.
fn compare(oracle: Oracle, mut cases: Vec<Case>) {
    cases.retain(|case| !case.unasked.contains(&oracle));
    let Some(engine) = Engine::find(oracle) else {
        return;
    };
    let chosen = sample(oracle.tool(), cases);
    let same_version = engine.is_version_compared();
    let differences = in_parallel(&chosen, |case| difference(&engine, same_version, case));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn hard_files_in_buildkit() {
    compare(Oracle::BuildKit, hard_cases());
}

#[test]
fn hard_files_in_the_classic_builder() {
    compare(Oracle::Classic, hard_cases());
}

#[test]
fn hard_files_in_buildah() {
    compare(Oracle::Buildah, hard_cases());
}
