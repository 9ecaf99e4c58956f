//! Where arguments land, and which checks stand before.

use super::DockerfileUnit;
use crate::sink::SinkKind;

/// `ARGUMENT kind word` of each sink in the order of the file, `guarded` behind those that a check stands before.
fn check(dockerfile: &str, expected: &[&str]) {
    let unit = DockerfileUnit::new(dockerfile);
    let mut told: Vec<(u32, String)> = unit
        .sinks
        .iter()
        .map(|sink| {
            let word = sink.word.slice(dockerfile);
            let guarded = if sink.guard.is_some() { " guarded" } else { "" };
            let line = format!("{} {} {word}{guarded}", sink.argument, name(&sink.kind));
            (sink.word.start, line)
        })
        .collect();
    told.sort();
    let told: Vec<String> = told.into_iter().map(|(_, line)| line).collect();
    assert_eq!(told, expected, "{dockerfile}");
}

fn name(kind: &SinkKind) -> &'static str {
    match kind {
        SinkKind::CopySource => "source",
        SinkKind::CopyDestination => "destination",
        SinkKind::Workdir => "workdir",
        SinkKind::MountSource => "mount",
        SinkKind::CacheName => "cache",
        SinkKind::Secret => "secret",
        SinkKind::SecretTarget => "secret target",
        SinkKind::BaseImage { .. } => "image",
        SinkKind::Download { .. } => "download",
        SinkKind::Command { .. } => "command",
        SinkKind::Option { .. } => "option",
        SinkKind::UnquotedWord { .. } => "unquoted",
        SinkKind::WrittenFile => "file",
        SinkKind::FetchedCode { .. } => "fetched",
        SinkKind::ProgramVariable { .. } => "variable",
        SinkKind::Entrypoint { .. } => "start",
    }
}

#[test]
fn words_the_builder_expands() {
    check(
        "ARG B=alpine\nFROM $B\nARG A\nWORKDIR /srv/$A\nCOPY $A /x\nCOPY x /y/$A\nADD ${A} /z\nADD https://h/$A /z\n\
         RUN --mount=type=bind,source=$A,target=/m true\n",
        &[
            "B image $B",
            "A workdir /srv/$A",
            "A source $A",
            "A destination /y/$A",
            "A download ${A}",
            "A download https://h/$A",
            "A mount $A",
        ],
    );
}

#[test]
fn values_of_too_many_arguments_are_told() {
    let check = |count: usize, expected: bool| {
        let names = (0..count).map(|at| format!("A{at}"));
        let declared: String = names.clone().map(|name| format!("ARG {name}\n")).collect();
        let joined: String = names.map(|name| format!("${name}")).collect();
        let text = format!("FROM x\n{declared}ENV ALL={joined}\nWORKDIR $ALL\nRUN eval \"$ALL\"\n");
        let unit = super::DockerfileUnit::new(&text);
        assert_eq!(!unit.cut.is_empty(), expected, "{count}: {:?}", unit.cut);
    };
    check(16, false);
    check(17, true);
}

#[test]
fn mounts() {
    check(
        "FROM x\nARG A\nARG TARGETARCH\nRUN --mount=type=cache,id=$A,source=$A,target=/m true\n\
         RUN --mount=type=cache,target=/c/$A true\nRUN --mount=type=cache,id=x,target=/d/$A true\n\
         RUN --mount=type=cache,id=x-$TARGETARCH,target=/m true\nRUN --mount=type=secret,id=$A,target=/s/$A true\n\
         RUN --mount=type=secret,src=$A true\nRUN --mount=type=ssh,id=$A true\nRUN --mount=type=tmpfs,target=$A true\n\
         RUN --mount=type=bind,from=$A,target=/m true\n",
        &[
            "A cache $A",
            "A mount $A",
            "A cache /c/$A",
            "A secret $A",
            "A secret target /s/$A",
            "A secret $A",
            "A secret $A",
        ],
    );
}

#[test]
fn an_argument_lives_in_its_stage_and_those_built_on_it() {
    check("ARG A\nFROM alpine\nCOPY $A /x\n", &[]);
    check(
        "ARG A=x\nFROM alpine\nARG A\nCOPY $A /x\n",
        &["A source $A"],
    );
    check("FROM alpine AS a\nARG A\nFROM alpine\nCOPY $A /x\n", &[]);
    check(
        "FROM alpine AS a\nARG A\nFROM a\nCOPY $A /x\n",
        &["A source $A"],
    );
    check("FROM alpine\nCOPY $A /x\nARG A\n", &[]);
}

#[test]
fn values_are_followed_through_env_and_defaults() {
    check(
        "FROM alpine\nARG A\nENV B=$A C=x\nENV D=${B}\nCOPY $D /x\nCOPY $C /x\n",
        &["A source $D"],
    );
    check(
        "FROM alpine\nARG A\nARG B=${A}\nCOPY $B /x\n",
        &["A source $B", "B source $B"],
    );
    check("FROM alpine\nARG A\nENV A=fixed\nCOPY $A /x\n", &[]);
    check("FROM alpine\nARG A\nENV B=${A:+on}\nCOPY $B /x\n", &[]);
}

#[test]
fn scripts_in_every_form() {
    check("FROM alpine\nARG A\nRUN eval \"$A\"\n", &["A command $A"]);
    check(
        "FROM alpine\nARG A\nRUN <<EOF\neval \"$A\"\nEOF\n",
        &["A command $A"],
    );
    check(
        "FROM alpine\nARG A\nRUN [\"sh\", \"-c\", \"eval $A\"]\n",
        &["A command $A"],
    );
    check("FROM alpine\nARG A\nRUN [\"echo\", \"$A\"]\n", &[]);
    check(
        "FROM alpine\nARG A\nSHELL [\"pwsh\", \"-c\"]\nRUN eval \"$A\"\n",
        &[],
    );
    check("FROM alpine\nARG A\nRUN echo \"$A\"\n", &[]);
    check(
        "FROM alpine\nARG A\nENV B=$A\nCMD eval \"$B\"\n",
        &["A start $B"],
    );
    check("FROM alpine\nARG A\nCMD eval \"$A\"\n", &[]);
}

#[test]
fn deferred_instructions_count_where_they_run() {
    check(
        "FROM alpine\nARG A\nENV B=$A\nONBUILD RUN eval \"$B\"\n",
        &["A command $B"],
    );
    check(
        "FROM alpine AS b\nONBUILD ARG A\nONBUILD RUN eval \"$A\"\nFROM b\n",
        &["A command $A"],
    );
}

#[test]
fn checks_guard_what_they_come_before() {
    let list = "RUN case \"$A\" in a|b) ;; *) exit 1 ;; esac\n";
    check(
        &format!("FROM alpine\nARG A\n{list}COPY $A /x\n"),
        &["A source $A guarded"],
    );
    check(
        &format!("FROM alpine\nARG A\nCOPY $A /x\n{list}"),
        &["A source $A"],
    );
    check(
        &format!("FROM alpine AS v\nARG A\n{list}FROM v\nARG A\nCOPY $A /x\n"),
        &["A source $A guarded"],
    );
    check(
        &format!("FROM alpine AS v\nARG A\n{list}FROM alpine\nARG A\nCOPY $A /x\n"),
        &["A source $A"],
    );
    check(
        &format!(
            "FROM alpine AS v\nARG A\n{list}FROM alpine\nCOPY --from=v /etc/hostname /\nARG A\nRUN eval \"$A\"\n"
        ),
        &["A command $A guarded"],
    );
    check(
        &format!(
            "FROM alpine AS v\nARG A\n{list}FROM alpine\nARG A\nRUN eval \"$A\"\nCOPY --from=v /etc/hostname /\n"
        ),
        &["A command $A"],
    );
}

#[test]
fn variables_that_programs_obey() {
    check(
        "FROM alpine\nARG PIP_INDEX_URL\nRUN pip install x\n",
        &["PIP_INDEX_URL variable PIP_INDEX_URL"],
    );
    check(
        "FROM alpine\nARG A\nENV LD_PRELOAD=$A\nRUN true\n",
        &["A variable LD_PRELOAD"],
    );
    check(
        "FROM alpine\nARG A\nENV LD_PRELOAD=/lib/x.so\nRUN true\n",
        &[],
    );
}
