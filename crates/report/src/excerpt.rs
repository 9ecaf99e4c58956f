//! Source lines with the place underlined, and fixes as the lines they change.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Report, Snippet,
};
use plimsoll_model::{
    Excerpt, Location, ReportFinding, ReportedFix, Safety, Severity, escape_text,
};

use crate::Style;
use crate::words::finding_path;

/// Source lines made harmless, with the way from the file's bytes to their own.
pub(crate) struct Visible<'a> {
    excerpt: &'a Excerpt,
    text: String,
}

impl<'a> Visible<'a> {
    /// The lines of `excerpt`; line ends stay.
    pub(crate) fn new(excerpt: &'a Excerpt) -> Visible<'a> {
        Visible {
            excerpt,
            text: visible(&excerpt.text),
        }
    }

    /// Where the file's bytes `start..end` stand in the lines, cut to them.
    fn range(&self, start: u32, end: u32) -> Range<usize> {
        let offset = |byte: u32| {
            let within = byte.saturating_sub(self.excerpt.first_byte) as usize;
            let at = floor_char_boundary(&self.excerpt.text, within);
            visible(self.excerpt.text.get(..at).unwrap_or_default()).len()
        };
        let start = offset(start);
        start..offset(end).max(start)
    }

    /// Whether the file's bytes `start..end` all stand in the lines.
    fn holds(&self, start: u32, end: u32) -> bool {
        let first = self.excerpt.first_byte;
        first <= start && (end.saturating_sub(first) as usize) <= self.excerpt.text.len()
    }
}

/// `text` with everything hostile spelled out, line ends kept.
pub(crate) fn visible(text: &str) -> String {
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| escape_text(line.strip_suffix('\r').unwrap_or(line)))
        .collect();
    lines.join("\n")
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Headline and source lines of a finding, and its fixes as changed lines.
pub(crate) fn render(finding: &ReportFinding, style: Style) -> String {
    let location = &finding.location;
    let lines = location.excerpt.as_ref().map(Visible::new);
    let title = level(finding.severity)
        .with_name(finding.severity.as_str())
        .primary_title(escape_text(&finding.title))
        .id(escape_text(&finding.rule));
    let path = escape_text(&finding_path(finding));
    let group = title.element(place_element(path, location, lines.as_ref()));
    renderer(style).render(&[group])
}

/// The source lines at `location` under `title`, for errors about a file of our own.
pub(crate) fn render_report(report: Report<'_>, style: Style) -> String {
    renderer(style).render(report)
}

/// The fixes as the lines they change, where these lines are at hand, else as their titles.
pub(crate) fn render_fixes(finding: &ReportFinding, style: Style) -> String {
    let lines = finding.location.excerpt.as_ref().map(Visible::new);
    let groups: Vec<Group<'_>> = finding
        .fixes
        .iter()
        .map(|fix| fix_group(fix, &finding.location, lines.as_ref()))
        .collect();
    if groups.is_empty() {
        return String::new();
    }
    renderer(style).render(&groups)
}

fn fix_group<'a>(fix: &'a ReportedFix, at: &Location, lines: Option<&Visible<'_>>) -> Group<'a> {
    let caution = match fix.safety {
        Safety::Safe => "",
        Safety::Unsafe => " (may change what the build does)",
    };
    let written = fix.edits.iter().filter(|edit| edit.path != at.path);
    let written: String = written.filter_map(in_words).collect();
    let title = format!("{}{written}{caution}", escape_text(&fix.title));
    let group = Group::with_title(Level::HELP.secondary_title(title));
    let Some(lines) = lines else { return group };
    let shown = fix
        .edits
        .iter()
        .all(|edit| !edit.create && edit.path == at.path && lines.holds(edit.start, edit.end));
    if !shown || fix.edits.is_empty() {
        return group;
    }
    let patch = |edit: &'a plimsoll_model::ReportedEdit| {
        Patch::new(lines.range(edit.start, edit.end), visible(&edit.text))
    };
    let snippet = Snippet::source(lines.text.clone())
        .line_start(lines.excerpt.first_line as usize)
        .path(escape_text(&at.path))
        .patches(fix.edits.iter().map(patch));
    group.element(snippet)
}

/// How many lines of an insertion are named.
const NAMED_LINES: usize = 3;

/// An insertion into a file whose lines are not at hand: ": write `.git` into `.dockerignore`".
fn in_words(edit: &plimsoll_model::ReportedEdit) -> Option<String> {
    if edit.start != edit.end {
        return None;
    }
    let lines = edit.text.lines().filter(|line| !line.is_empty());
    let named: Vec<String> = lines.clone().take(NAMED_LINES).map(escape_text).collect();
    let more = lines.count().saturating_sub(named.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let path = escape_text(&edit.path);
    Some(format!(
        ": write `{}`{more} into `{path}`",
        named.join("`, `")
    ))
}

/// The place of `location`: its lines with the place underlined, or its path alone.
fn place_element<'a>(
    path: String,
    location: &'a Location,
    lines: Option<&Visible<'_>>,
) -> Element<'a> {
    let (Some(lines), Some(start), Some(end)) = (lines, location.start, location.end) else {
        let mut origin = Origin::path(path);
        if let Some(start) = location.start {
            origin = origin
                .line(start.line as usize)
                .char_column(start.column as usize);
        }
        return origin.into();
    };
    let range = lines.range(start.byte, end.byte);
    Snippet::source(lines.text.clone())
        .line_start(lines.excerpt.first_line as usize)
        .path(path)
        .annotation(AnnotationKind::Primary.span(range))
        .into()
}

/// The first source line of `location`, blanks around it cut, and the byte in it at which the place starts.
pub(crate) fn first_line(location: &Location) -> Option<(String, usize)> {
    let excerpt = location.excerpt.as_ref()?;
    let start = location.start?;
    let index = start.line.checked_sub(excerpt.first_line)? as usize;
    let line = excerpt.text.lines().nth(index)?;
    let before: String = line
        .chars()
        .take(start.column.saturating_sub(1) as usize)
        .collect();
    let at = escape_text(before.trim_start()).len();
    Some((escape_text(line.trim()), at))
}

fn renderer(style: Style) -> Renderer {
    let decor = if style.unicode {
        DecorStyle::Unicode
    } else {
        DecorStyle::Ascii
    };
    let renderer = if style.colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(style.columns()).decor_style(decor)
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low => Level::INFO,
        Severity::Info => Level::NOTE,
    }
}
