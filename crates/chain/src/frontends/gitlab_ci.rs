//! GitLab CI: the build commands of every job's scripts.

use plimsoll_parse::data::{Document, Node};

use super::folder::Folder;
use super::interpolation::{Dialect, Interpolation, MAX_VARIABLES};
use super::shell::Shell;
use crate::invocation::Manifest;

/// The top-level keys that are no jobs.
const NOT_JOBS: [&str; 6] = [
    "default",
    "include",
    "spec",
    "stages",
    "variables",
    "workflow",
];

/// How deep lists of lines may nest, as `!reference` leaves them.
const MAX_DEPTH: usize = 10;

/// Reads the file; jobs run in the checkout.
pub(super) fn read(file: &str, document: &Document) -> Manifest {
    let mut manifest = Manifest::default();
    for root in &document.roots {
        let global = root.get("variables");
        let before = root
            .get("before_script")
            .or_else(|| root.path(&["default", "before_script"]));
        let jobs = root
            .entries()
            .iter()
            .filter(|entry| entry.value.is_mapping() && !NOT_JOBS.contains(&entry.name()));
        for job in jobs {
            let first = manifest.invocations.len();
            let variables = variables(&[global, job.value.get("variables")]);
            let mut shell = Shell::new(file, variables, Some(Folder::root()));
            let prepare = job.value.get("before_script").or(before);
            let scripts = [
                prepare,
                job.value.get("script"),
                job.value.get("after_script"),
            ];
            for script in scripts.into_iter().flatten() {
                read_lines(script, &mut shell, &mut manifest, 0);
            }
            for invocation in manifest.invocations.iter_mut().skip(first) {
                invocation.name = Some(job.name().to_owned());
            }
        }
    }
    manifest
}

/// A script: one scalar, or a list whose items the same shell reads in turn.
fn read_lines(script: &Node, shell: &mut Shell<'_>, manifest: &mut Manifest, depth: usize) {
    if let Some(text) = script.source_text() {
        shell.read(text, manifest);
    }
    if depth < MAX_DEPTH && script.tag.is_none() {
        for item in script.items() {
            read_lines(item, shell, manifest, depth + 1);
        }
    }
}

/// What `variables` sets; a value that holds variables is not known.
fn variables(nodes: &[Option<&Node>]) -> Interpolation {
    let mut variables = Interpolation::new(Dialect::None);
    let sections = nodes.iter().flatten();
    for entry in sections.flat_map(|node| node.entries().iter().take(MAX_VARIABLES)) {
        let value = entry.value.get("value").unwrap_or(&entry.value);
        match value.as_str().filter(|value| !value.contains('$')) {
            Some(value) => {
                let name = entry.name().to_owned();
                variables.defaults.insert(name, value.to_owned());
            }
            None => {
                variables.defaults.remove(entry.name());
            }
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn scripts_of_jobs() {
        check(
            Kind::GitlabCi,
            ".gitlab-ci.yml",
            "variables: {CTX: ..}\nbefore_script: [cd a]\nbuild:\n  script:\n    - docker build -t $CI_REGISTRY_IMAGE .\n    - docker build $CTX\n    - >-\n      docker build\n      --file=é/Dockerfile\n      .\nother:\n  before_script: []\n  script: docker build $CI_PROJECT_DIR/../x\n",
            &[
                "build: docker context a + . | dockerfile default",
                "build: docker context a + .. (CTX) | dockerfile default",
                "build: docker context a + . | dockerfile [a] é/Dockerfile",
                "other: docker context . + ./../x | dockerfile default",
            ],
        );
    }

    #[test]
    fn kaniko() {
        check(
            Kind::GitlabCi,
            ".gitlab-ci.yml",
            "k:\n  image: {name: kaniko, entrypoint: ['']}\n  script:\n    - /kaniko/executor --context \"${CI_PROJECT_DIR}\" --dockerfile \"${CI_PROJECT_DIR}/b/Dockerfile\" --destination x\n    - /kaniko/executor -c dir://. --context-sub-path=../x -f D --build-arg A=1\n    - /kaniko/executor --context s3://b/c.tgz\n",
            &[
                "k: kaniko context . + . | dockerfile [., context] ./b/Dockerfile",
                "k: kaniko context . + ./../x | dockerfile [., context] D | arg A=1",
                "k: kaniko context url s3://b/c.tgz | dockerfile default",
            ],
        );
    }
}
