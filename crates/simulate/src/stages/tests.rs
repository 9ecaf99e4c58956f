//! Table tests of the stage graph.

use plimsoll_parse::dockerfile;

use super::*;
use crate::expand::Value;

fn shown(reference: &Reference) -> String {
    match reference {
        Reference::Stage(index) => format!("#{index}"),
        Reference::Scratch => "scratch".to_owned(),
        Reference::Image(name) => name.clone(),
        Reference::Context(name) => format!("context:{name}"),
        Reference::Unknown => "?".to_owned(),
        Reference::Invalid => "!".to_owned(),
    }
}

fn graph(text: &str, input: &BuildInput) -> StageGraph {
    StageGraph::new(&dockerfile::parse(text), input)
}

/// Each stage's dependencies joined by blanks, the base first.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_with(text, &BuildInput::default(), expected);
}

#[track_caller]
fn check_with(text: &str, input: &BuildInput, expected: &[&str]) {
    let graph = graph(text, input);
    let stages: Vec<String> = graph
        .stages
        .iter()
        .map(|stage| {
            let targets = stage
                .dependencies
                .iter()
                .map(|dependency| shown(&dependency.target));
            targets.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(stages, expected, "{text}");
}

#[track_caller]
fn check_problem(text: &str, at: &str, part: &str) {
    let problems = graph(text, &BuildInput::default()).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains(part), "{problems:?}");
    assert_eq!(problems[0].span.slice(text), at);
}

#[test]
fn bases() {
    check("FROM a:1", &["a:1"]);
    check("FROM scratch", &["scratch"]);
    check(
        "FROM a AS b\nFROM b\nFROM B\nFROM 0",
        &["a", "#0", "#0", "0"],
    );
    check("FROM a AS a\nFROM a AS a\nFROM a", &["a", "#0", "#1"]);
    check("FROM a AS scratch\nFROM scratch", &["a", "#0"]);
    check("FROM b\nFROM a AS b", &["b", "a"]);
    check_problem("FROM a AS b\nFROM B", "B", "capitals");
}

#[test]
fn bases_are_expanded_among_the_globals() {
    check(
        "ARG V=1 I=a:$V\nFROM $I AS x\nARG J=x\nFROM $J",
        &["a:1", "!"],
    );
    check("ARG S=x\nFROM a AS x\nFROM ${S}", &["a", "#0"]);
    check("FROM a${N:-:1}", &["a:1"]);
    check("FROM --platform=$BUILDPLATFORM a-$TARGETARCH", &["?"]);
    check_problem("FROM ${X}", "${X}", "empty");
    check_problem("FROM ${X?no}", "${X?no}", "X: no");
    let input = BuildInput {
        args: [("I".to_owned(), Value::Known("b".to_owned()))].into(),
        platform: [("TARGETARCH".to_owned(), "arm64".to_owned())].into(),
        ..BuildInput::default()
    };
    check_with("ARG I=a\nFROM $I-$TARGETARCH", &input, &["b-arm64"]);
    check_with("FROM $I-x", &input, &["-x"]);
}

#[test]
fn copies_and_mounts() {
    let text = "FROM a AS x\nFROM b\nCOPY --from=X c d\nCOPY --from=0 c d\nCOPY --from=e:1 c d\nCOPY --from=scratch c d\n\
        RUN --mount=from=x,target=/x --mount=type=cache,target=/c --mount=from=0,target=/z c\nADD f g";
    check(text, &["a", "b #0 #0 e:1 scratch #0 0"]);
}

#[test]
fn later_stages_of_a_name_hide_earlier_ones() {
    let text = "FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=x d e";
    check(text, &["a", "b", "c #1"]);
    check_problem(
        "FROM a AS x\nFROM b AS m\nCOPY --from=x d e\nFROM c AS x\nFROM m",
        "x",
        "above",
    );
}

#[test]
fn references_the_builder_refuses() {
    check_problem("FROM a\nCOPY --from=3 b c", "3", "no stage 3");
    check_problem("FROM a\nCOPY --from=-1 b c", "-1", "no stage");
    check_problem("FROM a\nCOPY --from=$B b c", "$B", "not expanded");
    check_problem("FROM a AS x\nCOPY --from=x b c", "x", "above");
    check_problem(
        "FROM a AS m\nCOPY --from=x b c\nFROM d AS x\nFROM m",
        "x",
        "above",
    );
    let not_built = graph(
        "FROM a\nCOPY --from=x b c\nFROM d AS x",
        &BuildInput::default(),
    );
    assert_eq!(not_built.problems, []);
}

#[test]
fn only_what_the_target_needs_is_built() {
    let text = "FROM a AS check\nRUN false\nFROM b AS base\nFROM c AS tools\nFROM base\nCOPY --from=tools d e";
    let built = |target: Option<&str>| {
        let input = BuildInput {
            target: target.map(str::to_owned),
            ..BuildInput::default()
        };
        graph(text, &input).built().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(built(None), [1, 2, 3]);
    assert_eq!(built(Some("TOOLS")), [2]);
    assert_eq!(built(Some("0")), [0]);
    assert_eq!(built(Some("none")), [0; 0]);
}

#[test]
fn cycles_end() {
    let graph = graph(
        "FROM a AS x\nCOPY --from=y b c\nFROM x AS y",
        &BuildInput::default(),
    );
    assert_eq!(graph.built().len(), 2);
}

#[test]
fn deferred_instructions_bring_their_dependencies() {
    let text = "FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x c d\nFROM y AS z\nFROM z";
    check(text, &["a", "b", "#1 #0", "#2"]);
}

#[test]
fn contexts_replace_stages_and_images() {
    let input = BuildInput {
        contexts: ["x".to_owned(), "alpine".to_owned()].into(),
        ..BuildInput::default()
    };
    let text = "FROM a AS x\nCOPY --from=b c d\nFROM alpine:latest\nFROM x\nFROM docker.io/library/alpine\nFROM alpine:3";
    let expected = [
        "context:x",
        "context:alpine",
        "#0",
        "context:docker.io/library/alpine",
        "alpine:3",
    ];
    let shown: Vec<String> = graph(text, &input)
        .stages
        .iter()
        .map(|stage| shown(&stage.base))
        .collect();
    assert_eq!(
        shown,
        expected.map(|name| if name == "context:alpine" {
            "context:alpine:latest"
        } else {
            name
        })
    );
    assert_eq!(graph(text, &input).stages[0].dependencies.len(), 1);
}

#[test]
fn stages_know_their_instructions() {
    let text = "ARG A\nFROM a\nRUN b\nFROM c AS d\n";
    let graph = graph(text, &BuildInput::default());
    let places: Vec<Option<usize>> = (0..5).map(|index| graph.stage_of(index)).collect();
    assert_eq!(places, [None, Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(graph.stages[0].body, 2..3);
    assert_eq!(graph.stages[1].body, 4..4);
    let images: Vec<&str> = graph.images().map(|(_, _, name)| name).collect();
    assert_eq!(images, ["a", "c"]);
}

#[test]
fn many_children_of_many_triggers_are_bounded() {
    let text = format!(
        "FROM a AS x\n{}{}",
        "ONBUILD ENV A=b\n".repeat(2000),
        "FROM x\n".repeat(2000)
    );
    assert_eq!(graph(&text, &BuildInput::default()).stages.len(), 2001);
}
