//! AWS Copilot's manifests: a Dockerfile, and a context that is its folder unless one is named.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{arguments, build, context, dockerfile, folder_of_dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, Manifest, Tool,
};

/// Reads the manifest in `folder`; its paths are relative to the folder that holds `copilot`.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let variables = Interpolation::new(Dialect::Compose);
    let base = workspace(folder);
    let image = document.path(&["image"]);
    let Some(entry) = image.and_then(|image| image.entry("build")) else {
        return Manifest::default();
    };
    let invocation = match variables.argument(&entry.value) {
        Some(file) => {
            let context = folder_of_dockerfile("image.build", &file, &base);
            let bases = vec![DockerfileBase::Folder(base.clone())];
            let dockerfile = dockerfile("image.build", &file, bases);
            build(entry.span(), Tool::Docker, context, dockerfile)
        }
        None if entry.value.is_mapping() => BuildInvocation {
            span: entry.span(),
            ..long(&entry.value, &base, &variables)
        },
        None => return Manifest::default(),
    };
    let name = document.path(&["name"]).and_then(Node::as_str);
    let invocations = vec![BuildInvocation {
        name: name.map(str::to_owned),
        ..invocation
    }];
    Manifest {
        invocations,
        ..Manifest::default()
    }
}

fn long(node: &Node, base: &RootPath, variables: &Interpolation) -> BuildInvocation {
    let field = |key| variables.argument(node.get(key)?);
    let file = field("dockerfile");
    let context = match (field("context"), &file) {
        (Some(written), _) => context("image.build.context", &written, base),
        (None, Some(file)) => folder_of_dockerfile("image.build.dockerfile", file, base),
        (None, None) => ContextField::Default(base.clone()),
    };
    let dockerfile = match file {
        Some(file) => {
            let bases = vec![DockerfileBase::Folder(base.clone())];
            dockerfile("image.build.dockerfile", &file, bases)
        }
        None => DockerfileField::Default,
    };
    BuildInvocation {
        target: field("target").map(|target| target.value()),
        arguments: arguments(node.get("args"), variables),
        ..build(node.span, Tool::Docker, context, dockerfile)
    }
}

/// The folder above the last `copilot`.
fn workspace(folder: &RootPath) -> RootPath {
    let mut at = folder.clone();
    while !at.is_root() {
        let is_copilot = at.file_name() == "copilot";
        at = at.parent();
        if is_copilot {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn paths_are_relative_to_the_workspace() {
        let path = "w/copilot/api/manifest.yml";
        check(
            Kind::Copilot,
            path,
            "name: api\nimage:\n  build: é/Dockerfile\n",
            &["api: docker context w/é | dockerfile [w] é/Dockerfile"],
        );
        check(
            Kind::Copilot,
            path,
            "image:\n  build:\n    dockerfile: a/D\n    context: ../..\n    target: t\n    args: {A: '${B}'}\n",
            &["docker context w + ../.. | dockerfile [w] a/D | target t | arg A=?B"],
        );
        check(
            Kind::Copilot,
            path,
            "image: {build: {dockerfile: ../../D}}\n",
            &["docker context w + ../.. | dockerfile [w] ../../D"],
        );
        check(Kind::Copilot, path, "image: {location: x}\n", &[]);
    }
}
