//! Table tests of ARG and ENV.

use plimsoll_parse::dockerfile;
use proptest::prelude::*;

use super::*;

/// Values of `names` at the last instruction, as `NAME=value`, `NAME!` for unset and `NAME?` for unknown.
fn values(text: &str, input: &BuildInput, precedence: Precedence, names: &str) -> String {
    let file = dockerfile::parse(text);
    let graph = StageGraph::new(&file, input);
    let scopes = Scopes::new(&file, &graph, input, precedence);
    let environment = scopes.environment(file.instructions.len() - 1);
    let shown = names.split(' ').map(|name| match environment.value(name) {
        Value::Known(text) => format!("{name}={text}"),
        Value::Unset => format!("{name}!"),
        Value::Unknown => format!("{name}?"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn names_of(expected: &str) -> String {
    let names = expected
        .split(' ')
        .map(|item| item.split(['=', '!', '?']).next().unwrap_or(""));
    names.collect::<Vec<_>>().join(" ")
}

/// The names in `expected` must have these values where `RUN end` stands, behind `text`.
#[track_caller]
fn check(text: &str, expected: &str) {
    check_with(text, &[], expected);
}

#[track_caller]
fn check_with(text: &str, args: &[(&str, &str)], expected: &str) {
    let known =
        |(name, value): &(&str, &str)| ((*name).to_owned(), Value::Known((*value).to_owned()));
    let input = BuildInput {
        args: args.iter().map(known).collect(),
        ..BuildInput::default()
    };
    let text = format!("{text}\nRUN end");
    let found = values(&text, &input, Precedence::LaterWins, &names_of(expected));
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn check_env_wins(text: &str, expected: &str) {
    let text = format!("{text}\nRUN end");
    let found = values(
        &text,
        &BuildInput::default(),
        Precedence::EnvWins,
        &names_of(expected),
    );
    assert_eq!(found, expected, "{text}");
}

#[test]
fn args_live_from_their_line() {
    check("FROM scratch\nARG A=1", "A=1");
    check("FROM scratch\nENV B=$A\nARG A=1", "A=1 B=");
    check("FROM scratch\nARG A=1\nARG A", "A=1");
    check("FROM scratch\nARG A", "A!");
    check("FROM scratch\nARG A=1 B=$A C", "A=1 B=1 C!");
    check("FROM scratch\nARG A=1\nARG A=${A}2", "A=12");
    check("FROM scratch\nARG A=1\nFROM scratch", "A!");
}

#[test]
fn build_args_replace_defaults() {
    check_with("FROM scratch\nARG A=1", &[("A", "2")], "A=2");
    check_with("FROM scratch\nARG A", &[("A", "2")], "A=2");
    check_with("FROM scratch\nENV B=x", &[("A", "2")], "A! B=x");
    check_with("FROM scratch\nENV A=1\nARG A", &[("A", "2")], "A=2");
    check_with("ARG A=1\nFROM scratch\nARG A", &[("A", "2")], "A=2");
}

#[test]
fn global_args_must_be_declared_again() {
    check("ARG A=1\nFROM scratch\nENV B=$A", "A! B=");
    check("ARG A=1\nFROM scratch\nARG A", "A=1");
    check("ARG A=1\nFROM scratch\nARG A=2", "A=2");
    check("ARG A\nFROM scratch\nARG A", "A!");
    check("ARG A=1 B=${A}x\nFROM scratch\nARG B", "A! B=1x");
    check_with("ARG A B=${A}x\nFROM scratch\nARG B", &[("A", "7")], "B=7x");
}

#[test]
fn env_pairs_are_expanded_together() {
    check("FROM scratch\nENV A=1\nENV A=2 B=$A", "A=2 B=1");
    check("FROM scratch\nARG V=x\nENV A=$V\nENV B=$A-$A", "B=x-x");
    check("FROM scratch\nENV K=N\nENV $K=1", "N=1");
    check("FROM scratch\nENV A b  c\nENV B=\"${A// /_}\"", "B=b__c");
    check(
        "FROM scratch\nENV A='$B' C=\"a\\\"b\" D=a\\ b\nENV D=\"${D/ /_}\"",
        "A=$B C=a\"b D=a_b",
    );
}

#[test]
fn precedence() {
    check("FROM scratch\nENV A=1\nARG A=2", "A=2");
    check("FROM scratch\nARG A=2\nENV A=1", "A=1");
    check_env_wins("FROM scratch\nENV A=1\nARG A=2", "A=1");
    check_env_wins("FROM scratch\nARG A=2\nENV A=${A}3", "A=23");
    check_env_wins("FROM scratch AS x\nENV A=1\nFROM x\nARG A=2", "A=1");
    check_env_wins("FROM scratch AS x\nARG A=1\nFROM x\nARG A=2", "A=2");
}

#[test]
fn stages_inherit_from_their_base() {
    check("FROM scratch AS x\nARG A=1\nENV B=2\nFROM x", "A=1 B=2");
    check(
        "FROM scratch AS x\nENV B=2\nFROM x AS y\nFROM y\nENV C=$B",
        "C=2",
    );
    check(
        "FROM scratch AS x\nENV A=1\nFROM scratch\nCOPY --from=x a b",
        "A!",
    );
    // The parent's ENV is set once more at the start, over its later ARG.
    check("FROM scratch AS x\nENV A=1\nARG A=2\nFROM x", "A=1");
    check(
        "FROM scratch AS w\nENV A=1\nFROM w AS x\nARG A=2\nENV B=$A\nFROM x",
        "A=1 B=2",
    );
}

#[test]
fn deferred_env_is_set_in_the_child() {
    check("FROM scratch AS x\nONBUILD ENV A=1\nFROM x", "A=1");
    check("FROM scratch AS x\nONBUILD ENV A=1", "A!");
    check(
        "FROM scratch AS x\nONBUILD ENV A=1\nENV A=0\nFROM x AS y\nENV B=$A\nFROM y",
        "A=1 B=1",
    );
    check(
        "FROM scratch AS x\nONBUILD ARG A=1\nFROM x AS y\nFROM scratch",
        "A!",
    );
}

#[test]
fn what_is_deferred_is_expanded_behind_what_is_deferred_before() {
    let text = "FROM scratch AS x\nONBUILD LABEL a=$A\nONBUILD ENV A=1\nONBUILD LABEL b=$A\nFROM x\nENV A=2";
    let file = dockerfile::parse(text);
    let graph = StageGraph::new(&file, &BuildInput::default());
    for precedence in [Precedence::LaterWins, Precedence::EnvWins] {
        let scopes = Scopes::new(&file, &graph, &BuildInput::default(), precedence);
        let seen = graph.triggers(&file, 1).map(|(index, _)| {
            let environment = scopes.of_trigger(1, index);
            environment.get("A").value
        });
        let one = Value::Known("1".to_owned());
        assert_eq!(Vec::from_iter(seen), [Value::Unset, Value::Unset, one]);
    }
}

#[test]
fn the_base_image_is_unknown() {
    check("FROM a\nENV B=$A/x", "A? B?");
    check("FROM a\nARG A", "A?");
    check("FROM a AS x\nENV C=1\nFROM x", "A? C=1");
    check("FROM $TARGETARCH AS x\nFROM x", "A?");
    check(
        "FROM scratch",
        "A! PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    check("FROM a\nENV B=${A:-1} C=${A:+1}", "B? C?");
}

#[test]
fn platform_args() {
    check("FROM scratch\nENV A=$TARGETARCH", "TARGETARCH! A=");
    check("FROM scratch\nARG TARGETARCH", "TARGETARCH?");
    check("FROM scratch AS end\nARG TARGETSTAGE", "TARGETSTAGE=end");
    check("FROM scratch\nARG TARGETSTAGE", "TARGETSTAGE=default");
    check_with(
        "FROM scratch\nARG TARGETOS",
        &[("TARGETOS", "plan9")],
        "TARGETOS=plan9",
    );
}

#[test]
fn proxy_args() {
    check_with("FROM scratch", &[("HTTP_PROXY", "p")], "HTTP_PROXY!");
    check_with(
        "FROM scratch\nARG HTTP_PROXY",
        &[("HTTP_PROXY", "p")],
        "HTTP_PROXY=p",
    );
    let input = BuildInput {
        args: [
            ("no_proxy".to_owned(), Value::Known("x".to_owned())),
            ("A".to_owned(), Value::Unknown),
        ]
        .into(),
        ..BuildInput::default()
    };
    let names: Vec<String> = input.proxies().into_keys().collect();
    assert_eq!(names, ["NO_PROXY", "no_proxy"]);
}

#[test]
fn bindings_lead_back_to_their_source() {
    let text = "ARG V=1\nFROM scratch\nARG V\nARG W=/x/$V\nENV D=$W/y E=2\nWORKDIR $D";
    let file = dockerfile::parse(text);
    let input = BuildInput::default();
    let graph = StageGraph::new(&file, &input);
    let scopes = Scopes::new(&file, &graph, &input, Precedence::LaterWins);
    let environment = scopes.environment(5);
    let found = |name: &str| environment.get(name).binding.unwrap();
    assert_eq!(found("D").instruction, 4);
    assert_eq!(found("D").expansion.variables(), ["W"]);
    assert_eq!(found("D").value, Value::Known("/x/1/y".to_owned()));
    assert_eq!(found("D").written.unwrap().slice(text), "$W/y");
    assert_eq!(found("W").expansion.literal_prefix(), "/x/");
    assert_eq!(found("V").source, Source::Global(0));
    assert_eq!(found("V").name_span.slice(text), "V");
    assert_eq!(graph.globals.bindings()[0].name_span.start, 4);
    let set: Vec<&str> = scopes
        .set_by(4)
        .iter()
        .map(|binding| binding.name.as_str())
        .collect();
    assert_eq!(set, ["D", "E"]);
    let visible: Vec<&str> = environment.visible().into_keys().collect();
    assert_eq!(visible, ["D", "E", "V", "W"]);
    assert_eq!(
        scopes.environment(1).value("V"),
        Value::Known("1".to_owned())
    );
    assert_eq!(scopes.environment(3).get("W").binding, None);
}

#[test]
fn a_declaration_without_a_value_is_found() {
    let text = "FROM a\nARG A\nRUN end";
    let file = dockerfile::parse(text);
    let input = BuildInput::default();
    let graph = StageGraph::new(&file, &input);
    let scopes = Scopes::new(&file, &graph, &input, Precedence::LaterWins);
    let found = scopes.environment(2).get("A");
    assert_eq!(found.value, Value::Unknown);
    assert_eq!(
        found.binding.map(|binding| binding.source),
        Some(Source::Nothing)
    );
    assert_eq!(scopes.environment(2).visible().len(), 0);
}

#[test]
fn growth_is_bounded() {
    let doubling = "ENV A=$A$A\n".repeat(64);
    check(&format!("FROM scratch\nENV A=xx\n{doubling}"), "A?");
    let wide = format!(
        "FROM scratch\nENV A={}\n{}",
        "x".repeat(60_000),
        "ENV B=$A\n".repeat(3000)
    );
    check(&wide, "B?");
}

#[test]
fn deep_chains_are_bounded() {
    let chain = "FROM s AS s\n".repeat(2000);
    check(&format!("FROM scratch AS s\nENV A=1\n{chain}"), "A?");
    let chain = "FROM s AS s\n".repeat(20);
    check(&format!("FROM scratch AS s\nENV A=1\n{chain}"), "A=1");
}

#[test]
fn args_end_with_their_stage_where_env_wins() {
    check_env_wins("FROM scratch AS a\nARG A=1\nENV B=2\nFROM a", "A! B=2");
    check_env_wins("FROM scratch AS a\nARG A=1\nFROM a\nARG A", "A!");
    check_env_wins(
        "FROM scratch AS a\nENV A=1\nARG A=2\nFROM a\nARG A=3",
        "A=1",
    );
    check_env_wins("ARG A=1\nFROM scratch AS a\nFROM a\nARG A", "A=1");
}

/// Nothing panics, and every name has a value everywhere.
fn assert_sound(text: &str) {
    let file = dockerfile::parse(text);
    let input = BuildInput {
        args: [("A".to_owned(), Value::Unknown)].into(),
        ..BuildInput::default()
    };
    let graph = StageGraph::new(&file, &input);
    for precedence in [Precedence::LaterWins, Precedence::EnvWins] {
        let scopes = Scopes::new(&file, &graph, &input, precedence);
        for index in 0..file.instructions.len() {
            let environment = scopes.environment(index);
            for (name, binding) in environment.visible() {
                assert_eq!(environment.value(name), binding.value);
                assert!(
                    text.get(binding.name_span.start as usize..binding.name_span.end as usize)
                        .is_some()
                );
            }
            assert!(
                scopes
                    .set_by(index)
                    .iter()
                    .all(|binding| binding.instruction == index)
            );
        }
    }
    assert!(graph.built().len() <= graph.stages.len());
}

proptest! {
    #[test]
    fn plausible_files_are_evaluated(parts in prop::collection::vec(prop_oneof![
        Just("FROM scratch\n"), Just("FROM a AS a\n"), Just("FROM a\n"), Just("FROM b AS B\n"), Just("ARG A=$B\n"), Just("ARG A B=1\n"),
        Just("ENV A=${A:-x}$B B=$A\n"), Just("ENV $A b\n"), Just("ONBUILD ENV A=2\n"), Just("ONBUILD ARG B=$A\n"), Just("ARG TARGETARCH\n"),
        Just("COPY --from=b x y\n"), Just("COPY --from=1 x y\n"), Just("ONBUILD COPY --from=a x y\n"), Just("RUN --mount=from=a,target=/x x\n"),
        Just("FROM $A\n"), Just("ENV A=${B#*/}\n"), Just("junk\n"),
    ], 0..30)) {
        assert_sound(&parts.concat());
    }
}
