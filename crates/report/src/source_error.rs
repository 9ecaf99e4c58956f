//! An error about a file the user wrote for us, shown at its place.

use annotate_snippets::{AnnotationKind, Level, Origin, Snippet};
use plimsoll_model::{Span, escape_text};

use crate::Style;
use crate::excerpt::{render_report, visible};

/// `error: message` with the line of `text`, the file at `path`, that `span` stands in.
pub fn source_error(
    path: &str,
    text: &str,
    span: Option<Span>,
    message: &str,
    style: Style,
) -> String {
    let title = Level::ERROR.primary_title(escape_text(message));
    let path = escape_text(path);
    let Some(span) = span else {
        return render_report(&[title.element(Origin::path(path))], style);
    };
    let offset = |byte: u32| visible(text.get(..byte as usize).unwrap_or(text)).len();
    let (start, end) = (offset(span.start), offset(span.end));
    let snippet = Snippet::source(visible(text))
        .path(path)
        .annotation(AnnotationKind::Primary.span(start..end.max(start)));
    render_report(&[title.element(snippet)], style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_into_the_file() {
        let text = "root = true\nlevle = \"\u{202e}strict\"\n";
        let style = Style {
            unicode: false,
            ..Style::default()
        };
        let shown = source_error(
            "plimsoll.toml",
            text,
            Some(Span::new(12, 17)),
            "unknown key",
            style,
        );
        insta::assert_snapshot!(shown, @r#"
        error: unknown key
         --> plimsoll.toml:2:1
          |
        2 | levle = "\u{202e}strict"
          | ^^^^^
        "#);
    }
}
