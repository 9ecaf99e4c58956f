//! Dockerfiles that are hard to get right.

use crate::engines::{
    Build,
    Oracle::{self, BuildKit, Buildah, Classic},
};

/// A build, and the builders known to make something else of it than predicted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) build: Build,
    pub(crate) differs: Vec<(Oracle, &'static str)>,
    /// Builders that answer now this, now that.
    pub(crate) unasked: Vec<Oracle>,
}

impl Case {
    pub(crate) fn new(text: impl Into<String>) -> Case {
        Case {
            build: Build {
                text: text.into(),
                ..Build::default()
            },
            ..Case::default()
        }
    }

    pub(crate) fn arg(mut self, name: &str, value: &str) -> Case {
        self.build.args.push((name.to_owned(), value.to_owned()));
        self
    }

    fn target(mut self, name: &str) -> Case {
        self.build.target = Some(name.to_owned());
        self
    }

    fn unasked(mut self, oracle: Oracle) -> Case {
        self.unasked.push(oracle);
        self
    }

    fn but(mut self, oracles: &[Oracle], why: &'static str) -> Case {
        self.differs
            .extend(oracles.iter().map(|oracle| (*oracle, why)));
        self
    }
}

/// Why a builder differs in more than one case.
const COLON: &str = "`-` and `+` need a colon in the versions compared";
const NAMES: &str = "any text is a name";
const INSIDE_ARG: &str = "the names of one ARG are all expanded first";
const PROXIES: &str = "proxy arguments are in force without ARG";
const PATH: &str = "the PATH of the empty image is an ENV, and wins";
const ESCAPES: &str = "the escape directive changes continuations only";
const EMPTY: &str = "nothing is given to the shell";
const NO_INDEX: &str = "the target has to be a name";
const FLAGS: &str = "unknown flags are passed over";
const JSON: &str = "text behind the first JSON value is dropped";
const CASE: &str = "stage names keep their case";
const SHELL: &str = "SHELL changes neither CMD nor ENTRYPOINT";
const QUESTION: &str = "there is no `?`";

/// A file with one stage on the empty image.
fn stage(lines: &str) -> Case {
    Case::new(format!("FROM scratch\n{lines}\n"))
}

/// Every case.
pub(crate) fn hard_cases() -> Vec<Case> {
    let groups = [
        accepted_words(),
        refused_words(),
        pairs(),
        lines(),
        directives(),
        arguments(),
        globals(),
        stages(),
        instructions(),
        refused_files(),
    ];
    groups.into_iter().flatten().collect()
}

/// Words as label values, many in one file.
fn accepted_words() -> Vec<Case> {
    let words = [
        "$A",
        "${A}",
        "$A$A",
        "$AB",
        "${A}B",
        "$N",
        "${N}",
        "x$N-y",
        "$",
        "a$",
        "$/",
        "a$ ",
        "$.A",
        "${A}}",
        "{$A}",
        "$1",
        "$1A",
        "${1}",
        "$_",
        "$A_",
        "$A-",
        "$é",
        "$Aé",
        "${A:-w}",
        "${N:-w}",
        "${E:-w}",
        "${A:+w}",
        "${N:+w}",
        "${E:+w}",
        "${N:-}",
        "${A:+}",
        "${N:-$A}",
        "${N:-${A}}",
        "${N:-${N:-${A}}}",
        "${N:-a}b}",
        "${N:-'$A'}",
        "${N:-\"$A b\"}",
        "${N:-\\}}",
        "${N:-\\$A}",
        "${N:-}}",
        "${N:-:-}",
        "'$A'",
        "\"$A\"",
        "\"'$A'\"",
        "'\"$A\"'",
        "a'b'c",
        "a\"b\"c",
        "''",
        "\"\"",
        "'a\\b'",
        "\"a\\b\"",
        "\"a\\\"b\"",
        "\"a\\$A\"",
        "\"\\\\$A\"",
        "\"\\\\\\$A\"",
        "\\$A",
        "\\\\$A",
        "\\\\\\$A",
        "\\a",
        "a\\ b",
        "\\\"",
        "\\'",
        "\"a b\"",
        "'a b'",
        "\"a  b\"c'd  e'",
        "a=b=c",
        "=",
        "a#b",
        "#",
        "\\#",
        "\"$A b\"$A",
        "$V",
        "\"$V\"",
        "${V:-w}",
        "${A:-$(x)}",
        "`x`",
        "$(A)",
        "a;b",
        "a\\tb",
        "\\n",
        "é$A",
        "a:b,c",
        "${A:-a'}'b}",
        "${N:-\"}\"}",
        "$PATH",
        "${A}${N}${E}",
        "~",
        "*",
        "?x",
        "[a]",
    ];
    let special = ["$$", "$$A", "$12", "$@", "$*", "$#", "$?", "$-", "$!"];
    let mut cases: Vec<Case> = words.chunks(12).map(labels).collect();
    cases.push(labels(&special).but(
        &[Buildah],
        "a name is one digit, or letters, digits and `_`",
    ));
    cases
}

fn labels(words: &[&str]) -> Case {
    let pairs = words.iter().enumerate();
    let pairs: Vec<String> = pairs
        .map(|(index, word)| format!("    l{index}={word}"))
        .collect();
    stage(&format!(
        "ENV A=va E= V='x  y'\nLABEL \\\n{}",
        pairs.join(" \\\n")
    ))
}

fn refused_words() -> Vec<Case> {
    let alike = [
        "${",
        "${A",
        "${A:}",
        "${A:=w}",
        "${A:x}",
        "${A.b}",
        "${{A}}",
        "'a",
        "\"a",
        "${N:-w",
        "${N:-'}",
        "${A!}",
        "${!A}",
        "${A b}",
        "${N?}",
        "${N:?gone}",
        "${E:?gone}",
        "${A=w}",
        "a\\",
    ];
    let differing: [(&str, &[Oracle], &'static str); 8] = [
        ("${}", &[Buildah], NAMES),
        ("${:-a}", &[Buildah], NAMES),
        ("${A:?gone}", &[Buildah], QUESTION),
        ("${E?gone}", &[Buildah], QUESTION),
        ("${A?gone}", &[Buildah], QUESTION),
        ("${N-w}", &[BuildKit, Classic, Buildah], COLON),
        ("${E-w}", &[BuildKit, Classic, Buildah], COLON),
        ("${E+w}", &[BuildKit, Classic, Buildah], COLON),
    ];
    let case = |word: &str| stage(&format!("ENV A=va E=\nLABEL l={word}"));
    let differing = differing
        .iter()
        .map(|(word, oracles, why)| case(word).but(oracles, why));
    alike.into_iter().map(case).chain(differing).collect()
}

fn pairs() -> Vec<Case> {
    vec![
        stage("ENV A b c"),
        stage("ENV A  b   c  "),
        stage("ENV A b=c d"),
        stage("ENV A 'b c'"),
        stage("ENV A \"b  c\" d"),
        stage("ENV A b\\ c"),
        stage("ENV A\tb"),
        stage("ENV A $A-x\nENV A $A-y"),
        stage("ENV a=1 b=$a c=$b\nENV a=2 b=$a"),
        stage("ENV K=name\nENV $K=v ${K}2=w"),
        stage("ENV K=name\nLABEL $K=v \"$K x\"=w 'a b'=c"),
        stage("ENV A=b c"),
        stage("ENV A"),
        stage("ENV"),
        stage("ENV =b").but(&[Buildah], "a blank name is taken"),
        stage("ENV A="),
        stage("ENV A= B="),
        stage("ENV A = b"),
        stage("ENV A=1 A=2"),
        stage("LABEL a"),
        stage("LABEL a b c"),
        stage("LABEL a=b c"),
        stage("LABEL a=b a=c"),
        stage("LABEL =x").but(&[Buildah], "a blank name is taken"),
        stage("LABEL \"a\"=b \"\"=c"),
        stage("ENV \"A\"=b"),
        stage("ENV A='b c' D=\"e f\"G=h"),
        stage("ENV a=1\nENV A=2\nLABEL l=$a$A"),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        stage("LABEL a=b \\\n  c=d"),
        stage("LABEL a=b\\\nc=d"),
        stage("LABEL a=b \\\n# comment\n  # another\n c=d"),
        stage("LABEL a=b \\\n\n\n c=d"),
        stage("LABEL a=b \\  \n c=d"),
        stage("LABEL a=b \\\n"),
        stage("LABEL a=b \\\\\nLABEL c=d"),
        stage("LABEL a='b \\\n c'"),
        stage("LABEL a=\"b \\\n# c\n d\""),
        stage("LABEL a=b # c"),
        stage("LABEL a=b # c=d"),
        stage("  # comment\n\t LABEL a=b  \t"),
        stage("LABEL a=b \\\n   \\\n c=d"),
        stage("CMD a \\\n  b \\\n# c\n  d"),
        stage("CMD a  b\tc # d"),
        stage("label a=b\nLaBeL c=d"),
        stage("LABEL\ta=b"),
        Case::new("FROM scratch\r\nLABEL a=b \\\r\n c=d\r\nENV A b\r\nCMD x y\r\n"),
        Case::new("\u{feff}FROM scratch\nLABEL a=b\n"),
        Case::new("FROM scratch\nLABEL a=b"),
        Case::new("FROM scratch\nLABEL a=b \\"),
        Case::new("\n\n# x\n\nFROM scratch\nLABEL a=b\n"),
        Case::new("FROM scratch\nCMD a\\\nb\\\n  c\n"),
        Case::new("FROM scratch\nLABEL a=b\u{a0}c=d\n"),
        Case::new("FROM scratch\nLABEL a=b\u{b}c=d\n"),
        Case::new("FROM scratch\nLABEL a=b \\ c=d\n"),
        Case::new("FROM scratch\n\\\nLABEL a=b\n"),
        Case::new("FR\\\nOM scratch\nLABEL a=b\n"),
        Case::new("FROM scratch\nLABEL a=b \\\n#c\\\nd=e\n"),
    ]
}

fn directives() -> Vec<Case> {
    vec![
        Case::new("# escape=`\nFROM scratch\nENV A=b\nLABEL a=`$A b=\\$A \\\nc=d\n"),
        Case::new("# escape=`\nFROM scratch\nENV A=b\nLABEL a=`$A b=\\$A `\nc=\"`\"\" d=\"\\a\"\n")
            .but(&[Buildah], ESCAPES),
        Case::new("#escape = `\nFROM scratch\nLABEL a=`b\n").but(&[Buildah], ESCAPES),
        Case::new("# ESCAPE=`\nFROM scratch\nLABEL a=`b\n").but(&[Buildah], ESCAPES),
        Case::new("\n# escape=`\nFROM scratch\nLABEL a=`b\n"),
        Case::new("# comment\n# escape=`\nFROM scratch\nLABEL a=`b\n"),
        Case::new("# other=x\n# escape=`\nFROM scratch\nLABEL a=`b\n"),
        Case::new("# escape=x\nFROM scratch\n"),
        Case::new("# escape=`\n# escape=\\\nFROM scratch\n"),
        Case::new("  # escape=`\nFROM scratch\nLABEL a=`b\n").but(&[Buildah], ESCAPES),
        Case::new("# escape=\nFROM scratch\nLABEL a=b\n"),
        Case::new("\u{feff}# escape=`\nFROM scratch\nLABEL a=`b\n").but(&[Buildah], ESCAPES),
        Case::new("# escape=`\r\nFROM scratch\r\nLABEL a=`b `\r\nc=d\r\n").but(&[Buildah], ESCAPES),
        Case::new("# escape=`\nFROM scratch\nLABEL a=b\n# escape=\\\nLABEL c=`d\n")
            .but(&[Buildah], ESCAPES),
    ]
}

fn arguments() -> Vec<Case> {
    vec![
        stage("ARG A=d\nLABEL a=$A"),
        stage("ARG A=d\nLABEL a=$A").arg("A", "given"),
        stage("ARG A\nLABEL a=${A:-none}"),
        stage("ARG A\nLABEL a=${A:-none}").arg("A", "given"),
        stage("ARG A=d\nLABEL a=${A:-none}").arg("A", ""),
        stage("LABEL a=${A:-none}").arg("A", "given"),
        stage("LABEL a=$A\nARG A=d\nLABEL b=$A").arg("A", "given"),
        stage("ARG A=a\nENV A=e\nLABEL l=$A"),
        stage("ENV A=e\nARG A=a\nLABEL l=$A\nENV B=$A"),
        stage("ENV A=e\nARG A=a\nLABEL l=$A").arg("A", "given"),
        stage("ENV A=e\nARG A\nLABEL l=$A"),
        stage("ENV A=e\nARG A\nLABEL l=$A").arg("A", "given"),
        stage("ARG A=a\nENV A=${A:-x}-e\nARG A=b\nLABEL l=$A"),
        stage("ARG A=1\nARG A=2\nLABEL l=$A"),
        stage("ARG A=1\nARG A\nLABEL l=$A").but(&[Classic], "an ARG without a value unsets the name"),
        stage("ARG A=1\nARG B=$A-$A\nLABEL l=$B"),
        stage("ARG A=1 B=$A C=${B}x\nLABEL l=$A,$B,$C").but(&[BuildKit, Classic, Buildah], INSIDE_ARG),
        stage("ARG A=1 B\nLABEL l=$A$B").arg("B", "given"),
        stage("ARG A='b c'\nLABEL l=$A"),
        stage("ARG A=\"b \\\"c\"\nLABEL l=\"$A\""),
        stage("ARG A=b\\ c\nLABEL l=$A"),
        stage("ARG A=b c\nLABEL l=$A$c"),
        stage("ARG A='$B'\nENV B=x\nARG C=$B\nLABEL l=$A$C"),
        stage("ARG A=\nLABEL l=${A:-none}"),
        stage("ARG A=$A\nLABEL l=$A."),
        stage("ARG"),
        stage("ARG =x").but(&[Buildah], "a blank name is taken"),
        stage("ARG $A=b\nLABEL l=$A"),
        stage("ARG HTTP_PROXY\nLABEL l=$HTTP_PROXY").arg("HTTP_PROXY", "p"),
        stage("LABEL l=$HTTP_PROXY$http_proxy").arg("HTTP_PROXY", "p").but(&[Classic, Buildah], PROXIES),
        stage("ARG http_proxy\nLABEL l=$HTTP_PROXY,$http_proxy").arg("HTTP_PROXY", "p").but(&[Classic, Buildah], PROXIES),
        stage("ARG A=d\nENV A=$A\nLABEL l=$A").arg("A", "$B\\ \"q\" 'r'"),
        stage(
            "ARG TARGETPLATFORM\nARG TARGETARCH\nARG BUILDOS\nLABEL l=$TARGETPLATFORM,$TARGETARCH,$BUILDOS",
        ).but(&[Classic], "there are no platform arguments"),
        stage("LABEL l=$TARGETPLATFORM,$TARGETARCH"),
        stage("ARG TARGETOS=mine\nLABEL l=$TARGETOS"),
        stage("ARG TARGETOS\nLABEL l=$TARGETOS").arg("TARGETOS", "given"),
        stage("ARG A=a\nCMD echo $A"),
        stage("ARG A=a\nENTRYPOINT [\"$A\", \"${A}\"]"),
        stage(
            "ARG A=a\nUSER $A\nWORKDIR /w/$A\nSTOPSIGNAL ${S:-9}\nVOLUME /v/$A [x] \"/q $A\"\nEXPOSE ${P:-80}",
        ),
        stage("ARG PATH=x\nLABEL l=$PATH").but(&[Classic, Buildah], PATH),
        stage("ENV PATH=/x:$PATH\nLABEL l=$PATH"),
    ]
}

fn globals() -> Vec<Case> {
    vec![
        Case::new("ARG B=scratch\nFROM $B\nLABEL l=${B:-none}\n"),
        Case::new("ARG B=scratch\nFROM $B\nARG B\nLABEL l=${B:-none}\n"),
        Case::new("ARG B=scratch\nFROM $B\nARG B=own\nLABEL l=${B:-none}\n"),
        Case::new("ARG B=scratch\nARG V=1\nFROM $B\nARG V\nLABEL l=$V\n").arg("V", "given"),
        Case::new("ARG V=1\nARG W=$V-2\nFROM scratch\nARG W\nLABEL l=$V,$W\n"),
        Case::new("ARG V=1\nARG W=$V-2\nFROM scratch\nARG W\nLABEL l=$V,$W\n").arg("V", "given"),
        Case::new("ARG V\nFROM scratch\nARG V\nLABEL l=${V:-none}\n"),
        Case::new("ARG V\nFROM scratch\nARG V\nLABEL l=${V:-none}\n").arg("V", "given"),
        Case::new("ARG V=1\nFROM scratch\nENV V=2\nARG V\nLABEL l=$V\n"),
        Case::new("ARG V=1\nARG V=2\nFROM scratch\nARG V\nLABEL l=$V\n"),
        Case::new("ARG V=1\nFROM scratch\nARG W=$V\nLABEL l=${W:-none}\n"),
        Case::new("ARG B\nFROM ${B:-scratch}\nLABEL l=x\n"),
        Case::new("ARG B\nFROM $B\nLABEL l=x\n"),
        Case::new("ARG B=scratch\nFROM \"$B\"\nLABEL l=x\n"),
        Case::new("ARG B='scratch'\nFROM ${B}\nLABEL l=x\n"),
        Case::new("ARG N=base\nFROM scratch AS base\nLABEL l=x\nFROM $N\nLABEL m=y\n").but(
            &[Buildah],
            "a stage is found by its written name, before expansion",
        ),
        Case::new("ARG V=\"a b\"\nFROM scratch\nARG V\nLABEL l=$V\n"),
        Case::new("ARG V=1 W=$V\nFROM scratch\nARG V W\nLABEL l=$V,$W\n")
            .but(&[Classic, Buildah], INSIDE_ARG),
        Case::new("ENV A=b\nFROM scratch\n")
            .but(&[Buildah], "what precedes the first FROM is passed over"),
        Case::new("ARG A=1\nLABEL l=x\nFROM scratch\n")
            .but(&[Buildah], "what precedes the first FROM is passed over"),
    ]
}

fn stages() -> Vec<Case> {
    let inherit = "FROM scratch AS a\nARG X=arg\nENV E=env\nLABEL l=1 k=a\nUSER 7\nWORKDIR /w\nEXPOSE 1\nCMD x\n";
    vec![
        Case::new(format!("{inherit}FROM a\nLABEL m=$X,$E k=b\nWORKDIR z\n")),
        Case::new(format!("{inherit}FROM a\nARG X\nLABEL m=${{X:-none}}\n")),
        Case::new(format!("{inherit}FROM a\nARG X\nLABEL m=${{X:-none}}\n")).arg("X", "given"),
        Case::new(format!("{inherit}FROM a\nLABEL m=${{X:-none}}\n")).arg("X", "given"),
        Case::new(format!(
            "{inherit}FROM scratch\nLABEL m=${{X:-none}}${{E:-none}}\n"
        )),
        Case::new(format!("{inherit}FROM a\nENTRYPOINT y\n")),
        Case::new(format!("{inherit}FROM a\nENTRYPOINT y\nCMD z\n")),
        Case::new("FROM scratch AS a\nENV V=1\nARG V=2\nFROM a\nLABEL l=$V\n"),
        Case::new("FROM scratch AS a\nARG V=2\nENV V=1\nFROM a\nARG V=3\nLABEL l=$V\n"),
        Case::new("FROM scratch AS a\nARG V=2\nFROM a AS b\nARG W=$V\nFROM b\nLABEL l=$V,$W\n"),
        Case::new("ARG V=g\nFROM scratch AS a\nARG V\nFROM a\nLABEL l=${V:-none}\n"),
        Case::new("FROM scratch AS A\nLABEL l=1\nFROM a\nLABEL m=2\n").but(&[Buildah], CASE),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM A\nLABEL m=2\n")
            .but(&[Classic], "FROM finds a stage in any case of letters"),
        Case::new("FROM scratch as a\nLABEL l=1\nFROM a aS b\nLABEL m=2\n"),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch AS a\nLABEL m=2\nFROM a\n")
            .unasked(Buildah)
            .but(&[Classic], "a stage name can be used once"),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch\nLABEL m=2\n").target("a"),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch\nLABEL m=2\n")
            .target("A")
            .but(&[Buildah], CASE),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch\nLABEL m=2\n")
            .target("0")
            .but(&[BuildKit, Classic, Buildah], NO_INDEX),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch\nLABEL m=2\n")
            .target("1")
            .but(&[BuildKit, Classic], NO_INDEX),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch\nLABEL m=2\n").target("none"),
        Case::new("FROM scratch AS a\nLABEL l=1\nFROM scratch AS b\nLABEL m=${N:?gone}\n")
            .target("a"),
        Case::new("FROM scratch AS a\nLABEL l=${N:?gone}\nFROM scratch AS b\nLABEL m=1\n"),
        Case::new("FROM scratch AS 1a\nLABEL l=1\n").but(&[Buildah], NAMES),
        Case::new("FROM scratch AS a.b-c_d\nLABEL l=1\n"),
        Case::new("FROM scratch AS a/b\nLABEL l=1\n").but(&[Buildah], NAMES),
        Case::new("FROM scratch AS scratch\nLABEL l=1\nFROM scratch\nLABEL m=1\n")
            .but(&[Buildah], "`scratch` is always the empty image"),
        Case::new("FROM scratch AS\nLABEL l=1\n"),
        Case::new("FROM scratch a\nLABEL l=1\n"),
        Case::new("FROM scratch AS a b\nLABEL l=1\n"),
        Case::new("FROM\n"),
        Case::new(
            "FROM scratch AS a\nONBUILD LABEL l=$V\nONBUILD ENV E=$V\nENV V=1\nFROM a\nLABEL m=$E\n",
        ),
        Case::new("FROM scratch AS a\nONBUILD ARG V=1\nFROM a\nLABEL m=$V\n"),
        Case::new("FROM scratch AS a\nONBUILD LABEL l=1\nFROM a AS b\nFROM b\nLABEL m=1\n"),
        Case::new("FROM scratch\nONBUILD LABEL l=$V\nONBUILD   CMD  a  b\n"),
        Case::new("FROM scratch\nONBUILD ONBUILD LABEL l=1\n"),
        Case::new("FROM scratch\nONBUILD FROM scratch\n"),
        Case::new("FROM scratch\nONBUILD\n"),
        Case::new("FROM scratch\nonbuild label l=1\n"),
        Case::new("FROM scratch AS a\nSHELL [\"/s\", \"-x\"]\nFROM a\nCMD b\n")
            .but(&[Buildah], SHELL),
        Case::new("FROM --platform=$BUILDPLATFORM scratch\nLABEL l=1\n")
            .but(&[Classic], "there are no platform arguments"),
        Case::new("FROM scratch AS a\nCOPY --from=b x /\nFROM scratch AS b\n").but(
            &[Classic],
            "stages that the target does not need are built too",
        ),
        Case::new("FROM scratch AS a\nCOPY --from=a x /\nFROM scratch AS b\n")
            .but(&[Buildah], "what the target does not need is not looked at"),
    ]
}

fn instructions() -> Vec<Case> {
    vec![
        stage("CMD [\"a\", \"b c\"]"),
        stage("CMD ['a', 'b']"),
        stage("CMD [\"a\" \"b\"]"),
        stage("CMD [\"a\",]"),
        stage("CMD [a]"),
        stage("CMD [1]"),
        stage("CMD []"),
        stage("CMD [\"a\", 1]"),
        stage("CMD [\"a\"] b").but(&[BuildKit, Classic, Buildah], JSON),
        stage("CMD [\"\\u0041\\n\\\\\"]"),
        stage("CMD [\"a\",\\\n  \"b\"]"),
        stage("CMD").but(&[Classic, Buildah], EMPTY),
        stage("ENTRYPOINT a\nCMD b"),
        stage("CMD b\nENTRYPOINT a"),
        stage("ENTRYPOINT []"),
        stage("ENTRYPOINT").but(&[Classic, Buildah], EMPTY),
        stage("CMD a\nCMD b"),
        stage("SHELL [\"/s\"]\nCMD a\nENTRYPOINT b").but(&[Buildah], SHELL),
        stage("SHELL /s"),
        stage("SHELL []"),
        stage("HEALTHCHECK CMD a  b"),
        stage("HEALTHCHECK CMD [\"a\", \"b\"]"),
        stage("HEALTHCHECK --interval=5s --retries=2 cmd a"),
        stage("HEALTHCHECK NONE"),
        stage("HEALTHCHECK NONE a"),
        stage("HEALTHCHECK CMD"),
        stage("HEALTHCHECK a"),
        stage("HEALTHCHECK --nope=5s CMD a"),
        stage("WORKDIR a\nWORKDIR b/../c\nWORKDIR ./d/"),
        stage("WORKDIR /a\nWORKDIR ../../.."),
        stage("WORKDIR \"/a b\""),
        stage("WORKDIR /a b"),
        stage("WORKDIR '/a'b"),
        stage("WORKDIR"),
        stage("ENV D=/d\nWORKDIR $D/${N:-x}"),
        stage("ENV D=\nWORKDIR /x/$D\nWORKDIR ${D}y"),
        stage("WORKDIR [\"/a\"]"),
        stage("USER a:b"),
        stage("USER \"a b\""),
        stage("USER a b"),
        stage("USER"),
        stage("USER ${U:-1000}:${G:-100}"),
        stage("EXPOSE 80 443/udp 90-92").but(&[Buildah], "a range stays one entry"),
        stage("EXPOSE 80/TCP").but(&[Buildah], "the protocol stays as written"),
        stage("EXPOSE 80 80/udp"),
        stage("EXPOSE 80\nEXPOSE 80/udp").but(&[Buildah], "a number exposed before stays as it is"),
        stage("ENV P='81 82'\nEXPOSE $P 83"),
        stage("ENV P='81 82'\nEXPOSE \"$P\"").but(&[Buildah], "a port can be any text"),
        stage("EXPOSE"),
        stage("EXPOSE x").but(&[Buildah], "a port can be any text"),
        stage("EXPOSE $N").but(&[Buildah], "no port is refused"),
        stage("EXPOSE 80 $N"),
        stage("VOLUME /a /b"),
        stage("VOLUME [\"/a b\", \"/c\"]"),
        stage("VOLUME"),
        stage("VOLUME []"),
        stage("VOLUME \"\""),
        stage("STOPSIGNAL SIGTERM"),
        stage("STOPSIGNAL 15"),
        stage("STOPSIGNAL"),
        stage("MAINTAINER a  b"),
        stage("MAINTAINER"),
        stage("ENV V=1\nENTRYPOINT $V\nCMD [\"$V\"]\nHEALTHCHECK CMD $V\nSHELL [\"$V\"]\nCMD $V")
            .but(&[Buildah], SHELL),
        stage("CMD <<EOF\n"),
    ]
}

fn refused_files() -> Vec<Case> {
    [
        "",
        "\n",
        "# x\n",
        "LABEL a=b\n",
        "FROM scratch\nNOPE x\n",
        "FROM scratch\nLABELS a=b\n",
        "FROM scratch\nCOPY x\n",
        "FROM scratch\nCOPY\n",
        "FROM scratch\nCOPY --nope=x a b\n",
        "FROM scratch\nCOPY --from a b\n",
        "FROM scratch\nADD [\"x\"]\n",
        "FROM --nope=x scratch\n",
        "FROM scratch\nWORKDIR -- /a\n",
        "FROM scratch\nARG --x=1\nLABEL a=b\n",
        "FROM scratch\nSTOPSIGNAL --x\n",
    ]
    .map(Case::new)
    .into_iter()
    .chain(refused_flags())
    .collect()
}

/// Flags that no version knows.
fn refused_flags() -> Vec<Case> {
    [
        "ENV --x=y A=b",
        "CMD --x a",
        "LABEL --x=y a=b",
        "EXPOSE --x 80",
        "USER --x a",
    ]
    .map(|line| stage(line).but(&[Buildah], FLAGS))
    .into()
}
