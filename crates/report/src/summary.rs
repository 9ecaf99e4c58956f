//! What a run says beside its data: one line of summary, the errors, what was passed over.

use std::fmt::Write;

use plimsoll_model::{ErrorKind, Report, Severity, SkipReason, Status, escape_text};

use crate::Style;
use crate::layout::{counted, disarm};

/// One line: what was found in what.
pub fn summary(report: &Report, style: Style) -> String {
    let audited: u64 = report.coverage.audited.values().sum();
    let searched = report.coverage.searched;
    let is_audited = audited > 0 || !report.findings.is_empty();
    if !is_audited && searched == 0 {
        return "Nothing audited: no file in any target".to_owned();
    }
    let mut line = found(report, style);
    if is_audited {
        let _ = write!(line, " in {}", counted(audited, "file"));
        if searched > audited {
            let _ = write!(line, ", {searched} searched for credentials");
        }
    } else {
        let files = counted(searched, "file");
        let _ = write!(
            line,
            " in {files} searched for credentials, none of them of a kind with rules of its own"
        );
    }
    let aside = aside(report);
    if !aside.is_empty() {
        let _ = write!(line, "; {}", aside.join(", "));
    }
    line
}

/// `3 findings (1 critical, 2 low)`.
fn found(report: &Report, style: Style) -> String {
    let by_severity = &report.verdict.by_severity;
    let total: u64 = by_severity.values().sum();
    if total == 0 {
        return style.bold("Nothing found");
    }
    let count = |severity: Severity| {
        let count = by_severity.get(&severity)?;
        Some(style.severity(severity, &format!("{count} {severity}")))
    };
    let counts: Vec<String> = Severity::WORST_FIRST
        .into_iter()
        .filter_map(count)
        .collect();
    format!(
        "{} ({})",
        style.bold(&counted(total, "finding")),
        counts.join(", ")
    )
}

/// What is not among the findings shown.
fn aside(report: &Report) -> Vec<String> {
    let with = |status: Status| {
        let those = report
            .findings
            .iter()
            .filter(|finding| finding.status == status);
        those.count() as u64
    };
    let total: u64 = report.verdict.by_severity.values().sum();
    let counts = [
        (with(Status::Known), "known"),
        (with(Status::Ignored), "ignored"),
        (
            total.saturating_sub(with(Status::New)),
            "hidden by --min-severity",
        ),
        (
            report.coverage.skipped.len() as u64,
            "passed over (-v lists them)",
        ),
    ];
    let present = counts.into_iter().filter(|(count, _)| *count > 0);
    present
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
}

/// The errors, one line each.
pub fn errors(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for error in &report.errors {
        let subject = match (&error.rule, &error.path) {
            (Some(rule), Some(path)) => format!("{} at {}: ", escape_text(rule), escape_text(path)),
            (Some(only), None) | (None, Some(only)) => format!("{}: ", escape_text(only)),
            (None, None) => String::new(),
        };
        let kind = match error.kind {
            ErrorKind::RuleFailed => "rule failed",
            ErrorKind::TargetUnreadable => "cannot read",
            ErrorKind::ObjectMissing => "object missing",
            ErrorKind::Deadline => "deadline",
        };
        let label = style.error_label();
        let _ = writeln!(
            out,
            "{label}: {kind}: {subject}{}",
            escape_text(&error.message)
        );
    }
    disarm(&out)
}

/// More lines than this are for `-v`.
const MAX_SKIPPED_SHOWN: usize = 10;

/// What was passed over, one line each. Unless `style` is verbose only what the user should not miss, and not more than
/// fits a screen: bounds reached, things not honoured, and targets we do not know the kind of.
pub fn skipped(report: &Report, style: Style) -> String {
    let important = |reason: SkipReason| {
        matches!(
            reason,
            SkipReason::Bound | SkipReason::NotHonoured | SkipReason::UnknownKind
        )
    };
    let skipped = report.coverage.skipped.iter();
    let lines: Vec<String> = skipped
        .filter(|skip| style.verbose || important(skip.reason))
        .map(|skip| {
            let label = style.dim(&format!("skipped ({})", skip.reason.as_str()));
            let path = escape_text(&skip.path);
            format!("{label}: {path}: {}\n", escape_text(&skip.detail))
        })
        .collect();
    let most = if style.verbose {
        usize::MAX
    } else {
        MAX_SKIPPED_SHOWN
    };
    let mut out: String = lines.iter().take(most).map(String::as_str).collect();
    if lines.len() > most {
        let hidden = lines.len() - most;
        let _ = writeln!(
            out,
            "{}",
            style.dim(&format!("and {hidden} more like these (-v)"))
        );
    }
    disarm(&out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn one_line_says_what_was_found() {
        let style = Style::default();
        let mut report = sample::incident();
        insta::assert_snapshot!(summary(&report, style), @"2 findings (1 critical, 1 low) in 2 files; 1 ignored");
        report.findings.clear();
        report.verdict.by_severity.clear();
        insta::assert_snapshot!(summary(&report, style), @"Nothing found in 2 files");
        report.coverage.audited.clear();
        insta::assert_snapshot!(summary(&report, style), @"Nothing audited: no file in any target");
    }

    #[test]
    fn errors_and_skips_are_inert() {
        let report = sample::hostile();
        for shown in [
            errors(&report, Style::default()),
            skipped(&report, Style::default()),
        ] {
            assert_eq!(shown.lines().count(), 1);
            sample::assert_inert(&shown);
        }
    }
}
