//! `render.yaml`: services that Render builds from a Dockerfile.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::argument::Argument;
use super::fields::{build, dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, Manifest, PathField, Tool,
};

const ASSUMPTION: &str =
    "Render's paths are taken to be relative to the root of the repository, not to `rootDir`";

/// Reads the file, which has to stand at the root of the repository.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let Some(root) = document.root() else {
        return Manifest::default();
    };
    let literal = Interpolation::new(Dialect::None);
    let mut manifest = Manifest::default();
    for service in services(root) {
        let runtime = service.get("runtime").or_else(|| service.get("env"));
        let by_docker = runtime.and_then(Node::as_str) == Some("docker");
        // A service of another repository says nothing about this one.
        if by_docker && service.get("repo").is_none() {
            manifest
                .invocations
                .push(invocation(folder, service, &literal));
        }
    }
    manifest
}

/// The services at the top, and those of every project's environments.
fn services(root: &Node) -> Vec<&Node> {
    let projects = root.get("projects").map_or(&[][..], Node::items).iter();
    let environments =
        projects.flat_map(|project| project.get("environments").map_or(&[][..], Node::items));
    let holders = std::iter::once(root).chain(environments);
    holders
        .flat_map(|holder| holder.get("services").map_or(&[][..], Node::items))
        .collect()
}

fn invocation(folder: &RootPath, service: &Node, literal: &Interpolation) -> BuildInvocation {
    let field = |key| literal.argument(service.get(key)?);
    let root_folder = field("rootDir").and_then(|folder| folder.constant());
    let assumption = root_folder.is_some().then_some(ASSUMPTION);
    let path = |name: &str, written: &Argument| PathField {
        assumption,
        ..written.path(name, folder)
    };
    let context = match field("dockerContext") {
        Some(written) => ContextField::Path(path("services[].dockerContext", &written)),
        None => ContextField::Default(folder.clone()),
    };
    let dockerfile = match field("dockerfilePath") {
        Some(written) => {
            let mut bases = vec![DockerfileBase::Folder(folder.clone())];
            let below = root_folder.and_then(|below| folder.join(&below));
            bases.extend(below.map(DockerfileBase::Folder));
            dockerfile("services[].dockerfilePath", &written, bases)
        }
        None => DockerfileField::Default,
    };
    let name = service.get("name").and_then(Node::as_str);
    BuildInvocation {
        name: name.map(str::to_owned),
        ..build(service.span, Tool::Docker, context, dockerfile)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn docker_services() {
        check(
            Kind::Render,
            "render.yaml",
            "services:\n- {type: web, name: a, runtime: docker, dockerContext: .., dockerfilePath: ./é/D}\n- {type: web, name: b, env: docker, rootDir: b, dockerContext: ./b}\n- {type: web, name: c, runtime: node}\n- {type: web, name: d, runtime: docker, repo: 'https://example.org/d'}\nprojects:\n- environments:\n  - services: [{name: e, runtime: docker}]\n",
            &[
                "a: docker context . + .. | dockerfile [.] ./é/D",
                "b: docker context .? + ./b | dockerfile default",
                "e: docker context . | dockerfile default",
            ],
        );
    }
}
