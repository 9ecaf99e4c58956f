//! `action.yml`: a container action's Dockerfile, whose folder is the context; a composite action's steps.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{build, dockerfile, folder_of_dockerfile};
use super::interpolation::{Dialect, Interpolation};
use super::workflow;
use crate::invocation::{DockerfileBase, Manifest, Tool};

/// Reads the file in `folder`.
pub(super) fn read(folder: &RootPath, file: &str, document: &Document) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(runs) = document.root().and_then(|root| root.entry("runs")) else {
        return manifest;
    };
    let using = runs.value.get("using").and_then(Node::as_str);
    match using.unwrap_or("") {
        "docker" => {}
        "composite" => {
            workflow::read_composite(file, &runs.value, &mut manifest);
            return manifest;
        }
        _ => return manifest,
    }
    let literal = Interpolation::new(Dialect::None);
    let image = runs.value.get("image");
    let image = image.and_then(|image| literal.argument(image));
    let Some(image) = image.filter(|image| !image.head().starts_with("docker://")) else {
        return manifest;
    };
    let context = folder_of_dockerfile("runs.image", &image, folder);
    let bases = vec![DockerfileBase::Folder(folder.clone())];
    let dockerfile = dockerfile("runs.image", &image, bases);
    manifest
        .invocations
        .push(build(runs.span(), Tool::Docker, context, dockerfile));
    manifest
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn the_context_is_the_dockerfiles_folder() {
        let cases = [
            ("../../x/D", "docker context x | dockerfile [a/b] ../../x/D"),
            (
                "../../../D",
                "docker context a/b + ../../.. | dockerfile [a/b] ../../../D",
            ),
            (
                "Dockerfile",
                "docker context a/b | dockerfile [a/b] Dockerfile",
            ),
        ];
        for (image, expected) in cases {
            let text = format!("runs:\n  using: docker\n  image: '{image}'\n");
            check(Kind::Action, "a/b/action.yml", &text, &[expected]);
        }
        let pulled = "runs: {using: docker, image: 'docker://x'}\n";
        check(Kind::Action, "action.yml", pulled, &[]);
    }

    #[test]
    fn composite_steps_run_in_the_checkout() {
        check(
            Kind::Action,
            "a/action.yml",
            "runs:\n  using: composite\n  steps:\n    - run: docker build ..\n      shell: bash\n",
            &["runs: docker context . + .. | dockerfile default"],
        );
        check(
            Kind::Action,
            "a/action.yml",
            "runs: {using: node20, main: x.js}\n",
            &[],
        );
    }
}
