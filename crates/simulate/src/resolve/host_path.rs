//! Paths a client resolves on the host before a build: nothing confines them.

use super::steps::{Border, Last, LinkStep, Place, Stuck, walk};
use crate::ignore_file::filepath::clean;
use plimsoll_model::{Inventory, RootPath};

/// Where a host path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostResolution {
    /// At or below the root (it need not exist).
    Inside {
        /// The place reached.
        path: RootPath,
        /// The links followed on the way.
        via_links: Vec<LinkStep>,
    },
    /// Above the root or beside it.
    Outside {
        /// Folders above the root, at least 1.
        levels: u32,
        /// Relative to the root: `..`, `../../sibling`.
        resolves_to: String,
        /// The links followed on the way.
        via_links: Vec<LinkStep>,
    },
    /// Below a home folder; the text as cleaned, from its `~` on.
    Home(String),
    /// An absolute path: written so, or the target of a link on the way.
    Absolute {
        /// Cleaned, from its `/` (or drive letter) on.
        resolves_to: String,
        /// The links followed on the way; empty where the input itself is absolute.
        via_links: Vec<LinkStep>,
    },
    /// It cannot be told from the text and the inventory.
    Unknown(Uncertainty),
}

/// Why a path cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uncertainty {
    /// Links that lead in a circle, or more than Linux follows; every program fails.
    LinkLoop,
    /// A NUL character, which ends or breaks a path depending on the program.
    Nul,
    /// A URL: not a path on this host.
    Remote,
    /// A folder on the way whose contents are not recorded.
    Unlisted(RootPath),
}

/// When `..` is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DotDot {
    /// On the text, before any link is followed: Go's and Python's path joining, so the classic builder's client, compose.
    Lexical,
    /// Where the walk stands, after links: the kernel, so a shell's `cd -P`, Node's and Rust's file functions, and BuildKit's
    /// client for a context (seen in `tests/differential`).
    Physical,
}

/// Resolves `input` from the folder `base` as the classic builder's client and compose do: `..` on the text, then links.
pub fn resolve_host_path(inventory: &Inventory, base: &RootPath, input: &str) -> HostResolution {
    resolve_host_path_as(inventory, base, input, DotDot::Lexical)
}

/// Resolves `input` from the folder `base`.
pub fn resolve_host_path_as(
    inventory: &Inventory,
    base: &RootPath,
    input: &str,
    dot_dot: DotDot,
) -> HostResolution {
    if input.contains('\0') {
        return HostResolution::Unknown(Uncertainty::Nul);
    }
    let path = match local_path(input) {
        Some(path) => path,
        None => return HostResolution::Unknown(Uncertainty::Remote),
    };
    if path.starts_with('~') {
        return HostResolution::Home(clean(path));
    }
    if path.starts_with('/') || has_drive(path) {
        let via_links = Vec::new();
        let resolves_to = clean(path);
        return HostResolution::Absolute {
            resolves_to,
            via_links,
        };
    }
    match dot_dot {
        DotDot::Physical => resolve_from(inventory, base, path),
        DotDot::Lexical => {
            let joined = clean(&format!("./{base}/{path}"));
            resolve_from(inventory, &RootPath::root(), &joined)
        }
    }
}

/// Follows links along a relative path.
fn resolve_from(inventory: &Inventory, base: &RootPath, path: &str) -> HostResolution {
    let walked = match walk(inventory, base, path, Border::Open, Last::Follow) {
        Ok(walked) => walked,
        Err(Stuck::Loop) => return HostResolution::Unknown(Uncertainty::LinkLoop),
        Err(Stuck::Unlisted(folder) | Stuck::NoFolder(folder)) => {
            return HostResolution::Unknown(Uncertainty::Unlisted(folder));
        }
    };
    let via_links = walked.links;
    match walked.place {
        Place::Inside(path) => HostResolution::Inside { path, via_links },
        Place::Above(levels, names) => {
            let ups = std::iter::repeat_n("..", levels as usize);
            let parts: Vec<&str> = ups.chain(names.iter().map(String::as_str)).collect();
            HostResolution::Outside {
                levels,
                resolves_to: parts.join("/"),
                via_links,
            }
        }
        Place::Absolute(path) => HostResolution::Absolute {
            resolves_to: clean(&format!("/{path}")),
            via_links,
        },
    }
}

/// The path part of `input`: itself, or what stands behind a scheme for local folders; none for a remote URL.
fn local_path(input: &str) -> Option<&str> {
    for scheme in ["file://", "dir://"] {
        if let Some(path) = input.strip_prefix(scheme) {
            return Some(path);
        }
    }
    let scp_like = input.starts_with("git@");
    (!input.contains("://") && !scp_like && !input.starts_with("github.com/")).then_some(input)
}

/// `C:\…` and `C:/…`.
fn has_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    matches!(bytes, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}
