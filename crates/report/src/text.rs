//! The report for a reader at a terminal.

use std::fmt::Write;

use plimsoll_model::{
    Confidence, Location, RawSecret, Report, ReportFinding, Status, Witness, escape_text,
};

use crate::layout::{cut_around, disarm, padded, wrap};
use crate::words::{finding_place, outcomes, place, reaches, resolution, who};
use crate::{Style, excerpt, secrets_table};

/// As [`text_revealing`], revealing nothing.
pub fn text(report: &Report, style: Style) -> String {
    text_revealing(report, &[], style)
}

/// The findings that count, each with its source lines, its flow, its witness and its fixes. Findings that do not
/// count follow as one line each where `style` is verbose, and then whose credentials were found where. Empty where there is
/// nothing to say. `values` are those of the findings, in their order: only for a terminal that its owner looks at.
pub fn text_revealing(report: &Report, values: &[Option<RawSecret>], style: Style) -> String {
    let mut out = String::new();
    let values = values.iter().map(Option::as_ref);
    let values = values.chain(std::iter::repeat(None));
    for (finding, value) in report.findings.iter().zip(values) {
        if finding.status == Status::New {
            render_finding(&mut out, finding, value, style);
            out.push('\n');
        }
    }
    if style.verbose {
        for finding in report
            .findings
            .iter()
            .filter(|finding| finding.status != Status::New)
        {
            let _ = writeln!(out, "{}", quiet_line(finding, style));
        }
    }
    if let Some(secrets) = &report.secrets {
        out.push_str(&secrets_table::table(secrets, style));
    }
    disarm(&out)
}

/// A finding that does not count, in one line.
fn quiet_line(finding: &ReportFinding, style: Style) -> String {
    let reason = finding.reason.as_deref().unwrap_or_default();
    let head = format!("{}[{}]", finding.status, escape_text(&finding.rule));
    format!(
        "{} {}: {}",
        style.dim(&head),
        escape_text(&finding_place(finding)),
        escape_text(reason)
    )
}

fn render_finding(
    out: &mut String,
    finding: &ReportFinding,
    value: Option<&RawSecret>,
    style: Style,
) {
    out.push_str(&excerpt::render(finding, style));
    out.push_str("\n\n");
    paragraph(out, &escape_text(&finding.message), style);
    if let Some(value) = value {
        render_value(out, value, style);
    }
    render_flow(out, finding, style);
    if let Some(witness) = &finding.witness {
        render_witness(out, witness, style);
    }
    render_related(out, finding, style);
    let fixes = excerpt::render_fixes(finding, style);
    if !fixes.is_empty() {
        let _ = writeln!(out, "\n{fixes}");
    }
    let notes = notes(finding);
    if !notes.is_empty() {
        out.push('\n');
        for line in wrap(&notes, style.columns() - INDENT.len()) {
            let _ = writeln!(out, "{INDENT}{}", style.dim(&line));
        }
    }
}

const INDENT: &str = "  ";

fn paragraph(out: &mut String, text: &str, style: Style) {
    for line in wrap(text, style.columns() - INDENT.len()) {
        let _ = writeln!(out, "{INDENT}{line}");
    }
}

fn heading(out: &mut String, text: &str, style: Style) {
    let _ = writeln!(out, "\n{INDENT}{}", style.bold(text));
}

/// The value, in lines that are not wrapped, so that it can be copied; what would steer a terminal is spelled out.
fn render_value(out: &mut String, value: &RawSecret, style: Style) {
    heading(out, "Value", style);
    for line in String::from_utf8_lossy(value.expose()).lines() {
        let _ = writeln!(out, "{INDENT}  {}", escape_text(line));
    }
}

/// The way of the value, an arrow between two steps.
fn render_flow(out: &mut String, finding: &ReportFinding, style: Style) {
    let Some(first) = finding.flow.first() else {
        return;
    };
    let title = format!("How it gets there: {} can set it", who(first.control));
    heading(out, &title, style);
    let mut control = first.control;
    for (index, step) in finding.flow.iter().enumerate() {
        if index > 0 {
            let _ = writeln!(out, "{INDENT}  {}", style.dim(style.arrow()));
        }
        let mut message = step.message.clone();
        if step.control != control {
            control = step.control;
            message = format!("{message} (from here on {} controls it)", who(control));
        }
        render_step(out, &step.location, &message, style);
    }
}

fn render_related(out: &mut String, finding: &ReportFinding, style: Style) {
    if finding.related.is_empty() {
        return;
    }
    heading(out, "See also", style);
    for related in &finding.related {
        render_step(out, &related.location, &related.message, style);
    }
}

/// A place, its source line, and what happens there.
fn render_step(out: &mut String, location: &Location, message: &str, style: Style) {
    let columns = style.columns() - INDENT.len() - 4;
    let shown = escape_text(&place(location));
    let _ = writeln!(out, "{INDENT}  {}", style.bold(&shown));
    if let Some((line, at)) = excerpt::first_line(location) {
        let line = cut_around(&line, at, columns.saturating_sub(2));
        let _ = writeln!(
            out,
            "{INDENT}    {} {}",
            style.dim(style.bar()),
            style.code(&line)
        );
    }
    for line in wrap(&escape_text(message), columns) {
        let _ = writeln!(out, "{INDENT}    {line}");
    }
}

/// The input, what it resolves to, what each builder does and what that opens.
fn render_witness(out: &mut String, witness: &Witness, style: Style) {
    heading(out, "For example", style);
    let mut rows = vec![("input".to_owned(), escape_text(&witness.input))];
    if witness.resolves_to != witness.input || witness.levels > 0 {
        rows.push(("resolves to".to_owned(), escape_text(&resolution(witness))));
    }
    let builders = outcomes(witness).into_iter();
    rows.extend(builders.map(|(names, words)| (names, words.to_owned())));
    if !witness.reaches.is_empty() {
        rows.push(("gives".to_owned(), reaches(&witness.reaches)));
    }
    let labels = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    for (label, value) in rows {
        let columns = style.columns().saturating_sub(INDENT.len() + 4 + labels);
        let mut label = padded(&label, labels);
        for line in wrap(&value, columns) {
            let _ = writeln!(out, "{INDENT}  {}  {line}", style.dim(&label));
            label = padded("", labels);
        }
    }
}

/// What does not change what to do: how sure we are, and other names.
fn notes(finding: &ReportFinding) -> String {
    let mut notes = Vec::new();
    match finding.confidence {
        Confidence::High => {}
        Confidence::Medium => notes.push("rests on an assumption".to_owned()),
        Confidence::Low if finding.secret.is_some() => {
            notes.push("perhaps no credential that ever worked".to_owned());
        }
        Confidence::Low => notes.push("no known source outside sets the value".to_owned()),
    }
    if let Some(reason) = &finding.reason {
        notes.push(escape_text(reason));
    }
    let names: Vec<&str> = finding
        .references
        .iter()
        .chain(&finding.aliases)
        .map(String::as_str)
        .collect();
    if !names.is_empty() {
        notes.push(escape_text(&names.join(", ")));
    }
    notes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    const PLAIN: Style = Style {
        colour: false,
        unicode: false,
        width: 80,
        verbose: false,
    };

    #[test]
    fn a_finding_with_everything() {
        insta::assert_snapshot!(text(&sample::incident(), PLAIN), @"
        critical[context-escapes-repository]: build context leaves the repository
         --> smithery.yaml:3:20
          |
        3 |   dockerBuildPath: ../../
          |                    ^^^^^^

          `build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the
          repository, so the builder reads the home directory of its own user and `COPY
          . /app` puts it into the image. Set it to `.`.

          How it gets there: anyone can set it
            smithery.yaml:3:20
              | dockerBuildPath: ../../
              the manifest says where the build context is
            v
            Dockerfile:3:1
              | COPY . /app
              the whole context is copied into the image

          For example
            input              ../../
            resolves to        ../.. (2 directories above the root)
            buildkit, classic  escapes the root
            kaniko             refuses, the build fails
            gives              read access to the home directory, the folder above the
                               root

          See also
            Dockerfile:1:1
              | FROM node:22
              the image everything is copied into

        help: build in the repository
         --> smithery.yaml:3:20
          |
        3 -   dockerBuildPath: ../../
        3 +   dockerBuildPath: .
          |

          CWE-22, CICD-SEC-4, trivy:X

        low[context-escapes-repository]: build context leaves the repository
        --> Dockerfile

          The file lacks something.

          no known source outside sets the value; CWE-22, CICD-SEC-4
        ");
    }

    #[test]
    fn drawn_with_more_than_ascii() {
        let style = Style {
            unicode: true,
            width: 120,
            verbose: true,
            ..PLAIN
        };
        insta::assert_snapshot!(text(&sample::incident(), style), @"
        critical[context-escapes-repository]: build context leaves the repository
          ╭▸ smithery.yaml:3:20
          │
        3 │   dockerBuildPath: ../../
          ╰╴                   ━━━━━━

          `build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the repository, so the builder reads the home
          directory of its own user and `COPY . /app` puts it into the image. Set it to `.`.

          How it gets there: anyone can set it
            smithery.yaml:3:20
              │ dockerBuildPath: ../../
              the manifest says where the build context is
            ↓
            Dockerfile:3:1
              │ COPY . /app
              the whole context is copied into the image

          For example
            input              ../../
            resolves to        ../.. (2 directories above the root)
            buildkit, classic  escapes the root
            kaniko             refuses, the build fails
            gives              read access to the home directory, the folder above the root

          See also
            Dockerfile:1:1
              │ FROM node:22
              the image everything is copied into

        help: build in the repository
          ╭▸ smithery.yaml:3:20
          │
        3 -   dockerBuildPath: ../../
        3 +   dockerBuildPath: .
          ╰╴

          CWE-22, CICD-SEC-4, trivy:X

        low[context-escapes-repository]: build context leaves the repository
         ─▸ Dockerfile

          The file lacks something.

          no known source outside sets the value; CWE-22, CICD-SEC-4

        ignored[context-escapes-repository] Dockerfile:1:1: builds in a sandbox (ana)
        ");
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal() {
        for width in [1, 80, 1000] {
            let style = Style {
                width,
                verbose: true,
                ..PLAIN
            };
            let shown = text(&sample::hostile(), style);
            sample::assert_inert(&shown);
            assert!(
                shown
                    .lines()
                    .all(|line| !line.trim_start().starts_with("::"))
            );
        }
        insta::assert_snapshot!(text(&sample::hostile(), PLAIN), @r#"
        critical[context-escapes-repository]: \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é
         --> \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é:1:3
          |
        1 |   x \u{1b}[31m\u{202e}
          |  ___^
        2 | | ::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é y
          | |_________________________________________________________^

          \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é

          How it gets there: a contributor can set it
            \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é:1:3
              | x \u{1b}[31m\u{202e}
              \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é

          For example
            input     \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é
            buildkit  runs it
            gives     commands in the shell of the build

          See also
            \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é:1:3
              | x \u{1b}[31m\u{202e}
              \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é

        help: \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é (may change what the build does)
         --> \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é:2:58
          |
        1 | x \u{1b}[31m\u{202e}
        2 ~ ::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é y
          |

          \u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é;
          CWE-22, CICD-SEC-4
        "#);
    }

    #[test]
    fn a_value_is_revealed_to_the_eye_alone() {
        let report = sample::credentials("x");
        let value = "tok\u{1b}[2Jen\u{202e}\nsecond \u{9b}line";
        let values = [None, Some(RawSecret::new(value.as_bytes()))];
        let shown = text_revealing(&report, &values, PLAIN);
        sample::assert_inert(&shown);
        assert_eq!(
            shown
                .matches("Value\n    tok\\u{1b}[2Jen\\u{202e}\n    second \\u{9b}line\n")
                .count(),
            1,
            "{shown}"
        );
        // Nothing of it is part of the report.
        for other in [
            text(&report, PLAIN),
            crate::json(&report),
            crate::sarif(&report),
            crate::github(&report),
        ] {
            assert!(!other.contains("second"));
        }
    }

    #[test]
    fn a_history_is_named_as_git_takes_it() {
        let shown = text(&sample::credentials("x"), PLAIN);
        let places = shown
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--> "));
        insta::assert_snapshot!(places.collect::<Vec<_>>().join("\n"), @"
        a/key.py:1:7
        0123456789ab:a/key.py:1:7
        commit 0123456789ab (message):1:7
        tag 89abcdef0123 (message):1:7
        89abcdef0123:1:7
        a/key.py:1:7
        a/key.py:1:7
        ");
        sample::assert_inert(&text(&sample::credentials(sample::HOSTILE), PLAIN));
    }

    #[test]
    fn colour_is_all_that_colour_changes() {
        let coloured = text(
            &sample::incident(),
            Style {
                colour: true,
                ..PLAIN
            },
        );
        assert!(coloured.contains('\u{1b}'));
        let mut plain = String::new();
        for (index, part) in coloured.split('\u{1b}').enumerate() {
            let rest = part.split_once('m').map_or(part, |(_, rest)| rest);
            plain.push_str(if index == 0 { part } else { rest });
        }
        let trimmed = |text: &str| {
            text.lines()
                .map(|line| line.trim_end().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(trimmed(&plain), trimmed(&text(&sample::incident(), PLAIN)));
    }

    proptest! {
        #[test]
        fn no_place_is_too_odd_to_show(
            source in "([a-z \t\r\n]|é|\u{202e}|\u{1b}|漢){0,40}",
            first_byte in 0..4_u32,
            start in 0..60_u32,
            length in 0..60_u32,
            width in 0..200_usize,
            unicode: bool,
        ) {
            let report = sample::anywhere(&source, first_byte, start, start + length);
            let shown = text(&report, Style { width, unicode, ..PLAIN });
            sample::assert_inert(&shown);
            sample::assert_inert(&crate::sarif(&report));
            sample::assert_inert(&crate::github(&report));
        }
    }
}
