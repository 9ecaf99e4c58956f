//! `azure.yaml` of the Azure Developer CLI: services whose Dockerfile and context lie in the service's folder.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::data::{Document, Entry, Node};

use super::argument::Argument;
use super::fields::{arguments, build, context, dockerfile, entries, joined};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, Manifest, Tool,
};

/// Reads the file in `folder`.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let variables = Interpolation::new(Dialect::Compose);
    let Some(root) = document.root() else {
        return Manifest::default();
    };
    let services = entries(root, "services").iter();
    let invocations = services.filter_map(|service| invocation(folder, service, &variables));
    Manifest {
        invocations: invocations.collect(),
        ..Manifest::default()
    }
}

/// A service is built by docker where it says how, or where its host runs containers only.
fn invocation(
    folder: &RootPath,
    service: &Entry,
    variables: &Interpolation,
) -> Option<BuildInvocation> {
    let node = &service.value;
    let docker = node.get("docker");
    let host = node.get("host").and_then(Node::as_str).unwrap_or("");
    let runs_containers = matches!(host, "containerapp" | "aks");
    let is_built = docker.is_some() || runs_containers;
    (is_built && node.get("image").is_none()).then_some(())?;
    let field = |key| variables.argument(docker?.get(key)?);
    let name = format!("services.{}", service.name());
    let here = Span {
        start: service.key.span.end,
        end: service.key.span.end,
    };
    let project = node.get("project");
    let project = project.and_then(|project| variables.argument(project));
    let project = project.unwrap_or_else(|| Argument::new(here));
    let inside = project.constant().and_then(|project| folder.join(&project));
    // A project that leaves, or is not to be known, is part of every path.
    let (base, below) = match inside {
        Some(inside) => (inside, None),
        None => (folder.clone(), Some(&project)),
    };
    let in_project = |written: &Argument| match below {
        Some(project) => joined(project, written),
        None => written.clone(),
    };
    let context = match (field("context"), below) {
        (Some(written), _) => context(
            &format!("{name}.docker.context"),
            &in_project(&written),
            &base,
        ),
        (None, Some(project)) => context(&format!("{name}.project"), project, &base),
        (None, None) => ContextField::Default(base.clone()),
    };
    let dockerfile = match field("path") {
        Some(written) => {
            let bases = vec![DockerfileBase::Folder(base.clone())];
            dockerfile(&format!("{name}.docker.path"), &in_project(&written), bases)
        }
        None => DockerfileField::Default,
    };
    Some(BuildInvocation {
        name: Some(service.name().to_owned()),
        target: field("target").map(|target| target.value()),
        arguments: arguments(docker.and_then(|docker| docker.get("buildArgs")), variables),
        ..build(service.span(), Tool::Docker, context, dockerfile)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn paths_are_relative_to_the_service() {
        check(
            Kind::Azure,
            "a/azure.yaml",
            "services:\n  api:\n    project: ./é\n    host: containerapp\n    docker:\n      path: ../D\n      context: ../../..\n      buildArgs: [A=1]\n  web: {project: web, host: aks}\n  fn: {project: fn, host: function}\n  out: {project: ../../x, host: containerapp, docker: {path: D}}\n",
            &[
                "api: docker context a/é + ../../.. | dockerfile [a/é] ../D | arg A=1",
                "web: docker context a/web | dockerfile default",
                "out: docker context a + ../../x | dockerfile [a] ../../x/D",
            ],
        );
    }
}
