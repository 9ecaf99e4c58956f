//! Dockerfiles to measure on: the ordinary kinds, as long as they are in earnest, varied by number.

const TEMPLATES: [&str; 5] = [
    include_str!("templates/node.txt"),
    include_str!("templates/python.txt"),
    include_str!("templates/go.txt"),
    include_str!("templates/debian.txt"),
    include_str!("templates/java.txt"),
];

/// The Dockerfile of that number.
pub(super) fn text(number: usize) -> String {
    let template = TEMPLATES
        .get(number % TEMPLATES.len())
        .copied()
        .unwrap_or_default();
    template.replace("{n}", &number.to_string())
}
