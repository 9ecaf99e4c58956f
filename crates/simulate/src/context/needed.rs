//! What BuildKit asks the client for: the paths the instructions name, with the links on their way.

use crate::ignore_file::IgnoreFile;
use crate::ignore_file::filepath::{clean, has_wildcard};
use crate::resolve::{ContextUse, LinkStep, resolve_in_context};
use plimsoll_model::{Builder, Inventory, RootPath};

/// The patterns of what `sources` need (COPY and ADD sources, bind-mount sources, all relative to the context);
/// none where one of them is the whole context, so that everything is sent.
pub fn needed_by_sources(
    inventory: &Inventory,
    context: &RootPath,
    sources: &[&str],
) -> Option<IgnoreFile> {
    let mut patterns: Vec<String> = Vec::new();
    for source in sources {
        let cleaned = clean(&format!("/{source}"));
        let relative = cleaned.trim_start_matches('/');
        if relative.is_empty() {
            return None;
        }
        patterns.push(relative.to_owned());
        let used_as = ContextUse::CopySource;
        let found = resolve_in_context(inventory, context, source, Builder::Buildkit, used_as);
        let links = found.via_links.iter().map(|LinkStep { link, .. }| link);
        // A plain path is its own pattern already; what links lead to is asked for as well.
        let reached = found.paths.iter().filter(|_| !found.via_links.is_empty());
        for path in links.chain(reached) {
            match path.strip_prefix(context) {
                Some("") => return None,
                Some(relative) if !has_wildcard(relative) => patterns.push(relative.to_owned()),
                _ => {}
            }
        }
    }
    patterns.sort();
    patterns.dedup();
    Some(IgnoreFile::from_patterns(patterns.iter().map(String::as_str)).0)
}
