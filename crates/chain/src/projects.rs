//! Compose files read in the projects that use them: whose folder their paths are relative to, whose `.env` counts.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Inventory, Kind, RootPath};

use crate::frontends::read_compose;
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileField, Manifest, PathField, Project,
};
use crate::place::{Placed, Reader};
use crate::unit::{Tree, Unit};

/// In how many further projects all files together are read.
const MAX_PROJECTS: usize = 1_000;
/// What is said of a file whose further projects are not looked at.
const CUT: &str = "used in more projects than are looked at";
/// What a finding in another project than that of the file's own folder rests on.
const ASSUMPTION: &str = "another file uses this one in the project of that folder";

impl Unit {
    /// Reads a Compose file again with the `.env` beside it, where there is one.
    #[must_use]
    pub fn in_its_project(mut self, inventory: &Inventory) -> Unit {
        let folder = self.artifact.path.parent();
        let environment = environment(inventory, &folder);
        if let (Tree::Data(document), Kind::Compose, Some(text)) =
            (&self.tree, self.artifact.kind, environment)
        {
            self.manifest = read_compose(&folder, document, Some(text));
        }
        self
    }
}

/// Adds to each Compose file the builds that it asks for in projects of other folders: those of files that include it, and
/// of commands that name it behind another.
pub(crate) fn read_in_projects(inventory: &Inventory, units: &mut [Unit]) {
    let uses = uses(inventory, units);
    for (order, (at, folder)) in uses.into_iter().enumerate() {
        let Some(unit) = units.get_mut(at) else {
            continue;
        };
        let Tree::Data(document) = &unit.tree else {
            continue;
        };
        if order >= MAX_PROJECTS {
            unit.manifest.cut.insert(CUT);
            continue;
        }
        let Manifest {
            mut invocations,
            references,
            ..
        } = read_compose(&folder, document, environment(inventory, &folder));
        for build in &mut invocations {
            assume(build);
        }
        unit.manifest.invocations.extend(invocations);
        unit.manifest.references.extend(references);
    }
}

fn environment<'a>(inventory: &'a Inventory, folder: &RootPath) -> Option<&'a str> {
    inventory.text(&folder.join(".env")?)
}

/// The Compose files that are used in projects of other folders than their own, with those folders.
fn uses(inventory: &Inventory, units: &[Unit]) -> BTreeSet<(usize, RootPath)> {
    let files = units.iter().enumerate();
    let compose: BTreeMap<&RootPath, usize> = files
        .filter(|(_, unit)| unit.artifact.kind == Kind::Compose)
        .map(|(at, unit)| (&unit.artifact.path, at))
        .collect();
    let mut found = BTreeSet::new();
    for unit in units {
        let reader = Reader::of(unit.artifact.kind);
        let place = |field: &PathField| Placed::of_field(inventory, field, reader);
        for reference in &unit.manifest.references {
            let folder = match &reference.project {
                Project::OwnFolder => None,
                Project::Folder(field) => place(field).inside().cloned(),
                Project::FolderOf(field) => place(field).inside().map(RootPath::parent),
            };
            let Some(folder) = folder else { continue };
            let placed = place(&reference.field);
            let file = placed.inside().filter(|file| file.parent() != folder);
            if let Some(at) = file.and_then(|file| compose.get(file)) {
                found.insert((*at, folder));
            }
        }
    }
    found
}

fn assume(build: &mut BuildInvocation) {
    let contexts = build
        .named_contexts
        .iter_mut()
        .map(|named| &mut named.context);
    for context in contexts.chain([&mut build.context]) {
        if let ContextField::Path(field) | ContextField::Git { field, .. } = context {
            field.assumption = Some(ASSUMPTION);
        }
    }
    if let DockerfileField::Path { field, .. } = &mut build.dockerfile {
        field.assumption = Some(ASSUMPTION);
    }
    for field in &mut build.secret_files {
        field.assumption = Some(ASSUMPTION);
    }
}
