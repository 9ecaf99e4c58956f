//! `devcontainer.json`: an image built for development, or the Compose files to use.

use plimsoll_model::{RootPath, Span};
use plimsoll_parse::data::{Document, Node};

use super::argument::Argument;
use super::command_line::apply_build_options;
use super::compose::compose_files;
use super::fields::{arguments, build, context, dockerfile};
use super::interpolation::{Dialect, Interpolation};
use crate::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, FieldPiece, Manifest, Tool,
};

/// Reads the file in `folder`; its paths are relative to that folder.
pub(super) fn read(folder: &RootPath, document: &Document) -> Manifest {
    let Some(root) = document.root() else {
        return Manifest::default();
    };
    let reader = Reader {
        folder,
        variables: Interpolation::new(Dialect::Devcontainer),
    };
    let compose = root.get("dockerComposeFile");
    let compose = compose.map_or(&[][..], Node::one_or_many).iter();
    let files = compose
        .filter_map(|file| reader.argument(file))
        .map(|file| file.path("dockerComposeFile", folder));
    Manifest {
        references: compose_files(files.collect(), None).collect(),
        invocations: reader.invocation(root).into_iter().collect(),
        ..Manifest::default()
    }
}

struct Reader<'a> {
    folder: &'a RootPath,
    variables: Interpolation,
}

impl Reader<'_> {
    fn argument(&self, node: &Node) -> Option<Argument> {
        let workspace = self.workspace().relative_to(self.folder);
        let argument = self.variables.argument(node)?;
        Some(argument.with_known(|piece| match piece {
            FieldPiece::Expression(written) if written == "${localWorkspaceFolder}" => {
                Some(workspace.clone())
            }
            _ => None,
        }))
    }

    /// The folder that is opened: the one that holds `.devcontainer`.
    fn workspace(&self) -> RootPath {
        let mut at = self.folder.clone();
        while !at.is_root() {
            let is_devcontainer = at.file_name() == ".devcontainer";
            at = at.parent();
            if is_devcontainer {
                return at;
            }
        }
        self.folder.clone()
    }

    /// The build, where the file names a Dockerfile: under `build`, or at the top as it was first written.
    fn invocation(&self, root: &Node) -> Option<BuildInvocation> {
        let section = root.get("build");
        let (file_name, file) = [("build.dockerfile", section), ("dockerFile", Some(root))]
            .into_iter()
            .find_map(|(name, place)| {
                let key = name.rsplit('.').next().unwrap_or(name);
                Some((name, self.argument(place?.get(key)?)?))
            })?;
        let written = [("build.context", section), ("context", Some(root))]
            .into_iter()
            .find_map(|(name, place)| Some((name, self.argument(place?.get("context")?)?)));
        let context = match written {
            Some((name, written)) => context(name, &written, self.folder),
            None => ContextField::Default(self.folder.clone()),
        };
        let bases = vec![DockerfileBase::Folder(self.folder.clone())];
        let dockerfile = dockerfile(file_name, &file, bases);
        let span = match root.entry("build") {
            Some(entry) => entry.span(),
            None => file.span(),
        };
        Some(self.with_section(section, span, context, dockerfile))
    }

    fn with_section(
        &self,
        section: Option<&Node>,
        span: Span,
        context: ContextField,
        dockerfile: DockerfileField,
    ) -> BuildInvocation {
        let get = |key: &str| section?.get(key);
        let target = get("target").and_then(|target| self.argument(target));
        let mut invocation = BuildInvocation {
            target: target.map(|target| target.value()),
            arguments: arguments(get("args"), &self.variables),
            ..build(span, Tool::Docker, context, dockerfile)
        };
        // Further options of `docker build`.
        let options = get("options").map_or(&[][..], Node::items).iter();
        let options: Vec<Argument> = options.filter_map(|option| self.argument(option)).collect();
        apply_build_options(&options, self.folder, &mut invocation);
        invocation
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, check_references};
    use plimsoll_model::Kind;

    #[test]
    fn builds() {
        let path = ".devcontainer/x/devcontainer.json";
        check(
            Kind::Devcontainer,
            path,
            "{ // é\n\"build\": {\"dockerfile\": \"../é\", \"context\": \"../..\", \"target\": \"t\", \"args\": {\"A\": \"${localEnv:B:c}\"}, \"options\": [\"--build-context=r=${localWorkspaceFolder}/..\", \"--secret\", \"id=k,src=/k\"],}}",
            &[
                "docker context .devcontainer/x + ../.. | dockerfile [.devcontainer/x] ../é | target t | arg A=c (B) | r: .devcontainer/x + ../../.. | secret .devcontainer/x + /k",
            ],
        );
        check(
            Kind::Devcontainer,
            "a/.devcontainer.json",
            "{\"dockerFile\": \"Dockerfile\", \"context\": \"..\"}",
            &["docker context a + .. | dockerfile [a] Dockerfile"],
        );
        check(
            Kind::Devcontainer,
            "a/.devcontainer.json",
            "{\"build\": {\"dockerfile\": \"D\", \"context\": \"../..\"}}",
            &["docker context a + ../.. | dockerfile [a] D"],
        );
        check(Kind::Devcontainer, path, "{\"image\": \"x\"}", &[]);
    }

    #[test]
    fn compose_files() {
        check_references(
            Kind::Devcontainer,
            ".devcontainer/devcontainer.json",
            "{\"dockerComposeFile\": [\"../compose.yaml\", \"../../x.yaml\"]}",
            &[
                "manifest .devcontainer + ../compose.yaml",
                "manifest .devcontainer + ../../x.yaml beside .devcontainer + ../compose.yaml",
            ],
        );
    }
}
