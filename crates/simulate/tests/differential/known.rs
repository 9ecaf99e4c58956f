//! The known differences of the builders, each as narrow as it can be told.

use plimsoll_model::Builder;

use crate::copies::Group;
use crate::engines::{Build, Oracle};
use crate::expected::Predictor;
use crate::outcome::{Outcome, Why};

/// Why a builder differs from the prediction for the one instruction of `group`, where that is known.
pub(crate) fn of_copy(
    predictor: &Predictor,
    group: &Group,
    predicted: &Outcome,
    built: &Outcome,
) -> Option<&'static str> {
    let sources = || group.requests.iter().flat_map(|request| &request.sources);
    let is_brought = matches!(predicted, Outcome::Brought(_));
    let ends_in_dots = |source: &String| source.ends_with("/.") || source.ends_with("/..");
    let older = || {
        let request = group.requests.first()?;
        let older = predictor.of_older_buildkit(request)?;
        predictor.agrees(request, &older, built).then_some(())
    };
    match predictor.builder {
        Builder::Buildkit if older().is_some() => Some("the client's older ignore rules"),
        Builder::Buildkit if is_brought && *built == Outcome::Refused(Why::Sender) => {
            Some("a wildcard in a folder's place matches a link to a file: the client fails")
        }
        Builder::Buildkit
            if *built == Outcome::Refused(Why::Source)
                && sources().any(|source| source.contains('\\')) =>
        {
            Some("a name with a backslash is not found")
        }
        Builder::Buildkit if sources().any(|source| has_open_class(source)) => {
            Some("a malformed wildcard is noticed only where it is compared")
        }
        Builder::Buildkit
            if brings_folders_only(predicted)
                && *built == Outcome::Refused(Why::Source)
                && sources().any(|source| source.contains(['*', '?', '['])) =>
        {
            Some("an empty folder that a wildcard finds behind a link is not sent")
        }
        Builder::Buildkit
            if sources().any(|source| has_wildcard_folder(source)) && is_less(built, predicted) =>
        {
            Some("not all is sent that a link in a folder found by a wildcard leads to")
        }
        Builder::Classic if is_brought && sources().any(ends_in_dots) => {
            Some("a file named with `/.` behind it becomes the destination itself")
        }
        _ => None,
    }
}

/// Whether a `[` is not closed.
fn has_open_class(source: &str) -> bool {
    source
        .split('/')
        .any(|part| part.contains('[') && !part.contains(']'))
}

/// Whether a wildcard stands for a folder on the way, not for what is copied.
fn has_wildcard_folder(source: &str) -> bool {
    let source = source.trim_end_matches('/');
    let folders = source.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.contains(['*', '?', '['])
}

/// Whether `built` is a part of what was predicted, and nothing else.
fn is_less(built: &Outcome, predicted: &Outcome) -> bool {
    match (built, predicted) {
        (Outcome::Brought(built), Outcome::Brought(predicted)) => {
            built.len() < predicted.len()
                && built
                    .iter()
                    .all(|(path, what)| predicted.get(path) == Some(what))
        }
        _ => false,
    }
}

fn brings_folders_only(predicted: &Outcome) -> bool {
    matches!(predicted, Outcome::Brought(tree) if tree.values().all(|what| what == "folder"))
}

/// Whether a Dockerfile holds what `oracle` is known to take otherwise, told by what is written there. Such files are not
/// generated for it: what they show stands in `dockerfile_builders/cases.rs`, one case each, with what differs.
pub(crate) fn takes_otherwise(oracle: Oracle, build: &Build) -> bool {
    let text = build.text.as_str();
    let has_any = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let arguments = || {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix("ARG "))
    };
    let by_all = has_any(&["${A-d}", "${C+p}", "] b", "STOPSIGNAL $"])
        || arguments().any(|names| names.matches('=').count() > 1);
    by_all
        || match oracle {
            Oracle::BuildKit => false,
            Oracle::Classic => {
                has_any(&["TARGET", "BUILDARCH"]) || arguments().any(|names| !names.contains('='))
            }
            Oracle::Buildah => {
                has_any(&[
                    "VOLUME /v$A",
                    "$$",
                    "$12",
                    "${}",
                    ":?",
                    "\\\\",
                    "8000-8002",
                    "AS S",
                ]) || build.target.as_deref() == Some("S0")
                    || !(text.starts_with("ARG") || text.to_lowercase().starts_with("from"))
            }
        }
}
