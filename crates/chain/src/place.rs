//! Where a path field leads.

use plimsoll_model::{Access, Inventory, Kind, Reach, ReachedThing, RootPath};
use plimsoll_simulate::resolve::{
    Disguise, DotDot, HostResolution, LinkStep, other_readings, resolve_host_path,
    resolve_host_path_as,
};

use crate::invocation::{FieldPiece, PathField, Resolved};

/// A field with the place it leads to.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The field; `None` where the format's default stands for it.
    pub field: Option<PathField>,
    /// Where it leads.
    pub place: Place,
    /// What had to be assumed to say so, as clauses for messages; empty when every step is resolved.
    pub assumptions: Vec<String>,
}

/// Where a path leads, links followed as the tool that reads the field follows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Below the root; whether something exists there is the inventory's to say.
    Inside(RootPath),
    /// Out of the root.
    Outside(Outside),
    /// An address, another build's result, an image: not a path.
    Remote,
    /// Not to be known offline.
    Unknown,
}

/// A place outside the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// `../..`, `../sibling`, `/etc`, `~/x`: relative to the root unless the input is absolute.
    pub resolves_to: String,
    /// Directories above the root; 0 for an absolute path or `~`.
    pub levels: u32,
    /// What lies there.
    pub reaches: Vec<Reach>,
    /// The links followed on the way.
    pub links: Vec<LinkStep>,
}

/// How the tool behind a field reads a path, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// By the documentation of a tool we know.
    Documented,
    /// By the engine's client or buildx, which is handed the text as it stands.
    Client,
    /// By a platform's own code, which may expand, trim or decode what a known tool would not.
    Platform,
}

impl Reader {
    /// Who reads the fields of such a file.
    pub(crate) fn of(kind: Kind) -> Reader {
        match kind {
            kind if kind.is_hosting_manifest() => Reader::Platform,
            Kind::Workflow | Kind::Action | Kind::GitlabCi | Kind::Cloudbuild | Kind::Bake => {
                Reader::Client
            }
            _ => Reader::Documented,
        }
    }
}

impl Placed {
    /// Where `field` leads from its own base.
    pub(crate) fn of_field(inventory: &Inventory, field: &PathField, reader: Reader) -> Placed {
        let (text, mut assumptions) = match field.value.resolve() {
            Resolved::Constant(text) => (text, Vec::new()),
            Resolved::Defaults(text, _) => (text, assumed(&field.value.pieces)),
            Resolved::Unknown(_) => match below_home(&field.value.pieces) {
                Some(text) => (text, Vec::new()),
                None => {
                    let (field, place) = (Some(field.clone()), Place::Unknown);
                    return Placed {
                        field,
                        place,
                        assumptions: Vec::new(),
                    };
                }
            },
        };
        let mut place = Place::of_host_path(inventory, &field.base, &text);
        if matches!(place, Place::Inside(_))
            && let Some((outside, assumption)) = read_otherwise(inventory, field, &text, reader)
        {
            place = outside;
            assumptions.push(assumption);
        }
        assumptions.extend(field.assumption.map(str::to_owned));
        Placed {
            field: Some(field.clone()),
            place,
            assumptions,
        }
    }

    /// The path below the root, where it leads there.
    pub fn inside(&self) -> Option<&RootPath> {
        match &self.place {
            Place::Inside(path) => Some(path),
            _ => None,
        }
    }
}

impl Place {
    /// Where the entry at `path` leads on a host.
    pub fn of_path(inventory: &Inventory, path: &RootPath) -> Place {
        Place::of_host_path(inventory, &RootPath::root(), path.as_str())
    }

    /// Where `text` leads on a host, from the folder `base`.
    pub fn of_host_path(inventory: &Inventory, base: &RootPath, text: &str) -> Place {
        Place::from_host(resolve_host_path(inventory, base, text))
    }

    /// The place a client's path resolution gives.
    fn from_host(resolution: HostResolution) -> Place {
        match resolution {
            HostResolution::Inside { path, .. } => Place::Inside(path),
            HostResolution::Outside {
                levels,
                resolves_to,
                via_links,
            } => {
                let reaches = readable(above_root(&resolves_to));
                Place::Outside(Outside {
                    resolves_to,
                    levels,
                    reaches,
                    links: via_links,
                })
            }
            HostResolution::Home(resolves_to) => {
                let reaches = readable(&[ReachedThing::Home]);
                Place::Outside(Outside {
                    resolves_to,
                    levels: 0,
                    reaches,
                    links: Vec::new(),
                })
            }
            HostResolution::Absolute {
                resolves_to,
                via_links,
            } => {
                let reaches = readable(&[absolute(&resolves_to)]);
                Place::Outside(Outside {
                    resolves_to,
                    levels: 0,
                    reaches,
                    links: via_links,
                })
            }
            HostResolution::Unknown(_) => Place::Unknown,
        }
    }
}

/// An ancestor of the root holds the root's neighbours, and often is the builder's home or holds it; a folder beside
/// the root is only itself.
fn above_root(resolves_to: &str) -> &'static [ReachedThing] {
    let is_ancestor = resolves_to.split('/').all(|name| name == "..");
    if is_ancestor {
        &[ReachedThing::ParentOfRoot, ReachedThing::Home]
    } else {
        &[ReachedThing::ParentOfRoot]
    }
}

fn absolute(path: &str) -> ReachedThing {
    let is_home = path == "/root" || path.starts_with("/root/") || path.starts_with("/home");
    if is_home {
        ReachedThing::Home
    } else {
        ReachedThing::FilesystemRoot
    }
}

fn readable(things: &[ReachedThing]) -> Vec<Reach> {
    things
        .iter()
        .map(|what| Reach {
            what: *what,
            access: Access::Read,
        })
        .collect()
}

/// What is assumed of the variables in a value whose text is known.
fn assumed(pieces: &[FieldPiece]) -> Vec<String> {
    let defaulted: Vec<&str> = pieces
        .iter()
        .filter_map(|piece| match piece {
            FieldPiece::Variable { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let set = pieces.iter().filter_map(|piece| match piece {
        FieldPiece::Set { name, at, .. } => Some(format!("`{name}` is what `{}` sets", at.path)),
        _ => None,
    });
    let kept = format!("`{}` keeps its default", defaulted.join("`, `"));
    let kept = (!defaulted.is_empty()).then_some(kept);
    kept.into_iter().chain(set).collect()
}

/// `~/…` for a value that begins with the variable `HOME` and is literal behind it: no tool leaves `HOME` unset.
fn below_home(pieces: &[FieldPiece]) -> Option<String> {
    let (first, rest) = pieces.split_first()?;
    let FieldPiece::Variable {
        name,
        default: None,
    } = first
    else {
        return None;
    };
    if name != "HOME" {
        return None;
    }
    let literal = |piece: &FieldPiece| match piece {
        FieldPiece::Literal(text) => Some(text.clone()),
        FieldPiece::Variable { .. } | FieldPiece::Set { .. } | FieldPiece::Expression(_) => None,
    };
    let rest: String = rest.iter().map(literal).collect::<Option<_>>()?;
    Some(format!("~{rest}"))
}

/// How else a field may be read so that it leads out, and what must be assumed for that.
fn read_otherwise(
    inventory: &Inventory,
    field: &PathField,
    text: &str,
    reader: Reader,
) -> Option<(Place, String)> {
    let links_first = || behind_links(inventory, &field.base, text);
    match reader {
        Reader::Documented => None,
        Reader::Client => links_first().map(|place| (place, "BuildKit builds it".to_owned())),
        Reader::Platform => disguised(inventory, &field.base, text).or_else(|| {
            let assumption = "the platform follows links before it takes `..`";
            links_first().map(|place| (place, assumption.to_owned()))
        }),
    }
}

/// Where `text` leads out if `..` is taken where a link before it led: with `here -> .` in the root, `here/..` is the root's
/// parent to the kernel, and so to BuildKit's client.
fn behind_links(inventory: &Inventory, base: &RootPath, text: &str) -> Option<Place> {
    let resolution = resolve_host_path_as(inventory, base, text, DotDot::Physical);
    let place = Place::from_host(resolution);
    matches!(place, Place::Outside(_)).then_some(place)
}

/// Another way to read `text` by which it leads out, and what must be assumed of the reader.
fn disguised(inventory: &Inventory, base: &RootPath, text: &str) -> Option<(Place, String)> {
    let mut readings: Vec<(String, &str)> = Vec::new();
    for home in ["$HOME", "${HOME}"] {
        let rest = text
            .strip_prefix(home)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        readings.extend(rest.map(|rest| (format!("~{rest}"), "expands variables")));
    }
    readings.extend(other_readings(text).into_iter().map(|reading| {
        let does = match reading.disguise {
            Disguise::SurroundingBlanks => "trims blanks",
            Disguise::Backslash => "takes a backslash for a separator",
            Disguise::PercentEncoding => "decodes percent signs",
        };
        (reading.path, does)
    }));
    readings.into_iter().find_map(|(path, does)| {
        let place = Place::of_host_path(inventory, base, &path);
        matches!(place, Place::Outside(_)).then(|| (place, format!("the platform {does}")))
    })
}
