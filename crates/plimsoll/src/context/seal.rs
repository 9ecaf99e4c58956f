//! `plimsoll context --seal`: the context as an archive that the same tree always gives.

use std::io::{BufWriter, Write, sink, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use plimsoll_collect::{Choice, OpenRoot, Sealed, Sealing, seal};
use plimsoll_model::{Entry, RootPath};
use plimsoll_simulate::context::{ContextSettings, Fate, Selector};

use super::ignore::Applying;
use crate::arguments::ContextArguments;
use crate::kept_file::{KeptFile, folder, partial_name};
use crate::output::Output;

/// Seals the context at `ground` to where `--seal` says.
pub(super) fn run(
    arguments: &ContextArguments,
    target: &Path,
    ground: &OpenRoot,
    applying: &Applying,
    output: &Output,
) -> Result<u8> {
    let mut selector = Selector::new(ContextSettings {
        root: RootPath::root(),
        dockerfile: applying.dockerfile.clone(),
        ignore_file: applying.path.clone(),
        ignore: &applying.file,
        builder: arguments.builder,
        needed: None,
    });
    let listed = arguments.manifest.clone().or_else(|| beside(target));
    let own = own_files(ground, target, listed.as_deref());
    let mut choose = |entry: &Entry| match own.contains(&entry.path) {
        true => Choice::Leave,
        false => match chosen(selector.visit(entry)) {
            // The Dockerfile is sent even from a folder that is left out whole.
            Choice::Skip if holds_dockerfile(applying, entry) => Choice::Leave,
            choice => choice,
        },
    };
    let archive = Destination::open(target)?;
    let manifest = match &listed {
        Some(path) => Destination::open(path)?,
        None => Destination::Nowhere,
    };
    let sealed = seal(
        &ground.root,
        &Sealing::default(),
        &mut choose,
        &mut archive.writer(),
        &mut manifest.writer(),
    )
    .context("the context is not sealed")?;
    archive.keep()?;
    manifest.keep()?;
    told(&sealed, target, output)
}

fn holds_dockerfile(applying: &Applying, entry: &Entry) -> bool {
    let dockerfile = applying.dockerfile.as_ref();
    dockerfile.is_some_and(|dockerfile| dockerfile.starts_with(&entry.path))
}

/// What becomes of an entry: the files that a builder reads though they are left out are sent as well.
fn chosen(fate: Option<Fate>) -> Choice {
    match fate {
        Some(Fate::Sent | Fate::ReadOnly) => Choice::Send,
        Some(Fate::LeftOut { skips: true, .. }) => Choice::Skip,
        Some(Fate::LeftOut { skips: false, .. } | Fate::NotNeeded) | None => Choice::Leave,
    }
}

/// The manifest of an archive that is a file.
fn beside(target: &Path) -> Option<PathBuf> {
    if target == Path::new("-") {
        return None;
    }
    let mut path = target.as_os_str().to_owned();
    path.push(".manifest.jsonl");
    Some(path.into())
}

/// Where the files that are written stand in the context, so that it never holds an older version of itself.
fn own_files(ground: &OpenRoot, target: &Path, listed: Option<&Path>) -> Vec<RootPath> {
    let inside = |path: &Path| {
        let absolute = std::fs::canonicalize(folder(path))
            .ok()?
            .join(path.file_name()?);
        let below = absolute.strip_prefix(&ground.absolute).ok()?;
        RootPath::new(below.to_str()?)
    };
    let paths = [Some(target), listed];
    let own = paths.into_iter().flatten().filter_map(inside);
    own.flat_map(|path| {
        let partial = path.parent().join(&partial_name(path.file_name()));
        std::iter::once(path).chain(partial)
    })
    .collect()
}

/// Where bytes go.
enum Destination {
    Standard,
    Nowhere,
    File(KeptFile),
}

impl Destination {
    fn open(path: &Path) -> Result<Destination> {
        match path == Path::new("-") {
            true => Ok(Destination::Standard),
            false => KeptFile::create(path).map(Destination::File),
        }
    }

    fn writer(&self) -> Box<dyn Write + Send + '_> {
        match self {
            Destination::Standard => Box::new(BufWriter::with_capacity(1 << 16, stdout())),
            Destination::Nowhere => Box::new(sink()),
            Destination::File(kept) => Box::new(BufWriter::with_capacity(1 << 16, kept.file())),
        }
    }

    fn keep(self) -> Result<()> {
        match self {
            Destination::File(kept) => kept.keep(),
            Destination::Standard | Destination::Nowhere => Ok(()),
        }
    }
}

fn told(sealed: &Sealed, target: &Path, output: &Output) -> Result<u8> {
    output.note(&format!(
        "sealed {} files, {} folders and {} links, {} bytes",
        sealed.files, sealed.folders, sealed.links, sealed.bytes
    ));
    let digest = format!("sha256:{}", sealed.digest);
    match target == Path::new("-") {
        true => output.note(&digest),
        false => output.data(&format!("{digest}\n"))?,
    }
    Ok(0)
}
