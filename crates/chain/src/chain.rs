//! All units of a root, the builds that link them, and the flows that cross them.

use std::collections::BTreeMap;

use plimsoll_model::{Control, Inventory, Kind, RootPath};
use plimsoll_parse::SourceText;

use crate::build::{Build, PlacedReference, resolve_builds, resolve_references};
use crate::flow::{ArgumentFlow, compose_flows};
use crate::projects::read_in_projects;
use crate::unit::Unit;

/// Who is trusted with what, as the operator says.
#[derive(Clone, Debug, Default)]
pub struct LinkSettings {
    /// A stranger wrote the repository.
    pub submitted: bool,
    /// Who may set which build argument.
    pub arguments: BTreeMap<String, Control>,
}

impl LinkSettings {
    /// Who controls what stands in a file of this kind. The path fields of hosting manifests are always judged as
    /// submitted: the platform builds whatever repository it is pointed at.
    pub fn control_of(&self, kind: Kind) -> Control {
        if self.submitted || kind.is_hosting_manifest() {
            Control::Anyone
        } else {
            Control::Maintainer
        }
    }
}

/// The units of one root, linked.
#[derive(Clone, Debug)]
pub struct Chain {
    units: Vec<Unit>,
    /// Indices of the units that are files of their own, by path and kind.
    files: Vec<usize>,
    builds: Vec<Build>,
    /// The unit of each build's Dockerfile and the build, sorted.
    by_dockerfile: Vec<(usize, usize)>,
    references: Vec<PlacedReference>,
    flows: Vec<ArgumentFlow>,
    settings: LinkSettings,
}

impl Chain {
    /// Links `units` by their invocations and composes the flows of their arguments.
    pub fn link(inventory: &Inventory, mut units: Vec<Unit>, settings: LinkSettings) -> Chain {
        read_in_projects(inventory, &mut units);
        let inline = add_inline_dockerfiles(&mut units);
        let builds = resolve_builds(inventory, &units, &inline, &settings);
        let flows = compose_flows(&units, &builds, &settings);
        // Those that stay inside say nothing; there may be very many.
        let references = resolve_references(inventory, &units, &settings)
            .filter(|reference| reference.placed.inside().is_none())
            .collect();
        let mut files: Vec<usize> = (0..units.len()).collect();
        files.retain(|at| units.get(*at).is_some_and(|unit| unit.embedding.is_none()));
        files.sort_by(|a, b| {
            units
                .get(*a)
                .map(file_key)
                .cmp(&units.get(*b).map(file_key))
        });
        Chain {
            files,
            references,
            units,
            by_dockerfile: by_dockerfile(&builds),
            builds,
            flows,
            settings,
        }
    }

    /// The units, in the order given.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit at `index`; indices come from builds and flows of this chain.
    pub fn unit(&self, index: usize) -> Option<&Unit> {
        self.units.get(index)
    }

    /// The file at `path`, read as that kind.
    pub fn unit_at(&self, path: &RootPath, kind: Kind) -> Option<&Unit> {
        let key = |at: &usize| self.units.get(*at).map(file_key);
        let found = self
            .files
            .binary_search_by(|at| key(at).cmp(&Some((path, kind))))
            .ok()?;
        self.units.get(*self.files.get(found)?)
    }

    /// The builds: those that files ask for in the order of the files, then the implicit ones.
    pub fn builds(&self) -> &[Build] {
        &self.builds
    }

    /// The builds of the Dockerfile `unit`, which is one of this chain's, in order.
    pub fn builds_of(&self, unit: &Unit) -> impl Iterator<Item = &Build> {
        let before = |one: &Unit| std::ptr::from_ref(one) < std::ptr::from_ref(unit);
        let at = self.units.partition_point(before);
        let first = self.by_dockerfile.partition_point(|(of, _)| *of < at);
        let from_first = self.by_dockerfile.iter().skip(first);
        let of_unit = from_first.take_while(move |(of, _)| *of == at);
        of_unit.filter_map(|(_, build)| self.builds.get(*build))
    }

    /// The files that manifests have their tools read, those that are not below the root.
    pub fn references(&self) -> &[PlacedReference] {
        &self.references
    }

    /// The ways of build arguments into sinks.
    pub fn flows(&self) -> &[ArgumentFlow] {
        &self.flows
    }

    /// Who is trusted with what.
    pub fn settings(&self) -> &LinkSettings {
        &self.settings
    }
}

fn file_key(unit: &Unit) -> (&RootPath, Kind) {
    (&unit.artifact.path, unit.artifact.kind)
}

/// Appends the Dockerfiles written inside manifests, one that aliases give to several builds once; their indices by
/// manifest and invocation.
fn add_inline_dockerfiles(units: &mut Vec<Unit>) -> BTreeMap<(usize, usize), usize> {
    let mut found = BTreeMap::new();
    for at in 0..units.len() {
        let mut added: Vec<Unit> = Vec::new();
        let Some(manifest) = units.get(at) else {
            continue;
        };
        let mut known: BTreeMap<&SourceText, usize> = BTreeMap::new();
        for (invocation, text) in manifest.inline_texts() {
            let unit = *known.entry(text).or_insert_with(|| {
                added.push(manifest.inline_dockerfile(text));
                units.len() + added.len() - 1
            });
            found.insert((at, invocation), unit);
        }
        units.extend(added);
    }
    found
}

/// The builds by the unit of their Dockerfile.
fn by_dockerfile(builds: &[Build]) -> Vec<(usize, usize)> {
    let builds = builds.iter().enumerate();
    let known = builds.filter_map(|(at, build)| Some((build.dockerfile_unit()?, at)));
    let mut sorted: Vec<(usize, usize)> = known.collect();
    sorted.sort_unstable();
    sorted
}
