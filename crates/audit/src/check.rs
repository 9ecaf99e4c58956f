//! The pure core: the files of one root in, decided findings out. Reads nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::civil::Date;
use plimsoll_chain::{Chain, LinkSettings, LinkedFiles, Unit, linked_files, named_files};
use plimsoll_decide::{ArtifactView, CommentSite, Decided, Settings, decide};
use plimsoll_model::{Artifact, FileToRead, Finding, Inventory, Kind, RootPath, RuleInfo};
use plimsoll_rules::{Findings, Rule, World};
use rayon::prelude::*;

use crate::comments::comment_sites;

/// What came of checking one root.
#[derive(Debug)]
pub struct Checked {
    /// The files, parsed and linked.
    pub chain: Chain,
    /// What was found and decided.
    pub decided: Decided,
    /// Bounds that rules reached, in words.
    pub cut: Vec<String>,
    /// What broke on the way; everything else was still done.
    pub failures: Vec<Failure>,
}

/// Something that panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule, where one did.
    pub rule: Option<&'static str>,
    /// The file, where it is known.
    pub path: Option<RootPath>,
    /// What it said.
    pub message: String,
}

/// Checks the `artifacts` of one root. `inventory` is all that exists below it.
pub fn check(
    inventory: &Inventory,
    artifacts: Vec<Artifact>,
    settings: &Settings,
    today: Date,
) -> Checked {
    check_files(
        inventory,
        ParsedFiles::of(artifacts, inventory),
        settings,
        today,
    )
}

/// As [`check`], of files that are parsed.
pub(crate) fn check_files(
    inventory: &Inventory,
    files: ParsedFiles,
    settings: &Settings,
    today: Date,
) -> Checked {
    let ParsedFiles {
        units,
        mut failures,
    } = files;
    let chain = link(inventory, units, settings, &mut failures);
    let ran = run_rules(inventory, &chain, settings, &mut failures);
    let views = views(&chain, &ran.rules);
    let decided = decide(ran.findings, &views, settings, today);
    Checked {
        chain,
        decided,
        cut: ran.cut,
        failures,
    }
}

/// What `f` returns, or what it said when it panicked.
fn caught<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned())
    })
}

/// Files, each parsed by itself.
#[derive(Default)]
pub(crate) struct ParsedFiles {
    units: Vec<Unit>,
    failures: Vec<Failure>,
}

impl ParsedFiles {
    pub(crate) fn of(artifacts: Vec<Artifact>, inventory: &Inventory) -> ParsedFiles {
        let mut files = ParsedFiles::default();
        files.units = parse(artifacts, inventory, &mut files.failures);
        files
    }

    /// What these files name and that is to be read as well. Where linking fails for them there is nothing; it will fail
    /// again, and be told, for all.
    pub(crate) fn named(&self, inventory: &Inventory) -> BTreeSet<FileToRead> {
        caught(|| named_files(inventory, &self.units)).unwrap_or_default()
    }

    /// The path and kind of each.
    pub(crate) fn identities(&self) -> impl Iterator<Item = (RootPath, Kind)> {
        let artifacts = self.units.iter().map(|unit| &unit.artifact);
        artifacts.map(|artifact| (artifact.path.clone(), artifact.kind))
    }

    /// The file at `path`, as it was read for what its name says.
    pub(crate) fn artifact(&self, path: &RootPath) -> Option<&Artifact> {
        let at = self
            .units
            .binary_search_by(|one| one.artifact.path.cmp(path));
        self.units.get(at.ok()?).map(|unit| &unit.artifact)
    }

    /// Adds files read later, in the order of paths.
    pub(crate) fn add(&mut self, further: ParsedFiles) {
        self.units.extend(further.units);
        self.units
            .sort_by(|a, b| a.artifact.path.cmp(&b.artifact.path));
        self.failures.extend(further.failures);
    }
}

/// The links of telling names.
pub(crate) fn linked(inventory: &Inventory) -> LinkedFiles {
    caught(|| linked_files(inventory)).unwrap_or_default()
}

fn parse(
    artifacts: Vec<Artifact>,
    inventory: &Inventory,
    failures: &mut Vec<Failure>,
) -> Vec<Unit> {
    let parsed: Vec<Result<Unit, Failure>> = artifacts
        .into_par_iter()
        .map(|artifact| {
            let path = artifact.path.clone();
            caught(|| Unit::new(artifact).in_its_project(inventory)).map_err(|message| Failure {
                rule: None,
                path: Some(path),
                message: format!("the parser failed: {message}"),
            })
        })
        .collect();
    let mut units = Vec::with_capacity(parsed.len());
    for result in parsed {
        match result {
            Ok(unit) => units.push(unit),
            Err(failure) => failures.push(failure),
        }
    }
    units
}

fn link(
    inventory: &Inventory,
    units: Vec<Unit>,
    settings: &Settings,
    failures: &mut Vec<Failure>,
) -> Chain {
    let trust = || LinkSettings {
        submitted: settings.submitted,
        arguments: settings.config.trust.args.clone(),
    };
    match caught(|| Chain::link(inventory, units, trust())) {
        Ok(chain) => chain,
        Err(message) => {
            failures.push(Failure {
                rule: None,
                path: None,
                message: format!("the files could not be linked: {message}"),
            });
            Chain::link(&Inventory::default(), Vec::new(), trust())
        }
    }
}

fn is_selected(rule: &Rule, settings: &Settings) -> bool {
    let id = rule.info.id;
    !settings.skip.contains(id) && (settings.only.is_empty() || settings.only.contains(id))
}

/// What the rules found, and which ran to their end.
#[derive(Default)]
struct Ran {
    findings: Vec<Finding>,
    rules: Vec<&'static RuleInfo>,
    cut: Vec<String>,
}

fn run_rules(
    inventory: &Inventory,
    chain: &Chain,
    settings: &Settings,
    failures: &mut Vec<Failure>,
) -> Ran {
    let world = World { inventory, chain };
    let results: Vec<(&'static RuleInfo, Result<Findings, String>)> = plimsoll_rules::ALL
        .par_iter()
        .filter(|rule| is_selected(rule, settings))
        .map(|rule| (&rule.info, caught(|| plimsoll_rules::run(rule, &world))))
        .collect();
    let mut ran = Ran::default();
    for (info, result) in results {
        match result {
            Ok(found) => {
                let cut = found.reason_cut();
                ran.cut
                    .extend(cut.map(|reason| format!("`{}`: {reason}", info.id)));
                ran.findings.extend(found.into_vec());
                ran.rules.push(info);
            }
            Err(message) => failures.push(Failure {
                rule: Some(info.id),
                path: None,
                message: format!("`{}` failed: {message}", info.id),
            }),
        }
    }
    ran
}

/// One view per file. What is read as two kinds, or has a Dockerfile inside, has the comments of both.
fn views<'a>(chain: &'a Chain, ran: &'a [&'static RuleInfo]) -> Vec<ArtifactView<'a>> {
    let mut views: Vec<ArtifactView<'a>> = Vec::new();
    let (mut inner, outer): (Vec<&Unit>, Vec<&Unit>) = chain
        .units()
        .iter()
        .partition(|unit| unit.embedding.is_some());
    for unit in outer {
        if views
            .last()
            .is_some_and(|view| view.artifact.path == unit.artifact.path)
        {
            inner.push(unit);
            continue;
        }
        views.push(ArtifactView {
            artifact: &unit.artifact,
            comments: comment_sites(unit),
            ran,
        });
    }
    let mut inside: BTreeMap<&str, Vec<CommentSite>> = BTreeMap::new();
    for unit in inner {
        let sites = inside.entry(unit.artifact.path.as_str()).or_default();
        sites.extend(comment_sites(unit));
    }
    for view in &mut views {
        if let Some(sites) = inside.remove(view.artifact.path.as_str()) {
            view.comments.extend(sites);
            view.comments.sort_by_key(|site| site.span);
            view.comments.dedup_by_key(|site| site.span);
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_named_and_goes_no_further() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        let number = 3;
        let formatted = caught(|| panic!("number {number}"));
        assert_eq!(formatted, Err::<(), _>("number 3".to_owned()));
    }
}
