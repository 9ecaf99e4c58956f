//! `cargo xtask docs`: what is written from the code: rule pages, the book's contents, the schema, the help page.

mod command_line;
mod picture;
mod rule_pages;
mod schema;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::{step, workspace};

/// Generated files by their path from the root.
type Pages = BTreeMap<String, String>;

/// A folder in which every file is generated.
const RULE_PAGES: &str = "docs/src/rules/";

/// Writes every generated file, or with `check` names those that are not as the code says.
pub(crate) fn run(check: bool) -> Result<()> {
    let pages = pages()?;
    let stale = stale(&pages)?;
    if check {
        for path in &stale {
            println!("{path}: not as the code says");
        }
        if !stale.is_empty() {
            bail!(
                "{} generated files differ; run `cargo xtask docs`",
                stale.len()
            );
        }
        return Ok(());
    }
    for path in stale {
        let file = workspace::root().join(&path);
        match pages.get(&path) {
            Some(text) => {
                fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
                fs::write(file, text)?;
                println!("wrote {path}");
            }
            None => {
                fs::remove_file(file)?;
                println!("removed {path}");
            }
        }
    }
    Ok(())
}

fn pages() -> Result<Pages> {
    let mut pages = rule_pages::pages();
    let contents = fs::read_to_string(workspace::root().join(rule_pages::SUMMARY))?;
    pages.insert(
        rule_pages::SUMMARY.to_owned(),
        rule_pages::summary(&contents)?,
    );
    pages.insert("docs/report.schema.json".to_owned(), schema::text());
    pages.insert("docs/src/command-line.md".to_owned(), command_line::page()?);
    pages.insert("docs/incident.svg".to_owned(), incident()?);
    Ok(pages)
}

/// The picture in the README: what the tool says about the incident.
fn incident() -> Result<String> {
    let arguments = "check --exit-zero examples/smithery-incident";
    let output = step::output(&format!(
        "cargo run --quiet --locked --package plimsoll -- {arguments} --color always"
    ))?;
    Ok(picture::svg(&format!("plimsoll {arguments}"), &output))
}

/// Paths that are missing, differ, or lie in a generated folder without being generated.
fn stale(pages: &Pages) -> Result<Vec<String>> {
    let root = workspace::root();
    let mut stale: Vec<String> = pages
        .iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path.clone())
        .collect();
    if let Ok(entries) = fs::read_dir(root.join(RULE_PAGES)) {
        for entry in entries {
            let path = format!("{RULE_PAGES}{}", entry?.file_name().to_string_lossy());
            if !pages.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}
