//! GitHub workflows: Docker's build actions, and the build commands of `run:`.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Entry, Node};

use super::argument::Argument;
use super::fields::{
    build, build_argument, context, dockerfile, entries, host_access, named_context, reference,
};
use super::folder::Folder;
use super::interpolation::{Dialect, Interpolation, MAX_VARIABLES};
use super::shell::Shell;
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, FieldPiece, FilePurpose,
    FileReference, HostAccess, Manifest, Tool,
};

/// Reads a workflow; its paths are relative to the checkout.
pub(super) fn read(file: &str, document: &Document) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(root) = document.root() else {
        return manifest;
    };
    for job in entries(root, "jobs") {
        let reader = Job {
            file,
            name: job.name(),
            defaults: [
                root.path(&["defaults", "run"]),
                job.value.path(&["defaults", "run"]),
            ],
            variables: variables(&[root.get("env"), job.value.get("env")]),
        };
        for step in job.value.get("steps").map_or(&[][..], Node::items) {
            reader.step(step, &mut manifest);
        }
    }
    manifest
}

/// Reads the steps of a composite action, which run in the checkout as well.
pub(super) fn read_composite(file: &str, runs: &Node, manifest: &mut Manifest) {
    let reader = Job {
        file,
        name: "runs",
        defaults: [None, None],
        variables: variables(&[]),
    };
    for step in runs.get("steps").map_or(&[][..], Node::items) {
        reader.step(step, manifest);
    }
}

/// What `env` sets, the later over the earlier; values that templates compute are not known.
fn variables(nodes: &[Option<&Node>]) -> Interpolation {
    let mut variables = Interpolation::new(Dialect::Github);
    let sections = nodes.iter().flatten();
    for entry in sections.flat_map(|node| node.entries().iter().take(MAX_VARIABLES)) {
        let value = entry.value.as_str().unwrap_or("");
        if value.contains("${{") {
            variables.defaults.remove(entry.name());
        } else {
            variables
                .defaults
                .insert(entry.name().to_owned(), value.to_owned());
        }
    }
    variables
}

struct Job<'a> {
    file: &'a str,
    name: &'a str,
    /// `defaults.run` of the workflow and of the job.
    defaults: [Option<&'a Node>; 2],
    variables: Interpolation,
}

impl Job<'_> {
    fn step(&self, step: &Node, manifest: &mut Manifest) {
        let mut set = self.variables.clone();
        set.defaults.extend(variables(&[step.get("env")]).defaults);
        if let Some(run) = step.get("run") {
            return self.run(step, run, set, manifest);
        }
        let uses = step.get("uses").and_then(Node::as_str).unwrap_or("");
        let action = uses.split('@').next().unwrap_or("").to_ascii_lowercase();
        let inputs = Inputs {
            with: step.get("with"),
            variables: set,
        };
        match action.as_str() {
            "docker/build-push-action" => {
                let mut invocation = inputs.build_push(step);
                invocation.name = Some(self.name.to_owned());
                manifest.invocations.push(invocation);
            }
            "docker/bake-action" => manifest.references.extend(inputs.bake()),
            _ => {}
        }
    }

    fn run(&self, step: &Node, run: &Node, variables: Interpolation, manifest: &mut Manifest) {
        let setting = |key: &str| {
            let defaults = self.defaults.iter().rev().flatten();
            let mut places = [step].into_iter().chain(defaults.copied());
            places.find_map(|place| place.get(key))
        };
        let shell = setting("shell").and_then(Node::as_str).unwrap_or("bash");
        if !shell.starts_with("bash") && !shell.starts_with("sh") {
            return;
        }
        let folder = match setting("working-directory") {
            Some(folder) => variables
                .argument(folder)
                .map(|folder| in_checkout(&folder))
                .and_then(|folder| Folder::root().enter(&folder.constant()?)),
            None => Some(Folder::root()),
        };
        if let Some(script) = run.source_text() {
            let before = manifest.invocations.len();
            Shell::new(self.file, variables, folder).read(script, manifest);
            for invocation in manifest.invocations.iter_mut().skip(before) {
                invocation.name = Some(self.name.to_owned());
            }
        }
    }
}

/// A path with the folder of the checkout, which paths are relative to, as `.`.
fn in_checkout(argument: &Argument) -> Argument {
    argument.with_known(|piece| match piece {
        FieldPiece::Expression(written) => {
            let inner = written.strip_prefix("${{")?.strip_suffix("}}")?;
            (inner.trim() == "github.workspace").then(|| ".".to_owned())
        }
        _ => None,
    })
}

/// The inputs of a step.
struct Inputs<'a> {
    with: Option<&'a Node>,
    variables: Interpolation,
}

impl<'a> Inputs<'a> {
    fn entry(&self, name: &str) -> Option<&'a Entry> {
        self.with?.entry(name)
    }

    fn argument(&self, name: &str) -> Option<Argument> {
        let argument = self.variables.argument(&self.entry(name)?.value)?;
        Some(in_checkout(&argument)).filter(|argument| !argument.is_empty())
    }

    fn lines(&self, name: &str) -> Vec<Argument> {
        let lines = self
            .entry(name)
            .map(|entry| self.variables.lines(&entry.value));
        let lines = lines.unwrap_or_default();
        lines.iter().map(in_checkout).collect()
    }

    fn build_push(&self, step: &Node) -> BuildInvocation {
        let root = RootPath::root();
        let written = self.argument("context");
        let context = match &written {
            // Without the input the context is the commit itself, fetched by the builder.
            None => ContextField::Default(root.clone()),
            Some(written) => self.context(written),
        };
        let is_own_commit = written
            .as_ref()
            .is_none_or(|written| written.head().starts_with("{{defaultContext}}"));
        let dockerfile = match self.argument("file") {
            None => DockerfileField::Default,
            Some(file) => {
                let base = match context {
                    ContextField::Git { .. } | ContextField::Url(_) => DockerfileBase::Context,
                    _ if is_own_commit => DockerfileBase::Context,
                    _ => DockerfileBase::Folder(root.clone()),
                };
                dockerfile("file", &file, vec![base])
            }
        };
        let contexts = self.lines("build-contexts");
        let arguments = self.lines("build-args");
        let secrets = self.lines("secret-files");
        BuildInvocation {
            target: self.argument("target").map(|target| target.value()),
            arguments: arguments.iter().filter_map(build_argument).collect(),
            named_contexts: contexts
                .iter()
                .filter_map(|written| named_context("build-contexts", written, &root))
                .collect(),
            secret_files: secrets
                .iter()
                .filter_map(|secret| {
                    let (_, file) = secret.split_once('=')?;
                    Some(file.path("secret-files", &root))
                })
                .collect(),
            host_access: self.host_access(),
            ..build(step.span, Tool::Buildx, context, dockerfile)
        }
    }

    fn host_access(&self) -> Vec<HostAccess> {
        let network = self.argument("network");
        let network = network.filter(|network| network.head() == "host");
        let network = network.and_then(|network| host_access("network", &network));
        let allowed = self.lines("allow").into_iter();
        let allowed = allowed.flat_map(|line| line.split(','));
        let allowed = allowed.filter_map(|written| host_access("allow", &written));
        network.into_iter().chain(allowed).collect()
    }

    fn context(&self, written: &Argument) -> ContextField {
        let root = RootPath::root();
        let Some(folder) = written.strip_prefix("{{defaultContext}}") else {
            return context("context", written, &root);
        };
        let Some(folder) = folder.strip_prefix(":") else {
            return ContextField::Default(root);
        };
        let leaves = folder
            .constant()
            .is_none_or(|folder| root.join(&folder).is_none());
        if leaves {
            let value = folder.value();
            return ContextField::Git {
                field: written.path("context", &root),
                subdirectory: Some((value.raw, value.span)),
            };
        }
        ContextField::Path(folder.path("context", &root))
    }

    /// The files of `docker/bake-action`, separated by lines or commas.
    fn bake(&self) -> Vec<FileReference> {
        let folder = self
            .argument("workdir")
            .and_then(|folder| folder.constant());
        let Some(folder) = RootPath::new(&folder.unwrap_or_default()) else {
            return Vec::new();
        };
        let files = self.lines("files");
        files
            .iter()
            .flat_map(|line| line.split(','))
            .filter(|file| !file.is_empty() && !file.head().contains("://"))
            .map(|file| reference(FilePurpose::BakeFile, file.path("files", &folder)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_references};
    use plimsoll_model::Kind;

    fn check_steps(steps: &str, expected: &[&str]) {
        let text = format!("on: push\nenv: {{DIR: ..}}\njobs:\n  j:\n    steps:\n{steps}");
        let expected: Vec<String> = expected.iter().map(|line| format!("j: {line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(Kind::Workflow, ".github/workflows/ci.yml", &text, &expected);
    }

    #[test]
    fn build_push_action() {
        check_steps(
            "      - uses: docker/build-push-action@v6\n",
            &["buildx context . | dockerfile default"],
        );
        check_steps(
            "      - uses: docker/build-push-action@v6\n        with:\n          context: ../..\n          file: docker/Dockerfile\n          target: run\n          build-args: |\n            A=1\n            B=${{ inputs.b }}\n          build-contexts: r=${{ github.workspace }}/..\n",
            &[
                "buildx context . + ../.. | dockerfile [.] docker/Dockerfile | target run | arg A=1 | arg B=?${{ inputs.b }} | r: . + ./..",
            ],
        );
        check_steps(
            "      - uses: docker/build-push-action@v6\n        with: {context: \"{{defaultContext}}:sub\", file: x}\n",
            &["buildx context . + sub | dockerfile [context] x"],
        );
        check_steps(
            "      - uses: docker/build-push-action@v6\n        with: {context: \"{{defaultContext}}:../..\"}\n",
            &["buildx context git {{defaultContext}}:../.. in ../.. | dockerfile default"],
        );
    }

    #[test]
    fn commands_in_scripts() {
        check_steps(
            "      - run: |\n          set -e\n          docker build -t x:${{ github.sha }} -f é/Dockerfile --build-arg V=\"$DIR\" ..\n",
            &["docker context . + .. | dockerfile [.] é/Dockerfile | arg V=.. (DIR)"],
        );
        check_steps(
            "      - run: cd a/b && docker buildx build --push ../..\n",
            &["buildx context a/b + ../.. | dockerfile default"],
        );
        check_steps(
            "      - working-directory: a\n        run: |\n          (cd b; docker build .)\n          docker build \"${{ github.workspace }}/c\"\n          sudo podman build --format docker $PWD\n",
            &[
                "docker context a/b + . | dockerfile default",
                "docker context a + ../c | dockerfile default",
                "buildah context a + . | dockerfile default",
            ],
        );
        check_steps("      - run: cd $X && docker build ../..\n", &[]);
        check_steps(
            "      - run: |\n          cd .. && docker build -f é/D .\n          cd - ; docker build a\n          pushd ../..; docker build --secret id=k,src=k .; popd\n          docker build b\n          cd ~; podman build; cd $GITHUB_WORKSPACE; docker build /x\n",
            &[
                "docker context . + ../. | dockerfile [.] ../é/D",
                "docker context . + a | dockerfile default",
                "docker context . + ../../. | dockerfile default | secret . + ../../k",
                "docker context . + b | dockerfile default",
                "buildah context . + ~ | dockerfile default",
                "docker context . + /x | dockerfile default",
            ],
        );
        check_steps(
            "      - working-directory: ..\n        run: docker build .\n",
            &["docker context . + ../. | dockerfile default"],
        );
        check_steps("      - shell: pwsh\n        run: docker build ..\n", &[]);
        check_steps(
            "      - run: docker build \"${{ inputs.dir }}\" ${{ inputs.x }}/y\n",
            &["docker context . + ?${{ inputs.x }} | dockerfile default"],
        );
    }

    #[test]
    fn files_of_other_tools() {
        check_references(
            Kind::Workflow,
            ".github/workflows/ci.yml",
            "jobs:\n  j:\n    steps:\n      - uses: docker/bake-action@v6\n        with: {files: \"a.hcl,../b.hcl\"}\n      - run: docker compose -f x/compose.yaml -f ../y.yaml up -d\n",
            &[
                "manifest . + a.hcl",
                "manifest . + ../b.hcl",
                "manifest . + x/compose.yaml",
                "manifest . + ../y.yaml beside . + x/compose.yaml",
            ],
        );
    }
}
