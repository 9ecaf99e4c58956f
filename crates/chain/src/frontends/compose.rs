//! Compose files: one build per service that has `build`, and the files the project reads.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Entry, Node};

use super::env_file;
use super::fields::{
    arguments, build, context, dockerfile, entries, host_access, named_contexts, reference,
};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildArgument, BuildInvocation, ContextField, DockerfileBase, DockerfileField, FieldPiece,
    FieldValue, FilePurpose, FileReference, HostAccess, Manifest, PathField, Project, Tool,
};

/// Reads a file of the project in `folder`, whose `.env` holds `environment`. A file that no other names is of the project
/// in its own folder.
pub(super) fn read(folder: &RootPath, document: &Document, environment: Option<&str>) -> Manifest {
    let mut manifest = Manifest::default();
    let mut variables = Interpolation::new(Dialect::Compose);
    if let (Some(text), Some(path)) = (environment, folder.join(".env")) {
        variables.environment = Rc::new(env_file::read(&path, text));
    }
    for root in &document.roots {
        let secrets = entries(root, "secrets").iter();
        let reader = Reader {
            folder,
            variables: variables.clone(),
            secrets: secrets.map(|entry| (entry.name(), &entry.value)).collect(),
        };
        let services = entries(root, "services");
        manifest.invocations.extend(
            services
                .iter()
                .filter_map(|service| reader.service(service)),
        );
        manifest.references.extend(reader.references(root));
    }
    manifest
}

struct Reader<'a> {
    folder: &'a RootPath,
    variables: Interpolation,
    /// The secrets of the top level, by name.
    secrets: BTreeMap<&'a str, &'a Node>,
}

impl Reader<'_> {
    fn path(&self, name: String, node: &Node) -> Option<PathField> {
        Some(self.variables.argument(node)?.path(name, self.folder))
    }

    fn service(&self, service: &Entry) -> Option<BuildInvocation> {
        let entry = service.value.entry("build")?;
        let name = format!("services.{}.build", service.name());
        let mut invocation = match self.variables.argument(&entry.value) {
            Some(short) => {
                let context = context(&name, &short, self.folder);
                build(
                    entry.span(),
                    Tool::Docker,
                    context,
                    DockerfileField::Default,
                )
            }
            None if entry.value.is_mapping() => self.long(&name, entry),
            None => return None,
        };
        invocation.name = Some(service.name().to_owned());
        Some(invocation)
    }

    /// `build` as a mapping.
    fn long(&self, name: &str, entry: &Entry) -> BuildInvocation {
        let node = &entry.value;
        let field = |key| self.variables.argument(node.get(key)?);
        let context = match field("context") {
            Some(written) => context(&format!("{name}.context"), &written, self.folder),
            None => ContextField::Default(self.folder.clone()),
        };
        let inline = node.get("dockerfile_inline").and_then(Node::source_text);
        let dockerfile = match (inline, field("dockerfile")) {
            (Some(text), _) => DockerfileField::Inline(text.clone()),
            (None, Some(written)) => {
                let bases = vec![DockerfileBase::Context];
                dockerfile(&format!("{name}.dockerfile"), &written, bases)
            }
            (None, None) => DockerfileField::Default,
        };
        let contexts = node.get("additional_contexts");
        let contexts_name = format!("{name}.additional_contexts");
        BuildInvocation {
            target: field("target").map(|target| target.value()),
            arguments: self.build_arguments(node.get("args")),
            named_contexts: named_contexts(&contexts_name, contexts, &self.variables, self.folder),
            secret_files: self.secret_files(node),
            host_access: self.host_access(name, node),
            ..build(entry.span(), Tool::Docker, context, dockerfile)
        }
    }

    /// The arguments; one without a value has that of the variable of its name.
    fn build_arguments(&self, node: Option<&Node>) -> Vec<BuildArgument> {
        let mut found = arguments(node, &self.variables);
        for argument in found.iter_mut().filter(|argument| argument.value.is_none()) {
            let piece = self.variables.variable(&argument.name, None);
            argument.value = matches!(piece, FieldPiece::Set { .. }).then(|| FieldValue {
                span: argument.span,
                raw: argument.name.clone(),
                pieces: vec![piece],
            });
        }
        found
    }

    /// The files of the secrets a build is granted, as the top level names them.
    fn secret_files(&self, node: &Node) -> Vec<PathField> {
        let granted = node.get("secrets").map_or(&[][..], Node::items);
        let names = granted
            .iter()
            .filter_map(|secret| secret.as_str().or_else(|| secret.get("source")?.as_str()));
        names
            .filter_map(|name| {
                let file = self.secrets.get(name)?.get("file")?;
                self.path(format!("secrets.{name}.file"), file)
            })
            .collect()
    }

    fn host_access(&self, name: &str, build: &Node) -> Vec<HostAccess> {
        let value = |key: &str| {
            build
                .get(key)
                .and_then(|node| self.variables.argument(node))
        };
        let network = value("network").filter(|network| network.head() == "host");
        let network = network.and_then(|network| host_access(&format!("{name}.network"), &network));
        let privileged = value("privileged");
        let privileged = privileged
            .and_then(|privileged| host_access(&format!("{name}.privileged"), &privileged));
        let entitlements = build.get("entitlements").map_or(&[][..], Node::items);
        let entitlements = entitlements.iter().filter_map(|entitlement| {
            let entitlement = self.variables.argument(entitlement)?;
            host_access(&format!("{name}.entitlements"), &entitlement)
        });
        let fields = network.into_iter().chain(privileged);
        fields.chain(entitlements).collect()
    }

    fn references(&self, root: &Node) -> Vec<FileReference> {
        let mut references = Vec::new();
        for include in root.get("include").map_or(&[][..], Node::items) {
            self.include(include, &mut references);
        }
        for service in entries(root, "services") {
            self.service_files(service, &mut references);
        }
        for kind in ["secrets", "configs"] {
            for entry in entries(root, kind) {
                let name = format!("{kind}.{}.file", entry.name());
                let file = entry.value.get("file");
                let field = file.and_then(|file| self.path(name, file));
                references.extend(field.map(|field| reference(FilePurpose::SecretOrConfig, field)));
            }
        }
        references
    }

    fn include(&self, include: &Node, references: &mut Vec<FileReference>) {
        let (files, name) = match include.get("path") {
            Some(path) => (path.one_or_many(), "include[].path"),
            None => (std::slice::from_ref(include), "include[]"),
        };
        let directory = include.get("project_directory");
        let directory =
            directory.and_then(|node| self.path("include[].project_directory".to_owned(), node));
        // Compose reads git and OCI addresses as well.
        let written = files
            .iter()
            .filter_map(|file| self.variables.argument(file));
        let local = written.filter(|written| !is_remote(&written.head()));
        let local: Vec<PathField> = local.map(|file| file.path(name, self.folder)).collect();
        let first = directory.clone().map(Project::Folder);
        references.extend(compose_files(local, first));
        let directory = directory.map(|field| reference(FilePurpose::ProjectDirectory, field));
        references.extend(directory);
        let environment = include.get("env_file").map_or(&[][..], Node::one_or_many);
        self.environment("include[].env_file", environment, references);
    }

    fn service_files(&self, service: &Entry, references: &mut Vec<FileReference>) {
        let name = service.name();
        let extends = service.value.path(&["extends", "file"]);
        let extends =
            extends.and_then(|file| self.path(format!("services.{name}.extends.file"), file));
        references.extend(extends.map(|field| reference(FilePurpose::Manifest, field)));
        let files = service.value.get("env_file");
        let files = files.map_or(&[][..], Node::one_or_many);
        self.environment(&format!("services.{name}.env_file"), files, references);
        let watched = service.value.path(&["develop", "watch"]);
        let paths = watched.map_or(&[][..], Node::items).iter();
        let fields = paths.filter_map(|watch| {
            self.path(
                format!("services.{name}.develop.watch[].path"),
                watch.get("path")?,
            )
        });
        references.extend(fields.map(|field| reference(FilePurpose::Watched, field)));
    }

    fn environment(&self, name: &str, files: &[Node], references: &mut Vec<FileReference>) {
        for file in files {
            let field = self.path(name.to_owned(), file.get("path").unwrap_or(file));
            references.extend(field.map(|field| reference(FilePurpose::Environment, field)));
        }
    }
}

/// Compose files that make one project: their paths are relative to `project`, else to the folder of the first.
pub(super) fn compose_files(
    files: Vec<PathField>,
    project: Option<Project>,
) -> impl Iterator<Item = FileReference> {
    let first = files.first().cloned();
    files.into_iter().enumerate().map(move |(order, field)| {
        let shared = project.clone();
        let of_first = || first.clone().filter(|_| order > 0).map(Project::FolderOf);
        FileReference {
            project: shared.or_else(of_first).unwrap_or(Project::OwnFolder),
            ..reference(FilePurpose::Manifest, field)
        }
    })
}

/// Whether an included file is fetched.
fn is_remote(head: &str) -> bool {
    [
        "https://",
        "http://",
        "git://",
        "ssh://",
        "git@",
        "github.com/",
        "oci://",
    ]
    .iter()
    .any(|scheme| head.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_references};
    use plimsoll_model::Kind;

    #[test]
    fn short_and_long_builds() {
        check(
            Kind::Compose,
            "deploy/compose.yaml",
            "services:\n  a:\n    build: ../..\n  b:\n    build: ..\n  c:\n    build:\n      context: \"../é\"\n      dockerfile: ../x.Dockerfile\n      target: run\n  d: {image: x}\n  e:\n    build:\n",
            &[
                "a: docker context deploy + ../.. | dockerfile default",
                "b: docker context deploy + .. | dockerfile default",
                "c: docker context deploy + ../é | dockerfile [context] ../x.Dockerfile | target run",
            ],
        );
    }

    #[test]
    fn variables_and_arguments() {
        check(
            Kind::Compose,
            "compose.yaml",
            "services:\n  a:\n    build:\n      context: ${CTX:-.}\n      args:\n        - A=$B\n        - C\n  b:\n    build:\n      context: $CTX\n      args: {A: 1, B: , C: $$x}\n",
            &[
                "a: docker context . + . (CTX) | dockerfile default | arg A=?B | arg C=(environment)",
                "b: docker context . + ?CTX | dockerfile default | arg A=1 | arg B=(environment) | arg C=$x",
            ],
        );
    }

    #[test]
    fn other_contexts() {
        check(
            Kind::Compose,
            "compose.yaml",
            "x-build: &b {context: ., additional_contexts: {r: .., s: 'service:b', i: docker-image://x}}\nservices:\n  a: {build: *b}\n  g:\n    build:\n      context: https://example.org/x.git#main:sub/dir\n      additional_contexts: [\"r=/etc\"]\n  h: {build: 'https://example.org/x.tgz'}\n",
            &[
                "a: docker context . + . | dockerfile default | r: . + .. | s: other | i: other",
                "g: docker context git https://example.org/x.git#main:sub/dir in sub/dir | dockerfile default | r: . + /etc",
                "h: docker context url https://example.org/x.tgz | dockerfile default",
            ],
        );
    }

    #[test]
    fn inline_dockerfiles_and_secrets() {
        check(
            Kind::Compose,
            "compose.yaml",
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM x\n        COPY . /\n      secrets: [k, {source: l}]\nsecrets:\n  k: {file: ~/.key}\n  l: {environment: L}\n",
            &["a: docker context . | inline \"FROM x\\nCOPY . /\\n\" | secret . + ~/.key"],
        );
    }

    #[test]
    fn builds_with_a_part_of_the_host() {
        check(
            Kind::Compose,
            "compose.yaml",
            "services:\n  a:\n    build:\n      network: host\n      privileged: true\n      entitlements: [security.insecure, x]\n  b:\n    build: {network: none, privileged: false}\n",
            &[
                "a: docker context . | dockerfile default | services.a.build.network: host | services.a.build.privileged: true | services.a.build.entitlements: security.insecure",
                "b: docker context . | dockerfile default",
            ],
        );
    }

    #[test]
    fn files_the_project_reads() {
        check_references(
            Kind::Compose,
            "a/compose.yaml",
            "include:\n  - ../../x.yaml\n  - path: [y.yaml, oci://z]\n    project_directory: ../..\n    env_file: y.env\nservices:\n  s:\n    extends: {file: ../c.yaml, service: t}\n    env_file: [.env, {path: ../../.env, required: false}]\n    develop: {watch: [{path: ../w, action: sync}, {action: rebuild}]}\n  t: {extends: s, env_file: one.env}\nconfigs: {c: {file: ./c}}\n",
            &[
                "manifest a + ../../x.yaml",
                "manifest a + y.yaml in a + ../..",
                "project a + ../..",
                "environment a + y.env",
                "manifest a + ../c.yaml",
                "environment a + .env",
                "environment a + ../../.env",
                "watched a + ../w",
                "environment a + one.env",
                "secret a + ./c",
            ],
        );
    }
}
