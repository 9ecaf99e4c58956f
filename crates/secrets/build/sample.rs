//! What a credential of a form looks like: its fixed characters, and an asterisk for each that is left open.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer samples are cut.
const LONGEST: usize = 60;
/// Of so few characters one is shown: they say which kind it is, not which.
const FEW: usize = 6;

/// A sample for `pattern`; empty where it cannot be read, which is told elsewhere.
pub(crate) fn sample(pattern: &str) -> String {
    let parsed = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern);
    let mut sample = String::new();
    if let Ok(hir) = parsed {
        add(&hir, &mut sample);
    }
    if sample.chars().count() > LONGEST {
        let kept: String = sample.chars().take(LONGEST - 1).collect();
        sample = kept + "…";
    }
    sample
}

fn add(hir: &Hir, sample: &mut String) {
    if sample.len() > 4 * LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => sample.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => sample.push(shown(class)),
        HirKind::Capture(capture) => add(&capture.sub, sample),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min.min(4 * LONGEST as u32) {
                add(&repetition.sub, sample);
            }
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| add(part, sample)),
        HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| add(part, sample)),
    }
}

/// What stands for any character of `class`.
fn shown(class: &Class) -> char {
    let members: Vec<char> = match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .take(FEW + 1)
            .collect(),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .take(FEW + 1)
            .map(char::from)
            .collect(),
    };
    match members.last() {
        Some(last) if members.len() <= FEW && last.is_ascii_graphic() => *last,
        _ => '*',
    }
}
