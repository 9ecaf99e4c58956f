//! The comments of a file, each with the statement it stands at.

use plimsoll_chain::{Tree, Unit};
use plimsoll_decide::CommentSite;
use plimsoll_model::{LineIndex, Span};
use plimsoll_parse::data::{Document, Node, Value};
use plimsoll_parse::dockerfile::Dockerfile;

/// Deeper statements than this carry no comments of their own.
const MAX_DEPTH: usize = 64;

/// The comments of `unit` in offsets of the file it stands in.
pub(crate) fn comment_sites(unit: &Unit) -> Vec<CommentSite> {
    let text = &unit.artifact.text;
    let lines = &unit.artifact.lines;
    let mut sites = match &unit.tree {
        Tree::Dockerfile(dockerfile) => in_dockerfile(text, lines, &dockerfile.tree),
        Tree::Data(document) => in_data(text, lines, document),
        Tree::IgnoreFile(..) => Vec::new(),
    };
    if let Some(embedding) = &unit.embedding {
        for site in &mut sites {
            site.span = embedding.text.source_span(site.span);
            site.covers = site.covers.map(|span| embedding.text.source_span(span));
        }
    }
    sites
}

/// A comment inside an instruction belongs to it; any other to the instruction on the next line that is no comment.
fn in_dockerfile(text: &str, lines: &LineIndex, tree: &Dockerfile) -> Vec<CommentSite> {
    if tree.comments.is_empty() {
        return Vec::new();
    }
    let content = ContentLines::of(text, lines);
    let statements: Vec<Span> = tree.instructions.iter().map(|one| one.span).collect();
    let site = |span: &Span| {
        let at = statements.partition_point(|statement| statement.end <= span.start);
        let around = statements
            .get(at)
            .copied()
            .filter(|statement| statement.contains(*span));
        let covers = around.or_else(|| content.next_statement(lines, &statements, *span));
        CommentSite {
            span: *span,
            covers,
        }
    };
    tree.comments.iter().map(site).collect()
}

fn in_data(text: &str, lines: &LineIndex, document: &Document) -> Vec<CommentSite> {
    if document.comments.is_empty() {
        return Vec::new();
    }
    let content = ContentLines::of(text, lines);
    let statements = statements(document, lines);
    let site = |span: &Span| CommentSite {
        span: *span,
        covers: statement_on_line(&statements, lines, lines.line(span.start))
            .or_else(|| content.next_statement(lines, &statements, *span)),
    };
    document.comments.iter().map(site).collect()
}

/// The outermost statement that starts on each line: a mapping's entry or a sequence's item, in order.
fn statements(document: &Document, lines: &LineIndex) -> Vec<Span> {
    let mut found = Vec::new();
    for root in &document.roots {
        gather(root, 0, &mut found);
    }
    // Of those that start on one line the widest comes first and stays.
    found.sort_by_key(|span| (lines.line(span.start), span.start, u32::MAX - span.end));
    found.dedup_by_key(|span| lines.line(span.start));
    found
}

fn gather(node: &Node, depth: usize, found: &mut Vec<Span>) {
    if depth >= MAX_DEPTH {
        return;
    }
    match &node.value {
        Value::Mapping(entries) => {
            for entry in entries.iter().filter(|entry| !entry.merged) {
                if entry.value.span.start < entry.key.span.end {
                    // An alias: its value is written, and gathered, elsewhere.
                    found.push(entry.key.span);
                    continue;
                }
                found.push(entry.key.span.cover(entry.value.span));
                gather(&entry.value, depth + 1, found);
            }
        }
        Value::Sequence(items) => {
            let mut behind = node.span.start;
            for item in items.iter().filter(|item| node.span.contains(item.span)) {
                // Items follow each other; one that does not is an alias of an earlier one.
                if item.span.start >= behind {
                    behind = item.span.end;
                    found.push(item.span);
                    gather(item, depth + 1, found);
                }
            }
        }
        Value::Scalar(_) | Value::Expression(_) => {}
    }
}

/// The statement that starts on `line`.
fn statement_on_line(statements: &[Span], lines: &LineIndex, line: u32) -> Option<Span> {
    let at = statements.partition_point(|statement| lines.line(statement.start) < line);
    let statement = statements.get(at).copied()?;
    (lines.line(statement.start) == line).then_some(statement)
}

/// For each line the next one, itself included, that is neither blank nor comment.
struct ContentLines(Vec<Option<u32>>);

impl ContentLines {
    fn of(text: &str, lines: &LineIndex) -> ContentLines {
        let count = lines.line_count();
        let mut next = vec![None; count as usize + 2];
        let mut below = None;
        for line in (1..=count).rev() {
            let start = lines.line_start(line) as usize;
            let rest = text.get(start..).unwrap_or("");
            let content = rest.lines().next().unwrap_or("").trim();
            if !content.is_empty() && !content.starts_with('#') && !content.starts_with("//") {
                below = Some(line);
            }
            if let Some(slot) = next.get_mut(line as usize) {
                *slot = below;
            }
        }
        ContentLines(next)
    }

    /// The statement that starts on the next such line behind `comment`.
    fn next_statement(
        &self,
        lines: &LineIndex,
        statements: &[Span],
        comment: Span,
    ) -> Option<Span> {
        let behind = lines.line(comment.start) as usize + 1;
        let line = self.0.get(behind).copied().flatten()?;
        statement_on_line(statements, lines, line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{Artifact, Kind, Origin, RootPath};

    /// Each comment with the first and the last line of what it covers.
    #[track_caller]
    fn check(path: &str, text: &str, expected: &[Option<(u32, u32)>]) {
        let path = RootPath::new(path).unwrap();
        let kind = Kind::of_path(&path).unwrap();
        let unit = Unit::new(Artifact::new(path, kind, Origin::File, text.into()));
        let lines = &unit.artifact.lines;
        let range = |span: Span| (lines.line(span.start), lines.line(span.end.max(1) - 1));
        let found: Vec<_> = comment_sites(&unit)
            .iter()
            .map(|site| site.covers.map(range))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn in_dockerfiles() {
        check(
            "Dockerfile",
            "# a\n\n# b\nFROM x\nRUN a \\\n  # c\n  b\n# d\n",
            &[Some((4, 4)), Some((4, 4)), Some((5, 7)), None],
        );
    }

    #[test]
    fn in_yaml() {
        let text = "# a\nservices:\n  x:\n    build: . # b\n  # c\n  y:\n    image: z\n# d\n";
        check(
            "compose.yaml",
            text,
            &[Some((2, 7)), Some((4, 4)), Some((6, 7)), None],
        );
    }
}
