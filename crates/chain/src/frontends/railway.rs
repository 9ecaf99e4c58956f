//! `railway.json` and `railway.toml`: the Dockerfile of a service.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Node};

use super::fields::{build, dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{ContextField, DockerfileBase, DockerfileField, Manifest, Tool};

/// Reads the file in `folder`. Paths are relative to the service's root directory, a setting of the platform:
/// the folder of the file or the root of the repository.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let entry = document.root().and_then(|root| root.entry("build"));
    let Some(entry) = entry else {
        return Manifest::default();
    };
    let builder = entry.value.get("builder").and_then(Node::as_str);
    let by_docker = builder.map(|builder| builder.eq_ignore_ascii_case("dockerfile"));
    let literal = Interpolation::new(Dialect::None);
    let file = entry.value.get("dockerfilePath");
    // `/build/Dockerfile` in Railway's documentation is a file of the repository.
    let file = file.and_then(|file| literal.argument(file));
    let file = file.map(|file| file.strip_prefix("/").unwrap_or(file));
    if !by_docker.unwrap_or(file.is_some()) {
        return Manifest::default();
    }
    let dockerfile = match file {
        Some(file) => {
            let mut bases = vec![DockerfileBase::Folder(folder.clone())];
            if !folder.is_root() {
                bases.push(DockerfileBase::Folder(RootPath::root()));
            }
            dockerfile("build.dockerfilePath", &file, bases)
        }
        None => DockerfileField::Default,
    };
    let context = ContextField::Default(folder.clone());
    let invocations = vec![build(entry.span(), Tool::Docker, context, dockerfile)];
    Manifest {
        invocations,
        ..Manifest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn a_leading_slash_is_the_root_of_the_repository() {
        check(
            Kind::Railway,
            "railway.toml",
            "[build]\ndockerfilePath = '/docker/D'\n",
            &["docker context . | dockerfile [.] docker/D"],
        );
    }

    #[test]
    fn dockerfile_path() {
        check(
            Kind::Railway,
            "a/railway.toml",
            "[build]\nbuilder = 'DOCKERFILE'\ndockerfilePath = '../../é'\n",
            &["docker context a | dockerfile [a, .] ../../é"],
        );
        check(
            Kind::Railway,
            "railway.json",
            "{\"build\": {\"dockerfilePath\": \"./D\"}}",
            &["docker context . | dockerfile [.] ./D"],
        );
        check(
            Kind::Railway,
            "railway.json",
            "{\"build\": {\"builder\": \"NIXPACKS\", \"dockerfilePath\": \"D\"}}",
            &[],
        );
    }
}
