//! Following links beneath a root by reading them, so that none is ever passed through unseen.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use plimsoll_model::RootPath;
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use crate::root::Root;

/// As many links as Linux follows before it gives up.
const MOST_LINKS: usize = 40;

/// Where a path beneath a root leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The place, free of links at the time of asking. It need not exist.
    pub path: RootPath,
    /// The links passed on the way, in order.
    pub links: Vec<RootPath>,
    /// What stands there.
    pub found: Standing,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A device, socket or FIFO.
    Other,
}

/// Why a path leads to no place beneath the root.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum NotBeneath {
    /// The text itself is absolute or goes above the root.
    #[error("it leaves the root")]
    Text,
    /// A link does.
    #[error("the link `{link}` leads out, to `{target}`")]
    Link { link: RootPath, target: String },
    #[error("its links lead in a circle")]
    Loop,
    #[error("a link on the way holds a target that is not text")]
    NotText,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Root {
    /// Where `path`, taken from the folder `base`, leads. `..` is taken where the walk stands, after links, as the kernel does.
    pub fn follow(&self, base: &RootPath, path: &str) -> Result<Followed, NotBeneath> {
        let mut walk = Walk {
            root: self,
            at: base.components().map(str::to_owned).collect(),
            links: Vec::new(),
            found: Standing::Folder,
        };
        if path.starts_with('/') {
            return Err(NotBeneath::Text);
        }
        let mut ahead = backwards(path);
        while let Some(name) = ahead.pop() {
            if let Some(target) = walk.step(&name)? {
                ahead.extend(backwards(&target));
            }
        }
        let path = walk.path();
        if walk.at.is_empty() {
            walk.found = Standing::Folder;
        }
        Ok(Followed {
            path,
            links: walk.links,
            found: walk.found,
        })
    }

    /// What stands at `path`, which holds no link; a link there is read.
    fn look(&self, path: &RootPath) -> io::Result<Looked> {
        let parent = match self.open_directory(Path::new(path.parent().as_str())) {
            Ok(parent) => parent,
            Err(error) if is_absent(&error) => return Ok(Looked::Standing(Standing::Nothing)),
            Err(error) => return Err(error),
        };
        let name = OsStr::from_bytes(path.file_name().as_bytes());
        let stat = match rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Looked::Standing(Standing::Nothing)),
            Err(error) => return Err(error.into()),
        };
        Ok(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Looked::Standing(Standing::Folder),
            FileType::RegularFile => Looked::Standing(Standing::File),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&parent, name, Vec::new())?;
                Looked::Link(target.into_bytes())
            }
            _ => Looked::Standing(Standing::Other),
        })
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

enum Looked {
    Standing(Standing),
    Link(Vec<u8>),
}

struct Walk<'r> {
    root: &'r Root,
    at: Vec<String>,
    links: Vec<RootPath>,
    found: Standing,
}

impl Walk<'_> {
    fn path(&self) -> RootPath {
        RootPath::new(&self.at.join("/")).unwrap_or_else(RootPath::root)
    }

    /// Takes one component; the target of a link that is to be followed.
    fn step(&mut self, name: &str) -> Result<Option<String>, NotBeneath> {
        if name == ".." {
            self.found = Standing::Folder;
            if self.at.pop().is_some() {
                return Ok(None);
            }
            return Err(match self.links.last() {
                Some(link) => self.leads_out(link.clone())?,
                None => NotBeneath::Text,
            });
        }
        self.at.push(name.to_owned());
        let path = self.path();
        let target = match self.root.look(&path)? {
            Looked::Standing(found) => {
                self.found = found;
                return Ok(None);
            }
            Looked::Link(target) => String::from_utf8(target).map_err(|_| NotBeneath::NotText)?,
        };
        self.at.pop();
        self.links.push(path.clone());
        if self.links.len() > MOST_LINKS {
            return Err(NotBeneath::Loop);
        }
        if target.starts_with('/') {
            return Err(NotBeneath::Link { link: path, target });
        }
        Ok(Some(target))
    }

    /// The last link that was taken is the one that led out.
    fn leads_out(&self, link: RootPath) -> io::Result<NotBeneath> {
        let target = match self.root.look(&link)? {
            Looked::Link(target) => String::from_utf8_lossy(&target).into_owned(),
            Looked::Standing(_) => String::new(),
        };
        Ok(NotBeneath::Link { link, target })
    }
}

fn backwards(path: &str) -> Vec<String> {
    let names = path.rsplit('/').filter(|name| !matches!(*name, "" | "."));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_by_reading_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join("root").join(path);
        std::fs::create_dir_all(at("a/deep")).unwrap();
        std::fs::write(at("a/deep/file"), "").unwrap();
        for (target, link) in [
            ("a/deep", "in"),
            ("..", "a/up"),
            ("../..", "a/deep/top"),
            ("a/up/../outside", "sly"),
            ("/etc", "absolute"),
            ("two", "one"),
            ("one", "two"),
            ("gone/x", "dangling"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        let root = Root::open(&at("")).unwrap();
        let cases = [
            ("in/file", "a/deep/file File"),
            ("in/..", "a Folder"),
            ("a/up/in", "a/deep Folder"),
            ("a/deep/top", ". Folder"),
            (
                "a/deep/top/..",
                "the link `a/deep/top` leads out, to `../..`",
            ),
            ("sly", "the link `a/up` leads out, to `..`"),
            (
                "absolute/passwd",
                "the link `absolute` leads out, to `/etc`",
            ),
            ("one", "its links lead in a circle"),
            ("dangling", "gone/x Nothing"),
            ("..", "it leaves the root"),
            ("a/../..", "it leaves the root"),
            ("/etc", "it leaves the root"),
            (".", ". Folder"),
            ("a/deep/file/x", "a/deep/file/x Nothing"),
        ];
        for (path, expected) in cases {
            let found = match root.follow(&RootPath::root(), path) {
                Ok(followed) => format!("{} {:?}", followed.path, followed.found),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }
}
