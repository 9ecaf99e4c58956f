//! The folder a script's commands run in, which may lie outside the root.

use plimsoll_model::RootPath;

use super::argument::Argument;
use super::fields::reference;
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileField, FieldPiece, FieldValue, Manifest, PathField,
};

/// How many folders `pushd` may keep.
const MAX_PUSHED: usize = 64;

/// A folder, as far as a script says which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// Below the root.
    Inside(RootPath),
    /// Relative to the root (`..`, `../x`), or the text `/` or `~`.
    Outside(String),
}

impl Folder {
    /// The root.
    pub(super) fn root() -> Folder {
        Folder::Inside(RootPath::root())
    }

    /// The folder that `path` leads to from here; `None` where that cannot be followed. A script that has left the
    /// root and goes down again most often enters what it fetched there.
    pub(super) fn enter(&self, path: &str) -> Option<Folder> {
        let bare = path.trim_end_matches('/');
        match (path, bare) {
            ("", _) => return None,
            (_, "" | "~") => return Some(Folder::Outside(path.chars().take(1).collect())),
            _ if path.starts_with(['/', '~', '-']) => return None,
            _ => {}
        }
        match self {
            Folder::Inside(folder) => match folder.join(path) {
                Some(inside) => Some(Folder::Inside(inside)),
                None => Some(Folder::Outside(above(folder, path))),
            },
            Folder::Outside(folder) => {
                let goes_up = path.split('/').all(|name| matches!(name, ".." | "." | ""));
                let is_above = folder.split('/').all(|name| name == "..");
                let ups = path.split('/').filter(|name| *name == "..").count();
                match (goes_up, is_above) {
                    (true, _) if ups == 0 => Some(self.clone()),
                    (true, true) => Some(Folder::Outside(format!("{folder}{}", "/..".repeat(ups)))),
                    _ => None,
                }
            }
        }
    }

    /// Gives `read` the folder that paths are taken from, and leads what it reads to where it lies.
    pub(super) fn read(
        &self,
        manifest: &mut Manifest,
        read: impl FnOnce(&RootPath, &mut Manifest),
    ) {
        let outside = match self {
            Folder::Inside(folder) => return read(folder, manifest),
            Folder::Outside(outside) => outside,
        };
        let mut found = Manifest::default();
        read(&RootPath::root(), &mut found);
        let builds = found.invocations.into_iter();
        manifest
            .invocations
            .extend(builds.map(|build| moved_build(build, outside)));
        let references = found.references.into_iter();
        manifest
            .references
            .extend(references.map(|one| reference(one.purpose, moved(one.field, outside))));
    }
}

/// `path` from `folder`, relative to the root that it leaves.
fn above(folder: &RootPath, path: &str) -> String {
    let mut names: Vec<&str> = folder.components().collect();
    for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
        let stays = names.last().is_some_and(|last| *last != "..");
        if name == ".." && stays {
            names.pop();
        } else {
            names.push(name);
        }
    }
    names.join("/")
}

fn moved_build(build: BuildInvocation, outside: &str) -> BuildInvocation {
    let span = build.span;
    let context = |context: ContextField| match context {
        ContextField::Path(field) => ContextField::Path(moved(field, outside)),
        ContextField::Default(_) => {
            let name = "the context of a build without one".to_owned();
            let (value, base) = (FieldValue::constant(outside, span), RootPath::root());
            ContextField::Path(PathField {
                name,
                value,
                base,
                assumption: None,
            })
        }
        other => other,
    };
    let dockerfile = match build.dockerfile {
        DockerfileField::Path { field, bases } => DockerfileField::Path {
            field: moved(field, outside),
            bases,
        },
        other => other,
    };
    let named_contexts = build.named_contexts.into_iter().map(|mut named| {
        named.context = context(named.context);
        named
    });
    let secret_files = build.secret_files.into_iter();
    BuildInvocation {
        named_contexts: named_contexts.collect(),
        secret_files: secret_files.map(|field| moved(field, outside)).collect(),
        context: context(build.context),
        dockerfile,
        ..build
    }
}

/// The field below the folder `outside`, still written as it is.
fn moved(mut field: PathField, outside: &str) -> PathField {
    let is_own = match field.value.pieces.first() {
        Some(FieldPiece::Literal(text) | FieldPiece::Set { value: text, .. }) => {
            text.starts_with(['/', '~'])
        }
        Some(FieldPiece::Variable { name, .. }) => name == "HOME",
        Some(FieldPiece::Expression(_)) | None => false,
    };
    if is_own {
        return field;
    }
    let prefix = format!("{}/", outside.trim_end_matches('/'));
    match field.value.pieces.first_mut() {
        Some(FieldPiece::Literal(text)) => text.insert_str(0, &prefix),
        _ => field.value.pieces.insert(0, FieldPiece::Literal(prefix)),
    }
    field
}

/// Where a shell is: its folder, the one before, and those that `pushd` left.
#[derive(Clone, Debug)]
pub(super) struct Position {
    /// `None` where a script went somewhere we cannot follow.
    pub(super) folder: Option<Folder>,
    previous: Option<Folder>,
    pushed: Vec<Option<Folder>>,
}

impl Position {
    /// A shell that starts in `folder`.
    pub(super) fn new(folder: Option<Folder>) -> Position {
        Position {
            folder,
            previous: None,
            pushed: Vec::new(),
        }
    }

    /// `cd`, or `pushd` where `keeps`: to `target`, its text from the present folder, where it is known.
    pub(super) fn change(&mut self, target: Option<&str>, keeps: bool) {
        if keeps && self.pushed.len() < MAX_PUSHED {
            self.pushed.push(self.folder.clone());
        }
        let next = match target {
            Some("-") => self.previous.clone(),
            Some(path) => self.folder.as_ref().and_then(|folder| folder.enter(path)),
            None => None,
        };
        self.go(next);
    }

    /// `popd`.
    pub(super) fn pop(&mut self) {
        let next = self.pushed.pop().flatten();
        self.go(next);
    }

    /// Where the change made last led to, where its target was named from the root.
    pub(super) fn arrive(&mut self, folder: Option<Folder>) {
        self.folder = folder;
    }

    fn go(&mut self, next: Option<Folder>) {
        self.previous = std::mem::replace(&mut self.folder, next);
    }
}

/// The words behind `cd` or `pushd` without options; the target is the first.
pub(super) fn target(words: &[Argument]) -> Option<&Argument> {
    words.iter().find(|word| {
        let text = word.constant();
        !matches!(text.as_deref(), Some("-P" | "-L" | "-e" | "-@" | "--"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_followed_out_of_the_root() {
        let inside = |path: &str| Some(Folder::Inside(RootPath::new(path).unwrap()));
        let outside = |path: &str| Some(Folder::Outside(path.to_owned()));
        let cases: [(&str, &[&str], Option<Folder>); 9] = [
            ("a", &["b", ".."], inside("a")),
            ("", &[".."], outside("..")),
            ("a", &["../../x"], outside("../x")),
            ("a", &["../..", "../."], outside("../..")),
            ("", &["..", "x"], None),
            ("", &["../x", ".."], None),
            ("", &["~/"], outside("~")),
            ("", &["/"], outside("/")),
            ("", &["/srv/x"], None),
        ];
        for (start, steps, expected) in cases {
            let mut at = inside(start);
            for step in steps {
                at = at.and_then(|folder| folder.enter(step));
            }
            assert_eq!(at, expected, "{start} {steps:?}");
        }
    }
}
