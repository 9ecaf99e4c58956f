//! Cloud Build: the steps that run docker, kaniko or a shell.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::data::{Document, Node};

use super::argument::Argument;
use super::fields::entries;
use super::folder::Folder;
use super::interpolation::{Dialect, Interpolation, MAX_VARIABLES};
use super::shell::Shell;
use crate::invocation::{ContextField, DockerfileField, FieldPiece, Manifest, PathField};

/// The submitted folder is the working directory of every step.
const ASSUMPTION: &str =
    "Cloud Build runs in the submitted source, taken to be the root of the repository";

/// Reads the file.
pub(super) fn read(file: &str, document: &Document) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(root) = document.root() else {
        return manifest;
    };
    let mut variables = Interpolation::new(Dialect::Cloudbuild);
    for entry in entries(root, "substitutions").iter().take(MAX_VARIABLES) {
        if let Some(value) = entry.value.as_str().filter(|value| !value.contains('$')) {
            let name = entry.name().to_owned();
            variables.defaults.insert(name, value.to_owned());
        }
    }
    for step in root.get("steps").map_or(&[][..], Node::items) {
        read_step(file, step, &variables, &mut manifest);
    }
    for invocation in &mut manifest.invocations {
        if let ContextField::Path(field) = &mut invocation.context {
            field.assumption = Some(ASSUMPTION);
            below_root(field);
        }
        if let DockerfileField::Path { field, .. } = &mut invocation.dockerfile {
            below_root(field);
        }
    }
    manifest
}

/// `/workspace`, where steps find the source, is the root.
fn below_root(field: &mut PathField) {
    if let Some(FieldPiece::Literal(text)) = field.value.pieces.first_mut()
        && let Some(rest) = text.strip_prefix("/workspace")
        && (rest.is_empty() || rest.starts_with('/'))
    {
        *text = format!("{}{rest}", RootPath::root().relative_to(&field.base));
    }
}

fn read_step(file: &str, step: &Node, variables: &Interpolation, manifest: &mut Manifest) {
    let first = manifest.invocations.len();
    let folder = match step.get("dir") {
        Some(folder) => variables
            .argument(folder)
            .and_then(|folder| Folder::root().enter(&folder.constant()?)),
        None => Some(Folder::root()),
    };
    let mut shell = Shell::new(file, variables.clone(), folder);
    if let Some(script) = step.get("script").and_then(Node::source_text) {
        shell.read(script, manifest);
    } else {
        read_arguments(step, variables, &mut shell, manifest);
    }
    let id = step.get("id").and_then(Node::as_str);
    for invocation in manifest.invocations.iter_mut().skip(first) {
        invocation.name = id.map(str::to_owned);
    }
}

fn read_arguments(
    step: &Node,
    variables: &Interpolation,
    shell: &mut Shell<'_>,
    manifest: &mut Manifest,
) {
    let Some(arguments) = step.get("args") else {
        return;
    };
    let name = step.get("name").and_then(Node::as_str).unwrap_or("");
    let entrypoint = step.get("entrypoint").and_then(Node::as_str);
    let program = entrypoint.or_else(|| program_of(name));
    let Some(program) = program else {
        return;
    };
    let nodes = arguments.one_or_many();
    if matches!(program, "sh" | "bash" | "/bin/sh" | "/bin/bash") {
        let is_command = |node: &Node| {
            node.as_str()
                .is_some_and(|text| text.starts_with('-') && text.ends_with('c'))
        };
        let script = nodes
            .iter()
            .position(is_command)
            .and_then(|at| nodes.get(at + 1)?.source_text());
        if let Some(script) = script {
            shell.read(script, manifest);
        }
        return;
    }
    let span = arguments.span;
    let at = Span {
        start: span.start,
        end: span.start,
    };
    let mut words = vec![Argument::literal(program, at)];
    words.extend(nodes.iter().filter_map(|node| variables.argument(node)));
    shell.command(&words, span, manifest);
}

/// The program that a builder image runs.
fn program_of(image: &str) -> Option<&'static str> {
    let path = image.split('@').next().unwrap_or("");
    let name = path.rsplit('/').next().unwrap_or("");
    let name = name.split(':').next().unwrap_or("");
    match name {
        "docker" => Some("docker"),
        "executor" if path.contains("kaniko") => Some("/kaniko/executor"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn steps() {
        check(
            Kind::Cloudbuild,
            "cloudbuild.yaml",
            "substitutions: {_DIR: ../x}\nsteps:\n- name: gcr.io/cloud-builders/docker\n  id: one\n  args: [build, -t, 'gcr.io/$PROJECT_ID/x', -f, 'é/Dockerfile', '../..']\n- name: 'gcr.io/cloud-builders/docker:latest'\n  dir: a\n  args: ['build', '--tag=x', '${_DIR}']\n- name: gcr.io/kaniko-project/executor:v1\n  args: ['--context=dir:///workspace/a', --dockerfile=D]\n- name: gcr.io/cloud-builders/docker\n  entrypoint: bash\n  args:\n  - -c\n  - |\n    cd b\n    docker build . && docker build $$X/..\n- name: docker\n  script: docker build c\n- name: gcr.io/cloud-builders/docker\n  args: [push, x]\n",
            &[
                "one: docker context .? + ../.. | dockerfile [.] é/Dockerfile",
                "docker context a? + ../x (_DIR) | dockerfile default",
                "kaniko context .? + ./a | dockerfile [., context] D",
                "docker context b? + . | dockerfile default",
                "docker context b? + ?X | dockerfile default",
                "docker context .? + c | dockerfile default",
            ],
        );
    }
}
