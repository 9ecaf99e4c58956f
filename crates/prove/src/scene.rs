//! The disposable copy: the root beneath folders of ours, each with canaries, so that every `..` lands on one.

use std::fs::create_dir_all;
use std::io;
use std::path::{Component, Path, PathBuf};

use plimsoll_chain::Outside;
use plimsoll_chain::invocation::PathField;
use plimsoll_engine::random_hex;
use plimsoll_model::RootPath;

use crate::copy::{Copied, copy_tree, write_new};
use crate::workshop::Workshop;

/// Folders above the root that are made at most.
const MAX_LEVELS: u32 = 64;
/// A canary in a folder above the root.
const CANARY: &str = "plimsoll-canary.txt";

/// The disposable copy.
pub(crate) struct Scene {
    /// Everything of it; nothing may lead out of here.
    top: PathBuf,
    /// The copy of the root.
    root: PathBuf,
    /// What the copy's folder is called: nothing in it can name it.
    name: String,
    levels: u32,
    /// How every canary's token begins.
    token: String,
    pub(crate) copied: Copied,
}

/// A place of the scene that a path leads to.
pub(crate) struct Ground {
    /// The folder, links resolved.
    pub(crate) path: PathBuf,
    /// What stands for what, in words.
    pub(crate) changed: Vec<String>,
    /// How it is written in commands, with `$work` for the folder all is in.
    pub(crate) written: String,
}

impl Scene {
    /// Copies `root` beneath `levels` folders, each with canaries.
    pub(crate) fn new(
        workshop: &Workshop,
        root: &Path,
        levels: u32,
        is_cancelled: &dyn Fn() -> bool,
    ) -> io::Result<Scene> {
        let top = workshop.path().join("scene");
        let token = format!("plimsoll-canary-{}", workshop.short());
        let name = format!("checkout-{}", random_hex(4)?);
        let levels = levels.clamp(1, MAX_LEVELS);
        let mut folder = top.join("above");
        create_dir_all(&folder)?;
        for level in (1..=levels).rev() {
            plant(&folder, &format!("{token}-{level}"))?;
            folder = folder.join(if level == 1 { &*name } else { "up" });
            create_dir_all(&folder)?;
        }
        let copied = copy_tree(root, &folder, is_cancelled)?;
        Ok(Scene {
            top,
            root: folder,
            name,
            levels,
            token,
            copied,
        })
    }

    /// The copy of the root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How every canary's token begins.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A folder below the copy.
    pub(crate) fn inside(&self, path: &RootPath) -> io::Result<Ground> {
        let joined = self.root.join(path.as_str());
        let resolved = std::fs::canonicalize(&joined)?;
        if !resolved.starts_with(&self.root) {
            return Err(io::Error::other("a link leads out of the copy"));
        }
        Ok(Ground {
            path: resolved,
            changed: Vec::new(),
            written: format!("$work/{}", self.shown(&joined)),
        })
    }

    /// Where a call without checks ends up: the manifest's folder joined with the value. What is absolute or a home
    /// is stood in for by a folder of the scene.
    pub(crate) fn outside(&self, field: &PathField, outside: &Outside) -> io::Result<Ground> {
        let text = field
            .value
            .text()
            .unwrap_or_else(|| field.value.raw.clone());
        let base = self.root.join(field.base.as_str());
        let lexical = lexical(&self.root.join(&outside.resolves_to));
        if outside.levels == 0 || outside.levels > self.levels || !self.holds(&lexical) {
            return self.elsewhere(&outside.resolves_to);
        }
        let mut changed = Vec::new();
        create_dir_all(&lexical)?;
        let naive = base.join(&text);
        let path = match std::fs::canonicalize(&naive) {
            Ok(path) if path.starts_with(&self.top) && !path.starts_with(&self.root) => path,
            Ok(path) if !path.starts_with(&self.top) => {
                return self.elsewhere(&outside.resolves_to);
            }
            _ => {
                changed.push(format!("`{text}` is read as `{}`", outside.resolves_to));
                std::fs::canonicalize(&lexical)?
            }
        };
        if !path.starts_with(&self.top) || path.starts_with(&self.root) {
            return self.elsewhere(&outside.resolves_to);
        }
        if !path.join(CANARY).exists() && !self.root.starts_with(&path) {
            plant(&path, &format!("{}-beside", self.token))?;
        }
        let written = if changed.is_empty() { naive } else { lexical };
        Ok(Ground {
            path,
            changed,
            written: format!("$work/{}", self.shown(&written)),
        })
    }

    /// A folder that stands for a place that is not ours to look at.
    pub(crate) fn elsewhere(&self, place: &str) -> io::Result<Ground> {
        let path = self.top.join("elsewhere");
        create_dir_all(&path)?;
        if !path.join(CANARY).exists() {
            plant(&path, &format!("{}-elsewhere", self.token))?;
        }
        Ok(Ground {
            written: format!("$work/{}", self.shown(&path)),
            path,
            changed: vec![format!("a folder of ours stands for `{place}`")],
        })
    }

    /// Writes a file at a place that `field` leads to; the folders on the way are made.
    pub(crate) fn plant_file(&self, outside: &Outside, bytes: &[u8]) -> io::Result<PathBuf> {
        let lexical = lexical(&self.root.join(&outside.resolves_to));
        let path = if outside.levels > 0 && self.holds(&lexical) {
            lexical
        } else {
            self.top.join("elsewhere").join("Dockerfile")
        };
        if let Some(parent) = path.parent() {
            create_dir_all(parent)?;
        }
        if std::fs::symlink_metadata(&path).is_ok() {
            std::fs::remove_file(&path)?;
        }
        write_new(&path, bytes, 0o644)?;
        Ok(path)
    }

    /// Whether `path`, a path without `..`, is of the folders that are ours alone. The copy is not: its links lead
    /// wherever a stranger wants, so nothing is made, written or removed by a path through it.
    fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.top) && !path.starts_with(&self.root)
    }

    /// A path of the scene as commands write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.top).unwrap_or(path);
        below.display().to_string()
    }

    /// Commands that make the scene again, in a folder named by `$work`.
    pub(crate) fn repeat(&self, root: &str) -> Vec<String> {
        let mut lines = vec!["work=$(mktemp -d)".to_owned()];
        let mut folder = "above".to_owned();
        for level in (1..=self.levels).rev() {
            let token = format!("{}-{level}", self.token);
            lines.push(format!("mkdir -p \"$work/{folder}/.docker\""));
            lines.push(format!("echo {token} > \"$work/{folder}/{CANARY}\""));
            lines.push(format!(
                "echo '{{\"auths\":{{\"registry.example\":{{\"auth\":\"{token}\"}}}}}}' > \"$work/{folder}/.docker/config.json\""
            ));
            folder.push('/');
            folder.push_str(if level == 1 { &self.name } else { "up" });
        }
        lines.push(format!(
            "cp -a {} \"$work/{folder}\"",
            crate::repeat::quoted(root)
        ));
        lines
    }
}

/// `path` without `.` and `..`, by its names alone.
fn lexical(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}

/// Canaries as a home directory would hold secrets.
fn plant(folder: &Path, token: &str) -> io::Result<()> {
    write_new(&folder.join(CANARY), format!("{token}\n").as_bytes(), 0o600)?;
    create_dir_all(folder.join(".docker"))?;
    let config = format!("{{\"auths\":{{\"registry.example\":{{\"auth\":\"{token}\"}}}}}}\n");
    write_new(
        &folder.join(".docker/config.json"),
        config.as_bytes(),
        0o600,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scene whose copy holds the link `l` to a folder that is not ours.
    fn scene(folder: &Path) -> (Scene, PathBuf) {
        let folder = folder.canonicalize().unwrap();
        let foreign = folder.join("foreign");
        create_dir_all(&foreign).unwrap();
        std::fs::write(foreign.join("keys"), "kept").unwrap();
        let source = folder.join("source");
        create_dir_all(&source).unwrap();
        std::os::unix::fs::symlink(&foreign, source.join("l")).unwrap();
        let top = folder.join("scene");
        let root = top.join("above/checkout");
        create_dir_all(&root).unwrap();
        let copied = copy_tree(&source, &root, &|| false).unwrap();
        let scene = Scene {
            top,
            root,
            name: "checkout".to_owned(),
            levels: 1,
            token: "token".to_owned(),
            copied,
        };
        (scene, foreign)
    }

    #[test]
    fn nothing_is_written_through_a_link_of_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (scene, foreign) = scene(folder.path());
        for way in [
            "../checkout/l/keys",
            "x/../../checkout/l/keys",
            "../checkout/l/new/keys",
        ] {
            let outside = Outside {
                resolves_to: way.to_owned(),
                levels: 1,
                reaches: Vec::new(),
                links: Vec::new(),
            };
            let path = scene.plant_file(&outside, b"planted").unwrap();
            assert!(
                path.starts_with(&scene.top) && !path.starts_with(&scene.root),
                "{way}"
            );
            assert_eq!(
                std::fs::read(foreign.join("keys")).unwrap(),
                b"kept",
                "{way}"
            );
        }
        let names = std::fs::read_dir(&foreign).unwrap().count();
        assert_eq!(names, 1);
    }

    #[test]
    fn no_context_is_read_through_a_link_out_of_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (scene, _) = scene(folder.path());
        let inside = |path: &str| scene.inside(&RootPath::new(path).unwrap());
        assert_eq!(inside("").unwrap().path, scene.root);
        let error = inside("l").map(|ground| ground.path).unwrap_err();
        assert!(
            error.to_string().contains("leads out of the copy"),
            "{error}"
        );
    }

    #[test]
    fn only_folders_of_ours_are_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (scene, _) = scene(folder.path());
        let holds = |way: &str| scene.holds(&lexical(&scene.root.join(way)));
        assert!(holds("../sibling/x"));
        assert!(holds(".."));
        assert!(!holds("../checkout/l"));
        assert!(!holds("nope/../../checkout/l"));
        assert!(!holds("l"));
        assert!(!holds("../../../x"));
    }
}
