//! `smithery.yaml`: a container built from the folder the file stands in, or from the one it names.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{build, context, dockerfile, reference};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, FilePurpose, Manifest, Tool,
};

/// Reads the file in `folder`.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let Some(root) = document.root().filter(|root| root.is_mapping()) else {
        return Manifest::default();
    };
    let literal = Interpolation::new(Dialect::None);
    let assets = root.path(&["build", "assets"]);
    let references = assets
        .map_or(&[][..], Node::one_or_many)
        .iter()
        .filter_map(|asset| literal.argument(asset))
        .map(|asset| reference(FilePurpose::Asset, asset.path("build.assets", folder)));
    Manifest {
        references: references.collect(),
        invocations: invocation(folder, root, &literal).into_iter().collect(),
        ..Manifest::default()
    }
}

/// The build, for the runtime `container` only; that is the one without the field.
fn invocation(folder: &RootPath, root: &Node, literal: &Interpolation) -> Option<BuildInvocation> {
    let runtime = root.get("runtime").and_then(Node::as_str);
    if runtime.is_some_and(|runtime| runtime != "container") {
        return None;
    }
    let field = |key| {
        let node = root.path(&["build", key])?;
        literal.argument(node)
    };
    // `dockerBuildPath` is the documented name; `context` is what people write for it.
    let named = ["dockerBuildPath", "context"];
    let named = named
        .iter()
        .find_map(|key| Some((format!("build.{key}"), field(key)?)));
    let context = match named {
        Some((name, argument)) => context(&name, &argument, folder),
        None => ContextField::Default(folder.clone()),
    };
    let dockerfile = match field("dockerfile") {
        Some(argument) => {
            let bases = vec![
                DockerfileBase::Folder(folder.clone()),
                DockerfileBase::Context,
            ];
            dockerfile("build.dockerfile", &argument, bases)
        }
        None => own_dockerfile(folder, root),
    };
    let span = root.entry("build").map_or(root.span, |entry| entry.span());
    Some(build(span, Tool::Docker, context, dockerfile))
}

/// Without the field it is `Dockerfile`, beside the manifest and not in the context.
fn own_dockerfile(folder: &RootPath, root: &Node) -> DockerfileField {
    let has_context = ["dockerBuildPath", "context"]
        .iter()
        .any(|key| root.path(&["build", key]).is_some());
    if !has_context {
        return DockerfileField::Default;
    }
    let span = root
        .entry("build")
        .map_or(root.span, |entry| entry.key.span);
    let default = super::argument::Argument::literal("Dockerfile", span);
    let bases = vec![
        DockerfileBase::Folder(folder.clone()),
        DockerfileBase::Context,
    ];
    dockerfile("build.dockerfile", &default, bases)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, read_at};
    use plimsoll_model::Kind;

    #[test]
    fn the_context_is_relative_to_the_file() {
        check(
            Kind::Smithery,
            "servers/x/smithery.yaml",
            "runtime: container\nbuild:\n  dockerfile: src/Dockerfile\n  dockerBuildPath: \"../../..\"\n",
            &[
                "docker context servers/x + ../../.. | dockerfile [servers/x, context] src/Dockerfile",
            ],
        );
        check(
            Kind::Smithery,
            "servers/x/smithery.yaml",
            "build: { dockerBuildPath: ../.. }\n",
            &["docker context servers/x + ../.. | dockerfile [servers/x, context] Dockerfile"],
        );
        check(
            Kind::Smithery,
            "smithery.yaml",
            "startCommand: {type: stdio}\n",
            &["docker context . | dockerfile default"],
        );
        check(
            Kind::Smithery,
            "smithery.yaml",
            "build:\n  context: ..\n",
            &["docker context . + .. | dockerfile [., context] Dockerfile"],
        );
    }

    #[test]
    fn other_runtimes_build_no_container() {
        check(
            Kind::Smithery,
            "smithery.yaml",
            "runtime: typescript\n",
            &[],
        );
        check(Kind::Smithery, "smithery.yaml", "", &[]);
    }

    #[test]
    fn assets_are_read_from_the_folder() {
        let manifest = read_at(
            Kind::Smithery,
            "smithery.yaml",
            "runtime: typescript\nbuild: {assets: [../x]}",
        );
        assert_eq!(manifest.references[0].field.value.raw, "../x");
    }
}
