//! Attempts by what the Dockerfile says, and by build arguments.

use super::case::Naive::{Builds, Refuses, Untried};
use super::case::{Case, Variant, case, plain, text};

/// What is built on is the only image allowed.
const ONLY_BASE: &str = "images = [\"{BASE}\"]";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = frontends_and_mounts();
    cases.extend(sources());
    cases.extend(images());
    cases.extend(arguments());
    cases
}

fn frontends_and_mounts() -> Vec<Case> {
    let run = |line| text(line).buildkit();
    vec![
        case(
            "`# syntax=` names a foreign frontend",
            "foreign-frontend",
            Builds,
            text("# syntax=example.invalid/evil:1\nFROM {BASE}\nCOPY . /ctx\n"),
            text("# syntax=docker/dockerfile:1\nFROM {BASE}\nCOPY . /ctx\n"),
        ),
        case(
            "`# syntax=` names a frontend that looks like Docker's",
            "foreign-frontend",
            Builds,
            text("# syntax=example.invalid/docker/dockerfile:1\nFROM {BASE}\n"),
            text("# syntax = docker.io/docker/dockerfile:1.4\n# escape=\\\nFROM {BASE}\n"),
        ),
        case(
            "`RUN --mount=type=ssh`",
            "ssh-mount",
            Refuses,
            run("FROM {BASE}\nRUN --mount=type=ssh true\n"),
            run("FROM {BASE}\nRUN --mount=type=tmpfs,target=/t true\n"),
        ),
        case(
            "`RUN --mount=type=cache` with another tenant's id",
            "shared-cache",
            Refuses,
            run("FROM {BASE}\nRUN --mount=type=cache,id=other,target=/c true\n"),
            run("FROM {BASE}\nRUN --mount=type=cache,id=other,target=/c true\n").policy("cache-namespace = \"tenant-1\""),
        ),
        case(
            "`RUN --mount=type=bind` of a foreign image",
            "foreign-image",
            Refuses,
            run("FROM {BASE}\nRUN --mount=type=bind,from=host-tools,target=/h true\n").policy(ONLY_BASE),
            run("FROM {BASE} AS tools\nFROM {BASE}\nRUN --mount=type=bind,from=tools,target=/h true\n").policy(ONLY_BASE),
        ),
        case(
            "`RUN --mount=type=bind,source=../..`",
            "leaves-context",
            Refuses,
            run("FROM {BASE}\nRUN --mount=type=bind,source=../..,target=/h true\n"),
            run("FROM {BASE}\nRUN --mount=type=bind,source=a,target=/h true\n"),
        ),
        case(
            "`RUN --mount=type=secret` that was not given",
            "unknown-secret",
            Refuses,
            run("FROM {BASE}\nRUN --mount=type=secret,id=token,required=true true\n"),
            Variant {
                secrets: vec!["token"],
                ..run("FROM {BASE}\nRUN --mount=type=secret,id=token,required=true true\n")
            },
        ),
        case(
            "`RUN --mount` whose type is a variable",
            "unknown",
            Refuses,
            run("FROM {BASE}\nARG T=ssh\nRUN --mount=type=$T true\n"),
            run("FROM {BASE}\nARG S=a\nRUN --mount=type=bind,source=a/b,target=/h true\n"),
        ),
        case(
            "`RUN --security=insecure`",
            "host-access",
            Refuses,
            run("FROM {BASE}\nRUN --security=insecure true\n"),
            run("FROM {BASE}\nRUN true\n"),
        ),
        case(
            "`RUN --network=host`",
            "host-access",
            Refuses,
            run("FROM {BASE}\nRUN --network=host true\n"),
            run("FROM {BASE}\nRUN true\n"),
        ),
        case(
            "`WORKDIR /proc/self/fd/8`",
            "host-access",
            Untried,
            text("FROM {BASE}\nWORKDIR /proc/self/fd/8\n"),
            text("FROM {BASE}\nWORKDIR /srv/proc\n"),
        ),
    ]
}

fn sources() -> Vec<Case> {
    vec![
        case(
            "`COPY ../secret.txt`",
            "leaves-context",
            Refuses,
            text("FROM {BASE}\nCOPY ../secret.txt /\n"),
            text("FROM {BASE}\nCOPY a/../app.txt /\n"),
        ),
        case(
            "`COPY /../secret.txt`",
            "leaves-context",
            Refuses,
            text("FROM {BASE}\nCOPY /../secret.txt /\n"),
            text("FROM {BASE}\nCOPY /app.txt /\n"),
        ),
        case(
            "`COPY` whose source is a variable that leads out",
            "leaves-context",
            Refuses,
            text("FROM {BASE}\nARG F=../secret.txt\nCOPY $F /\n"),
            text("FROM {BASE}\nARG F=app.txt\nCOPY $F /\n"),
        ),
        case(
            "`ADD` of an address",
            "download",
            Untried,
            text("FROM {BASE}\nADD https://example.invalid/x /\n"),
            text("FROM {BASE}\nADD app.txt /\n"),
        ),
        case(
            "`ADD` of a git repository",
            "download",
            Untried,
            text("FROM {BASE}\nADD git@example.invalid:x.git /\n"),
            text("FROM {BASE}\nADD a /a\n"),
        ),
        case(
            "`ONBUILD ADD` of an address",
            "download",
            Untried,
            text("FROM {BASE}\nONBUILD ADD https://example.invalid/x /\n"),
            text("FROM {BASE}\nONBUILD ADD app.txt /\n"),
        ),
        case(
            "an instruction that no builder knows",
            "invalid",
            Refuses,
            text("FROM {BASE}\nINCLUDE ../secret.txt\n"),
            text("FROM {BASE}\nLABEL include=../secret.txt\n"),
        ),
    ]
}

fn images() -> Vec<Case> {
    vec![
        case(
            "`FROM` an image that is not allowed",
            "foreign-image",
            Untried,
            text("FROM example.invalid/evil:1\nCOPY . /ctx\n").policy(ONLY_BASE),
            plain().policy(ONLY_BASE),
        ),
        case(
            "`COPY --from` an image that is not allowed",
            "foreign-image",
            Untried,
            text("FROM {BASE}\nCOPY --from=example.invalid/evil:1 /x /\n").policy(ONLY_BASE),
            text("FROM {BASE} AS one\nCOPY app.txt /\nFROM {BASE}\nCOPY --from=one /app.txt /\n")
                .policy(ONLY_BASE),
        ),
        case(
            "`FROM` a name that is a path of the engine's interface",
            "invalid",
            Untried,
            text("FROM ../containers/json\n"),
            plain(),
        ),
        case(
            "a stage that is an option",
            "no-such-target",
            Refuses,
            Variant {
                target: Some("--privileged"),
                ..plain()
            },
            Variant {
                target: Some("one"),
                ..text("FROM {BASE} AS one\nCOPY . /ctx\n")
            },
        ),
    ]
}

fn arguments() -> Vec<Case> {
    let version = || text("FROM {BASE}\nARG VERSION=0\nLABEL version=$VERSION\n");
    let digits = "[arguments.VERSION]\npattern = \"[0-9.]+\"\n";
    let anything = "images = [\"{BASE}\"]\n[arguments.X]\npattern = \"(?s).*\"\n";
    vec![
        case(
            "an argument that the policy does not declare",
            "undeclared-argument",
            Builds,
            version().argument("VERSION", "1"),
            version().argument("VERSION", "1").policy(digits),
        ),
        case(
            "an argument outside of its pattern",
            "argument-value",
            Builds,
            version().argument("VERSION", "1; id").policy(digits),
            version().argument("VERSION", "1.2").policy(digits),
        ),
        case(
            "an argument that its pattern matches in part",
            "argument-value",
            Builds,
            version().argument("VERSION", "x1").policy(digits),
            version().argument("VERSION", "11").policy(digits),
        ),
        case(
            "an argument with a newline behind it",
            "argument-value",
            Builds,
            version().argument("VERSION", "1\n").policy(digits),
            version().argument("VERSION", "1").policy(digits),
        ),
        case(
            "an argument that chooses the frontend",
            "undeclared-argument",
            Builds,
            plain().argument("BUILDKIT_SYNTAX", "example.invalid/evil"),
            plain(),
        ),
        case(
            "an argument that chooses the base image",
            "foreign-image",
            Untried,
            text("ARG X\nFROM $X\nCOPY . /ctx\n")
                .argument("X", "example.invalid/evil")
                .policy(anything),
            text("ARG X\nFROM $X\nCOPY . /ctx\n")
                .argument("X", "{BASE}")
                .policy(anything),
        ),
        case(
            "an argument that leads a COPY out",
            "leaves-context",
            Refuses,
            text("FROM {BASE}\nARG X\nCOPY $X /\n")
                .argument("X", "../secret.txt")
                .policy(anything),
            text("FROM {BASE}\nARG X\nCOPY $X /\n")
                .argument("X", "app.txt")
                .policy(anything),
        ),
        case(
            "an argument outside of its list",
            "argument-value",
            Builds,
            version()
                .argument("VERSION", "3")
                .policy("[arguments.VERSION]\nvalues = [\"1\", \"2\"]\n"),
            version()
                .argument("VERSION", "2")
                .policy("[arguments.VERSION]\nvalues = [\"1\", \"2\"]\n"),
        ),
    ]
}
