//! What each builder does with a path that names something in the build context.
//!
//! `by-source`: BuildKit `dockerfile2llb/convert_copy.go`, fsutil `copy/copy.go` and `followlinks.go`, `source/git/source.go`;
//! moby `builder/dockerfile/copy.go` and `remotecontext`; docker/cli `image/build/context.go`; buildah `copier/copier.go`;
//! kaniko `pkg/commands/copy.go`. Versions with a known hole (BuildKit's git subdirectory before 0.28.1, buildah's bind
//! mounts before 1.35.1, its ignore file behind a link before 1.29) are not modelled: the outcome is that of a patched builder.

use super::chroot::{Chroot, is_glob};
use super::host_path::{HostResolution, resolve_host_path};
use super::steps::{Border, Last, LinkStep, Place, Walked, walk};
use crate::ignore_file::filepath::{Glob, clean, has_wildcard};
use plimsoll_model::{Builder, BuilderOutcome, Inventory, RootPath};

/// What the path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextUse {
    /// A source of `COPY`.
    CopySource,
    /// A local source of `ADD`.
    AddSource,
    /// The `source` of a `RUN --mount=type=bind`.
    BindMount,
    /// The Dockerfile, relative to the context (compose, bake); `-f` on a command line is a host path.
    Dockerfile,
    /// The ignore file.
    IgnoreFile,
    /// The folder behind the `:` of a git context.
    GitSubdirectory,
}

/// What a builder does with a context path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextResolution {
    /// `Escapes`: leaves the inventory's root. `Reaches`: stays below it. `Clamps`: cut back to the context.
    /// `Unknown`: nothing of that name is recorded, or it cannot be told.
    pub outcome: BuilderOutcome,
    /// What exists there, in the inventory's order. None where BuildKit `Reaches` it: a wildcard that matches nothing.
    pub paths: Vec<RootPath>,
    /// What each of [`Self::paths`] was called, relative to the context: a link's own path, not that of what it leads to.
    pub called: Vec<String>,
    /// The links followed on the way.
    pub via_links: Vec<LinkStep>,
}

impl ContextResolution {
    fn only(outcome: BuilderOutcome) -> ContextResolution {
        ContextResolution {
            outcome,
            paths: Vec::new(),
            called: Vec::new(),
            via_links: Vec::new(),
        }
    }
}

/// Resolves `input` as `builder` does for `used_as`, in the context whose root is `context`.
pub fn resolve_in_context(
    inventory: &Inventory,
    context: &RootPath,
    input: &str,
    builder: Builder,
    used_as: ContextUse,
) -> ContextResolution {
    if input.contains('\0') {
        return ContextResolution::only(BuilderOutcome::Refuses);
    }
    let resolver = Resolver { inventory, context };
    match (used_as, builder) {
        (ContextUse::CopySource | ContextUse::AddSource, Builder::Buildkit) => {
            resolver.scoped(input, true)
        }
        (ContextUse::CopySource | ContextUse::AddSource, Builder::Buildah) => {
            resolver.buildah_source(input)
        }
        (ContextUse::CopySource | ContextUse::AddSource, Builder::Classic) => {
            resolver.classic_source(input)
        }
        (ContextUse::CopySource | ContextUse::AddSource, Builder::Kaniko) => {
            resolver.kaniko_source(input)
        }
        (ContextUse::BindMount, Builder::Buildkit | Builder::Buildah) => {
            resolver.scoped(input, false)
        }
        (ContextUse::BindMount, Builder::Classic) => {
            ContextResolution::only(BuilderOutcome::Refuses)
        }
        (ContextUse::BindMount, Builder::Kaniko) => {
            ContextResolution::only(BuilderOutcome::Unknown)
        }
        (ContextUse::Dockerfile, Builder::Buildkit) => resolver.buildkit_dockerfile(input),
        (ContextUse::IgnoreFile, Builder::Buildkit | Builder::Buildah) => {
            resolver.scoped(input, false)
        }
        (ContextUse::Dockerfile | ContextUse::IgnoreFile, _) => resolver.on_host(input),
        (ContextUse::GitSubdirectory, Builder::Buildkit) => resolver.buildkit_subdirectory(input),
        (ContextUse::GitSubdirectory, Builder::Classic) => resolver.classic_path(input),
        (ContextUse::GitSubdirectory, Builder::Buildah | Builder::Kaniko) => {
            resolver.on_host(&format!("./{input}"))
        }
    }
}

struct Resolver<'a> {
    inventory: &'a Inventory,
    context: &'a RootPath,
}

impl Resolver<'_> {
    /// Joined to the context's root, `..` and links cut back there.
    fn scoped(&self, input: &str, wildcards: bool) -> ContextResolution {
        let cleaned = clean(&format!("/{input}"));
        let (folder, pattern) = match wildcards {
            true => split_wildcards(&cleaned),
            false => (cleaned.as_str(), ""),
        };
        let Some(start) = self.walk_scoped(folder) else {
            return ContextResolution::only(BuilderOutcome::Refuses);
        };
        let clamped = leaves_lexically(input) | start.turned_back;
        let Place::Inside(at) = start.place else {
            return ContextResolution::only(BuilderOutcome::Unknown);
        };
        if pattern.is_empty() {
            let called = cleaned.trim_start_matches('/').to_owned();
            let found = self
                .exists(&at)
                .then_some((at, called))
                .into_iter()
                .collect();
            return settle(clamped, found, start.links);
        }
        if Glob::new(pattern).is_err() {
            return ContextResolution::only(BuilderOutcome::Refuses);
        }
        let matches = self.expand(&at, pattern);
        if matches.is_empty() && !clamped && self.exists(&at) {
            // A wildcard that matches nothing brings nothing, and the build goes on; its folder has to be there.
            return ContextResolution::only(BuilderOutcome::Reaches);
        }
        self.all_scoped(matches, clamped, start.links)
    }

    /// Follows each of `matches`; one that leads nowhere fails the whole instruction.
    fn all_scoped(
        &self,
        matches: Vec<RootPath>,
        mut clamped: bool,
        mut via_links: Vec<LinkStep>,
    ) -> ContextResolution {
        let mut found = Vec::new();
        for (path, called) in self.under_own_path(matches) {
            let end = self.walk_scoped(path.strip_prefix(self.context).unwrap_or(""));
            let Some(end) = end else {
                return refused(self.own_link(&path).into_iter().collect());
            };
            clamped |= end.turned_back;
            via_links.extend(end.links);
            match end.place {
                Place::Inside(place) if self.exists(&place) => found.push((place, called)),
                _ if clamped => return settle(true, Vec::new(), via_links),
                _ => return refused(via_links),
            }
        }
        settle(clamped, found, via_links)
    }

    /// The link at `path`, not followed.
    fn own_link(&self, path: &RootPath) -> Option<LinkStep> {
        let target = self.inventory.get(path)?.link_target.as_deref()?;
        Some(LinkStep {
            link: path.clone(),
            target: target.to_owned(),
        })
    }

    fn walk_scoped(&self, path: &str) -> Option<Walked> {
        walk(
            self.inventory,
            self.context,
            path,
            Border::Scope(self.context),
            Last::Follow,
        )
        .ok()
    }

    /// The entries below `folder` that match; `folder` itself where there is no pattern.
    fn expand(&self, folder: &RootPath, pattern: &str) -> Vec<RootPath> {
        if pattern.is_empty() {
            return vec![folder.clone()];
        }
        let Ok(glob) = Glob::new(pattern) else {
            return Vec::new();
        };
        let matching = self.inventory.below(folder).iter().filter(|entry| {
            let relative = entry.path.strip_prefix(folder);
            relative.is_some_and(|relative| glob.matches(relative))
        });
        matching.map(|entry| entry.path.clone()).collect()
    }

    /// Refused where the text leaves the context; links are cut back to it.
    fn classic_path(&self, input: &str) -> ContextResolution {
        let relative = input.strip_prefix('/').unwrap_or(input);
        if leaves_lexically(relative) {
            return ContextResolution::only(BuilderOutcome::Refuses);
        }
        self.scoped(relative, false)
    }

    /// As [`Self::classic_path`]; a wildcard is compared with every path of the context, links to folders not followed.
    fn classic_source(&self, input: &str) -> ContextResolution {
        let relative = input.strip_prefix('/').unwrap_or(input);
        let relative = relative.strip_prefix("./").unwrap_or(relative);
        if !has_wildcard(relative) {
            return self.classic_path(relative);
        }
        let found = self.expand(self.context, relative);
        if found.is_empty() {
            return ContextResolution::only(BuilderOutcome::Refuses);
        }
        self.all_scoped(found, false, Vec::new())
    }

    fn buildah_source(&self, input: &str) -> ContextResolution {
        let chroot = Chroot::new(self.inventory, self.context);
        let names = chroot.matches(input);
        let is_wild = is_glob(&clean(&format!("/{input}")));
        if names.is_empty() && !is_wild {
            // Not there; where its links lead is told all the same.
            let mut lost = self.scoped(input, false);
            lost.paths.clear();
            lost.called.clear();
            return lost;
        }
        let mut found = Vec::new();
        let mut via_links = Vec::new();
        let mut clamped = leaves_lexically(input);
        for name in names {
            let Some(items) = chroot.follow(&name) else {
                return refused(via_links);
            };
            for item in items {
                via_links.extend(item.via_links);
                clamped |= item.turned_back;
                match item.path {
                    Some(path) => found.push((path, item.called)),
                    None if clamped || !is_wild => {
                        return settle(clamped, Vec::new(), via_links);
                    }
                    None => return refused(via_links),
                }
            }
        }
        settle(clamped, found, via_links)
    }

    /// Joined on the text and opened by the kernel, with nothing to confine it; a link in the last component is copied as a link.
    fn kaniko_source(&self, input: &str) -> ContextResolution {
        let cleaned = clean(input);
        if has_wildcard(&cleaned) {
            let found = self.expand(self.context, cleaned.trim_start_matches('/'));
            return settle(false, self.under_own_path(found), Vec::new());
        }
        let joined = clean(&format!("./{}/{cleaned}", self.context));
        let walked = walk(
            self.inventory,
            &RootPath::root(),
            &joined,
            Border::Open,
            Last::Keep,
        );
        match walked {
            Err(_) => ContextResolution::only(BuilderOutcome::Unknown),
            Ok(walked) => match walked.place {
                Place::Inside(path) => {
                    let found = self.exists(&path).then_some(path).into_iter().collect();
                    settle(false, self.under_own_path(found), walked.links)
                }
                Place::Above(..) | Place::Absolute(_) => ContextResolution {
                    outcome: BuilderOutcome::Escapes,
                    paths: Vec::new(),
                    called: Vec::new(),
                    via_links: walked.links,
                },
            },
        }
    }

    /// Opened by a client or builder on its host, links and all.
    fn on_host(&self, input: &str) -> ContextResolution {
        self.of_host(resolve_host_path(self.inventory, self.context, input))
    }

    fn of_host(&self, resolution: HostResolution) -> ContextResolution {
        match resolution {
            HostResolution::Inside { path, via_links } => {
                let found = self.exists(&path).then_some(path).into_iter().collect();
                settle(false, self.under_own_path(found), via_links)
            }
            HostResolution::Outside { via_links, .. }
            | HostResolution::Absolute { via_links, .. } => ContextResolution {
                outcome: BuilderOutcome::Escapes,
                paths: Vec::new(),
                called: Vec::new(),
                via_links,
            },
            HostResolution::Home(_) => ContextResolution::only(BuilderOutcome::Escapes),
            HostResolution::Unknown(_) => ContextResolution::only(BuilderOutcome::Unknown),
        }
    }

    /// The client opens the Dockerfile's folder on its host; a link in the last component is cut back to that folder.
    fn buildkit_dockerfile(&self, input: &str) -> ContextResolution {
        let cleaned = clean(input);
        let (folder, name) = cleaned.rsplit_once('/').unwrap_or((".", &cleaned));
        let folder = if folder.is_empty() { "/" } else { folder };
        let parent = resolve_host_path(self.inventory, self.context, folder);
        let HostResolution::Inside { path, via_links } = parent else {
            return self.of_host(parent);
        };
        let inner = Resolver {
            inventory: self.inventory,
            context: &path,
        };
        let mut resolution = inner.scoped(name, false);
        resolution.via_links.splice(0..0, via_links);
        resolution
    }

    /// `..` is cut back; any link in the path is refused.
    fn buildkit_subdirectory(&self, input: &str) -> ContextResolution {
        let resolution = self.scoped(input, false);
        if resolution.via_links.is_empty() {
            resolution
        } else {
            ContextResolution::only(BuilderOutcome::Refuses)
        }
    }

    fn under_own_path(&self, paths: Vec<RootPath>) -> Vec<(RootPath, String)> {
        let called = |path: &RootPath| {
            path.strip_prefix(self.context)
                .unwrap_or(path.as_str())
                .to_owned()
        };
        paths
            .into_iter()
            .map(|path| (path.clone(), called(&path)))
            .collect()
    }

    fn exists(&self, path: &RootPath) -> bool {
        path.is_root() || self.inventory.get(path).is_some()
    }
}

/// Refused behind these links.
fn refused(via_links: Vec<LinkStep>) -> ContextResolution {
    ContextResolution {
        via_links,
        ..ContextResolution::only(BuilderOutcome::Refuses)
    }
}

fn settle(
    clamped: bool,
    found: Vec<(RootPath, String)>,
    via_links: Vec<LinkStep>,
) -> ContextResolution {
    let (paths, called): (Vec<RootPath>, Vec<String>) = found.into_iter().unzip();
    let outcome = match (clamped, paths.is_empty()) {
        (true, _) => BuilderOutcome::Clamps,
        (false, true) => BuilderOutcome::Unknown,
        (false, false) => BuilderOutcome::Reaches,
    };
    ContextResolution {
        outcome,
        paths,
        called,
        via_links,
    }
}

/// Whether the text, taken from the context's root, goes above it somewhere (`a/../../b` too).
pub(crate) fn leaves_lexically(input: &str) -> bool {
    let mut depth = 0_i64;
    input.split('/').any(|component| {
        match component {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        depth < 0
    })
}

/// Splits a cleaned path before its first component with a wildcard.
fn split_wildcards(path: &str) -> (&str, &str) {
    let mut start = 0;
    for component in path.split('/') {
        if has_wildcard(component) {
            return (
                path.get(..start).unwrap_or(""),
                path.get(start..).unwrap_or(""),
            );
        }
        start += component.len() + 1;
    }
    (path, "")
}
