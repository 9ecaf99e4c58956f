//! Paths below a root: normalised, `/`-separated, never absolute, never leaving.

use std::fmt;
use std::sync::Arc;

/// A path below the root: no leading `/`, no `.`, `..` or empty components; the root itself is the empty path.
///
/// Holds the name as read; bytes that are not UTF-8 arrive percent-encoded from `collect`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootPath(Arc<str>);

impl RootPath {
    /// The root itself.
    pub fn root() -> RootPath {
        RootPath(Arc::from(""))
    }

    /// Normalises `path` lexically; `None` where it is absolute or `..` would leave the root.
    pub fn new(path: &str) -> Option<RootPath> {
        if path.starts_with('/') {
            None
        } else {
            RootPath::root().join(path)
        }
    }

    /// Appends `path` and normalises lexically; `None` where the result would leave the root. An absolute `path` leaves.
    pub fn join(&self, path: &str) -> Option<RootPath> {
        if path.starts_with('/') {
            return None;
        }
        let mut components: Vec<&str> = self.components().collect();
        for component in path.split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    components.pop()?;
                }
                name => components.push(name),
            }
        }
        Some(RootPath(components.join("/").into()))
    }

    /// The path `inside` of the archive at this one, as it is written: `lib/app.jar!/config/a.properties`. What is inside
    /// of something without a name stands for itself.
    pub fn member(&self, inside: &RootPath) -> RootPath {
        match (self.is_root(), inside.is_root()) {
            (true, _) => inside.clone(),
            (_, true) => self.clone(),
            _ => RootPath(format!("{}!/{}", self.0, inside.0).into()),
        }
    }

    /// The text, `""` for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The folder that holds this entry; the root is its own parent.
    pub fn parent(&self) -> RootPath {
        match self.0.rsplit_once('/') {
            Some((parent, _)) => RootPath(parent.into()),
            None => RootPath::root(),
        }
    }

    /// The last component, `""` for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The components from the root down; none for the root.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// Number of components; 0 for the root.
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// Whether this path is `ancestor` or lies below it.
    pub fn starts_with(&self, ancestor: &RootPath) -> bool {
        self.strip_prefix(ancestor).is_some()
    }

    /// The rest below `ancestor` (`""` where they are equal), `None` where this path does not lie there.
    pub fn strip_prefix(&self, ancestor: &RootPath) -> Option<&str> {
        if ancestor.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(ancestor.as_str())?;
        if rest.is_empty() {
            Some("")
        } else {
            rest.strip_prefix('/')
        }
    }

    /// The lexical relative path from the folder `base` to this path (`.` where they are equal).
    pub fn relative_to(&self, base: &RootPath) -> String {
        let from: Vec<&str> = base.components().collect();
        let to: Vec<&str> = self.components().collect();
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let mut parts = vec![".."; from.len() - shared];
        parts.extend(&to[shared..]);
        if parts.is_empty() {
            ".".to_owned()
        } else {
            parts.join("/")
        }
    }
}

impl fmt::Display for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl fmt::Debug for RootPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_stay_below_the_root() {
        let base = RootPath::new("a/./b//c").unwrap();
        assert_eq!(base.as_str(), "a/b/c");
        assert_eq!(base.join("../../x").unwrap().as_str(), "a/x");
        assert_eq!(base.join("../../../.."), None);
        assert_eq!(base.join("/etc"), None);
        assert_eq!(base.join("../../..").unwrap(), RootPath::root());
    }

    #[test]
    fn prefixes_are_whole_components() {
        let path = RootPath::new("src/app/x").unwrap();
        assert!(path.starts_with(&RootPath::new("src").unwrap()));
        assert!(!path.starts_with(&RootPath::new("sr").unwrap()));
        assert_eq!(
            path.relative_to(&RootPath::new("src/lib").unwrap()),
            "../app/x"
        );
    }
}
