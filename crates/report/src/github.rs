//! Findings as workflow commands, which GitHub shows beside the changed lines.

use std::fmt::Write;

use plimsoll_model::{Report, ReportFinding, Severity, Status, escape_text};

use crate::elsewhere::Elsewhere;
use crate::words::{outcomes, reaches, resolution};

/// One workflow command per finding that counts and per error.
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.status == Status::New)
    {
        let _ = writeln!(out, "{}", annotation(finding));
    }
    for error in &report.errors {
        let title = property(error.rule.as_deref().unwrap_or("plimsoll"));
        let path = error
            .path
            .as_deref()
            .map(|path| format!("{path}: "))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "::error title={title}::{}",
            data(&format!("{path}{}", error.message))
        );
    }
    out
}

fn annotation(finding: &ReportFinding) -> String {
    let command = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Info => "notice",
    };
    let at = &finding.location;
    let mut properties = Vec::new();
    // A file or line that the checkout does not have would be shown at whatever has its name.
    let is_in_checkout = Elsewhere::of(finding).is_none();
    if is_in_checkout {
        properties.push(format!("file={}", property(&at.path)));
    }
    // Lines of a file in an archive are none of the archive.
    let has_lines = is_in_checkout && at.member.is_none();
    if let (Some(start), Some(end), true) = (at.start, at.end, has_lines) {
        properties.push(format!("line={},endLine={}", start.line, end.line));
        // Columns only count within one line.
        if start.line == end.line {
            properties.push(format!("col={},endColumn={}", start.column, end.column));
        }
    }
    let title = format!("{}: {} ({})", finding.severity, finding.title, finding.rule);
    properties.push(format!("title={}", property(&title)));
    format!(
        "::{command} {}::{}",
        properties.join(","),
        data_lines(finding)
    )
}

/// Message and witness, joined by encoded line ends.
fn data_lines(finding: &ReportFinding) -> String {
    let mut lines = vec![finding.message.clone()];
    if let Some(witness) = &finding.witness {
        lines.push(format!(
            "Input `{}` resolves to {}.",
            witness.input,
            resolution(witness)
        ));
        let builders = outcomes(witness).into_iter();
        let builders: Vec<String> = builders
            .map(|(names, words)| format!("{names}: {words}"))
            .collect();
        lines.push(builders.join("; "));
        if !witness.reaches.is_empty() {
            lines.push(format!("Gives {}.", reaches(&witness.reaches)));
        }
    }
    lines.extend(
        finding
            .fixes
            .first()
            .map(|fix| format!("Fix: {}", fix.title)),
    );
    lines.retain(|line| !line.is_empty());
    let lines: Vec<String> = lines.iter().map(|line| data(line)).collect();
    lines.join("%0A")
}

/// A command's data: nothing in it ends the line or starts an escape.
fn data(text: &str) -> String {
    escape_text(text).replace('%', "%25")
}

/// A command's property: nothing in it ends the property or the list of them either.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn findings_become_commands() {
        insta::assert_snapshot!(github(&sample::incident()), @"
        ::error file=smithery.yaml,line=3,endLine=3,col=20,endColumn=26,title=critical%3A build context leaves the repository (context-escapes-repository)::`build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the repository, so the builder reads the home directory of its own user and `COPY . /app` puts it into the image. Set it to `.`.%0AInput `../../` resolves to ../.. (2 directories above the root).%0Abuildkit, classic: escapes the root; kaniko: refuses, the build fails%0AGives read access to the home directory, the folder above the root.%0AFix: build in the repository
        ::warning file=Dockerfile,title=low%3A build context leaves the repository (context-escapes-repository)::The file lacks something.
        ");
    }

    #[test]
    fn nothing_from_outside_becomes_a_command() {
        let shown = github(&sample::hostile());
        insta::assert_snapshot!(shown, @r#"
        ::error file=\u{1b}[31m\u{202e}\r\n%3A%3Aerror%3A%3Aown%2Ced%3A%250A<script>[a](http%3A//b.c)\u{7}\u{e0041}é,line=1,endLine=2,title=critical%3A \u{1b}[31m\u{202e}\r\n%3A%3Aerror%3A%3Aown%2Ced%3A%250A<script>[a](http%3A//b.c)\u{7}\u{e0041}é (context-escapes-repository)::\u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é%0AInput `\u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é` resolves to \u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é.%0Abuildkit: runs it%0AGives commands in the shell of the build.%0AFix: \u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é
        ::error title=plimsoll::\u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é: \u{1b}[31m\u{202e}\r\n::error::own,ed:%250A<script>[a](http://b.c)\u{7}\u{e0041}é
        "#);
        sample::assert_inert(&shown);
        assert!(shown.lines().all(|line| line.starts_with("::")));
        assert_eq!(shown.matches("\n::").count() + 1, shown.lines().count());
    }

    #[test]
    fn what_is_in_no_file_is_shown_at_none() {
        let shown = github(&sample::credentials("x"));
        let files = shown.lines().map(|line| line.contains(" file="));
        assert_eq!(files.filter(|has| *has).count(), 1, "{shown}");
        assert_eq!(shown.matches("line=").count(), 1, "{shown}");
        let hostile = github(&sample::credentials(sample::HOSTILE));
        sample::assert_inert(&hostile);
        assert!(hostile.lines().all(|line| line.starts_with("::")));
    }
}
