//! Where something stands below a root: the path we speak of, and the name the system knows it by.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use plimsoll_model::RootPath;

/// A path below a root. The raw path is kept only where it differs: a name on it is not UTF-8, or a link stands there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) path: RootPath,
    raw: Option<PathBuf>,
}

impl Place {
    pub(crate) fn root() -> Place {
        Place {
            path: RootPath::root(),
            raw: None,
        }
    }

    /// The place of `path` as the system names it; `None` where it is not a plain relative path.
    pub(crate) fn from_raw(path: &Path) -> Option<Place> {
        let mut place = Place::root();
        for component in path.components() {
            match component {
                std::path::Component::Normal(name) => place = place.child(name.as_bytes())?,
                std::path::Component::CurDir => {}
                _ => return None,
            }
        }
        Some(place)
    }

    /// The entry called `name` in this folder; `None` for a name that is not one plain component.
    pub(crate) fn child(&self, name: &[u8]) -> Option<Place> {
        if matches!(name, b"" | b"." | b"..") || name.contains(&b'/') || name.contains(&0) {
            return None;
        }
        let shown = encode_name(name);
        let raw = match (&self.raw, shown.as_bytes() == name) {
            (None, true) => None,
            _ => Some(self.raw().join(OsStr::from_bytes(name))),
        };
        let path = self.path.join(&shown)?;
        Some(Place { path, raw })
    }

    /// The same file, spoken of as what stands at `path`.
    pub(crate) fn judged_at(self, path: RootPath) -> Place {
        if path == self.path {
            return self;
        }
        let raw = Some(self.raw().to_owned());
        Place { path, raw }
    }

    /// The path to open.
    pub(crate) fn raw(&self) -> &Path {
        match &self.raw {
            Some(raw) => raw,
            None => Path::new(self.path.as_str()),
        }
    }
}

/// A name as text: bytes that are not UTF-8 become `%XX`.
pub(crate) fn encode_name(name: &[u8]) -> std::borrow::Cow<'_, str> {
    if let Ok(name) = std::str::from_utf8(name) {
        return name.into();
    }
    let mut shown = String::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_text_keep_their_bytes() {
        let place = Place::root().child(b"caf\xe9").unwrap();
        let inner = place.child(b"x").unwrap();
        assert_eq!(inner.path.as_str(), "caf%E9/x");
        assert_eq!(inner.raw().as_os_str().as_bytes(), b"caf\xe9/x");
        assert!(Place::root().child(b"..").is_none());
        assert!(Place::root().child(b"a/b").is_none());
    }
}
