//! The kinds of file we audit, and how a file's path tells its kind.

use crate::RootPath;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each is named for the file it stands for; see `Kind::name`"
)]
pub enum Kind {
    Dockerfile,
    Dockerignore,
    Smithery,
    Compose,
    Bake,
    Devcontainer,
    McpServer,
    Action,
    Workflow,
    GitlabCi,
    Skaffold,
    Fly,
    Railway,
    Render,
    Heroku,
    Azure,
    Copilot,
    Cloudbuild,
}

impl Kind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Kind; 18] = [
        Kind::Dockerfile,
        Kind::Dockerignore,
        Kind::Smithery,
        Kind::Compose,
        Kind::Bake,
        Kind::Devcontainer,
        Kind::McpServer,
        Kind::Action,
        Kind::Workflow,
        Kind::GitlabCi,
        Kind::Skaffold,
        Kind::Fly,
        Kind::Railway,
        Kind::Render,
        Kind::Heroku,
        Kind::Azure,
        Kind::Copilot,
        Kind::Cloudbuild,
    ];

    /// The name used in `--as`, in coverage and in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Dockerfile => "dockerfile",
            Kind::Dockerignore => "dockerignore",
            Kind::Smithery => "smithery",
            Kind::Compose => "compose",
            Kind::Bake => "bake",
            Kind::Devcontainer => "devcontainer",
            Kind::McpServer => "mcp-server",
            Kind::Action => "action",
            Kind::Workflow => "workflow",
            Kind::GitlabCi => "gitlab-ci",
            Kind::Skaffold => "skaffold",
            Kind::Fly => "fly",
            Kind::Railway => "railway",
            Kind::Render => "render",
            Kind::Heroku => "heroku",
            Kind::Azure => "azure",
            Kind::Copilot => "copilot",
            Kind::Cloudbuild => "cloudbuild",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the file is written for a hosting platform that builds strangers' repositories, so that
    /// its path fields are always judged as submitted by anyone.
    pub const fn is_hosting_manifest(self) -> bool {
        matches!(self, Kind::Smithery | Kind::McpServer)
    }

    /// The kind a file at `path` has by its name, `None` where we do not know the name.
    pub fn of_path(path: &RootPath) -> Option<Kind> {
        let name = path.file_name();
        let lower = name.to_ascii_lowercase();
        let parent = path.parent();
        let folder = parent.file_name();
        let yaml = lower.ends_with(".yml") || lower.ends_with(".yaml");
        let stem = lower.trim_end_matches(".yaml").trim_end_matches(".yml");
        if lower.ends_with(".dockerignore") || lower.ends_with(".containerignore") {
            return Some(Kind::Dockerignore);
        }
        if is_dockerfile_name(&lower) {
            return Some(Kind::Dockerfile);
        }
        match lower.as_str() {
            "devcontainer.json" | ".devcontainer.json" => return Some(Kind::Devcontainer),
            "fly.toml" => return Some(Kind::Fly),
            "railway.toml" | "railway.json" => return Some(Kind::Railway),
            _ => {}
        }
        if lower.starts_with("docker-bake.")
            && (lower.ends_with(".hcl") || lower.ends_with(".json"))
        {
            return Some(Kind::Bake);
        }
        if !yaml {
            return None;
        }
        let beside = |ancestor: &str| parent.components().any(|component| component == ancestor);
        match stem {
            "smithery" => Some(Kind::Smithery),
            "action" => Some(Kind::Action),
            "skaffold" => Some(Kind::Skaffold),
            _ if stem.starts_with("skaffold.") => Some(Kind::Skaffold),
            "render" => Some(Kind::Render),
            "heroku" => Some(Kind::Heroku),
            "azure" => Some(Kind::Azure),
            "cloudbuild" => Some(Kind::Cloudbuild),
            "manifest" if beside("copilot") => Some(Kind::Copilot),
            "server" if beside("servers") => Some(Kind::McpServer),
            _ if is_compose_stem(stem) => Some(Kind::Compose),
            _ if lower.starts_with(".gitlab-ci") => Some(Kind::GitlabCi),
            _ if lower.starts_with("cloudbuild") => Some(Kind::Cloudbuild),
            _ if folder == "workflows" && parent.parent().file_name() == ".github" => {
                Some(Kind::Workflow)
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// `Dockerfile`, `Containerfile`, `Dockerfile.dev`, `dev.Dockerfile`, `Dockerfile-dev`, `dev-Dockerfile`, but not an editor's backup,
/// a template or a source file about Dockerfiles.
fn is_dockerfile_name(lower: &str) -> bool {
    const NOT_A_DOCKERFILE: [&str; 21] = [
        "md", "txt", "rs", "go", "py", "js", "ts", "json", "yml", "yaml", "toml", "sh", "j2",
        "tmpl", "tpl", "template", "in", "bak", "orig", "html", "snap",
    ];
    for base in ["dockerfile", "containerfile"] {
        if lower == base {
            return true;
        }
        if let Some(rest) = lower.strip_prefix(base)
            && (rest.starts_with('.') || rest.starts_with('-') || rest.starts_with('_'))
        {
            let extension = rest.rsplit('.').next().unwrap_or("");
            return !rest.contains('.') || !NOT_A_DOCKERFILE.contains(&extension);
        }
        if let Some(rest) = lower.strip_suffix(base) {
            return rest.ends_with(['.', '-', '_']);
        }
    }
    false
}

/// `compose`, `docker-compose`, and either with more behind or before it: `compose.override`, `docker-compose-prod`,
/// `metrics-compose`.
fn is_compose_stem(stem: &str) -> bool {
    const ENDS: [char; 3] = ['.', '-', '_'];
    let named = |base: &&str| {
        let before = stem.strip_prefix(*base);
        before.is_some_and(|rest| rest.is_empty() || rest.starts_with(ENDS))
    };
    let before = stem.strip_suffix("compose");
    ["docker-compose", "compose", "podman-compose"]
        .iter()
        .any(named)
        || before.is_some_and(|before| before.len() > 1 && before.ends_with(ENDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_kinds() {
        let cases = [
            ("Dockerfile", Some(Kind::Dockerfile)),
            ("a/Dockerfile.dev", Some(Kind::Dockerfile)),
            ("api.Dockerfile", Some(Kind::Dockerfile)),
            ("pause-Dockerfile", Some(Kind::Dockerfile)),
            ("mydockerfile", None),
            ("metrics-compose.yml", Some(Kind::Compose)),
            ("decompose.yml", None),
            ("-compose.yml", None),
            ("skaffold.gcb.yaml", Some(Kind::Skaffold)),
            ("Dockerfile.md", None),
            ("Dockerfile.j2", None),
            ("dockerfile.rs", None),
            ("Containerfile", Some(Kind::Dockerfile)),
            (".dockerignore", Some(Kind::Dockerignore)),
            ("api.Dockerfile.dockerignore", Some(Kind::Dockerignore)),
            ("smithery.yaml", Some(Kind::Smithery)),
            ("docker-compose.override.yml", Some(Kind::Compose)),
            ("composer.json", None),
            (".github/workflows/ci.yml", Some(Kind::Workflow)),
            ("servers/x/server.yaml", Some(Kind::McpServer)),
            ("server.yaml", None),
            ("docker-bake.override.hcl", Some(Kind::Bake)),
            (".devcontainer/devcontainer.json", Some(Kind::Devcontainer)),
            ("copilot/api/manifest.yml", Some(Kind::Copilot)),
        ];
        for (path, kind) in cases {
            assert_eq!(Kind::of_path(&RootPath::new(path).unwrap()), kind, "{path}");
        }
    }

    #[test]
    fn names_round_trip() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
    }
}
