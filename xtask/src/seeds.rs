//! `cargo xtask seeds`: a first corpus for each fuzz target, from the examples and the rules' pages.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use crate::workspace;

/// Writes `fuzz/corpus/TARGET/seed-NNN` for every target that reads a kind of file.
pub(crate) fn run() -> Result<()> {
    let mut seeds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in workspace::texts()? {
        if path.starts_with("examples/") {
            add(&mut seeds, &path, &text);
        } else if path.starts_with("crates/") && path.ends_with(".md") {
            for (path, text) in fences(&text) {
                add(&mut seeds, path, &text);
            }
        }
    }
    for (target, mut texts) in seeds {
        texts.sort();
        texts.dedup();
        let folder = workspace::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&folder)?;
        for (number, text) in texts.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), text)?;
        }
        println!("{target}: {} seeds", texts.len());
    }
    Ok(())
}

fn add(seeds: &mut BTreeMap<&str, Vec<String>>, path: &str, text: &str) {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let targets: &[&'static str] = match name.rsplit('.').next().unwrap_or_default() {
        _ if name.contains("dockerfile") => &["dockerfile", "check"],
        "yaml" | "yml" => &["yaml", "check"],
        "json" => &["json"],
        "toml" => &["toml"],
        "hcl" => &["hcl"],
        "dockerignore" => &["ignore_file"],
        _ => &[],
    };
    for target in targets {
        seeds.entry(target).or_default().push(text.to_owned());
    }
    if name.contains("dockerfile") {
        let words = text.split_whitespace().filter(|word| word.contains('$'));
        seeds
            .entry("word")
            .or_default()
            .extend(words.map(str::to_owned));
        let scripts = text.lines().filter_map(|line| line.strip_prefix("RUN "));
        seeds
            .entry("shell")
            .or_default()
            .extend(scripts.map(str::to_owned));
    }
}

/// The fenced examples of a page that name a path, with their text.
fn fences(page: &str) -> Vec<(&str, String)> {
    let mut fences = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let path = info
            .split_whitespace()
            .find_map(|word| word.strip_prefix("path="));
        fences.extend(path.map(|path| (path, body.join("\n") + "\n")));
    }
    fences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_a_page_are_found() {
        let page = "text\n```sh\nls\n```\n```yaml path=a.yaml\nx: 1\n```\n";
        assert_eq!(fences(page), [("a.yaml", "x: 1\n".to_owned())]);
    }

    #[test]
    fn a_dockerfile_is_a_seed_of_its_words_and_scripts_too() {
        let mut seeds = BTreeMap::new();
        add(&mut seeds, "a/Dockerfile", "FROM x:$V\nRUN echo\n");
        let targets: Vec<&str> = seeds.keys().copied().collect();
        assert_eq!(targets, ["check", "dockerfile", "shell", "word"]);
        assert_eq!(seeds["shell"], ["echo"]);
    }
}
