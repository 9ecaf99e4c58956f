//! `heroku.yml`: a Dockerfile per process, whose folder is the context.

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Entry};

use super::fields::{arguments, build, dockerfile, entries, folder_of_dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{BuildInvocation, DockerfileBase, Manifest, Tool};

/// Reads the file; its paths are relative to the root of the repository, where it has to stand.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let Some(section) = document.path(&["build"]) else {
        return Manifest::default();
    };
    let literal = Interpolation::new(Dialect::None);
    let processes = entries(section, "docker").iter();
    let mut invocations: Vec<BuildInvocation> = processes
        .filter_map(|process| invocation(folder, process, &literal))
        .collect();
    for invocation in &mut invocations {
        invocation.arguments = arguments(section.get("config"), &literal);
    }
    Manifest {
        invocations,
        ..Manifest::default()
    }
}

fn invocation(
    folder: &RootPath,
    process: &Entry,
    literal: &Interpolation,
) -> Option<BuildInvocation> {
    let name = format!("build.docker.{}", process.name());
    let file = process.value.get("dockerfile").unwrap_or(&process.value);
    let written = literal.argument(file)?;
    let context = folder_of_dockerfile(&name, &written, folder);
    let bases = vec![DockerfileBase::Folder(folder.clone())];
    let dockerfile = dockerfile(&name, &written, bases);
    let target = process.value.get("target");
    Some(BuildInvocation {
        name: Some(process.name().to_owned()),
        target: target.and_then(|target| literal.value(target)),
        ..build(process.span(), Tool::Docker, context, dockerfile)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    #[test]
    fn processes() {
        check(
            Kind::Heroku,
            "heroku.yml",
            "build:\n  docker:\n    web: é/Dockerfile\n    worker: {dockerfile: ../D, target: w}\n  config: {A: 1}\n",
            &[
                "web: docker context é | dockerfile [.] é/Dockerfile | arg A=1",
                "worker: docker context . + .. | dockerfile [.] ../D | target w | arg A=1",
            ],
        );
    }
}
