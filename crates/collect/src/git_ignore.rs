//! Git's ignore rules, asked about one path at a time.

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use plimsoll_model::RootPath;

use crate::root::{Bytes, Root};

/// Longer ignore files are not applied, which audits more, never less.
const MAX_IGNORE_FILE: u64 = 1 << 20;

/// The ignore files in force in a folder, from the nearest outwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct IgnoreRules(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    base: RootPath,
    matcher: Gitignore,
    outer: IgnoreRules,
}

impl IgnoreRules {
    /// These rules with those of the file at `file`, which speak about paths below `base`, in front.
    /// A file that is missing, too large or a link changes nothing, as a link changes nothing in git.
    pub(crate) fn with_file(self, root: &Root, base: &RootPath, file: &Path) -> IgnoreRules {
        let Ok(Bytes::Whole(bytes)) = root.read(file, MAX_IGNORE_FILE) else {
            return self;
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut builder = GitignoreBuilder::new("");
        for line in text.trim_start_matches('\u{feff}').lines() {
            // A line that is no pattern matches nothing, in git too.
            let _ = builder.add_line(None, line);
        }
        match builder.build() {
            Ok(matcher) if !matcher.is_empty() => IgnoreRules(Some(Arc::new(Layer {
                base: base.clone(),
                matcher,
                outer: self,
            }))),
            _ => self,
        }
    }

    /// Whether git ignores the folder at `path`.
    pub(crate) fn ignores_folder(&self, path: &RootPath) -> bool {
        self.ignores(path, true)
    }

    /// Whether git ignores the file or folder at `path`: the nearest file that says anything decides.
    pub(crate) fn ignores(&self, path: &RootPath, is_folder: bool) -> bool {
        let mut rules = self;
        while let Some(layer) = &rules.0 {
            let below = path.strip_prefix(&layer.base).unwrap_or("");
            match layer.matcher.matched(below, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => rules = &layer.outer,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_that_speaks_decides() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join(".gitignore"), "build/\n*.tmp\n/top\n").unwrap();
        std::fs::write(folder.path().join("a/.gitignore"), "!build/\n").unwrap();
        let root = Root::open(folder.path()).unwrap();
        let a = RootPath::new("a").unwrap();
        let outer =
            IgnoreRules::default().with_file(&root, &RootPath::root(), Path::new(".gitignore"));
        let inner = outer
            .clone()
            .with_file(&root, &a, Path::new("a/.gitignore"));
        let cases = [
            (&outer, "build", true),
            (&outer, "b/build", true),
            (&outer, "x.tmp", true),
            (&outer, "top", true),
            (&outer, "a/top", false),
            (&inner, "a/build", false),
            (&inner, "a/x.tmp", true),
        ];
        for (rules, path, ignored) in cases {
            let path = RootPath::new(path).unwrap();
            assert_eq!(rules.ignores_folder(&path), ignored, "{path}");
        }
    }
}
