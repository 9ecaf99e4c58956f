//! Attempts by what lies in the context.

use super::case::Naive::{Builds, Leaks, Untried};
use super::case::Thing::{Deep, Device, Fifo, File, Hard, Link, Raw, Socket};
use super::case::{Case, case, plain};

/// The audit says the same of what a COPY takes; here the context itself is judged.
const NO_AUDIT: &str = "[audit]\nscope = \"off\"";
/// The beginning and the end of a key that opens nothing.
const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz\nc2gtZWQyNTUxOQAAACDf0x8wkqk3vYbq1n5nq9m3r0cJm5v8Q2q7yqv0wq1xXQAA\n-----END OPENSSH PRIVATE KEY-----\n";
/// A name as long as names may be.
const LONGEST: &[u8] = &[b'n'; 255];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = links();
    cases.extend(kinds());
    cases.extend(names());
    cases
}

fn links() -> Vec<Case> {
    let inside = || {
        plain().with(&[
            Link("link", "app.txt"),
            Link("folder", "a/b"),
            Link("a/up", ".."),
        ])
    };
    vec![
        case(
            "COPY source: a link out",
            "context-link-out",
            Builds,
            plain().with(&[Link("leak", "../secret.txt")]),
            inside(),
        ),
        case(
            "COPY source: an absolute link",
            "context-link-out",
            Builds,
            plain().with(&[Link("leak", "{T}/secret.txt")]),
            inside(),
        ),
        case(
            "COPY source: a link to a folder outside",
            "context-link-out",
            Builds,
            plain().with(&[Link("leak", "../outside")]),
            inside(),
        ),
        case(
            "COPY source: a link out of a folder",
            "context-link-out",
            Builds,
            plain().with(&[Link("a/leak", "../../secret.txt")]),
            inside(),
        ),
        case(
            "COPY source: a chain of links",
            "context-link-out",
            Builds,
            plain().with(&[Link("z", "a/y"), Link("a/y", "../../secret.txt")]),
            plain().with(&[Link("z", "a/y"), Link("a/y", "b")]),
        ),
        case(
            "COPY source: a link and `..` together lead out",
            "context-link-out",
            Builds,
            plain().with(&[Link("a/up", ".."), Link("z", "a/up/../secret.txt")]),
            plain().with(&[
                Link("a/up", "b"),
                Link("z", "a/up/../inner.txt"),
                File("a/inner.txt", "x"),
            ]),
        ),
        case(
            "COPY source: a link to what is not there, and out",
            "context-link-out",
            Builds,
            plain().with(&[Link("leak", "gone/../../secret.txt")]),
            plain().with(&[Link("dangling", "gone/x")]),
        ),
        case(
            "COPY source: links in a circle",
            "context-link-loop",
            Builds,
            plain().with(&[Link("x", "y"), Link("y", "x")]),
            inside(),
        ),
        case(
            "COPY source: a link with control characters",
            "context-name-control",
            Builds,
            plain().with(&[Link("x", "a\u{1b}[2J")]),
            inside(),
        ),
    ]
}

fn kinds() -> Vec<Case> {
    vec![
        case(
            "a hard link to a file outside",
            "context-hard-link-outside",
            Leaks,
            plain().with(&[Hard("twin", "../secret.txt")]),
            plain().with(&[Hard("twin", "app.txt")]),
        ),
        case(
            "a hard link to a file that is left out",
            "context-hard-link-outside",
            Builds,
            plain().with(&[
                File("kept/key", "x"),
                Hard("twin", "kept/key"),
                File(".dockerignore", "kept\n"),
            ]),
            plain().with(&[File("kept/key", "x"), Hard("twin", "kept/key")]),
        ),
        case(
            "a device node",
            "context-device",
            Builds,
            plain().with(&[Device("null")]),
            plain().with(&[File("null", "")]),
        ),
        case(
            "a FIFO",
            "context-fifo",
            Builds,
            plain().with(&[Fifo("pipe")]),
            plain().with(&[Fifo("pipe"), File(".dockerignore", "pipe\n")]),
        ),
        case(
            "a socket",
            "context-socket",
            Builds,
            plain().with(&[Socket("socket")]),
            plain().with(&[Socket("socket"), File(".dockerignore", "socket\n")]),
        ),
        case(
            "a private key",
            "context-credential",
            Builds,
            plain()
                .with(&[File("keys/id_ed25519", KEY)])
                .policy(NO_AUDIT),
            plain().with(&[
                File("keys/id_ed25519", KEY),
                File(".dockerignore", "keys\n"),
            ]),
        ),
        case(
            "the builder's registry credentials, committed",
            "credential-file",
            Builds,
            plain()
                .with(&[File(".docker/config.json", "{}")])
                .policy(NO_AUDIT),
            plain().with(&[File("docker/config.json", "{}")]),
        ),
    ]
}

fn names() -> Vec<Case> {
    vec![
        case(
            "a name with a newline",
            "context-name-control",
            Builds,
            plain().with(&[Raw(b"a\nb")]),
            plain().with(&[Raw(b"a b")]),
        ),
        case(
            "a name with an escape sequence",
            "context-name-control",
            Builds,
            plain().with(&[Raw(b"\x1b[2J")]),
            plain().with(&[Raw(b"-rf")]),
        ),
        case(
            "a name that reverses the text around it",
            "context-name-control",
            Builds,
            plain().with(&[Raw("a\u{202e}txt".as_bytes())]),
            plain().with(&[Raw("é\u{4e2d}".as_bytes())]),
        ),
        case(
            "a name that is not UTF-8",
            "context-name-not-text",
            Builds,
            plain().with(&[Raw(b"caf\xe9")]),
            plain().with(&[Raw(LONGEST)]),
        ),
        case(
            "folders without end",
            "context-too-deep",
            Untried,
            plain().with(&[Deep(300)]),
            plain().with(&[Deep(100)]),
        ),
        case(
            "more bytes than allowed",
            "context-too-many-bytes",
            Builds,
            plain().policy("max-bytes = 10"),
            plain().policy("max-bytes = 100000"),
        ),
        case(
            "more entries than allowed",
            "context-too-many-entries",
            Builds,
            plain().policy("max-entries = 4"),
            plain().policy("max-entries = 400"),
        ),
    ]
}
