//! Generated builds by the thousand, compared with what is predicted, and their figures in `docs/src/fidelity.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{step, workspace};

/// Of so many cases one is a whole Dockerfile, and of so many one a name of a context; the others are COPY and ADD, which can
/// be built together.
const FILES_AMONG: usize = 10;
const PLACES_AMONG: usize = 16;

/// A part of the page on fidelity that a task writes.
pub(super) struct Page {
    pub(super) begin: &'static str,
    pub(super) end: &'static str,
}

const PAGE: Page = Page {
    begin: "<!-- figures: cargo xtask bench --differential -->\n",
    end: "<!-- end of the figures -->\n",
};

/// The kinds of cases and builders, as the tests call them, and as the page does.
pub(super) const KINDS: [(&str, &str); 3] = [
    ("copies", "COPY and ADD"),
    ("files", "Dockerfiles"),
    ("places", "names of contexts"),
];
pub(super) const BUILDERS: [(&str, &str); 3] = [
    ("buildkit", "BuildKit"),
    ("docker", "classic"),
    ("buildah", "buildah"),
];

/// Builds `count` cases per builder from the seed on and writes the page; disagreements are an error.
pub(super) fn run(count: usize, seed: u64) -> Result<()> {
    let folder = workspace::root().join("target/differential");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let line = "cargo test --release --locked --package plimsoll-simulate --test differential -- --nocapture --test-threads=3";
    let commit = step::output("git rev-parse --short HEAD")?;
    let files = count / FILES_AMONG;
    let places = count / PLACES_AMONG;
    let status = step::parse(line)
        .env(
            "PLIMSOLL_DIFFERENTIAL",
            (count - files - places).to_string(),
        )
        .env("PLIMSOLL_DIFFERENTIAL_FILES", files.to_string())
        .env("PLIMSOLL_DIFFERENTIAL_PLACES", places.to_string())
        .env("PLIMSOLL_DIFFERENTIAL_SEED", seed.to_string())
        .env("PLIMSOLL_DIFFERENTIAL_FIGURES", &folder)
        .status()?;
    let figures = section(&read(&folder)?, &commit, seed);
    println!("\n{figures}");
    PAGE.write(&figures)?;
    if !status.success() {
        bail!("some cases are not as predicted");
    }
    Ok(())
}

type Figures = BTreeMap<String, Value>;

/// The figures of every kind and builder that ran.
fn read(folder: &Path) -> Result<Figures> {
    let mut figures = Figures::new();
    for (kind, _) in KINDS {
        for (builder, _) in BUILDERS {
            let name = format!("{kind}-{builder}");
            if let Ok(text) = fs::read_to_string(folder.join(format!("{name}.json"))) {
                figures.insert(name, serde_json::from_str(&text)?);
            }
        }
    }
    Ok(figures)
}

fn number(figures: Option<&Value>, name: &str) -> u64 {
    let number = figures
        .and_then(|figures| figures.get(name))
        .and_then(Value::as_u64);
    number.unwrap_or(0)
}

/// The counts of a map in the figures.
fn counts<'f>(figures: Option<&'f Value>, name: &str) -> impl Iterator<Item = (&'f str, u64)> {
    let map = figures
        .and_then(|figures| figures.get(name))
        .and_then(Value::as_object);
    let pairs = map.into_iter().flatten();
    pairs.map(|(what, count)| (what.as_str(), count.as_u64().unwrap_or(0)))
}

/// The section of the page.
fn section(figures: &Figures, commit: &str, seed: u64) -> String {
    let mut text = format!(
        "Of commit {commit}, seeds from {seed} on.\n\n| builder | cases | agreed | known differences | disagreements | builds | \
         seconds |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    for (builder, title) in BUILDERS {
        for (kind, what) in KINDS {
            let one = figures.get(&format!("{kind}-{builder}"));
            let known: u64 = counts(one, "known").map(|(_, count)| count).sum();
            let seconds = one
                .and_then(|one| one.get("seconds"))
                .and_then(Value::as_f64);
            let _ = writeln!(
                text,
                "| {title}: {what} | {} | {} | {known} | {} | {} | {:.0} |",
                number(one, "cases"),
                number(one, "agreed"),
                number(one, "disagreements"),
                number(one, "builds"),
                seconds.unwrap_or(0.0)
            );
        }
    }
    text.push_str(&table(figures, "known", "known difference"));
    text.push_str(&table(figures, "reached", "cases that hit"));
    text
}

/// Counts by name, with a column for each builder.
fn table(figures: &Figures, map: &str, title: &str) -> String {
    let mut rows: BTreeMap<(usize, &str), [u64; 3]> = BTreeMap::new();
    for (order, (kind, _)) in KINDS.iter().enumerate() {
        for (column, (builder, _)) in BUILDERS.iter().enumerate() {
            for (what, count) in counts(figures.get(&format!("{kind}-{builder}")), map) {
                let row = rows.entry((order, what)).or_default();
                if let Some(cell) = row.get_mut(column) {
                    *cell = count;
                }
            }
        }
    }
    let mut text =
        format!("\n| {title} | BuildKit | classic | buildah |\n| --- | ---: | ---: | ---: |\n");
    for ((order, what), [buildkit, classic, buildah]) in rows {
        let kind = KINDS.get(order).map_or("", |(_, kind)| kind);
        let _ = writeln!(
            text,
            "| {kind}: {what} | {buildkit} | {classic} | {buildah} |"
        );
    }
    text
}

impl Page {
    /// Writes another text into the page.
    pub(super) fn write(&self, part: &str) -> Result<()> {
        let page = workspace::root().join("docs/src/fidelity.md");
        let text = fs::read_to_string(&page)?;
        fs::write(&page, self.replaced(&text, part)?)?;
        println!("wrote docs/src/fidelity.md");
        Ok(())
    }

    fn replaced(&self, page: &str, part: &str) -> Result<String> {
        let Page { begin, end } = self;
        let (before, rest) = page
            .split_once(begin)
            .context("docs/src/fidelity.md has no place for this")?;
        let (_, behind) = rest
            .split_once(end)
            .context("docs/src/fidelity.md has no end of this")?;
        Ok(format!("{before}{begin}\n{part}\n{end}{behind}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_figures_are_replaced() {
        let Page { begin, end } = PAGE;
        let page = format!("a\n{begin}\nold\n\n{end}b\n");
        let page = PAGE.replaced(&page, "new\n").unwrap();
        assert_eq!(page, format!("a\n{begin}\nnew\n\n{end}b\n"));
    }
}
