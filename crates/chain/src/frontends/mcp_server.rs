//! `server.yaml` of the Docker MCP registry: a git repository, and the folder in it that becomes the context.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{build, dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{ContextField, DockerfileBase, DockerfileField, Manifest, Tool};

/// Reads the file in `folder`.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let literal = Interpolation::new(Dialect::None);
    let field = |key| literal.argument(document.path(&["source", key])?);
    let entry = document.root().and_then(|root| root.entry("source"));
    let (Some(entry), Some(project)) = (entry, field("project")) else {
        return Manifest::default();
    };
    let directory = field("directory").filter(|directory| !directory.is_empty());
    let context = ContextField::Git {
        field: project.path("source.project", folder),
        subdirectory: directory.map(|directory| {
            let value = directory.value();
            (value.raw, value.span)
        }),
    };
    let dockerfile = match field("dockerfile") {
        Some(file) => {
            let bases = vec![DockerfileBase::Context];
            dockerfile("source.dockerfile", &file, bases)
        }
        None => DockerfileField::Default,
    };
    let mut invocation = build(entry.span(), Tool::Buildx, context, dockerfile);
    invocation.name = document
        .path(&["name"])
        .and_then(Node::as_str)
        .map(str::to_owned);
    invocation.target = field("buildTarget").map(|target| target.value());
    let invocations = vec![invocation];
    Manifest {
        invocations,
        ..Manifest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn the_directory_lies_in_the_checkout() {
        check(
            Kind::McpServer,
            "servers/x/server.yaml",
            "name: x\nsource:\n  project: https://example.org/x\n  directory: ../../é\n  dockerfile: ../D\n  buildTarget: run\n",
            &[
                "x: buildx context git https://example.org/x in ../../é | dockerfile [context] ../D | target run",
            ],
        );
        check(
            Kind::McpServer,
            "servers/x/server.yaml",
            "name: x\nsource: {project: 'https://example.org/x', directory: src/x}\n",
            &["x: buildx context git https://example.org/x in src/x | dockerfile default"],
        );
        check(
            Kind::McpServer,
            "servers/x/server.yaml",
            "name: x\nimage: y\n",
            &[],
        );
    }
}
