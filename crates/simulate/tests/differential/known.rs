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

fn brings_folders_only(predicted: &Outcome) -> bool {
    matches!(predicted, Outcome::Brought(tree) if tree.values().all(|what| what == "folder"))
}

/// What some builder makes otherwise of a Dockerfile, told by what is written there. Each stands in `docs/src/fidelity.md`.
pub(crate) fn of_file(oracle: Oracle, build: &Build) -> Option<&'static str> {
    let text = build.text.as_str();
    let lines = || text.lines().map(str::trim);
    let arguments = || lines().filter_map(|line| line.strip_prefix("ARG "));
    let old = true;
    let classic = oracle == Oracle::Classic;
    let buildah = oracle == Oracle::Buildah;
    let has_any = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let has_json_rest = lines().any(|line| line.contains("] b"));
    let differences = [
        (
            old,
            has_any(&["${A-d}", "${C+p}"]),
            "`-` and `+` need a colon",
        ),
        (old, has_json_rest, "text behind a JSON array is dropped"),
        (
            old,
            arguments().any(has_several_pairs),
            "the names of one ARG are expanded together",
        ),
        (
            old,
            has_any(&["STOPSIGNAL $"]),
            "whether a signal exists is not simulated",
        ),
        (
            buildah,
            !text.starts_with("ARG") && !text.to_lowercase().starts_with("from"),
            "what precedes the first FROM is passed over",
        ),
        (
            buildah,
            has_any(&["VOLUME /v$A"]),
            "blanks around a volume are cut off",
        ),
        (
            classic,
            arguments().any(|names| !names.contains('=')),
            "ARG without a value unsets the name",
        ),
        (
            classic,
            has_any(&["TARGET", "BUILDARCH"]),
            "there are no platform arguments",
        ),
        (
            classic,
            build.target.is_some() || text.matches("FROM").count() > 1,
            "every stage above the target is built",
        ),
        (
            buildah,
            has_any(&["$$", "$12"]),
            "names are letters, digits and `_`",
        ),
        (buildah, has_any(&["${}"]), "a blank name is taken"),
        (buildah, has_any(&[":?"]), "there is no `?`"),
        (
            buildah,
            has_any(&["\\\\"]),
            "a line that ends in two backslashes is continued",
        ),
        (
            buildah,
            has_any(&["8000-8002"]),
            "a range of ports stays one entry",
        ),
        (
            buildah,
            has_any(&["AS S"]) || build.target.as_deref() == Some("S0"),
            "stage names keep their case",
        ),
    ];
    let applies = differences
        .into_iter()
        .find(|(is_old, is_there, _)| *is_old && *is_there);
    applies.map(|(_, _, why)| why)
}

fn has_several_pairs(arguments: &str) -> bool {
    arguments.matches('=').count() > 1
}
