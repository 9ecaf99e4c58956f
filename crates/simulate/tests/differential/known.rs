//! The known differences of the builders, each as narrow as it can be told.

use plimsoll_model::Builder;
use plimsoll_parse::dockerfile::{self, Body};

use crate::copies::Request;
use crate::engines::{Build, Oracle};
use crate::expected::Predictor;
use crate::outcome::{Outcome, Tree, Why};

/// Why a builder differs from the prediction for one instruction, where that is known. `named` are the sources of the whole
/// build it stood in.
pub(crate) fn of_copy(
    predictor: &Predictor,
    request: &Request,
    named: &[&str],
    predicted: &Outcome,
    built: &Outcome,
) -> Option<&'static str> {
    match predictor.builder {
        Builder::Buildkit => of_buildkit(predictor, request, named, built),
        Builder::Classic => of_classic(predictor, request, predicted, built),
        Builder::Buildah | Builder::Kaniko => None,
    }
}

/// What is sent decides: the answer has to be the one predicted for what the client sends.
fn of_buildkit(
    predictor: &Predictor,
    request: &Request,
    named: &[&str],
    built: &Outcome,
) -> Option<&'static str> {
    let is_so = |request: &Request, named: &[&str]| {
        let older = predictor.of_older_client(request, named);
        older.is_some_and(|older| predictor.agrees(request, &older, built))
    };
    if is_so(request, &[]) {
        return Some("the client's older ignore rules");
    }
    if is_so(request, named) {
        return Some(match built {
            Outcome::Refused(Why::Sender) => {
                "a wildcard stands for a link to a file: the client fails"
            }
            _ if request.sources.iter().any(|source| source.contains('\\')) => {
                "a name with a backslash is not sent"
            }
            _ => "not all is sent that a link found by a wildcard leads to",
        });
    }
    let mut others = request.clone();
    others.sources.retain(|source| !has_open_class(source));
    let is_malformed = others.sources.len() < request.sources.len();
    let brings_nothing = || *built == Outcome::Brought(Tree::new());
    let is_passed_over = match others.sources.is_empty() {
        true => brings_nothing(),
        false => is_so(&others, named),
    };
    (is_malformed && is_passed_over)
        .then_some("a malformed wildcard is noticed only where it is compared")
}

/// The file is where the destination should be, or that fails; nothing comes that is not predicted.
fn of_classic(
    predictor: &Predictor,
    request: &Request,
    predicted: &Outcome,
    built: &Outcome,
) -> Option<&'static str> {
    let Outcome::Brought(predicted) = predicted else {
        return None;
    };
    let brings_other = match built {
        Outcome::Brought(built) => built
            .values()
            .any(|what| what != "folder" && !predicted.values().any(|known| known == what)),
        Outcome::Refused(_) => false,
    };
    let is_file = |source: &String| predictor.is_file_with_dots(source);
    (!brings_other && request.sources.iter().any(is_file))
        .then_some("a file named with `/.` behind it becomes the destination itself")
}

/// Whether a `[` is not closed.
fn has_open_class(source: &str) -> bool {
    source
        .split('/')
        .any(|part| part.contains('[') && !part.contains(']'))
}

/// Whether two lines expose one number, with other protocols.
fn exposes_a_number_twice(text: &str) -> bool {
    let has_line = |wanted: &str| text.lines().any(|line| line.trim_end() == wanted);
    has_line("EXPOSE 80") && has_line("EXPOSE 80/udp 81")
}

/// Whether another instruction than ARG stands before the first FROM.
fn has_more_before_from(text: &str) -> bool {
    let file = dockerfile::parse(text);
    let bodies = file
        .instructions
        .iter()
        .map(|instruction| &instruction.body);
    let mut before = bodies.take_while(|body| !matches!(body, Body::From { .. }));
    before.any(|body| !matches!(body, Body::Arg(_)))
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
                    || has_more_before_from(text)
                    || exposes_a_number_twice(text)
            }
        }
}
