//! Fuzzes a whole audit in memory: a Dockerfile, a second file of any kind, and a link.
#![no_main]

use std::sync::{Arc, LazyLock};

use jiff::civil::{Date, date};
use libfuzzer_sys::fuzz_target;
use plimsoll_decide::Settings;
use plimsoll_fuzz::assert_span;
use plimsoll_model::{Artifact, Entry, EntryKind, Inventory, Kind, Level, Origin, RootPath};

const TODAY: Date = date(2030, 1, 1);

static SETTINGS: LazyLock<[Settings; 2]> = LazyLock::new(|| {
    [false, true].map(|submitted| Settings {
        rules: plimsoll_audit::rule_table(),
        level: Level::Strict,
        submitted,
        ..Settings::default()
    })
});

fuzz_target!(|input: (u8, &str, &str, &str)| {
    let (choice, dockerfile, other, link) = input;
    let kind = Kind::ALL[usize::from(choice) % Kind::ALL.len()];
    let files = [
        ("app/Dockerfile", Kind::Dockerfile, dockerfile),
        ("app/other", kind, other),
    ];
    let artifacts: Vec<Artifact> = files
        .iter()
        .filter_map(|(path, kind, text)| {
            Some(Artifact::new(
                RootPath::new(path)?,
                *kind,
                Origin::File,
                Arc::from(*text),
            ))
        })
        .collect();
    let entries = [
        entry("app", EntryKind::Directory, None),
        entry("app/Dockerfile", EntryKind::File, None),
        entry("app/other", EntryKind::File, None),
        entry("link", EntryKind::Symlink, Some(link)),
    ];
    let inventory = Inventory::new(entries.into_iter().flatten().collect());
    for settings in SETTINGS.iter() {
        let checked = plimsoll_audit::check(&inventory, artifacts.clone(), settings, TODAY);
        assert_eq!(checked.failures, []);
        for decided in &checked.decided.findings {
            let at = &decided.finding.at;
            let artifact = artifacts.iter().find(|artifact| artifact.path == at.path);
            if let (Some(artifact), Some(span)) = (artifact, at.span) {
                assert_span(&artifact.text, span);
            }
        }
    }
});

fn entry(path: &str, kind: EntryKind, target: Option<&str>) -> Option<Entry> {
    Some(Entry {
        path: RootPath::new(path)?,
        kind,
        size: 1,
        link_target: target.map(Into::into),
        listed: true,
    })
}
