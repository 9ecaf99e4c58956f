//! Command lines that build images: docker, buildx, podman, buildah, kaniko; and those that read Compose and bake files.

use plimsoll_model::{RootPath, Span};

use super::argument::Argument;
use super::compose::compose_files as shared_project;
use super::fields::{
    build, build_argument, context, dockerfile, host_access, joined, named_context, reference,
    secret_file,
};
use super::options::{Options, Syntax};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, FilePurpose, FileReference,
    Manifest, Project, Tool,
};

/// Reads one command, its words already split, that runs in `folder`.
pub(super) fn read(words: &[Argument], folder: &RootPath, span: Span, manifest: &mut Manifest) {
    let words = without_wrappers(words);
    let Some((program, rest)) = words.split_first() else {
        return;
    };
    let Some(program) = program.constant() else {
        return;
    };
    let name = program.rsplit('/').next().unwrap_or("");
    match name {
        "docker" | "nerdctl" => docker(rest, folder, span, manifest),
        "docker-compose" | "podman-compose" => {
            manifest.references.extend(compose_files(rest, folder));
        }
        "docker-buildx" => buildx(rest, folder, span, manifest),
        "podman" | "buildah" => buildah(name, rest, folder, span, manifest),
        "executor" if program == "executor" || program.contains("kaniko") => {
            manifest.invocations.push(kaniko(rest, folder, span));
        }
        _ => {}
    }
}

/// The words without `sudo`, `time`, `env NAME=value` and the like before the command.
fn without_wrappers(words: &[Argument]) -> &[Argument] {
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        let text = first.constant().unwrap_or_default();
        let wraps = matches!(
            text.as_str(),
            "sudo" | "time" | "exec" | "command" | "env" | "nohup" | "-E" | "--preserve-env"
        );
        let assigns = rest.len() < words.len() && first.head().contains('=');
        if !wraps && !assigns {
            break;
        }
        rest = behind;
    }
    rest
}

fn docker(words: &[Argument], folder: &RootPath, span: Span, manifest: &mut Manifest) {
    const GLOBAL: Syntax = Syntax {
        long: &[
            "context",
            "config",
            "host",
            "log-level",
            "tlscacert",
            "tlscert",
            "tlskey",
        ],
        short: "cHl",
    };
    let words = GLOBAL.behind_options(words);
    let text = |at: usize| {
        words
            .get(at)
            .and_then(Argument::constant)
            .unwrap_or_default()
    };
    let rest = |count| words.get(count..).unwrap_or_default();
    match (text(0).as_str(), text(1).as_str()) {
        ("build", _) => {
            let invocation = docker_build(rest(1), folder, span, Tool::Docker);
            manifest.invocations.extend(invocation);
        }
        ("image" | "builder", "build") => {
            let invocation = docker_build(rest(2), folder, span, Tool::Docker);
            manifest.invocations.extend(invocation);
        }
        ("buildx", _) => buildx(rest(1), folder, span, manifest),
        ("compose", _) => manifest.references.extend(compose_files(rest(1), folder)),
        _ => {}
    }
}

fn buildx(words: &[Argument], folder: &RootPath, span: Span, manifest: &mut Manifest) {
    const GLOBAL: Syntax = Syntax {
        long: &["builder"],
        short: "",
    };
    let words = GLOBAL.behind_options(words);
    let Some((command, rest)) = words.split_first() else {
        return;
    };
    match command.constant().as_deref() {
        Some("build" | "b") => {
            let invocation = docker_build(rest, folder, span, Tool::Buildx);
            manifest.invocations.extend(invocation);
        }
        Some("bake" | "f") => {
            const BAKE: Syntax = Syntax {
                long: &[
                    "allow",
                    "builder",
                    "call",
                    "file",
                    "list",
                    "metadata-file",
                    "progress",
                    "provenance",
                    "sbom",
                    "set",
                    "var",
                ],
                short: "f",
            };
            manifest
                .references
                .extend(files(FilePurpose::BakeFile, &BAKE.read(rest), folder));
        }
        _ => {}
    }
}

fn buildah(
    program: &str,
    words: &[Argument],
    folder: &RootPath,
    span: Span,
    manifest: &mut Manifest,
) {
    let text = |at: usize| {
        words
            .get(at)
            .and_then(Argument::constant)
            .unwrap_or_default()
    };
    let rest = |count| words.get(count..).unwrap_or_default();
    let words = match (text(0).as_str(), text(1).as_str()) {
        ("build" | "bud" | "build-using-dockerfile", _) => rest(1),
        ("image", "build") => rest(2),
        ("compose", _) => {
            manifest.references.extend(compose_files(rest(1), folder));
            return;
        }
        _ => return,
    };
    let mut invocation = docker_build(words, folder, span, Tool::Buildah);
    if let Some(ContextField::Path(field) | ContextField::Url(field)) = invocation
        .as_mut()
        .map(|invocation| &mut invocation.context)
    {
        field.name = format!("{program} build PATH");
    }
    manifest.invocations.extend(invocation);
}

/// `docker build`, and what understands the same options. `None` without a context, but for those whose default
/// is the folder they run in.
fn docker_build(
    words: &[Argument],
    folder: &RootPath,
    span: Span,
    tool: Tool,
) -> Option<BuildInvocation> {
    let options = BUILD.read(words);
    // A variable ahead of the context is taken for options.
    let context = match options.positionals.last() {
        Some(written) => {
            let name = match tool {
                Tool::Buildx => "docker buildx build PATH",
                _ => "docker build PATH",
            };
            context(name, written, folder)
        }
        None if tool == Tool::Buildah => ContextField::Default(folder.clone()),
        None => return None,
    };
    let dockerfile = match options.last("file") {
        Some(file) if file.constant().as_deref() == Some("-") => DockerfileField::None,
        Some(file) => {
            let own = DockerfileBase::Folder(folder.clone());
            let bases = match (&context, tool) {
                (ContextField::Git { .. } | ContextField::Url(_), _) => {
                    vec![DockerfileBase::Context]
                }
                (_, Tool::Buildah) => vec![own, DockerfileBase::Context],
                _ => vec![own],
            };
            dockerfile("--file", file, bases)
        }
        // Without a file the standard input is the Dockerfile.
        None if context == ContextField::Other => DockerfileField::None,
        None => DockerfileField::Default,
    };
    let mut invocation = build(span, tool, context, dockerfile);
    apply(&options, folder, &mut invocation);
    Some(invocation)
}

/// Adds the build options in `words` to a build that something else describes.
pub(super) fn apply_build_options(
    words: &[Argument],
    folder: &RootPath,
    invocation: &mut BuildInvocation,
) {
    apply(&BUILD.read(words), folder, invocation);
}

fn kaniko(words: &[Argument], folder: &RootPath, span: Span) -> BuildInvocation {
    const KANIKO: Syntax = Syntax {
        long: &[
            "context",
            "context-sub-path",
            "dockerfile",
            "build-arg",
            "target",
            "destination",
        ],
        short: "cfd",
    };
    let options = KANIKO.read(words);
    let written = options.last("context").or_else(|| options.last("c"));
    let local = written.map(|written| written.strip_prefix("dir://").unwrap_or(written.clone()));
    let context = match (local, options.last("context-sub-path")) {
        (Some(written), Some(below)) if !is_stored(&written) => {
            context("--context-sub-path", &joined(&written, below), folder)
        }
        (Some(written), _) if is_stored(&written) => {
            ContextField::Url(written.path("--context", folder))
        }
        (Some(written), _) => context("--context", &written, folder),
        (None, Some(below)) => context("--context-sub-path", below, folder),
        (None, None) => ContextField::Default(folder.clone()),
    };
    let file = options.last("dockerfile").or_else(|| options.last("file"));
    let dockerfile = match file {
        Some(file) => {
            let own = DockerfileBase::Folder(folder.clone());
            dockerfile("--dockerfile", file, vec![own, DockerfileBase::Context])
        }
        None => DockerfileField::Default,
    };
    let mut invocation = build(span, Tool::Kaniko, context, dockerfile);
    apply(&options, folder, &mut invocation);
    invocation
}

/// Whether a kaniko context lies in a store or an archive.
fn is_stored(written: &Argument) -> bool {
    let head = written.head();
    ["gs://", "s3://", "tar://"]
        .iter()
        .any(|scheme| head.starts_with(scheme))
}

/// The files that `docker compose` is given.
fn compose_files(words: &[Argument], folder: &RootPath) -> Vec<FileReference> {
    const COMPOSE: Syntax = Syntax {
        long: &[
            "ansi",
            "env-file",
            "file",
            "parallel",
            "profile",
            "progress",
            "project-directory",
            "project-name",
            "host",
            "tlscacert",
            "tlscert",
            "tlskey",
        ],
        short: "fpH",
    };
    let global = COMPOSE.global(words);
    let named = files(FilePurpose::Manifest, &global, folder).into_iter();
    let named = named.map(|reference| reference.field).collect();
    let directory = global
        .all("project-directory")
        .filter(|path| !path.is_empty());
    let directory = directory
        .last()
        .map(|path| path.path("--project-directory", folder));
    let mut references: Vec<FileReference> =
        shared_project(named, directory.map(Project::Folder)).collect();
    let environment = global.all("env-file").filter(|file| !file.is_empty());
    references.extend(
        environment
            .map(|file| reference(FilePurpose::Environment, file.path("--env-file", folder))),
    );
    references
}

fn files(purpose: FilePurpose, options: &Options, folder: &RootPath) -> Vec<FileReference> {
    let local = options.all("file").filter(|file| {
        let remote = ["https://", "http://", "git", "oci://", "cwd://", "-"];
        let head = file.head();
        !file.is_empty() && !remote.iter().any(|scheme| head.starts_with(scheme))
    });
    local
        .map(|file| reference(purpose, file.path("--file", folder)))
        .collect()
}

/// The options of `docker build`, buildx, podman and buildah that take a value.
const BUILD: Syntax = Syntax {
    long: &[
        "add-host",
        "allow",
        "annotation",
        "arch",
        "attest",
        "authfile",
        "build-arg",
        "build-arg-file",
        "build-context",
        "builder",
        "cache-from",
        "cache-to",
        "cache-ttl",
        "call",
        "cap-add",
        "cap-drop",
        "cert-dir",
        "cgroup-parent",
        "cpp-flag",
        "cpu-period",
        "cpu-quota",
        "cpu-shares",
        "cpuset-cpus",
        "cpuset-mems",
        "creds",
        "cw",
        "decryption-key",
        "device",
        "dns",
        "dns-option",
        "dns-search",
        "env",
        "file",
        "format",
        "from",
        "group-add",
        "hooks-dir",
        "ignorefile",
        "iidfile",
        "ipc",
        "isolation",
        "jobs",
        "label",
        "layer-label",
        "logfile",
        "manifest",
        "memory",
        "memory-swap",
        "metadata-file",
        "network",
        "no-cache-filter",
        "os",
        "os-feature",
        "os-version",
        "output",
        "pid",
        "platform",
        "progress",
        "provenance",
        "retry",
        "retry-delay",
        "runtime",
        "runtime-flag",
        "sbom",
        "secret",
        "security-opt",
        "shm-size",
        "sign-by",
        "ssh",
        "tag",
        "target",
        "timestamp",
        "ulimit",
        "unsetenv",
        "userns",
        "userns-gid-map",
        "userns-uid-map",
        "uts",
        "variant",
        "volume",
    ],
    short: "cfmotv",
};

/// Adds target, arguments, named contexts and secrets to a build.
fn apply(options: &Options, folder: &RootPath, invocation: &mut BuildInvocation) {
    if let Some(target) = options.last("target") {
        invocation.target = Some(target.value());
    }
    let arguments = options.all("build-arg").filter_map(build_argument);
    invocation.arguments.extend(arguments);
    let contexts = options.all("build-context");
    invocation
        .named_contexts
        .extend(contexts.filter_map(|written| named_context("--build-context", written, folder)));
    let secrets = options.all("secret");
    invocation
        .secret_files
        .extend(secrets.filter_map(|written| secret_file("--secret", written, folder)));
    for option in ["network", "allow"] {
        let field = format!("--{option}");
        let given = options.all(option);
        let given = given.filter(|written| option == "allow" || written.head() == "host");
        invocation
            .host_access
            .extend(given.filter_map(|written| host_access(&field, written)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_references};
    use plimsoll_model::Kind;

    /// Reads one command of a CI script.
    fn check_command(command: &str, expected: &[&str]) {
        let text = format!("j:\n  script:\n    - |\n      {command}\n");
        let expected: Vec<String> = expected.iter().map(|line| format!("j: {line}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(Kind::GitlabCi, ".gitlab-ci.yml", &text, &expected);
    }

    #[test]
    fn docker_build() {
        let cases = [
            (
                "docker build .",
                "docker context . + . | dockerfile default",
            ),
            (
                "docker build ../..",
                "docker context . + ../.. | dockerfile default",
            ),
            (
                "docker --debug image build -qt x -fé/D -- a",
                "docker context . + a | dockerfile [.] é/D",
            ),
            (
                "DOCKER_BUILDKIT=1 sudo -E docker build -f=D --pull --target t .",
                "docker context . + . | dockerfile [.] D | target t",
            ),
            (
                "docker build --build-arg 'A=b c' --build-arg B --build-arg=C=\"$X\" .",
                "docker context . + . | dockerfile default | arg A=b c | arg B=(environment) | arg C=?X",
            ),
            (
                "docker build $OPTIONS ..",
                "docker context . + .. | dockerfile default",
            ),
            (
                "docker build -f x/D https://example.org/a.git#v1:../b",
                "docker context git https://example.org/a.git#v1:../b in ../b | dockerfile [context] x/D",
            ),
            ("docker build - < D", "docker context other"),
            ("docker build -f - ..", "docker context . + .."),
            (
                "docker buildx --builder b build --build-context r=.. --secret id=k,src=../k --push .",
                "buildx context . + . | dockerfile default | r: . + .. | secret . + ../k",
            ),
            (
                "podman build --layers -f D",
                "buildah context . | dockerfile [., context] D",
            ),
            (
                "docker build --network=host --allow security.insecure --network none .",
                "docker context . + . | dockerfile default | --network=host | --allow=security.insecure",
            ),
            (
                "buildah bud --format oci ../x",
                "buildah context . + ../x | dockerfile default",
            ),
            (
                "if true; then docker build a; fi",
                "docker context . + a | dockerfile default",
            ),
            (
                "bash -ec 'docker build ..'",
                "docker context . + .. | dockerfile default",
            ),
        ];
        for (command, expected) in cases {
            check_command(command, &[expected]);
        }
    }

    #[test]
    fn other_commands_build_nothing() {
        for command in [
            "docker build --help",
            "docker run x build .",
            "echo docker build ..",
            "docker push x",
            "x=$(docker build ..)",
            "executor --context .",
        ] {
            let expected: &[&str] = match command {
                "executor --context ." => &["kaniko context . + . | dockerfile default"],
                _ => &[],
            };
            check_command(command, expected);
        }
    }

    #[test]
    fn files_of_other_tools() {
        check_references(
            Kind::GitlabCi,
            ".gitlab-ci.yml",
            "j:\n  script:\n    - docker-compose -p x -f ../é.yaml up -f\n    - docker compose --env-file=../e build\n    - docker buildx bake -f b.hcl --set x.y=z\n",
            &[
                "manifest . + ../é.yaml",
                "environment . + ../e",
                "manifest . + b.hcl",
            ],
        );
    }
}
