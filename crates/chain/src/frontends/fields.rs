//! What the fields of several formats have in common: contexts, Dockerfiles, arguments, secrets.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::data::{Entry, Node};

use super::argument::Argument;
use super::interpolation::Interpolation;
use crate::invocation::{
    BuildArgument, BuildInvocation, ContextField, DockerfileBase, DockerfileField, FilePurpose,
    FileReference, HostAccess, HostPart, NamedContext, PathField, Project, Tool,
};

/// A build with nothing but a context and a Dockerfile.
pub(super) fn build(
    span: Span,
    tool: Tool,
    context: ContextField,
    dockerfile: DockerfileField,
) -> BuildInvocation {
    BuildInvocation {
        span,
        name: None,
        tool,
        context,
        dockerfile,
        target: None,
        arguments: Vec::new(),
        named_contexts: Vec::new(),
        secret_files: Vec::new(),
        host_access: Vec::new(),
    }
}

/// A file the tool reads.
pub(super) fn reference(purpose: FilePurpose, field: PathField) -> FileReference {
    FileReference {
        purpose,
        field,
        project: Project::OwnFolder,
    }
}

/// The context that a field names: a folder, a git repository, an address, or another build's result.
pub(super) fn context(name: &str, argument: &Argument, base: &RootPath) -> ContextField {
    let field = argument.path(name, base);
    let head = argument.head();
    let elsewhere = ["docker-image://", "oci-layout://", "target:", "service:"];
    if argument.constant().as_deref() == Some("-")
        || elsewhere.iter().any(|scheme| head.starts_with(scheme))
    {
        return ContextField::Other;
    }
    if is_git(&head, &field.value.raw) {
        let subdirectory = git_subdirectory(argument);
        return ContextField::Git {
            field,
            subdirectory,
        };
    }
    if is_http(&head) {
        return ContextField::Url(field);
    }
    ContextField::Path(field)
}

/// Whether a value is an address to fetch.
pub(super) fn is_http(head: &str) -> bool {
    let lower = head.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// Whether the docker client takes a context for a git repository.
fn is_git(head: &str, raw: &str) -> bool {
    let schemes = ["git://", "ssh://", "git@", "github.com/"];
    if schemes.iter().any(|scheme| head.starts_with(scheme)) {
        return true;
    }
    let address = raw.split(['#', '?']).next().unwrap_or("");
    is_http(head) && address.ends_with(".git")
}

/// The folder of the checkout: behind the colon in `#ref:folder`, or `?subdir=folder`.
fn git_subdirectory(argument: &Argument) -> Option<(String, Span)> {
    let named = match argument.split_once('#') {
        Some((_, fragment)) => fragment.split_once(':').map(|(_, folder)| folder),
        None => argument.split_once('?').and_then(|(_, query)| {
            let mut parameters = query.split('&').into_iter();
            parameters.find_map(|parameter| parameter.strip_prefix("subdir="))
        }),
    }?;
    let value = named.value();
    (!named.is_empty()).then_some((value.raw, value.span))
}

/// The Dockerfile that a field names, relative to one of `bases`.
pub(super) fn dockerfile(
    name: &str,
    argument: &Argument,
    bases: Vec<DockerfileBase>,
) -> DockerfileField {
    let base = bases.iter().find_map(|base| match base {
        DockerfileBase::Folder(folder) => Some(folder.clone()),
        DockerfileBase::Context => None,
    });
    let field = argument.path(name, &base.unwrap_or_else(RootPath::root));
    if is_http(&argument.head()) {
        DockerfileField::Url(field)
    } else {
        DockerfileField::Path { field, bases }
    }
}

/// The context of builds whose context is the Dockerfile's folder.
pub(super) fn folder_of_dockerfile(
    name: &str,
    argument: &Argument,
    base: &RootPath,
) -> ContextField {
    let Some((folder, _)) = argument.rsplit_once('/') else {
        return ContextField::Default(base.clone());
    };
    match folder.constant().and_then(|folder| base.join(&folder)) {
        Some(inside) => ContextField::Default(inside),
        None => ContextField::Path(folder.path(name, base)),
    }
}

/// Build arguments as a mapping or as a list of `NAME=value`.
pub(super) fn arguments(node: Option<&Node>, interpolation: &Interpolation) -> Vec<BuildArgument> {
    let Some(node) = node else {
        return Vec::new();
    };
    let mapped = node.entries().iter().map(|entry| BuildArgument {
        name: entry.name().to_owned(),
        span: entry.span(),
        value: interpolation.value(&entry.value),
    });
    let listed = node
        .items()
        .iter()
        .filter_map(|item| interpolation.argument(item));
    mapped
        .chain(listed.filter_map(|item| build_argument(&item)))
        .collect()
}

/// `NAME=value`, or `NAME` for one that is taken from the environment.
pub(super) fn build_argument(written: &Argument) -> Option<BuildArgument> {
    let (name, value) = match written.split_once('=') {
        Some((name, value)) => (name, Some(value.value())),
        None => (written.clone(), None),
    };
    let name = name.constant().filter(|name| !name.is_empty())?;
    Some(BuildArgument {
        name,
        span: written.span(),
        value,
    })
}

/// Named contexts as a mapping or as a list of `name=context`.
pub(super) fn named_contexts(
    field: &str,
    node: Option<&Node>,
    interpolation: &Interpolation,
    base: &RootPath,
) -> Vec<NamedContext> {
    let Some(node) = node else {
        return Vec::new();
    };
    let mapped = node.entries().iter().filter_map(|entry| {
        let argument = interpolation.argument(&entry.value)?;
        Some(named(field, entry.name(), &argument, base))
    });
    let listed = node.items().iter().filter_map(|item| {
        let item = interpolation.argument(item)?;
        named_context(field, &item, base)
    });
    mapped.chain(listed).collect()
}

/// `name=context`.
pub(super) fn named_context(
    field: &str,
    written: &Argument,
    base: &RootPath,
) -> Option<NamedContext> {
    let (name, value) = written.split_once('=')?;
    Some(named(field, &name.constant()?, &value, base))
}

fn named(field: &str, name: &str, value: &Argument, base: &RootPath) -> NamedContext {
    let separator = if field.starts_with('-') { ' ' } else { '.' };
    NamedContext {
        name: name.to_owned(),
        context: context(&format!("{field}{separator}{name}"), value, base),
    }
}

/// The file of a secret written `id=x,src=file`.
pub(super) fn secret_file(field: &str, written: &Argument, base: &RootPath) -> Option<PathField> {
    let parts = written.split(',');
    let of_type = |kind: &str| {
        parts
            .iter()
            .any(|part| part.constant().as_deref() == Some(kind))
    };
    if of_type("type=env") {
        return None;
    }
    let file = parts.iter().find_map(|part| {
        part.strip_prefix("src=")
            .or_else(|| part.strip_prefix("source="))
    })?;
    Some(file.path(field, base))
}

/// The part of the host that the value of `field` gives a build.
pub(super) fn host_access(field: &str, written: &Argument) -> Option<HostAccess> {
    let text = written.constant()?;
    let what = match text.split('=').next().unwrap_or("") {
        "host" | "network.host" => HostPart::Network,
        "security.insecure" | "true" => HostPart::Insecure,
        _ => return None,
    };
    let separator = if field.starts_with('-') { "=" } else { ": " };
    Some(HostAccess {
        span: written.span(),
        what,
        written: format!("{field}{separator}{text}"),
    })
}

/// The entries of the mapping under `key`.
pub(super) fn entries<'a>(node: &'a Node, key: &str) -> &'a [Entry] {
    node.get(key).map_or(&[], Node::entries)
}

/// `second` below the folder `first`. The bytes and the text as written are those of `second`, the field this
/// stands for, where it is not empty.
pub(super) fn joined(first: &Argument, second: &Argument) -> Argument {
    if second.is_empty() {
        return first.clone();
    }
    if first.is_empty() || second.head().starts_with('/') {
        return second.clone();
    }
    second.below(first)
}
