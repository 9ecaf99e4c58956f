//! Which ignore file a build reads.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use plimsoll_collect::{Bytes, OpenRoot, read_operator_file, text};
use plimsoll_model::{Builder, Entry, EntryKind, Inventory, RootPath};
use plimsoll_simulate::ignore_file::{self, IgnoreFile};

use crate::arguments::ContextArguments;

/// A larger ignore file is none that anybody wrote.
const MAX_BYTES: u64 = 4 << 20;

/// The ignore rules of a build.
pub(crate) struct Applying {
    /// The Dockerfile, where it lies in the context.
    pub(crate) dockerfile: Option<RootPath>,
    /// The Dockerfile's text, where it could be read.
    pub(crate) dockerfile_text: Option<String>,
    /// The ignore file, where it lies in the context.
    pub(crate) path: Option<RootPath>,
    /// The ignore file as shown; `None` where there is none.
    pub(crate) shown: Option<String>,
    /// Its rules.
    pub(crate) file: IgnoreFile,
}

/// The rules that apply to a build of the context at `ground`.
pub(crate) fn find(arguments: &ContextArguments, ground: &OpenRoot) -> Result<Applying> {
    let dockerfile = dockerfile(arguments, ground)?;
    if let Some(outside) = arguments
        .dockerfile
        .as_deref()
        .filter(|_| dockerfile.is_none())
        && let Some(applying) = beside_outside(outside, arguments.builder)
    {
        return Ok(applying);
    }
    let present = present(ground, dockerfile.as_ref())?;
    let root = RootPath::root();
    let path = ignore_file::applying(&present, &root, dockerfile.as_ref(), arguments.builder);
    let file = match &path {
        Some(path) => IgnoreFile::parse(&read(ground, path)?.unwrap_or_default()).0,
        None => IgnoreFile::parse("").0,
    };
    let shown = path.as_ref().map(RootPath::to_string);
    let dockerfile_text = match (&dockerfile, &arguments.dockerfile) {
        (Some(path), _) => read(ground, path)?,
        (None, Some(outside)) => outside_text(outside),
        (None, None) => None,
    };
    Ok(Applying {
        dockerfile,
        dockerfile_text,
        path,
        shown,
        file,
    })
}

/// The Dockerfile's place in the context; `None` where it lies elsewhere.
fn dockerfile(arguments: &ContextArguments, ground: &OpenRoot) -> Result<Option<RootPath>> {
    let Some(given) = &arguments.dockerfile else {
        return Ok(RootPath::new("Dockerfile"));
    };
    let shown = given.display();
    let name = given
        .file_name()
        .with_context(|| format!("{shown} names no file"))?;
    let folder = match given.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = std::fs::canonicalize(folder).with_context(|| format!("opening {shown}"))?;
    let absolute = folder.join(name);
    if !absolute.is_file() {
        bail!("{shown} is not a file");
    }
    let inside = absolute.strip_prefix(&ground.absolute).ok();
    Ok(inside.and_then(|path| RootPath::new(&path.to_string_lossy())))
}

/// The ignore file beside a Dockerfile that lies outside the context.
fn beside_outside(dockerfile: &Path, builder: Builder) -> Option<Applying> {
    let suffixes: &[&str] = match builder {
        Builder::Classic => &[],
        Builder::Buildkit | Builder::Kaniko => &[".dockerignore"],
        Builder::Buildah => &[".containerignore", ".dockerignore"],
    };
    suffixes.iter().find_map(|suffix| {
        let mut path = dockerfile.as_os_str().to_owned();
        path.push(suffix);
        let bytes = read_operator_file(Path::new(&path)).ok()?;
        Some(Applying {
            dockerfile: None,
            dockerfile_text: outside_text(dockerfile),
            path: None,
            shown: Some(path.to_string_lossy().into_owned()),
            file: IgnoreFile::parse(&text(bytes)).0,
        })
    })
}

/// The text of a Dockerfile that lies outside the context.
fn outside_text(dockerfile: &Path) -> Option<String> {
    let bytes = read_operator_file(dockerfile).ok()?;
    Some(text(bytes).to_string())
}

/// Those of the files a builder may look for that are there.
fn present(ground: &OpenRoot, dockerfile: Option<&RootPath>) -> Result<Inventory> {
    let suffixes = [".dockerignore", ".containerignore"];
    let beside = dockerfile.into_iter().flat_map(|dockerfile| {
        let name = dockerfile.file_name();
        suffixes.map(|suffix| dockerfile.parent().join(&format!("{name}{suffix}")))
    });
    let mut entries = Vec::new();
    for path in beside.chain(suffixes.map(RootPath::new)).flatten() {
        if read(ground, &path)?.is_some() {
            entries.push(Entry {
                path,
                kind: EntryKind::File,
                size: 0,
                link_target: None,
                listed: true,
            });
        }
    }
    Ok(Inventory::new(entries))
}

/// The text of the file at `path`; `None` where there is none.
fn read(ground: &OpenRoot, path: &RootPath) -> Result<Option<String>> {
    match ground.root.read(Path::new(path.as_str()), MAX_BYTES) {
        Ok(Bytes::Whole(bytes)) => Ok(Some(text(bytes).to_string())),
        Ok(Bytes::TooLarge) => bail!("{path} is larger than {MAX_BYTES} bytes"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {path}")),
    }
}
