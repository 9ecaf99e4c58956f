//! Invocations resolved against the inventory: which folder, which Dockerfile, whose word.

use std::collections::BTreeMap;

use plimsoll_model::{Builder, Control, EntryKind, Inventory, Kind, RootPath};

use crate::chain::LinkSettings;
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, PathField, Tool,
};
use crate::place::{Place, Placed, Reader};
use crate::unit::Unit;

/// One build, resolved.
#[derive(Clone, Debug)]
pub struct Build {
    /// The unit that asks for it; for an implicit build the Dockerfile itself.
    pub unit: usize,
    /// Which of the unit's invocations; `None` for the implicit build of a Dockerfile that no file builds.
    pub invocation: Option<usize>,
    /// Who controls the fields.
    pub control: Control,
    /// The builders that may run it.
    pub builders: &'static [Builder],
    /// The context.
    pub context: Placed,
    /// Further contexts by name.
    pub named_contexts: Vec<(String, Placed)>,
    /// Files the client reads for the build.
    pub secret_files: Vec<Placed>,
    /// The Dockerfile.
    pub dockerfile: DockerfileUse,
    /// The stage asked for, where it is known.
    pub target: Option<String>,
}

/// Which Dockerfile a build uses.
#[derive(Clone, Debug)]
pub enum DockerfileUse {
    /// A file of the root.
    File {
        /// The unit.
        unit: usize,
        /// Where the field leads, the file's own path unless a link stands between.
        placed: Placed,
        /// Whether it was found under another base than the documented one.
        other_base: bool,
    },
    /// A path that leads to no Dockerfile of the root: outside, missing, or not to be known.
    Elsewhere(Placed),
    /// An address.
    Remote(PathField),
    /// There is none, or it is not to be known.
    None,
}

/// A file reference of a manifest, resolved.
#[derive(Clone, Debug)]
pub struct PlacedReference {
    /// The manifest's unit.
    pub unit: usize,
    /// Which of its references.
    pub index: usize,
    /// Who controls the field.
    pub control: Control,
    /// Where it leads.
    pub placed: Placed,
}

impl Build {
    /// The context and every named context.
    pub fn contexts(&self) -> impl Iterator<Item = &Placed> {
        std::iter::once(&self.context).chain(self.named_contexts.iter().map(|(_, placed)| placed))
    }

    /// The unit of the Dockerfile, where it is a file of the root.
    pub fn dockerfile_unit(&self) -> Option<usize> {
        match self.dockerfile {
            DockerfileUse::File { unit, .. } => Some(unit),
            _ => None,
        }
    }

    /// Whether no file asks for this build.
    pub fn is_implicit(&self) -> bool {
        self.invocation.is_none()
    }
}

/// Resolves every invocation, and gives each Dockerfile that none of them builds its implicit one.
pub(crate) fn resolve_builds(
    inventory: &Inventory,
    units: &[Unit],
    inline: &BTreeMap<(usize, usize), usize>,
    settings: &LinkSettings,
) -> Vec<Build> {
    let linker = Linker {
        inventory,
        by_path: units_by_path(inventory, units),
        inline,
        settings,
    };
    let mut builds: Vec<Build> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let invocations = unit.manifest.invocations.iter().enumerate();
        builds.extend(invocations.map(|(index, build)| linker.build(at, unit, index, build)));
    }
    let mut built = vec![false; units.len()];
    for unit in builds.iter().filter_map(Build::dockerfile_unit) {
        if let Some(flag) = built.get_mut(unit) {
            *flag = true;
        }
    }
    let unbuilt = units.iter().enumerate().filter(|(at, unit)| {
        unit.artifact.kind == Kind::Dockerfile && built.get(*at) == Some(&false)
    });
    let implicit: Vec<Build> = unbuilt
        .map(|(at, unit)| linker.implicit(at, unit))
        .collect();
    builds.extend(implicit);
    builds
}

/// Resolves the files that manifests have their tools read, one by one: a thousand manifests may each name all others.
pub(crate) fn resolve_references<'a>(
    inventory: &'a Inventory,
    units: &'a [Unit],
    settings: &'a LinkSettings,
) -> impl Iterator<Item = PlacedReference> + use<'a> {
    let of_unit = move |(at, unit): (usize, &'a Unit)| {
        let control = settings.control_of(unit.artifact.kind);
        let references = unit.manifest.references.iter().enumerate();
        references.map(move |(index, reference)| PlacedReference {
            unit: at,
            index,
            control,
            placed: Placed::of_field(inventory, &reference.field, Reader::of(unit.artifact.kind)),
        })
    };
    units.iter().enumerate().flat_map(of_unit)
}

/// The Dockerfiles by the places that builds reach them at: one behind a link is reached where the link leads, unless
/// it was read there as well.
fn units_by_path(inventory: &Inventory, units: &[Unit]) -> BTreeMap<RootPath, usize> {
    let dockerfiles = units
        .iter()
        .enumerate()
        .filter(|(_, unit)| unit.dockerfile().is_some() && unit.embedding.is_none());
    let mut by_path: BTreeMap<RootPath, usize> = BTreeMap::new();
    let mut behind_links = Vec::new();
    for (at, unit) in dockerfiles {
        let path = &unit.artifact.path;
        by_path.insert(path.clone(), at);
        if let Some(file) = link_destination(inventory, path) {
            behind_links.push((file, at));
        }
    }
    for (file, at) in behind_links {
        by_path.entry(file).or_insert(at);
    }
    by_path
}

/// Where the link at `path` leads, if it is one and leads to a place below the root.
fn link_destination(inventory: &Inventory, path: &RootPath) -> Option<RootPath> {
    inventory.get(path)?.link_target.as_ref()?;
    match Place::of_path(inventory, path) {
        Place::Inside(file) => Some(file),
        _ => None,
    }
}

struct Linker<'a> {
    inventory: &'a Inventory,
    by_path: BTreeMap<RootPath, usize>,
    /// Units of Dockerfiles written inside manifests, by manifest and invocation.
    inline: &'a BTreeMap<(usize, usize), usize>,
    settings: &'a LinkSettings,
}

impl Linker<'_> {
    fn build(&self, at: usize, unit: &Unit, index: usize, written: &BuildInvocation) -> Build {
        let reader = Reader::of(unit.artifact.kind);
        let context = self.context(&written.context, reader);
        let dockerfile = self.dockerfile((at, index), written, &context, reader);
        let named = written.named_contexts.iter();
        Build {
            unit: at,
            invocation: Some(index),
            control: self.settings.control_of(unit.artifact.kind),
            builders: written.tool.builders(),
            named_contexts: named
                .map(|named| (named.name.clone(), self.context(&named.context, reader)))
                .collect(),
            secret_files: written
                .secret_files
                .iter()
                .map(|field| Placed::of_field(self.inventory, field, reader))
                .collect(),
            target: written.target.as_ref().and_then(|target| target.text()),
            context,
            dockerfile,
        }
    }

    fn implicit(&self, at: usize, unit: &Unit) -> Build {
        let folder = unit.artifact.path.parent();
        let itself = Placed::inside_at(unit.artifact.path.clone());
        Build {
            unit: at,
            invocation: None,
            control: self.settings.control_of(unit.artifact.kind),
            builders: Tool::Docker.builders(),
            context: Placed::inside_at(folder),
            named_contexts: Vec::new(),
            secret_files: Vec::new(),
            dockerfile: DockerfileUse::File {
                unit: at,
                placed: itself,
                other_base: false,
            },
            target: None,
        }
    }

    fn context(&self, written: &ContextField, reader: Reader) -> Placed {
        match written {
            ContextField::Path(field) => Placed::of_field(self.inventory, field, reader),
            ContextField::Default(folder) => Placed::inside_at(folder.clone()),
            ContextField::Git { field, .. } | ContextField::Url(field) => Placed {
                field: Some(field.clone()),
                place: Place::Remote,
                assumptions: Vec::new(),
            },
            ContextField::Other => Placed {
                field: None,
                place: Place::Remote,
                assumptions: Vec::new(),
            },
        }
    }

    fn dockerfile(
        &self,
        (at, index): (usize, usize),
        written: &BuildInvocation,
        context: &Placed,
        reader: Reader,
    ) -> DockerfileUse {
        match &written.dockerfile {
            DockerfileField::None => DockerfileUse::None,
            DockerfileField::Url(field) => DockerfileUse::Remote(field.clone()),
            DockerfileField::Inline(_) => self.inline_dockerfile(at, index),
            DockerfileField::Default => self.default_dockerfile(written.tool, context),
            DockerfileField::Path { field, bases } => {
                self.named_dockerfile(field, bases, context, reader)
            }
        }
    }

    fn inline_dockerfile(&self, at: usize, index: usize) -> DockerfileUse {
        let Some(unit) = self.inline.get(&(at, index)) else {
            return DockerfileUse::None;
        };
        let placed = Placed {
            field: None,
            place: Place::Unknown,
            assumptions: Vec::new(),
        };
        DockerfileUse::File {
            unit: *unit,
            placed,
            other_base: false,
        }
    }

    fn default_dockerfile(&self, tool: Tool, context: &Placed) -> DockerfileUse {
        let Some(folder) = context.inside() else {
            return DockerfileUse::None;
        };
        let names: &[&str] = match tool {
            Tool::Buildah => &["Containerfile", "Dockerfile"],
            // The docker client falls back to lower case; Compose and buildx do as well.
            Tool::Docker | Tool::Buildx | Tool::Kaniko => &["Dockerfile", "dockerfile"],
        };
        let found = names.iter().find_map(|name| {
            let place = Place::of_host_path(self.inventory, folder, name);
            let placed = Placed {
                field: None,
                place,
                assumptions: Vec::new(),
            };
            self.found(placed, false)
        });
        found.unwrap_or(DockerfileUse::None)
    }

    /// The first base under which the file exists; else where the documented base leads.
    fn named_dockerfile(
        &self,
        field: &PathField,
        bases: &[DockerfileBase],
        context: &Placed,
        reader: Reader,
    ) -> DockerfileUse {
        let mut documented = None;
        for (order, base) in bases.iter().enumerate() {
            let folder = match base {
                DockerfileBase::Context => context.inside(),
                DockerfileBase::Folder(folder) => Some(folder),
            };
            let Some(folder) = folder else { continue };
            let based = PathField {
                base: folder.clone(),
                ..field.clone()
            };
            let placed = Placed::of_field(self.inventory, &based, reader);
            if let Some(found) = self.found(placed.clone(), order > 0) {
                return found;
            }
            if placed.inside().is_some_and(|path| self.is_file(path)) {
                return DockerfileUse::Elsewhere(placed);
            }
            documented.get_or_insert(placed);
        }
        documented.map_or(DockerfileUse::None, DockerfileUse::Elsewhere)
    }

    fn is_file(&self, path: &RootPath) -> bool {
        let entry = self.inventory.get(path);
        entry.is_some_and(|entry| entry.kind == EntryKind::File)
    }

    fn found(&self, placed: Placed, other_base: bool) -> Option<DockerfileUse> {
        let unit = *self.by_path.get(placed.inside()?)?;
        Some(DockerfileUse::File {
            unit,
            placed,
            other_base,
        })
    }
}

impl Placed {
    fn inside_at(path: RootPath) -> Placed {
        Placed {
            field: None,
            place: Place::Inside(path),
            assumptions: Vec::new(),
        }
    }
}
