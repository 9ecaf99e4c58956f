//! Rule pages for a terminal.

use std::fmt::Write;

use plimsoll_model::{Level, RuleInfo, Severity};

use crate::Style;
use crate::layout::{padded, wrap};

/// A rule's page: its facts, then its Markdown with headings, examples and wrapped paragraphs.
pub fn explain(rule: &RuleInfo, style: Style) -> String {
    let mut out = String::new();
    let severity = style.severity(rule.severity, rule.severity.as_str());
    let _ = writeln!(out, "{}: {}", style.bold(rule.id), rule.title);
    let _ = writeln!(
        out,
        "{severity}, stage {}{}",
        rule.stage,
        level_note(rule.level)
    );
    facts(&mut out, "also", rule.aliases, style);
    facts(&mut out, "see", rule.references, style);
    facts(&mut out, "formerly", rule.former_ids, style);
    page(&mut out, rule.page, style);
    out
}

/// What is explained besides rules.
#[derive(Clone, Copy, Debug)]
pub struct Topic<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it is.
    pub title: &'a str,
    /// Behind the severity.
    pub note: &'a str,
    /// How bad it is.
    pub severity: Severity,
    /// Other names.
    pub also: &'a [&'a str],
}

/// The page of something that is no rule, of Markdown.
pub fn explain_topic(topic: &Topic<'_>, markdown: &str, style: Style) -> String {
    let mut out = String::new();
    let severity = style.severity(topic.severity, topic.severity.as_str());
    let _ = writeln!(out, "{}: {}", style.bold(topic.id), topic.title);
    let _ = writeln!(out, "{severity}, {}", topic.note);
    facts(&mut out, "also", topic.also, style);
    page(&mut out, markdown, style);
    out
}

/// Every rule with its severity and title, in columns.
pub fn rule_list<'a>(rules: impl IntoIterator<Item = &'a RuleInfo>, style: Style) -> String {
    let rules: Vec<&RuleInfo> = rules.into_iter().collect();
    let ids = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let severity = style.severity(rule.severity, &padded(rule.severity.as_str(), 8));
        let id = style.bold(&padded(rule.id, ids));
        let strict = match rule.level {
            Level::Default => "",
            Level::Strict => " (strict)",
        };
        let _ = writeln!(
            out,
            "{id}  {severity}  {}  {}{strict}",
            padded(rule.stage.as_str(), 6),
            rule.title
        );
    }
    out
}

fn level_note(level: Level) -> &'static str {
    match level {
        Level::Default => "",
        Level::Strict => ", shown with --level strict",
    }
}

fn facts(out: &mut String, label: &str, names: &[&str], style: Style) {
    if names.is_empty() {
        return;
    }
    let columns = style.columns().saturating_sub(label.len() + 2);
    let mut lead = format!("{label}: ");
    for line in wrap(&names.join(", "), columns) {
        let _ = writeln!(out, "{}", style.dim(&format!("{lead}{line}")));
        lead = " ".repeat(label.len() + 2);
    }
}

/// The Markdown of `page` but its title.
fn page(out: &mut String, page: &str, style: Style) {
    let mut paragraph = String::new();
    let mut fenced = false;
    let body = match page.split_once('\n') {
        Some((title, rest)) if title.starts_with("# ") => rest,
        _ => page,
    };
    for line in body.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            flush(out, &mut paragraph, style);
            if !fenced {
                example_head(out, info, style);
            }
            fenced = !fenced;
        } else if fenced {
            example_line(out, line, style);
        } else if let Some(heading) = line.strip_prefix("## ") {
            flush(out, &mut paragraph, style);
            let _ = writeln!(out, "\n{}", style.bold(heading));
        } else if line.trim().is_empty() {
            flush(out, &mut paragraph, style);
        } else {
            if line.starts_with("- ") || line.starts_with("* ") {
                flush(out, &mut paragraph, style);
            }
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    flush(out, &mut paragraph, style);
}

/// The file an example stands for: `path=` of the fence's info string.
fn example_head(out: &mut String, info: &str, style: Style) {
    let path = info
        .split_whitespace()
        .find_map(|word| word.strip_prefix("path="));
    let _ = match path {
        Some(path) => writeln!(out, "\n  {}", style.dim(&format!("{path}:"))),
        None => writeln!(out),
    };
}

/// A line of an example; the marker that tells the tests where the finding is points at the line above it.
fn example_line(out: &mut String, line: &str, style: Style) {
    if is_marker(line) {
        let _ = writeln!(out, "    {}", style.dim("^ finding"));
    } else {
        let _ = writeln!(out, "    {}", style.code(line));
    }
}

fn is_marker(line: &str) -> bool {
    let text = line
        .trim_start()
        .trim_start_matches(['#', '/'])
        .trim_start();
    text.starts_with('^') && text.trim_start_matches('^').trim() == "finding"
}

/// Writes the paragraph or list item gathered so far.
fn flush(out: &mut String, paragraph: &mut String, style: Style) {
    let text = std::mem::take(paragraph);
    let item = text.trim_start().starts_with(['-', '*']) && text.get(1..2) == Some(" ");
    for (index, line) in wrap(&text, style.columns() - 4).iter().enumerate() {
        let indent = if item && index > 0 { "    " } else { "  " };
        let _ = writeln!(out, "{indent}{}", inline_code(line, style));
    }
}

/// Colours what stands between backticks; without colour the backticks stay.
fn inline_code(line: &str, style: Style) -> String {
    if !style.colour {
        return line.to_owned();
    }
    let mut out = String::new();
    for (index, part) in line.split('`').enumerate() {
        let piece = if index % 2 == 1 {
            style.code(part)
        } else {
            part.to_owned()
        };
        out.push_str(&piece);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_page_reads_well_at_its_width() {
        let style = Style {
            width: 60,
            ..Style::default()
        };
        insta::assert_snapshot!(explain(&sample::RULE, style), @"
        context-escapes-repository: build context leaves the repository
        critical, stage build
        also: trivy:X
        see: CWE-22, CICD-SEC-4
        formerly: context-escape

        What it finds
          A build context outside.
          - one `item` that is long enough to be wrapped at the
            width of a terminal, because it goes on and on
          - two

        Bad

          smithery.yaml:
            build:
              dockerBuildPath: ../../
            ^ finding

        Limits
          None.
        ");
    }

    #[test]
    fn rules_stand_in_columns() {
        insta::assert_snapshot!(rule_list([&sample::RULE], Style::default()), @"context-escapes-repository  critical  build   build context leaves the repository");
    }
}
