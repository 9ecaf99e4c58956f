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
const MAX_LINKS: usize = 30_000;

/// The links of `inventory` whose names tell a kind, with what they tell: first those whose text leaves the root, then
/// those that lead through other links, so that no number of plain ones hides them. A bounded number of those that are
/// not plain.
#[derive(Clone, Debug)]
pub struct TellingLinks<'a> {
    /// Those that may leave the root.
    pub leading: Vec<(&'a Entry, Kind)>,
    /// Those that lead to a place below the root, through no link.
    pub plain: Vec<(&'a Entry, Kind)>,
    /// The first link for which there was no room in `leading`.
    pub first_left_out: Option<&'a Entry>,
}

/// The links of telling names.
pub fn telling_links(inventory: &Inventory) -> TellingLinks<'_> {
    let entries = inventory.entries().iter();
    let links = entries.filter(|one| one.kind == EntryKind::Symlink);
    let telling = links.filter_map(|link| Some((link, Kind::of_path(&link.path)?)));
    let (mut leaving, mut through, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for (link, kind) in telling {
        match lexically(inventory, link) {
            Lexically::Leaves => leaving.push((link, kind)),
            Lexically::ThroughLinks => through.push((link, kind)),
            Lexically::Plain => plain.push((link, kind)),
        }
    }
    leaving.append(&mut through);
    let first_left_out = leaving.get(MAX_LINKS).map(|(link, _)| *link);
    leaving.truncate(MAX_LINKS);
    TellingLinks {
        leading: leaving,
        plain,
        first_left_out,
    }
}

/// What the text of a link says of where it leads.
enum Lexically {
    /// Out of the root, links or not.
    Leaves,
    /// Through another link, so that only following it tells.
    ThroughLinks,
    /// Below the root.
    Plain,
}

/// Linear in the length of the link's text.
fn lexically(inventory: &Inventory, link: &Entry) -> Lexically {
    let target = link.link_target.as_deref().unwrap_or("");
    if target.starts_with('/') {
        return Lexically::Leaves;
    }
    let mut at = link.path.parent();
    for name in target.split('/').filter(|name| !matches!(*name, "" | ".")) {
        if name == ".." {
            if at.is_root() {
                return Lexically::Leaves;
            }
            at = at.parent();
            continue;
        }
        let Some(next) = at.join(name) else {
            return Lexically::ThroughLinks;
        };
        at = next;
        if inventory
            .get(&at)
            .is_some_and(|one| one.kind == EntryKind::Symlink)
        {
            return Lexically::ThroughLinks;
        }
    }
    Lexically::Plain
}

/// Follows each link of `inventory` whose name tells a kind.
pub fn linked_files(inventory: &Inventory) -> LinkedFiles {
    let mut found = LinkedFiles::default();
    let links = telling_links(inventory);
    let cut = links.first_left_out.or_else(|| {
        let further = links.plain.get(MAX_LINKS);
        further.map(|(link, _)| *link)
    });
    found.dead.extend(cut.map(|link| DeadLink {
        path: link.path.clone(),
        detail: "this link and those behind it are more than are followed",
    }));
    let plain = links.plain.into_iter().take(MAX_LINKS);
    for (link, kind) in links.leading.into_iter().chain(plain) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn link(path: &str, target: &str) -> Entry {
        Entry {
            path: RootPath::new(path).unwrap(),
            kind: EntryKind::Symlink,
            size: 0,
            link_target: Some(target.into()),
            listed: true,
        }
    }

    #[test]
    fn no_number_of_plain_links_hides_one_that_leaves() {
        let plain = (0..=MAX_LINKS).map(|at| link(&format!("a/{at}/Dockerfile"), "../x"));
        let others = [
            link("z/deep/Dockerfile", "../../../etc"),
            link("z/Dockerfile", "deep/up/x"),
            link("z/deep/up", "../.."),
            link("z/compose.yaml", "/etc/passwd"),
        ];
        let inventory = Inventory::new(plain.chain(others).collect());
        let links = telling_links(&inventory);
        let leading = links.leading.iter().map(|(link, _)| link.path.as_str());
        let expected = ["z/compose.yaml", "z/deep/Dockerfile", "z/Dockerfile"];
        let mut leading: Vec<&str> = leading.collect();
        assert_eq!(leading.pop(), Some("z/Dockerfile"), "links come last");
        leading.sort_unstable();
        assert_eq!(leading, expected[..2]);
        assert_eq!(links.plain.len(), MAX_LINKS + 1);
        assert!(links.first_left_out.is_none());
    }
}
