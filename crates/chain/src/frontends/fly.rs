//! `fly.toml`: the Dockerfile beside it or elsewhere, sent from the working directory.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{arguments, build, dockerfile, reference};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, FilePurpose, Manifest, Tool,
};

/// Reads the file in `folder`, which is taken for the working directory as well.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let Some(root) = document.root() else {
        return Manifest::default();
    };
    let literal = Interpolation::new(Dialect::None);
    let files = root.get("files").map_or(&[][..], Node::items).iter();
    let references = files.filter_map(|file| {
        let path = literal.argument(file.get("local_path")?)?;
        Some(reference(
            FilePurpose::Asset,
            path.path("files.local_path", folder),
        ))
    });
    let ignore_file = root
        .path(&["build", "ignorefile"])
        .and_then(|file| literal.argument(file))
        .map(|path| {
            reference(
                FilePurpose::IgnoreFile,
                path.path("build.ignorefile", folder),
            )
        });
    Manifest {
        references: references.chain(ignore_file).collect(),
        invocations: invocation(folder, root, &literal).into_iter().collect(),
        ..Manifest::default()
    }
}

/// The build, unless the section names an image or buildpacks.
fn invocation(folder: &RootPath, root: &Node, literal: &Interpolation) -> Option<BuildInvocation> {
    let entry = root.entry("build");
    let section = entry.map(|entry| &entry.value);
    let get = |key: &str| section?.get(key);
    let others = ["image", "builder", "buildpacks", "builtin"];
    (!others.iter().any(|key| get(key).is_some())).then_some(())?;
    let dockerfile = match get("dockerfile").and_then(|file| literal.argument(file)) {
        Some(file) => {
            let bases = vec![DockerfileBase::Folder(folder.clone())];
            dockerfile("build.dockerfile", &file, bases)
        }
        None => DockerfileField::Default,
    };
    let target = get("build-target").or_else(|| get("build_target"));
    let context = ContextField::Default(folder.clone());
    let span = entry.map_or(root.span, |entry| entry.span());
    Some(BuildInvocation {
        target: target.and_then(|target| literal.value(target)),
        arguments: arguments(get("args"), literal),
        ..build(span, Tool::Docker, context, dockerfile)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_references};
    use plimsoll_model::Kind;

    #[test]
    fn the_build_section() {
        check(
            Kind::Fly,
            "a/fly.toml",
            "app = 'x'\n[build]\ndockerfile = \"../../é\"\nbuild-target = 't'\n[build.args]\nA = \"1\"\n",
            &["docker context a | dockerfile [a] ../../é | target t | arg A=1"],
        );
        check(
            Kind::Fly,
            "fly.toml",
            "[build]\ndockerfile = 'https://example.org/D'\n",
            &["docker context . | dockerfile url https://example.org/D"],
        );
        check(
            Kind::Fly,
            "fly.toml",
            "app = 'x'\n",
            &["docker context . | dockerfile default"],
        );
        check(Kind::Fly, "fly.toml", "[build]\nimage = 'x'\n", &[]);
    }

    #[test]
    fn files_copied_into_the_machine() {
        check_references(
            Kind::Fly,
            "fly.toml",
            "[[files]]\nguest_path = '/x'\nlocal_path = '../x'\n[[files]]\nlocal_path = 'y'\n",
            &["asset . + ../x", "asset . + y"],
        );
    }
}
