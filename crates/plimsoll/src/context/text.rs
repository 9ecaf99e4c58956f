//! The figures of a context for a reader.

use std::fmt::Write;

use plimsoll_model::Severity;
use plimsoll_report::Style;
use plimsoll_simulate::context::{ContextSummary, SizedPath, Tally};

use super::Account;
use super::figures::leads;
use super::shown::{shown_path, shown_text};
use crate::arguments::ContextArguments;

/// Rows of each list where not all are asked for.
const ROWS: usize = 10;

/// The whole account.
pub(super) fn render(arguments: &ContextArguments, account: &Account, style: Style) -> String {
    let summary = &account.summary;
    let rows = if style.verbose { usize::MAX } else { ROWS };
    let mut out = String::new();
    head(&mut out, arguments, account, style);
    copies(&mut out, account, rows, style);
    secrets(&mut out, summary, rows, style);
    links(&mut out, summary, rows, style);
    needless(&mut out, summary, rows, style);
    largest(
        &mut out,
        "Largest folders",
        &summary.largest_folders,
        rows,
        style,
    );
    largest(
        &mut out,
        "Largest files",
        &summary.largest_files,
        rows,
        style,
    );
    suggestion(&mut out, account, style);
    out
}

fn head(out: &mut String, arguments: &ContextArguments, account: &Account, style: Style) {
    let folder = shown_path(&arguments.folder.to_string_lossy());
    let ignore = match &account.applying.shown {
        Some(path) => format!("ignore file {}", shown_path(path)),
        None => "no ignore file".to_owned(),
    };
    let builder = arguments.builder.as_str();
    let _ = writeln!(
        out,
        "{} ({ignore}, as {builder} reads it)",
        style.bold(&folder)
    );
    let summary = &account.summary;
    let rows = [("sent", summary.sent), ("left out", summary.left_out)];
    for (label, tally) in rows {
        let _ = writeln!(
            out,
            "  {label:<10}{:>10}  {}",
            size(tally.bytes),
            contents(tally)
        );
    }
    if summary.skipped_folders > 0 {
        let skipped = counted(summary.skipped_folders, "folder");
        let _ = writeln!(out, "  {:<10}{:>10}  {skipped} left out whole", "", "");
    }
    if summary.unlisted_count > 0 {
        let unlisted = counted(summary.unlisted_count, "folder");
        let _ = writeln!(
            out,
            "  {unlisted} could not be listed: the figures are too small"
        );
    }
}

fn copies(out: &mut String, account: &Account, rows: usize, style: Style) {
    if account.copies.is_empty() {
        return;
    }
    heading(out, "Taken by the Dockerfile", style);
    for copy in account.copies.iter().take(rows) {
        let (bytes, files) = match copy.taken {
            Some(taken) => (size(taken.bytes), counted(taken.files, "file")),
            None => (
                "?".to_owned(),
                "depends on a value that is not known".to_owned(),
            ),
        };
        let text = style.code(&shown_text(&copy.text));
        let _ = writeln!(out, "  {bytes:>10}  {text}  {}", style.dim(&files));
    }
    let shown = account.copies.len().min(rows);
    more(out, account.copies.len() as u64, shown, style);
}

fn heading(out: &mut String, title: &str, style: Style) {
    let _ = writeln!(out, "\n{}", style.bold(title));
}

/// How many more there are than shown.
fn more(out: &mut String, all: u64, shown: usize, style: Style) {
    let hidden = all.saturating_sub(shown as u64);
    if hidden > 0 {
        let _ = writeln!(out, "  {}", style.dim(&format!("and {hidden} more (-v)")));
    }
}

fn secrets(out: &mut String, summary: &ContextSummary, rows: usize, style: Style) {
    if summary.sensitive.is_empty() {
        return;
    }
    let title = style.severity(Severity::High, "Secret by their names, and sent");
    heading(
        out,
        &title,
        Style {
            colour: false,
            ..style
        },
    );
    for found in summary.sensitive.iter().take(rows) {
        let what = found.sensitive.class.describe();
        row(out, found.bytes, &found.path.to_string(), what, style);
    }
    more(
        out,
        summary.sensitive_count,
        summary.sensitive.len().min(rows),
        style,
    );
}

fn links(out: &mut String, summary: &ContextSummary, rows: usize, style: Style) {
    if summary.links_out.is_empty() {
        return;
    }
    heading(out, "Links that lead out", style);
    for link in summary.links_out.iter().take(rows) {
        let path = shown_path(&link.path.to_string());
        let target = shown_path(&link.target);
        let note = style.dim(leads(link.leads));
        let _ = writeln!(out, "  {} -> {target}  {note}", style.code(&path));
    }
    more(
        out,
        summary.links_out_count,
        summary.links_out.len().min(rows),
        style,
    );
}

fn needless(out: &mut String, summary: &ContextSummary, rows: usize, style: Style) {
    if summary.needless.is_empty() {
        return;
    }
    heading(out, "Hardly needed", style);
    for group in summary.needless.iter().take(rows) {
        let files = counted(group.tally.files, "file");
        let what = format!("{}, {files}", group.needless.class.describe());
        row(
            out,
            group.tally.bytes,
            &group.path.to_string(),
            &what,
            style,
        );
    }
    let shown = summary.needless.len().min(rows);
    more(out, summary.needless.len() as u64, shown, style);
}

fn largest(out: &mut String, title: &str, largest: &[SizedPath], rows: usize, style: Style) {
    let mut weighty = largest
        .iter()
        .filter(|sized| sized.tally.bytes > 0)
        .peekable();
    if weighty.peek().is_none() {
        return;
    }
    heading(out, title, style);
    for sized in weighty.take(rows) {
        let files = if sized.tally.files > 1 {
            counted(sized.tally.files, "file")
        } else {
            String::new()
        };
        row(
            out,
            sized.tally.bytes,
            &sized.path.to_string(),
            &files,
            style,
        );
    }
}

fn suggestion(out: &mut String, account: &Account, style: Style) {
    let summary = &account.summary;
    if summary.suggested_rules.is_empty() {
        return;
    }
    let file = account.applying.shown.as_deref().unwrap_or(".dockerignore");
    let saved = size(summary.saving.bytes);
    heading(
        out,
        &format!("Into {}, to save {saved}", shown_path(file)),
        style,
    );
    for rule in &summary.suggested_rules {
        let _ = writeln!(out, "  {}", style.code(&shown_path(rule)));
    }
}

fn row(out: &mut String, bytes: u64, path: &str, note: &str, style: Style) {
    let path = style.code(&shown_path(path));
    let line = format!("  {:>10}  {path}  {}", size(bytes), style.dim(note));
    let _ = writeln!(out, "{}", line.trim_end());
}

fn contents(tally: Tally) -> String {
    let mut parts = vec![
        counted(tally.files, "file"),
        counted(tally.folders, "folder"),
    ];
    if tally.links > 0 {
        parts.push(counted(tally.links, "link"));
    }
    parts.join(", ")
}

fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Bytes in the largest unit that leaves a whole part.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("TB");
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_250_000, "1.2 MB"),
            (999_999_999, "999.9 MB"),
            (5_000_000_000_000_000, "5000.0 TB"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(size(bytes), expected);
        }
    }
}
