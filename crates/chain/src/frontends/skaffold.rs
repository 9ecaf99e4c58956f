//! Skaffold: the artifacts that docker or kaniko builds.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::argument::Argument;
use super::fields::{arguments, build, context, dockerfile, joined};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, Manifest, PathField, Tool,
};

const ASSUMPTION: &str =
    "Skaffold reads paths from its working directory, taken to be the folder of this file";

/// Reads the file in `folder`.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let templates = Interpolation::new(Dialect::GoTemplate);
    let mut manifest = Manifest::default();
    for root in &document.roots {
        let profiles = root.get("profiles").map_or(&[][..], Node::items);
        for section in std::iter::once(root).chain(profiles) {
            let artifacts = section.path(&["build", "artifacts"]);
            let artifacts = artifacts.map_or(&[][..], Node::items);
            let built = artifacts
                .iter()
                .filter_map(|artifact| invocation(folder, artifact, &templates));
            manifest.invocations.extend(built);
        }
    }
    manifest
}

/// An artifact without a builder is docker's.
fn invocation(
    folder: &RootPath,
    artifact: &Node,
    templates: &Interpolation,
) -> Option<BuildInvocation> {
    const OTHERS: [&str; 5] = ["bazel", "buildpacks", "custom", "jib", "ko"];
    let by_another = OTHERS.iter().any(|builder| artifact.get(builder).is_some());
    (artifact.is_mapping() && !by_another).then_some(())?;
    let (builder, tool) = match artifact.get("kaniko") {
        Some(kaniko) => (Some(kaniko), Tool::Kaniko),
        None => (artifact.get("docker"), Tool::Docker),
    };
    let builder_name = if tool == Tool::Kaniko {
        "kaniko"
    } else {
        "docker"
    };
    let field = |key| templates.argument(builder?.get(key)?);
    let assumed = |argument: &Argument, name: &str| PathField {
        assumption: Some(ASSUMPTION),
        ..argument.path(name, folder)
    };
    let workspace = artifact.get("context");
    let workspace = workspace.and_then(|context| templates.argument(context));
    let context = match (workspace, field("contextSubPath")) {
        (Some(workspace), Some(below)) => ContextField::Path(assumed(
            &joined(&workspace, &below),
            "build.artifacts[].kaniko.contextSubPath",
        )),
        (None, Some(below)) => {
            ContextField::Path(assumed(&below, "build.artifacts[].kaniko.contextSubPath"))
        }
        (Some(workspace), None) => match context("build.artifacts[].context", &workspace, folder) {
            ContextField::Path(_) => {
                ContextField::Path(assumed(&workspace, "build.artifacts[].context"))
            }
            other => other,
        },
        (None, None) => ContextField::Default(folder.clone()),
    };
    let dockerfile = match field("dockerfile") {
        Some(file) => {
            let name = format!("build.artifacts[].{builder_name}.dockerfile");
            dockerfile(&name, &file, vec![DockerfileBase::Context])
        }
        None => DockerfileField::Default,
    };
    let image = artifact.get("image").and_then(Node::as_str);
    let secrets = builder.and_then(|builder| builder.get("secrets"));
    let secrets = secrets.map_or(&[][..], Node::items).iter();
    let secret_files = secrets.filter_map(|secret| {
        let file = templates.argument(secret.get("src")?)?;
        Some(assumed(&file, "build.artifacts[].docker.secrets[].src"))
    });
    Some(BuildInvocation {
        name: image.map(str::to_owned),
        target: field("target").map(|target| target.value()),
        arguments: arguments(
            builder.and_then(|builder| builder.get("buildArgs")),
            templates,
        ),
        secret_files: secret_files.collect(),
        ..build(artifact.span, tool, context, dockerfile)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn artifacts() {
        check(
            Kind::Skaffold,
            "a/skaffold.yaml",
            "build:\n  artifacts:\n  - image: x\n    context: ../..\n    docker:\n      dockerfile: ../é/D\n      target: t\n      buildArgs: {A: '{{.B}}'}\n      secrets: [{id: k, src: ../k}]\n  - image: y\n  - image: z\n    context: .\n    kaniko: {dockerfile: D, contextSubPath: ../s}\n  - image: j\n    jib: {}\nprofiles:\n- name: p\n  build: {artifacts: [{image: q, context: c}]}\n",
            &[
                "x: docker context a? + ../.. | dockerfile [context] ../é/D | target t | arg A=?{{.B}} | secret a? + ../k",
                "y: docker context a | dockerfile default",
                "z: kaniko context a? + ./../s | dockerfile [context] D",
                "q: docker context a? + c | dockerfile default",
            ],
        );
    }
}
