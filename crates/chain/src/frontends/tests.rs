//! What the tests of all front ends share: manifests told in one line per build, and every span led back.

use plimsoll_model::{Artifact, Kind, Origin, RootPath, Span};
use plimsoll_parse::data;

use super::read;
use crate::invocation::*;

/// Reads a manifest.
pub(super) fn read_at(kind: Kind, path: &str, text: &str) -> Manifest {
    let document = if path.ends_with(".json") {
        data::parse_json(text)
    } else if path.ends_with(".toml") {
        data::parse_toml(text)
    } else if path.ends_with(".hcl") {
        data::parse_hcl(text)
    } else {
        data::parse_yaml(text)
    };
    let path = RootPath::new(path).unwrap();
    let artifact = Artifact::new(path, kind, Origin::File, text.into());
    read(&artifact, &document)
}

/// Checks the builds of a manifest, each told in one line, and that every span leads to what was written.
pub(super) fn check(kind: Kind, path: &str, text: &str, expected: &[&str]) {
    let manifest = read_at(kind, path, text);
    let told: Vec<String> = manifest
        .invocations
        .iter()
        .map(|build| tell(text, build))
        .collect();
    assert_eq!(told, expected, "{text}");
}

/// Checks the files a manifest has its tool read, each told as `purpose base + path`.
pub(super) fn check_references(kind: Kind, path: &str, text: &str, expected: &[&str]) {
    let manifest = read_at(kind, path, text);
    let told: Vec<String> = manifest
        .references
        .iter()
        .map(|reference| {
            let purpose = match reference.purpose {
                FilePurpose::Manifest | FilePurpose::BakeFile => "manifest",
                FilePurpose::Environment => "environment",
                FilePurpose::Watched => "watched",
                FilePurpose::SecretOrConfig => "secret",
                FilePurpose::IgnoreFile => "ignore",
                FilePurpose::Asset => "asset",
                FilePurpose::ProjectDirectory => "project",
                FilePurpose::BuildSecret => "build secret",
            };
            let project = match &reference.project {
                Project::OwnFolder => String::new(),
                Project::Folder(field) => format!(" in {}", tell_path(text, field)),
                Project::FolderOf(field) => format!(" beside {}", tell_path(text, field)),
            };
            format!("{purpose} {}{project}", tell_path(text, &reference.field))
        })
        .collect();
    assert_eq!(told, expected, "{text}");
}

fn tell(text: &str, build: &BuildInvocation) -> String {
    let tool = format!("{:?}", build.tool).to_lowercase();
    let mut line = format!("{tool} context {}", tell_context(text, &build.context));
    line.push_str(&match &build.dockerfile {
        DockerfileField::Default => " | dockerfile default".to_owned(),
        DockerfileField::Path { field, bases } => {
            let bases: Vec<String> = bases
                .iter()
                .map(|base| match base {
                    DockerfileBase::Context => "context".to_owned(),
                    DockerfileBase::Folder(folder) => folder.to_string(),
                })
                .collect();
            let value = tell_value(text, &field.value);
            format!(" | dockerfile [{}] {value}", bases.join(", "))
        }
        DockerfileField::Url(field) => format!(" | dockerfile url {}", field.value.raw),
        DockerfileField::Inline(inline) => {
            let whole = inline.source_span(Span::new(0, inline.as_str().len()));
            assert!(!whole.slice(text).is_empty());
            format!(" | inline {:?}", inline.as_str())
        }
        DockerfileField::None => String::new(),
    });
    if let Some(name) = &build.name {
        line = format!("{name}: {line}");
    }
    if let Some(target) = &build.target {
        line.push_str(&format!(" | target {}", tell_value(text, target)));
    }
    for argument in &build.arguments {
        let value = argument.value.as_ref();
        let value = value.map_or("(environment)".to_owned(), |value| tell_value(text, value));
        line.push_str(&format!(" | arg {}={value}", argument.name));
        assert!(
            argument.span.slice(text).contains(argument.name.as_str()),
            "{line}"
        );
    }
    for named in &build.named_contexts {
        let context = tell_context(text, &named.context);
        line.push_str(&format!(" | {}: {context}", named.name));
    }
    for secret in &build.secret_files {
        line.push_str(&format!(" | secret {}", tell_path(text, secret)));
    }
    for access in &build.host_access {
        line.push_str(&format!(" | {}", access.written));
        assert!(access.written.ends_with(access.span.slice(text)), "{line}");
    }
    assert!(!build.span.is_empty(), "{line}");
    assert!(
        text.get(build.span.start as usize..build.span.end as usize)
            .is_some()
    );
    line
}

fn tell_context(text: &str, context: &ContextField) -> String {
    match context {
        ContextField::Path(field) => tell_path(text, field),
        ContextField::Default(folder) => folder.to_string(),
        ContextField::Git {
            field,
            subdirectory,
        } => {
            let subdirectory = subdirectory.as_ref().map(|(folder, span)| {
                assert_eq!(span.slice(text), folder);
                format!(" in {folder}")
            });
            format!(
                "git {}{}",
                field.value.raw,
                subdirectory.unwrap_or_default()
            )
        }
        ContextField::Url(field) => format!("url {}", field.value.raw),
        ContextField::Other => "other".to_owned(),
    }
}

fn tell_path(text: &str, field: &PathField) -> String {
    let assumed = if field.assumption.is_some() { "?" } else { "" };
    format!(
        "{}{assumed} + {}",
        field.base,
        tell_value(text, &field.value)
    )
}

/// The value as far as the file fixes it. Its bytes are what was written: the text, unless something in it was
/// escaped or comes from elsewhere.
fn tell_value(text: &str, value: &FieldValue) -> String {
    let slice = value.span.slice(text);
    assert!(
        value.pieces.is_empty() || !slice.is_empty(),
        "no bytes for {value:?}"
    );
    let stands_for_all = slice == "build" || slice == "podman build";
    let is_as_written = !slice.contains(['\\', '\n']) && !stands_for_all;
    assert!(
        !is_as_written || slice == value.raw,
        "{slice:?} for {value:?}"
    );
    match value.resolve() {
        Resolved::Constant(constant) => constant,
        Resolved::Defaults(constant, names) => format!("{constant} ({})", names.join(", ")),
        Resolved::Unknown(names) => format!("?{}", names.join(", ")),
    }
}

mod never_panics {
    use proptest::prelude::*;

    use super::read_at;
    use plimsoll_model::{Kind, RootPath, Span};

    const PATHS: [&str; 18] = [
        "a/smithery.yaml",
        "a/compose.yaml",
        "a/docker-bake.hcl",
        "a/docker-bake.json",
        ".devcontainer/devcontainer.json",
        "servers/x/server.yaml",
        "a/action.yml",
        ".github/workflows/x.yml",
        ".gitlab-ci.yml",
        "a/skaffold.yaml",
        "a/fly.toml",
        "a/railway.json",
        "render.yaml",
        "heroku.yml",
        "a/azure.yaml",
        "copilot/x/manifest.yml",
        "cloudbuild.yaml",
        "a/railway.toml",
    ];

    const WORDS: &str = "(build|context|dockerfile|args|services|target|image|docker|kaniko|steps|jobs|run|uses|with|file|script|runs|using|composite|include|extends|inherits|matrix|variable|default|name|project|source|directory|docker build|--file=|-f|\\.\\.|/|é|\\$\\{A:-b\\}|\\$\\{|\\$\\{\\{ x \\}\\}|\\{\\{|#a:b|https://x\\.git|[:\\-=,\\[\\]{}\"' \n|&*]|: |\n  |\n    |\n- ){0,50}";

    proptest! {
        #[test]
        fn whatever_a_manifest_holds(text in WORDS, at in 0..PATHS.len()) {
            let path = PATHS[at];
            let kind = Kind::of_path(&RootPath::new(path).unwrap()).unwrap();
            let manifest = read_at(kind, path, &text);
            let fits = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
            for build in &manifest.invocations {
                assert!(fits(build.span));
                assert!(build.arguments.iter().all(|argument| fits(argument.span)));
            }
            assert!(manifest.references.iter().all(|reference| fits(reference.field.value.span)));
        }
    }
}
