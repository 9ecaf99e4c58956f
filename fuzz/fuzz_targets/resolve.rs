//! Fuzzes path resolution: a tree of files and links, a folder to start from, and the path to resolve.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_model::{Builder, BuilderOutcome, Entry, EntryKind, Inventory, RootPath};
use plimsoll_simulate::resolve::{
    ContextUse, DotDot, other_readings, resolve_host_path_as, resolve_in_context,
};

const BUILDERS: [Builder; 4] = [
    Builder::Buildkit,
    Builder::Classic,
    Builder::Buildah,
    Builder::Kaniko,
];
const USES: [ContextUse; 6] = [
    ContextUse::CopySource,
    ContextUse::AddSource,
    ContextUse::BindMount,
    ContextUse::Dockerfile,
    ContextUse::IgnoreFile,
    ContextUse::GitSubdirectory,
];

fuzz_target!(|input: (&str, &str, &str)| {
    let (tree, base, path) = input;
    let inventory = Inventory::new(tree.lines().take(64).filter_map(entry).collect());
    let Some(base) = RootPath::new(base) else {
        return;
    };
    for dot_dot in [DotDot::Lexical, DotDot::Physical] {
        resolve_host_path_as(&inventory, &base, path, dot_dot);
    }
    for builder in BUILDERS {
        for used_as in USES {
            let found = resolve_in_context(&inventory, &base, path, builder, used_as);
            if found.outcome == BuilderOutcome::Clamps {
                assert!(found.paths.iter().all(|path| path.starts_with(&base)));
            }
        }
    }
    other_readings(path);
});

/// `path` is a file, `path/` a folder, `path -> target` a link.
fn entry(line: &str) -> Option<Entry> {
    let (path, kind, link_target) = match (line.split_once(" -> "), line.strip_suffix('/')) {
        (Some((path, target)), _) => (path, EntryKind::Symlink, Some(target.into())),
        (None, Some(path)) => (path, EntryKind::Directory, None),
        (None, None) => (line, EntryKind::File, None),
    };
    Some(Entry {
        path: RootPath::new(path)?,
        kind,
        size: 1,
        link_target,
        listed: true,
    })
}
