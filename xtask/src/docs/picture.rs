//! A picture of a terminal: text with colour sequences to SVG.

use std::fmt::Write;

/// Pixels one character takes at the font size below, in every monospaced font listed.
const CELL: f64 = 8.4;
const LINE: f64 = 20.0;
const MARGIN: f64 = 16.0;

/// How a run of characters looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    colour: Option<&'static str>,
    bold: bool,
    dim: bool,
}

/// Characters in one look, from a column on.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    column: usize,
    look: Look,
    text: String,
}

/// The text, a command line above it, as a terminal shows it.
pub(super) fn svg(command: &str, output: &str) -> String {
    let prompt = vec![
        run(0, Some("#7ee787"), "$"),
        run(2, Some("#e6edf3"), command),
    ];
    let mut look = Look::default();
    let shown = output.trim_end().lines();
    let lines: Vec<Vec<Run>> = [prompt, Vec::new()]
        .into_iter()
        .chain(shown.map(|line| runs(line, &mut look)))
        .collect();
    let columns = lines
        .iter()
        .flatten()
        .map(|run| run.column + run.text.chars().count());
    let width = columns.max().unwrap_or(0) as f64 * CELL + 2.0 * MARGIN;
    let height = lines.len() as f64 * LINE + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         fill=\"#c9d1d9\" xml:space=\"preserve\">\n",
        escaped(command)
    );
    for (row, line) in lines.iter().enumerate() {
        let y = MARGIN + (row as f64 + 0.75) * LINE;
        for run in line {
            let _ = writeln!(svg, "{}", element(run, y));
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn run(column: usize, colour: Option<&'static str>, text: &str) -> Run {
    let look = Look {
        colour,
        ..Look::default()
    };
    Run {
        column,
        look,
        text: text.to_owned(),
    }
}

fn element(run: &Run, y: f64) -> String {
    let x = MARGIN + run.column as f64 * CELL;
    let length = run.text.chars().count() as f64 * CELL;
    let mut attributes = String::new();
    if let Some(colour) = run.look.colour {
        let _ = write!(attributes, " fill=\"{colour}\"");
    }
    if run.look.bold {
        attributes.push_str(" font-weight=\"bold\"");
    }
    if run.look.dim {
        attributes.push_str(" opacity=\"0.7\"");
    }
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.0}\" textLength=\"{length:.1}\"{attributes}>{}</text>",
        escaped(&run.text)
    )
}

/// A line cut where its look changes; blank runs show nothing and are left out.
fn runs(line: &str, look: &mut Look) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut column = 0;
    for (at, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m') {
            Some((codes, text)) if at > 0 => {
                *look = codes.split(';').fold(*look, changed);
                text
            }
            _ => part,
        };
        let blank = text.len() - text.trim_start().len();
        let words = text.trim();
        if !words.is_empty() {
            runs.push(Run {
                column: column + blank,
                look: *look,
                text: words.to_owned(),
            });
        }
        column += text.chars().count();
    }
    runs
}

fn changed(look: Look, code: &str) -> Look {
    let colour = match code {
        "" | "0" => return Look::default(),
        "1" => return Look { bold: true, ..look },
        "2" => return Look { dim: true, ..look },
        "22" => {
            return Look {
                bold: false,
                dim: false,
                ..look
            };
        }
        "31" | "91" => Some("#ff7b72"),
        "32" | "92" => Some("#7ee787"),
        "33" | "93" => Some("#e3b341"),
        "34" | "94" => Some("#79c0ff"),
        "35" | "95" => Some("#d2a8ff"),
        "36" | "96" => Some("#76e3ea"),
        "90" => Some("#8b949e"),
        "39" | "37" | "97" => None,
        _ => return look,
    };
    Look { colour, ..look }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_its_look_changes() {
        let mut look = Look::default();
        let red = Look {
            colour: Some("#ff7b72"),
            bold: true,
            dim: false,
        };
        let runs = runs("  a\u{1b}[1;31mb c\u{1b}[0m d", &mut look);
        let seen: Vec<(usize, Look, &str)> = runs
            .iter()
            .map(|run| (run.column, run.look, run.text.as_str()))
            .collect();
        let plain = Look::default();
        assert_eq!(seen, [(2, plain, "a"), (3, red, "b c"), (7, plain, "d")]);
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert!(svg("x", "<a> & \"b\"").contains("&lt;a&gt; &amp; &quot;b&quot;"));
    }
}
