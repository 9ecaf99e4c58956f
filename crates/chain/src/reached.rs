//! Files that are reached by a link of a telling name, or because a manifest names them.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Entry, EntryKind, FileToRead, Inventory, Kind, RootPath};
use plimsoll_simulate::resolve::{HostResolution, Uncertainty, resolve_host_path};

use crate::build::{DockerfileUse, PlacedReference, resolve_builds, resolve_references};
use crate::chain::LinkSettings;
use crate::invocation::FilePurpose;
use crate::unit::Unit;

/// The links whose own names tell a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedFiles {
    /// Those that lead to a file, to be read at the link's place.
    pub files: BTreeSet<FileToRead>,
    /// Those that lead to none.
    pub dead: Vec<DeadLink>,
}

/// A link with the name of a file we audit, behind which there is none to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLink {
    /// Where it stands.
    pub path: RootPath,
    /// Why nothing could be read, as a clause.
    pub detail: &'static str,
}

/// How many links of telling names are followed; repositories have a handful, and each may be a chain of links.
pub const MAX_LINKS: usize = 30_000;

/// Follows each link of `inventory` whose name tells a kind.
pub fn linked_files(inventory: &Inventory) -> LinkedFiles {
    let mut found = LinkedFiles::default();
    let links = inventory
        .entries()
        .iter()
        .filter(|one| one.kind == EntryKind::Symlink);
    let telling = links.filter_map(|link| Some((link, Kind::of_path(&link.path)?)));
    for (order, (link, kind)) in telling.enumerate() {
        if order >= MAX_LINKS {
            found.dead.push(DeadLink {
                path: link.path.clone(),
                detail: "this link and those behind it are more than are followed",
            });
            break;
        }
        match destination(inventory, link) {
            Ok(file) if is_judged_there(&link.path, &file, kind) => {}
            Ok(file) => {
                let path = link.path.clone();
                found.files.insert(FileToRead { path, file, kind });
            }
            Err(Some(detail)) => found.dead.push(DeadLink {
                path: link.path.clone(),
                detail,
            }),
            Err(None) => {}
        }
    }
    found
}

/// The regular file that `link` leads to, or why there is none; a folder needs no reason.
fn destination(inventory: &Inventory, link: &Entry) -> Result<RootPath, Option<&'static str>> {
    let folder = link.path.parent();
    let name = format!("./{}", link.path.file_name());
    match resolve_host_path(inventory, &folder, &name) {
        HostResolution::Inside { path, .. } if path.is_root() => Err(None),
        HostResolution::Inside { path, .. } => match inventory.get(&path).map(|one| one.kind) {
            Some(EntryKind::File) => Ok(path),
            Some(EntryKind::Directory) => Err(None),
            Some(_) => Err(Some("a link that leads to no regular file")),
            None => Err(Some("a link that leads to nothing")),
        },
        HostResolution::Unknown(Uncertainty::Unlisted(_)) => {
            Err(Some("a link into a folder that was not listed"))
        }
        HostResolution::Unknown(_) => Err(Some("a link that leads in a circle")),
        HostResolution::Outside { .. }
        | HostResolution::Home(_)
        | HostResolution::Absolute { .. } => Err(Some("a link that leaves the root")),
    }
}

/// Whether the file behind a link is audited as the same from the same folder. Of an ignore file the very name counts.
fn is_judged_there(link: &RootPath, file: &RootPath, kind: Kind) -> bool {
    let same_folder = link.parent() == file.parent();
    same_folder && Kind::of_path(file) == Some(kind) && kind != Kind::Dockerignore
}

/// The Dockerfiles and manifests that `units` name and that exist, whatever their own names say; but the Dockerfiles
/// among `units`.
pub fn named_files(inventory: &Inventory, units: &[Unit]) -> BTreeSet<FileToRead> {
    let (inline, settings) = (BTreeMap::new(), LinkSettings::default());
    let builds = resolve_builds(inventory, units, &inline, &settings);
    let dockerfiles = builds.iter().filter_map(|build| match &build.dockerfile {
        DockerfileUse::Elsewhere(placed) => {
            let file = placed.inside().filter(|path| is_file(inventory, path))?;
            Some(FileToRead {
                path: file.clone(),
                file: file.clone(),
                kind: Kind::Dockerfile,
            })
        }
        _ => None,
    });
    let references = resolve_references(inventory, units, &settings);
    let manifests = references.filter_map(|one| named_manifest(inventory, units, &one));
    dockerfiles.chain(manifests).collect()
}

fn is_file(inventory: &Inventory, path: &RootPath) -> bool {
    let entry = inventory.get(path);
    entry.is_some_and(|entry| entry.kind == EntryKind::File)
}

fn named_manifest(
    inventory: &Inventory,
    units: &[Unit],
    placed: &PlacedReference,
) -> Option<FileToRead> {
    let unit = units.get(placed.unit)?;
    let reference = unit.manifest.references.get(placed.index)?;
    let file = placed.placed.inside()?;
    let kind = match reference.purpose {
        FilePurpose::BakeFile => kind_of_bake_file(file),
        FilePurpose::Manifest if unit.artifact.kind == Kind::Bake => Kind::Bake,
        FilePurpose::Manifest => Kind::Compose,
        _ => return None,
    };
    is_file(inventory, file).then_some(())?;
    // The paths in a manifest behind a link are relative to the link.
    let field = &reference.field;
    let written = field
        .value
        .text()
        .and_then(|text| field.base.join(&text))
        .filter(|path| {
            let entry = inventory.get(path);
            entry.is_some_and(|entry| entry.kind == EntryKind::Symlink)
        });
    Some(FileToRead {
        path: written.unwrap_or_else(|| file.clone()),
        file: file.clone(),
        kind,
    })
}

/// Bake reads Compose files as well and tells them by their names.
fn kind_of_bake_file(path: &RootPath) -> Kind {
    let name = path.file_name().to_ascii_lowercase();
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        Kind::Compose
    } else {
        Kind::Bake
    }
}
