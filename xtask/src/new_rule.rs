//! `cargo xtask new-rule`: a rule's two files and its place in the lists.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::tidy::rules::{HOME, REGISTRY, STAGES, id_of, registered};
use crate::{step, workspace};

/// Writes `ID.rs` and `ID.md` into the folder of the stage and registers the rule.
pub(crate) fn run(stage: &str, id: &str) -> Result<()> {
    check_names(stage, id)?;
    let root = workspace::root();
    let name = id.replace('-', "_");
    let source = format!("{HOME}{stage}/{name}.rs");
    let page = format!("{HOME}{stage}/{name}.md");
    if root.join(&source).exists() || root.join(&page).exists() {
        bail!("{source} or {page} is there already");
    }
    fs::create_dir_all(root.join(HOME).join(stage))?;
    fs::write(root.join(&source), source_text(stage, id, &name))?;
    fs::write(root.join(&page), page_text(id))?;
    edit(&root.join(REGISTRY), |text| with_rule(text, stage, &name))?;
    edit(&stage_module(root, stage)?, |text| {
        Ok(with_module(text, &name))
    })?;
    step::command("cargo fmt --package plimsoll-rules")?;
    println!("wrote {source} and {page}; write the page first");
    Ok(())
}

fn check_names(stage: &str, id: &str) -> Result<()> {
    if !STAGES.contains(&stage) {
        bail!(
            "`{stage}` is not a stage; the stages are {}",
            STAGES.join(", ")
        );
    }
    let words = id.split('-');
    let is_kebab = words.clone().count() > 1
        && words.clone().all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        });
    if !is_kebab {
        bail!("`{id}` is not an id: several lower-case words joined by `-`, naming the bad thing");
    }
    Ok(())
}

/// The file that declares a stage's modules, made and declared if this is the stage's first rule.
fn stage_module(root: &Path, stage: &str) -> Result<std::path::PathBuf> {
    let home = root.join(HOME);
    for candidate in [
        home.join(format!("{stage}.rs")),
        home.join(stage).join("mod.rs"),
    ] {
        if candidate.exists() {
            return Ok(candidate);
        }
    }
    let file = home.join(format!("{stage}.rs"));
    fs::write(&file, format!("//! Rules of the stage `{stage}`.\n"))?;
    edit(&home.join("lib.rs"), |text| {
        Ok(text.replacen("mod page;", &format!("mod {stage};\nmod page;"), 1))
    })?;
    edit(&root.join(REGISTRY), |text| {
        Ok(text.replacen("use crate::{", &format!("use crate::{{{stage}, "), 1))
    })?;
    Ok(file)
}

fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    fs::write(path, change(&text)?)?;
    Ok(())
}

/// The registry with the rule in its place by id.
fn with_rule(registry: &str, stage: &str, name: &str) -> Result<String> {
    let new = format!("&{stage}::{name}::RULE,");
    let later = registered(registry)
        .into_iter()
        .find(|rule| id_of(rule) > id_of(name));
    let marker = match &later {
        Some(rule) => format!("&{rule}::RULE,"),
        None => "];".to_owned(),
    };
    let Some((before, after)) = registry.split_once(&marker) else {
        bail!("{REGISTRY} has no list of rules");
    };
    Ok(format!("{before}{new}\n    {marker}{after}"))
}

/// A stage's module file with the rule declared; rustfmt puts it in its place.
fn with_module(text: &str, name: &str) -> String {
    let declaration = format!("pub(crate) mod {name};\n");
    let is_declaration =
        |line: &str| line.starts_with("mod ") || line.starts_with("pub(crate) mod ");
    match text.lines().find(|line| is_declaration(line)) {
        Some(first) => text.replacen(first, &format!("{declaration}{first}"), 1),
        None => format!("{text}\n{declaration}"),
    }
}

fn source_text(stage: &str, id: &str, name: &str) -> String {
    let mut letters = stage.chars();
    let stage = letters.next().map(|first| first.to_ascii_uppercase());
    let stage: String = stage.into_iter().chain(letters).collect();
    format!(
        "//! `{id}`: say what is wrong in one line.\n\n\
         use plimsoll_chain::Unit;\n\
         use plimsoll_model::{{Confidence, Level, RuleInfo, Severity, Stage}};\n\n\
         use crate::rule::{{Check, Findings, Rule, World}};\n\n\
         pub(crate) static RULE: Rule = Rule {{\n    \
         info: RuleInfo {{\n        \
         id: \"{id}\",\n        former_ids: &[],\n        title: \"Name the bad thing\",\n        \
         stage: Stage::{stage},\n        severity: Severity::Medium,\n        confidence: Confidence::High,\n        \
         level: Level::Default,\n        aliases: &[],\n        references: &[],\n        \
         page: include_str!(\"{name}.md\"),\n    }},\n    \
         check: Check::Unit(check),\n}};\n\n\
         fn check(_unit: &Unit, _world: &World<'_>, _findings: &mut Findings) {{}}\n"
    )
}

fn page_text(id: &str) -> String {
    format!(
        "# {id}\n\nWhat is wrong, in one line.\n\n## What it finds\n\n## Why it matters\n\n## Bad\n\n\
         ```dockerfile path=Dockerfile\nFROM scratch\n# ^ finding\n```\n\n## Good\n\n\
         ```dockerfile path=Dockerfile\nFROM scratch\n```\n\n## Fix\n\n## Limits\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_its_place_by_id() {
        let registry =
            "static ALL: &[&Rule] = &[\n    &build::b_x::RULE,\n    &source::d::RULE,\n];\n";
        for (name, place) in [("a", 0), ("b_y", 1), ("c", 1), ("e", 2)] {
            let listed = registered(&with_rule(registry, "build", name).unwrap());
            assert_eq!(listed[place], format!("build::{name}"), "{listed:?}");
        }
    }

    #[test]
    fn names_are_checked() {
        assert!(check_names("build", "runs-as-root").is_ok());
        for (stage, id) in [
            ("builds", "a-b"),
            ("build", "root"),
            ("build", "Runs-As"),
            ("build", "a--b"),
        ] {
            assert!(check_names(stage, id).is_err(), "{stage} {id}");
        }
    }

    #[test]
    fn a_module_is_declared_once() {
        let text = with_module("//! Rules.\n\nmod place;\n", "a_b");
        assert_eq!(text, "//! Rules.\n\npub(crate) mod a_b;\nmod place;\n");
        assert_eq!(
            with_module("//! Rules.\n", "a"),
            "//! Rules.\n\npub(crate) mod a;\n"
        );
    }
}
