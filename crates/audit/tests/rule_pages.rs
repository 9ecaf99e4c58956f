//! The examples of every rule's page, held to what their headings say.

#![expect(clippy::unwrap_used, reason = "a page that cannot be read has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use plimsoll_audit::{check, rule_table, sightings};
use plimsoll_decide::{DecidedFinding, Settings};
use plimsoll_model::{
    Artifact, Control, Entry, EntryKind, Fix, HistoryPlace, ImagePlace, Inventory, Kind, Level,
    Origin, RootPath, RuleInfo, Status, Storage, StoredSighting,
};
use plimsoll_rules::{Example, Expectation, Fence, infos, is_judged_by_text, parse_page};

/// The files and links of a tree, by path, and what is stored elsewhere.
#[derive(Clone, Default)]
struct Tree {
    files: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
    stored: Vec<(String, String, String)>,
}

/// `text` with every `<<FORM>>` replaced by a credential of that form, which no file of ours spells out.
fn with_credentials(text: &str) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, form, after)) = placeholder(rest) {
        filled.push_str(before);
        filled.push_str(&credential(form));
        rest = after;
    }
    filled + rest
}

fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, opened) = text.split_once("<<")?;
    let (form, after) = opened.split_once(">>")?;
    let is_form = form.contains('-') && form.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
    if is_form {
        return Some((before, form, after));
    }
    // A here-document, perhaps before a placeholder.
    let (skipped, form, after) = placeholder(opened)?;
    let before = &text[..before.len() + 2 + skipped.len()];
    Some((before, form, after))
}

fn credential(form: &str) -> String {
    if form == "generic-password" {
        return ["vB7rk2Qp", "x9LmT4wZ"].concat();
    }
    let rule = plimsoll_secrets::rule(form).unwrap_or_else(|| panic!("`{form}` is no form"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../secrets/data");
    let data = std::fs::read_to_string(format!("{folder}/{}.toml", rule.provider.id)).unwrap();
    let data: toml::Table = data.parse().unwrap();
    let rules = data["rule"].as_array().unwrap().iter();
    let mut rules = rules.filter(|one| one["id"].as_str() == Some(form));
    let parts = rules.next().unwrap()["examples"][0].as_array().unwrap();
    let line: String = parts.iter().map(|part| part.as_str().unwrap()).collect();
    let seen = sightings(&RootPath::new("example").unwrap(), line.as_bytes());
    let seen = seen.iter().find(|one| one.form == form).unwrap();
    seen.span.slice(&line).to_owned()
}

impl Tree {
    fn new(fences: &[Fence]) -> Tree {
        let mut tree = Tree::default();
        for fence in fences {
            let text = with_credentials(&fence.text);
            if let Some(place) = &fence.stored {
                tree.stored.push((fence.path.clone(), place.clone(), text));
                continue;
            }
            match &fence.link {
                Some(target) => tree.links.insert(fence.path.clone(), target.clone()),
                None => tree.files.insert(fence.path.clone(), text),
            };
        }
        tree
    }

    fn inventory(&self) -> Inventory {
        let mut entries = Vec::new();
        let names = self.files.keys().chain(self.links.keys());
        for name in names {
            let path = RootPath::new(name).unwrap();
            let mut folder = path.parent();
            while !folder.is_root() {
                entries.push(entry(folder.clone(), EntryKind::Directory));
                folder = folder.parent();
            }
            let mut one = entry(path, EntryKind::File);
            if let Some(target) = self.links.get(name) {
                one.kind = EntryKind::Symlink;
                one.link_target = Some(target.as_str().into());
            } else {
                one.size = self.files[name].len() as u64;
            }
            entries.push(one);
        }
        let texts = self.files.iter().filter_map(|(name, text)| {
            let path = RootPath::new(name)?;
            is_judged_by_text(&path).then(|| (path, text.as_str().into()))
        });
        let seen = self.files.iter().map(|(name, text)| {
            let path = RootPath::new(name).unwrap();
            let seen = sightings(&path, text.as_bytes());
            (path, seen.into())
        });
        Inventory::new(entries)
            .with_texts(texts)
            .with_sightings(seen)
            .with_stored_sightings(self.stored_sightings())
    }

    fn stored_sightings(&self) -> Vec<StoredSighting> {
        let stored = |(name, place, text): &(String, String, String)| {
            let path = RootPath::new(name).unwrap();
            let seen = sightings(&path, text.as_bytes()).into_iter();
            let storage = storage(place);
            let one = |sighting| StoredSighting {
                path: path.clone(),
                origin: Origin::File,
                sighting: Arc::new(sighting),
                storage: storage.clone(),
            };
            seen.map(one).collect::<Vec<_>>()
        };
        self.stored.iter().flat_map(stored).collect()
    }

    fn artifacts(&self) -> Vec<Artifact> {
        let artifact = |(name, text): (&String, &String)| {
            let path = RootPath::new(name).unwrap();
            let kind = Kind::of_path(&path)?;
            Some(Artifact::new(
                path,
                kind,
                Origin::File,
                text.as_str().into(),
            ))
        };
        self.files.iter().filter_map(artifact).collect()
    }

    /// What is found by `rule` at any level, and by every other rule at the default level.
    fn findings(&self, rule: &RuleInfo, settings: &Settings) -> Vec<DecidedFinding> {
        let today = date(2030, 1, 1);
        let checked = check(&self.inventory(), self.artifacts(), settings, today);
        assert_eq!(checked.failures, [], "{}", rule.id);
        let mut findings = checked.decided.findings;
        findings
            .retain(|one| one.finding.level == Level::Default || one.finding.rule.id == rule.id);
        findings
    }

    fn apply(&mut self, fix: &Fix) {
        let mut edits = fix.edits.clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        for edit in edits {
            let text = self.files.entry(edit.path.as_str().to_owned()).or_default();
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
    }
}

fn storage(place: &str) -> Storage {
    let image = ImagePlace {
        image: "example".to_owned(),
        ..ImagePlace::default()
    };
    match place {
        "history" => Storage::History(HistoryPlace {
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            ..HistoryPlace::default()
        }),
        "layer" => Storage::Image(ImagePlace {
            layer: Some("sha256:00".to_owned()),
            layer_number: Some(1),
            ..image
        }),
        "image-configuration" => Storage::Image(image),
        other => panic!("nothing is stored in `{other}`"),
    }
}

fn entry(path: RootPath, kind: EntryKind) -> Entry {
    Entry {
        path,
        kind,
        size: 0,
        link_target: None,
        listed: true,
    }
}

fn settings(example: &Example) -> Settings {
    let mut settings = Settings {
        rules: rule_table(),
        level: Level::Strict,
        submitted: example.fences.iter().any(|fence| fence.submitted),
        ..Settings::default()
    };
    for (name, control) in example.fences.iter().flat_map(|fence| &fence.control) {
        let control = match control.as_str() {
            "anyone" => Control::Anyone,
            "contributor" => Control::Contributor,
            "maintainer" => Control::Maintainer,
            other => panic!("`{other}` controls nothing"),
        };
        settings.config.trust.args.insert(name.clone(), control);
    }
    settings
}

/// `rule path:line` of each finding.
fn places(findings: &[DecidedFinding], tree: &Tree) -> Vec<String> {
    let place = |one: &DecidedFinding| {
        let at = &one.finding.at;
        let stored = tree.stored.iter().find(|one| one.0 == at.path.as_str());
        let text = tree.files.get(at.path.as_str());
        let text = text.or(stored.map(|one| &one.2));
        let line = at.span.zip(text).map_or(0, |(span, text)| {
            let before = text.as_bytes().iter().take(span.start as usize);
            before.filter(|byte| **byte == b'\n').count() + 1
        });
        format!("{} {}:{line}", one.finding.rule.id, at.path)
    };
    let mut places: Vec<String> = findings.iter().map(place).collect();
    places.sort();
    places
}

fn expected(rule: &RuleInfo, example: &Example) -> Vec<String> {
    let place = |fence: &Fence| {
        let path = fence.path.clone();
        let marked = fence.marked_lines.clone().into_iter();
        marked.map(move |line| format!("{} {path}:{line}", rule.id))
    };
    let mut places: Vec<String> = example.fences.iter().flat_map(place).collect();
    places.sort();
    places
}

fn complaints(rule: &RuleInfo, example: &Example) -> Vec<String> {
    let mut tree = Tree::new(&example.fences);
    let settings = settings(example);
    let findings = tree.findings(rule, &settings);
    let found = places(&findings, &tree);
    let expected = match example.expectation {
        Expectation::Bad => expected(rule, example),
        Expectation::Good => Vec::new(),
    };
    let at = format!("{}.md:{}", rule.id.replace('-', "_"), example.line);
    if found != expected {
        return vec![format!("{at}: found {found:?}, expected {expected:?}")];
    }
    let mut fixed = 0;
    for one in &findings {
        if let Some(fix) = one.finding.fixes.first() {
            tree.apply(fix);
            fixed += 1;
        }
    }
    let left = tree.findings(rule, &settings);
    let left = left.iter().filter(|one| one.finding.rule.id == rule.id);
    let left = left.count();
    if left + fixed == findings.len() {
        Vec::new()
    } else {
        vec![format!(
            "{at}: {fixed} fixes leave {left} of {} findings",
            findings.len()
        )]
    }
}

/// The pages about ignores: what an ignore silences does not count against them.
#[test]
fn pages_about_ignores_hold() {
    for rule in plimsoll_decide::RULES {
        for example in parse_page(rule.page).examples {
            let tree = Tree::new(&example.fences);
            let mut findings = tree.findings(rule, &settings(&example));
            findings.retain(|one| one.status == Status::New);
            let expected = match example.expectation {
                Expectation::Bad => expected(rule, &example),
                Expectation::Good => Vec::new(),
            };
            assert_eq!(places(&findings, &tree), expected, "{}", rule.id);
        }
    }
}

#[test]
fn pages_hold() {
    let mut all = Vec::new();
    for rule in infos() {
        for example in parse_page(rule.page).examples {
            all.extend(complaints(rule, &example));
        }
    }
    assert!(
        all.is_empty(),
        "{} complaints:\n{}",
        all.len(),
        all.join("\n")
    );
}
