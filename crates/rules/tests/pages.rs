//! Every page's examples hold: Bad trees give exactly their rule where they are marked, Good trees give nothing, fixes
//! make the rule silent.

use std::collections::BTreeMap;

use plimsoll_audit::{check, rule_table};
use plimsoll_decide::{DecidedFinding, Settings};
use plimsoll_model::{
    Artifact, Control, Entry, EntryKind, Fix, Inventory, Kind, Level, Origin, RootPath, RuleInfo,
};
use plimsoll_rules::{ALL, Example, Expectation, Fence, parse_page};

/// A tree in memory: text or link target by path.
struct Tree {
    files: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
}

impl Tree {
    fn of(example: &Example) -> Tree {
        let mut tree = Tree {
            files: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        for fence in &example.fences {
            match &fence.link {
                Some(target) => tree.links.insert(fence.path.clone(), target.clone()),
                None => tree.files.insert(fence.path.clone(), fence.text.clone()),
            };
        }
        tree
    }

    fn inventory(&self) -> Inventory {
        let mut entries = BTreeMap::new();
        let mut add = |path: &str, kind, size, link_target: Option<&String>| {
            let path = RootPath::new(path).unwrap();
            let link_target = link_target.map(|target| target.as_str().into());
            entries.insert(
                path.clone(),
                Entry {
                    path,
                    kind,
                    size,
                    link_target,
                    listed: true,
                },
            );
        };
        let paths = self.files.keys().chain(self.links.keys());
        for path in paths {
            for (at, _) in path.match_indices('/') {
                add(&path[..at], EntryKind::Directory, 0, None);
            }
        }
        for (path, text) in &self.files {
            add(path, EntryKind::File, text.len() as u64, None);
        }
        for (path, target) in &self.links {
            add(path, EntryKind::Symlink, 0, Some(target));
        }
        Inventory::new(entries.into_values().collect())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let known = self.files.iter().filter_map(|(path, text)| {
            let path = RootPath::new(path).unwrap();
            let kind = Kind::of_path(&path)?;
            Some(Artifact::new(
                path,
                kind,
                Origin::File,
                text.as_str().into(),
            ))
        });
        known.collect()
    }

    fn apply(&mut self, fix: &Fix) {
        let mut edits = fix.edits.clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        for edit in edits {
            let text = self.files.entry(edit.path.to_string()).or_default();
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
    }
}

fn settings(example: &Example, level: Level, only: Option<&'static RuleInfo>) -> Settings {
    let mut settings = Settings {
        rules: rule_table(),
        level,
        ..Settings::default()
    };
    settings.only.extend(only.map(|info| info.id));
    for fence in &example.fences {
        settings.submitted |= fence.submitted;
        for (name, control) in &fence.control {
            settings
                .config
                .trust
                .args
                .insert(name.clone(), control_named(control));
        }
    }
    settings
}

fn control_named(name: &str) -> Control {
    match name {
        "anyone" => Control::Anyone,
        "contributor" => Control::Contributor,
        "maintainer" => Control::Maintainer,
        "platform" => Control::Platform,
        other => panic!("unknown control `{other}`"),
    }
}

fn run(tree: &Tree, settings: &Settings) -> Vec<DecidedFinding> {
    let today = jiff::civil::date(2026, 1, 1);
    let checked = check(&tree.inventory(), tree.artifacts(), settings, today);
    assert!(checked.failures.is_empty(), "{:?}", checked.failures);
    checked.decided.findings
}

/// `rule path:line`, without the line where the whole file is meant.
fn places(tree: &Tree, findings: &[DecidedFinding]) -> Vec<String> {
    let place = |decided: &DecidedFinding| {
        let finding = &decided.finding;
        let path = finding.at.path.to_string();
        let text = tree.files.get(&path);
        let line = finding.at.span.zip(text).map(|(span, text)| {
            format!(":{}", text[..span.start as usize].matches('\n').count() + 1)
        });
        format!("{} {path}{}", finding.rule.id, line.unwrap_or_default())
    };
    let mut places: Vec<String> = findings.iter().map(place).collect();
    places.sort();
    places
}

fn marked(info: &RuleInfo, example: &Example) -> Vec<String> {
    let of_fence = |fence: &Fence| {
        let place = |line: &usize| match line {
            0 => format!("{} {}", info.id, fence.path),
            line => format!("{} {}:{line}", info.id, fence.path),
        };
        fence.marked_lines.iter().map(place).collect::<Vec<_>>()
    };
    let mut places: Vec<String> = example.fences.iter().flat_map(of_fence).collect();
    places.sort();
    places
}

fn check_bad(info: &'static RuleInfo, example: &Example, failures: &mut Vec<String>) {
    let mut tree = Tree::of(example);
    // A rule of the strict level is run alone: what else the strict level says of its tree is not its page's matter.
    let only = (info.level == Level::Strict).then_some(info);
    let settings = settings(example, info.level, only);
    let findings = run(&tree, &settings);
    let (found, expected) = (places(&tree, &findings), marked(info, example));
    if found != expected {
        failures.push(format!(
            "{} line {}: found {found:?}, marked {expected:?}",
            info.id, example.line
        ));
    }
    let fixes: Vec<Fix> = findings
        .iter()
        .filter_map(|decided| decided.finding.fixes.first().cloned())
        .collect();
    if fixes.len() == findings.len() && !fixes.is_empty() {
        fixes.iter().rev().for_each(|fix| tree.apply(fix));
        let left = run(&tree, &settings);
        let left: Vec<_> = left
            .into_iter()
            .filter(|decided| decided.finding.rule.id == info.id)
            .collect();
        if !left.is_empty() {
            failures.push(format!(
                "{} line {}: the fix leaves {:?}",
                info.id,
                example.line,
                places(&tree, &left)
            ));
        }
    }
}

fn check_good(info: &'static RuleInfo, example: &Example, failures: &mut Vec<String>) {
    let tree = Tree::of(example);
    let mut findings = run(&tree, &settings(example, Level::Default, None));
    findings.extend(run(&tree, &settings(example, info.level, Some(info))));
    if !findings.is_empty() {
        failures.push(format!(
            "{} line {}: a Good tree gives {:?}",
            info.id,
            example.line,
            places(&tree, &findings)
        ));
    }
}

#[test]
fn examples_of_all_pages_hold() {
    let mut failures = Vec::new();
    for rule in ALL {
        let page = parse_page(rule.info.page);
        for example in &page.examples {
            match example.expectation {
                Expectation::Bad => check_bad(&rule.info, example, &mut failures),
                Expectation::Good => check_good(&rule.info, example, &mut failures),
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
