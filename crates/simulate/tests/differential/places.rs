//! Generated names of build contexts, Dockerfiles and ignore files, with links on the way.
//!
//! Every folder has a file that says which it is, and every Dockerfile copies the context to a folder of its own: what
//! arrives says which Dockerfile, which context and which ignore file the builder took.

use std::fs;
use std::path::Path;

use plimsoll_model::{Builder, Inventory, RootPath};
use plimsoll_simulate::ignore_file::applying;
use plimsoll_simulate::resolve::{
    ContextUse, DotDot, HostResolution, resolve_host_path, resolve_host_path_as, resolve_in_context,
};

use crate::dice::Dice;
use crate::engines::Engine;
use crate::expected::builder;
use crate::export::export;
use crate::figures::{Tally, only_first};
use crate::tree::{read_tree, write_tree};

/// One build to be found.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    seed: u64,
    tree: Vec<String>,
    context: String,
    dockerfile: Option<String>,
}

/// The folders; builds run in the third.
const FOLDERS: [&str; 6] = [
    "o",
    "o/side",
    "o/root",
    "o/root/sub",
    "o/root/sub/deep",
    "o/side/low",
];

const ROOT: &str = "o/root";

impl Place {
    pub(crate) fn generate(seed: u64) -> Place {
        let mut dice = Dice::new(seed ^ 0x91ACE);
        let mut tree = Vec::new();
        for folder in FOLDERS {
            tree.push(format!("{folder}/seen"));
            tree.push(format!("{folder}/by-context"));
            tree.push(format!("{folder}/by-file"));
            if dice.roll(4) > 0 {
                tree.push(format!("{folder}/Dockerfile"));
            }
            if dice.roll(3) == 0 {
                tree.push(format!("{folder}/Other"));
            }
            for ignore in [".dockerignore", "Dockerfile.dockerignore"] {
                if dice.roll(3) == 0 {
                    tree.push(format!("{folder}/{ignore}"));
                }
            }
            for name in ["l", "m"] {
                if dice.roll(2) == 0 {
                    tree.push(format!("{folder}/{name} -> {}", dice.pick(&TARGETS)));
                }
            }
            if dice.roll(4) == 0 {
                let target = dice.pick(&[
                    "Dockerfile",
                    "../Dockerfile",
                    "../Other",
                    "sub/Dockerfile",
                    "../side/Dockerfile",
                    "nowhere",
                ]);
                tree.push(format!("{folder}/Linked -> {target}"));
            }
        }
        let context = path(&mut dice);
        let dockerfile = (dice.roll(5) > 1).then(|| {
            let name = dice.pick(&["Dockerfile", "Dockerfile", "Other", "Linked", "nowhere"]);
            match dice.roll(3) {
                0 => name.to_owned(),
                1 => format!("{context}/{name}"),
                _ => format!("{}/{name}", path(&mut dice)),
            }
        });
        Place {
            seed,
            tree,
            context,
            dockerfile,
        }
    }

    fn write(&self, top: &Path) {
        write_tree(top, &self.tree);
        for (number, folder) in FOLDERS.iter().enumerate() {
            for (kind, name) in ["Dockerfile", "Other"].iter().enumerate() {
                let file = top.join(folder).join(name);
                if file.exists() {
                    fs::write(file, format!("FROM scratch\nCOPY . /{number}{kind}/\n")).unwrap();
                }
            }
            fs::write(top.join(folder).join("seen"), folder).unwrap();
            for (ignore, hidden) in [
                (".dockerignore", "by-context"),
                ("Dockerfile.dockerignore", "by-file"),
            ] {
                let file = top.join(folder).join(ignore);
                if file.exists() {
                    fs::write(file, format!("{hidden}\n")).unwrap();
                }
            }
        }
    }
}

const TARGETS: [&str; 10] = [
    ".",
    "..",
    "sub",
    "../side",
    "../root/sub",
    "deep",
    "l",
    "../side/low",
    "nowhere",
    "../..",
];

/// A path to a folder, as typed in the root.
fn path(dice: &mut Dice) -> String {
    let count = 1 + dice.roll(3);
    let parts: Vec<&str> = (0..count)
        .map(|_| {
            dice.pick(&[
                ".", "sub", "..", "l", "m", "side", "deep", "root", "", "l", "sub",
            ])
        })
        .collect();
    let path = parts.join("/");
    match path.starts_with('/') || path.is_empty() {
        true => format!(".{path}"),
        false => path,
    }
}

/// Which Dockerfile was taken, which context, and what the ignore file hid.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    dockerfile: String,
    context: String,
    hidden: Vec<&'static str>,
}

/// Builds a place and compares what is found there.
pub(crate) fn judge(engine: &Engine, place: &Place) -> Tally {
    let folder = tempfile::tempdir().unwrap();
    place.write(folder.path());
    let mut tally = Tally {
        cases: 1,
        builds: 1,
        ..Tally::default()
    };
    let inventory = read_tree(folder.path());
    let predicted = predict(&inventory, builder(engine.oracle), place);
    let built = build(engine, folder.path(), place);
    reach(&inventory, place, predicted.as_ref(), &mut tally);
    if predicted.as_ref() == built.as_ref().ok() {
        tally.agreed += 1;
        return tally;
    }
    tally.disagreements.push(smallest(engine, place));
    tally
}

/// More steps than this are not made towards a smaller case.
const MOST_STEPS: usize = 20;

/// The smallest tree still not as predicted, in words.
fn smallest(engine: &Engine, place: &Place) -> String {
    let mut place = place.clone();
    let mut at = 0;
    let steps = if only_first() { 0 } else { MOST_STEPS };
    for _ in 0..steps {
        if at >= place.tree.len() {
            break;
        }
        let mut smaller = place.clone();
        smaller.tree.remove(at);
        let (predicted, built) = outcomes(engine, &smaller);
        match predicted == built.ok() {
            true => at += 1,
            false => place = smaller,
        }
    }
    let (predicted, built) = outcomes(engine, &place);
    format!(
        "{:?}, seed {}: build {:?} -f {:?}\n  tree {:?}\n  predicted {predicted:?}\n  built     {built:?}\n  repeat: \
         PLIMSOLL_DIFFERENTIAL_PLACES=1 PLIMSOLL_DIFFERENTIAL_SEED={} cargo test -p plimsoll-simulate --test differential \
         places_in -- --nocapture\n",
        engine.oracle, place.seed, place.context, place.dockerfile, place.tree, place.seed
    )
}

fn outcomes(engine: &Engine, place: &Place) -> (Option<Found>, Result<Found, String>) {
    let folder = tempfile::tempdir().unwrap();
    place.write(folder.path());
    let inventory = read_tree(folder.path());
    let predicted = predict(&inventory, builder(engine.oracle), place);
    (predicted, build(engine, folder.path(), place))
}

fn build(engine: &Engine, top: &Path, place: &Place) -> Result<Found, String> {
    let mut arguments = Vec::new();
    if let Some(dockerfile) = &place.dockerfile {
        arguments.extend(["-f", dockerfile.as_str()]);
    }
    arguments.push(&place.context);
    let last = |said: String| {
        said.lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("")
            .to_owned()
    };
    let image = export(engine, &top.join(ROOT), &arguments).map_err(last)?;
    let names =
        (0..FOLDERS.len()).flat_map(|number| ["0", "1"].map(|kind| format!("{number}{kind}")));
    let (dockerfile, tree) = names
        .map(|name| (name.clone(), image.tree(&name)))
        .find(|(_, tree)| !tree.is_empty())
        .ok_or("nothing came")?;
    let context = tree
        .get("seen")
        .and_then(|text| text.strip_prefix("file "))
        .unwrap_or("");
    let hidden = ["by-context", "by-file"]
        .into_iter()
        .filter(|name| !tree.contains_key(*name));
    Ok(Found {
        dockerfile,
        context: context.to_owned(),
        hidden: hidden.collect(),
    })
}

/// Where a path typed in the root leads, if that is recorded.
fn host(inventory: &Inventory, path: &str) -> Option<RootPath> {
    let root = RootPath::new(ROOT)?;
    match resolve_host_path(inventory, &root, path) {
        HostResolution::Inside { path, .. } => inventory.get(&path).map(|entry| entry.path.clone()),
        _ => None,
    }
}

fn predict(inventory: &Inventory, builder: Builder, place: &Place) -> Option<Found> {
    let root = RootPath::new(ROOT)?;
    // The engine's client first asks the kernel for the name as typed.
    if builder != Builder::Buildah {
        opened(inventory, &root, &place.context)?;
    }
    let context = match builder {
        // It walks the path as the kernel does: `..` leads up from where a link before it led (`EvalSymlinks` in fsutil).
        Builder::Buildkit => opened(inventory, &root, &place.context)?,
        _ => host(inventory, &place.context)?,
    };
    if !inventory.is_directory(&context) {
        return None;
    }
    let dockerfile = match &place.dockerfile {
        Some(dockerfile) => named_dockerfile(inventory, builder, &context, dockerfile)?,
        None => {
            let used = ContextUse::Dockerfile;
            resolve_in_context(inventory, &context, "Dockerfile", builder, used)
                .paths
                .into_iter()
                .next()?
        }
    };
    let at = FOLDERS
        .iter()
        .position(|folder| *folder == dockerfile.parent().as_str())?;
    let kind = ["Dockerfile", "Other"]
        .iter()
        .position(|name| *name == dockerfile.file_name())?;
    let named = match (&place.dockerfile, builder) {
        (Some(typed), Builder::Buildah) => beside_context(inventory, &context, typed),
        _ => Some(dockerfile.clone()),
    };
    let ignore = applying(inventory, &context, named.as_ref(), builder);
    let ignored = ignore.map(|ignore| match ignore.file_name() {
        ".dockerignore" => "by-context",
        _ => "by-file",
    });
    let is_hidden = |marker: &&str| {
        let place = context.join(marker);
        ignored == Some(*marker) || place.is_none_or(|place| inventory.get(&place).is_none())
    };
    Some(Found {
        dockerfile: format!("{at}{kind}"),
        context: match context
            .join("seen")
            .filter(|seen| inventory.get(seen).is_some())
        {
            Some(_) => context.to_string(),
            None => String::new(),
        },
        hidden: ["by-context", "by-file"]
            .into_iter()
            .filter(is_hidden)
            .collect(),
    })
}

/// Where buildah looks for an ignore file of the Dockerfile's: it joins what `-f` says to the context, wherever it found the
/// Dockerfile itself (`ContainerIgnoreFile` in buildah's pkg/parse/parse.go).
fn beside_context(inventory: &Inventory, context: &RootPath, typed: &str) -> Option<RootPath> {
    let (folder, name) = typed.rsplit_once('/').unwrap_or((".", typed));
    match resolve_host_path(inventory, context, folder) {
        HostResolution::Inside { path, .. } => path.join(name),
        _ => None,
    }
}

/// The Dockerfile of `-f`, which is a path on the host.
fn named_dockerfile(
    inventory: &Inventory,
    builder: Builder,
    context: &RootPath,
    typed: &str,
) -> Option<RootPath> {
    let root = RootPath::new(ROOT)?;
    if builder == Builder::Buildah {
        return opened(inventory, &root, typed).or_else(|| {
            let joined =
                resolve_in_context(inventory, context, typed, builder, ContextUse::Dockerfile);
            joined.paths.into_iter().next()
        });
    }
    let resolution = resolve_in_context(inventory, &root, typed, builder, ContextUse::Dockerfile);
    let found = resolution.paths.into_iter().next()?;
    // Of one outside the context the classic builder's client opens the name as typed (`runBuild` in docker/cli).
    match builder {
        Builder::Classic if !found.starts_with(context) => opened(inventory, &root, typed),
        _ => Some(found),
    }
}

/// What the kernel opens: every folder on the way has to be there.
fn opened(inventory: &Inventory, root: &RootPath, typed: &str) -> Option<RootPath> {
    let ends = typed
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([typed.len()]);
    let mut last = None;
    for end in ends {
        match resolve_host_path_as(inventory, root, &typed[..end], DotDot::Physical) {
            HostResolution::Inside { path, .. } if path.is_root() => last = Some(path),
            HostResolution::Inside { path, .. } => last = Some(inventory.get(&path)?.path.clone()),
            _ => return None,
        }
    }
    last
}

/// Counts what the case is good for.
fn reach(inventory: &Inventory, place: &Place, predicted: Option<&Found>, tally: &mut Tally) {
    let root = RootPath::new(ROOT).unwrap();
    let has_link = |path: &str| {
        let resolution = resolve_host_path(inventory, &root, path);
        matches!(resolution, HostResolution::Inside { via_links, .. } if !via_links.is_empty())
    };
    let dockerfile = place.dockerfile.as_deref().unwrap_or("Dockerfile");
    let marks = [
        (has_link(&place.context), "context through a link"),
        (place.context.contains(".."), "context with `..`"),
        (has_link(dockerfile), "Dockerfile through a link"),
        (place.dockerfile.is_some(), "`-f`"),
        (
            predicted.is_some_and(|found| found.context != ROOT),
            "another folder is the context",
        ),
        (
            predicted.is_some_and(|found| found.hidden == ["by-context"]),
            "`.dockerignore` applies",
        ),
        (
            predicted.is_some_and(|found| found.hidden == ["by-file"]),
            "`Dockerfile.dockerignore` applies",
        ),
        (predicted.is_none(), "a refusal is predicted"),
    ];
    for (_, what) in marks.iter().filter(|(is_reached, _)| *is_reached) {
        tally.reach(what);
    }
}
